"""Bounds on what one SQL statement of a stranger may use.

Never looks at the statement: SQLite itself refuses what goes over a bound.
"""

from __future__ import annotations

import sqlite3

BOUNDS = {
    # Without these one address of sixty characters, select zeroblob(100000000), took 3 GB of memory.
    sqlite3.SQLITE_LIMIT_LENGTH: 20_000_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 50_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
}


def bind(connection: sqlite3.Connection) -> None:
    """Puts the bounds on one connection; they hold until it is closed."""
    for limit, bound in BOUNDS.items():
        connection.setlimit(limit, bound)
