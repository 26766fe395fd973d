"""Stories of restoring: what stood there is kept, nothing signed is lost in silence, and no log goes on in two histories."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from archive.checkpoints import rotate_key, sign_log
from archive.compression import sha256_of
from archive.database import ArchiveError, Evidence, open_evidence
from archive.log import log_size, origin_at, origin_of, stored_row
from archive.notes import read_checkpoint, read_verifier, signed_by, stated_unchecked
from archive.restore import Restored, Wish, from_backup, from_mirror, known_elsewhere, restore
from archive.soundness import refuse_unsound
from archive.takedown import Grounds, withhold
from tests.archive.made_captures import NOW, poll, record
from tests.archive.made_evidence import kept_archive, rows_in, signed_poll, spoil
from tests.archive.made_mirror import write_mirror
from tests.archive.test_backup import backed_up


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """An archive with every kind of fact, and a backup of it at `tmp_path`/backup."""
    directory = kept_archive(tmp_path / "data")
    backed_up(directory, tmp_path / "backup")
    return directory


def put_back(directory: Path, source: Path, *, new_origin: str | None = None, known: tuple[Path, ...] = ()) -> Restored:
    """Restore a backup now."""
    wish = Wish("a story", new_origin, [known_elsewhere(path) for path in known], NOW)
    return restore(directory, from_backup(source), wish)


def seen_and_signed(directory: Path, body: bytes = b"after the backup") -> None:
    """One poll after the backup."""
    with open_evidence(directory) as evidence:
        signed_poll(evidence, body)


def files_of(directory: Path) -> dict[str, bytes]:
    """Every file of the archive but the lock's side file."""
    files = (path for path in directory.rglob("*") if path.is_file() and path.name != "archive.lock")
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def test_a_lost_archive_comes_back_and_goes_on(kept: Path, tmp_path: Path) -> None:
    """archive.db is gone, the signer is there: the backup is put in place, a fact says so, and the next checkpoint is signed."""
    before = rows_in(kept)
    (kept / "archive.db").unlink()
    done = put_back(kept, tmp_path / "backup")
    assert (done.lost, done.set_aside, done.key_from_backup) == ([], [], False)
    after = rows_in(kept)
    assert after["log"][:-1] == before["log"]
    assert {table: rows for table, rows in after.items() if table not in {"log", "restores"}} == {
        table: rows for table, rows in before.items() if table not in {"log", "restores"}
    }
    with open_evidence(kept) as evidence:
        fact = stored_row(evidence.db, "restores", 1)
        assert (fact["size"], fact["reason"], fact["new_origin"]) == (done.size, "a story", None)
        assert sign_log(evidence).size == done.size + 1
    assert refuse_unsound(kept).signed == done.size + 1


@pytest.mark.fault("F04")
def test_a_damaged_archive_is_set_aside_as_it_is(kept: Path, tmp_path: Path) -> None:
    """Its bytes stay under a name of their own; the folder holds no leftovers."""
    spoil(kept, "UPDATE captures SET status = 404 WHERE capture_id = 2")
    damaged = (kept / "archive.db").read_bytes()
    done = put_back(kept, tmp_path / "backup")
    assert [path.read_bytes() for path in done.set_aside] == [damaged]
    assert not (kept / "restoring").exists()


def test_more_signed_than_the_backup_holds_is_refused(kept: Path, tmp_path: Path) -> None:
    """The signer remembers a later checkpoint: what would be lost and which choices there are is said; nothing is changed."""
    seen_and_signed(kept)
    (kept / "archive.db").unlink()
    before = files_of(kept)
    with pytest.raises(ArchiveError, match=r"E-CKP-02.*more than the \d+ of this copy.*--from-mirror.*--new-origin"):
        put_back(kept, tmp_path / "backup")
    assert files_of(kept) == before


def test_a_sound_archive_that_holds_more_is_not_replaced(kept: Path, tmp_path: Path) -> None:
    """Facts that were not even signed yet count: the archive that stands there holds them, the backup does not."""
    with open_evidence(kept) as evidence:
        poll(evidence.db)
    before = files_of(kept)
    with pytest.raises(ArchiveError, match=r"archive\.db knows \d+ facts, 1 more than"):
        put_back(kept, tmp_path / "backup")
    assert files_of(kept) == before


