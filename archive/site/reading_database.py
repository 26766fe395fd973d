"""The reading copy as Datasette opens it: read only, through connections that are bounded.

Never opens anything for writing.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from datasette.database import Database

from archive.errors import ArchiveError
from archive.site.limits import Bounded

STATEMENTS = 32
"""Statements that each connection keeps prepared. Python's 128 of them filled the heap until our own comparison found no room."""


class ReadingDatabase(Database):  # type: ignore[misc] # Datasette has no types
    """One database file, for readers."""

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """A new connection for one of Datasette's threads. Raises ArchiveError where one for writing is asked for."""
        if write:
            raise ArchiveError(
                f"{self.name}: found that something wants to write through the site; expected readers only"
            )
        connection: Any = sqlite3.connect(
            f"file:{self.path}?mode=ro",
            uri=True,
            check_same_thread=False,
            factory=Bounded,
            cached_statements=STATEMENTS,
        )
        self._all_file_connections.append(connection)
        return connection  # type: ignore[no-any-return]
