"""Lays a vintage beside the one before it and tells what is not plausible: rows, totals, months, columns.

Only ever warns: a figure stands as it was stated, however odd. Never reads a file; its columns are counted elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from archive.figures import period_of
from scraper.model import MEASURES, Family, Finding

MOST = 0.25
"""A change beyond this part of the edition before is looked at by a person; the spring of 2021 went beyond it, and is true."""

ADVICE = "Look at the file. Its figures stand as stated; what the publisher says of the change belongs into a note."


class Edition(NamedTuple):
    """What one vintage states of one family, from afar."""

    file_name: str
    sha256: str
    published_on: str
    months: dict[str, int]
    """Cells stated by month (YYYY-MM-DD; a day in the weekly export)."""
    total: int
    """Sum of the first measure over all its rows of the newest month that it shares with the other edition; 0 without one."""
    columns: int | None
    """Columns of the header; None where it has no single one."""


def editions(copy: Database, family: Family, number: int) -> tuple[Edition, Edition] | None:
    """A loaded vintage and the newest one before it that states the family; None where it is the first."""
    row = copy.execute("SELECT max(vintage) FROM loads WHERE family = ? AND vintage < ?", [family, number]).fetchone()
    if row[0] is None:
        return None
    months = {vintage: _months(copy, family, vintage) for vintage in (row[0], number)}
    shared = max(months[row[0]].keys() & months[number].keys(), default=None)
    before, now = (_edition(copy, family, vintage, months[vintage], shared) for vintage in (row[0], number))
    return before, now


def _months(copy: Database, family: Family, vintage: int) -> dict[str, int]:
    period = period_of(family)
    return dict(
        copy.execute(
            f"SELECT d.{period.name}, c.cells FROM {period.coverage} AS c JOIN {period.table} AS d USING ({period.column})"
            " WHERE c.family = ? AND c.vintage = ?",
            [family, vintage],
        ).fetchall()
    )


def _edition(copy: Database, family: Family, vintage: int, months: dict[str, int], shared: str | None) -> Edition:
    name, sha256, published_on = copy.execute(
        "SELECT f.file_name, f.sha256, v.published_on FROM loads AS l JOIN files AS f USING (file_id)"
        " JOIN vintages AS v ON v.vintage = l.vintage WHERE l.vintage = ? AND l.family = ?",
        [vintage, family],
    ).fetchone()
    return Edition(name, sha256, published_on, months, _total(copy, family, vintage, shared), None)


def _total(copy: Database, family: Family, vintage: int, day: str | None) -> int:
    period, measure = period_of(family), MEASURES[family][0]
    return int(
        copy.execute(
            f"SELECT coalesce(sum(s.{measure}), 0) FROM {family}_spans AS s JOIN {period.table} AS d USING ({period.column})"
            f" WHERE d.{period.name} = ? AND s.since <= ? AND (s.until IS NULL OR s.until > ?)",
            [day, vintage, vintage],
        ).fetchone()[0]
    )


def implausible(family: Family, before: Edition, now: Edition) -> list[Finding]:
    """What a person should look at in an edition, beside the one before it.

    Warnings `gate.rows`, `gate.total`, `gate.month` and `gate.columns`.
    """
    newest, last = max(now.months, default=""), max(before.months, default="")
    found = []
    if _is_off(now.months.get(newest, 0), before.months.get(last, 0)):
        found.append(_finding("gate.rows", family, now, f"{now.months.get(newest, 0)} rows of {newest}",
                              f"about {before.months[last]} as {before.file_name} has of {last}"))  # fmt: skip
    if _is_off(now.total, before.total):
        day = max(now.months.keys() & before.months.keys())
        found.append(_finding("gate.total", family, now, f"a sum of {now.total} for {day}",
                              f"about {before.total} as {before.file_name} stated for it"))  # fmt: skip
    if newest < last or newest > now.published_on:
        expected = f"a day from {last}, as {before.file_name} has, to {now.published_on}, its publication"
        found.append(_finding("gate.month", family, now, f"figures up to {newest}", expected))
    if now.columns is not None and before.columns is not None and now.columns < before.columns:
        found.append(_finding("gate.columns", family, now, f"{now.columns} columns",
                              f"{before.columns} as {before.file_name} has"))  # fmt: skip
    return found


def _is_off(now: int, before: int) -> bool:
    return before > 0 and abs(now - before) > MOST * before


def _finding(code: str, family: Family, now: Edition, found: str, expected: str) -> Finding:
    return Finding(code, "warning", now.file_name, family, found, expected, ADVICE, now.sha256)
