"""Asks the reading copy for everything that news.py makes items of, and keeps the answer while nothing new is read.

Only asks: which rows are one change, and what is said of it, is decided in news.py.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import replace
from typing import NamedTuple
from weakref import WeakKeyDictionary

from datasette.app import Datasette

from archive.site.items import Item
from archive.site.moved_areas import touched_areas
from archive.site.news import Facts, items_of
from archive.site.reading import DATABASE, Row
from archive.site.release_pages import FAMILIES

RELEASES = """
with newest as (
  select v.release_id, v.vintage, max(c.month_id) as month_id
  from vintages v join coverage c on c.vintage = v.vintage and c.family = 'age_sex' where v.edition = 1 group by v.vintage)
select r.series, r.publication, r.title, r.published_on, r.first_captured_at, s.made_up, m.month, a.opt_outs,
  (select max(f.origin) from files f where f.release_id = r.release_id and r.page_address is null) as origin,
  k.not_before_at, k.first_seen_at
from releases r join series s using (series)
left join newest n on n.release_id = r.release_id
left join months m on m.month_id = n.month_id
left join age_sex_places p on p.age_band = 'all' and p.sex = 'all'
left join age_sex_spans a on a.month_id = n.month_id and a.place_id = p.place_id and a.since <= n.vintage
  and (a.until is null or a.until > n.vintage)
left join (select series, address, min(first_seen_at) as first_seen_at, not_before_at from presence
  where state = 'present' and purpose <> 'file' group by series, address) k
  on k.series = r.series and k.address = r.page_address
where r.state <> 'upcoming' and (r.first_captured_at is not null or n.vintage is not null)
"""
TITLE = "(select r.title from releases r where r.series = x.series and r.publication = x.publication) as release"
MADE_UP = "(select made_up from series s where s.series = x.series) as made_up"
FILES = f"select x.*, {TITLE}, {MADE_UP} from file_changes x where x.change <> 'gone'"
PAGES = f"""
select x.*, o.prose_sha256 as old_prose_sha256, n.prose_sha256, {TITLE}, {MADE_UP}
from page_changes x
join page_texts ot on ot.sha256 = x.old_sha256 and ot.address = x.address join wordings o on o.text_sha256 = ot.text_sha256
join page_texts nt on nt.sha256 = x.new_sha256 and nt.address = x.address join wordings n on n.text_sha256 = nt.text_sha256
where x.prose_changed
"""
ABSENCES = f"""
select x.series, x.publication, x.file_name, x.address, x.looks, x.first_capture_id, x.not_after_at,
  x.not_before_at as last_seen_at, x.first_seen_at as first_missing_at, x.last_seen_at as last_missing_at,
  julianday(x.last_seen_at) - julianday(x.first_seen_at) as days, iif(x.purpose = 'file', 'file', 'page') as what,
  (select p.sha256 from looks p where p.series = x.series and p.address = x.address and p.answer = 'present'
    and p.capture_id < x.first_capture_id order by p.capture_id desc limit 1) as sha256, {TITLE}, {MADE_UP}
from presence x
where x.state = 'absent' and x.not_before_at is not null and x.purpose in ('file', 'publication_page', 'further_page')
"""
WITHDRAWN = f"""
select x.*, (select p.sha256 from looks p where p.series = x.series and p.address = x.address and p.answer = 'present'
  order by p.capture_id desc limit 1) as sha256, {TITLE}, {MADE_UP}
from withdrawn x
"""
BLIND = f"select x.*, (select title from series s where s.series = x.series) as title, {MADE_UP} from blind_periods x"
READER = f"select x.*, {MADE_UP} from reader_changes x"

RESTATING = """
-- Where only parents of practices moved, no cell of theirs is changed, but sums of areas are.
select vintage from coverage where changed > 0 union select vintage from weekly_coverage where changed > 0
union select until from areas_spans where until is not null order by 1
"""
RESTATED = """
with notices as materialized (select series, publication, noticed_on from change_notices),
cells as materialized (
  select x.*, case when x.family = 'areas' then iif(x.key like 'local_authority %', 'residents', 'registered')
    || iif(x.month || ' ' || x.key in (select value from json_each(:touched)), '', ' moved') else x.family end as part
  from restatements x where x.new_vintage = :vintage and x.measure = 'opt_outs'
    -- England as the areas add up to it is our sum; what the publisher says of England stands by age and sex.
    and not (x.family = 'areas' and x.key like 'england %')),
counted as (select part, count(*) as cells, min(month) as first_month, max(month) as last_month from cells group by part),
ranked as (
  select *, row_number() over (partition by part order by
    key in ('all, all', 'England') desc, abs(coalesce(new - old, 0)) desc, month desc, key) as rank
  from cells)
