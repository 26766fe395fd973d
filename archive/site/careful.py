"""Functions of SQL whose work can grow with the square of their texts, or without any bound: the same functions, within bounds.

Never reckons itself: what is within the bounds is handed to SQLite's own function.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable

Value = str | bytes | int | float | None

TOO_MUCH = bytes(1_000_000)
"""More than a connection's longest value, so that SQLite itself refuses it: `string or blob too big`. An exception would be
printed with its trace for every row."""
MOST_WORK = 20_000_000
"""Bytes of one text times bytes of the other: some milliseconds."""
_WIDE = re.compile(r"[0-9]{4,}|\*")
_own = threading.local()


def put_in(connection: sqlite3.Connection) -> None:
    """Sets the careful functions in the place of SQLite's own, on one connection."""
    for name, counts in _PRODUCTS.items():
        for count in counts:
            connection.create_function(name, count, _of_two(name, count), deterministic=True)
    for name in ("printf", "format"):
        connection.create_function(name, -1, _printed, deterministic=True)


_PRODUCTS = {"instr": (2,), "replace": (3,), "trim": (1, 2), "ltrim": (1, 2), "rtrim": (1, 2)}
"""Functions that may compare each part of their first text with all of their second, and how many values they take."""


def _of_two(name: str, count: int) -> Callable[..., Value]:
    sql = f"select {name}({', '.join('?' * count)})"

    def careful(*values: Value) -> Value:
        lengths = [len(value) for value in values[:2] if isinstance(value, str | bytes)]
        if len(lengths) == 2 and lengths[0] * lengths[1] > MOST_WORK:
            return TOO_MUCH
        return _asked(sql, values)

    return careful


def _printed(*values: Value) -> Value:
    """SQL's printf. A width or precision of thousands took minutes: `%.*c` counts to its number whatever the length limit."""
    if values and isinstance(values[0], str) and any("%" in part for part in _WIDE.split(values[0])[:-1]):
        return TOO_MUCH
    return _asked(f"select printf({', '.join('?' * len(values))})", values)


def _asked(sql: str, values: tuple[Value, ...]) -> Value:
    """SQLite's own function on these values, in a database of this thread's own that holds nothing."""
    if not hasattr(_own, "memory"):
        _own.memory = sqlite3.connect(":memory:")
        _own.memory.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
    found: Value = _own.memory.execute(sql, values).fetchone()[0]
    return found
