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
from scraper.zips import Bounds, repacked

MOST_CELLS = 2_000_000
"""Cells of the rectangle that a sheet spans. One cell in the last corner of a sheet would else take gigabytes."""

MOST_TEXT = 200_000_000
"""Bytes of text in all cells together: one text of a megabyte, named by two million cells, would else be two million copies."""
MOST_STRINGS = 500_000
"""Texts that a workbook may keep for its cells. The release workbook has some 20,000."""
MOST_CELL = 32_767
"""Characters that a spreadsheet takes in one cell."""
BOUNDS = Bounds(total_bytes=150_000_000)
_STRING, _VALUE = re.compile(rb"<(?:\w+:)?si[\s/>]"), re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>\s*([0-9]{1,7}|&#)")

_REFERENCE = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{0,6})([0-9]{0,10})([^"']*)["']""")
_CELL, _ROW = re.compile(rb"<(?:\w+:)?c[\s/>]"), re.compile(rb"<(?:\w+:)?row[\s/>]")
_KEEP = "The bytes are kept; nothing of the workbook is read."


class Workbook:
    """A workbook whose parts were counted and packed anew before the library saw them."""

    def __init__(self, body: bytes, file_name: str) -> None:
        """Raises FileChanged for what is no workbook, or one out of bounds."""
        parts = repacked(body, file_name, BOUNDS)
        _check_spans(parts, file_name)
        _check_texts(parts, file_name)
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
        return ((number, self._texts(sheet, number, row)) for number, row in enumerate(cells, 1))

    def _texts(self, sheet: str, number: int, row: Sequence[object]) -> list[str]:
        texts = [text_of(value) for value in row]
        longest = max(map(len, texts), default=0)
        if longest > MOST_CELL:
            place, found = f"sheet {sheet}, row {number}", f"a cell of {longest:,} characters"
            raise FileChanged("workbook.text", self._file_name, place, found, f"at most {MOST_CELL:,}", _KEEP)
        return texts


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


def _check_texts(parts: bytes, file_name: str) -> None:
    """Refuse a workbook whose cells hold more text than the file does: each cell gets a copy of the text that it names.

    Every whole number in a cell counts as the name of a text, also where it is a figure: too much is counted, never too little.
    """
    with zipfile.ZipFile(io.BytesIO(parts)) as archive:
        names = archive.namelist()
        kept = archive.read("xl/sharedStrings.xml") if "xl/sharedStrings.xml" in names else b""
        starts = [one.start() for one in _STRING.finditer(kept)]
        if len(starts) > MOST_STRINGS:
            found, most = f"{len(starts):,} texts kept for cells", f"at most {MOST_STRINGS:,}"
            raise FileChanged("workbook.text", file_name, "xl/sharedStrings.xml", found, most, _KEEP)
        lengths = [end - start for start, end in zip(starts, [*starts[1:], len(kept)], strict=False)]
        longest = max(lengths, default=0)
        text = 0
        for name in (one for one in names if one.startswith("xl/worksheets/")):
            for value in _VALUE.findall(archive.read(name)):
                at = len(lengths) if value == b"&#" else int(value)
                text += lengths[at] if at < len(lengths) else longest if value == b"&#" else 0
    if text > MOST_TEXT:
        found = f"{text:,} bytes of text in its cells"
        raise FileChanged("workbook.text", file_name, "", found, f"at most {MOST_TEXT:,}", _KEEP)


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
