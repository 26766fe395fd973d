"""`/-/healthz`: counts, and how long ago each series was last looked at, for programs that watch this one.

Never says that all is well because nothing happened: the age of the last poll is a number, an overdue poll is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from datasette import Response
from datasette.app import Datasette

from archive.site.reading import DATABASE, Row, rows

COUNTS = """
select (select count(*) from releases) as releases, (select count(*) from files) as files,
  (select count(*) from files where state = 'unread') as unread_files, (select count(*) from captures) as captures,
  (select count(*) from snapshots) as snapshots, (select count(*) from findings where severity <> 'info') as findings,
  (select count(*) from vintages) as vintages
"""
POLLS = """
select s.series, s.made_up, p.started_at, p.ended_at, p.outcome, p.next_due_at,
  (select max(c.ended_at) from polls c where c.series = s.series and c.outcome = 'complete') as last_complete_at
from series s left join polls p on p.poll_id = (select max(n.poll_id) from polls n where n.series = s.series)
order by s.series
"""
GRACE_SECONDS = 3600
"""A poll that is due may take this long to be made before it is called overdue."""


def seconds_since(text: str | None, now: datetime) -> int | None:
    """Whole seconds from an instant as we store it to `now`; None where there is none. Negative: it lies ahead."""
    return None if text is None else int((now - datetime.fromisoformat(text)).total_seconds())


def judge(counts: Row, polls: Sequence[Row], now: datetime) -> Row:
    """What `/-/healthz` says: `ok` is that the archive can be read and no poll is overdue."""
    series = [{**row, "made_up": bool(row["made_up"]), **_ages(row, now)} for row in polls]
    return {"ok": not any(row["overdue"] for row in series), "counts": counts, "series": series}


def _ages(row: Row, now: datetime) -> Row:
    due = seconds_since(row["next_due_at"], now)
    return {
        "last_poll_age_seconds": seconds_since(row["ended_at"] or row["started_at"], now),
        "last_complete_age_seconds": seconds_since(row["last_complete_at"], now),
        "overdue": due is not None and due > GRACE_SECONDS,
    }


async def healthz(datasette: Datasette) -> Response:
    """Answers at once, from the reading copy as it is now; never kept by a cache."""
    counts = (await rows(datasette, COUNTS))[0]
    said = judge(counts, await rows(datasette, POLLS), datetime.now(UTC))
    return Response.json(said, headers={"cache-control": "no-store"})


async def databases(datasette: Datasette) -> Response:
    """`/-/databases`: what Datasette's own page says, without the path of the file on this machine."""
    found = [
        {"name": name, "route": one.route, "size": one.size, "is_mutable": one.is_mutable}
        for name, one in datasette.databases.items()
        if name == DATABASE
    ]
    return Response.json(found)
