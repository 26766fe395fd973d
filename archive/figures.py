"""Puts one reading into the span tables of the reading copy, as one vintage's statements, in any order of arrival.

It decides nothing about which vintage a file is, and opens no transaction: its caller holds one for the whole release.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlite_utils import Database

from archive.areas import AREAS, AreaBlock, sum_areas
from archive.labels import AreaLabelBook, base_and_exceptions, label_book
from archive.spans import Edits, Span, Stated, changed_between, edits
from scraper.model import DAILY, LABELS, Block, Family, Key, Missing, Reading

FAMILY_KEYS: dict[str, tuple[str, ...]] = {
    "age_sex": ("age_band", "sex"),
    "practices": ("practice_code",),
    "lsoas": ("lsoa_code",),
    "areas": ("area_kind", "area_code"),
    "workbook_england": (),
    "workbook_age_sex": ("age_band", "sex"),
    "workbook_practices": ("practice_code",),
    "workbook_areas": ("area_kind", "area_code"),
    "weekly": ("group_kind", "code"),
}
"""Columns of each family's places; workbook_england has one place and no column for it."""

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
    "workbook_england_spans": ("opt_outs", "list_size", "rate", "deceased"),
    "workbook_age_sex_spans": ("opt_outs", "list_size", "rate"),
    "workbook_practices_spans": ("opt_outs", "list_size", "rate"),
    "workbook_areas_spans": ("opt_outs", "list_size", "rate", "deceased"),
    "weekly_spans": ("opt_outs", "population", "rate"),
    **{
        f"{family}_{what}_spans": (column,)
        for family in ("workbook_england", "workbook_age_sex", "workbook_practices", "workbook_areas", "weekly")
        for what, column in (("missing", "reasons"), ("printed", "printed"))
    },
    "workbook_practices_label_spans": ("label_id",),
    "workbook_areas_label_spans": ("label_id",),
    "weekly_label_spans": ("label_id",),
}
"""Every span table and the columns whose change begins a new span."""

NEWEST_MONTH = 0
"""month_id under which a vintage's newest label of a place stands."""


class Period(NamedTuple):
    """What a family's figures are about: the names of the tables and columns that hold it."""

    table: str
    column: str
    """Column of the number, in its own table and in every span table of the family."""
    name: str
    """Column of the day as text."""
    coverage: str


MONTHS = Period("months", "month_id", "month", "coverage")
WEEKS = Period("weeks", "week_id", "week", "weekly_coverage")


def period_of(name: str) -> Period:
    """The period of a family, or of one of its tables."""
    return WEEKS if name.partition("_")[0] in DAILY else MONTHS


class Neighbours(NamedTuple):
    """The nearest vintages that cover the same month, before and after the one that is put in."""

    preceding: int | None
    following: int | None


def month_id_of(month: str) -> int:
    """Months since January 2000, so that keys are small and in order; `month` is YYYY-MM-DD."""
    return (int(month[:4]) - 2000) * 12 + int(month[5:7])


def _period_id_of(family: str, day: str) -> int:
    """The number of a family's month or week; weeks are numbered by their days since 1 January 2000."""
    if period_of(family) is MONTHS:
        return month_id_of(day)
    return (date.fromisoformat(day) - date(2000, 1, 1)).days


def load_reading(db: Database, vintage: int, reading: Reading) -> int:
    """State everything in `reading` as `vintage`; returns how many cells changed against the vintages before.

    The vintage must not state this family yet. The result does not depend on the order in which vintages are put in.
    """
    family = reading.family
    places = place_ids(db, family, {key for block in reading.blocks for key in block.values})
    reasons = reasons_by_month(reading.missing)
    changed: dict[str, int] = {}
    for block in sorted(reading.blocks, key=lambda block: block.month):
        changed[block.month] = load_block(db, vintage, family, block, places, reasons.get(block.month, {}))
        if family in AREAS:
            load_areas(db, vintage, family, block, reading.missing)
    if LABELS[family]:
        _load_labels(db, vintage, family, reading.blocks, places)
    for block in reading.blocks:
        note_coverage(db, family, vintage, block, changed[block.month])
    return sum(changed.values())


def load_block(
    db: Database, vintage: int, family: Family, block: Block, places: Mapping[Key, int], reasons: Mapping[Key, str]
) -> int:
    """State one month of a family; returns how many cells changed, 0 where no vintage before covers the month."""
    month_id = _period_id(db, family, block.month)
    near = neighbours(db, family, month_id, vintage)
    values: dict[int, Stated] = {places[key]: value for key, value in block.values.items()}
    changed = state_block(db, f"{family}_spans", month_id, vintage, near, values)
    state_block(db, f"{family}_missing_spans", month_id, vintage, near, {places[k]: (v,) for k, v in reasons.items()})
    printed: dict[int, Stated] = {places[k]: (json_of(texts),) for k, texts in block.printed.items()}
    state_block(db, f"{family}_printed_spans", month_id, vintage, near, printed)
    return changed


def load_areas(db: Database, vintage: int, family: Family, block: Block, missing: tuple[Missing, ...]) -> None:
    """Areas of one month. Their neighbours are those of the family they are summed from, kind by kind."""
    areas: AreaBlock = sum_areas(family, block, missing)
    month_id = month_id_of(block.month)
    near = neighbours(db, family, month_id, vintage)
    places = place_ids(db, "areas", areas.sums.keys())
    own = _places_of_source(db, family)
    book = AreaLabelBook(db)
    for table, stated in (
        ("areas_spans", {places[area]: value for area, value in areas.sums.items()}),
        ("areas_missing_spans", {places[area]: (json_of(why),) for area, why in areas.reasons.items()}),
        ("areas_label_spans", {places[area]: (book.label_id(*name),) for area, name in areas.names.items()}),
    ):
        state_block(db, table, month_id, vintage, near, stated, only=own)


