"""Stories of an archive made anew from a mirror: the same in every column, or refused with the place that does not fit."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from archive.checkpoints import rotate_key, sign_log
from archive.database import ArchiveError, Evidence, open_evidence, writing
from archive.mirror_reading import Mirror
from archive.rebuild import rebuild_evidence
from archive.store import append
from archive.takedown import Grounds, withhold
from tests.archive.made_captures import NOW, SERIES, at, new_archive, poll, record
from tests.archive.made_evidence import kept_archive, rows_in, signed_poll
from tests.archive.made_mirror import write_mirror

ENTRIES = int(os.environ.get("OPTOUT_ENTRIES", "6000"))
"""Captures to make anew; a hundred thousand were tried too (docs/keeping.md)."""

GROUNDS = Grounds("made up", "a test", "none: made up", "a test")


def mirrored(directory: Path, folder: Path, **choices: bool) -> Mirror:
    """A mirror of an archive."""
    with open_evidence(directory) as evidence:
        return Mirror(write_mirror(evidence.db, folder, **choices))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """An archive with every kind of fact that a first year brings, a rotated key and an anchor among them."""
    directory = kept_archive(tmp_path / "data")
    with open_evidence(directory) as evidence:
        size = rotate_key(evidence, "yearly").size
        anchor = {"got_at": NOW, "size": size, "kind": "other", "party": "a test", "evidence": b"\x00" * 9_000}
        append(evidence.db, "anchors", anchor)
        signed_poll(evidence, b"three")
    return directory


def made_anew(mirror: Mirror, directory: Path) -> Path:
    """The archive that a mirror gives."""
    directory.mkdir()
    rebuild_evidence(mirror, directory)
    return directory


def test_the_archive_made_anew_is_the_same_in_every_column(kept: Path, tmp_path: Path) -> None:
    """Every row of every table, leaves, root, checkpoints and their times: byte for byte; and it is written on."""
    mirror = mirrored(kept, tmp_path / "mirror")
    anew = made_anew(mirror, tmp_path / "anew")
    assert rows_in(anew) == rows_in(kept)
    with open_evidence(anew) as evidence:
        assert poll(evidence.db) == 4


def test_where_the_mirror_has_no_times_the_next_leaf_gives_them(kept: Path, tmp_path: Path) -> None:
    """A note does not say when it was made: the next fact's time stands for it, and everything else is the same."""
    anew = rows_in(made_anew(mirrored(kept, tmp_path / "mirror", times=False), tmp_path / "anew"))
    whole = rows_in(kept)
    assert [row[:4] for row in anew.pop("checkpoints")] == [row[:4] for row in whole.pop("checkpoints")]
    assert anew == whole


def test_an_archive_older_than_the_log_comes_back_too(tmp_path: Path) -> None:
    """There facts were logged in another order than that of their numbers: a finding of no poll after those of polls."""
    with new_archive(tmp_path / "data") as evidence:
        numbers = [poll(evidence.db), poll(evidence.db)]
        record(evidence.db, numbers[1], b"later poll first")
        record(evidence.db, numbers[0], b"earlier poll later")
        sign_log(evidence)
    anew = made_anew(mirrored(tmp_path / "data", tmp_path / "mirror"), tmp_path / "anew")
    assert rows_in(anew) == rows_in(tmp_path / "data")


def test_leaves_that_no_checkpoint_vouches_for_are_left_out(kept: Path, tmp_path: Path) -> None:
    """A mirror that is ahead of its checkpoint gives the archive up to it, and says how much was left out."""
    with open_evidence(kept) as evidence:
        poll(evidence.db)
    (tmp_path / "anew").mkdir()
    rebuilt = rebuild_evidence(mirrored(kept, tmp_path / "mirror"), tmp_path / "anew")
    assert rebuilt.left_out == 1
    assert rebuilt.sound.size == rebuilt.sound.signed


