"""Sums of a file's practices or LSOAs into areas, by the release's own columns, with the areas' names.

Residence and registration are never mixed: local authorities come from LSOAs alone, all other areas from practices alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import NamedTuple

from scraper.model import LABELS, MEASURES, Block, Family, Missing, Reason

AreaKey = tuple[str, str]
"""(area_kind, area_code)."""

ENGLAND: AreaKey = ("england", "E92000001")

NOT_PART_OF_A_SUM: frozenset[Reason] = frozenset({"not_applicable", "unallocated"})
"""Reasons that leave a sum whole: there is nothing to be added. Any other reason makes the sum unknown too."""


class AreaColumns(NamedTuple):
    """Where in a family's labels an area stands."""

    kind: str
    code: int
    name: int
    ons_code: int | None


class AreaBlock(NamedTuple):
    """Sums of one month: opt-outs and list size by area, why one is unknown, and (name, ONS code) as published."""

    sums: dict[AreaKey, tuple[int | None, int | None]]
    reasons: dict[AreaKey, dict[str, str]]
    names: dict[AreaKey, tuple[str, str]]


def _columns(family: Family, kind: str, code: str, name: str, ons_code: str | None) -> AreaColumns:
    labels = LABELS[family]
    return AreaColumns(kind, labels.index(code), labels.index(name), labels.index(ons_code) if ons_code else None)


AREAS: dict[Family, tuple[AreaColumns, ...]] = {
    "practices": (
        _columns("practices", "ccg", "ccg_ons_code", "ccg_name", "ccg_ons_code"),
        _columns("practices", "sub_icb", "sub_icb_code", "sub_icb_name", "sub_icb_ons_code"),
        _columns("practices", "icb", "icb_code", "icb_name", "icb_ons_code"),
        _columns("practices", "region", "region_code", "region_name", "region_ons_code"),
    ),
    "lsoas": (_columns("lsoas", "local_authority", "local_authority_code", "local_authority_name", None),),
}
"""Families that are summed into areas. What a workbook or the dashboard states of areas is kept as stated, never summed."""


def _cells_of(columns: tuple[AreaColumns, ...]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """Takes all that a label says about areas out of it: a code and a name at least."""
    positions = [at for area in columns for at in (area.code, area.name, area.ons_code) if at is not None]
    return itemgetter(*positions)


_CELLS = {family: _cells_of(columns) for family, columns in AREAS.items() if columns}

Name = tuple[str, str]
"""(name, ONS code) of an area, as published together."""

Membership = tuple[tuple[AreaKey, Name], ...]
"""The areas to which a label belongs, each with its name."""


def areas_of(family: Family, label: tuple[str, ...]) -> Membership:
    """The areas to which a label belongs; those of columns that the layout does not have are left out.

    England is summed from practices (registration), people without a practice included; its residence sum is left out, because
    the two differ and the publisher's England figure is the registered one.
    """
    found = [
        ((at.kind, label[at.code]), (label[at.name], label[at.code if at.ons_code is None else at.ons_code]))
        for at in AREAS[family]
        if label[at.code]
    ]
    if family == "practices":
        found.append((ENGLAND, ("England", ENGLAND[1])))
    return tuple(found)


def sum_areas(family: Family, block: Block, missing: Iterable[Missing]) -> AreaBlock:
    """Areas of one month's block of `practices` or `lsoas`. Opt-outs and list sizes are people.

    Where a month prints two names for one area the last in the alphabet stands, so that a blank never does.
    """
    met: dict[tuple[str, ...], Membership] = {}
    totals: dict[AreaKey, list[int]] = {}
    names: dict[AreaKey, Name] = {}
    for cells, (label, opt_outs, list_size) in _sums_by_cells(family, block).items():
        met[cells] = areas_of(family, label)
        for area, name in met[cells]:
            total = totals.setdefault(area, [0, 0])
            total[0] += opt_outs
            total[1] += list_size
            names[area] = max(names.get(area, name), name)
    reasons = _reasons(family, block, missing, met, totals)
    sums = {area: _without(total, reasons.get(area, {})) for area, total in totals.items()}
    return AreaBlock(sums, reasons, names)


def _sums_by_cells(family: Family, block: Block) -> dict[tuple[str, ...], tuple[tuple[str, ...], int, int]]:
    """By all that a label says about areas: one such label, and the sums of opt-outs and list sizes of its places.

    A few hundred labels differ in that, of 33,000: each place is so added once, and not to every area it is in.
    """
    cells_of, has_list_size = _CELLS[family], "list_size" in MEASURES[family]
    found: dict[tuple[str, ...], list[int]] = {}
    labels: dict[tuple[str, ...], tuple[str, ...]] = {}
    for key, value in block.values.items():
        cells = cells_of(block.labels[key])
        sums = found.get(cells)
        if sums is None:
            sums, labels[cells] = found.setdefault(cells, [0, 0]), block.labels[key]
        sums[0] += int(value[0] or 0)
        if has_list_size:
            sums[1] += int(value[1] or 0)
    return {cells: (labels[cells], sums[0], sums[1]) for cells, sums in found.items()}


def _without(total: list[int], reasons: dict[str, str]) -> tuple[int | None, int | None]:
    """(opt_outs, list_size), None in the place of what is unknown."""
    return None if "opt_outs" in reasons else total[0], None if "list_size" in reasons else total[1]


def _reasons(
    family: Family,
    block: Block,
    missing: Iterable[Missing],
    met: dict[tuple[str, ...], Membership],
    areas: Iterable[AreaKey],
) -> dict[AreaKey, dict[str, str]]:
    """Measures of areas that are unknown because a part of them is, with the first such part's reason."""
    found: dict[AreaKey, dict[str, str]] = {}
    if "list_size" not in MEASURES[family]:
        found = {area: {"list_size": "not_published"} for area in areas}
    unknown = (m for m in missing if m.month == block.month and m.reason not in NOT_PART_OF_A_SUM)
    for part in unknown:
        for area, _ in met[_CELLS[family](block.labels[part.key])]:
            found.setdefault(area, {}).setdefault(part.measure, part.reason)
    return found
