"""`/status`: per series the last look, the last good one, the last change, the next, and what a person should look at.

Never says that all is well because nothing happened: never looked, nothing new and could not look are told apart.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.site.home import freshness
from archive.site.page import page
from archive.site.reading import Row, rows
from archive.standing import OPEN_FINDINGS

SETTLED_AFTER = timedelta(days=30)
MOST = 20
"""Rows shown of each list; how many there are is said."""

SERIES = """
select s.series, s.title, s.publisher, s.seed, s.schedule, s.robots_exception, p.poll_id, p.started_at, p.ended_at, p.outcome,
  p.next_due_at, p.summary, p.software, p.captures,
  (select max(c.ended_at) from polls c where c.series = s.series and c.outcome = 'complete' and c.reason <> 'deposit')
    as last_complete_at,
  (select max(c.ended_at) from polls c where c.series = s.series and c.reason = 'deposit') as handed_in_at
from series s left join polls p on p.poll_id = (select max(n.poll_id) from polls n where n.series = s.series
  and n.reason <> 'deposit')
order by s.series
"""
LAST_CHANGE = """
select completed_at, outcome, address, sha256, file_name from captures
where series = :series and purpose <> 'robots' and coalesce(link_text, '') not like 'canary: %'
  and outcome in ('new', 'changed', 'reissued')
order by capture_id desc limit 1
"""
UNREAD = """
select publication, file_name, sha256, unread_because from unread_files
where series = :series and state = 'unread' order by publication, file_name
"""
HAS_BLIND_PERIODS = "select 1 from sqlite_master where type = 'view' and name = 'blind_periods'"
BLIND_PERIODS = """
select since_at, until_at, because from blind_periods where series = :series order by since_at desc
"""
SOFTWARE = "select distinct software from polls where series = :series order by poll_id desc limit 5"


async def status_page(datasette: Datasette, request: Request) -> Response:
    """How every series stands; as it is now, never kept by a cache."""
    blind = bool(await rows(datasette, HAS_BLIND_PERIODS))
    since = (datetime.now(UTC) - SETTLED_AFTER).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    series = [await _one(datasette, row, since, blind=blind) for row in await rows(datasette, SERIES)]
    context = {"series": series, "most": MOST, "blind_periods_known": blind}
    return await page(datasette, request, "status.html", context, kept="no-store")


async def _one(datasette: Datasette, row: Row, since: str, *, blind: bool) -> Row:
    asked = {"series": row["series"]}
    change = await rows(datasette, LAST_CHANGE, asked)
    return {
        **row,
        "fresh": freshness(row),
        "change": change[0] if change else None,
        "unread": await rows(datasette, UNREAD, asked),
        "findings": await rows(datasette, OPEN_FINDINGS, {**asked, "since": since}),
        "blind": await rows(datasette, BLIND_PERIODS, asked) if blind else [],
        "software": [one["software"] for one in await rows(datasette, SOFTWARE, asked)],
    }
