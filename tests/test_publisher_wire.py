"""Stories about the pretend publisher's files, validators, robots, lists, and every way it can misbehave.

Never about the scraper: what is on the wire is looked at by a plain visitor.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from tests.publisher import Publisher
from tests.publisher_visitor import get, raw

NAME = "NDOP_age_gen_Jul_2021.csv"
BODY = b"ACH_DATE,AGE_BAND\r\n01/07/2021,All\r\n"
FILE = ("By age and gender", NAME, BODY)


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher in May 2022 with one release of July 2021."""
    with Publisher(at("2022-05-01T12:00:00")) as made:
        made.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", [FILE])
        yield made


def file_of(publisher: Publisher) -> str:
    """Address of the July 2021 file as its page offers it now."""
    return publisher.file_address("july-2021", NAME)


# ---------------------------------------------------------------- files and other machine-readable things


def test_a_file_has_length_validators_and_answers_304(publisher: Publisher) -> None:
    """ETag in the object store's multipart form, Last-Modified, Content-Length; either validator gives 304 without a body."""
    file = get(file_of(publisher))
    assert file.body == BODY
    assert file.headers["Content-Length"] == str(len(BODY))
    part = hashlib.md5(BODY).digest()
    assert file.headers["ETag"] == f'"{hashlib.md5(part).hexdigest()}-1"'
    for headers in ({"If_None_Match": file.headers["ETag"]}, {"If_Modified_Since": file.headers["Last-Modified"]}):
        again = get(file_of(publisher), **headers)
        assert (again.status, again.body, again.headers["Content-Length"]) == (304, b"", None)
    assert (
        get(file_of(publisher), If_None_Match='"other"', If_Modified_Since=file.headers["Last-Modified"]).status == 200
    )
    head = get(file_of(publisher), "HEAD")
    assert (head.headers["Content-Length"], head.body) == (str(len(BODY)), b"")


def test_a_large_file_has_the_etag_of_its_parts(publisher: Publisher) -> None:
    """Beyond 5 MiB the ETag is the MD5 of the parts' MD5s, with their number."""
    body = bytes(range(256)) * (6 * 4096)
    address = publisher.add_file("july-2021", ("Large", "large.zip", body))
    parts = body[: 5 * 1024 * 1024], body[5 * 1024 * 1024 :]
    expected = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    answer = get(address)
    assert answer.body == body
    assert answer.headers["ETag"] == f'"{expected}-2"'


def test_robots_of_both_hosts(publisher: Publisher) -> None:
    """Pages allow everything and name the sitemap, files disallow everything; both can be set to a text or a status."""
    pages, files = (f"{host}/robots.txt" for host in (publisher.site.pages_address, publisher.site.files_address))
    assert b"Disallow:\n\nSitemap: " in get(pages).body
    assert b"Disallow: /\n" in get(files).body
    publisher.robots("files", "User-agent: *\nDisallow:\n")
    publisher.robots("pages", 503)
    assert (get(pages).status, get(files).body) == (503, b"User-agent: *\nDisallow:\n")
    publisher.robots("both", None)
    assert b"Disallow: /\n" in get(files).body


def test_sitemap_and_feed_list_what_is_public(publisher: Publisher) -> None:
    """The index leads to the publication sitemap; a stub is in neither; the feed's guid is the page's UUID."""
    publisher.announce("soon", "Soon", "2022-05-19")
    host = publisher.site.pages_address
    assert b"sitemap-publication.xml" in get(f"{host}/sitemap-combined.xml").body
    sitemap = get(f"{host}/sitemap-publication.xml").body.decode()
    assert f"<loc>{publisher.address('july-2021')}</loc>" in sitemap
    assert "/soon<" not in sitemap
    feed = get(f"{host}/feed/pubfeed.xml").body.decode()
    assert feed.count("<item>") == 1
    assert publisher.release("july-2021").identity in feed


def test_requests_are_recorded(publisher: Publisher) -> None:
    """Host kind, path and headers of every request, and counts by file name, slug or address."""
    get(file_of(publisher), User_Agent="opt-out-archive/1")
    get(publisher.address("july-2021"))
    host, path, headers = publisher.requests[0]
    assert (host, path) == ("files", urlsplit(file_of(publisher)).path)
    assert headers["user-agent"] == "opt-out-archive/1"
    assert (publisher.count(NAME), publisher.count("july-2021"), publisher.count(publisher.seed)) == (1, 1, 0)
    assert publisher.counts[urlsplit(publisher.address("july-2021")).path] == 1


# ---------------------------------------------------------------- misbehaviour


def test_challenge_on_one_host_or_both(publisher: Publisher) -> None:
    """403 with the network's mark and an HTML body; the other host is untouched until both are meant."""
    publisher.challenge()
    page = get(publisher.seed)
    assert (page.status, page.headers["cf-mitigated"]) == (403, "challenge")
    assert b"Just a moment..." in page.body
    assert get(file_of(publisher)).status == 200
    publisher.challenge(host="both")
    assert get(file_of(publisher)).status == 403
    publisher.challenge(False)
    assert (get(publisher.seed).status, get(file_of(publisher)).status) == (200, 200)


