"""Sums of a file's practices or LSOAs into areas, by the release's own columns, with the areas' names.

Residence and registration are never mixed: local authorities come from LSOAs alone, all other areas from practices alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from scraper.model import LABELS, Block, Family, Key, Missing, Reason

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
    "age_sex": (),
    "practices": (
        _columns("practices", "ccg", "ccg_ons_code", "ccg_name", "ccg_ons_code"),
        _columns("practices", "sub_icb", "sub_icb_code", "sub_icb_name", "sub_icb_ons_code"),
        _columns("practices", "icb", "icb_code", "icb_name", "icb_ons_code"),
        _columns("practices", "region", "region_code", "region_name", "region_ons_code"),
    ),
    "lsoas": (_columns("lsoas", "local_authority", "local_authority_code", "local_authority_name", None),),
}


def sum_areas(family: Family, block: Block, missing: Iterable[Missing]) -> AreaBlock:
    """Areas of one month's block of `practices` or `lsoas`.

    Opt-outs and list sizes are people. England is summed from practices (registration), people without a practice included; its
    residence sum is left out, because the two differ and the publisher's England figure is the registered one.
    """
    unknown = _unknown_parts(block.month, missing)
    result = AreaBlock({}, {}, {})
    for columns in AREAS[family]:
        _sum_one_kind(columns, block, unknown, result)
    if family == "practices":
        _add_up(ENGLAND, block.values.items(), unknown, result)
        result.names[ENGLAND] = ("England", "E92000001")
    return result


def _unknown_parts(month: str, missing: Iterable[Missing]) -> dict[tuple[Key, str], Reason]:
    return {
        (part.key, part.measure): part.reason
        for part in missing
        if part.month == month and part.reason not in NOT_PART_OF_A_SUM
    }


def _sum_one_kind(
    columns: AreaColumns, block: Block, unknown: dict[tuple[Key, str], Reason], result: AreaBlock
) -> None:
    area_of: dict[tuple[str, ...], AreaKey | None] = {}
    parts: dict[AreaKey, list[tuple[Key, tuple[int | float | None, ...]]]] = {}
    for key, value in block.values.items():
        label = block.labels[key]
        if label not in area_of:
            area_of[label] = _name_area(columns, label, result)
        area = area_of[label]
        if area is not None:
            parts.setdefault(area, []).append((key, value))
    for area, of_area in parts.items():
        _add_up(area, of_area, unknown, result)


def _name_area(columns: AreaColumns, label: tuple[str, ...], result: AreaBlock) -> AreaKey | None:
    """The area that a label names, its name noted; None where the layout has no such column."""
    if not label[columns.code]:
        return None
    area = (columns.kind, label[columns.code])
    result.names[area] = (label[columns.name], label[columns.ons_code] if columns.ons_code is not None else area[1])
    return area


def _add_up(
    area: AreaKey,
    parts: Iterable[tuple[Key, tuple[int | float | None, ...]]],
    unknown: dict[tuple[Key, str], Reason],
    result: AreaBlock,
) -> None:
    opt_outs = list_size = 0
    has_list_size = False
    for _, value in parts:
        opt_outs += int(value[0] or 0)
        if len(value) > 1:
            has_list_size = True
            list_size += int(value[1] or 0)
    reasons = _reasons_of(parts, unknown) if unknown else {}
    if not has_list_size:
        reasons["list_size"] = "not_published"
    result.sums[area] = (
        None if "opt_outs" in reasons else opt_outs,
        None if "list_size" in reasons else list_size,
    )
    if reasons:
        result.reasons[area] = reasons


def _reasons_of(
    parts: Iterable[tuple[Key, tuple[int | float | None, ...]]], unknown: dict[tuple[Key, str], Reason]
) -> dict[str, str]:
    """Measures of an area that are unknown because a part of it is, with the first such part's reason."""
    found: dict[str, str] = {}
    for key, _ in parts:
        for measure in ("opt_outs", "list_size"):
            if (key, measure) in unknown:
                found.setdefault(measure, unknown[key, measure])
    return found
