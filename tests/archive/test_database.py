"""Stories of opening the archive: by one writer, by readers, and of every file that must be refused."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from archive.database import ArchiveError, open_evidence, read_evidence, writing
from archive.migrations import VERSION
from archive.store import append, read_snapshot
from tests.archive.made_captures import NOW, contents, new_archive, poll, record

CHECKOUT = Path(__file__).parents[2]
ROW = {
    "series": "made-up",
    "reason": "due",
    "started_at": NOW,
    "software": "made-up-program/1",
    "definition_sha256": "0" * 64,
}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A directory with a small archive in it, closed."""
    with new_archive(tmp_path) as evidence:
        record(evidence.db, poll(evidence.db))
    return tmp_path


@contextmanager
def program(code: str, directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program of ours, run until the story is over; `directory` is its first argument."""
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(directory)],
        cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with child:
        try:
            yield child
        finally:
            child.kill()


HOLD_THE_LOCK = """
import sys
from pathlib import Path
from archive.database import open_evidence
with open_evidence(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""

WRITE_WHEN_TOLD = """
import sys
from pathlib import Path
from archive.database import open_evidence
from tests.archive.made_captures import poll
with open_evidence(Path(sys.argv[1])) as evidence:
    print("poll", poll(evidence.db), flush=True)
    for _ in sys.stdin:
        print("poll", poll(evidence.db), flush=True)
"""

BEGIN_TOO = """
import sqlite3, sys
from contextlib import closing
with closing(sqlite3.connect(sys.argv[1] + "/archive.db", timeout=0)) as conn:
    try:
        conn.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        print(error)
"""

DIE_HALF_WAY = """
import os, sys
from pathlib import Path
from archive.database import open_evidence, writing
from tests.archive.made_captures import poll, record
evidence = open_evidence(Path(sys.argv[1]))
evidence.db.execute("PRAGMA cache_size = 1")
with writing(evidence.db):
    number = poll(evidence.db)
    for _ in range(5):
        record(evidence.db, number, os.urandom(100_000))
    print("half-way", flush=True)
    os._exit(1)
"""


# ---------------------------------------------------------------- made, and only when asked


def test_an_archive_is_made_only_when_asked(tmp_path: Path) -> None:
    """A mistyped directory is refused by name, and nothing is left behind there."""
    with pytest.raises(ArchiveError, match=r"no archive at .*archive\.db"):
        open_evidence(tmp_path)
    with pytest.raises(ArchiveError, match=r"no archive at .*archive\.db"):
        open_evidence(tmp_path / "mistyped")
    with pytest.raises(ArchiveError, match=r"no archive at .*archive\.db"):
        read_evidence(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_new_archive_makes_its_directories(tmp_path: Path) -> None:
    """The first start needs no preparation, whatever signs the directory's name holds."""
    directory = tmp_path / "Ünï ?x=1#y%20" / "data"
    new_archive(directory).close()
    with open_evidence(directory) as evidence, closing(read_evidence(directory)) as reader:
        poll(evidence.db)
        assert len(contents(reader)["polls"]) == 1
    assert sorted(path.name for path in directory.iterdir()) == ["archive.db", "archive.lock"]


def test_the_file_says_whose_it_is(archive: Path) -> None:
    """Number and version stand in the file's header, where every SQLite tool shows them."""
    with closing(sqlite3.connect(archive / "archive.db")) as conn:
        assert conn.execute("PRAGMA application_id").fetchone() == (1313820481,)
        assert conn.execute("PRAGMA user_version").fetchone() == (VERSION,)


@pytest.mark.fault("F06")
def test_a_crash_while_making_an_archive_leaves_no_half_of_it(tmp_path: Path) -> None:
    """What an earlier attempt left beside the archive's place is no archive, and does not stand in the way."""
    (tmp_path / "archive.db.making").write_bytes(b"half")
    (tmp_path / "archive.db.making-journal").write_bytes(b"half")
    with new_archive(tmp_path) as evidence:
        assert poll(evidence.db) == 1
    assert not (tmp_path / "archive.db.making").exists()


@pytest.mark.fault("D05")
def test_a_lost_archive_is_not_begun_anew(archive: Path) -> None:
    """Where an archive has stood before, a start does not put an empty one in its place."""
    shutil.move(archive / "archive.db", archive / "elsewhere.db")
    with pytest.raises(ArchiveError, match=r"is gone.*[Rr]estore.*archive\.lock"):
        new_archive(archive)
    assert not (archive / "archive.db").exists()
    shutil.move(archive / "elsewhere.db", archive / "archive.db")
    with open_evidence(archive, create=True) as evidence:
        assert len(contents(evidence.db)["captures"]) == 1


def test_opening_again_keeps_everything(archive: Path) -> None:
    """`create` on an archive that stands changes nothing in it."""
    with open_evidence(archive) as evidence:
        before = contents(evidence.db)
    with open_evidence(archive, create=True) as evidence:
        assert contents(evidence.db) == before


@pytest.mark.fault("D10")
@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "delete"),
        ("synchronous", 3),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("cell_size_check", 1),
        ("busy_timeout", 30_000),
    ],
)
def test_the_writer_is_as_careful_as_promised(archive: Path, pragma: str, value: object) -> None:
    """Each setting that durability rests on is in force on the writer's connection."""
    with open_evidence(archive) as evidence:
        assert evidence.db.execute(f"PRAGMA {pragma}").fetchone() == (value,)
        assert evidence.db.conn.isolation_level is None


