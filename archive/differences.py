"""Puts what a file states otherwise than the vintage before into the span tables: the same rows as the whole reading gives.

It decides nothing it cannot prove: where the whole file is needed it says so, before anything is stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from archive.area_changes import AreaMonth, SharedMonth, area_month, area_names, makes_sums_unknown, state_areas
from archive.figures import json_of, load_areas, load_block, month_id_of, note_coverage, place_ids, reasons_by_month
from archive.label_changes import LabelChanges
from archive.labels import AreaLabelBook
from archive.span_tables import Newest, in_force, state_newest
from archive.spans import Stated
from scraper.model import Block, Difference, Family, Key, Missing, Reading


class Earlier(NamedTuple):
    """The file with which a new one may be compared: the newest that is loaded of its family."""

    vintage: int
    sha256: str
    file_name: str
    schema_sha256: str
    """Fingerprint of the schema and the reader by which it was read; only by the same does a line mean the same."""
    cells: dict[str, int]
    """How many keys it states, by month (YYYY-MM-DD)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A difference laid on the months that the earlier vintage covers, newest first."""

    whole: list[Block]
    """Months that the earlier file does not state."""
    shared: list[SharedMonth]
    drops_months: bool
    """Whether the earlier file states months that the new one does not."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A file that may be stated by what differs, because everything else is known to be as the vintage before states it."""

    reading: Reading
    """Of which `blocks` and `missing` hold what differs, and all else is of the whole file."""
    earlier: int
    compared: Comparison
    places: dict[Key, int]
    areas: list[AreaMonth]


def earlier_file(db: Database, family: str, vintage: int) -> Earlier | None:
    """The newest loaded file of a family, where a file stated as `vintage` can be compared with it line by line.

    None where nothing is loaded, where the new vintage is not the newest of the family, and where reading that file needed a
    repair or passed over blank rows: then its lines are not all that its reading said.
    """
    row = db.execute(
        "SELECT l.vintage, f.sha256, f.file_name, l.schema_sha256, l.blank_rows,"
        " EXISTS (SELECT * FROM repairs AS r WHERE r.file_id = l.file_id AND r.family = l.family)"
        " FROM loads AS l JOIN files AS f ON f.file_id = l.file_id WHERE l.family = ? ORDER BY l.vintage DESC LIMIT 1",
        (family,),
    ).fetchone()
    if row is None:
        return None
    number, sha256, file_name, schema_sha256, blank_rows, is_repaired = row
    if number >= vintage or blank_rows or is_repaired:
        return None
    return Earlier(number, sha256, file_name, schema_sha256, _cells(db, family, number))


def _cells(db: Database, family: str, vintage: int) -> dict[str, int]:
    """How many keys a vintage states by month, newest first."""
    rows = db.execute(
        "SELECT m.month, c.cells FROM coverage AS c JOIN months AS m ON m.month_id = c.month_id"
        " WHERE c.family = ? AND c.vintage = ? ORDER BY m.month DESC",
        (family, vintage),
    )
    return dict(rows.fetchall())


def prove(db: Database, earlier: int, difference: Difference) -> Proved | None:
    """What `load_proved` needs to state a whole file, given what it states otherwise than the file of vintage `earlier`.

    `earlier` is that of `earlier_file`. None where only the whole file will do; nothing is stated yet.
    """
    family = difference.stated.family
    compared = _compare(db, earlier, difference)
    if compared is None or makes_sums_unknown(_missing_in(compared.shared, difference)):
        return None
    places = place_ids(db, family, _keys_of(compared))
    names = area_names(db)
    areas = [area_month(db, family, earlier, month, places, names) for month in compared.shared]
    known = [area for area in areas if area is not None]
    if len(known) < len(areas) or any(_stated_twice(db, family, earlier, month, places) for month in compared.shared):
        return None
    return Proved(difference.stated, earlier, compared, places, known)


