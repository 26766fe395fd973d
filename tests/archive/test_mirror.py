"""Stories of the mirror: a stranger checks it from its files alone, a crash never shows half of it, and it never goes back."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
import zstandard

from archive.checkpoints import newest_checkpoint, rotate_key, sign_log
from archive.compression import sha256_of
from archive.database import ArchiveError, Evidence, open_evidence, writing
from archive.leaves import leaf_of, named_outside, read_leaf, row_of, table_of
from archive.log import log_size, stored_row
from archive.merkle import leaf_hash, root_of
from archive.mirror import MirrorError, write_mirror
from archive.mirror_format import LEAVES_PER_FILE, blob_file, leaves_file, withheld_file
from archive.notes import read_checkpoint, read_verifier, signed_by
from archive.store import append, record_finding
from scraper.model import Finding
from tests.archive.made_captures import NOW, SERIES, new_archive, poll, record

LONG = "made up, long " * 200


def filled(evidence: Evidence, *bodies: bytes) -> None:
    """One poll with these bodies and a long finding, signed."""
    number = poll(evidence.db)
    for body in bodies or (b"one", b"two"):
        record(evidence.db, number, body, error_detail=LONG)
    sign_log(evidence)


def leaves_of(folder: Path) -> list[bytes]:
    """Every leaf of a mirror, as a stranger reads them."""
    files = sorted((folder / "leaves").glob("*.jsonl"))
    assert [int(file.stem) for file in files] == [n * LEAVES_PER_FILE for n in range(len(files))]
    return [line for file in files for line in file.read_bytes().splitlines()]


def assert_sound(folder: Path) -> int:
    """Root and signature agree with the leaves by the mirror's files alone; the size of its checkpoint."""
    known = [read_verifier(file.read_text()) for file in (folder / "keys").glob("*.txt")]
    stated = read_checkpoint(signed_by((folder / "checkpoint").read_text(), known)[0])
    leaves = leaves_of(folder)
    assert len(leaves) >= stated.size
    assert root_of([leaf_hash(leaf) for leaf in leaves[: stated.size]]) == stated.root
    assert (folder / "checkpoints" / str(stated.size)).read_text() == (folder / "checkpoint").read_text()
    return stated.size


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_stranger_checks_the_log_from_the_files_alone(tmp_path):
    """Leaves, keys and the newest note agree, long texts unpack to their names, and a README says what is what."""
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
        done = write_mirror(evidence.db, tmp_path / "mirror", bodies=False)
    folder = tmp_path / "mirror"
    assert assert_sound(folder) == done.size == len(leaves_of(folder))
    named = {sha256 for leaf in leaves_of(folder) for sha256 in named_outside(read_leaf(leaf))}
    assert sha256_of(LONG.strip().encode()) in named or sha256_of(LONG.encode()) in named
    blobs = {file.name.removesuffix(".zst"): file for file in (folder / "blobs").rglob("*.zst")}
    assert set(blobs) < named
    for sha256, file in blobs.items():
        assert sha256_of(zstandard.decompress(file.read_bytes())) == sha256
        assert file == folder / blob_file(sha256)
    assert "tlog" not in (folder / "README.txt").read_text()
    assert "It proves: " in (folder / "README.txt").read_text()


def test_every_fact_can_be_made_again_from_a_mirror_with_bodies(tmp_path):
    """Each leaf with the blobs that it names gives the very row that stands in the archive, bytes included."""
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
        rotate_key(evidence, "yearly " * 300)
        folder = tmp_path / "mirror"
        write_mirror(evidence.db, folder, bodies=True)
        for leaf in leaves_of(folder):
            content = read_leaf(leaf)
            kept = {}
            for sha256 in named_outside(content):
                if content["kind"] == "snapshot" and sha256 == content["body"]["sha256"]:
                    kept[sha256] = (folder / blob_file(content["sha256"])).read_bytes()
                    assert sha256_of(kept[sha256]) == sha256
                else:
                    kept[sha256] = zstandard.decompress((folder / blob_file(sha256)).read_bytes())
            row = row_of(content, kept)
            table = table_of(content["kind"])
            assert leaf_of(table, row) == leaf
            entry = leaves_of(folder).index(leaf)
            (number,) = evidence.db.execute("SELECT fact_number FROM log WHERE entry = ?", [entry]).fetchone()
            stands = stored_row(evidence.db, table, number)
            assert {key: value for key, value in stands.items() if value is not None} == row


@pytest.mark.fault("D19")
def test_only_what_is_new_is_written(tmp_path):
    """A second writing of the same log changes nothing; a grown log rewrites its last file of leaves and adds the rest."""
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
        folder = tmp_path / "mirror"
        write_mirror(evidence.db, folder, bodies=True)
        before = files_of(folder)
        assert write_mirror(evidence.db, folder, bodies=True).files == 0
        filled(evidence, b"three")
        write_mirror(evidence.db, folder, bodies=True)
        assert_sound(folder)
        changed = {name for name, content in before.items() if files_of(folder)[name] != content}
        assert changed == {"checkpoint", leaves_file(0)}
        whole = tmp_path / "whole"
        write_mirror(evidence.db, whole, bodies=True)
        assert files_of(folder) == files_of(whole)


