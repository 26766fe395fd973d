"""Stories of proof: what shows that bytes are whole, and that nothing else does."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.completeness import decode, digest_agrees, etag_agrees, split_head, weighed, zip_ends
from scraper.model import Capture, Request


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "x-gzip", "deflate", "identity", ""]))
def test_what_was_packed_comes_out_again(body: bytes, coding: str) -> None:
    """Every coding that we know gives back the same bytes."""
    packed = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}.get(coding, bytes)(body)
    assert decode(packed, coding, 10_000) == (body, None, False)


@pytest.mark.fault("H03", "H09")
@given(st.binary(min_size=1, max_size=500), st.data())
def test_no_cut_of_a_packed_body_passes(body: bytes, data: st.DataObject) -> None:
    """Wherever a gzip or deflate body is cut, the cut is noticed."""
    for coding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
        cut = data.draw(st.integers(0, len(packed) - 1))
        decoded = decode(packed[:cut], coding, 10_000)
        assert decoded.problem is not None
        assert body.startswith(decoded.body or b"")


def test_bare_deflate_and_several_gzip_members_are_read() -> None:
    """Two habits of servers that are not wrong enough to refuse."""
    packer = zlib.compressobj(wbits=-15)
    bare = packer.compress(b"opt-out " * 40) + packer.flush()
    assert decode(bare, "deflate", 10_000).body == b"opt-out " * 40
    assert decode(gzip.compress(b"one ") + gzip.compress(b"two"), "gzip", 100) == (b"one two", None, False)
    assert decode(gzip.compress(b"one ") + b"rest", "gzip", 100) == (b"one ", None, True)


@pytest.mark.fault("M01")
def test_a_bomb_is_stopped_at_the_cap() -> None:
    """Ten megabytes of zeros in a few kilobytes go no further than allowed."""
    decoded = decode(gzip.compress(bytes(10_000_000)), "gzip", 1000)
    assert decoded.problem is not None
    assert decoded.problem[0] == "too_large"
    assert decoded.body == bytes(1000)


@given(st.binary(min_size=1, max_size=300), st.integers(0, 299), st.integers(1, 255))
def test_a_digest_of_other_bytes_is_no_proof(body: bytes, at: int, flip: int) -> None:
    """One changed byte is enough."""
    other = bytearray(body)
    other[at % len(body)] ^= flip
    assert etag_agrees(f'"{hashlib.md5(body).hexdigest()}"', body)
    assert not etag_agrees(f'"{hashlib.md5(body).hexdigest()}"', bytes(other))
    parts = hashlib.md5(hashlib.md5(body).digest()).hexdigest()
    assert etag_agrees(f'"{parts}-1"', body)
    assert not etag_agrees(f'"{parts}-2"', body)
    assert not etag_agrees(f'"{parts}-1"', bytes(other))


def test_digest_fields_are_read_as_rfc_9530_writes_them() -> None:
    """Known algorithms count, others and unreadable ones are passed over."""
    empty = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
    assert digest_agrees(empty, b"") is True
    assert digest_agrees(empty, b"x") is False
    assert digest_agrees(f"md5=:AAAA:, {empty}", b"") is True
    assert digest_agrees("md5=:AAAA:", b"") is None
    assert digest_agrees("sha-256=nonsense", b"") is None
    assert digest_agrees("sha-256=:=x=:", b"") is None


def test_a_zip_archive_ends_with_its_end_record() -> None:
    """The whole archive is known by it; no cut of it is."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.csv", "x,y\n")
        archive.comment = b"made up"
    body = held.getvalue()
    assert zip_ends(body)
    assert not any(zip_ends(body[:cut]) for cut in range(len(body)))


def test_heads_are_kept_as_received() -> None:
    """Interim heads are passed over, bare line feeds become CRLF, a cut head stays as it came."""
    final = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody"
    assert split_head(final) == (b"HTTP/1.1 200 OK\r\nA: b", len(final) - 4)
    assert split_head(b"HTTP/1.1 100 Continue\r\n\r\n" + final)[0] == b"HTTP/1.1 200 OK\r\nA: b"
    assert split_head(b"HTTP/1.0 200 OK\nA: b\n\nbody") == (b"HTTP/1.0 200 OK\r\nA: b", 22)
    assert split_head(b"HTTP/1.1 200 OK\r\nA: ") == (b"HTTP/1.1 200 OK\r\nA: ", 20)
    assert split_head(b"") == (b"", 0)


@pytest.mark.fault("H01")
def test_the_declared_length_is_counted_by_ourselves_too() -> None:
    """Older releases of the libraries handed over a short body as whole; our own count does not depend on them."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9"
    arrived = Capture(
        Request("https://files.example/a.csv", "file"), "", "", 0, "failed", "none", status=200, response_head=head
    )  # fmt: skip
    cut, whole = (weighed(arrived, wire, 100, surplus=False) for wire in (b"a,b\n1,2", b"a,b\n1,2\r\n"))
    assert (cut.error_code, cut.truncated, cut.complete_by) == ("short", "disconnect", "unproved")
    assert ("LEN", "fail") in cut.checks
    assert (whole.error_code, whole.complete_by, whole.checks) == (None, "length", (("LEN", "ok"),))
