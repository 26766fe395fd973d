"""A table to take away: CSV, JSON, and a workbook with a sheet that says what it is and where it comes from.

Cells that a spreadsheet would take for a formula are made harmless in CSV; nothing else is changed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import xlsxwriter

Cell = str | int | float | None
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns, and the lines that must travel with them."""

    name: str
    """A readable name for the file, without its ending."""
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    about: Sequence[str] = field(default_factory=tuple)
    """What it counts, source, licence, caveats: one sentence each."""
    made_up: bool = False


def harmless(cell: Cell) -> Cell:
    """Text that a spreadsheet would run gets an apostrophe before it, as OWASP advises; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_csv(table: Table) -> bytes:
    """UTF-8, CRLF, one header line: the rows alone, so that programs can read it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.columns)
    writer.writerows([harmless(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode()


def as_json(table: Table) -> bytes:
    """An object with `about`, `made_up` and `rows`, each row an object."""
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    whole = {"about": list(table.about), "made_up": table.made_up, "rows": rows}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def as_xlsx(table: Table) -> bytes:
    """A workbook: the rows, with text kept as text, and a sheet README in front of them."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        readme = book.add_worksheet("README")
        readme.set_column(0, 0, 110, wrap)
        warned = ["Made-up figures: this archive watches a pretend publisher."] if table.made_up else []
        readme.write_column(0, 0, [table.name, *warned, *table.about])
        sheet = book.add_worksheet("data")
        sheet.write_row(0, 0, table.columns, bold)
        for at, row in enumerate(table.rows, 1):
            sheet.write_row(at, 0, row)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(table.columns) - 1, 16)
    return out.getvalue()


FORMS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "json": (as_json, "application/json; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""By the ending of an address: how a table is written, and its media type."""
