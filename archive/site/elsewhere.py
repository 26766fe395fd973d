"""What the release workbook and the weekly dashboard say of a place that no monthly file states, newest first.

Never merges a source with another: each figure stands with the source that states it.
"""

from __future__ import annotations

from dataclasses import dataclass

from datasette.app import Datasette

from archive.each_family import filled, words_of
from archive.site.reading import Row, rows
from archive.site.release_pages import FAMILIES

SOURCES = {"workbook_practices": "list_size", "workbook_areas": "list_size", "weekly": "population"}
"""Families of other sources, with the base of each."""
NEWEST = """
select p.{day} as day, p.opt_outs, p.{base} as list_size, r.title as release, r.series, r.publication, v.stated_on,
  f.file_name, f.sha256, f.first_captured_at, f.origin
from {family}_latest p join vintages v on v.vintage = p.since_vintage join releases r on r.release_id = v.release_id
left join loads l on l.vintage = p.since_vintage and l.family = '{family}' left join files f on f.file_id = l.file_id
where {kind} = :kind and {code} = :code and p.opt_outs is not null order by p.{day} desc limit 1
"""
HELD = "select distinct j.value as family from places p, json_each(p.held_in) j where p.kind = :kind"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The newest figure of one place in one other source."""

    family: str
    day: str
    opt_outs: int
    list_size: int | None
    source: Row
    """Release, day, file and hash that state it."""

    @property
    def words(self) -> str:
        """The source's name."""
        return FAMILIES[self.family]

    @property
    def per_hundred(self) -> float | None:
        """Opt-outs per hundred registered, on the list that the same source states."""
        return 100 * self.opt_outs / self.list_size if self.list_size else None


async def elsewhere(datasette: Datasette, kind: str, code: str) -> list[Elsewhere]:
    """The newest figure of each other source that states the place."""
    found: list[Elsewhere] = []
    for family, base in SOURCES.items():
        stated = await rows(datasette, filled(NEWEST, {**words_of(family), "base": base}), {"kind": kind, "code": code})
        found += [Elsewhere(family, one["day"], one["opt_outs"], one["list_size"], one) for one in stated]
    return found


async def sources_of_kind(datasette: Datasette, kind: str) -> list[tuple[str, str]]:
    """Address and name of each other source that states places of a kind."""
    held = {row["family"] for row in await rows(datasette, HELD, {"kind": kind})}
    column = {"workbook_areas": "area_kind", "weekly": "group_kind"}
    return [(f"/optouts/{one}_latest?{column[one]}={kind}", FAMILIES[one]) for one in column if one in held]
