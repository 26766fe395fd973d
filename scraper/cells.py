"""What the text of one cell means: a month, a count, a rate, or a reason for none.

Never sees more than one row, and never reads as a number what Python merely tolerates (`+5`, `1_000`, `１２`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from scraper.layout import Schema
from scraper.model import Reason

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

DATE_FORMS: dict[str, re.Pattern[str]] = {
    "dd/mm/yyyy": re.compile(r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{4})"),
    "yyyy-mm-dd": re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
    "dd month yyyy": re.compile(rf"(?P<day>[0-9]{{2}}) (?P<name>{'|'.join(_MONTHS)}) (?P<year>[0-9]{{4}})"),
    "month yyyy": re.compile(rf"(?P<name>{'|'.join(_MONTHS)}) (?P<year>[0-9]{{4}})"),
}
"""Exact date forms by name. Every date published so far is the 1st, so a swapped day and month would still parse."""

_LONGEST_COUNT = 18
"""Digits: more would not fit SQLite's 64-bit integers."""

_RATE = re.compile(r"[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")

_RATE_TOLERANCE = 5e-9
"""A rate that went through Excel is cut to 9 decimals; all others agree with the counts to 5e-10."""


class Cell(NamedTuple):
    """What one measure's text means: a value, or None and the reason."""

    value: int | float | None
    reason: Reason | None = None


UNREADABLE = Cell(None, "unreadable")


def day_of(text: str, form: str) -> date | None:
    """The day that `text` states in this form of DATE_FORMS; None where it is not exactly of the form, or no day."""
    match = DATE_FORMS[form].fullmatch(text)
    if not match:
        return None
    parts = match.groupdict()
    month = _MONTHS.index(parts["name"]) + 1 if "name" in parts else int(parts["month"])
    try:
        return date(int(parts["year"]), month, int(parts.get("day", "1")))
    except ValueError:
        return None


def plain_count(text: str) -> int | None:
    """The count, where `text` is exactly how Python prints a count; else None."""
    digits = text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT
    return int(text) if digits and (text[0] != "0" or text == "0") else None


def count_of(text: str, thousands: str = "") -> int | None:
    """The count: ASCII digits, grouped in threes by the separator where one is given; else None."""
    if thousands and re.fullmatch(rf"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+", text):
        text = text.replace(thousands, "")
    digits = text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT
    return int(text) if digits else None


def cells_of(texts: Sequence[str], key: Mapping[str, str], schema: Schema) -> list[Cell]:
    """What the measures' texts of one row mean, in the order of the schema's measures; `key` is key part -> value."""
    cells: list[Cell] = []
    for measure, text in zip(schema.measures, texts, strict=True):
        cell = _marked(text, measure, key, schema)
        if cell is None:
            cell = rate_cell(text, cells[0], cells[1]) if measure == "rate" else _count_cell(text, measure, schema)
        cells.append(cell)
    return cells


def _marked(text: str, measure: str, key: Mapping[str, str], schema: Schema) -> Cell | None:
    """What the first marker that holds in this row makes of the text; None where none does."""
    for marker in schema.markers:
        here = all(key[part] in values for part, values in marker.where.items())
        if here and marker.measure == measure and marker.printed == text:
            return Cell(marker.means) if isinstance(marker.means, int) else Cell(None, marker.means)
    return None


def _count_cell(text: str, measure: str, schema: Schema) -> Cell:
    count = count_of(text, schema.thousands)
    return UNREADABLE if count is None or (count == 0 and measure not in schema.zeros) else Cell(count)


def rate_cell(text: str, opt_outs: Cell, list_size: Cell) -> Cell:
    """What a rate's text means, in percent: the printed number, settled on 100 * opt_outs / list_size where they agree.

    Settled, so that a rate cut to 9 decimals compares equal with the same rate in full. Where the list size does not
    apply, the publisher's `0` or `0.0` is no rate either.
    """
    rate = float(text) if _RATE.fullmatch(text) else math.inf
    if not math.isfinite(rate):
        return UNREADABLE
    if rate == 0 and list_size.reason == "not_applicable":
        return Cell(None, "not_applicable")
    if opt_outs.value is None or not list_size.value:
        return Cell(rate)
    exact = 100 * opt_outs.value / list_size.value
    return Cell(exact if abs(rate - exact) <= _RATE_TOLERANCE * max(1, abs(rate)) else rate)
