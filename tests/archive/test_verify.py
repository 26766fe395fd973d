"""Stories of verification in use: while a poller writes, on a copy that may only be read, after a crash, of old archives."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from archive.backup import back_up
from archive.checkpoints import sign_log
from archive.clock import utc_now
from archive.database import open_evidence, read_evidence, writing
from archive.errors import ArchiveError
from archive.migrations import APPLICATION_ID, MIGRATIONS
from archive.restore import Wish, from_backup, restore
from archive.store import begin_poll
from archive.verify_bodies import PIECE
from archive.verify_codes import BROKEN, UNANCHORED
from tests.archive.made_captures import SERIES, new_archive
from tests.archive.made_sound import captured, codes, intruder, newest_note, polled, sound_archive, verified
from tests.archive.test_refusals import as_an_ordinary_user

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A sound archive."""
    sound_archive(tmp_path / "data")
    return tmp_path / "data"


def files_in(directory: Path) -> dict[str, bytes]:
    """Every file with its content."""
    return {path.name: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


def open_the_way_to(directory: Path) -> None:
    """Let an ordinary user reach the folder: pytest makes its own for their owner alone, one more where tests run at once."""
    for parent in directory.parents:
        if parent.name.startswith(("pytest-", "popen-", "test_")):
            parent.chmod(0o755)


def test_an_archive_of_nothing_is_sound(tmp_path: Path) -> None:
    """A new archive has its genesis, and nothing that could be wrong."""
    new_archive(tmp_path).close()
    done = verified(tmp_path)
    assert (dict(done.problems.counts), done.entries, done.status) == ({"W-CKP-09": 1}, 1, UNANCHORED)


def test_nothing_is_written(archive: Path) -> None:
    """Verification leaves no trace: no file changed, made or taken away."""
    before = files_in(archive)
    verified(archive)
    assert files_in(archive) == before


def test_a_copy_that_may_only_be_read_can_be_verified(archive: Path) -> None:
    """A published copy on a read-only disk, by somebody who owns none of it: no signer beside it, and nothing is missed."""
    shutil.rmtree(archive / "signer")
    for path in archive.iterdir():
        path.chmod(0o444)
    os.chmod(archive, 0o555)
    open_the_way_to(archive)
    with as_an_ordinary_user(archive):
        assert codes(verified(archive)) == set()


def test_a_file_that_may_not_be_read_is_not_called_broken(archive: Path) -> None:
    """Somebody without leave to read it cannot say anything of it."""
    open_the_way_to(archive)
    with as_an_ordinary_user(archive):
        (archive / "archive.db").chmod(0o000)
        with pytest.raises(ArchiveError, match="may not be read"):
            verified(archive)


def test_the_writers_lock_is_not_needed(archive: Path) -> None:
    """While the program runs that polls, its archive can be verified by another."""
    with open_evidence(archive):
        assert codes(verified(archive)) == set()


@pytest.mark.fault("D20")
def test_a_poller_may_write_meanwhile(archive: Path) -> None:
    """Captures and checkpoints come in all the time while the archive is verified again and again: never a false alarm."""
    ended, seen = threading.Event(), []

    def verify_again() -> None:
        while not ended.is_set():
            done = verified(archive, held)
            seen.append((codes(done), done.entries))

    held = newest_note(archive)
    with open_evidence(archive) as evidence:
        reader = threading.Thread(target=verify_again)
        reader.start()
        for number in range(40):
            polled(evidence, os.urandom(20_000), b"the same again", b"%d" % number)
            sign_log(evidence)
        ended.set()
        reader.join()
    assert all(told <= {"W-CKP-10"} for told, _ in seen)
    assert len({entries for _, entries in seen}) > 3


def test_a_takedown_meanwhile_is_no_false_alarm(archive: Path) -> None:
    """Bytes that go while others are read are withheld, not lost."""
    with open_evidence(archive) as evidence:
        (sha256,) = evidence.db.execute("SELECT sha256 FROM snapshots WHERE snapshot_id = 2").fetchone()
    call = f"take_down(Path({str(archive)!r}), {sha256!r})"
    code = f"from pathlib import Path; from tests.archive.made_sound import take_down; {call}"
    with subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT) as child:
        told = set()
        while child.poll() is None:
            told |= codes(verified(archive))
    assert child.returncode == 0
    assert told | codes(verified(archive)) <= {"T-BLB-05", "W-CKP-10"}
    assert codes(verified(archive)) == {"T-BLB-05"}


