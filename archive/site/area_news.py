"""What is new of one place: figures that a release stated first, and cells that a later one stated otherwise.

Asks for one place only; words items as news.py has them, and calls no move of boundaries a revision of people.
"""

from __future__ import annotations

from datasette.app import Datasette

from archive.site.change import change_between, sentence
from archive.site.feeds import name_of
from archive.site.items import ONLY_MOVED, Item, Link, compare_path, dated, edition_of, labelled, newest_first, signed
from archive.site.moved_areas import CODES
from archive.site.place import KIND_WORDS, Place
from archive.site.reading import Row, rows
from archive.site.statements import SOURCES, Source, Statement, statements
from archive.site.wording import day, instant, number

CELLS = """
select m.month, o.opt_outs as old, n.opt_outs as new, ro.series as old_series, ro.publication as old_publication,
  vo.edition as old_edition, ro.title as old_title, vn.edition as new_edition, rn.title as new_title, vn.stated_on,
  rn.series, rn.publication, f.sha256, f.first_captured_at, f.origin,
  {only_moved} as only_moved
from {family}_places p
join {family}_spans o on o.place_id = p.place_id and o.until is not null
join {family}_spans n on n.month_id = o.month_id and n.place_id = o.place_id and n.since = o.until
join months m on m.month_id = o.month_id
join vintages vo on vo.vintage = o.since join releases ro on ro.release_id = vo.release_id
join vintages vn on vn.vintage = n.since join releases rn on rn.release_id = vn.release_id
left join loads l on l.vintage = n.since and l.family = :coverage
left join files f on f.file_id = l.file_id
where {key} and o.opt_outs is not n.opt_outs
"""
PARTS_ONLY_MOVED = """not exists (select 1 from {parts}_spans a
  join {parts}_spans b on b.month_id = a.month_id and b.place_id = a.place_id and b.since = a.until
  join {parts}_label_spans t on t.month_id in (0, a.month_id) and t.place_id = a.place_id
    and t.since <= n.since and coalesce(t.until, n.since) >= n.since
  join labels l on l.label_id = t.label_id join geographies g on g.geography_id = l.geography_id
  where a.until = n.since and a.month_id = n.month_id and a.opt_outs is not b.opt_outs and g.{column} = p.area_code)"""
"""Whether no practice or neighbourhood that was or is in the area is stated otherwise for that month."""
FIRST = """
select min(c.vintage) as vintage, max(m.month) as month from coverage c join months m using (month_id)
where c.family = :coverage group by c.month_id
"""
NEW_FIGURES = 24
"""Releases of which a feed tells the new figures."""


async def area_items(datasette: Datasette, place: Place, *, is_made_up: bool) -> list[Item]:
    """Items of one place, newest first."""
    source = SOURCES[place.kind]
    found = [_cell(place, source, row, is_made_up) for row in await _cells(datasette, place, source)]
    found += await _figures(datasette, place, source, is_made_up)
    return newest_first(found)


async def _cells(datasette: Datasette, place: Place, source: Source) -> list[Row]:
    moved = "0"
    if source.family == "areas":
        moved = PARTS_ONLY_MOVED.format(parts=source.coverage, column=dict(CODES[source.coverage])[place.kind])
    sql = CELLS.format(family=source.family, key=source.key, only_moved=moved)
    values = {"kind": place.kind, "code": place.code, "coverage": source.coverage}
    return await rows(datasette, sql, {name: value for name, value in values.items() if f":{name}" in sql})


def _cell(place: Place, source: Source, row: Row, is_made_up: bool) -> Item:
    difference = signed(row["new"] - row["old"]) if None not in (row["new"], row["old"]) else "not stated on one side"
    releases = f"release of {edition_of(row, 'new')} against {edition_of(row, 'old')}"
    notes: tuple[str, ...] = (f"{number(row['old'])} before, {number(row['new'])} after.",)
    if row["only_moved"]:
        lead = "Boundaries or rows moved"
        notes += (ONLY_MOVED,)
    else:
        lead = "Revised"
    title = labelled(f"{lead}: {place.name}, {day(row['month'])}, {difference} ({releases})", is_made_up)
    links = (
        Link("History of the cell", place.history(row["month"])),
        Link("Compare the two", compare_path(row, source.family)),
    )
    pin = f"{row['series']}/{row['publication']}@{row['new_edition']}"
    identity = name_of(f"cell {place.kind}/{place.code} {row['month']} {pin}")
    when = f"Stated on {day(row['stated_on'])}.{_captured(row['first_captured_at'], row['origin'])}"
    at = dated(row["stated_on"], row["first_captured_at"], row["origin"])
    return Item("boundaries" if row["only_moved"] else "restated", identity, title, at, when, links, notes=notes)


def _captured(first_captured_at: str | None, origin: str | None) -> str:
    if origin:
        return f" Handed in, origin: {origin}."
    return f" First captured {instant(first_captured_at)}." if first_captured_at else ""


async def _figures(datasette: Datasette, place: Place, source: Source, is_made_up: bool) -> list[Item]:
    """One item for each release that stated a month first: the place's newest month in it, as that release had it."""
    firsts: dict[int, str] = {}
    for row in await rows(datasette, FIRST, {"coverage": source.coverage}):
        firsts[row["vintage"]] = max(row["month"], firsts.get(row["vintage"], ""))
    told: list[Item] = []
    for vintage in sorted(firsts, reverse=True)[:NEW_FIGURES]:
        found = await statements(datasette, place.kind, place.code, vintage)
        stated = [one for one in found if one.month == firsts[vintage]]
        if stated:
            england = await statements(datasette, "england", "england", vintage) if place.kind != "england" else []
            told.append(_figure(place, found, england, stated[0], is_made_up))
    return told


def _figure(place: Place, found: list[Statement], england: list[Statement], one: Statement, is_made_up: bool) -> Item:
    first = next((held.month for held in found if held.month >= f"{int(one.month[:4]) - 1}{one.month[4:]}"), one.month)
    change = change_between(found, first, one.month)
    told = sentence(place.whom, change, change_between(england, first, one.month)) if change else ""
    title = labelled(f"{told.rstrip('.')} ({one.release})", is_made_up)
    pinned = f"{place.path}?from={first[:7]}&to={one.month[:7]}&pin={one.pin}"
    links = (Link(place.name, pinned), Link("Release", f"/release/{one.series}/{one.publication}"))
    when = f"Stated on {day(one.stated_on)}.{_captured(one.first_captured_at, one.origin)}"
    identity = name_of(f"figure {place.kind}/{place.code} {one.month} {one.pin}")
    notes = (f"{KIND_WORDS[place.kind]}, code {place.code}.",) if place.kind != "england" else ()
    at = dated(one.stated_on, one.first_captured_at, one.origin)
    return Item("release", identity, title, at, when, links, notes=notes)
