"""Finds a table in a sheet of a workbook: its title, its header, its rows, and the texts that stand around them.

Never decides what a cell means, and never guesses where a table ends: what stands below the end must not look like figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from scraper.errors import FileChanged
from scraper.layout import Schema, SheetPlace, fit_of, folded, quoted, shown
from scraper.model import Fact
from scraper.workbooks import Workbook, trimmed

Row = tuple[int, list[str]]
"""A row's number as the spreadsheet shows it, and its cells without the blank ones at the end."""

_Known = tuple[Schema, SheetPlace]

_HEADER_WITHIN = 40
"""Rows in which a header is sought: it stands in row 10 in every workbook seen."""

_UNREAD = "The bytes are kept; nothing of this table is read."


class SheetTable(NamedTuple):
    """One table of a workbook, found by one schema."""

    schema: Schema
    sheet: str
    header: tuple[str, ...]
    """The columns that the title gives, then the sheet's own."""
    header_row: int
    rows: tuple[Row, ...]
    """Cells in the order of `header`; blank rows between them are left in."""
    facts: tuple[Fact, ...]

    def place(self, number: int) -> str:
        """A row of the table, for a message."""
        return f"sheet {self.sheet}, row {number}"


class Found(NamedTuple):
    """What was found in a workbook."""

    tables: tuple[SheetTable, ...]
    surprises: tuple[FileChanged, ...]
    """Tables that no schema fits, or that hold nothing; sheets that nobody knows."""


def tables_in(book: Workbook, file_name: str, schemas: Sequence[Schema]) -> Found:
    """Every table that a schema fits, and what is odd about the others. Nothing is raised for a table, only for the workbook."""
    tables: list[SheetTable] = []
    surprises: list[FileChanged] = []
    beside = frozenset[str]().union(*(schema.sheet.beside for schema in schemas if schema.sheet))
    for sheet in book.sheets:
        fitting = [(one, one.sheet) for one in schemas if one.sheet and one.sheet.name.fullmatch(sheet)]
        if not fitting and sheet not in beside:
            surprises.append(_unknown_sheet(sheet, file_name))
        if not fitting:
            continue
        try:
            tables.append(_table_in(book, sheet, file_name, fitting))
        except FileChanged as surprise:
            surprises.append(surprise)
    return Found(tuple(tables), tuple(surprises))


def _unknown_sheet(sheet: str, file_name: str) -> FileChanged:
    found, expected = f"the sheet {quoted(sheet)}", "sheets that a schema knows"
    advice = "It was not read. Add a schema for it, or name it under `beside`."
    return FileChanged("workbook.sheet", file_name, f"sheet {sheet}", found, expected, advice)


def _table_in(book: Workbook, sheet: str, file_name: str, known: Sequence[_Known]) -> SheetTable:
    rows = [(number, trimmed(row)) for number, row in book.rows(sheet)]
    (schema, place), at = _header_in(rows, sheet, file_name, known)
    width = len(schema.columns) - len(place.columns)
    body, after = _split(rows[at + 1 :], width, sheet, file_name)
    if not body:
        expected = "rows of figures below the header"
        raise FileChanged("file.rows", file_name, f"sheet {sheet}", "a header and no rows", expected, _UNREAD)
    title, given = _title_in(rows[:at], place, sheet, file_name)
    cells = [given[name] for name in place.columns]
    facts = (Fact(sheet, f"A{title[0]}", "title", title[1]), *_facts_below(sheet, after))
    padded = tuple((number, cells + row + [""] * (width - len(row)) if row else []) for number, row in body)
    return SheetTable(schema, sheet, (*place.columns, *rows[at][1]), rows[at][0], padded, facts)


def _header_in(rows: Sequence[Row], sheet: str, file_name: str, known: Sequence[_Known]) -> tuple[_Known, int]:
    """The schema whose header stands in the sheet, and the index of that row."""
    for at, (_, row) in enumerate(rows[:_HEADER_WITHIN]):
        fitting = [one for one in known if row and fit_of(one[0], (*one[1].columns, *row))]
        if fitting:
            return fitting[0], at
    first = known[0][0]
    nearest = max(rows[:_HEADER_WITHIN], key=lambda row: _known_cells(row[1], first), default=(1, []))
    expected = f"that of {first.name}: {shown(_own_columns(*known[0]))}"
    raise FileChanged(
        "file.header", file_name, f"sheet {sheet}, row {nearest[0]}", f"the header {shown(nearest[1])}", expected,
        "The bytes are kept, this table is not read. Add a schema for this layout, and run `optout reread`.",
    )  # fmt: skip


