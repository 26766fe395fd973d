"""Stories of refusals, theirs and ours: hosts, peers, redirects, robots.txt, challenges, withdrawn files.

Loopback only; no address beyond it is ever connected to.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from raw_server import CSV, PAGE, SOFTWARE, RawServer, answer, closed_port

from scraper.fetch import Fetcher
from scraper.model import Capture, Hop, Request, Series

DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)
CHALLENGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>"
    b'<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>'
)


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server of raw bytes on loopback."""
    with RawServer() as server:
        yield server


def ask(series: Series, request: Request) -> Capture:
    """The answer to one request by a new Fetcher."""
    with Fetcher(series, SOFTWARE, threading.Event()) as fetcher:
        return list(fetcher.attempts(request))[-1]


def moved(location: str, status: str = "302 Found") -> bytes:
    """A redirect."""
    return answer(status, b"moved", f"Location: {location}")


# ---------------------------------------------------------------- redirects


@pytest.mark.fault("H28")
def test_a_chain_of_redirects_is_followed_by_hand_and_recorded(server: RawServer) -> None:
    """Each hop is kept with status and Location as sent; the capture is that of the last."""
    server.answers |= {"/a": [moved("/b")], "/b": [moved("c.csv", "301 Moved")], "/c.csv": [answer(body=CSV)]}
    capture = server.ask("/a")[-1]
    assert (capture.verdict, capture.body, capture.status) == ("accepted", CSV, 200)
    assert capture.final_address == f"{server.root}/c.csv"
    assert capture.redirects == (Hop(f"{server.root}/a", 302, "/b"), Hop(f"{server.root}/b", 301, "c.csv"))
    assert server.paths() == ["/robots.txt", "/a", "/b", "/c.csv"]


@pytest.mark.fault("H29")
@pytest.mark.parametrize("loop", [True, False])
def test_redirects_that_lead_nowhere_fail(server: RawServer, loop: bool) -> None:
    """A circle is left at once, an endless chain after five redirects."""
    for number in range(9):
        server.answers[f"/{number}"] = [moved(f"/{(number + 1) % 3 if loop else number + 1}")]
    capture = server.ask("/0")[-1]
    assert (capture.verdict, capture.error_code, capture.status) == ("failed", "redirects", 302)
    assert len(capture.redirects) == (3 if loop else 6)
    assert len(server.paths()) == 1 + len(capture.redirects)


@pytest.mark.fault("H30")
def test_a_redirect_to_a_foreign_host_is_not_followed(server: RawServer) -> None:
    """The redirect itself is kept as evidence; the foreign host is never asked."""
    with RawServer() as foreign:
        server.answers["/a.csv"] = [moved(f"{foreign.root}/a.csv")]
        capture = server.ask("/a.csv")[-1]
        assert (capture.verdict, capture.error_code, capture.status, capture.body) == ("blocked", "host", 302, b"moved")
        assert capture.redirects == (Hop(f"{server.root}/a.csv", 302, f"{foreign.root}/a.csv"),)
        assert foreign.host in (capture.error_detail or "")
        assert foreign.connections == 0


@pytest.mark.fault("M07")
def test_a_redirect_to_a_private_address_reaches_nobody(server: RawServer) -> None:
    """Even an allowed host is not connected to where its address is not one that may be asked."""
    series = server.series(hosts=("10.11.12.13:80", "10.11.12.13"))
    server.answers["/a.csv"] = [moved("http://10.11.12.13/a.csv")]
    capture = server.ask("/a.csv", series=series)[-1]
    assert (capture.verdict, capture.error_code) == ("blocked", "robots")
    captures = server.ask("http://10.11.12.13/robots.txt", "robots", series=series)
    assert [(c.verdict, c.error_code, c.request_head) for c in captures] == [("blocked", "private_address", b"")]


def test_a_redirect_to_a_path_that_robots_forbids_is_not_followed(server: RawServer) -> None:
    """robots.txt holds for where a redirect leads, too."""
    server.answers |= {
        "/robots.txt": [answer(body=b"User-agent: *\nDisallow: /private/\n")],
        "/a.csv": [moved("/private/a.csv")],
    }
    capture = server.ask("/a.csv")[-1]
    assert (capture.verdict, capture.error_code, capture.status) == ("blocked", "robots", 302)
    assert "/private/a.csv" not in server.paths()


# ---------------------------------------------------------------- hosts and peers


@pytest.mark.fault("M09", "M10")
@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://elsewhere.example/a.csv", "host"),
        ("http://127.0.0.1:1/a.csv", "host"),
        ("ftp://{host}/a.csv", "address"),
        ("http://user:secret@{host}/a.csv", "address"),
        ("http://{host}\\@elsewhere.example/a.csv", "address"),
        ("file:///etc/hostname", "address"),
        ("http://[bad/a.csv", "address"),
        ("http://2130706433/a.csv", "host"),
    ],
)
def test_an_address_outside_the_series_is_never_asked(server: RawServer, address: str, code: str) -> None:
    """The refusal is a capture without exchange."""
    captures = server.ask(address.replace("{host}", server.host))
    assert [(c.verdict, c.error_code, c.status) for c in captures] == [("blocked", code, None)]
    assert captures[0].final_address is None
    assert server.connections == 0


