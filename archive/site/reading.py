"""The site's own short questions to the reading copy, answered as plain rows.

Never writes, and never reads the evidence database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasette.app import Datasette

DATABASE = "optouts"
Row = dict[str, Any]


async def rows(datasette: Datasette, sql: str, values: Mapping[str, object] | None = None) -> list[Row]:
    """All rows of one of our own statements, as dictionaries."""
    results = await datasette.get_database(DATABASE).execute(sql, dict(values or {}))
    return [dict(row) for row in results.rows]


async def made_up(datasette: Datasette) -> bool:
    """Whether any series of this archive watches a pretend publisher; False where the tables are not there yet."""
    try:
        return bool(await rows(datasette, "select 1 from series where made_up limit 1"))
    except sqlite3.OperationalError:
        return False


def directory_of(datasette: Datasette) -> Path:
    """The directory that holds both databases."""
    return Path(datasette.get_database(DATABASE).path).parent
