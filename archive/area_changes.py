"""How the areas of one month change when some practices or LSOAs are stated otherwise: sums by difference, and names.

It never sums a month anew, and leaves alone what a difference cannot prove.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlite_utils import Database

from archive.areas import AREAS, NOT_PART_OF_A_SUM, AreaKey, Name, areas_of
from archive.figures import NEWEST_MONTH, json_of, place_ids
from archive.labels import AreaLabelBook
from archive.span_tables import Newest, in_force, state_changed, state_newest
from archive.spans import Span, Stated
from scraper.model import LABELS, MEASURES, Block, Family, Key, Missing

LOOKED_FOR = 50
"""Most areas of a month whose remaining members are looked for one by one; with more, reading the file whole is as fast."""


@dataclass(frozen=True, slots=True)
class SharedMonth:
    """One month that both files state, and what changed in it: keys stated otherwise, as they are and as they were."""

    month_id: int
    stated: Block
    unstated: Block
    cells: int
    """Keys that the new file states, the unchanged ones among them."""

    @property
    def touched(self) -> set[Key]:
        """Keys about which the files' lines are not the same."""
        return self.stated.values.keys() | self.unstated.values.keys()


@dataclass(slots=True)
class AreaChange:
    """What happened to one area's members in one month."""

    opt_outs: int = 0
    list_size: int = 0
    joined: set[Name] = field(default_factory=set)
    """Names that stated lines give the area."""
    left: set[Name] = field(default_factory=set)
    """Names that unstated lines gave it."""

    @property
    def lost(self) -> set[Name]:
        """Names that the area may not bear any more, and with the last of which it is gone."""
        return self.left - self.joined


@dataclass(frozen=True, slots=True)
class AreaMonth:
    """What a new vintage states of the areas of one month that have changed members, by place."""

    month_id: int
    sums: dict[int, Stated]
    names: dict[int, Name]
    before: Mapping[int, Span]
    """Sums that the vintage before states, and its names: looked up for the proof, and once."""
    named: Mapping[int, Span]


def area_changes(family: Family, stated: Block, unstated: Block) -> dict[AreaKey, AreaChange]:
    """Changes of every area that has a member in either block, which state the same month after and before."""
    found: dict[AreaKey, AreaChange] = {}
    for block, sign in ((stated, 1), (unstated, -1)):
        for key, value in block.values.items():
            opt_outs, list_size = int(value[0] or 0), int(value[1] or 0) if len(value) > 1 else 0
            for area, name in areas_of(family, block.labels[key]):
                change = found.setdefault(area, AreaChange())
                change.opt_outs += sign * opt_outs
                change.list_size += sign * list_size
                (change.joined if sign > 0 else change.left).add(name)
    return found


def area_month(
    db: Database,
    family: Family,
    earlier: int,
    month: SharedMonth,
    places: Mapping[Key, int],
    names: Mapping[int, Name],
) -> AreaMonth | None:
    """The areas of one month that change; `places` has the numbers of its members, `names` names of areas by label_id.

    None where a sum is unknown, or an area may have lost its last member or its name: only all members can tell then.
    """
    changes = area_changes(family, month.stated, month.unstated)
    areas = place_ids(db, "areas", changes)
    before = in_force(db, "areas_spans", month.month_id, earlier, [areas[area] for area in changes])
    named = in_force(db, "areas_label_spans", month.month_id, earlier, before)
    touched = json.dumps([places[key] for key in month.touched])
    lost = [(area, name) for area, change in changes.items() for name in change.lost]
    if len(lost) > LOOKED_FOR or not all(_keeps(db, family, earlier, month.month_id, *one, touched) for one in lost):
        return None
    found = AreaMonth(month.month_id, {}, {}, before, named)
    for area, change in changes.items():
        total = _total(before.get(areas[area]), change, "list_size" in MEASURES[family])
        if total is None:
            return None
        found.sums[areas[area]] = total
        found.names[areas[area]] = _name(change, named.get(areas[area]), names)
    return found


def makes_sums_unknown(missing: Iterable[Missing]) -> bool:
    """Whether anything is missing that makes a sum unknown, other than by not being part of it."""
    return any(part.reason not in NOT_PART_OF_A_SUM for part in missing)


def _total(before: Span | None, change: AreaChange, has_list_size: bool) -> Stated | None:
    """(opt_outs, list_size) after the change; None where what it was before is unknown."""
    opt_outs, list_size = (0, 0) if before is None else before.value
    if opt_outs is None or (has_list_size and list_size is None):
        return None
    return int(opt_outs) + change.opt_outs, int(list_size or 0) + change.list_size if has_list_size else None


def _name(change: AreaChange, before: Span | None, names: Mapping[int, Name]) -> Name:
    """The name under which the area stands: the last in the alphabet of those that its members give it."""
    held = set() if before is None else {names[int(before.value[0] or 0)]}
    return max(change.joined | held)


def area_names(db: Database) -> dict[int, Name]:
    """Names of areas by label_id."""
    return {row[0]: (row[1], row[2]) for row in db.execute("SELECT label_id, name, ons_code FROM area_labels")}


def _keeps(db: Database, family: Family, vintage: int, month_id: int, area: AreaKey, name: Name, touched: str) -> bool:
    """Whether an untouched member of the month has this area under this name; places with labels of their own month aside."""
    columns = next((at for at in AREAS[family] if at.kind == area[0]), None)
    wanted = {}
    if columns is not None:
        labels = LABELS[family]
        wanted = {labels[columns.code]: area[1], labels[columns.name]: name[0]}
        wanted |= {labels[columns.ons_code]: name[1]} if columns.ons_code is not None else {}
    in_force_at = "{0}.since <= :vintage AND ({0}.until IS NULL OR {0}.until > :vintage)"
    row = db.execute(
        f"SELECT 1 FROM {family}_label_spans AS s JOIN labels AS l ON l.label_id = s.label_id"
        " JOIN geographies AS g ON g.geography_id = l.geography_id"
        f" JOIN {family}_spans AS f ON f.month_id = :month AND f.place_id = s.place_id AND {in_force_at.format('f')}"
        f" WHERE s.month_id = {NEWEST_MONTH} AND {in_force_at.format('s')}"
        + "".join(f" AND g.{column} = :{column}" for column in wanted)
        + " AND s.place_id NOT IN (SELECT value FROM json_each(:touched))"
        f" AND NOT EXISTS (SELECT 1 FROM {family}_label_spans AS x WHERE x.month_id = :month AND x.place_id = s.place_id"
        f" AND {in_force_at.format('x')}) LIMIT 1",
        {"vintage": vintage, "month": month_id, "touched": touched, **wanted},
    ).fetchone()
    return row is not None


def state_areas(db: Database, family: Family, newest: Newest, month: AreaMonth, book: AreaLabelBook) -> None:
    """Let the newest vintage state these areas of a month so, and all others as the vintage before."""
    places = month.sums.keys()
    names: dict[int, Stated] = {place: (book.label_id(*name),) for place, name in month.names.items()}
    reasons: dict[int, Stated] = {}
    if "list_size" not in MEASURES[family]:
        reasons = dict.fromkeys(places, (json_of({"list_size": "not_published"}),))
    state_changed(db, "areas_spans", month.month_id, newest, month.before, month.sums)
    state_newest(db, "areas_missing_spans", month.month_id, newest, places, reasons)
    state_changed(db, "areas_label_spans", month.month_id, newest, month.named, names)
