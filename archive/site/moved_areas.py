"""Tells areas of which a member was stated otherwise from areas whose members were only put elsewhere, added or left out.

Asks only about two vintages; never says why a member was moved, and never calls a moved boundary a revision of people.
"""

from __future__ import annotations

import sqlite3

from archive.areas import AREAS, ENGLAND
from archive.compare import Difference, Differences
from scraper.model import LABELS

MEASURES = ("opt_outs", "list_size")
"""What areas are sums of, each looked at by itself: a moved practice can have a new list and the same opt-outs."""
TOUCHED = """
with restated as materialized (
  select o.month_id, o.place_id, o.opt_outs is not n.opt_outs as opt_outs, {list_size} as list_size
  from {family}_spans o indexed by {family}_superseded
  join {family}_spans n on n.month_id = o.month_id and n.place_id = o.place_id
    and n.since <= :newer and coalesce(n.until, :newer + 1) > :newer
  where o.until > :older and o.until <= :newer and o.since <= :older
    and (o.opt_outs is not n.opt_outs or {list_size}))
select m.month, {codes}, max(r.opt_outs), max(r.list_size)
from restated r
join {family}_label_spans t on t.month_id in (0, r.month_id) and t.place_id = r.place_id
  and t.since <= :newer and coalesce(t.until, :newer) > :older
join labels l on l.label_id = t.label_id
join geographies g on g.geography_id = l.geography_id
join months m on m.month_id = r.month_id
group by m.month, {codes}
"""
CODES: dict[str, list[tuple[str, str]]] = {
    family: [(one.kind, LABELS[family][one.code]) for one in columns] for family, columns in AREAS.items()
}
"""Kinds of area that are summed from a family, and the column that has their code."""

Touched = set[tuple[str, str, str]]
"""(month, key of the area as in `restatements`, measure)."""


def touched_areas(conn: sqlite3.Connection, older: int, newer: int) -> Touched:
    """Areas, by month and measure, of which one vintage states a member otherwise than the other.

    A member counts for the areas that it was in before and for those that it is in now. What differs between the two vintages
    and is not among these differs by members that moved, came or went.
    """
    found: Touched = set()
    for family in AREAS:
        for month, *codes, opt_outs, list_size in _rows(conn, family, older, newer):
            keys = [f"{kind} {code}" for (kind, _), code in zip(CODES[family], codes, strict=True) if code]
            keys += [" ".join(ENGLAND)] if family == "practices" else []
            measures = [name for name, differs in zip(MEASURES, (opt_outs, list_size), strict=True) if differs]
            found.update((month, key, measure) for key in keys for measure in measures)
    return found


def _rows(conn: sqlite3.Connection, family: str, older: int, newer: int) -> list[tuple[str, ...]]:
    list_size = "o.list_size is not n.list_size" if family == "practices" else "0"
    codes = ", ".join(f"g.{column}" for _, column in CODES[family])
    sql = TOUCHED.format(family=family, list_size=list_size, codes=codes)
    return [tuple(row) for row in conn.execute(sql, {"older": older, "newer": newer})]


def told_apart(value: Differences, touched: Touched) -> tuple[Differences, Differences]:
    """Rows of areas that differ in value, as those of restated members and those that differ by moved ones alone."""
    rows: dict[tuple[str, str], list[Difference]] = {}
    for cell in value.cells:
        rows.setdefault((cell.month, cell.key), []).append(cell)
    restated = {row: cells for row, cells in rows.items() if any((*row, one.field) in touched for one in cells)}
    moved = {row: cells for row, cells in rows.items() if row not in restated}
    return _gathered(restated), _gathered(moved)


def _gathered(rows: dict[tuple[str, str], list[Difference]]) -> Differences:
    return Differences(len(rows), tuple(one for cells in rows.values() for one in cells))
