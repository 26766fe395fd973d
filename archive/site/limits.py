"""Bounds on what one SQL statement of a stranger may use: length, time between looks at the clock, rows in bytes, heap.

Never looks at the statement's text: SQLite itself refuses what goes over a bound.
"""

from __future__ import annotations

import ctypes
import sqlite3
from collections.abc import Callable
from typing import Any

from archive.site.careful import put_in
from archive.site.permits import judge

BOUNDS = {
    # The longest string or row. At 20,000,000 one short statement took 1.6 GB, and instr() of two such strings minutes: no
    # handler is asked while a function runs, so the length is what bounds its time.
    sqlite3.SQLITE_LIMIT_LENGTH: 200_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 50_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}
ROW_BYTES = 6_000_000
"""Text and bytes in all rows of one answer. A thousand rows of 200,000 bytes would be 200 MB, several times over as JSON."""
LOOK_EVERY = 50
"""Steps of SQLite's machine between two looks at the clock. Datasette's 1,000 let a statement run 3.7 s over its two."""
HEAP_BYTES = 40_000_000
"""All that SQLite may hold in one serving process, page caches included: of pages alone it holds some 20 MB."""

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
"""Numbers of glibc's malloc.h: how many heaps; from which size on memory goes back to the system as soon as it is freed."""


class OutOfMemory(sqlite3.OperationalError):
    """SQLite's heap is at its bound, by this statement or by those beside it."""


class Bounded(sqlite3.Connection):
    """A read connection whose statements are looked at often, and whose answers are counted."""

    def set_progress_handler(self, handler: Callable[[], int | None] | None, n: int) -> None:
        """Called by Datasette before each statement, with its clock."""
        super().set_progress_handler(handler, min(n, LOOK_EVERY))

    def cursor(self, factory: Any = None) -> Any:
        """A cursor that counts what it hands over."""
        return super().cursor(factory or _Counted)


def bind(connection: sqlite3.Connection) -> None:
    """Puts the bounds on one connection; they hold until it is closed."""
    for limit, bound in BOUNDS.items():
        connection.setlimit(limit, bound)
    connection.row_factory = _counted
    put_in(connection)
    connection.set_authorizer(judge)


def bind_process() -> None:
    """Puts the bound on SQLite's heap in this process. It can only be lowered again, so only a serving process asks for it."""
    memory = sqlite3.connect(":memory:")
    memory.execute(f"PRAGMA hard_heap_limit = {HEAP_BYTES}")
    memory.close()
    _share_one_heap()


def _share_one_heap() -> None:
    """All threads of this process allocate from one heap, where the C library can be told so (glibc).

    By default it gives each thread a heap of its own and keeps what was freed there: three threads that each prepared one large
    statement held its memory three times over for ever after.
    """
    if tell := getattr(ctypes.CDLL(None), "mallopt", None):
        tell(_ARENA_MAX, 1)
        tell(_MMAP_THRESHOLD, 256 * 1024)


class _Counted(sqlite3.Cursor):
    """A cursor that knows how much text it has handed over."""

    handed = 0

    def execute(self, *arguments: Any) -> Any:
        """As ever; SQLite's heap at its bound is a refusal like any other."""
        return _refused(super().execute, *arguments)

    def fetchmany(self, *arguments: Any) -> Any:
        """As ever; SQLite's heap at its bound is a refusal like any other."""
        return _refused(super().fetchmany, *arguments)

    def fetchall(self) -> Any:
        """As ever; SQLite's heap at its bound is a refusal like any other."""
        return _refused(super().fetchall)


def _refused(do: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return do(*arguments)
    except MemoryError as error:
        raise OutOfMemory(f"more than {HEAP_BYTES:,} bytes of memory needed; ask for fewer rows or columns") from error


def _counted(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> sqlite3.Row:
    """A row, counted. Raises OperationalError where the rows of one answer grow beyond ROW_BYTES."""
    if isinstance(cursor, _Counted):
        cursor.handed += sum(len(cell) for cell in row if isinstance(cell, str | bytes))
        if cursor.handed > ROW_BYTES:
            raise sqlite3.OperationalError(
                f"more than {ROW_BYTES:,} bytes in the rows of one answer; ask for fewer rows or columns"
            )
    return sqlite3.Row(cursor, row)
