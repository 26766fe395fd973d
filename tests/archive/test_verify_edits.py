"""Stories of single bytes changed at random in the database file: whatever a reader could notice, verification notices."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.errors import ArchiveError
from archive.verify_codes import BROKEN
from tests.archive.made_sound import intruder, newest_note, sound_archive, verified

UNSIGNED = {"checkpoints": "size, root, note", "_sqlite_migrations": "id, migration_set, name"}
"""Tables in which one column, an instant, is signed by nothing; docs/verify.md says so. All others are compared whole."""

Contents = dict[str, list[tuple[object, ...]]]


class Edit(NamedTuple):
    """One byte, changed."""

    offset: int
    value: int


def contents_of(directory: Path) -> Contents | None:
    """Every row of every table as plain SQL gives it; None where SQLite cannot read them all."""
    try:
        with closing(sqlite3.connect(f"file:{directory}/archive.db?mode=ro", uri=True)) as conn:
            schema = conn.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
            tables = [name for kind, name, *_ in schema if kind == "table"]
            rows = {
                name: conn.execute(f"SELECT {UNSIGNED.get(name, '*')} FROM [{name}] ORDER BY rowid").fetchall()
                for name in tables
            }
            marks = [conn.execute(f"PRAGMA {name}").fetchall()[0] for name in ("application_id", "user_version")]
            return {**rows, "the schema": schema, "the marks": marks}
    except (sqlite3.Error, UnicodeDecodeError):
        return None


@contextmanager
def edited(path: Path, edit: Edit) -> Iterator[None]:
    """The file with one byte changed, and as it was afterwards."""
    handle = os.open(path, os.O_RDWR)
    try:
        before = os.pread(handle, 1, edit.offset)
        os.pwrite(handle, bytes([edit.value]), edit.offset)
        yield
        os.pwrite(handle, before, edit.offset)
    finally:
        os.close(handle)
    for leftover in ("archive.db-wal", "archive.db-shm"):
        path.with_name(leftover).unlink(missing_ok=True)


def is_noticed(directory: Path) -> bool:
    """Whether verification says anything but that the archive is sound. Not being able to look is an answer as well."""
    try:
        return verified(directory).status == BROKEN
    except ArchiveError:
        return True


def random_edits(size: int, count: int, seed: int) -> Iterator[Edit]:
    """Places and values, any of each; a value may be the one that is there."""
    chance = random.Random(seed)
    for _ in range(count):
        yield Edit(chance.randrange(size), chance.randrange(256))


def all_are_noticed(directory: Path, edits: Iterator[Edit]) -> int:
    """Make the edits one after the other; returns how many touched what a reader could see."""
    sound_archive(directory)
    path, original = directory / "archive.db", contents_of(directory)
    assert original is not None
    assert not is_noticed(directory)
    touched = 0
    for edit in edits:
        with edited(path, edit):
            is_touched = contents_of(directory) != original
            touched += is_touched
            assert is_noticed(directory) or not is_touched, f"{edit} changed what is read and was not noticed"
    assert contents_of(directory) == original
    return touched


SIZE = 140_000
"""Bytes of the made-up archive, at least."""


def test_changed_bytes_are_noticed(tmp_path: Path) -> None:
    """Three hundred times one byte anywhere in the file."""
    assert all_are_noticed(tmp_path, random_edits(SIZE, 300, seed=20210805)) > 40


@pytest.mark.slow
def test_ten_thousand_changed_bytes_are_noticed(tmp_path: Path) -> None:
    """Ten thousand times one byte anywhere in the file: none that a reader could see goes by."""
    assert all_are_noticed(tmp_path, random_edits(SIZE, 10_000, seed=20220428)) > 2_000


@pytest.mark.parametrize(("bits", "least"), [(1, 12), pytest.param(8, 100, marks=pytest.mark.slow)])
def test_every_byte_of_the_header_may_change(tmp_path: Path, bits: int, least: int) -> None:
    """Each byte of the first hundred, a bit or every bit of it: noticed where it matters, and never a traceback."""
    edits = [Edit(offset, 1 << (offset + bit) % 8) for offset in range(100) for bit in range(bits)]
    assert all_are_noticed(tmp_path, iter(edits)) > least


HOSTILE: dict[str, tuple[object, ...]] = {
    "TEXT": ("", '\x1b]0;made up\x07{"', "2026-13-45T99:99:99.999999Z", "[]"),
    "INTEGER": (-1, 2**62),
    "BLOB": (b"", b"\xff" * 32),
}
"""Values by the type of a column."""


def columns_of(directory: Path) -> list[tuple[str, str, str]]:
    """Every table and column that is signed, directly or by its leaf, and the column's type."""
    with closing(sqlite3.connect(directory / "archive.db")) as conn:
        tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = [(table, row[1], row[2]) for table in tables for row in conn.execute(f"PRAGMA table_info([{table}])")]
    return [one for one in found if one[:2] not in {("checkpoints", "made_at"), ("_sqlite_migrations", "applied_at")}]


def set_column(directory: Path, table: str, column: str, value: object) -> bool:
    """Write this into the newest row; False where the table takes no such value or has no row."""
    with intruder(directory) as conn:
        conn.execute("PRAGMA ignore_check_constraints = on")
        where = f"WHERE rowid = (SELECT max(rowid) FROM {table}) AND {column} IS NOT ?"
        try:
            return conn.execute(f"UPDATE {table} SET {column} = ? {where}", [value, value]).rowcount > 0
        except (sqlite3.IntegrityError, OverflowError):
            return False


@pytest.mark.parametrize(("every", "least"), [(4, 50), pytest.param(1, 200, marks=pytest.mark.slow)])
def test_any_value_in_any_column_is_noticed(tmp_path: Path, every: int, least: int) -> None:
    """An intruder writes what he likes into any column (or each fourth) of a row: it is noticed, and stops no check."""
    sound_archive(tmp_path / "sound")
    note, tried = newest_note(tmp_path / "sound"), 0
    for table, column, kind in [*columns_of(tmp_path / "sound")][::every]:
        for value in HOSTILE[kind]:
            copy = Path(shutil.copytree(tmp_path / "sound", tmp_path / "copy"))
            if set_column(copy, table, column, value):
                tried += 1
                done = verified(copy, note)
                assert done.status == BROKEN, (table, column, value)
                assert all(one.sentence().isprintable() for one in done.problems.kept), (table, column, value)
            shutil.rmtree(copy)
    assert tried > least
