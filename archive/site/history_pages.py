"""`/history?key=&month=`: one cell in every vintage that covers its month, in order, with release, day, file, hash and raw row.

Shows what was stated, and the difference from the vintage before; never says why.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import NamedTuple

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import BadRequest, Request

from archive.each_family import written_out
from archive.site.charts import nice
from archive.site.drawing import Dot, Line, Mark, Picture, Words, svg
from archive.site.page import page
from archive.site.place import ENGLAND, Place
from archive.site.reading import Row, rows
from archive.site.release_pages import FAMILIES
from archive.site.statements import KINDS
from archive.site.wording import day, number

VINTAGES = written_out("""
-- for each family:
select '{family}' as family, {key} as key, m.{day} as month, v.vintage, v.edition, v.stated_on, r.title, r.series,
  r.publication, s.opt_outs, s.since, f.file_name, f.sha256, f.first_captured_at, f.origin,
  f.file_id, l.schema, l.schema_sha256,
  (select sum(r.count) from repairs r where r.file_id = f.file_id and r.family = l.family) as repairs
from {family}_places as p
join {periods} as m on substr(m.{day}, 1, length(:month)) = :month
join {coverage} as c on c.family = {source} and c.{period} = m.{period}
join vintages as v on v.vintage = c.vintage
join releases as r on r.release_id = v.release_id
left join {family}_spans as s on s.{period} = m.{period} and s.place_id = p.place_id and s.since <= v.vintage
  and (s.until is null or s.until > v.vintage)
left join loads as l on l.vintage = v.vintage and l.family = {source}
left join files as f on f.file_id = l.file_id
where {key} = :key and :family in ('', '{family}')
-- end
order by 1, 3, 4
""")
PRINTED = written_out("""
-- for each family with printed texts:
select '{family}' as family, m.{day} as month, x.since, x.until, x.printed
from {family}_places as p join {family}_printed_spans as x on x.place_id = p.place_id
join {periods} as m on m.{period} = x.{period} and substr(m.{day}, 1, length(:month)) = :month
where {key} = :key and :family in ('', '{family}')
-- end
""")
PLACES = "select kind, code, name from places where :key in (code, ons_code, kind || ' ' || code)"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 480, 180, 84, 34, 30
DRAWN = 24
"""Vintages that the picture has room for; the table has all."""


class Cell(NamedTuple):
    """One cell: its vintages in order, each with the difference from the one before, and a picture of them."""

    family: str
    month: str
    vintages: list[Row]
    picture: object
    times_changed: int

    @property
    def first(self) -> Row:
        """The first edition that states a figure; the first of all where none does."""
        return next((one for one in self.vintages if one["opt_outs"] is not None), self.vintages[0])

    @property
    def latest(self) -> Row:
        """The newest edition, whatever it states."""
        return self.vintages[-1]


async def history_page(datasette: Datasette, request: Request) -> Response:
    """The history. Raises BadRequest where key or month is missing, NotFound where no vintage covers such a cell."""
    key, month, family = (request.args.get(name, "").strip()[:200] for name in ("key", "month", "family"))
    if not key or not (len(month) in {7, 10} and month.replace("-", "").isdecimal()):
        raise BadRequest(
            f"found key={key!r} and month={month!r}; expected a place's code or key, and a month as YYYY-MM."
        )
    places = await rows(datasette, PLACES, {"key": key})
    cells = [cell for one in _keys(key, places) for cell in await _cells(datasette, one, month, family)]
    if not cells:
        raise NotFound(
            f"No vintage here covers {key} in {month}. Places by name: /areas; months: /optouts/coverage_of_months"
        )
    is_england = key in {"all, all", "England"}
    names = ["England"] if is_england else [one["name"] for one in places] or [key]
    context = {
        "name": names[0], "key": key, "month": cells[0].month, "cells": cells, "families": FAMILIES,
        "feed": ENGLAND.feed if is_england else _feed(places),
    }  # fmt: skip
    return await page(datasette, request, "history.html", context)


def _feed(places: list[Row]) -> str:
    """The feed of the place whose cell it is; that of all changes for a cell of no place, such as an age group."""
    found = [one for one in places if one["kind"] in KINDS]
    return Place(found[0]["kind"], found[0]["code"], found[0]["name"], "", "", "").feed if found else "/feeds/changes"


def _keys(key: str, places: list[Row]) -> list[str]:
    """The key as it was given, and as each family spells the place that it names."""
    spelt = [f"{one['kind']} {one['code']}" for one in places] + [one["code"] for one in places]
    return list(dict.fromkeys(["all, all", key] if key == "England" else [key, *spelt]))


async def _cells(datasette: Datasette, key: str, month: str, family: str) -> list[Cell]:
    asked = {"key": key, "month": month, "family": family}
    found, printed = await rows(datasette, VINTAGES, asked), await rows(datasette, PRINTED, asked)
    for row in found:
        row["printed"] = _printed(row, printed)
    return [_cell(*place, list(group)) for place, group in groupby(found, lambda row: (row["family"], row["month"]))]


def _printed(row: Row, printed: list[Row]) -> list[str]:
    """The file's own text of key and measures, where it is kept beside the figure: not where it is the plain number."""
    for one in printed:
        is_of = (one["family"], one["month"]) == (row["family"], row["month"])
        if is_of and one["since"] <= row["vintage"] and (one["until"] is None or one["until"] > row["vintage"]):
            return list(json.loads(one["printed"]))
    return []


