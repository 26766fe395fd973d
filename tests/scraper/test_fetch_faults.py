"""Faults of the wire that the other stories leave out: every framing cut anywhere, dead addresses, expired certificates."""

from __future__ import annotations

import contextlib
import gzip
import ipaddress
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests.adapters
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from raw_server import CSV, PAGE, SOFTWARE, RawServer, answer, chunked

from scraper.fetch import Fetcher
from scraper.model import Purpose

ROBOTS = b"User-agent: *\nDisallow: /private\n"
BODIES: dict[Purpose, bytes] = {"file": CSV * 3, "series_page": PAGE, "publication_page": PAGE, "robots": ROBOTS}


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server of raw bytes on loopback."""
    with RawServer() as one:
        yield one


def framed(body: bytes, framing: str) -> bytes:
    """A whole answer in one of the framings."""
    if framing == "chunked":
        return chunked(body)
    if framing in ("gzip", "gzip by closing"):
        return answer("200 OK", gzip.compress(body, mtime=0), "Content-Encoding: gzip", length=framing == "gzip")
    if framing == "deflate chunked":
        return chunked(zlib.compress(body), "Content-Encoding: deflate")
    return answer("200 OK", body, length=framing == "length")


@pytest.mark.fault("H01", "H03", "H05", "N04")
@pytest.mark.parametrize("purpose", BODIES)
@pytest.mark.parametrize("framing", ["length", "chunked", "gzip", "gzip by closing", "deflate chunked"])
def test_no_cut_of_any_framing_is_accepted_on_any_way(server: RawServer, framing: str, purpose: Purpose) -> None:
    """Goal G1: cut at every eighth byte of the body, for pages, files and robots.txt alike; whole, it is taken.

    The mark of the last chunk proves a chunked body; the empty line behind it is none of the body.
    """
    good = framed(BODIES[purpose], framing)
    start = good.index(b"\r\n\r\n") + 4
    end = len(good) - (len(b"0\r\n\r\n") if "chunked" in framing else 1)
    for at in [*range(start, end, 8), end]:
        path = f"/{at}.csv" if purpose == "file" else f"/{at}"
        server.answers[path] = [good[:at]]
        with Fetcher(server.series(), SOFTWARE, threading.Event()) as fetcher:
            capture = list(fetcher.attempts(server.request(path, purpose)))[-1]
        assert capture.verdict in ("failed", "suspect"), (at, capture)
        assert capture.complete_by in ("unproved", "none")
    path = "/whole.csv" if purpose == "file" else "/whole"
    server.answers[path] = [good]
    assert server.ask(path, purpose)[-1].verdict == "accepted"


@pytest.mark.fault("H04")
@pytest.mark.parametrize("purpose", ["file", "series_page"])
def test_a_close_delimited_body_cut_in_a_line_is_suspect_and_cut_between_lines_is_unproved(
    server: RawServer, purpose: Purpose
) -> None:
    """Only the second look of a poll can tell a whole one from one cut at a line end; until then it is called unproved."""
    body = BODIES[purpose]
    for at in range(1, len(body)):
        server.answers[f"/{at}.csv"] = [answer("200 OK", body[:at], length=False)]
        capture = server.ask(f"/{at}.csv", purpose)[-1]
        ends = body[:at].endswith(b"\n") if purpose == "file" else b"</html>" in body[:at]
        assert (capture.verdict == "accepted") == ends, at
        assert capture.complete_by == "unproved"


@pytest.mark.fault("H02", "H06", "H07", "H08")
@pytest.mark.parametrize("purpose", BODIES)
@pytest.mark.parametrize(
    "fields",
    [
        ("Content-Length: 5", "Content-Length: 9"),
        ("Content-Length: -1",),
        ("Content-Length: 99999999999999999999",),
        ("Content-Length: 0x10",),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5, 6",),
    ],
)
def test_a_length_that_nobody_can_mean_is_never_accepted(
    server: RawServer, fields: tuple[str, ...], purpose: Purpose
) -> None:
    """Two lengths, a negative one, an absurd one, a length beside chunking: on every way."""
    server.answers["/a.csv"] = [answer("200 OK", BODIES[purpose], *fields, length=False)]
    assert server.ask("/a.csv", purpose)[-1].verdict in ("failed", "suspect")


@pytest.mark.fault("H09")
@pytest.mark.parametrize("at", [12, 20, -6, -3])
def test_a_damaged_packed_body_fails_with_its_bytes_kept(server: RawServer, at: int) -> None:
    """One byte flipped in the packed data or its checksum: failed, and what came on the wire is kept as it came."""
    packed = bytearray(gzip.compress(CSV * 3, mtime=0))
    packed[at] ^= 0x55
    server.answers["/a.csv"] = [answer("200 OK", bytes(packed), "Content-Encoding: gzip")]
    capture = server.ask("/a.csv")[-1]
    assert (capture.verdict, capture.error_code, capture.wire) == ("failed", "codec", bytes(packed))
    assert ("CODEC", "fail") in capture.checks


@pytest.mark.fault("N03")
def test_a_machine_that_takes_no_connection_costs_the_connect_timeout(server: RawServer) -> None:
    """A full backlog drops what knocks: no answer at all, and the wait is bounded."""
    with full_backlog() as port:
        capture = server.ask(
            f"http://127.0.0.1:{port}/robots.txt",
            "robots",
            series=server.series(hosts=(f"127.0.0.1:{port}",), connect_seconds=0.3),
        )[-1]
    assert (capture.verdict, capture.error_code) == ("failed", "connect_timeout")
    assert capture.duration_ms < 2000


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """Port of a listening socket whose backlog is full."""
    with contextlib.ExitStack() as stack:
        deaf = stack.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        yield int(deaf.getsockname()[1])


@pytest.mark.fault("N01")
def test_a_resolver_that_hangs_is_left_at_the_connect_timeout(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can interrupt a resolver, so nobody waits for it."""
    release = threading.Event()

    def hangs(*_: object, **__: object) -> list[object]:
        release.wait(5)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    capture = server.ask("/robots.txt", "robots", series=server.series(connect_seconds=0.2))[-1]
    release.set()
    assert capture.verdict == "failed"
    assert capture.error_code in ("connect_timeout", "dns")
    assert capture.duration_ms < 1500