def test_a_page_is_not_taken_from_a_file_host(server: RawServer) -> None:
    """Files may lie on page hosts, but pages never on file hosts."""
    series = replace(server.series(), page_hosts=("pages.example",))
    assert server.ask("/a", "publication_page", series=series)[-1].error_code == "host"
    server.answers["/a.csv"] = [answer(body=CSV)]
    assert server.ask("/a.csv", series=series)[-1].verdict == "accepted"


@pytest.mark.fault("M07")
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_public_series_sends_nothing_to_loopback(server: RawServer, name: str) -> None:
    """The peer is judged before connecting: by address, and by name that resolves to it."""
    host = server.host.replace("127.0.0.1", name)
    series = server.series(hosts=(host,), local_publisher=False)
    captures = server.ask(f"http://{host}/robots.txt", "robots", series=series)
    assert [(c.verdict, c.error_code, c.remote_ip) for c in captures] == [("blocked", "private_address", None)]
    assert server.connections == 0


@pytest.mark.fault("N01", "N02")
def test_a_closed_port_and_an_unknown_name_fail_by_name(server: RawServer) -> None:
    """Nobody there, and no such name, are told apart."""
    with closed_port() as host:
        series = server.series(hosts=(host, "no-such-name.invalid"))
        refused = ask(series, Request(f"http://{host}/robots.txt", "robots"))
        unknown = ask(series, Request("http://no-such-name.invalid/robots.txt", "robots"))
    assert (refused.verdict, refused.error_code, refused.complete_by) == ("failed", "connect", "none")
    assert (unknown.verdict, unknown.error_code, unknown.status) == ("failed", "dns", None)


# ---------------------------------------------------------------- robots.txt


@pytest.mark.fault("H37")
def test_a_path_that_robots_forbids_is_not_asked(server: RawServer) -> None:
    """The refusal names the rule, and the robots.txt by its hash; wildcards hold."""
    body = b"User-agent: *\nDisallow: /*.csv$\n"
    server.answers |= {"/robots.txt": [answer(body=body)], "/page": [answer(body=PAGE)]}
    robots, refusal = server.ask("/a.csv")
    assert (robots.verdict, robots.body) == ("accepted", body)
    assert (refusal.verdict, refusal.error_code, refusal.status) == ("blocked", "robots", None)
    assert refusal.robots_sha256 == hashlib.sha256(body).hexdigest()
    assert "disallowed" in (refusal.robots_rule or "")
    assert server.paths() == ["/robots.txt"]
    allowed = server.ask("/page", "series_page")[-1]
    assert (allowed.verdict, allowed.robots_sha256) == ("accepted", refusal.robots_sha256)


def test_a_group_that_names_us_is_obeyed(server: RawServer) -> None:
    """Our own group wins over the one for everybody."""
    body = b"User-agent: opt-out-archive\nDisallow: /\n\nUser-agent: *\nAllow: /\n"
    server.answers["/robots.txt"] = [answer(body=body)]
    assert server.ask("/a.csv")[-1].error_code == "robots"


@pytest.mark.fault("H38")
@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "410 Gone"])
def test_no_robots_file_allows_everything(server: RawServer, status: str) -> None:
    """RFC 9309: 4xx means there are no rules."""
    server.answers |= {"/robots.txt": [answer(status)], "/a.csv": [answer(body=CSV)]}
    capture = server.ask("/a.csv")[-1]
    assert (capture.verdict, capture.robots_sha256) == ("accepted", None)


@pytest.mark.fault("H38")
@pytest.mark.parametrize(
    "trouble", [answer("503 Unavailable"), answer("429 Too Many Requests"), answer(body=b"User-agent: *")[:-4], b""]
)
def test_a_robots_file_that_cannot_be_had_forbids_everything(server: RawServer, trouble: bytes) -> None:
    """RFC 9309: unreachable means complete disallow, also where the series has an exception."""
    server.answers |= {"/robots.txt": [trouble], "/a.csv": [answer(body=CSV)]}
    series = server.series(robots_exception="made-up reason")
    capture = server.ask("/a.csv", series=series, via_address=f"{server.root}/page")[-1]
    assert (capture.verdict, capture.error_code) == ("blocked", "robots")
    assert "/a.csv" not in server.paths()