def _load_labels(
    db: Database, vintage: int, family: Family, blocks: tuple[Block, ...], places: Mapping[Key, int]
) -> None:
    book = label_book(db, family)
    base, exceptions = base_and_exceptions(blocks, book)
    table = f"{family}_label_spans"
    near = _neighbours_in_any_month(db, family, vintage)
    state_block(db, table, NEWEST_MONTH, vintage, near, {places[key]: (label,) for key, label in base.items()})
    for month, labels in exceptions.items():
        month_id = _period_id_of(family, month)
        near = neighbours(db, family, month_id, vintage)
        state_block(db, table, month_id, vintage, near, {places[key]: (label,) for key, label in labels.items()})


def neighbours(db: Database, family: str, month_id: int, vintage: int) -> Neighbours:
    """The nearest vintages that cover a month (or week) of a family, other than `vintage` itself."""
    period = period_of(family)
    row = db.execute(
        "SELECT max(CASE WHEN vintage < :v THEN vintage END), min(CASE WHEN vintage > :v THEN vintage END)"
        f" FROM {period.coverage} WHERE family = :family AND {period.column} = :month_id",
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


def state_block(
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
    if near == Neighbours(None, None):
        _begin(db, table, ((month_id, place, vintage, None, *value) for place, value in sorted(stated.items())))
        return 0
    before = _in_force(db, table, month_id, near.preceding, only)
    after = _in_force(db, table, month_id, near.following, only)
    found = edits(vintage, before, stated, after, near.following)
    apply_edits(db, table, month_id, vintage, found)
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
        f" WHERE {period_of(table).column} = ? AND since <= ? AND (until IS NULL OR until > ?)",
        (month_id, vintage, vintage),
    )
    return {row[0]: Span(row[1], row[2], row[3:]) for row in rows if only is None or row[0] in only}


def apply_edits(db: Database, table: str, month_id: int, vintage: int, found: Edits) -> None:
    """Write edits of one month of one span table."""
    period = period_of(table).column
    db.conn.executemany(
        f"UPDATE {table} SET until = ? WHERE {period} = ? AND place_id = ? AND since = ?",
        ((vintage, month_id, place, since) for place, since in found.ended),
    )
    db.conn.executemany(
        f"DELETE FROM {table} WHERE {period} = ? AND place_id = ? AND since = ?",
        ((month_id, place, since) for place, since in found.removed),
    )
    _begin(db, table, ((month_id, place, since, until, *value) for place, since, until, value in found.begun))


def _begin(db: Database, table: str, rows: Iterable[tuple[int | float | str | None, ...]]) -> None:
    """Write rows of a span table: month or week, place, since, until, and the values in the order of VALUE_COLUMNS."""
    columns = VALUE_COLUMNS[table]
    db.conn.executemany(
        f"INSERT INTO {table} ({period_of(table).column}, place_id, since, until, {', '.join(columns)})"
        f" VALUES (?, ?, ?, ?{', ?' * len(columns)})",
        rows,
    )


def note_coverage(db: Database, family: Family, vintage: int, block: Block, changed: int) -> None:
    """That this vintage covers the month; the last thing said of a block, so that it is never its own neighbour."""
    period = period_of(family)
    db.execute(
        f"INSERT INTO {period.coverage} (family, {period.column}, vintage, cells, changed) VALUES (?, ?, ?, ?, ?)",
        (family, _period_id_of(family, block.month), vintage, len(block.values), changed),
    )


def _recount(db: Database, family: str, month_id: int, vintage: int, changed: int) -> None:
    """A vintage was put in before this one: what this one changed is now measured against that."""
    period = period_of(family)
    db.execute(
        f"UPDATE {period.coverage} SET changed = ? WHERE family = ? AND {period.column} = ? AND vintage = ?",
        (changed, family, month_id, vintage),
    )


def _period_id(db: Database, family: str, day: str) -> int:
    period, number = period_of(family), _period_id_of(family, day)
    sql = f"INSERT INTO {period.table} ({period.column}, {period.name}) VALUES (?, ?) ON CONFLICT DO NOTHING"
    db.execute(sql, (number, day))
    return number


def place_ids(db: Database, family: str, keys: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """Integer keys of places, those not seen before added in the order of their codes."""
    columns = FAMILY_KEYS[family]
    table = f"{family}_places"
    if not columns:
        db.execute(f"INSERT INTO {table} (place_id) VALUES (1) ON CONFLICT DO NOTHING")
        return {(): 1}
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


def reasons_by_month(missing: tuple[Missing, ...]) -> dict[str, dict[Key, str]]:
    """By month and key, the JSON object from measure to reason."""
    found: dict[str, dict[Key, dict[str, str]]] = {}
    for part in missing:
        found.setdefault(part.month, {}).setdefault(part.key, {})[part.measure] = part.reason
    return {month: {key: json_of(why) for key, why in of_month.items()} for month, of_month in found.items()}


def json_of(value: object) -> str:
    """Compact JSON with sorted keys, so that equal values are equal texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