def test_a_thousand_leaves_go_into_a_file(tmp_path):
    """Entry 1000 begins the second file, named by it; the first one is not touched again."""
    with new_archive(tmp_path / "data") as evidence:
        with writing(evidence.db):
            for n in range(1_500):
                record_finding(
                    evidence.db, Finding("made.up", "info", f"thing {n}", "", "x", "y", "z"), poll_id=None,
                    capture_id=None, series=SERIES, now=NOW,
                )  # fmt: skip
        sign_log(evidence)
        folder = tmp_path / "mirror"
        write_mirror(evidence.db, folder, bodies=False)
        lines = {file.name: len(file.read_bytes().splitlines()) for file in (folder / "leaves").iterdir()}
        assert lines == {"00000000.jsonl": 1_000, "00001000.jsonl": log_size(evidence.db) - 1_000}
        stood = (folder / leaves_file(0)).stat().st_mtime_ns
        filled(evidence)
        write_mirror(evidence.db, folder, bodies=False)
        assert (folder / leaves_file(999)).stat().st_mtime_ns == stood
        assert_sound(folder)


def test_leaves_that_no_checkpoint_covers_stay_out(tmp_path):
    """What was recorded after the newest checkpoint is not shown before it is signed."""
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
        poll(evidence.db)
        write_mirror(evidence.db, tmp_path / "mirror", bodies=False)
        assert len(leaves_of(tmp_path / "mirror")) == newest_checkpoint(evidence.db)[0] < log_size(evidence.db)


def test_nothing_signed_is_nothing_to_mirror(tmp_path):
    """Said in words, and no folder is made."""
    with new_archive(tmp_path / "data") as evidence, pytest.raises(ArchiveError, match="Nothing was signed"):
        write_mirror(evidence.db, tmp_path / "mirror", bodies=False)
    assert not (tmp_path / "mirror").exists()


@pytest.mark.fault("D19")
def test_a_mirror_that_is_longer_than_the_archive_is_not_written(tmp_path):
    """An older copy of the archive was put back: E-MIR-01, and not a byte of what others may hold is changed."""
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
    shutil.copytree(tmp_path / "data", tmp_path / "old")
    with open_evidence(tmp_path / "data") as evidence:
        filled(evidence, b"seen by others")
        write_mirror(evidence.db, tmp_path / "mirror", bodies=False)
    before = files_of(tmp_path / "mirror")
    with open_evidence(tmp_path / "old") as evidence:
        for bodies in ((), (b"another",), tuple(bytes([n]) for n in range(20))):
            if bodies:
                filled(evidence, *bodies)
            with pytest.raises(MirrorError, match=r"E-MIR-01.*Nothing was written"):
                write_mirror(evidence.db, tmp_path / "mirror", bodies=False)
        (tmp_path / "mirror" / "checkpoint").unlink()
        with pytest.raises(MirrorError, match="E-MIR-01"):
            write_mirror(evidence.db, tmp_path / "mirror", bodies=False)
    del before["checkpoint"]
    assert files_of(tmp_path / "mirror") == before


@pytest.mark.parametrize(
    "content", ["", "not a note\n", "other.example/log\n7\nAAAA\n\n\N{EM DASH} other.example/log AAAA\n", "\xff"]
)
def test_another_s_mirror_is_not_written(tmp_path, content):
    """A checkpoint that no key of ours signed may be anyone's: it stays."""
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "checkpoint").write_bytes(content.encode("latin-1" if content == "\xff" else "utf-8"))
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
        with pytest.raises(MirrorError, match="E-MIR-01"):
            write_mirror(evidence.db, tmp_path / "mirror", bodies=False)
    assert len(files_of(tmp_path / "mirror")) == 1


def test_another_archive_s_mirror_is_not_written(tmp_path):
    """Two archives, one folder by mistake: the second says so."""
    with new_archive(tmp_path / "a") as evidence:
        filled(evidence)
        write_mirror(evidence.db, tmp_path / "mirror", bodies=False)
    with new_archive(tmp_path / "b") as evidence:
        filled(evidence)
        with pytest.raises(MirrorError, match="E-MIR-01"):
            write_mirror(evidence.db, tmp_path / "mirror", bodies=False)


class PowerCut(BaseException):
    """The machine stops here."""


def test_whenever_the_power_goes_the_mirror_is_the_old_one_or_the_new_one(tmp_path, monkeypatch):
    """Cut at every rename, before and after it: what `checkpoint` states is there, and the next writing finishes it."""
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
        write_mirror(evidence.db, tmp_path / "start", bodies=True)
        filled(evidence, b"three", b"four")
        write_mirror(evidence.db, tmp_path / "whole", bodies=True)
        sizes, at = set(), 0
        while True:
            folder = tmp_path / f"cut-{at}"
            shutil.copytree(tmp_path / "start", folder)
            if not _cut(monkeypatch, at, lambda: write_mirror(evidence.db, folder, bodies=True)):  # noqa: B023
                break
            sizes.add(assert_sound(folder))
            write_mirror(evidence.db, folder, bodies=True)
            left = {name: content for name, content in files_of(folder).items() if not name.endswith(".making")}
            assert left == files_of(tmp_path / "whole")
            at += 1
        assert at >= 10
        assert len(sizes) == 2