def _known_cells(row: Sequence[str], schema: Schema) -> int:
    known = frozenset[str]().union(*(column.folded for column in schema.columns))
    return sum(folded(cell) in known for cell in row)


def _own_columns(schema: Schema, place: SheetPlace) -> list[str]:
    return [column.header for column in schema.columns if column.header not in place.columns]


def _title_in(
    above: Sequence[Row], place: SheetPlace, sheet: str, file_name: str
) -> tuple[tuple[int, str], Mapping[str, str]]:
    """The title nearest above the header, with its row, and the columns that it gives."""
    texts = [(number, row[0]) for number, row in above if row and row[0].strip()]
    for number, text in reversed(texts):
        match = place.title.fullmatch(text.strip())
        if match:
            return (number, text), {f"title: {name}": value for name, value in match.groupdict().items()}
    found = quoted(texts[-1][1]) if texts else "none"
    expected = f"a title like {place.title.pattern}"
    raise FileChanged("workbook.title", file_name, f"sheet {sheet}, above the header", found, expected, _UNREAD)


def _split(rows: Sequence[Row], width: int, sheet: str, file_name: str) -> tuple[list[Row], list[Row]]:
    """The table's rows, and what stands below it. A row with its first cell alone is a note, never figures."""
    ends = (i for i, (_, row) in enumerate(rows) if len(row) == 1)
    end = next(ends, len(rows))
    body = list(rows[:end])
    while body and not body[-1][1]:
        body.pop()
    below = [row for row in rows[end:] if row[1]]
    wide = next((row for row in below if len(row[1]) >= max(3, width - 1)), None)
    if wide:
        found = f"a row of {len(wide[1])} cells below the table's end in row {rows[end][0]}"
        raise FileChanged("workbook.rows", file_name, f"sheet {sheet}, row {wide[0]}", found, "notes only", _UNREAD)
    return body, below


_KINDS_BELOW = (("source", re.compile(r"(?i)source\b")), ("copyright", re.compile(r"(?i)copyright\b")))


def _facts_below(sheet: str, rows: Sequence[Row]) -> Iterator[Fact]:
    for number, row in rows:
        kind = next((name for name, pattern in _KINDS_BELOW if pattern.match(row[0])), "note")
        for at, text in enumerate(row):
            if text.strip():
                yield Fact(sheet, f"{chr(65 + at)}{number}", kind, text)


_ON_TITLE_SHEET = (
    ("published", re.compile(r"(?i)date published:?\s*(?P<text>.*)")),
    ("period", re.compile(r"(?i)england,\s*(?P<text>[a-z]+ [0-9]{4})")),
    ("licence", re.compile(r"(?is)(?P<text>.*open government licence.*)")),
    ("copyright", re.compile(r"(?is)(?P<text>copyright.*)")),
)
"""What is told of a workbook by a cell of column A; an empty text means that it stands in the cell beside it."""


def facts_beside(book: Workbook, schemas: Sequence[Schema]) -> tuple[Fact, ...]:
    """The texts of the sheets that hold no table: period, day of publication, licence; all others as notes."""
    beside = frozenset[str]().union(*(schema.sheet.beside for schema in schemas if schema.sheet))
    return tuple(fact for sheet in book.sheets if sheet in beside for fact in _facts_of(book, sheet))


def _facts_of(book: Workbook, sheet: str) -> Iterator[Fact]:
    for number, row in book.rows(sheet):
        cells = [*trimmed(row), ""]
        if cells == [""]:
            continue
        name, at, text = _told(cells)
        yield Fact(sheet, f"{chr(65 + at)}{number}", name, text)


def _told(cells: Sequence[str]) -> tuple[str, int, str]:
    """(name, column, text) of one row of a sheet of texts."""
    for name, pattern in _ON_TITLE_SHEET:
        match = pattern.fullmatch(cells[0].strip())
        if match:
            text = match["text"].strip()
            return (name, 0, text) if text else (name, 1, cells[1].strip())
    at = next(i for i, text in enumerate(cells) if text.strip())
    return "note", at, cells[at]
