"""`/compare?a=&b=`: two releases laid beside each other, in three classes: value, only printed text, only a label.

Never calls a difference a restatement that is not one of value, or an area restated whose members only moved, and never
compares months that only one of the two covers.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import NamedTuple, cast, get_args
from urllib.parse import urlencode

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request
from sqlite_utils import Database

from archive.compare import ComparedFamily, Comparison, Difference, Differences, compare
from archive.site.moved_areas import told_apart, touched_areas
from archive.site.page import page
from archive.site.place import COUNTS
from archive.site.reading import DATABASE, Row, rows
from archive.site.release_pages import FAMILIES
from archive.site.said_so import said_so

VINTAGES = """
select v.vintage, v.stated_on, v.edition, r.title, r.series, r.publication,
  (select group_concat(family, ' ') from loads l where l.vintage = v.vintage) as families
from vintages v join releases r on r.release_id = v.release_id order by v.vintage desc
"""
FILES = """
select f.file_name, f.sha256, f.first_captured_at, f.origin, f.file_id,
  group_concat(l.schema || ' (' || substr(l.schema_sha256, 1, 12) || ')', ', ') as layouts,
  (select sum(r.count) from repairs r where r.file_id = f.file_id) as repairs
from loads l join files f using (file_id)
where l.vintage = :vintage group by f.file_id order by f.file_name
"""
BREAKS = """
select title from breaks where dated_by = 'release' and severity <> 'note' and from_on > :a and from_on <= :b
order by from_on, break_id
"""
SHOWN, GLIMPSE = 120, 20
"""Cells shown of each class where one family is asked for, and where all are; the counts are of all."""

PRACTICES = """
select distinct p.practice_code as code from practices_places p join practices_spans s using (place_id)
where p.practice_code in (select value from json_each(:codes)) and s.since <= :newer and (s.until is null or s.until > :newer)
  and s.month_id = (select max(c.month_id) from coverage c where c.family = 'practices' and c.vintage = :newer)
"""

CLASSES = (
    ("value", "Restated", "the same cell, another value"),
    (
        "moved",
        "Put elsewhere",
        "its members were put elsewhere, added or left out, none stated otherwise: no revision of people",
    ),
    ("text", "Printed otherwise", "the same value, another spelling of the number"),
    ("label", "Named otherwise", "the same value under another name or label"),
    ("dropped", "Not stated any more", "rows that the later release leaves out of a month it still covers"),
    ("added", "Newly stated", "rows that the earlier release did not have for a month that it covered"),
)


async def compare_page(datasette: Datasette, request: Request) -> Response:
    """The comparison that the form asks for; without one, the newest vintage with the one before it."""
    vintages = await rows(datasette, VINTAGES)
    older, newer = chosen(vintages, request.args.get("a", ""), request.args.get("b", ""))
    asked = request.args.get("family", "")
    families = [asked] if asked in get_args(ComparedFamily) else list(get_args(ComparedFamily))
    most = SHOWN if asked in families else GLIMPSE
    # Beside one another: SQLite works without the interpreter's lock, and the areas take as long as all others together.
    found = (
        await asyncio.gather(*(_compare(datasette, one, (older, newer), most) for one in families))
        if older and newer
        else []
    )
    gone = sorted({cell.key for one in found if one.family == "practices" for cell in one.dropped.cells})
    asked_of = {"newer": newer["vintage"], "codes": json.dumps(gone)} if newer and gone else None
    in_newest = {one["code"] for one in await rows(datasette, PRACTICES, asked_of)} if asked_of else set()
    context = {
        "vintages": vintages, "older": older, "newer": newer, "asked": asked, "classes": CLASSES, "shown": most,
        "comparisons": [one for one in found if one.months], "names": FAMILIES, "families": get_args(ComparedFamily),
        "restated": sum(one.value.rows for one in found), "counts": COUNTS,
        "causes": Causes(in_newest), "pins": urlencode({"a": pin(older), "b": pin(newer)}, safe="/@") if older and newer else "",
        "said": await said_so(datasette, older, newer) if older and newer else None,
        "crossed": await rows(datasette, BREAKS, {"a": older["stated_on"], "b": newer["stated_on"]}) if older and newer else [],
        "sides": [(one, await rows(datasette, FILES, {"vintage": one["vintage"]})) for one in (older, newer) if one],
    }  # fmt: skip
    return await page(datasette, request, "compare.html", context)


def chosen(vintages: list[Row], a: str, b: str) -> tuple[Row | None, Row | None]:
    """The two vintages that were asked for, by number or by pin (`series/publication@edition`, which never moves), older first.

    Where one was not asked for, or is not known: the newest, and the newest before it that states any of the same figures.
    """
    by_number = {str(one["vintage"]): one for one in vintages}
    by_number |= {f"{one['series']}/{one['publication']}@{one['edition']}": one for one in vintages}
    newer = by_number.get(b) or (vintages[0] if vintages else None)
    others = [one for one in vintages if newer is None or one["vintage"] < newer["vintage"]]
    alike = [one for one in others if newer and set(_families(one)) & set(_families(newer))]
    older = by_number.get(a) or next(iter([*alike, *others]), None)
    if older is not None and newer is not None and older["vintage"] > newer["vintage"]:
        older, newer = newer, older
    return older, newer


def _families(vintage: Row) -> list[str]:
    return (vintage["families"] or "").split()


def pin(vintage: Row) -> str:
    """A vintage by names that never move."""
    return f"{vintage['series']}/{vintage['publication']}@{vintage['edition']}"


class Told(NamedTuple):
    """One family's comparison as the page tells it: areas whose members only moved stand apart."""

    family: str
    months: tuple[str, ...]
    shared_rows: int
    value: Differences
    moved: Differences
    text: Differences
    label: Differences
    dropped: Differences
    added: Differences


class Causes(NamedTuple):
    """Names the cause of a difference as far as the files themselves show it; most are not known, and that is said."""

    in_newest: set[str]
    """Practices shown as dropped that stand in the newest month of the later release."""

    def named(self, family: str, kind: str, one: Difference) -> str:
        """In a few words, without a reason that nobody stated."""
        if kind == "moved":
            return "members put elsewhere, added or left out"
        if kind == "label":
            return "put under another area" if "areas" in (one.field or "") else "another name or spelling"
        if kind == "dropped" and family == "practices" and one.key not in self.in_newest:
            return "gone from the newest month too; whether closed or merged is not stated"
        return "another spelling" if kind == "text" else "not known"


async def _compare(datasette: Datasette, family: str, pair: tuple[Row, Row], most: int) -> Told:
    older, newer = (one["vintage"] for one in pair)

    def asked(conn: sqlite3.Connection) -> Told:
        copy = Database(conn, execute_plugins=False, recursive_triggers=False)
        # Which areas only moved is known of all of them or of none; there are few enough.
        found = compare(copy, cast("ComparedFamily", family), older, newer, most=None if family == "areas" else most)
        return _told(conn, found, most)

    return await datasette.get_database(DATABASE).execute_fn(asked)  # type: ignore[no-any-return]


def _told(conn: sqlite3.Connection, found: Comparison, most: int) -> Told:
    value, moved = found.value, Differences(0, ())
    if found.family == "areas" and value.rows:
        value, moved = told_apart(value, touched_areas(conn, found.older, found.newer))
    shown = [
        one._replace(cells=one.cells[:most])
        for one in (value, moved, found.text, found.label, found.dropped, found.added)
    ]
    return Told(found.family, found.months, found.shared_rows, *shown)
