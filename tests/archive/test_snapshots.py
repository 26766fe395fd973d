"""Stories of the bytes: kept as they came, once, and never handed out damaged."""

from __future__ import annotations

import base64
import hashlib
import io
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.compression import copied, pack, unpack
from archive.database import ArchiveError, Evidence
from archive.store import copy_snapshot, read_snapshot
from tests.archive.made_captures import FILE, contents, new_archive, poll, record, row_of

REAL = Path(__file__).parents[3] / "shared" / "real"


def copied_snapshot(db: Database, sha256: str) -> bytes:
    """The bytes by the other way out, which never holds them whole."""
    file = io.BytesIO()
    copy_snapshot(db, sha256, file)
    return file.getvalue()


BOTH_WAYS = pytest.mark.parametrize("read", [read_snapshot, copied_snapshot])


@pytest.fixture
def evidence(tmp_path: Path) -> Iterator[Evidence]:
    """An empty archive, open for writing."""
    with new_archive(tmp_path) as evidence:
        yield evidence


def test_bytes_are_kept_as_they_came(evidence: Evidence) -> None:
    """What was captured comes back bit for bit, named by its SHA-256, with the digests other archives use."""
    body = b"\xef\xbb\xbfmade,up\r\n\x00\xff"
    kept = record(evidence.db, poll(evidence.db), body)
    assert kept.sha256 == hashlib.sha256(body).hexdigest()
    assert read_snapshot(evidence.db, kept.sha256) == body
    ((_, stored),) = enumerate(evidence.db["snapshots"].rows)
    assert (stored["bytes"], stored["codec"], stored["first_capture_id"]) == (len(body), "zstd", kept.capture_id)
    assert stored["sha512"] == hashlib.sha512(body).hexdigest()
    assert base64.b32decode(stored["sha1_b32"]) == hashlib.sha1(body, usedforsecurity=False).digest()


@pytest.mark.fault("C07")
def test_the_same_bytes_are_kept_once(evidence: Evidence) -> None:
    """Two addresses, three captures, one snapshot; each capture says whether it brought something new."""
    number = poll(evidence.db)
    kept = [record(evidence.db, number, b"one", address=address) for address in (FILE, FILE, FILE + "2")]
    assert [one.is_new_snapshot for one in kept] == [True, False, False]
    assert len(contents(evidence.db)["snapshots"]) == 1
    assert len(contents(evidence.db)["captures"]) == 3


COLLIDING = tuple(
    bytes.fromhex(
        "255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f4865696768742033203020522f547970652034"
        "203020522f537562747970652035203020522f46696c7465722036203020522f436f6c6f7253706163652037203020522f4c656e67746820382030"
        "20522f42697473506572436f6d706f6e656e7420383e3e0a73747265616d0affd8fffe00245348412d3120697320646561642121212121852fec09"
        f"2339759c39b1a1c63c4c97e1fffe01{rest}"
    )
    for rest in (
        (
            "7f46dc93a6b67e013b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df614f86db1690901c56b45c1530afedfb76038e972722fe7ad728f0e"
            "4904e046c230570fe9d41398abe12ef5bc942be33542a4802d98b5d70f2a332ec37fac3514e74ddc0f2cc1a874cd0c78305a21566461309789606b"
            "d0bf3f98cda8044629a1"
        ),
        (
            "7346dc9166b67e118f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de218f86db3a90901d5df45c14f26fedfb3dc38e96ac22fe7bd728f0e"
            "45bce046d23c570feb141398bb552ef5a0a82be331fea48037b8b5d71f0e332edf93ac3500eb4ddc0decc1a864790c782c76215660dd309791d06b"
            "d0af3f98cda4bc4629b1"
        ),
    )
)
"""The first 320 bytes of the two files that CWI Amsterdam and Google published in 2017: different, with one SHA-1."""


@pytest.mark.fault("M23")
def test_two_bodies_with_one_sha1_are_two_snapshots(evidence: Evidence) -> None:
    """SHA-1 stands there for comparison with other archives and decides nothing: the second body is new, and both come back."""
    assert len({hashlib.sha1(body, usedforsecurity=False).hexdigest() for body in COLLIDING}) == 1
    number = poll(evidence.db)
    kept = [record(evidence.db, number, body) for body in COLLIDING]
    assert [(one.outcome, one.is_new_snapshot) for one in kept] == [("new", True), ("changed", True)]
    assert [read_snapshot(evidence.db, one.sha256) for one in kept] == list(COLLIDING)


@pytest.mark.fault("H20")
@pytest.mark.parametrize("verdict", ["absent", "blocked", "soft_error", "suspect", "failed"])
def test_a_body_is_kept_whatever_it_was_judged_to_be(evidence: Evidence, verdict: str) -> None:
    """Refusals, challenge pages and cut bodies are evidence too."""
    kept = record(evidence.db, poll(evidence.db), b"<html>made-up refusal", verdict=verdict, truncated="disconnect")
    assert (kept.outcome, kept.is_new_snapshot) == (verdict, True)
    assert kept.sha256 is not None
    assert read_snapshot(evidence.db, kept.sha256) == b"<html>made-up refusal"


