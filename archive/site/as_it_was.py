"""`/as-it-was?on=&since=`: what we know to have been public on a day in London, how we know, what was new since another day.

Never mixes days seen with days stated, and never takes a look that did not happen for an absence.
"""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, date, datetime, timedelta

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import BadRequest, Request

from archive.site.compose import question_sql
from archive.site.page import page
from archive.site.reading import Row, rows
from archive.site.wording import LONDON, both_times

BLIND = """
select b.*, s.title from blind_periods b join series s using (series)
where b.since_at < :until and coalesce(b.until_at, '9999') > :since order by b.since_at
"""
POLLS = """
select p.started_at, p.ended_at, p.outcome, p.summary, s.title from polls p join series s using (series)
where p.reason <> 'deposit' and p.started_at >= :since and p.started_at < :until order by p.started_at limit 200
"""
NEW = """
select a.address, a.file_name, a.first_seen_at, coalesce(r.title, a.publication, 'The series page') as release
from addresses a left join releases r on r.series = a.series and r.publication = coalesce(a.publication, '-')
where a.first_seen_at >= :since and a.first_seen_at < :until and a.purpose <> 'robots' order by a.first_seen_at desc, a.address
"""
WATCHED = """
select l.address, l.purpose, count(*) as looks, sum(l.answer = 'no answer') as without_answer, max(l.requested_at) as last_look_at
from looks l where l.requested_at >= :since and l.requested_at < :until and l.purpose <> 'robots'
group by l.series, l.address order by l.purpose = 'file', l.address
"""
FIRST = "select min(started_at) as at from polls where reason <> 'deposit'"
AROUND = timedelta(days=2)
"""Polls and blind periods are shown from so long before the day to so long after."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
PRESENT = ("present", "present, as far as looked")


async def as_it_was_page(datasette: Datasette, request: Request) -> Response:
    """The page of a day; without one, the form alone. Raises BadRequest for what is no day."""
    asked = request.args.get("on", "").strip()
    context: dict[str, object] = {"on": asked, "today": datetime.now(LONDON).date().isoformat()}
    if asked:
        day = _read(asked, "on")
        context |= await _day(datasette, day)
        if since := request.args.get("since", "").strip():
            context |= await _window(datasette, _read(since, "since"), day)
    return await page(datasette, request, "as_it_was.html", context)


def _read(asked: str, name: str) -> date:
    found = None
    with contextlib.suppress(ValueError):
        found = date.fromisoformat(asked)
    # Python reads other spellings of ISO 8601 too, such as 20211015 and 2021-W41-5.
    if found is None or found.isoformat() != asked or not 1990 <= found.year <= 2200:
        raise BadRequest(f"{name}: found {asked[:40]!r}; expected a day of the calendar as YYYY-MM-DD.")
    return found


def bounds_of(day: date) -> tuple[str, str]:
    """The instants (UTC) at which a day in London begins and ends."""
    ends = (datetime(one.year, one.month, one.day, tzinfo=LONDON) for one in (day, day + timedelta(days=1)))
    begins, until = (one.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z") for one in ends)
    return begins, until


async def _day(datasette: Datasette, day: date) -> dict[str, object]:
    asked, sql = {"day": day.isoformat()}, question_sql()
    found = [{**one, "state": _told(one["state"])} for one in await rows(datasette, sql["what_was_known_on"], asked)]
    releases = await rows(datasette, sql["releases_known_on"], asked)
    begins, until = bounds_of(day)
    around = {"since": bounds_of(day - AROUND)[0], "until": bounds_of(day + AROUND)[1]}
    first = (await rows(datasette, FIRST))[0]["at"]
    return {
        "day": day.isoformat(), "begins": begins, "until": until, "first": first,
        "unobserved": first is None or first >= until, "present": [one for one in found if one["state"] in PRESENT],
        "others": [one for one in found if _is_other(one)], "stated": [one for one in found if _is_stated_alone(one)],
        "later": sum(one["state"] == "not yet seen" and not _is_stated_alone(one) for one in found),
        "england": next((one for one in releases if one["england_opt_outs_as_then_known"] is not None), None),
        "releases": releases, "blind": await rows(datasette, BLIND, around), "polls": await rows(datasette, POLLS, around),
    }  # fmt: skip


async def _window(datasette: Datasette, since: date, day: date) -> dict[str, object]:
    """What was first seen from one day to another, and every address that was looked at in that time."""
    if since > day:
        raise BadRequest(
            f"since: found {since.isoformat()}, which is after {day.isoformat()}; expected a day up to it."
        )
    bounds = {"since": bounds_of(since)[0], "until": bounds_of(day)[1]}
    return {
        "since": since.isoformat(), "new": await rows(datasette, NEW, bounds), "watched": await rows(datasette, WATCHED, bounds),
    }  # fmt: skip


def _told(state: str) -> str:
    """A state in words, its instants in both clocks."""
    return INSTANT.sub(lambda found: both_times(found[0]), state)


def _is_other(one: Row) -> bool:
    return one["state"] not in (*PRESENT, "not yet seen")


def _is_stated_alone(one: Row) -> bool:
    """Not observed by us: the publisher's date, or that of whoever handed it in, is all there is."""
    return bool(one["state"] == "not yet seen" and one["how_we_know"] != "our own captures")
