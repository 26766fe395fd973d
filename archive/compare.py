"""Says what differs between two vintages, in three classes: the value, only its printed text, only a label.

It never calls a difference a restatement that is not one of value, and never compares months that only one of the two covers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from sqlite_utils import Database

from archive.errors import ArchiveError
from archive.figures import period_of
from archive.site.compose import question_of_family

ComparedFamily = Literal[
    "age_sex", "practices", "lsoas", "areas", "workbook_england", "workbook_age_sex", "workbook_practices", "workbook_areas",
    "weekly",
]  # fmt: skip

QUESTION = "compare_vintages"
"""The statement of SQL that finds all differences: the same one that readers ask on the site, for one family at a time."""


class Difference(NamedTuple):
    """One cell that is told otherwise; None for both where the row as a whole went or came."""

    month: str
    key: str
    """As in `restatements`: age group and sex, practice code, LSOA code, kind and code of an area, or England."""
    field: str | None
    before: int | float | str | None
    after: int | float | str | None


class Differences(NamedTuple):
    """One class of differences."""

    rows: int
    """How many rows of the publisher's file differ in this way; a row can differ in several cells."""
    cells: tuple[Difference, ...]
    """The cells, by month and key; not all of them where a bound was given."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two vintages of one family over the months that both cover."""

    family: str
    older: int
    newer: int
    months: tuple[str, ...]
    shared_rows: int
    """Rows (month and key) that both state."""
    value: Differences
    """Counts exactly, rates as the archive keeps them: settled on 100 * opt_outs / list_size where they agree to 5e-9."""
    text: Differences
    """Number cells whose printed text differs though the value does not."""
    label: Differences
    """Printed keys (Oct-19 for 10-19), names, postcodes and areas that differ. A row can differ in text and label both."""
    dropped: Differences
    added: Differences


def compare(copy: Database, family: ComparedFamily, a: int, b: int, *, most: int | None = None) -> Comparison:
    """What differs between vintages `a` and `b`, read from the older to the newer; at most `most` cells told of each class.

    Raises ArchiveError for a family or a vintage that is not there.
    """
    if family not in get_args(ComparedFamily):
        raise ArchiveError(f"family: found {family!r}; expected one of {', '.join(get_args(ComparedFamily))}.")
    older, newer = sorted((_known(copy, a), _known(copy, b)))
    months, rows = _shared(copy, family, older, newer)
    gathered = _gather(copy, family, older, newer, most)
    return Comparison(
        family, older, newer, months, rows - gathered["dropped"].rows,
        gathered["value"], gathered["text"], gathered["label"], gathered["dropped"], gathered["added"],
    )  # fmt: skip


def _known(copy: Database, vintage: int) -> int:
    if copy.execute("SELECT 1 FROM vintages WHERE vintage = ?", [vintage]).fetchone() is None:
        newest = copy.execute("SELECT max(vintage) FROM vintages").fetchone()[0]
        expected = f"a number from 1 to {newest}" if newest else "one that is loaded, and none is"
        raise ArchiveError(f"vintage: found {vintage}; expected {expected}. The table vintages lists them.")
    return vintage


def _shared(copy: Database, family: str, older: int, newer: int) -> tuple[tuple[str, ...], int]:
    """The months (or weeks) that both cover, and how many rows the older one states in them."""
    at = period_of(family)
    rows = copy.execute(
        f"SELECT m.{at.name}, o.family, o.{at.column}, o.cells FROM {at.coverage} AS o"
        f" JOIN {at.coverage} AS n USING (family, {at.column}) JOIN {at.table} AS m USING ({at.column})"
        f" WHERE o.vintage = ? AND n.vintage = ? ORDER BY m.{at.name}",
        [older, newer],
    ).fetchall()
    if family != "areas":
        own = [row for row in rows if row[1] == family]
        return tuple(row[0] for row in own), sum(row[3] for row in own)
    summed = [row for row in rows if row[1] in {"practices", "lsoas"}]
    stated = sum(_areas_stated(copy, source, month_id, older) for _, source, month_id, _ in summed)
    return tuple(dict.fromkeys(row[0] for row in summed)), stated


def _areas_stated(copy: Database, source: str, month_id: int, vintage: int) -> int:
    """Areas summed from a family's file for a month: local authorities from LSOAs, all others from practices."""
    row = copy.execute(
        "SELECT count(*) FROM areas_spans AS s JOIN areas_places AS p ON p.place_id = s.place_id WHERE s.month_id = :month_id"
        " AND s.since <= :vintage AND (s.until IS NULL OR s.until > :vintage)"
        " AND (p.area_kind = 'local_authority') = (:source = 'lsoas')",
        {"month_id": month_id, "vintage": vintage, "source": source},
    ).fetchone()
    return int(row[0])


def _gather(copy: Database, family: str, older: int, newer: int, most: int | None) -> dict[str, Differences]:
    """Cells by class, in order; rows are counted in full also where not all cells are told."""
    kept: dict[str, list[Difference]] = {name: [] for name in ("value", "text", "label", "dropped", "added")}
    rows: Counter[str] = Counter()
    last: dict[str, tuple[str, str]] = {}
    for name, cell in _differences(copy, family, older, newer):
        if last.get(name) != (cell.month, cell.key):
            # The cells of one row follow one another.
            rows[name] += 1
            last[name] = (cell.month, cell.key)
        if most is None or len(kept[name]) < most:
            kept[name].append(cell)
    return {name: Differences(rows[name], tuple(sorted(cells, key=_place))) for name, cells in kept.items()}


def _place(cell: Difference) -> tuple[str, str, str]:
    return cell.month, cell.key, cell.field or ""


def _differences(copy: Database, family: str, older: int, newer: int) -> Iterator[tuple[str, Difference]]:
    asked = {"family": family, "a": str(older), "b": str(newer)}
    for name, month, _, key, field, before, after, *_ in copy.execute(question_of_family(QUESTION, family), asked):
        yield name, Difference(month, key, field, before, after)