@pytest.mark.fault("N13", "N15")
def test_a_dead_first_address_is_passed_over_for_a_good_one(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that answered is the one that is noted, also where it is another than last time."""
    port = int(server.host.split(":")[1])
    server.answers["/a.csv"] = [answer(body=CSV)]
    lists = {"dead first": ["::1", "127.0.0.1"], "moved": ["127.0.0.1"]}
    for ips in lists.values():

        def resolve(_: str, __: int, ips: list[str] = ips, **___: object) -> list[object]:
            return [
                (socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips
            ]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        capture = server.ask("/a.csv")[-1]
        assert (capture.verdict, capture.remote_ip) == ("accepted", "127.0.0.1")


def certificate(begins: datetime, ends: datetime) -> bytes:
    """A made-up certificate for 127.0.0.1 and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made-up")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, begins, ends)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = builder.add_extension(here, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM) + private


@pytest.mark.fault("N05", "N07")
def test_an_expired_certificate_is_told_as_expired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trusted in all but its date: no request leaves, and there is no careless second try."""
    made = tmp_path / "old.pem"
    made.write_bytes(certificate(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC)))
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(made))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made)
    with RawServer(tls=context) as server:
        captures = server.ask("/robots.txt", "robots", series=server.series(attempts=3))
    assert [(one.verdict, one.error_code, one.request_head) for one in captures] == [("failed", "tls_expired", b"")]


@pytest.mark.fault("H38")
@pytest.mark.parametrize(
    ("robots", "verdict"),
    [
        (answer("404 Not Found"), "accepted"),
        (answer("500 Oops"), "blocked"),
        (answer(body=b"User-agent: *\nDisallow: /a\n" + b"# filler\n" * 200_000), "blocked"),
        (answer(body=b"# filler\n" * 60_000 + b"User-agent: *\nDisallow: /a\n"), "accepted"),
        (answer(body=b"\x00\xff\xfe" * 1000), "accepted"),
    ],
)
def test_robots_of_every_kind_have_one_meaning(server: RawServer, robots: bytes, verdict: str) -> None:
    """Missing: no rules. Unreachable: nothing is allowed. Too long: its first half megabyte counts. Binary: it says nothing."""
    server.answers |= {"/robots.txt": [robots], "/a.csv": [answer(body=CSV)]}
    assert server.ask("/a.csv", series=server.series(max_bytes=10_000_000))[-1].verdict == verdict


@pytest.mark.fault("H39")
def test_every_request_is_made_with_the_same_words(server: RawServer) -> None:
    """Language and encoding are fixed, a cookie is not given back: a page does not differ because we asked differently."""
    server.answers["/a"] = [answer("200 OK", PAGE, "Set-Cookie: a=1")]
    for _ in range(2):
        server.ask("/a", "series_page")
    heads = [seen.head for seen in server.seen if seen.path == "/a"]
    assert heads[0] == heads[1]
    assert "Accept-Language: en-GB" in heads[0]
    assert "Cookie" not in heads[0]


@pytest.mark.fault("K06", "K07")
@pytest.mark.parametrize("date", ["Sat, 31 Dec 2016 23:59:60 GMT", "Tue, 24 Nov 2026 10:55:00 GMT", "yesterday", ""])
def test_the_servers_date_is_kept_as_it_came(server: RawServer, date: str) -> None:
    """A leap second, a clock that is minutes off, no date at all: text, and no failure."""
    server.answers["/a.csv"] = [answer("200 OK", CSV, f"Date: {date}")]
    capture = server.ask("/a.csv")[-1]
    assert (capture.verdict, capture.server_date) == ("accepted", date)


@pytest.mark.fault("H35")
def test_a_copy_that_caches_kept_long_is_taken_with_its_age(server: RawServer) -> None:
    """An `Age` of a month and a `Date` before the last one: kept in the head as they came, and nobody acts on them."""
    dates = ("Tue, 24 Nov 2026 10:55:00 GMT", "Mon, 26 Oct 2026 10:55:00 GMT")
    fresh, old = (
        answer("200 OK", CSV, f"Date: {date}", f"Age: {age}") for date, age in zip(dates, (0, 2_505_600), strict=True)
    )
    server.answers["/a.csv"] = [fresh, old]
    seen = [server.ask("/a.csv")[-1] for _ in range(2)]
    assert [capture.verdict for capture in seen] == ["accepted", "accepted"]
    assert [capture.server_date for capture in seen] == list(dates)
    assert b"Age: 2505600" in seen[1].response_head


@pytest.mark.fault("M17", "M18")
def test_odd_fields_of_a_head_are_kept_and_never_used(server: RawServer, tmp_path: Path) -> None:
    """A file name with a path and escape codes in a field: as received in the head, and nowhere else."""
    fields = ('Content-Disposition: attachment; filename="../../x"', "X-Odd: \x1b[31mred\x1b[0m")
    server.answers["/a.csv"] = [answer("200 OK", CSV, *fields)]
    capture = server.ask("/a.csv")[-1]
    assert capture.verdict == "accepted"
    assert all(field.encode("latin-1") in capture.response_head for field in fields)
    assert "x" not in {path.name for path in tmp_path.parent.iterdir()}
