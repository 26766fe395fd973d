"""Puts one reading into the span tables of the reading copy, as one vintage's statements, in any order of arrival.

It decides nothing about which vintage a file is, and opens no transaction: its caller holds one for the whole release.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlite_utils import Database

from archive.areas import AreaBlock, sum_areas
from archive.labels import AreaLabelBook, LabelBook, base_and_exceptions
from archive.spans import Edits, Span, Stated, changed_between, edits
from scraper.model import Block, Family, Key, Missing, Reading

FAMILY_KEYS: dict[str, tuple[str, ...]] = {
    "age_sex": ("age_band", "sex"),
    "practices": ("practice_code",),
    "lsoas": ("lsoa_code",),
    "areas": ("area_kind", "area_code"),
}

VALUE_COLUMNS: dict[str, tuple[str, ...]] = {
    "age_sex_spans": ("opt_outs", "list_size", "rate"),
    "practices_spans": ("opt_outs", "list_size"),
    "lsoas_spans": ("opt_outs",),
    "areas_spans": ("opt_outs", "list_size"),
    "age_sex_missing_spans": ("reasons",),
    "practices_missing_spans": ("reasons",),
    "lsoas_missing_spans": ("reasons",),
    "areas_missing_spans": ("reasons",),
    "age_sex_printed_spans": ("printed",),
    "practices_printed_spans": ("printed",),
    "lsoas_printed_spans": ("printed",),
    "practices_label_spans": ("label_id",),
    "lsoas_label_spans": ("label_id",),
    "areas_label_spans": ("label_id",),
}
"""Every span table and the columns whose change begins a new span."""

NEWEST_MONTH = 0
"""month_id under which a vintage's newest label of a place stands."""


class Neighbours(NamedTuple):
    """The nearest vintages that cover the same month, before and after the one that is put in."""

    preceding: int | None
    following: int | None


def month_id_of(month: str) -> int:
    """Months since January 2000, so that keys are small and in order; `month` is YYYY-MM-DD."""
    return (int(month[:4]) - 2000) * 12 + int(month[5:7])


def load_reading(db: Database, vintage: int, reading: Reading) -> int:
    """State everything in `reading` as `vintage`; returns how many cells changed against the vintages before.

    The vintage must not state this family yet. The result does not depend on the order in which vintages are put in.
    """
    family = reading.family
    places = _place_ids(db, family, {key for block in reading.blocks for key in block.values})
    reasons = _reasons_by_month(reading.missing)
    changed: dict[str, int] = {}
    for block in sorted(reading.blocks, key=lambda block: block.month):
        changed[block.month] = _load_block(db, vintage, family, block, places, reasons.get(block.month, {}))
        if family != "age_sex":
            _load_areas(db, vintage, family, block, reading.missing)
    if family != "age_sex":
        _load_labels(db, vintage, family, reading.blocks, places)
    for block in reading.blocks:
        _note_coverage(db, family, vintage, block, changed[block.month])
    return sum(changed.values())


def _load_block(
    db: Database, vintage: int, family: Family, block: Block, places: Mapping[Key, int], reasons: Mapping[Key, str]
) -> int:
    month_id = _month_id(db, block.month)
    near = neighbours(db, family, month_id, vintage)
    values: dict[int, Stated] = {places[key]: value for key, value in block.values.items()}
    changed = _state(db, f"{family}_spans", month_id, vintage, near, values)
    _state(db, f"{family}_missing_spans", month_id, vintage, near, {places[k]: (v,) for k, v in reasons.items()})
    printed: dict[int, Stated] = {places[k]: (_json(texts),) for k, texts in block.printed.items()}
    _state(db, f"{family}_printed_spans", month_id, vintage, near, printed)
    return changed


def _load_areas(db: Database, vintage: int, family: Family, block: Block, missing: tuple[Missing, ...]) -> None:
    """Areas of one month. Their neighbours are those of the family they are summed from, kind by kind."""
    areas: AreaBlock = sum_areas(family, block, missing)
    month_id = month_id_of(block.month)
    near = neighbours(db, family, month_id, vintage)
    places = _place_ids(db, "areas", areas.sums.keys())
    own = _places_of_source(db, family)
    book = AreaLabelBook(db)
    for table, stated in (
        ("areas_spans", {places[area]: value for area, value in areas.sums.items()}),
        ("areas_missing_spans", {places[area]: (_json(why),) for area, why in areas.reasons.items()}),
        ("areas_label_spans", {places[area]: (book.label_id(*name),) for area, name in areas.names.items()}),
    ):
        _state(db, table, month_id, vintage, near, stated, only=own)


def _load_labels(
    db: Database, vintage: int, family: Family, blocks: tuple[Block, ...], places: Mapping[Key, int]
) -> None:
    book = LabelBook(db, family)
    base, exceptions = base_and_exceptions(blocks, book)
    table = f"{family}_label_spans"
    near = _neighbours_in_any_month(db, family, vintage)
    _state(db, table, NEWEST_MONTH, vintage, near, {places[key]: (label,) for key, label in base.items()})
    for month, labels in exceptions.items():
        month_id = month_id_of(month)
        near = neighbours(db, family, month_id, vintage)
        _state(db, table, month_id, vintage, near, {places[key]: (label,) for key, label in labels.items()})


