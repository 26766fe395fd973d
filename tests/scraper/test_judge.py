"""Stories of judgement: what an exchange is by itself, decided from its bytes alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.judge import ends_like_itself, expected_type, is_challenge, judged, sniff
from scraper.model import Capture, Purpose, Request

PAGE = b"<!DOCTYPE html><html><head><title>National Data Opt-Out</title></head><body><main>x</main></body></html>"
JSD = (
    b"<!DOCTYPE html><html><head><title>National Data Opt-Out</title></head><body>"
    b"<script>a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js';</script>"
    b"<script src='/cdn-cgi/challenge-platform/h/g/scripts/jsd/abc/main.js'></script></body></html>"
)


def capture(body: bytes | None, *, purpose: Purpose = "series_page", path: str = "/a", **fields: object) -> Capture:
    """A capture as it arrives, before judgement."""
    request = Request(f"https://pages.example{path}", purpose)
    plain = {"verdict": "failed", "complete_by": "length", "status": 200, "body": body}
    return Capture(request, "", "", 0, **(plain | fields))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/x-empty"),
        (b"PK\x03\x04rest", "application/zip"),
        (b"%PDF-1.4", "application/pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "application/x-ole-storage"),
        (b"\x1f\x8b\x08rest", "application/gzip"),
        (PAGE, "text/html"),
        (b"\xef\xbb\xbf\r\n  <HTML lang=en>", "text/html"),
        (b'<?xml version="1.0"?><!DOCTYPE html><html>', "text/html"),
        (b"<!-- saved -->\n<html>", "text/html"),
        (b'<?xml version="1.0"?><Error/>', "application/xml"),
        (b'{"error": 1}', "application/json"),
        (b"a,b\n1,2\n", "text/plain"),
        (b"\xef\xbb\xbfa,b\n", "text/plain"),
        (b"\xff\xfea\x00,\x00", "text/plain"),
        (b"a,\x00b\n", "application/octet-stream"),
        (b"name,note\n1,<html>\n", "text/plain"),
    ],
)
def test_the_bytes_say_what_they_are(body: bytes, kind: str) -> None:
    """Neither the server's word nor the file's name decides."""
    assert sniff(body) == kind


@given(st.binary(max_size=300), st.sampled_from(["file", "series_page", "publication_page", "robots"]))
def test_every_body_gets_one_verdict_and_stays_as_it_is(body: bytes, purpose: Purpose) -> None:
    """Judgement never raises and never touches the bytes."""
    result = judged(capture(body, purpose=purpose, path="/a.csv"), from_file_host=True)
    assert result.verdict in ("accepted", "soft_error", "suspect", "blocked")
    assert result.body == body
    assert (result.error_code is None) == (result.verdict == "accepted")


@pytest.mark.fault("H21")
def test_a_challenge_is_known_by_its_header_its_title_or_its_script() -> None:
    """Each alone is enough."""
    header = b"HTTP/1.1 403 Forbidden\r\nCF-Mitigated: challenge"
    assert is_challenge(capture(b"", status=403, response_head=header))
    assert is_challenge(capture(PAGE.replace(b"National Data Opt-Out", b"Just a moment...")))
    assert is_challenge(capture(PAGE.replace(b"x</main>", b"<script>window._cf_chl_opt={}</script></main>")))
    assert is_challenge(capture(PAGE.replace(b"x</main>", b"<a href='/cdn-cgi/challenge-platform/h/b/orchestrate/x'>")))


def test_an_ordinary_page_behind_the_same_wall_is_no_challenge() -> None:
    """Cloudflare puts a detection script into pages that it lets through; such a page is the page."""
    for body in (PAGE, JSD):
        assert not is_challenge(capture(body))
        assert judged(capture(body), from_file_host=False).verdict == "accepted"
    assert not is_challenge(capture(b"a,b\nJust a moment...,/cdn-cgi/challenge-platform/h/b\n"))


@pytest.mark.fault("C20")
@pytest.mark.parametrize(
    "words",
    ["Site under maintenance", "Service temporarily unavailable", "503 Service Unavailable", "Planned maintenance"],
)
def test_a_maintenance_page_is_a_soft_error(words: str) -> None:
    """200 with an apology is not the page."""
    body = PAGE.replace(b"National Data Opt-Out", words.encode())
    result = judged(capture(body), from_file_host=False)
    assert (result.verdict, result.error_code) == ("soft_error", "maintenance")


def test_maintenance_as_a_topic_is_no_maintenance() -> None:
    """A publication about maintenance costs is a publication."""
    body = PAGE.replace(b"National Data Opt-Out", b"Estates: maintenance backlog, under review")
    assert judged(capture(body), from_file_host=False).verdict == "accepted"


@pytest.mark.fault("H22")
def test_a_file_in_place_of_a_page_is_a_soft_error() -> None:
    """A page address that serves a CSV is not the page."""
    result = judged(capture(b"a,b\n1,2\n"), from_file_host=False)
    assert (result.verdict, result.error_code) == ("soft_error", "not_html")


@pytest.mark.parametrize(
    ("body", "verdict"), [(b"", "accepted"), (b"User-agent: *\n", "accepted"), (PAGE, "soft_error")]
)
def test_robots_may_be_empty_but_not_a_web_page(body: bytes, verdict: str) -> None:
    """An empty robots.txt is a rule of its own: everything is allowed."""
    assert judged(capture(body, purpose="robots"), from_file_host=True).verdict == verdict


def test_a_name_that_promises_nothing_is_taken_with_a_warning() -> None:
    """Unknown extensions, and bytes that are nothing we know, are kept as files and marked."""
    for path, body in (("/download", b"a,b\n"), ("/a.csv", b"a,\x00b\n")):
        result = judged(capture(body, purpose="file", path=path), from_file_host=True)
        assert (result.verdict, dict(result.checks)["MAGIC"]) == ("accepted", "warn")
    assert judged(capture(PAGE, purpose="file", path="/download"), from_file_host=True).verdict == "soft_error"
    assert judged(capture(PAGE, purpose="file", path="/notes.html"), from_file_host=True).verdict == "accepted"


def test_the_name_that_answered_decides_what_is_expected() -> None:
    """After a redirect the last address counts; case, blanks and queries do not."""
    assert expected_type("https://f.example/AA/NDOP%20age%20gen.CSV?x=1#y") == "text/plain"
    assert expected_type("https://f.example/AA/no-extension") is None
    asked = capture(b"PK\x03\x04", purpose="file", path="/latest.csv", final_address="https://f.example/now.zip")
    assert judged(asked, from_file_host=True).verdict == "accepted"


@pytest.mark.parametrize(
    ("body", "kind", "whole"),
    [
        (PAGE, "text/html", True),
        (PAGE + b"\n<!-- served by x -->\n", "text/html", True),
        (PAGE[:-8], "text/html", False),
        (b"a,b\n1,2\r\n", "text/plain", True),
        (b"a,b\n1,2", "text/plain", False),
        (b"%PDF-1.4\n%%EOF\r\n", "application/pdf", True),
        (b"%PDF-1.4\n", "application/pdf", False),
        (b"PK\x03\x04", "application/zip", False),
        (b"\x00\x01", "application/octet-stream", True),
    ],
)
def test_bodies_end_as_their_kind_does(body: bytes, kind: str, whole: bool) -> None:
    """Where nothing else proves a body whole, its own end has to be there."""
    assert ends_like_itself(body, kind) is whole


def test_trouble_comes_before_content() -> None:
    """A whole-looking body that arrived with trouble is judged by the trouble."""
    cut = judged(capture(PAGE, error_code="short", error_detail="cut"), from_file_host=False)
    assert (cut.verdict, cut.error_code) == ("failed", "short")
    twisted = judged(capture(PAGE, error_code="framing", error_detail="?"), from_file_host=False)
    assert twisted.verdict == "suspect"
    peer = judged(capture(None, status=None, error_code="private_address"), from_file_host=False)
    assert peer.verdict == "blocked"