def test_failures_count_and_then_end(publisher: Publisher) -> None:
    """So many failures, then the good answer; robots.txt is spared, so that counts are what a test meant."""
    publisher.fail(503, times=2)
    assert get(f"{publisher.site.pages_address}/robots.txt").status == 200
    assert [get(publisher.seed).status for _ in range(3)] == [503, 503, 200]
    publisher.too_many(retry_after=7)
    refused = get(file_of(publisher))
    assert (refused.status, refused.headers["Retry-After"]) == (429, "7")
    assert get(file_of(publisher)).status == 200
    publisher.forbid_until(NAME, count=1)
    assert [get(file_of(publisher)).status for _ in range(2)] == [403, 200]
    publisher.forbid_until(NAME, seconds=0.05)
    assert get(file_of(publisher)).status == 403
    time.sleep(0.06)
    assert get(file_of(publisher)).status == 200


def test_maintenance_and_soft_404_look_like_success(publisher: Publisher) -> None:
    """Maintenance can come with 503 or with 200; a soft 404 answers HTML where a file was."""
    publisher.maintenance()
    assert get(publisher.seed).status == 503
    publisher.maintenance(status=200)
    assert get(publisher.seed).status == 200
    assert b"maintenance" in get(file_of(publisher)).body
    publisher.maintenance(False)
    publisher.soft_404(NAME)
    assert get(file_of(publisher)).headers["Content-Type"] == "text/html;charset=UTF-8"
    publisher.calm(NAME)
    assert get(file_of(publisher)).body == BODY


def test_a_cut_body_is_short_of_its_promise(publisher: Publisher) -> None:
    """The head promises the whole, the connection ends early; a client that counts notices; a reset is a reset."""
    publisher.cut_off(NAME, 10, times=1)
    with pytest.raises(http.client.IncompleteRead):
        get(file_of(publisher))
    publisher.cut_off(NAME, 10, times=1, reset=True)
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        get(file_of(publisher))
    publisher.chunked(NAME)
    assert get(file_of(publisher)).body == BODY
    publisher.cut_off(NAME, 10)
    with pytest.raises(http.client.IncompleteRead):
        get(file_of(publisher))


def test_lengths_can_lie_or_be_missing(publisher: Publisher) -> None:
    """Without a length only the connection's end ends the body; a wrong length may promise less or more."""
    publisher.without_length(NAME)
    answer = raw(file_of(publisher))
    assert b"Content-Length" not in answer
    assert answer.endswith(b"\r\n\r\n" + BODY)
    publisher.calm(NAME)
    publisher.wrong_length(NAME, 5)
    answer = raw(file_of(publisher))
    assert b"Content-Length: 5\r\n" in answer
    assert answer.endswith(BODY)


def test_drips_take_their_time(publisher: Publisher) -> None:
    """A dripped body and a dripped head arrive whole, slowly; silence before the answer is silence."""
    troubles: tuple[Callable[[], None], ...] = (
        lambda: publisher.drip(NAME, 200, times=1),
        lambda: publisher.drip_head(NAME, 1500, times=1),
        lambda: publisher.slow(NAME, 0.12, times=1),
    )
    for make_trouble in troubles:
        make_trouble()
        started = time.monotonic()
        assert get(file_of(publisher)).body == BODY
        assert time.monotonic() - started > 0.1


def test_headers_and_encodings_can_be_wrong(publisher: Publisher) -> None:
    """Another Content-Type, no ETag, a body gzipped unasked, other bytes under the same ETag, a redirect."""
    good = get(file_of(publisher))
    publisher.content_type(NAME, "application/vnd.ms-excel")
    publisher.header(NAME, "ETag", None)
    changed = get(file_of(publisher))
    assert (changed.headers["Content-Type"], changed.headers["ETag"]) == ("application/vnd.ms-excel", None)
    publisher.gzipped(NAME, times=1)
    packed = get(file_of(publisher))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == BODY
    publisher.calm()
    publisher.answer_with(NAME, b"other", times=1)
    swapped = get(file_of(publisher))
    assert (swapped.body, swapped.headers["ETag"]) == (b"other", good.headers["ETag"])
    publisher.redirect("july-2021", "/elsewhere")
    assert get(publisher.address("july-2021")).headers["Location"] == "/elsewhere"


def test_going_dark_and_coming_back(publisher: Publisher) -> None:
    """While dark nobody listens; afterwards everything is at the same addresses."""
    address = file_of(publisher)
    publisher.go_dark()
    with pytest.raises(ConnectionRefusedError):
        get(address)
    publisher.come_back()
    assert get(address).body == BODY
