"""Opens a workbook and gives its sheets as rows of text; the only module that knows the spreadsheet library.

Never evaluates a formula, never follows a link out of the workbook, and never asks what a cell means.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

import python_calamine

from scraper.errors import FileChanged
from scraper.zips import repacked

MOST_CELLS = 2_000_000
"""Cells of the rectangle that a sheet spans. One cell in the last corner of a sheet would else take gigabytes."""

_REFERENCE = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{0,6})([0-9]{0,10})([^"']*)["']""")
_CELL, _ROW = re.compile(rb"<(?:\w+:)?c[\s/>]"), re.compile(rb"<(?:\w+:)?row[\s/>]")
_KEEP = "The bytes are kept; nothing of the workbook is read."


class Workbook:
    """A workbook whose parts were counted and packed anew before the library saw them."""

    def __init__(self, body: bytes, file_name: str) -> None:
        """Raises FileChanged for what is no workbook, or one out of bounds."""
        parts = repacked(body, file_name)
        _check_spans(parts, file_name)
        try:
            self._book = python_calamine.load_workbook(io.BytesIO(parts))
        except _UNREADABLE as error:
            raise _unreadable(file_name, "", error) from error
        self._file_name = file_name
        self.sheets: tuple[str, ...] = tuple(self._book.sheet_names)
        """Names in the workbook's order, hidden sheets too."""

    def rows(self, sheet: str) -> Iterator[tuple[int, list[str]]]:
        """Rows of one sheet from its first, each with its number as the spreadsheet shows it, blank cells as ""."""
        try:
            cells = self._book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except _UNREADABLE as error:
            raise _unreadable(self._file_name, sheet, error) from error
        return ((number, [text_of(value) for value in row]) for number, row in enumerate(cells, 1))


_UNREADABLE = (
    python_calamine.CalamineError, ValueError, KeyError, TypeError, OSError, RuntimeError, zipfile.BadZipFile,
)  # fmt: skip


def text_of(value: object) -> str:
    """A cell's value as text: whole numbers without a point, other numbers in their shortest form, days as YYYY-MM-DD."""
    match value:
        case str():
            return value
        case bool():
            return str(value).upper()
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time(0):
            return value.date().isoformat()
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


def trimmed(row: Sequence[str]) -> list[str]:
    """A row without the blank cells at its end."""
    length = next((i for i in range(len(row), 0, -1) if row[i - 1].strip()), 0)
    return list(row[:length])


def _check_spans(parts: bytes, file_name: str) -> None:
    """Refuse a sheet whose cells span too wide a rectangle: the library makes room for all of it."""
    with zipfile.ZipFile(io.BytesIO(parts)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                columns, rows = _span_of(archive.read(name), f"{file_name}, {name}")
                if columns * rows > MOST_CELLS:
                    found = f"a sheet of {columns:,} columns and {rows:,} rows"
                    raise FileChanged("workbook.cells", file_name, name, found, f"at most {MOST_CELLS:,} cells", _KEEP)


def _span_of(sheet: bytes, subject: str) -> tuple[int, int]:
    """Columns and rows that the references in a sheet reach; cells without one follow one another, so they are counted."""
    references = _REFERENCE.findall(sheet)
    odd = next((b"".join(one) for one in references if one[2].strip()), None)
    if odd is not None:
        raise FileChanged("workbook.cells", subject, "", f"the cell reference {odd[:40]!r}", "one like B12", _KEEP)
    columns = max(map(_column, {letters for letters, _, _ in references}), default=0)
    rows = max(map(int, {number or b"0" for _, number, _ in references}), default=0)
    cells = sum(1 for letters, _, _ in references if letters)
    unplaced = len(_CELL.findall(sheet)) - cells, len(_ROW.findall(sheet)) - (len(references) - cells)
    return columns + max(0, unplaced[0]), rows + max(0, unplaced[1])


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _unreadable(file_name: str, sheet: str, error: Exception) -> FileChanged:
    return FileChanged(
        "workbook.broken", file_name, sheet, f"a workbook that does not open ({error})", "one that opens", _KEEP
    )