@pytest.mark.parametrize("form", ["checkpoint", "mirror"])
def test_a_checkpoint_kept_elsewhere_is_enough_to_refuse(kept: Path, tmp_path: Path, form: str) -> None:
    """Machine and signer are lost; a subscriber's note, or a mirror, knows more than the backup with the key in it."""
    backed_up(kept, tmp_path / "with-key", with_key=True)
    seen_and_signed(kept)
    with open_evidence(kept) as evidence:
        write_mirror(evidence.db, tmp_path / "mirror")
    shutil.rmtree(kept)
    known = tmp_path / "mirror" / ("checkpoint" if form == "checkpoint" else "")
    with pytest.raises(ArchiveError, match=r"E-CKP-02.*more than"):
        put_back(kept, tmp_path / "with-key", known=(known,))
    done = put_back(kept, tmp_path / "with-key")
    assert done.key_from_backup
    with open_evidence(kept) as evidence:
        sign_log(evidence)


def test_another_history_is_refused(kept: Path, tmp_path: Path) -> None:
    """A backup of the same size that went another way is not a beginning of what was signed."""
    shutil.copytree(kept, tmp_path / "other")
    seen_and_signed(kept, b"this way")
    seen_and_signed(tmp_path / "other", b"that way")
    backed_up(tmp_path / "other", tmp_path / "backup-of-other")
    (kept / "archive.db").unlink()
    with pytest.raises(ArchiveError, match="another history"):
        put_back(kept, tmp_path / "backup-of-other")


def test_without_key_or_memory_nothing_goes_on_in_silence(kept: Path, tmp_path: Path) -> None:
    """No signer at all, or one that forgot what it signed last: refused, with the way out."""
    shutil.copytree(kept / "signer", tmp_path / "signer")
    shutil.rmtree(kept)
    with pytest.raises(ArchiveError, match="no signing key"):
        put_back(kept, tmp_path / "backup")
    shutil.copytree(tmp_path / "signer", kept / "signer")
    (kept / "signer" / "state.json").unlink()
    with pytest.raises(ArchiveError, match="signed last"):
        put_back(kept, tmp_path / "backup")
    assert put_back(kept, tmp_path / "backup", known=(tmp_path / "backup" / "checkpoint",)).lost == []


def going_on(evidence: Evidence) -> list[tuple[str, int]]:
    """Name and size of every checkpoint, each signed by an announced key of that name."""
    known = [read_verifier(text) for (text,) in evidence.db.execute("SELECT verifier FROM keys")]
    stated = [
        read_checkpoint(signed_by(note, known)[0]) for (note,) in evidence.db.execute("SELECT note FROM checkpoints")
    ]
    assert all(one.origin == origin_at(evidence.db, one.size) for one in stated)
    return [(one.origin, one.size) for one in stated]


@pytest.mark.fault("M26")
def test_under_a_new_name_the_log_goes_on_openly(kept: Path, tmp_path: Path) -> None:
    """What was signed since is lost and said so; earlier checkpoints keep the old name, later ones bear the new, with a new key."""
    seen_and_signed(kept)
    old_signer = files_of(kept / "signer")
    done = put_back(kept, tmp_path / "backup", new_origin="made-up.example/log-2")
    assert any("more than" in line for line in done.lost)
    assert [path.name.split(".before-")[0] for path in done.set_aside] == ["signer", "archive.db"]
    assert files_of(done.set_aside[0]) == old_signer
    with open_evidence(kept) as evidence:
        assert origin_of(evidence.db) == "made-up.example/log-2"
        old = origin_at(evidence.db, done.size)
        assert sign_log(evidence).new_key
        signed_poll(evidence, b"later")
        rotate_key(evidence, "yearly")
        names = [name for name, _ in going_on(evidence)]
        assert names == [old, old, *["made-up.example/log-2"] * 3]
        size = log_size(evidence.db)
    assert refuse_unsound(kept).signed == size
    backed_up(kept, tmp_path / "later")
    (kept / "archive.db").unlink()
    assert put_back(kept, tmp_path / "later").origin == "made-up.example/log-2"


