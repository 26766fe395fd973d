"""Stories of bodies: whole ones are proved, cut ones are kept and never accepted.

Loopback only; nothing here reads what a body means.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import time
import zlib
from collections.abc import Iterator

import pytest
from raw_server import CSV, PAGE, RawServer, answer, chunked, dripping, reset_after


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server of raw bytes on loopback."""
    with RawServer() as server:
        yield server


def test_a_body_of_its_declared_length_is_accepted_with_its_provenance(server: RawServer) -> None:
    """The plain case keeps bytes, heads, hash, times and peer."""
    server.answers["/NDOP.csv"] = [
        answer("200 OK", CSV, 'ETag: "abc"', "Last-Modified: Thu, 01 Jul 2021 08:31:00 GMT", "Content-Type: text/csv")
    ]
    robots, capture = server.ask("/NDOP.csv", link_text="By age", publication="july-2021")
    assert (robots.request.purpose, robots.status) == ("robots", 404)
    assert (capture.verdict, capture.complete_by, capture.body) == ("accepted", "length", CSV)
    assert capture.request.link_text == "By age"
    assert capture.wire is None
    assert (capture.wire_sha256, capture.wire_bytes) == (hashlib.sha256(CSV).hexdigest(), len(CSV))
    assert (capture.etag, capture.last_modified) == ('"abc"', "Thu, 01 Jul 2021 08:31:00 GMT")
    assert (capture.content_type, capture.sniffed_type) == ("text/csv", "text/plain")
    assert (capture.remote_ip, capture.http_version, capture.declared_bytes) == ("127.0.0.1", "http/1.1", len(CSV))
    assert capture.request_head == server.seen[-1].head.encode("latin-1")
    assert capture.response_head == server.answers["/NDOP.csv"][0].split(b"\r\n\r\n")[0]
    assert capture.first_byte_at is not None
    assert capture.requested_at <= capture.first_byte_at <= capture.completed_at
    assert len(capture.requested_at) == len("2021-07-01T08:31:00.000000Z")
    assert capture.robots_rule == "allowed: there is no robots.txt (status 404)"
    assert dict(capture.checks) == {"LEN": "ok", "HTML": "ok", "TYPE": "ok", "MAGIC": "ok"}


@pytest.mark.fault("H01")
def test_a_body_shorter_than_declared_fails_and_keeps_its_part(server: RawServer) -> None:
    """A short body is never accepted; what came is kept to the last byte."""
    server.answers["/a.csv"] = [answer("200 OK", CSV)[:-7]]
    capture = server.ask("/a.csv")[-1]
    assert (capture.verdict, capture.error_code, capture.truncated) == ("failed", "short", "disconnect")
    assert capture.body == CSV[:-7]
    assert ("LEN", "fail") in capture.checks


@pytest.mark.fault("H02")
def test_bytes_beyond_the_declared_length_make_a_body_suspect(server: RawServer) -> None:
    """Surplus is noticed, whether it comes with the body or a moment later."""
    server.answers["/together.csv"] = [answer("200 OK", CSV) + b"more"]
    server.answers["/later.csv"] = [dripping(b"more", 0.05, server.ending, at_once=answer("200 OK", CSV))]
    for path in ("/together.csv", "/later.csv"):
        capture = server.ask(path)[-1]
        assert (capture.verdict, capture.error_code, capture.body) == ("suspect", "surplus", CSV)
        assert ("LEN", "warn") in capture.checks


@pytest.mark.fault("H05")
def test_a_chunked_body_is_proved_by_its_last_chunk(server: RawServer) -> None:
    """With the last chunk it is whole; without it, or cut inside a chunk, it failed."""
    server.answers["/a.csv"] = [chunked(CSV)]
    server.answers["/end.csv"] = [chunked(CSV, end=b"")]
    server.answers["/mid.csv"] = [chunked(CSV, end=b"")[:-9]]
    whole = server.ask("/a.csv")[-1]
    assert (whole.verdict, whole.complete_by, whole.body) == ("accepted", "chunked", CSV)
    for path, kept in (("/end.csv", CSV), ("/mid.csv", CSV[:-7])):
        cut = server.ask(path)[-1]
        assert (cut.verdict, cut.error_code, cut.body, cut.complete_by) == ("failed", "short", kept, "unproved")


@pytest.mark.fault("H04")
def test_a_body_ended_by_closing_is_accepted_only_if_it_ends_like_itself(server: RawServer) -> None:
    """Nothing proves it whole: taken with a warning where its own end is there, else suspect."""
    server.answers["/page"] = [answer("200 OK", PAGE, length=False)]
    server.answers["/cut"] = [answer("200 OK", PAGE[:-12], length=False)]
    server.answers["/a.csv"] = [answer("200 OK", CSV, length=False)]
    server.answers["/cut.csv"] = [answer("200 OK", CSV[:-3], length=False)]
    for path, purpose in (("/page", "series_page"), ("/a.csv", "file")):
        capture = server.ask(path, purpose)[-1]
        assert (capture.verdict, capture.complete_by) == ("accepted", "unproved")
        assert ("LEN", "warn") in capture.checks
    for path, purpose in (("/cut", "series_page"), ("/cut.csv", "file")):
        capture = server.ask(path, purpose)[-1]
        assert (capture.verdict, capture.error_code) == ("suspect", "unproved")