def _cut(monkeypatch, at, work):
    """Do the work with a power cut before the renaming number `at` / 2, or after it where `at` is odd; whether it was cut."""
    renamed, replace = [0], os.replace

    def cutting(*paths):
        n = renamed[0]
        renamed[0] += 1
        if 2 * n == at:
            raise PowerCut
        replace(*paths)
        if 2 * n + 1 == at:
            raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", cutting)
        try:
            work()
        except PowerCut:
            return True
    return False


def test_a_full_disk_is_told_and_the_checkpoint_stays_the_old_one(tmp_path):
    """A file that cannot be written: an error in words, and what is shown is whole."""
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
        folder = tmp_path / "mirror"
        write_mirror(evidence.db, folder, bodies=False)
        size = assert_sound(folder)
        filled(evidence, b"three")
        shutil.rmtree(folder / "checkpoints")
        (folder / "checkpoints").write_text("in the way")
        with pytest.raises(ArchiveError, match="cannot be written"):
            write_mirror(evidence.db, folder, bodies=False)
        assert (folder / "checkpoint").read_text().splitlines()[1] == str(size)


@pytest.mark.fault("F10")
def test_a_link_that_was_planted_in_the_mirror_is_not_written_through(tmp_path):
    """Where a file is about to be made lies a link to somebody's file: the file stays, and the mirror is whole."""
    mine = tmp_path / "mine"
    mine.write_text("not the mirror's")
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
        folder = tmp_path / "mirror"
        folder.mkdir()
        for name in (".README.txt.making", ".checkpoint.making", "README.txt"):
            (folder / name).symlink_to(mine)
        write_mirror(evidence.db, folder, bodies=True)
        assert mine.read_text() == "not the mirror's"
        assert not [path for path in folder.rglob("*") if path.is_symlink()]
        assert_sound(folder)
        filled(evidence, b"three")
        (folder / ".checkpoint.making").mkdir()
        with pytest.raises(ArchiveError, match="cannot be written"):
            write_mirror(evidence.db, folder, bodies=True)
        assert_sound(folder)


@pytest.mark.fault("S16")
def test_a_body_that_was_taken_down_goes_from_the_mirror_with_the_reason_in_its_place(tmp_path):
    """Bytes and copies go, hashes stay, the reason stands; a new mirror never gets them."""
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence, b"personal data, made up", b"harmless")
        folder, sha256 = tmp_path / "mirror", sha256_of(b"personal data, made up")
        write_mirror(evidence.db, folder, bodies=True)
        assert (folder / blob_file(sha256)).exists()
        why = {"reason": "a name", "asked_by": "x", "legal_ground": "x", "reviewed_by": "x"}
        append(evidence.db, "takedowns", {"made_at": NOW, "sha256": sha256, **why})
        write_mirror(evidence.db, folder, bodies=True)
        with writing(evidence.db):
            evidence.db.execute("UPDATE snapshots SET body = x'' WHERE sha256 = ?", [sha256])
        sign_log(evidence)
        write_mirror(evidence.db, folder, bodies=True)
        write_mirror(evidence.db, tmp_path / "new", bodies=True)
    for one in (folder, tmp_path / "new"):
        assert_sound(one)
        assert not (one / blob_file(sha256)).exists()
        assert '"reason":"a name"' in (one / withheld_file(sha256)).read_text()
        assert (one / blob_file(sha256_of(b"harmless"))).exists()


def test_an_archive_that_is_only_read_can_be_mirrored(tmp_path):
    """`optout mirror` works beside the poller, on a connection that cannot write."""
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
        from archive.database import read_evidence

        reader = read_evidence(tmp_path / "data")
        write_mirror(reader, tmp_path / "mirror", bodies=True)
        with pytest.raises(sqlite3.OperationalError):
            reader.execute("CREATE TABLE x (y)")
        reader.close()
    assert_sound(tmp_path / "mirror")


def test_the_root_in_the_note_is_that_of_a_plain_reading(tmp_path):
    """The README's own recipe, without our code: zero byte and line, hashed, gives the one leaf's root."""
    with new_archive(tmp_path / "data") as evidence:
        filled(evidence)
        write_mirror(evidence.db, tmp_path / "mirror", bodies=False)
    lines = (tmp_path / "mirror" / "leaves" / "00000000.jsonl").read_bytes().split(b"\n")[:-1]
    level = [hashlib.sha256(b"\x00" + line).digest() for line in lines]

    def root(part):
        if len(part) == 1:
            return part[0]
        split = 1 << ((len(part) - 1).bit_length() - 1)
        return hashlib.sha256(b"\x01" + root(part[:split]) + root(part[split:])).digest()

    note = (tmp_path / "mirror" / "checkpoint").read_text().splitlines()
    assert base64.b64decode(note[2]) == root(level)
