"""Bytes of a data file and schemas in, Readings out: months, keys, values, and what was odd about them.

Never turns what it cannot read into a number, and never reads a table by a schema that its header does not fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from scraper.errors import FileChanged
from scraper.layout import shown
from scraper.model import Fact, Finding, Key, Reading
from scraper.records import Text, cells_in, first_row, header_of, lines_of, refuse_foreign, rows_of, text_of
from scraper.rows import Plan, Tally, plan_of, read_full
from scraper.schema import Schema, schema_for
from scraper.sheets import SheetTable, facts_beside, tables_in
from scraper.short import read_short
from scraper.weeks import repeated_weeks
from scraper.workbooks import Workbook
from scraper.zips import is_workbook

__all__ = ["Layouts", "columns_of", "header_of", "layouts_of", "read_file", "readings_of"]


class Layouts(NamedTuple):
    """The tables that a file holds, as far as they are known."""

    schemas: tuple[Schema, ...]
    """One for each table that can be read; at least one."""
    surprises: tuple[FileChanged, ...]
    """Tables of a workbook that cannot be read, and why; empty for a CSV file."""


def layouts_of(body: bytes, file_name: str, schemas: Sequence[Schema]) -> Layouts:
    """Which of the schemas read the file. Raises FileChanged where none does, naming what stands in the way."""
    if not is_workbook(body):
        flat = [schema for schema in schemas if schema.sheet is None]
        return Layouts((schema_for(header_of(body, file_name), file_name, flat),), ())
    tables, surprises = tables_in(Workbook(body, file_name), file_name, _of_sheets(schemas, file_name))
    if not tables:
        raise _no_table(file_name, surprises)
    return Layouts(tuple(table.schema for table in tables), surprises)


def columns_of(body: bytes) -> int | None:
    """How many columns the header of a CSV file has; None for a workbook, whose tables have one each."""
    return None if is_workbook(body) else len(header_of(body, ""))


def _of_sheets(schemas: Sequence[Schema], file_name: str) -> list[Schema]:
    found = [schema for schema in schemas if schema.sheet]
    if not found:
        expected = "a CSV file: none of the schemas that may read it is for a workbook"
        raise FileChanged("file.kind", file_name, "first bytes", "a workbook", expected, "The bytes are kept.")
    return found


def _no_table(file_name: str, surprises: Sequence[FileChanged]) -> FileChanged:
    told = "; ".join(f"{one.place}: {one.found}" for one in surprises) or "no sheet of a known name"
    advice = "The bytes are kept; nothing of the workbook is read."
    return FileChanged("workbook.tables", file_name, "", told, "at least one known table with figures", advice)


def read_file(body: bytes, file_name: str, schema: Schema) -> Reading:
    """One parse of a file's bytes by one schema: of a CSV file, or of one table of a workbook.

    Raises FileChanged, naming the row, where the file is not what the layout promises: not a CSV in UTF-8, another
    header, a row of another width, a month that is not a 1st in one date form, a key that is unknown or stated twice in
    a month, more than 1 % unreadable rows. Rows are counted as a spreadsheet counts them: the header is row 1.
    """
    return next(readings_of(body, file_name, (schema,)))


def readings_of(body: bytes, file_name: str, schemas: Sequence[Schema]) -> Iterator[Reading]:
    """One parse by each schema, in their order; a workbook is opened once. Raises as `read_file` does, for the next schema."""
    if any(schema.sheet for schema in schemas):
        book = Workbook(body, file_name)
        tables, surprises = tables_in(book, file_name, schemas)
        facts = facts_beside(book, schemas)
        by_name = {table.schema.name: table for table in tables}
        for schema in schemas:
            if schema.name not in by_name:
                raise _no_table(file_name, surprises)
            yield _read_table(by_name[schema.name], file_name, facts)
        return
    for schema in schemas:
        yield _read_csv(text_of(body, file_name, schema.encoding), file_name, schema)


def _read_csv(text: Text, file_name: str, schema: Schema) -> Reading:
    tally = Tally(plan_of(schema, file_name, first_row(text, file_name)))
    if text.is_foreign:
        for number, row in _rows_below_header(text, file_name):
            refuse_foreign(row, tally.plan.names_at, file_name, number)
    lines = lines_of(text.body, text.encoding)
    cells_in(next(lines), lines, file_name, 1)
    last = read_short(lines, tally) if tally.plan.is_short else read_full(lines, tally)
    again = _rows_below_header(text, file_name)
    return _reading(tally, last - 1 - tally.blank_rows, again, text.remarks, ())


def _rows_below_header(text: Text, file_name: str) -> Iterator[tuple[int, list[str]]]:
    return (one for one in rows_of(lines_of(text.body, text.encoding), file_name, 1) if one[0] > 1)


def _read_table(table: SheetTable, file_name: str, facts: tuple[Fact, ...]) -> Reading:
    tally = Tally(plan_of(table.schema, file_name, table.header, table.sheet))
    for number, row in table.rows:
        tally.read_row(number, row)
    return _reading(tally, len(table.rows) - tally.blank_rows, table.rows, (), (*facts, *table.facts))


def _reading(
    tally: Tally, rows: int, again: Iterable[tuple[int, list[str]]], remarks: Iterable[Finding], facts: tuple[Fact, ...]
) -> Reading:
    """What was tallied as a Reading; `again` gives the rows once more, for the case that one of them is stated twice."""
    _check_rows(tally, rows)
    if rows != sum(len(block.values) for block in tally.blocks.values()):
        raise _stated_twice(again, tally.plan)
    schema, blocks = tally.plan.schema, tuple(tally.blocks.values())
    findings = (*remarks, *_remarks_on_columns(tally.plan), *_unreadable(tally, rows))
    return Reading(
        schema.name, schema.family, blocks, tuple(tally.missing), tally.repairs(), rows, tally.blank_rows,
        (*findings, *repeated_weeks(schema.family, blocks, tally.plan.file_name)), facts, schema.sha256,
    )  # fmt: skip


def _check_rows(tally: Tally, rows: int) -> None:
    """Raise FileChanged where there is nothing to read, or too much of it is unreadable."""
    name = tally.plan.file_name
    if not rows:
        raise FileChanged("file.rows", name, "", f"a header and {tally.blank_rows} blank rows", "rows of figures")
    if tally.unreadable_rows * 100 > rows:
        first = tally.unreadable[0]
        found = f"{tally.unreadable_rows} of {rows} rows unreadable, first {first.place}: {first.found}"
        raise FileChanged("file.cells", name, first.place, found, f"at most 1 %; {first.expected}")


def _stated_twice(rows: Iterable[tuple[int, list[str]]], plan: Plan) -> FileChanged:
    """The error for a key that a month states twice, found by reading again: keeping every row's number would cost."""
    tally, seen = Tally(plan), dict[tuple[str, Key], int]()
    for number, row in rows:
        if not "".join(row).strip():
            continue
        stated = (tally.block_of(number, row[plan.month_at]).month, tally.key_of(number, row))
        first = seen.setdefault(stated, number)
        if first != number:
            break
    place, key = f"{plan.sheet}rows {first} and {number}", ", ".join(stated[1])
    found = f"{key} stated twice for {stated[0]}"
    return FileChanged("file.duplicate", plan.file_name, place, found, "each key once in a month")


def _remarks_on_columns(plan: Plan) -> Iterator[Finding]:
    """Columns nobody reads, and a file name that is not one of the layout's: reg and res are easily swapped."""
    schema, name = plan.schema, plan.file_name
    if plan.extra:
        found = f"columns that {schema.name} does not know: {shown([plan.header[i] for i in plan.extra])}"
        advice = "They were not read. Add them to the schema, as labels or `ignored`."
        yield Finding("file.columns", "warning", name, "row 1", found, "known columns only", advice)
    base = name.rpartition("/")[2].lower()
    if not any(fnmatchcase(base, pattern.lower()) for pattern in schema.file_names):
        found, expected = f"the columns of {schema.name}", f"a name like {shown(schema.file_names)} for them"
        yield Finding("file.name", "info", name, "", found, expected, "Read by its columns.")


def _unreadable(tally: Tally, rows: int) -> Iterator[Finding]:
    """The first unreadable cells one by one, the rest in one finding."""
    yield from tally.unreadable
    more = tally.unreadable_cells - len(tally.unreadable)
    if more:
        found = f"{more} more unreadable cells, in {tally.unreadable_rows} of {rows} rows in all"
        yield Finding("file.cell", "error", tally.plan.file_name, "the whole file", found, "numbers in every row")