@pytest.mark.fault("N09")
def test_a_dripping_head_does_not_outlast_the_deadline(server: RawServer) -> None:
    """Each byte comes within the read timeout, yet the total deadline holds."""
    server.answers["/a.csv"] = [dripping(answer("200 OK", CSV), 0.05, server.ending)]
    began = time.monotonic()
    capture = server.ask("/a.csv", series=server.series(deadline_seconds=0.4))[-1]
    assert time.monotonic() - began < 1.5
    assert (capture.verdict, capture.error_code, capture.status) == ("failed", "deadline", None)
    assert capture.response_head.startswith(b"HTTP/")
    assert capture.body is None


@pytest.mark.fault("N10")
def test_a_dripping_body_is_cut_at_the_deadline_and_kept(server: RawServer) -> None:
    """The part that came in time is kept, and marked as cut by time."""
    server.answers["/a.csv"] = [
        dripping(CSV * 9, 0.02, server.ending, at_once=answer("200 OK", CSV * 9)[: -len(CSV) * 9])
    ]
    began = time.monotonic()
    capture = server.ask("/a.csv", series=server.series(deadline_seconds=0.5))[-1]
    assert time.monotonic() - began < 1.5
    assert (capture.verdict, capture.error_code, capture.truncated) == ("failed", "deadline", "time")
    assert capture.body is not None
    assert 0 < len(capture.body) < len(CSV * 9)
    assert (CSV * 9).startswith(capture.body)


@pytest.mark.fault("N11")
def test_a_server_that_never_answers_is_left_at_the_read_timeout(server: RawServer) -> None:
    """Silence costs no more than read_seconds."""
    server.answers["/a.csv"] = [lambda sock: server.ending.wait(3) and None]
    capture = server.ask("/a.csv", series=server.series(read_seconds=0.2))[-1]
    assert (capture.verdict, capture.error_code, capture.duration_ms < 1500) == ("failed", "read_timeout", True)


@pytest.mark.fault("N04")
def test_a_connection_reset_in_the_body_keeps_the_part(server: RawServer) -> None:
    """A reset is a disconnect, with what came before it."""
    server.answers["/a.csv"] = [reset_after(answer("200 OK", CSV)[:-20])]
    capture = server.ask("/a.csv")[-1]
    assert (capture.verdict, capture.error_code, capture.truncated) == ("failed", "disconnect", "disconnect")
    assert capture.body == CSV[:-20]


@pytest.mark.fault("M02")
@pytest.mark.parametrize("length", [True, False])
def test_a_body_larger_than_the_cap_is_cut_there(server: RawServer, length: bool) -> None:
    """A declared giant is not read at all; an undeclared one is read to the cap."""
    server.answers["/a.csv"] = [answer("200 OK", CSV * 50, length=length)]
    capture = server.ask("/a.csv", series=server.series(max_bytes=100))[-1]
    assert (capture.verdict, capture.error_code, capture.truncated) == ("failed", "too_large", "length")
    assert capture.body == (None if length else (CSV * 50)[:100])


@pytest.mark.fault("H10")
@pytest.mark.parametrize(("coding", "packed"), [("gzip", gzip.compress(CSV, mtime=0)), ("deflate", zlib.compress(CSV))])
def test_an_encoded_body_is_kept_both_ways(server: RawServer, coding: str, packed: bytes) -> None:
    """Identity was asked for; a server that encodes anyway gets its bytes kept beside the decoded ones."""
    server.answers["/a.csv"] = [answer("200 OK", packed, f"Content-Encoding: {coding}")]
    capture = server.ask("/a.csv")[-1]
    assert "Accept-Encoding: identity" in server.seen[-1].head
    assert (capture.verdict, capture.body, capture.wire, capture.content_encoding) == ("accepted", CSV, packed, coding)
    assert capture.wire_sha256 == hashlib.sha256(packed).hexdigest()
    assert ("CODEC", "ok") in capture.checks


@pytest.mark.fault("H03", "H09")
def test_a_gzip_body_cut_short_is_noticed_without_any_length(server: RawServer) -> None:
    """The libraries take a cut gzip body for whole; the missing end mark tells."""
    packed = gzip.compress(CSV * 40)
    server.answers["/cut.csv"] = [answer("200 OK", packed[:-12], "Content-Encoding: gzip", length=False)]
    server.answers["/whole.csv"] = [answer("200 OK", packed, "Content-Encoding: gzip", length=False)]
    server.answers["/crc.csv"] = [answer("200 OK", packed[:-8] + bytes(8), "Content-Encoding: gzip")]
    cut = server.ask("/cut.csv")[-1]
    assert (cut.verdict, cut.error_code, cut.wire) == ("failed", "codec", packed[:-12])
    assert ("CODEC", "fail") in cut.checks
    assert (CSV * 40).startswith(cut.body or b"?")
    whole = server.ask("/whole.csv")[-1]
    assert (whole.verdict, whole.complete_by, whole.body) == ("accepted", "codec", CSV * 40)
    assert server.ask("/crc.csv")[-1].error_code == "codec"


