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