def neighbours(db: Database, family: str, month_id: int, vintage: int) -> Neighbours:
    """The nearest vintages that cover a month of a family, other than `vintage` itself."""
    row = db.execute(
        "SELECT max(CASE WHEN vintage < :v THEN vintage END), min(CASE WHEN vintage > :v THEN vintage END)"
        " FROM coverage WHERE family = :family AND month_id = :month_id",
        {"v": vintage, "family": family, "month_id": month_id},
    ).fetchone()
    return Neighbours(*row)


def _neighbours_in_any_month(db: Database, family: str, vintage: int) -> Neighbours:
    row = db.execute(
        "SELECT max(CASE WHEN vintage < :v THEN vintage END), min(CASE WHEN vintage > :v THEN vintage END)"
        " FROM loads WHERE family = :family AND vintage <> :v",
        {"v": vintage, "family": family},
    ).fetchone()
    return Neighbours(*row)


def _state(
    db: Database,
    table: str,
    month_id: int,
    vintage: int,
    near: Neighbours,
    stated: Mapping[int, Stated],
    *,
    only: frozenset[int] | None = None,
) -> int:
    """Put one month's statements into one span table; `only` limits what stood there before to these places."""
    before = _in_force(db, table, month_id, near.preceding, only)
    after = _in_force(db, table, month_id, near.following, only)
    found = edits(vintage, before, stated, after, near.following)
    _apply(db, table, month_id, vintage, found)
    if near.following is not None and table.removesuffix("_spans") in FAMILY_KEYS and only is None:
        _recount(db, table.removesuffix("_spans"), month_id, near.following, changed_between(stated, after))
    return found.changed if near.preceding is not None else 0


def _in_force(
    db: Database, table: str, month_id: int, vintage: int | None, only: frozenset[int] | None
) -> dict[int, Span]:
    if vintage is None:
        return {}
    rows = db.execute(
        f"SELECT place_id, since, until, {', '.join(VALUE_COLUMNS[table])} FROM {table}"
        " WHERE month_id = ? AND since <= ? AND (until IS NULL OR until > ?)",
        (month_id, vintage, vintage),
    )
    return {row[0]: Span(row[1], row[2], row[3:]) for row in rows if only is None or row[0] in only}


def _apply(db: Database, table: str, month_id: int, vintage: int, found: Edits) -> None:
    columns = VALUE_COLUMNS[table]
    db.conn.executemany(
        f"UPDATE {table} SET until = ? WHERE month_id = ? AND place_id = ? AND since = ?",
        ((vintage, month_id, place, since) for place, since in found.ended),
    )
    db.conn.executemany(
        f"DELETE FROM {table} WHERE month_id = ? AND place_id = ? AND since = ?",
        ((month_id, place, since) for place, since in found.removed),
    )
    db.conn.executemany(
        f"INSERT INTO {table} (month_id, place_id, since, until, {', '.join(columns)})"
        f" VALUES (?, ?, ?, ?{', ?' * len(columns)})",
        ((month_id, row.place, row.since, row.until, *row.value) for row in found.begun),
    )


def _note_coverage(db: Database, family: Family, vintage: int, block: Block, changed: int) -> None:
    """That this vintage covers the month; the last thing said of a block, so that it is never its own neighbour."""
    db.execute(
        "INSERT INTO coverage (family, month_id, vintage, cells, changed) VALUES (?, ?, ?, ?, ?)",
        (family, month_id_of(block.month), vintage, len(block.values), changed),
    )


def _recount(db: Database, family: str, month_id: int, vintage: int, changed: int) -> None:
    """A vintage was put in before this one: what this one changed is now measured against that."""
    db.execute(
        "UPDATE coverage SET changed = ? WHERE family = ? AND month_id = ? AND vintage = ?",
        (changed, family, month_id, vintage),
    )


def _month_id(db: Database, month: str) -> int:
    month_id = month_id_of(month)
    db.execute("INSERT INTO months (month_id, month) VALUES (?, ?) ON CONFLICT DO NOTHING", (month_id, month))
    return month_id


def _place_ids(db: Database, family: str, keys: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """Integer keys of places, those not seen before added in the order of their codes."""
    columns = FAMILY_KEYS[family]
    table = f"{family}_places"
    known = {row[1:]: row[0] for row in db.execute(f"SELECT place_id, {', '.join(columns)} FROM {table}")}
    new = sorted(set(keys) - known.keys())
    db.conn.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", new)
    if not new:
        return known
    return {row[1:]: row[0] for row in db.execute(f"SELECT place_id, {', '.join(columns)} FROM {table}")}


def _places_of_source(db: Database, family: Family) -> frozenset[int]:
    """Areas that are summed from this family: local authorities from LSOAs, all others from practices."""
    sign = "=" if family == "lsoas" else "<>"
    rows = db.execute(f"SELECT place_id FROM areas_places WHERE area_kind {sign} 'local_authority'")
    return frozenset(row[0] for row in rows)


def _reasons_by_month(missing: tuple[Missing, ...]) -> dict[str, dict[Key, str]]:
    found: dict[str, dict[Key, dict[str, str]]] = {}
    for part in missing:
        found.setdefault(part.month, {}).setdefault(part.key, {})[part.measure] = part.reason
    return {month: {key: _json(why) for key, why in of_month.items()} for month, of_month in found.items()}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
