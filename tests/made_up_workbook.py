"""Owns made-up release workbooks in the publisher's shape: four tables with titles, headings, notes; always the same bytes.

Never a real figure, and never a figure of its own: it writes those it is given. Every sheet says that they are made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.made_up_layouts import DECEASED, UNKNOWN_SEX, AgeCells, period_words, workbook

Cell = str | int | float
Row = Sequence[Cell]
Sheet = tuple[str, Sequence[Row]]

MADE_UP = "Made-up figures"
_NOTES = (
    ("Source: MADE-UP SPINE",), (), ("Notes",), ("1. Made-up figures: no real person, practice or area is counted here.",),
    ("Copyright: none, these figures are made up.",),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """What one made-up workbook states of its period (YYYY-MM)."""

    period: str
    england: Sequence[tuple[str, int, int, int]]
    """(month, opt-outs, list size, deceased), newest first."""
    ages: AgeCells
    practices: Sequence[tuple[str, str, int, int]]
    """(code, name, opt-outs, list size)."""
    areas: Sequence[tuple[str, str, str, int, int, int]]
    """(ONS code, code, name, opt-outs, list size, deceased)."""
    unallocated: int
    deceased_unallocated: int = 0


def release_workbook(figures: Figures, layout: Literal["2022", "2023"] = "2022") -> bytes:
    """The workbook as of April 2022, or as the publisher's program of February 2023 writes it."""
    tables = (_england(figures), _ages(figures, layout), _practices(figures), _areas(figures, layout))
    sheets = [_title_sheet(figures, layout), ("Notes and definitions", _beside()), ("Data quality", _beside())]
    for number, (title, header, rows) in enumerate(tables, 1):
        top: list[Row] = [*[()] * 7, ("Return to contents",), (f"Table {number}: {title}",), header]
        sheets.append((f"Table {number}", [*top, *rows, *[()] * (number - 1), *_NOTES]))
    return workbook([(name, [list(row) for row in rows]) for name, rows in sheets])


def _title_sheet(figures: Figures, layout: str) -> Sheet:
    words = period_words(figures.period)
    old = layout == "2022"
    rows: list[Row] = [
        *[()] * 4, ("National Data Opt-out",), (f"England, {words}",) if old else (), (MADE_UP,),
        ("Date Published: ", f"28th {words}") if old else (f"Date Published: 28th {words}",), (), ("Contents",),
        ("Re-use it under the terms of the Open Government Licence v3.0: the figures are made up.",),
    ]  # fmt: skip
    return "Title sheet", rows


def _beside() -> list[Row]:
    return [*[()] * 7, ("Return to contents",), (f"{MADE_UP}: nothing here is the publisher's.",)]


Table = tuple[str, Row, list[Row]]
"""Title without its number, header, rows."""


def _england(figures: Figures) -> Table:
    first, last = (period_words(month[:7]) for month in (figures.england[-1][0], figures.england[0][0]))
    header = ("Date", "ONS code", "Code", "Name", "Opt-out", "List size", "Opt-out Rate", "Deceased ")
    rows: list[Row] = [
        (f"01 {period_words(month[:7])}", "E92000001", "Eng", "England", opt_outs, size, 100 * opt_outs / size, dead)
        for month, opt_outs, size, dead in figures.england
    ]
    return f"Number of national data opt-outs, England, {first} - {last}", header, rows


def _ages(figures: Figures, layout: str) -> Table:
    header = ("Age", "Gender", "Opt-out", "List_size" if layout == "2022" else "List size", "Opt-out Rate")
    rows = list(_age_rows(figures.ages, UNKNOWN_SEX if layout == "2023" else "Unknown"))
    return f"Number of national data opt-outs, by Age and Gender, {period_words(figures.period)}", header, rows


def _age_rows(ages: AgeCells, unknown_dead: str) -> Iterable[Row]:
    for sex in ("Female", "Male", UNKNOWN_SEX):
        for (band, of_sex), (opt_outs, size) in ages.items():
            if of_sex == sex and band != DECEASED and (band == "All") == (sex == UNKNOWN_SEX):
                yield (_band(band), sex, opt_outs, size or "z", 100 * opt_outs / size if size else "z")
    for sex in ("Female", "Male", UNKNOWN_SEX):
        if (DECEASED, sex) in ages:
            yield ("Deceased", unknown_dead if sex == UNKNOWN_SEX else sex, ages[DECEASED, sex][0], "z", "z")


def _band(band: str) -> str:
    return band.replace("-", " to ").replace("+", " +")


def _practices(figures: Figures) -> Table:
    header = ("Practice code", "Practice name", "Opt-out", "List Size", "Opt-out Rate")
    rows: list[Row] = [
        (code, name, opt_outs or "-", size, 100 * opt_outs / size if size else "inf")
        for code, name, opt_outs, size in figures.practices
    ]
    rows.append(("Unallocated", "Unallocated", figures.unallocated, "Unallocated", "z"))
    return f"Number of national data opt-outs, GP Practice, {period_words(figures.period)}", header, rows


def _areas(figures: Figures, layout: str) -> Table:
    header = ("ONS code", "Code", "Name", "Opt-out", "List size", "Opt-out Rate", "Deceased")
    rows: list[Row] = [
        (ons, code, name, opt_outs, size, 100 * opt_outs / size, dead)
        for ons, code, name, opt_outs, size, dead in figures.areas
    ]
    rate = "z" if layout == "2022" else "inf"
    rows.insert(1, (*["Unallocated"] * 3, figures.unallocated, 0, rate, figures.deceased_unallocated))
    kind = "CCG" if layout == "2022" else "Sub-ICB"
    return f"Number of national data opt-outs, {kind} of Registration, {period_words(figures.period)}", header, rows