def crashed(directory: Path, copy: Path) -> None:
    """What a killed writer leaves: pages of half a transaction in the file, and the journal that takes them back."""
    with closing(sqlite3.connect(directory / "archive.db", isolation_level=None)) as conn:
        conn.execute("PRAGMA cache_size = 2")
        conn.execute("BEGIN IMMEDIATE")
        poll = "INSERT INTO polls SELECT max(poll_id) + 1, series, reason, started_at, software, definition_sha256 FROM polls"
        for _ in range(200):
            conn.execute(poll)
        shutil.copytree(directory, copy)
        conn.execute("ROLLBACK")
    assert (copy / "archive.db-journal").stat().st_size > 512


@pytest.mark.fault("D22")
def test_an_archive_that_waits_for_recovery_is_not_called_broken(archive: Path, tmp_path: Path) -> None:
    """After a crash its writer has to come first; until then verification says so, and touches nothing."""
    crashed(archive, tmp_path / "crashed")
    before = files_in(tmp_path / "crashed")
    with pytest.raises(ArchiveError, match="needs recovery"):
        verified(tmp_path / "crashed")
    assert files_in(tmp_path / "crashed") == before
    open_evidence(tmp_path / "crashed").close()
    assert codes(verified(tmp_path / "crashed")) == set()


class PowerCut(BaseException):
    """The machine stops here."""


def copies_without_journal(directory: Path, into: Path) -> Iterator[Path]:
    """What somebody has who copies archive.db alone, again and again, while captures of one long transaction are written."""
    with open_evidence(directory) as evidence, suppress(PowerCut):
        evidence.db.execute("PRAGMA cache_size = 1")
        with writing(evidence.db):
            for number in range(30):
                polled(evidence, os.urandom(3_000))
                yield Path(shutil.copytree(directory, into / str(number), ignore=shutil.ignore_patterns("*-journal")))
            raise PowerCut


@pytest.mark.fault("D23")
def test_a_torn_copy_is_told_and_never_becomes_a_backup_or_the_archive(archive: Path, tmp_path: Path) -> None:
    """Copied by hand without the journal: it holds what was there before, or it is called broken and goes nowhere."""
    back_up(archive, tmp_path / "backup", with_key=False, software="made-up/1", now=utc_now())
    before, broken = verified(archive).entries, []
    for torn in copies_without_journal(archive, tmp_path / "copies"):
        done = verified(torn)
        if done.status == BROKEN:
            broken.append(torn)
        else:
            assert (codes(done), done.entries) == (set(), before)
    assert broken, "no copy was torn: the story told nothing"
    with pytest.raises(ArchiveError, match="is not sound"):
        back_up(broken[-1], tmp_path / "another", with_key=False, software="made-up/1", now=utc_now())
    shutil.copy(broken[-1] / "archive.db", tmp_path / "backup" / "archive.db")
    with pytest.raises(ArchiveError, match="altered since"):
        restore(archive, from_backup(tmp_path / "backup"), Wish("a story", None, [], utc_now()))
    assert (codes(verified(archive)), verified(archive).entries) == (set(), before)


