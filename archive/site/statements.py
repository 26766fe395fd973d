"""A place's figures month by month as one vintage has them, each with the release, file and history of the statement.

Asks and arranges; never sums, never interpolates, never mixes those who live in a place with those registered there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from datasette.app import Datasette

from archive.site.reading import Row, rows

KINDS = ("england", "region", "icb", "sub_icb", "ccg", "local_authority", "practice")
"""Kinds of place that have a page, largest first."""

NEWEST = 10**9
"""A vintage number beyond all others."""


class Source(NamedTuple):
    """Where the figures of a kind of place stand."""

    family: str
    """Family of the span table."""
    coverage: str
    """Family of the file that states them."""
    key: str
    """SQL that picks the place by :kind and :code."""


_AREA = "area_kind = :kind and area_code = :code"
SOURCES = {
    # England is the publisher's own total of people registered with a practice or with none; never a sum of ours.
    "england": Source("age_sex", "age_sex", "age_band = 'all' and sex = 'all' and :kind = 'england'"),
    "local_authority": Source("areas", "lsoas", _AREA),
    "practice": Source("practices", "practices", "practice_code = :code"),
    **{kind: Source("areas", "practices", _AREA) for kind in ("region", "icb", "sub_icb", "ccg")},
}

SERIES = """
select m.month, s.opt_outs, s.list_size, s.since as vintage,
  (select x.reasons from {family}_missing_spans x where x.month_id = s.month_id and x.place_id = s.place_id
    and x.since <= s.since and (x.until is null or x.until > s.since)) as reasons,
  r.title as release, r.series, r.publication, v.stated_on, v.edition, f.file_name, f.sha256, f.first_captured_at, f.origin,
  (select count(*) from coverage c where c.family = :coverage and c.month_id = s.month_id and c.vintage <= :at) as covering,
  (select count(*) from coverage c where c.family = :coverage and c.month_id = s.month_id and c.vintage <= s.since) as nth,
  (select count(*) from {family}_spans o where o.month_id = s.month_id and o.place_id = s.place_id and o.since <= :at) - 1
    as times_changed,
  (select max(n.stated_on) from coverage c join vintages n on n.vintage = c.vintage
    where c.family = :coverage and c.month_id = s.month_id and c.vintage <= :at and c.vintage >= s.since) as last_confirmed_on
from {family}_places p
join {family}_spans s on s.place_id = p.place_id and s.since <= :at and (s.until is null or s.until > :at)
join months m on m.month_id = s.month_id
join vintages v on v.vintage = s.since
join releases r on r.release_id = v.release_id
left join loads l on l.vintage = s.since and l.family = :coverage
left join files f on f.file_id = l.file_id
where {key}
order by m.month
"""
BREAKS = """
select from_on, to_on, title, severity, break_id, dated_by from breaks_by_family
where family = :family and (area_kind is null or area_kind = :kind) and severity <> 'note' order by from_on, break_id
"""
PIN = """
select v.vintage, v.label, v.stated_on, v.edition, r.title, r.series, r.publication
from vintages v join releases r on r.release_id = v.release_id
where r.series = :series and r.publication = :publication and v.edition = :edition
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one vintage states of one month, and where."""

    month: str
    opt_outs: int | None
    list_size: int | None
    reasons: str | None
    """JSON object from measure to reason, where one is null."""
    release: str
    series: str
    publication: str
    stated_on: str
    edition: int
    file_name: str | None
    sha256: str | None
    first_captured_at: str | None
    origin: str | None
    """Where the file came from, if it was handed in."""
    vintage: int
    covering: int
    """Vintages that state this month, up to the one that was asked for."""
    nth: int
    """Which of them said this first, from 1."""
    times_changed: int
    last_confirmed_on: str

    @property
    def per_hundred(self) -> float | None:
        """Opt-outs per hundred registered, on the list size of the same file; None where it states none."""
        if not self.list_size or self.opt_outs is None:
            return None
        return 100 * self.opt_outs / self.list_size

    @property
    def pin(self) -> str:
        """The vintage by names that never move."""
        return f"{self.series}/{self.publication}@{self.edition}"


async def statements(datasette: Datasette, kind: str, code: str, at: int = NEWEST) -> list[Statement]:
    """A place's statements in the order of months, as vintage `at` and those before it have them."""
    source = SOURCES[kind]
    sql = SERIES.format(family=source.family, key=source.key)
    values = {"kind": kind, "code": code, "at": at, "coverage": source.coverage}
    if source.family == "age_sex":
        values.pop("code")
    elif source.family == "practices":
        values.pop("kind")
    found = await rows(datasette, sql, values)
    return [Statement(**row) for row in found]


async def breaks(datasette: Datasette, kind: str) -> list[Row]:
    """Breaks in the series of this kind of place, in order."""
    return await rows(datasette, BREAKS, {"family": SOURCES[kind].family, "kind": kind})


async def pinned(datasette: Datasette, pin: str) -> Row | None:
    """The vintage that a pin (`series/publication@edition`) names; None where there is none."""
    series, _, rest = pin.partition("/")
    publication, _, edition = rest.rpartition("@")
    if not edition.isascii() or not edition.isdigit() or len(edition) > 6:
        return None
    found = await rows(datasette, PIN, {"series": series, "publication": publication, "edition": int(edition)})
    return found[0] if found else None


def crossed(found: list[Row], first: Statement, last: Statement) -> list[Row]:
    """Breaks that lie between two statements: by the months they are about, or by the days they were stated on."""
    months = sorted((first.month, last.month))
    days = sorted((first.stated_on, last.stated_on))
    return [one for one in found if _between(one, days if one["dated_by"] == "release" else months)]


def _between(one: Row, ends: list[str]) -> bool:
    return bool(one["from_on"] <= ends[1] and (one["to_on"] or one["from_on"]) > ends[0])
