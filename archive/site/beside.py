"""Other places of the same kind beside a place: those that were asked for, or those that share the next larger area with it.

Says where a place stands among all of its kind; practices are given no rank.
"""

from __future__ import annotations

from typing import NamedTuple

from datasette.app import Datasette

from archive.site.change import Change, change_between
from archive.site.kind_pages import areas_between, ranks
from archive.site.place import KINDS_WORDS, UNALLOCATED, Place
from archive.site.reading import rows
from archive.site.statements import statements

MOST = 4
NAMED = """
select kind, code, name, ons_code, other_names, postcode from places
where kind = :kind and (code = :asked or name = :asked collate nocase or ons_code = :asked) limit 1
"""
_NEAR = """
select distinct p.kind, p.code, p.name, p.ons_code, p.other_names, p.postcode
from geographies g join geographies o on o.{parent} = g.{parent}
join places p on p.kind = :kind and p.code = o.{code}
where g.{code} = :code and o.{code} not in (:code, '', 'Unallocated') and g.{parent} not in ('', 'Unallocated')
order by p.name limit 12
"""
NEAR = {
    "local_authority": _NEAR.format(code="local_authority_code", parent="sub_icb_code"),
    "sub_icb": _NEAR.format(code="sub_icb_code", parent="icb_code"),
    "icb": _NEAR.format(code="icb_code", parent="region_code"),
}
"""By kind: places that the releases' own labels put into the same next larger area."""
WHY_NEAR = {
    "local_authority": "have neighbourhoods in the same sub-ICB location",
    "sub_icb": "belong to the same ICB",
    "icb": "belong to the same NHS region",
}


class Beside(NamedTuple):
    """What stands beside a place."""

    shown: list[tuple[Place, Change | None]]
    unknown: list[str]
    """What was asked for and is no place of this kind."""
    asked: str
    near: list[Place]
    why: str
    rank: int | None
    """Place in the order of net change, from 1; None where it has none."""
    of: int


async def beside(datasette: Datasette, place: Place, change: Change, at: int, asked: str) -> Beside:
    """The places that `asked` names (codes or names, commas between them), or near ones where it names none."""
    names = [one.strip() for one in asked[:200].split(",") if one.strip()][:MOST]
    found = {name: await rows(datasette, NAMED, {"kind": place.kind, "asked": name}) for name in names}
    near = (
        await rows(datasette, NEAR[place.kind], {"kind": place.kind, "code": place.code}) if place.kind in NEAR else []
    )
    chosen = [row for one in found.values() for row in one] if names else near[:MOST]
    shown = []
    for one in dict.fromkeys(Place(**row) for row in chosen):
        stated = await statements(datasette, one.kind, one.code, at)
        shown.append((one, change_between(stated, change.first.month, change.last.month)))
    rank, of = await _rank(datasette, place, change, at)
    unknown = [name for name, one in found.items() if not one]
    near_places = [Place(**row) for row in near]
    return Beside(shown, unknown, ", ".join(names), near_places, WHY_NEAR.get(place.kind, ""), rank, of)


async def _rank(datasette: Datasette, place: Place, change: Change, at: int) -> tuple[int | None, int]:
    if place.kind not in KINDS_WORDS or place.code == UNALLOCATED:
        return None, 0
    found = await areas_between(datasette, place.kind, change.first.month, change.last.month, at)
    known = ranks(found, "net")
    return known.get(place.code), len(known)