@pytest.mark.fault("D20")
def test_an_archive_that_is_held_is_in_use_and_not_broken(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody lets nobody read for too long, that is what is said."""
    monkeypatch.setattr("archive.verify_file.BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(archive / "archive.db", isolation_level=None)) as conn:
        conn.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ArchiveError, match="is in use"):
            verified(archive)


def test_an_archive_of_an_older_version_is_not_called_broken(tmp_path: Path) -> None:
    """There is no log to check in it before this version has opened it for writing once."""
    with closing(read_evidence_of_version_one(tmp_path)), pytest.raises(ArchiveError, match="version 1, expected 3"):
        verified(tmp_path)


def read_evidence_of_version_one(directory: Path) -> sqlite3.Connection:
    """An archive as the version before the log made it."""
    from sqlite_utils import Database

    conn = sqlite3.connect(directory / "archive.db", isolation_level=None)
    db = Database(conn, recursive_triggers=False)
    conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    MIGRATIONS.apply(db, stop_before="m002_the_log")
    return conn


def test_what_stood_before_the_log_may_be_out_of_order(tmp_path: Path) -> None:
    """Facts that were logged together when the log began are checked for everything but the order of their instants."""
    with closing(read_evidence_of_version_one(tmp_path)) as conn:
        for number, year in ((1, 2024), (2, 2021), (3, 2023)):
            at = f"{year}-08-05T09:35:00.000000Z"
            conn.execute("INSERT INTO polls VALUES (?, 's', 'due', ?, 'made-up/0', 'x')", [number, at])
            conn.execute("INSERT INTO poll_ends VALUES (?, ?, 'complete', 0, 0, 0, NULL, 'x')", [number, at])
    with open_evidence(tmp_path) as evidence:
        polled(evidence, b"today")
        sign_log(evidence)
    assert codes(verified(tmp_path)) == set()
    with open_evidence(tmp_path) as evidence:
        begin_poll(evidence.db, SERIES, "due", "2024-01-01T00:00:00.000000Z", "made-up-program/1", "0" * 64)
    assert codes(verified(tmp_path)) == {"E-TIM-01"}


def test_a_body_of_many_pieces_is_read_whole(archive: Path) -> None:
    """A body that is larger than what is read at a time, and one that does not compress; a bit in its last piece is missed not."""
    with open_evidence(archive) as evidence:
        polled(evidence, os.urandom(PIECE * 2 + 17), b"0123456789abcdef" * PIECE, b"x")
        sign_log(evidence)
    done = verified(archive)
    assert codes(done) == set()
    assert done.bodies is not None
    assert done.bodies.bytes > PIECE * 18
    with intruder(archive) as conn:
        number, size = conn.execute(
            "SELECT snapshot_id, length(body) FROM snapshots ORDER BY length(body) DESC"
        ).fetchone()
        with conn.blobopen("snapshots", "body", number) as blob:
            blob[size - 40] ^= 1
    assert codes(verified(archive)) == {"E-BLB-02"}


def test_a_body_that_claims_to_be_small_is_not_unpacked_for_ever(archive: Path) -> None:
    """A stored body that unpacks to more than its row says is left where that shows."""
    with open_evidence(archive) as evidence:
        poll_id = begin_poll(evidence.db, SERIES, "due", utc_now(), "made-up-program/1", "0" * 64)
        captured(evidence, poll_id, bytes(PIECE * 64))
        sign_log(evidence)
    with intruder(archive) as conn:
        conn.execute("UPDATE snapshots SET bytes = 10 WHERE bytes = ?", [PIECE * 64])
    done = verified(archive)
    assert codes(done) == {"E-COL-01", "E-BLB-02"}
    assert f"{PIECE} bytes, kept as 10" in next(one for one in done.problems.kept if one.code == "E-BLB-02").found


def test_a_quick_look_reads_no_bytes_and_notices_no_damage_of_theirs(archive: Path) -> None:
    """Without the bytes nothing is said of them: a flipped bit goes by, and the answer says that they were not read."""
    with intruder(archive) as conn:
        conn.execute("UPDATE snapshots SET body = x'00'")
    done = verified(archive, bodies=False)
    assert (codes(done), done.bodies) == (set(), None)


def test_a_reader_beside_it_is_not_disturbed(archive: Path) -> None:
    """Somebody who reads the archive in the same program keeps what he holds."""
    with closing(read_evidence(archive)) as db:
        db.execute("BEGIN")
        before = db.execute("SELECT count(*) FROM captures").fetchone()
        verified(archive)
        assert db.execute("SELECT count(*) FROM captures").fetchone() == before
