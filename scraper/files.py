"""Bytes of a data file and a schema in, a Reading out: months, keys, values, and what was odd about them.

Never chooses a schema, and never turns what it cannot read into a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from scraper.errors import FileChanged
from scraper.layout import shown
from scraper.model import Finding, Key, Reading
from scraper.records import cells_in, check_bytes, header_of, lines_of, remarks_on, rows_of
from scraper.rows import Plan, Tally, plan_of, read_full
from scraper.schema import Schema
from scraper.short import read_short

__all__ = ["header_of", "read_file"]


def read_file(body: bytes, file_name: str, schema: Schema) -> Reading:
    """One parse of a file's bytes by one schema.

    Raises FileChanged, naming the row, where the file is not what the layout promises: not a CSV in UTF-8, another
    header, a row of another width, a month that is not a 1st in one date form, a key that is unknown or stated twice in
    a month, more than 1 % unreadable rows. Rows are counted as a spreadsheet counts them: the header is row 1.
    """
    check_bytes(body, file_name)
    lines = lines_of(body)
    tally = Tally(plan_of(schema, file_name, tuple(cells_in(next(lines), lines, file_name, 1))))
    last = read_short(lines, tally) if tally.plan.is_short else read_full(lines, tally)
    rows = last - 1 - tally.blank_rows
    _check_rows(tally, rows)
    if rows != sum(len(block.values) for block in tally.blocks.values()):
        raise _stated_twice(body, tally.plan)
    findings = (*remarks_on(body, file_name), *_remarks_on_columns(tally.plan), *_unreadable(tally, rows))
    return Reading(
        schema.name, schema.family, tuple(tally.blocks.values()), tuple(tally.missing), tally.repairs(), rows,
        tally.blank_rows, findings,
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


def _stated_twice(body: bytes, plan: Plan) -> FileChanged:
    """The error for a key that a month states twice, found by reading again: keeping every row's number would cost."""
    tally, seen = Tally(plan), dict[tuple[str, Key], int]()
    for number, row in rows_of(lines_of(body), plan.file_name, 1):
        if number == 1 or not "".join(row).strip():
            continue
        stated = (tally.block_of(number, row[plan.month_at]).month, tally.key_of(number, row))
        first = seen.setdefault(stated, number)
        if first != number:
            break
    place, key = f"rows {first} and {number}", ", ".join(stated[1])
    found = f"{key} stated twice for {stated[0]}"
    return FileChanged("file.duplicate", plan.file_name, place, found, "each key once in a month")


def _remarks_on_columns(plan: Plan) -> Iterator[Finding]:
    """Columns nobody reads, and a file name that is not one of the layout's: reg and res are easily swapped."""
    schema, name = plan.schema, plan.file_name
    if plan.extra:
        found = f"columns that {schema.name} does not know: {shown([plan.header[i] for i in plan.extra])}"
        advice = "They were not read. Add them to the schema, as labels or `ignored`."
        yield Finding("file.columns", "warning", name, "row 1", found, "known columns only", advice)
    if not any(fnmatchcase(name.lower(), pattern.lower()) for pattern in schema.file_names):
        found, expected = f"the columns of {schema.name}", f"a name like {shown(schema.file_names)} for them"
        yield Finding("file.name", "info", name, "", found, expected, "Read by its columns.")


def _unreadable(tally: Tally, rows: int) -> Iterator[Finding]:
    """The first unreadable cells one by one, the rest in one finding."""
    yield from tally.unreadable
    more = tally.unreadable_cells - len(tally.unreadable)
    if more:
        found = f"{more} more unreadable cells, in {tally.unreadable_rows} of {rows} rows in all"
        yield Finding("file.cell", "error", tally.plan.file_name, "the whole file", found, "numbers in every row")