def load_proved(db: Database, vintage: int, proved: Proved) -> int:
    """State the whole file as `vintage`; returns how many cells changed, as `load_reading` of all of it would.

    The vintage must not state this family yet, and nothing may have been loaded since the proof.
    """
    reading, compared, places = proved.reading, proved.compared, proved.places
    family, newest = reading.family, Newest(vintage, proved.earlier)
    changed = _state_whole(db, vintage, compared.whole, reading, places)
    changed += _state_shared(db, newest, compared.shared, reading, places)
    book = AreaLabelBook(db)
    for area in proved.areas:
        state_areas(db, family, newest, area, book)
    labels = LabelChanges(db, family, newest, places)
    labels.state(compared.whole, compared.shared, drops_months=compared.drops_months)
    return changed


def _compare(db: Database, earlier: int, difference: Difference) -> Comparison | None:
    """None unless new months are newer than all shared ones, and dropped months older: a window that moved on."""
    cells = _cells(db, difference.stated.family, earlier)
    stated = {block.month: block for block in difference.stated.blocks}
    unstated = {block.month: block for block in (difference.unstated.blocks if difference.unstated else ())}
    remaining = [month for month in cells if month not in difference.dropped]
    shared = [_share(month, cells[month], stated.get(month), unstated.get(month)) for month in remaining]
    whole = sorted(stated.keys() - cells.keys(), reverse=True)
    if not remaining or any(month < remaining[0] for month in whole):
        return None
    if any(month > remaining[-1] for month in difference.dropped):
        return None
    return Comparison([stated[month] for month in whole], shared, bool(difference.dropped))


def _share(month: str, cells: int, stated: Block | None, unstated: Block | None) -> SharedMonth:
    stated, unstated = stated or Block(month, {}, {}, {}), unstated or Block(month, {}, {}, {})
    return SharedMonth(month_id_of(month), stated, unstated, cells - len(unstated.values) + len(stated.values))


def _keys_of(compared: Comparison) -> set[Key]:
    keys = {key for block in compared.whole for key in block.values}
    return keys.union(*(month.stated.values.keys() | month.unstated.values.keys() for month in compared.shared))


def _missing_in(shared: list[SharedMonth], difference: Difference) -> Iterator[Missing]:
    months = {month.stated.month for month in shared}
    unstated = difference.unstated.missing if difference.unstated else ()
    return (part for part in (*difference.stated.missing, *unstated) if part.month in months)


def _stated_twice(db: Database, family: Family, earlier: int, month: SharedMonth, places: Mapping[Key, int]) -> bool:
    """Whether a new line states a key that an unchanged line states too: the whole reading names the rows."""
    new = [places[key] for key in month.stated.values.keys() - month.unstated.values.keys()]
    return bool(new and in_force(db, f"{family}_spans", month.month_id, earlier, new))


def _state_whole(db: Database, vintage: int, whole: list[Block], reading: Reading, places: dict[Key, int]) -> int:
    """Months that the earlier file does not state; returns how many cells changed against older vintages, if any state them."""
    family = reading.family
    reasons, total = reasons_by_month(reading.missing), 0
    for block in whole:
        changed = load_block(db, vintage, family, block, places, reasons.get(block.month, {}))
        load_areas(db, vintage, family, block, reading.missing)
        note_coverage(db, family, vintage, block, changed)
        total += changed
    return total


def _state_shared(
    db: Database, newest: Newest, shared: list[SharedMonth], reading: Reading, places: Mapping[Key, int]
) -> int:
    """What differs in months that both files state; returns how many cells changed."""
    family = reading.family
    reasons, total = reasons_by_month(reading.missing), 0
    for month in shared:
        why = reasons.get(month.stated.month, {})
        touched = [places[key] for key in month.touched]
        values: dict[int, Stated] = {places[key]: value for key, value in month.stated.values.items()}
        missing: dict[int, Stated] = {places[key]: (text,) for key, text in why.items()}
        printed: dict[int, Stated] = {places[key]: (json_of(texts),) for key, texts in month.stated.printed.items()}
        changed = state_newest(db, f"{family}_spans", month.month_id, newest, touched, values)
        state_newest(db, f"{family}_missing_spans", month.month_id, newest, touched, missing)
        state_newest(db, f"{family}_printed_spans", month.month_id, newest, touched, printed)
        db.execute(
            "INSERT INTO coverage (family, month_id, vintage, cells, changed) VALUES (?, ?, ?, ?, ?)",
            (family, month.month_id, newest.vintage, month.cells, changed),
        )
        total += changed
    return total