# ---------------------------------------------------------------- one writer, many readers


@pytest.mark.fault("P04", "P05")
def test_a_second_writer_is_refused_and_told_who_writes(archive: Path) -> None:
    """The refusal names the process; once that ends, even by force, the next writer gets in."""
    with program(HOLD_THE_LOCK, archive) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(ArchiveError, match=f"written by process {other.pid};.*Wait until"):
            open_evidence(archive)
    with open_evidence(archive) as evidence:
        assert poll(evidence.db) == 2


@pytest.mark.fault("P06")
def test_a_writer_that_was_frozen_is_the_only_writer_still_when_it_wakes(archive: Path) -> None:
    """Stopped for however long, it keeps the system's lock: nobody writes meanwhile, and what it goes on to write follows on."""
    with program(WRITE_WHEN_TOLD, archive) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "poll 2\n"
        other.send_signal(signal.SIGSTOP)
        os.waitpid(other.pid, os.WUNTRACED)
        with pytest.raises(ArchiveError, match=f"written by process {other.pid}"):
            open_evidence(archive)
        other.send_signal(signal.SIGCONT)
        other.stdin.write("go on\n")
        other.stdin.flush()
        assert other.stdout.readline() == "poll 3\n"
    with open_evidence(archive) as evidence:
        assert poll(evidence.db) == 4


def test_a_second_writer_in_the_same_program_is_refused(archive: Path) -> None:
    """The lock is held by the opened archive, not by the process."""
    with open_evidence(archive), pytest.raises(ArchiveError, match=f"process {os.getpid()}"):
        open_evidence(archive)


def test_closing_twice_lets_go_once(archive: Path) -> None:
    """Whoever closes inside a `with` does no harm."""
    with open_evidence(archive) as evidence:
        evidence.close()
        with open_evidence(archive) as second:
            evidence.close()
            assert poll(second.db) == 2


def test_readers_read_while_the_writer_writes(archive: Path) -> None:
    """A reader looks twelve times while captures are kept: neither fails, and it never sees half of one."""
    seen: list[tuple[int, int]] = []

    def look() -> None:
        with closing(read_evidence(archive)) as reader:
            for _ in range(12):
                seen.append(
                    reader.execute(
                        "SELECT count(*), count(*) FILTER (WHERE sha256 NOT IN (SELECT sha256 FROM snapshots)) "
                        "FROM captures"
                    ).fetchone()
                )
                time.sleep(0.01)

    with open_evidence(archive) as evidence:
        number = poll(evidence.db)
        looking = threading.Thread(target=look)
        looking.start()
        kept = 1
        while looking.is_alive() and kept < 3000:
            record(evidence.db, number, str(kept).encode())
            kept += 1
            time.sleep(0.005)  # a poll keeps its pace between captures; without any, readers rarely get a turn
        looking.join()
    assert len(seen) == 12
    assert [loose for _, loose in seen] == [0] * 12
    assert 1 <= seen[0][0] < seen[-1][0] <= kept


@pytest.mark.fault("D01")
def test_the_writer_waits_for_a_slow_reader(archive: Path) -> None:
    """A reader in the middle of a long answer delays a commit; it does not break it."""
    with open_evidence(archive) as evidence, closing(read_evidence(archive)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM polls").fetchone()
        ending = threading.Timer(0.4, lambda: reader.execute("COMMIT"))
        ending.start()
        assert poll(evidence.db) == 2
        ending.join()


def test_opening_a_reader_takes_no_lock_from_the_writer(archive: Path) -> None:
    """Opening and closing a database file by hand drops the locks SQLite holds on it in that process; we never do."""
    with open_evidence(archive) as evidence, writing(evidence.db):
        poll(evidence.db)
        read_evidence(archive).close()
        with program(BEGIN_TOO, archive) as other:
            assert other.communicate()[0] == "database is locked\n"


def test_a_reader_cannot_write(archive: Path) -> None:
    """Neither through our functions nor by hand."""
    with closing(read_evidence(archive)) as reader:
        with pytest.raises(ArchiveError, match="not opened to write"):
            append(reader, "polls", ROW)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("CREATE TABLE scribble (x)")


@pytest.mark.fault("P01", "D22")
def test_what_a_dead_writer_left_is_put_right_by_the_next_one(archive: Path) -> None:
    """A journal of a killed writer stops readers with a plain word, and the next writer rolls it back first."""
    with open_evidence(archive) as evidence:
        before = contents(evidence.db)
    with program(DIE_HALF_WAY, archive) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "half-way\n"
        other.wait()
    assert (archive / "archive.db-journal").exists()
    with pytest.raises(ArchiveError, match=r"needs recovery.*Start the poller once"):
        read_evidence(archive)
    with open_evidence(archive) as evidence:
        assert contents(evidence.db) == before
    with closing(read_evidence(archive)) as reader:
        assert contents(reader) == before


def test_snapshots_are_read_by_anyone(archive: Path) -> None:
    """What the writer kept, a reader gets byte for byte."""
    with closing(read_evidence(archive)) as reader:
        ((sha256,),) = reader.execute("SELECT sha256 FROM snapshots").fetchall()
        assert read_snapshot(reader, sha256) == b"made-up body"