def test_withheld_bytes_do_not_come_back(kept: Path, tmp_path: Path) -> None:
    """The mirror is older than the takedown and still holds the body; its log says that it is to be withheld."""
    with open_evidence(kept) as evidence:
        sha256 = record(evidence.db, poll(evidence.db), b"personal data, made up").sha256
        assert sha256
        sign_log(evidence)
        (packed,) = evidence.db.execute("SELECT body FROM snapshots WHERE sha256 = ?", [sha256]).fetchone()
        withhold(evidence, [sha256], GROUNDS, {}, NOW)
    mirror = mirrored(kept, tmp_path / "mirror")
    path = mirror.folder / "blobs" / sha256[:2] / f"{sha256}.zst"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(packed)
    anew = made_anew(mirror, tmp_path / "anew")
    assert rows_in(anew) == rows_in(kept)
    assert packed not in (anew / "archive.db").read_bytes()


def leaf_altered(folder: Path) -> None:
    path = folder / "leaves" / "00000000.jsonl"
    path.write_bytes(path.read_bytes().replace(b"Made up.", b"Made on.", 1))


def blobs(folder: Path, *, bodies: bool) -> list[Path]:
    """Blobs of captured bodies, or of long texts."""
    lines = [line for path in sorted((folder / "leaves").iterdir()) for line in path.read_bytes().splitlines()]
    names = {one["sha256"] for one in map(json.loads, lines) if one["kind"] == "snapshot"}
    return sorted(path for path in (folder / "blobs").rglob("*.zst") if (path.stem in names) == bodies)


def blob_altered(folder: Path) -> None:
    path = blobs(folder, bodies=True)[0]
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def long_text_missing(folder: Path) -> None:
    blobs(folder, bodies=False)[0].unlink()


def leaves_missing(folder: Path) -> None:
    path = folder / "leaves" / "00000000.jsonl"
    path.write_bytes(path.read_bytes().rsplit(b"\n", 2)[0] + b"\n")


def note_of_another(folder: Path) -> None:
    path = max(
        (path for path in (folder / "checkpoints").iterdir() if not path.suffix), key=lambda path: int(path.name)
    )
    key, signature = path.read_text().rsplit(" ", 1)
    path.write_text(f"{key} {signature[:8]}AAAA{signature[12:]}")


def first_file_gone(folder: Path) -> None:
    (folder / "leaves" / "00000000.jsonl").rename(folder / "leaves" / "00001000.jsonl")


@pytest.mark.fault("F15")
@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (leaf_altered, "A leaf was altered"),
        (blob_altered, "no blob"),
        (long_text_missing, "no blob"),
        (leaves_missing, "not whole"),
        (note_of_another, "not sound: E-CKP-03 checkpoint"),
        (first_file_gone, r"expected leaves/00000000\.jsonl"),
    ],
)
def test_a_mirror_that_does_not_fit_is_refused(kept: Path, tmp_path: Path, harm, told: str) -> None:
    """An altered leaf, body or signature, a missing file: refused with its name, before anything is in place."""
    mirror = mirrored(kept, tmp_path / "mirror")
    harm(mirror.folder)
    with pytest.raises(ArchiveError, match=told):
        made_anew(mirror, tmp_path / "anew")


def many_facts(evidence: Evidence, captures: int) -> None:
    """So many captures of a few bodies, a checkpoint after each hundred polls."""
    db = evidence.db
    with writing(db):
        for number in range(captures // 100):
            opened = poll(db)
            for index in range(100):
                body = f"body {index % 10} of {number % 7}".encode()
                record(db, opened, body, address=f"https://files.example/{index}/{SERIES}.csv", completed_at=at(index))


@pytest.mark.slow
@pytest.mark.fault("D21")
def test_thousands_of_facts_are_made_anew_exactly(tmp_path: Path) -> None:
    """Many polls, a checkpoint after each hundred captures: every row comes back; OPTOUT_ENTRIES=100000 tries it in full."""
    with new_archive(tmp_path / "data") as evidence:
        many_facts(evidence, ENTRIES)
        sign_log(evidence)
    anew = made_anew(mirrored(tmp_path / "data", tmp_path / "mirror"), tmp_path / "anew")
    assert rows_in(anew) == rows_in(tmp_path / "data")