def test_a_takedown_that_an_older_copy_does_not_know_is_told(kept: Path, tmp_path: Path) -> None:
    """Going on from before a takedown brings the bytes back: whoever does that is told to take them down again."""
    sha256 = sha256_of(b"two")
    with open_evidence(kept) as evidence:
        withhold(evidence, [sha256], Grounds("made up", "a test", "none: made up", "a test"), {}, NOW)
    done = put_back(kept, tmp_path / "backup", new_origin="made-up.example/log-2")
    assert [line for line in done.lost if line.startswith(f"{sha256} was withheld since 2021-08-05: made up")]


def test_the_old_signer_cannot_sign_under_the_new_name(kept: Path, tmp_path: Path) -> None:
    """Somebody puts the old folder back beside the log that goes on under another name: nothing is signed."""
    seen_and_signed(kept)
    done = put_back(kept, tmp_path / "backup", new_origin="made-up.example/log-2")
    done.set_aside[0].rename(kept / "signer")
    with open_evidence(kept) as evidence, pytest.raises(ArchiveError):
        sign_log(evidence)


@pytest.mark.fault("F08", "D19")
def test_an_archive_comes_back_from_its_mirror(kept: Path, tmp_path: Path) -> None:
    """The newest backup is too old, the mirror is not: everything that was signed is there again."""
    seen_and_signed(kept)
    before = rows_in(kept)
    with open_evidence(kept) as evidence:
        write_mirror(evidence.db, tmp_path / "mirror")
    (kept / "archive.db").write_bytes((kept / "archive.db").read_bytes()[:5_000])
    done = restore(kept, from_mirror(tmp_path / "mirror"), Wish("damaged", None, [], NOW))
    after = rows_in(kept)
    assert after["log"][:-1] == before["log"]
    assert after["checkpoints"] == before["checkpoints"]
    assert done.size == len(before["log"])


def test_an_altered_backup_is_refused(kept: Path, tmp_path: Path) -> None:
    """A backup that somebody edited, its manifest too, does not become the archive."""
    spoil(tmp_path / "backup", "UPDATE captures SET status = 404 WHERE capture_id = 2")
    before = files_of(kept)
    with pytest.raises(ArchiveError, match="altered since"):
        put_back(kept, tmp_path / "backup")
    assert files_of(kept) == before


def test_a_crashed_writers_journal_does_not_ruin_what_is_put_in_place(kept: Path, tmp_path: Path) -> None:
    """A half-written record waits to be rolled back: that happens to the old archive, never to the one put in its place."""
    with closing(sqlite3.connect(kept / "archive.db", isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TABLE half (x)")
        db.executemany("INSERT INTO half VALUES (?)", [(b"x" * 5_000,)] * 50)
        shutil.copy(kept / "archive.db", tmp_path / "torn.db")
        shutil.copy(kept / "archive.db-journal", tmp_path / "torn.db-journal")
        db.execute("ROLLBACK")
    shutil.copy(tmp_path / "torn.db", kept / "archive.db")
    shutil.copy(tmp_path / "torn.db-journal", kept / "archive.db-journal")
    (done,) = put_back(kept, tmp_path / "backup").set_aside
    assert not (kept / "archive.db-journal").exists()
    assert refuse_unsound(kept).size
    with closing(sqlite3.connect(done)) as old:
        assert old.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)


def test_nothing_is_restored_under_a_writer(kept: Path, tmp_path: Path) -> None:
    """While a program polls, the restore says who writes there and ends."""
    with open_evidence(kept) as evidence:
        with pytest.raises(ArchiveError, match="only writer"):
            put_back(kept, tmp_path / "backup")
        record(evidence.db, poll(evidence.db), b"goes on")


def test_a_state_that_cannot_be_read_is_told(kept: Path, tmp_path: Path) -> None:
    """What was signed last must be known: a damaged state is no reason to guess."""
    (kept / "signer" / "state.json").write_text("{")
    with pytest.raises(ArchiveError, match=r"state\.json: found a state"):
        put_back(kept, tmp_path / "backup")
    assert stated_unchecked((tmp_path / "backup" / "checkpoint").read_text()).size
