"""Fetches what a quoted number is held against: every statement about England and the areas, and who stated it.

Reads the reading copy and decides nothing about which number matches which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

LATEST = 1_000_000_000
"""Stands for the end of a statement that is still made."""

ENGLAND, ENGLAND_PART, AREA, SMALL = range(4)
"""How likely a newspaper means it: England's total, one group of England, an area, one practice or LSOA."""

_MEASURES = {"opt_outs": "opt-outs", "list_size": "people on GP lists"}


class Statement(NamedTuple):
    """One value of one month, and the vintages that state it: from `since` up to, not including, `until`."""

    month_id: int
    value: int
    since: int
    until: int


class Cell(NamedTuple):
    """One figure through all months and vintages."""

    family: str
    source: str
    """Family of the file that states it: areas are summed from practices or LSOAs."""
    place: str
    measure: str
    scope: int
    statements: list[Statement]


@dataclass(frozen=True, slots=True)
class Source:
    """The release and file that state something."""

    release: str
    published_on: str
    file_name: str
    sha256: str


class Sources:
    """Who stated what: files by vintage and family, and which vintages cover which month."""

    def __init__(self, copy: Database) -> None:
        rows = copy.execute(
            "SELECT l.vintage, l.family, r.title, v.stated_on, f.file_name, f.sha256 FROM loads AS l"
            " JOIN vintages AS v ON v.vintage = l.vintage JOIN releases AS r ON r.release_id = v.release_id"
            " JOIN files AS f ON f.file_id = l.file_id"
        )
        self._files = {(row[0], row[1]): Source(*row[2:]) for row in rows}
        self._covering: dict[tuple[str, int], list[int]] = {}
        for family, month_id, vintage in copy.execute(
            "SELECT family, month_id, vintage FROM coverage ORDER BY vintage"
        ):
            self._covering.setdefault((family, month_id), []).append(vintage)
        self.months: dict[int, str] = dict(copy.execute("SELECT month_id, month FROM months").fetchall())

    def of(self, family: str, vintage: int) -> Source:
        """The file by which a vintage states a family."""
        return self._files[vintage, family]

    def stating(self, family: str, statements: tuple[Statement, ...]) -> list[int]:
        """Vintages that state all of these, oldest first."""
        shared: set[int] | None = None
        for one in statements:
            covering = {v for v in self._covering.get((family, one.month_id), ()) if one.since <= v < one.until}
            shared = covering if shared is None else shared & covering
        return sorted(shared or ())


def cells_of(copy: Database) -> list[Cell]:
    """Every figure of England and of the areas, England's total first."""
    found = [*_england(copy), *_areas(copy)]
    if any(cell.scope == ENGLAND for cell in found):
        # Our own sum of the practices is left out where the publisher's total stands beside it.
        found = [cell for cell in found if not (cell.family == "areas" and cell.place == "England")]
    return sorted(found, key=lambda cell: cell.scope)


def _england(copy: Database) -> Iterator[Cell]:
    for place_id, age_band, sex in copy.execute("SELECT place_id, age_band, sex FROM age_sex_places").fetchall():
        total = (age_band, sex) == ("all", "all")
        place = "England" if total else f"England, {_group(age_band, sex)}"
        yield from _cells(copy, "age_sex", place_id, "age_sex", place, ENGLAND if total else ENGLAND_PART)


def _group(age_band: str, sex: str) -> str:
    if age_band == "deceased":
        return "deceased people" if sex == "all" else f"deceased people, {sex} sex"
    age = {"all": "all ages", "unknown": "unknown age"}.get(age_band, f"aged {age_band}")
    return age if sex == "all" else f"{sex} sex, {age}"


def _areas(copy: Database) -> Iterator[Cell]:
    rows = copy.execute(
        "SELECT p.place_id, p.area_kind, p.area_code, n.name FROM areas_places AS p"
        " LEFT JOIN places AS n ON n.kind = p.area_kind AND n.code = p.area_code"
    ).fetchall()
    for place_id, kind, code, name in rows:
        place = "England" if kind == "england" else f"{name or code} ({kind.replace('_', ' ')} {code})"
        source = "lsoas" if kind == "local_authority" else "practices"
        yield from _cells(copy, "areas", place_id, source, place, AREA)


def _cells(copy: Database, family: str, place_id: int, source: str, place: str, scope: int) -> Iterator[Cell]:
    """The figures of one place, looked up month by month, since the tables are clustered so."""
    rows = _rows(copy, family, place_id)
    for at, words in enumerate(_MEASURES.values(), start=3):
        statements = [Statement(r[0], r[at], r[1], r[2]) for r in rows if r[at] is not None]
        if statements:
            yield Cell(family, source, place, words, scope, statements)


def _rows(copy: Database, family: str, place_id: int) -> list[tuple[int, ...]]:
    return copy.execute(
        f"SELECT m.month_id, s.since, coalesce(s.until, {LATEST}), s.opt_outs, s.list_size FROM months AS m"
        f" CROSS JOIN {family}_spans AS s ON s.month_id = m.month_id AND s.place_id = ? ORDER BY m.month_id, s.since",
        [place_id],
    ).fetchall()


def small_places(copy: Database, number: int) -> list[Cell]:
    """Practices and LSOAs of which exactly this number is stated, one cell for each."""
    return [
        *_small(copy, "practices", "practice_code", "opt_outs", number),
        *_small(copy, "practices", "practice_code", "list_size", number),
        *_small(copy, "lsoas", "lsoa_code", "opt_outs", number),
    ]


def _small(copy: Database, family: str, code: str, measure: str, number: int) -> list[Cell]:
    rows = copy.execute(
        f"SELECT p.{code}, s.month_id, s.since, coalesce(s.until, {LATEST}) FROM {family}_spans AS s"
        f" JOIN {family}_places AS p ON p.place_id = s.place_id WHERE s.{measure} = ? ORDER BY s.month_id DESC, p.{code}",
        [number],
    )
    kind = "practice" if family == "practices" else "LSOA"
    return [
        Cell(family, family, f"{kind} {row[0]}", _MEASURES[measure], SMALL, [Statement(row[1], number, row[2], row[3])])
        for row in rows
    ]
