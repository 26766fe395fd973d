"""Stories of archives that do not stand up: whatever was altered, the check that stands before and after a backup names it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archive.database import ArchiveError, open_evidence
from archive.log import log_size, origin_of, root_at
from archive.soundness import refuse_unsound
from tests.archive.made_evidence import kept_archive, signed_poll, spoil


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with every kind of fact."""
    return kept_archive(tmp_path_factory.mktemp("kept"))


def test_a_sound_archive_says_what_it_holds(kept: Path) -> None:
    """Name, size and root are those of the log, and all of it is signed."""
    sound = refuse_unsound(kept)
    with open_evidence(kept) as evidence:
        size = log_size(evidence.db)
        assert sound == (origin_of(evidence.db), size, root_at(evidence.db, size), size)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE captures SET status = 404 WHERE capture_id = 2", "E-COL-01 .*captures 2"),
        ("UPDATE snapshots SET body = x'' WHERE snapshot_id = 1", "E-BLB-02 snapshot 1"),
        ("UPDATE snapshots SET body = (SELECT body FROM snapshots WHERE snapshot_id = 2) WHERE snapshot_id = 1", "E-BLB-02"),
        ("UPDATE log SET leaf = replace(leaf, 'Made up', 'Made on') WHERE fact_table = 'poll_ends'", "E-LOG-06"),
        ("DELETE FROM log WHERE entry = 3", "E-LOG-05 entry 4"),
        ("DELETE FROM findings", "E-COL-03 .*no row"),
        ("DELETE FROM log WHERE entry = (SELECT max(entry) FROM log)", "E-COL-02"),
        ("INSERT INTO annotations (made_at, text, made_by) SELECT made_at, 'x', 'x' FROM annotations", "E-COL-02 annotations"),
        ("UPDATE checkpoints SET note = (SELECT note FROM checkpoints ORDER BY size LIMIT 1)", "E-CKP-04"),
        ("UPDATE checkpoints SET note = note || 'x'", "E-CKP-03"),
        ("UPDATE captures SET poll_id = 9 WHERE capture_id = 1", "E-DB-03 captures 1"),
    ],
)  # fmt: skip
def test_what_was_altered_is_named(kept: Path, tmp_path: Path, statement: str, named: str) -> None:
    """A row, a leaf, a body, a checkpoint: the first thing that does not fit is told, with the place."""
    shutil.copy(kept / "archive.db", tmp_path / "archive.db")
    spoil(tmp_path, statement)
    with pytest.raises(ArchiveError, match=named):
        refuse_unsound(tmp_path)


def test_a_flipped_bit_in_a_body_is_found(kept: Path, tmp_path: Path) -> None:
    """SQLite's own check passes it over; the leaf does not."""
    raw = bytearray((kept / "archive.db").read_bytes())
    at = raw.index(b"\x28\xb5\x2f\xfd")  # a zstd frame
    raw[at + 9] ^= 1
    (tmp_path / "archive.db").write_bytes(raw)
    with pytest.raises(ArchiveError, match="E-BLB-02 snapshot"):
        refuse_unsound(tmp_path)


def test_it_can_be_asked_while_the_archive_is_written(tmp_path: Path) -> None:
    """The writer holds its lock and goes on; the check sees a sound archive each time."""
    kept_archive(tmp_path)
    with open_evidence(tmp_path) as evidence:
        before = refuse_unsound(tmp_path).size
        signed_poll(evidence, b"three")
        assert refuse_unsound(tmp_path).size > before
