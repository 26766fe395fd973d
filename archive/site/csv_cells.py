"""Datasette's CSV answers, with cells that a spreadsheet would run made harmless, as in our own files to take away.

Never touches a captured file: these are answers made from tables, and only they are changed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from datasette.views import base

from archive.site.takeaway import harmless


class Writer:
    """What `csv.writer` gives, for the rows of one answer."""

    def __init__(self, out: Any) -> None:
        self._rows = csv.writer(out)

    def writerow(self, row: Iterable[Any]) -> Any:
        """Hands the row on and gives back what writing it gave: Datasette waits for it."""
        return self._rows.writerow([harmless(cell) for cell in row])


def put_in() -> None:
    """Sets the writer in the place of the one that Datasette's CSV view takes by the name `csv`: it offers no other way in."""
    base.csv = SimpleNamespace(writer=Writer)