def test_the_exception_covers_only_files_that_the_series_own_pages_offer(server: RawServer) -> None:
    """The rule is named with its reason; a page, a file from nowhere or from a foreign page stays refused."""
    server.answers |= {
        "/robots.txt": [answer(body=b"User-agent: *\nDisallow: /\n")],
        "/a.csv": [answer(body=CSV)],
    }
    series = server.series(robots_exception="the pages offer these files")
    taken = server.ask("/a.csv", series=series, via_address=f"{server.root}/july-2021")[-1]
    assert taken.verdict == "accepted"
    assert "exception: the pages offer these files" in (taken.robots_rule or "")
    for request in (
        Request(f"{server.root}/a.csv", "file"),
        Request(f"{server.root}/a.csv", "file", via_address="https://elsewhere.example/page"),
        Request(f"{server.root}/a.csv", "series_page", via_address=f"{server.root}/july-2021"),
    ):
        assert ask(series, request).error_code == "robots"


def test_robots_is_asked_once_per_fetcher(server: RawServer) -> None:
    """Two addresses of one host share one copy."""
    server.answers |= {"/a.csv": [answer(body=CSV)], "/b.csv": [answer(body=CSV)]}
    with Fetcher(server.series(), SOFTWARE, threading.Event()) as fetcher:
        for path in ("/a.csv", "/b.csv"):
            assert list(fetcher.attempts(server.request(path)))[-1].verdict == "accepted"
    assert server.paths() == ["/robots.txt", "/a.csv", "/b.csv"]


# ---------------------------------------------------------------- what their refusals mean


@pytest.mark.fault("H19", "H20", "H21", "H22", "H23", "C08")
@pytest.mark.parametrize(
    ("path", "given", "verdict", "code"),
    [
        ("/a.csv", answer("403 Forbidden", DENIED, "Content-Type: application/xml"), "absent", "access_denied"),
        ("/a.csv", answer("403 Forbidden", CHALLENGE, "cf-mitigated: challenge"), "blocked", "challenge"),
        ("/a.csv", answer("403 Forbidden", b"<html>no</html>"), "blocked", "status_403"),
        ("/a.csv", answer("403 Forbidden"), "blocked", "status_403"),
        ("/a.csv", answer("401 Unauthorized", PAGE), "blocked", "status_401"),
        ("/a.csv", answer("404 Not Found", PAGE), "absent", "status_404"),
        ("/a.csv", answer("410 Gone"), "absent", "status_410"),
        ("/a.csv", answer("200 OK", CHALLENGE), "blocked", "challenge"),
        ("/a.csv", answer("200 OK", PAGE), "soft_error", "html"),
        ("/a.csv", answer("200 OK", b"PK\x03\x04" + bytes(60)), "suspect", "magic"),
        ("/a.csv", answer("200 OK", b""), "suspect", "empty"),
        ("/a.xlsx", answer("200 OK", CSV), "suspect", "magic"),
        ("/a.pdf", answer("200 OK", b"%PDF-1.7\n%%EOF\n"), "accepted", None),
        ("/A%20B.XLSX", answer("200 OK", b"PK\x03\x04" + bytes(60)), "accepted", None),
        ("/a.csv", answer("500 Oops", PAGE), "failed", "status_500"),
    ],
)
def test_each_answer_for_a_file_has_its_verdict(
    server: RawServer, path: str, given: bytes, verdict: str, code: str | None
) -> None:
    """A withdrawal is not a wall, a wall is not a withdrawal, and neither is a file; every body is kept."""
    server.answers[path] = [given]
    capture = server.ask(path)[-1]
    assert (capture.verdict, capture.error_code) == (verdict, code)
    assert capture.body == given.split(b"\r\n\r\n", 1)[1]


def test_access_denied_means_absence_only_on_the_file_host(server: RawServer) -> None:
    """The same XML at a page, or from a host of pages alone, is a refusal."""
    server.answers["/a"] = [answer("403 Forbidden", DENIED)]
    assert server.ask("/a", "publication_page")[-1].verdict == "blocked"
    pages_only = replace(server.series(), file_hosts=("files.example",))
    assert server.ask("/a", series=pages_only)[-1].verdict == "blocked"


@pytest.mark.fault("H12", "H13", "H16")
@pytest.mark.parametrize(
    ("fields", "sent", "verdict", "code"),
    [
        ((), {"etag": '"abc"'}, "not_modified", None),
        (('ETag: W/"abc"',), {"etag": '"abc"'}, "not_modified", None),
        ((), {"last_modified": "Thu, 01 Jul 2021 08:31:00 GMT"}, "not_modified", None),
        (('ETag: "xyz"',), {"etag": '"abc"'}, "suspect", "other_etag"),
        ((), {}, "suspect", "unasked_304"),
    ],
)
def test_not_modified_counts_only_as_the_answer_to_our_validator(
    server: RawServer, fields: tuple[str, ...], sent: dict[str, str], verdict: str, code: str | None
) -> None:
    """304 without our asking, or about another version, is suspect."""
    server.answers["/a.csv"] = [answer("304 Not Modified", b"", *fields, length=False)]
    capture = server.ask("/a.csv", **sent)[-1]
    assert (capture.verdict, capture.error_code, capture.body, capture.complete_by) == (verdict, code, None, "none")
    head = server.seen[-1].head
    assert ("If-None-Match" in head, "If-Modified-Since" in head) == ("etag" in sent, "last_modified" in sent)
