"""Writes the rows of whole tables as CSV files, plain or compressed: the same rows give the same bytes.

Changes no value; knows nothing of which tables there are.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Protocol, Self, cast

from archive.site.takeaway import harmless
from archive.whole_tables import Column, Row

LEVEL = 6
"""Of gzip: 9 takes three times as long for two per cent."""


class Sink(Protocol):
    """Something that rows are written into, batch by batch."""

    rows: dict[str, int]
    """How many went into each file, by its path inside the folder."""

    def take(self, period: str, rows: Sequence[Row]) -> None:
        """Write a batch of one month or week."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, *raised: object) -> None:
        """End: all of it is in the file."""


class CsvFile:
    """One CSV file, UTF-8 with CRLF and one header line; null is an empty field. `….gz` is compressed, without a time in it."""

    def __init__(self, folder: Path, path: str, columns: Sequence[Column]) -> None:
        self.rows = {path: 0}
        self._path = path
        self._compressed = path.endswith(".gz")
        self._opened = ExitStack()
        try:
            text = self._opened.enter_context(self._open(folder / path))
        except BaseException:
            self._opened.close()
            raise
        self._writer = csv.writer(text)
        self._writer.writerow(column.name for column in columns)

    def take(self, period: str, rows: Sequence[Row]) -> None:  # noqa: ARG002 - one file for all months
        """Write a batch. In a plain file, which people open in a spreadsheet, no cell is a formula."""
        if self._compressed:
            self._writer.writerows(rows)
        else:
            self._writer.writerows([harmless(cell) for cell in row] for row in rows)
        self.rows[self._path] += len(rows)

    def _open(self, path: Path) -> IO[str]:
        path.parent.mkdir(parents=True, exist_ok=True)
        file: IO[bytes] = self._opened.enter_context(path.open("xb"))
        if self._compressed:
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=LEVEL, mtime=0)
            file = cast("IO[bytes]", self._opened.enter_context(packed))
        return io.TextIOWrapper(file, encoding="utf-8", newline="")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._opened.close()