def _cell(family: str, month: str, found: list[Row]) -> Cell:
    for before, row in zip([None, *found], found, strict=False):
        known = before is not None and None not in (before["opt_outs"], row["opt_outs"])
        row["difference"] = row["opt_outs"] - before["opt_outs"] if known and before else None
        row["is_stated"] = row["since"] is not None
        row["is_changed"] = before is not None and before["opt_outs"] != row["opt_outs"]
    picture = svg(vintage_picture(month, found), f"vintages-{family}-{month}")
    return Cell(family, month, found, picture, sum(row["is_changed"] for row in found))


def vintage_picture(month: str, found: list[Row]) -> Picture:
    """A dot for each of the newest vintages, joined as steps: a level line is a figure that was only confirmed."""
    shown = found[-DRAWN:]
    known = [row["opt_outs"] for row in shown if row["opt_outs"] is not None]
    told = "; ".join(
        f"{row['title']}: {'not stated' if row['opt_outs'] is None else number(row['opt_outs'])}" for row in shown
    )
    picture = Picture(WIDTH, HEIGHT, f"{day(month)} as each release stated it", told)
    if not known:
        picture.marks.append(Words(WIDTH / 2, HEIGHT / 2, "No figure to draw", anchor="middle", size=16))
        return picture
    low, high, ticks = nice(min(known), max(known))

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    step = (WIDTH - LEFT - 30) / max(1, len(shown) - 1)
    places = [(LEFT + 10 + step * n, y(row["opt_outs"])) for n, row in enumerate(shown) if row["opt_outs"] is not None]
    grid: list[Mark] = [Line(((LEFT, y(tick)), (WIDTH - 10, y(tick))), "grid") for tick in ticks]
    labels = [
        Words(LEFT - 6, y(tick) + 4, number(round(tick, 2) if tick % 1 else round(tick)), anchor="end")
        for tick in ticks
    ]
    ends = [
        Words(LEFT, HEIGHT - 8, day(shown[0]["stated_on"])),
        Words(WIDTH - 10, HEIGHT - 8, day(shown[-1]["stated_on"]), anchor="end"),
    ]
    picture.marks += [Words(12, 18, picture.title, "ink", 14), *grid, *labels, *ends]
    picture.marks += [Line(tuple(_steps(places)), "area", 2), *(Dot(*place, 4, "area") for place in places)]
    return picture


def _steps(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Each level held until the next vintage."""
    corners = [places[0]]
    for place in places[1:]:
        corners += [(place[0], corners[-1][1]), place]
    return corners