@pytest.mark.fault("H11")
def test_a_coding_that_we_do_not_know_fails_with_its_bytes_kept(server: RawServer) -> None:
    """Ten stacked codings, or one unknown: the wire bytes stay, nothing is decoded."""
    server.answers["/a.csv"] = [answer("200 OK", b"\x00zzz", "Content-Encoding: " + ", ".join(["gzip"] * 10))]
    capture = server.ask("/a.csv")[-1]
    assert (capture.verdict, capture.error_code, capture.body, capture.wire) == ("failed", "encoding", None, b"\x00zzz")


def test_an_object_store_etag_proves_the_body(server: RawServer) -> None:
    """Both forms, plain MD5 and MD5 of part MD5s, are the store's own word for the whole file."""
    big = CSV * (6 * 1024 * 1024 // len(CSV))
    parts = [hashlib.md5(big[at : at + 5 * 1024 * 1024]).digest() for at in (0, 5 * 1024 * 1024)]
    server.answers["/big.csv"] = [answer("200 OK", big, f'ETag: "{hashlib.md5(b"".join(parts)).hexdigest()}-2"')]
    server.answers["/a.csv"] = [answer("200 OK", CSV, f'ETag: "{hashlib.md5(CSV).hexdigest()}"', length=False)]
    server.answers["/weak.csv"] = [answer("200 OK", CSV, f'ETag: W/"{hashlib.md5(CSV).hexdigest()}"')]
    for path in ("/big.csv", "/a.csv"):
        capture = server.ask(path, series=server.series(max_bytes=10_000_000))[-1]
        assert (capture.verdict, capture.complete_by) == ("accepted", "digest")
        assert ("ETAG", "ok") in capture.checks
    assert server.ask("/weak.csv")[-1].complete_by == "length"


@pytest.mark.parametrize("name", ["Repr-Digest", "Content-Digest"])
def test_a_stated_digest_proves_or_disproves_the_body(server: RawServer, name: str) -> None:
    """RFC 9530: agreement proves, disagreement fails."""
    stated = base64.b64encode(hashlib.sha256(CSV).digest()).decode()
    server.answers["/a.csv"] = [answer("200 OK", CSV, f"{name}: sha-256=:{stated}:")]
    server.answers["/b.csv"] = [answer("200 OK", CSV + b"x\n", f"{name}: sha-256=:{stated}:")]
    good, bad = server.ask("/a.csv")[-1], server.ask("/b.csv")[-1]
    assert (good.verdict, good.complete_by, good.representation_digest) == ("accepted", "digest", f"sha-256=:{stated}:")
    assert (bad.verdict, bad.error_code, bad.body) == ("failed", "digest", CSV + b"x\n")


@pytest.mark.fault("H06", "H07", "H08")
@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        (("Content-Length: 5", "Content-Length: 7"), "failed"),
        (("Content-Length: -5",), "suspect"),
        (("Content-Length: 61", "Transfer-Encoding: chunked"), "suspect"),
    ],
)
def test_contradictory_framing_is_never_accepted(server: RawServer, fields: tuple[str, ...], verdict: str) -> None:
    """Two lengths, a negative one, or a length beside chunking: nobody knows where such a body ends."""
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CSV), CSV) if "chunked" in fields[-1] else CSV
    server.answers["/a.csv"] = [answer("200 OK", body, *fields, length=False)]
    capture = server.ask("/a.csv")[-1]
    assert (capture.verdict, capture.error_code, capture.status) == (verdict, "framing", 200)


@pytest.mark.fault("H34")
def test_an_unreadable_head_fails_without_a_crash(server: RawServer) -> None:
    """Too many fields, an endless line, no HTTP at all: each is a failed capture with what came."""
    server.answers["/many"] = [answer("200 OK", PAGE, *[f"X-{number}: y" for number in range(150)])]
    server.answers["/long"] = [answer("200 OK", PAGE, "X: " + "y" * 70_000)]
    server.answers["/smtp"] = [b"220 mail.example.org ESMTP\r\n\r\n"]
    server.answers["/mute"] = [b""]
    for path, code in (("/many", "header"), ("/long", "header"), ("/smtp", "protocol"), ("/mute", "disconnect")):
        capture = server.ask(path, "series_page")[-1]
        assert (path, capture.verdict, capture.error_code) == (path, "failed", code)
        assert capture.status is None


@pytest.mark.fault("H32", "H33")
@pytest.mark.parametrize(
    "status", ["103 Early Hints", "204 No Content", "206 Partial Content", "203 Non-Authoritative"]
)
def test_only_200_is_content(server: RawServer, status: str) -> None:
    """A part, an early hint or a proxy's own version is never stored as the file."""
    server.answers["/a.csv"] = [answer(status, CSV)]
    capture = server.ask("/a.csv")[-1]
    assert (capture.verdict, capture.error_code) == ("failed", f"status_{status[:3]}")
