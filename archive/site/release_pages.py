"""`/releases` and `/release/<series>/<publication>`: what came out when, what it added, restated and confirmed, its files.

Never says that a release changed nothing: it says what was compared and how often it was the same.
"""

from __future__ import annotations

import json
from itertools import chain

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.figures import MONTHS, WEEKS
from archive.site.page import page
from archive.site.place import COUNTS
from archive.site.reading import Row, rows

RELEASES = """
with stated(release_id, day) as materialized (
  select v.release_id, m.month from vintages v join coverage c using (vintage) join months m using (month_id) group by 1, 2
  union select v.release_id, w.week from vintages v join weekly_coverage c using (vintage) join weeks w using (week_id)
)
select r.series, r.publication, r.title, r.state, r.published_on, r.published_text, r.period_from, r.period_to,
  r.first_captured_at, s.title as series_title,
  (select count(*) from files f where f.release_id = r.release_id) as files,
  (select count(*) from files f where f.release_id = r.release_id and f.state = 'unread') as unread,
  (select count(*) from vintages v where v.release_id = r.release_id) as editions,
  (select max(v.vintage) from vintages v where v.release_id = r.release_id) as vintage,
  coalesce(r.period_from, (select min(w.day) from stated w where w.release_id = r.release_id)) as from_on,
  coalesce(r.period_to, (select max(w.day) from stated w where w.release_id = r.release_id)) as to_on
from releases r join series s using (series)
order by r.state = 'upcoming' desc, r.published_on is null, r.published_on desc, r.release_id desc
"""
RELEASE = """
select r.*, s.title as series_title, s.publisher from releases r join series s using (series)
where r.series = :series and r.publication = :publication
"""
FILES = """
select file_name, name, sha256, bytes, state, unread_because, family, rows, first_captured_at, last_confirmed_on, address, origin,
  member_of
from files where release_id = :release order by file_name, file_id
"""
EDITIONS = "select vintage, edition, stated_on, label from vintages where release_id = :release order by vintage"
WORK = """
select c.family, count(*) as months, min(m.{name}) as first_month, max(m.{name}) as last_month, sum(c.cells) as cells,
  sum(e.earlier is null) as new_months,
  sum(case when e.earlier is null then c.cells else 0 end) as added,
  sum(case when e.earlier is null then 0 else c.changed end) as changed,
  sum(case when e.earlier is null then 0 else c.cells end) as compared
from {coverage} c
join {table} m using ({column})
left join (select family, {column} as id, min(vintage) as earlier from {coverage} group by 1, 2) e
  on e.family = c.family and e.id = c.{column} and e.earlier < c.vintage
where c.vintage = :vintage group by c.family
"""
BEFORE = """
select max(vintage) as vintage from loads
where vintage < :vintage and family in (select family from loads where vintage = :vintage)
"""
NOTICES = """
select notices, last_edited_text, sha256, address from pages where sha256 = :sha256 and address = :address
"""
FAMILIES = {
    "age_sex": "England by age and sex", "practices": "GP practices", "lsoas": "Neighbourhoods (LSOA) of residence",
    "workbook_england": "Workbook: England", "workbook_age_sex": "Workbook: age and sex", "workbook_areas": "Workbook: areas",
    "workbook_practices": "Workbook: GP practices", "weekly": "Weekly dashboard",
    "areas": "Areas, summed by the release’s own columns",
}  # fmt: skip


async def releases_page(datasette: Datasette, request: Request) -> Response:
    """`/releases`: everything the publisher issued that we know of, newest first."""
    return await page(datasette, request, "releases.html", {"releases": await rows(datasette, RELEASES)})


async def release_page(datasette: Datasette, request: Request) -> Response:
    """One release. Raises NotFound for one that is not known here."""
    names = {name: request.url_vars[name] for name in ("series", "publication")}
    found = await rows(datasette, RELEASE, names)
    if not found:
        raise NotFound(f"No release {names['series']}/{names['publication']} is known here. All that are: /releases")
    release = found[0]
    asked = {"release": release["release_id"]}
    editions = [await _edition(datasette, one) for one in await rows(datasette, EDITIONS, asked)]
    context = {
        "release": release, "files": await rows(datasette, FILES, asked), "editions": editions, "families": FAMILIES,
        "notices": await _notices(datasette, release), "counts": COUNTS,
    }  # fmt: skip
    return await page(datasette, request, "release.html", context)


async def _edition(datasette: Datasette, one: Row) -> Row:
    """An edition with what it did to each family, and the vintage before it to compare with."""
    vintage = {"vintage": one["vintage"]}
    before = await rows(datasette, BEFORE, vintage)
    work = [await rows(datasette, WORK.format(**period._asdict()), vintage) for period in (MONTHS, WEEKS)]
    return {**one, "work": [*chain(*work)], "before": before[0]["vintage"]}


async def _notices(datasette: Datasette, release: Row) -> list[Row]:
    if not release["page_sha256"]:
        return []
    asked = {"sha256": release["page_sha256"], "address": release["page_address"]}
    found = await rows(datasette, NOTICES, asked)
    return list(json.loads(found[0]["notices"])) if found else []