select k.part, k.family as "table", k.month, k.key, k.old, k.new, k.old_vintage, k.new_vintage, c.cells, c.first_month,
  c.last_month, coalesce((select name from places where kind || ' ' || code = k.key limit 1),
    (select name || ' (' || code || ')' from places where kind = 'practice' and code = k.key)) as name,
  n.edition as new_edition, n.stated_on, rn.title as new_title, rn.series, rn.publication,
  o.edition as old_edition, ro.title as old_title, ro.series as old_series,
  ro.publication as old_publication, s.made_up,
  exists (select 1 from notices x where x.series = rn.series and x.publication = rn.publication
    and x.noticed_on between date(n.stated_on, '-1 day') and date(n.stated_on, '+7 days')) as noticed,
  f.sha256, f.first_captured_at, f.origin
from ranked k join counted c using (part)
join vintages n on n.vintage = k.new_vintage join releases rn on rn.release_id = n.release_id
join vintages o on o.vintage = k.old_vintage join releases ro on ro.release_id = o.release_id
join series s on s.series = rn.series
left join loads l on l.vintage = k.new_vintage and l.family = case when k.part like 'residents%' then 'lsoas'
  when k.part like 'registered%' then 'practices' else k.family end
left join files f on f.file_id = l.file_id
where k.rank = 1
"""
STATE = """
select (select max(capture_id) from captures), (select max(ended_at) from polls), (select count(*) from loads),
  (select count(*) from findings), (select count(*) from page_texts), (select max(started_at) from polls)
"""
PARTS = {"workbook_areas": "workbook_practices"}
"""What the workbook's areas are made of; those of the monthly files are looked at one by one."""
MOVED = " moved"
"""Behind the part of areas of which no member is stated otherwise."""
FAMILY_WORDS = {
    **FAMILIES,
    "residents": "local authorities, by where people live",
    "registered": "areas, by where people are registered",
}
KEPT = 300.0
"""Seconds after which blind periods, which grow with the clock alone, are asked for again."""


class _Kept(NamedTuple):
    state: Row
    at: float
    facts: Facts
    items: list[Item]


_kept: WeakKeyDictionary[Datasette, _Kept] = WeakKeyDictionary()


async def all_items(datasette: Datasette) -> list[Item]:
    """Every item of the archive, newest first."""
    state = (await _rows(datasette, STATE))[0]
    held = _kept.get(datasette)
    if held is not None and held.state == state:
        if time.monotonic() - held.at < KEPT:
            return held.items
        facts = replace(held.facts, blind=await _rows(datasette, BLIND))
    else:
        facts = await _facts(datasette)
    items = items_of(facts)
    _kept[datasette] = _Kept(state, time.monotonic(), facts, items)
    return items


async def _rows(datasette: Datasette, sql: str, **values: object) -> list[Row]:
    """Rows of a question of our own that may take longer than a stranger's: it is asked once for each poll."""

    def ask(conn: object) -> list[Row]:
        found = conn.execute(sql, values)  # type: ignore[attr-defined]
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    return await datasette.get_database(DATABASE).execute_fn(ask)  # type: ignore[no-any-return]


async def _facts(datasette: Datasette) -> Facts:
    files = await _rows(datasette, FILES)
    return Facts(
        await _rows(datasette, RELEASES),
        files,
        await _rows(datasette, PAGES),
        await _rows(datasette, ABSENCES),
        await _rows(datasette, WITHDRAWN),
        await _rows(datasette, BLIND),
        await _rows(datasette, READER),
        await _restated(datasette, files),
    )


async def _restated(datasette: Datasette, files: list[Row]) -> list[Row]:
    """For each vintage that restates, a row for each family, with the largest difference and what explains it."""
    by_file = {(one["series"], one["publication"], one["new_sha256"]): one for one in files}
    told: list[Row] = []
    for one in await _rows(datasette, RESTATING):
        touched = await _touched(datasette, one["vintage"])
        found = await _rows(datasette, RESTATED, vintage=one["vintage"], touched=touched)
        parts = {row["part"] for row in found}
        told += [_worded(row, parts, by_file) for row in found]
    return told


async def _touched(datasette: Datasette, vintage: int) -> str:
    """Areas of which this vintage states a member otherwise, each as `month key`, as JSON."""

    def ask(conn: sqlite3.Connection) -> str:
        found = touched_areas(conn, vintage - 1, vintage)
        return json.dumps(sorted(f"{month} {key}" for month, key, measure in found if measure == "opt_outs"))

    return await datasette.get_database(DATABASE).execute_fn(ask)  # type: ignore[no-any-return]


def _worded(row: Row, parts: set[str], by_file: dict[tuple[str, str, str], Row]) -> Row:
    changed = by_file.get((row["series"], row["publication"], row["sha256"]))
    label = changed["label"] if changed else "announced" if row["noticed"] else "no explanation found"
    is_england = row["key"] in {"all, all", "England"}
    part, moved = row["part"].removesuffix(MOVED), row["part"].endswith(MOVED)
    return {
        **row,
        # An item keeps its name for ever: a release that only moves areas has one of the part itself.
        "family": row["part"] if part in parts else part,
        "family_words": FAMILY_WORDS.get(part, part),
        "name": "England" if is_england else row["name"] or row["key"],
        "only_moved": moved or (part in PARTS and PARTS[part] not in parts),
        "label": label,
        "difference": changed["difference"] if changed else None,
    }