def test_no_body_and_an_empty_body_are_two_things(evidence: Evidence) -> None:
    """A refused connection brings nothing; an empty file is a file of no bytes."""
    number = poll(evidence.db)
    nothing = record(evidence.db, number, None, verdict="failed", error_code="refused")
    empty = record(evidence.db, number, b"")
    assert (nothing.sha256, nothing.is_new_snapshot, row_of(evidence.db, nothing.capture_id)["bytes"]) == (
        None,
        False,
        None,
    )
    assert empty.sha256 == hashlib.sha256(b"").hexdigest()
    assert read_snapshot(evidence.db, empty.sha256) == b""


def test_what_the_server_encoded_is_kept_in_both_forms(evidence: Evidence) -> None:
    """The bytes on the wire are what the server said; the decoded ones are what a person opens."""
    wire = b"made-up encoded form"
    sha256 = hashlib.sha256(wire).hexdigest()
    kept = record(evidence.db, poll(evidence.db), b"decoded", wire=wire, wire_sha256=sha256, wire_bytes=len(wire))
    assert row_of(evidence.db, kept.capture_id)["wire_sha256"] == sha256
    assert read_snapshot(evidence.db, sha256) == wire
    assert kept.sha256 is not None
    assert read_snapshot(evidence.db, kept.sha256) == b"decoded"


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=5000))
def test_any_bytes_survive_packing(body: bytes) -> None:
    """Packed and unpacked, any bytes are the same bytes."""
    packed = pack(body)
    assert unpack(packed.body, codec=packed.codec, size=packed.size, sha256=packed.sha256) == body


def test_a_body_of_many_windows_comes_back_by_both_ways(evidence: Evidence) -> None:
    """Larger than what whoever unpacks it has to hold, and than a piece; also where it was stored with the window of before."""
    body = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(40_000)) * 20
    kept = record(evidence.db, poll(evidence.db), body)
    assert kept.sha256 is not None
    assert read_snapshot(evidence.db, kept.sha256) == copied_snapshot(evidence.db, kept.sha256) == body
    wide = zstandard.ZstdCompressionParameters.from_level(3, window_log=27, write_content_size=True)
    before, file = zstandard.ZstdCompressor(compression_params=wide).compress(body), io.BytesIO()
    copied(io.BytesIO(before), file, codec="zstd", size=len(body), sha256=kept.sha256)
    assert file.getvalue() == unpack(before, codec="zstd", size=len(body), sha256=kept.sha256) == body


@pytest.mark.fault("F09")
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_noticed(data: st.DataObject) -> None:
    """One bit of the stored form changed gives an error that names the snapshot, never other bytes."""
    packed = pack(b"made-up figures, printed twice; made-up figures, printed twice")
    place = data.draw(st.integers(0, len(packed.body) * 8 - 1))
    damaged = bytearray(packed.body)
    damaged[place // 8] ^= 1 << place % 8
    try:
        body = unpack(bytes(damaged), codec=packed.codec, size=packed.size, sha256=packed.sha256)
    except ArchiveError as error:
        told = str(error)
    else:
        told = hashlib.sha256(body).hexdigest()  # a bit that zstd does not read: the bytes are whole
    assert packed.sha256 in told
    file = io.BytesIO()
    try:
        copied(io.BytesIO(damaged), file, codec=packed.codec, size=packed.size, sha256=packed.sha256)
    except ArchiveError as error:
        told = str(error)
    else:
        told = hashlib.sha256(file.getvalue()).hexdigest()
    assert packed.sha256 in told


@pytest.mark.fault("D04", "F09")
@BOTH_WAYS
def test_damage_that_sqlite_calls_sound_is_noticed(evidence: Evidence, read: Callable[[Database, str], bytes]) -> None:
    """A byte changed in the file leaves SQLite's own check content; ours names the snapshot."""
    body = bytes(range(256)) * 40
    kept = record(evidence.db, poll(evidence.db), body)
    path = evidence.directory / "archive.db"
    evidence.close()
    other = pack(b"x" * len(body)).body
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("DROP TRIGGER snapshots_no_update")
        conn.execute("UPDATE snapshots SET body = ?", [other])
        conn.commit()
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert kept.sha256 is not None
        with pytest.raises(ArchiveError, match=f"{kept.sha256}: found .*bytes with the SHA-256 .*damaged"):
            read(Database(conn), kept.sha256)
        conn.execute("UPDATE snapshots SET bytes = bytes + 1")
        with pytest.raises(ArchiveError, match=r"found .*10240 bytes.*, expected 10241"):
            read(Database(conn), kept.sha256)
        conn.execute("UPDATE snapshots SET codec = 'brotli'")
        with pytest.raises(ArchiveError, match="the codec 'brotli'"):
            read(Database(conn), kept.sha256)


@BOTH_WAYS
def test_a_snapshot_nobody_captured_is_said_to_be_unknown(
    evidence: Evidence, read: Callable[[Database, str], bytes]
) -> None:
    """A mistyped name is not an empty file."""
    with pytest.raises(ArchiveError, match="found none of that name"):
        read(evidence.db, "0" * 64)


@pytest.mark.skipif(not REAL.is_dir(), reason="the publisher's real files are not beside this checkout")
def test_the_publishers_real_files_come_back_bit_for_bit(evidence: Evidence) -> None:
    """Every real file at hand, whatever its type."""
    number = poll(evidence.db)
    for path in sorted(path for path in REAL.rglob("*") if path.is_file()):
        kept = record(evidence.db, number, path.read_bytes(), address=f"https://files.example/{path.name}")
        assert kept.sha256 is not None
        assert read_snapshot(evidence.db, kept.sha256) == path.read_bytes()
