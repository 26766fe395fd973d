"""Fetches what a quoted number is held against: every statement about England and the areas, and who stated it.

Reads the reading copy and decides nothing about which number matches which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.figures import FAMILY_KEYS, MONTHS, VALUE_COLUMNS, WEEKS, period_of
from archive.quote_places import DECEASED, ENGLAND, ENGLAND_PART, SMALL, SMALL_FAMILIES, Called, places_called

LATEST = 1_000_000_000
"""Stands for the end of a statement that is still made."""

_MEASURES = {
    "opt_outs": "opt-outs", "list_size": "people on GP lists", "population": "people on GP lists", "deceased": "opt-outs",
}  # fmt: skip
"""Columns of people and what they are; those who have died are a place of their own, as in the file by age and sex."""


class Statement(NamedTuple):
    """One value of one day, and the vintages that state it: from `since` up to, not including, `until`."""

    day: int
    """As date.toordinal counts: the first of a month, or any day of the weekly export."""
    value: int
    since: int
    until: int


class Cell(NamedTuple):
    """One figure through all its days and vintages."""

    family: str
    source: str
    """Family of the file that states it: areas are summed from practices or LSOAs."""
    place: str
    measure: str
    scope: int
    statements: list[Statement]

    @property
    def is_weekly(self) -> bool:
        """Whether it is of the weekly dashboard export, of which any two weeks can be subtracted."""
        return self.family == "weekly"


@dataclass(frozen=True, slots=True)
class Source:
    """The release and file that state something."""

    release: str
    published_on: str
    file_name: str
    sha256: str


class Sources:
    """Who stated what: files by vintage and family, and which vintages cover which day."""

    def __init__(self, copy: Database) -> None:
        rows = copy.execute(
            "SELECT l.vintage, l.family, r.title, v.stated_on, f.file_name, f.sha256 FROM loads AS l"
            " JOIN vintages AS v ON v.vintage = l.vintage JOIN releases AS r ON r.release_id = v.release_id"
            " JOIN files AS f ON f.file_id = l.file_id"
        )
        self._files = {(row[0], row[1]): Source(*row[2:]) for row in rows}
        self._covering: dict[tuple[str, int], list[int]] = {}
        for period in (MONTHS, WEEKS):
            for family, day, vintage in copy.execute(
                f"SELECT family, {period.name}, vintage FROM {period.coverage} JOIN {period.table} USING ({period.column})"
                " ORDER BY vintage"
            ):
                self._covering.setdefault((family, _ordinal(day)), []).append(vintage)

    def of(self, family: str, vintage: int) -> Source:
        """The file by which a vintage states a family."""
        return self._files[vintage, family]

    def stating(self, family: str, statements: tuple[Statement, ...]) -> list[int]:
        """Vintages that state all of these, oldest first."""
        shared: set[int] | None = None
        for one in statements:
            covering = {v for v in self._covering.get((family, one.day), ()) if one.since <= v < one.until}
            shared = covering if shared is None else shared & covering
        return sorted(shared or ())


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def cells_of(copy: Database) -> list[Cell]:
    """Every figure of England and of the areas in every family, England's total first."""
    found = [
        cell
        for family in FAMILY_KEYS
        if family not in SMALL_FAMILIES
        for called in places_called(copy, family)
        for cell in _cells(copy, family, called)
    ]
    if any(cell.scope == ENGLAND and cell.family != "areas" for cell in found):
        # Our own sum of the practices is left out where the publisher's total stands beside it.
        found = [cell for cell in found if not (cell.family == "areas" and cell.scope == ENGLAND)]
    return sorted(found, key=lambda cell: cell.scope)


def _cells(copy: Database, family: str, called: Called) -> Iterator[Cell]:
    """The figures of one place, looked up day by day, since the tables are clustered so."""
    measures = counted(family)
    rows = _rows(copy, family, called.place_id, measures)
    for at, measure in enumerate(measures, start=3):
        statements = [Statement(_ordinal(r[0]), r[at], r[1], r[2]) for r in rows if r[at] is not None]
        if statements:
            yield Cell(family, called.source, *_of_whom(called, measure), statements)


def counted(family: str) -> list[str]:
    """A family's columns of people, in order."""
    return [name for name in VALUE_COLUMNS[f"{family}_spans"] if name in _MEASURES]


def _of_whom(called: Called, measure: str) -> tuple[str, str, int]:
    """Place, measure in words and scope: people who have died stand outside the total."""
    if measure != "deceased":
        return called.place, _MEASURES[measure], called.scope
    scope = ENGLAND_PART if called.scope == ENGLAND else called.scope
    return f"{called.place}, {DECEASED}", _MEASURES[measure], scope


def _rows(copy: Database, family: str, place_id: int, measures: list[str]) -> list[tuple[Any, ...]]:
    at, columns = period_of(family), ", ".join(f"s.{name}" for name in measures)
    return copy.execute(
        f"SELECT m.{at.name}, s.since, coalesce(s.until, {LATEST}), {columns} FROM {at.table} AS m"
        f" CROSS JOIN {family}_spans AS s ON s.{at.column} = m.{at.column} AND s.place_id = ?"
        f" ORDER BY m.{at.column}, s.since",
        [place_id],
    ).fetchall()


def small_places(copy: Database, number: int) -> list[Cell]:
    """Practices and LSOAs of which exactly this number is stated, one cell for each time."""
    return [cell for family in SMALL_FAMILIES for cell in _small(copy, family, number)]


def _small(copy: Database, family: str, number: int) -> Iterator[Cell]:
    """One pass over the family's figures, whichever of its measures the number is found in."""
    at, (code,), measures = period_of(family), FAMILY_KEYS[family], counted(family)
    columns = ", ".join(f"s.{name}" for name in measures)
    rows = copy.execute(
        f"SELECT p.{code}, m.{at.name}, s.since, coalesce(s.until, {LATEST}), {columns} FROM {family}_spans AS s"
        f" JOIN {family}_places AS p ON p.place_id = s.place_id JOIN {at.table} AS m ON m.{at.column} = s.{at.column}"
        f" WHERE ? IN ({columns}) ORDER BY s.{at.column} DESC, p.{code}",
        [number],
    )
    for code_of, day, since, until, *values in rows:
        for measure, value in zip(measures, values, strict=True):
            if value == number:
                stated = [Statement(_ordinal(day), number, since, until)]
                yield Cell(family, family, f"{SMALL_FAMILIES[family]} {code_of}", _MEASURES[measure], SMALL, stated)
