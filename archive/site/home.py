"""The home page: what this is, the newest figure with its source, and how fresh the archive is.

Never counts or sums: a figure shown here is one the publisher stated.
"""

from __future__ import annotations

from typing import NamedTuple

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.site.change import Change
from archive.site.log_pages import log_words
from archive.site.page import page
from archive.site.place import COUNTS, ENGLAND
from archive.site.reading import DATABASE, Row, rows
from archive.site.statements import breaks, crossed, statements
from archive.site.wording import instant

SERIES = """
select s.series, s.title, s.publisher, s.licence, s.licence_url, s.seed, p.poll_id, p.started_at, p.ended_at, p.outcome,
  p.next_due_at, p.summary,
  (select max(c.ended_at) from polls c where c.series = s.series and c.outcome = 'complete' and c.reason <> 'deposit')
    as last_complete_at,
  (select max(c.ended_at) from polls c where c.series = s.series and c.reason = 'deposit') as handed_in_at
from series s left join polls p on p.poll_id = (select max(n.poll_id) from polls n where n.series = s.series
  and n.reason <> 'deposit')
order by s.rowid
"""
RELEASES = """
select r.title, r.series, r.publication, r.state, r.published_on, r.published_text, count(f.file_id) as files,
  count(f.file_id) filter (where f.state = 'unread') as unread
from releases r left join files f on f.release_id = r.release_id
group by r.release_id order by r.state = 'upcoming' desc, r.published_on is null, r.published_on desc, r.release_id desc limit 13
"""
TROUBLE = """
select f.found_at, f.subject, f.place, f.found, f.expected, f.advice from findings f
where f.severity = 'error' order by f.finding_id desc limit 5
"""
BY_VINTAGE = ("_as_of", "_nth")
"""Endings of questions that are asked of one family at a day or an edition: most readers want none of them."""
ATTEMPTS = """
select p.started_at, p.ended_at, p.outcome, p.summary, p.next_due_at, s.title
from polls p join series s using (series) order by p.poll_id desc limit 5
"""


class Freshness(NamedTuple):
    """How one series stands, in sentences."""

    title: str
    seed: str
    looked: str
    trouble: str
    due: str


def freshness(series: Row) -> Freshness:
    """Three different answers for three different things: no news, nothing found, could not look."""
    return Freshness(series["title"], series["seed"], _looked(series), _trouble(series), _due(series))


def _looked(series: Row) -> str:
    if series["poll_id"] is None:
        handed_in = series.get("handed_in_at")
        return "Not looked at yet." + (f" Files were last handed in on {instant(handed_in)}." if handed_in else "")
    if series["outcome"] is None:
        return f"Being looked at since {instant(series['started_at'])}."
    when = instant(series["ended_at"])
    if series["outcome"] == "complete":
        return f"Last looked at on {when}; everything was reached."
    complete = series["last_complete_at"]
    before = (
        f"Everything was last reached on {instant(complete)}."
        if complete
        else "Not once was everything reached so far."
    )
    return f"Last looked at on {when}, but not everything could be reached. {before}"


def _trouble(series: Row) -> str:
    return "" if series["outcome"] in (None, "complete") else series["summary"] or "No reason was recorded."


def _due(series: Row) -> str:
    due = series["next_due_at"]
    return f"Next look: {instant(due)}." if due else ""


async def home_page(datasette: Datasette, request: Request) -> Response:
    """`/`: also where nothing has been captured, then with what was tried and when it is tried again."""
    releases = await rows(datasette, RELEASES)
    questions = list((await datasette.get_canned_queries(DATABASE, request.actor)).values())
    england = [one for one in await statements(datasette, "england", "england") if one.opt_outs is not None]
    before = Change(england[-2], england[-1]) if len(england) > 1 else None
    context = {
        "england": england[-1] if england else None,
        "history": ENGLAND.history(england[-1].month) if england else "",
        "before": before,
        "crossed": crossed(await breaks(datasette, "england"), before.first, before.last) if before else [],
        "counts": COUNTS,
        "log": await log_words(datasette),
        "series": [freshness(row) for row in await rows(datasette, SERIES)],
        "releases": releases[:12],
        "more_releases": len(releases) > 12,
        "attempts": [] if releases else await rows(datasette, ATTEMPTS),
        "trouble": [] if releases else await rows(datasette, TROUBLE),
        "questions": [one for one in questions if not one["name"].endswith(BY_VINTAGE)],
        "by_vintage": [one for one in questions if one["name"].endswith(BY_VINTAGE)],
    }
    return await page(datasette, request, "home.html", context, kept="no-cache")
