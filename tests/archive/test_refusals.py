"""Stories of files and directories that must not be opened as an archive, and of what is said instead."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from archive.database import ArchiveError, open_evidence, read_evidence
from archive.migrations import VERSION
from tests.archive.made_captures import new_archive, poll, record


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A directory with a small archive in it, closed."""
    with new_archive(tmp_path) as evidence:
        record(evidence.db, poll(evidence.db))
    return tmp_path


@pytest.mark.fault("D05")
def test_an_empty_file_is_not_an_empty_archive(tmp_path: Path) -> None:
    """SQLite would open a file of no bytes as a healthy database; we do not, and leave it as it is."""
    (tmp_path / "archive.db").touch()
    for opening in (open_evidence, read_evidence, new_archive):
        with pytest.raises(ArchiveError, match="an empty file"):
            opening(tmp_path)
    assert (tmp_path / "archive.db").read_bytes() == b""


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Something else at the archive's place is named, and left as it is."""
    (tmp_path / "archive.db").write_text("made-up text, long enough to be a header")
    for opening in (open_evidence, read_evidence):
        with pytest.raises(ArchiveError, match=r"cannot be read: file is not a database"):
            opening(tmp_path)


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path, journal: str) -> None:
    """Not a byte of it is changed, its journal mode included."""
    path = tmp_path / "archive.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute(f"PRAGMA journal_mode = {journal}")
        conn.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    for opening in (open_evidence, read_evidence):
        with pytest.raises(ArchiveError, match="database of another program"):
            opening(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.fault("P13")
def test_a_newer_archive_is_refused(archive: Path) -> None:
    """An older program must not write into tables it does not know."""
    with closing(sqlite3.connect(archive / "archive.db")) as conn:
        conn.execute("PRAGMA user_version = 99")
    for opening in (open_evidence, read_evidence):
        with pytest.raises(ArchiveError, match=f"version 99, expected at most {VERSION}"):
            opening(archive)


def test_an_older_archive_waits_for_the_writer(archive: Path) -> None:
    """A reader cannot bring tables up to date, and says who can."""
    with closing(sqlite3.connect(archive / "archive.db")) as conn:
        conn.execute("PRAGMA user_version = 0")
    with pytest.raises(ArchiveError, match=rf"version 0, expected {VERSION}\. Poll once"):
        read_evidence(archive)


def test_a_missing_table_is_refused(archive: Path) -> None:
    """A table that somebody dropped is missed at the next opening, with its guards."""
    with closing(sqlite3.connect(archive / "archive.db")) as conn:
        conn.execute("DROP TABLE findings")
    with pytest.raises(ArchiveError, match="findings, findings_next"):
        open_evidence(archive)


@pytest.mark.fault("D03")
def test_a_damaged_archive_is_refused_in_plain_words(archive: Path) -> None:
    """A page of noise where tables were is a message, not a traceback."""
    path = archive / "archive.db"
    path.write_bytes(path.read_bytes()[:100] + os.urandom(4096 * 4))
    for opening in (open_evidence, read_evidence):
        with pytest.raises(ArchiveError, match=r"cannot be read: .*restore a backup"):
            opening(archive).close()


@pytest.mark.fault("F10")
def test_a_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """A path that cannot be a directory is named."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ArchiveError, match="data cannot be made"):
        new_archive(tmp_path / "data")
    (tmp_path / "archive.db").mkdir()
    with pytest.raises(ArchiveError, match=r"something that is not a file"):
        open_evidence(tmp_path)


@contextmanager
def as_an_ordinary_user(directory: Path) -> Iterator[None]:
    """Root may write anywhere, so a story about a directory that may not be written is told by somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(directory, 65534, -1)
    for path in directory.iterdir():
        os.chown(path, 65534, -1)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.fault("F05", "F13")
def test_a_directory_that_may_not_be_written_is_refused(archive: Path) -> None:
    """The file alone being writable is not enough: the journal has to be made beside it."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        shutil.copy(archive / "archive.db", directory)
        shutil.copy(archive / "archive.lock", directory)
        directory.chmod(0o500)
        with as_an_ordinary_user(directory), pytest.raises(ArchiveError, match="cannot be written: Permission denied"):
            open_evidence(directory)


@pytest.mark.fault("F05", "F13")
def test_a_file_that_may_not_be_written_is_refused(archive: Path) -> None:
    """SQLite would open it read-only without a word, and fail at the first capture."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        shutil.copy(archive / "archive.db", directory)
        (directory / "archive.db").chmod(0o400)
        with as_an_ordinary_user(directory), pytest.raises(ArchiveError, match="may not be written"):
            open_evidence(directory)
