"""Which series are in trouble right now, since when and why: for the banner that stands on every page meanwhile.

Never hides a figure: the last good ones stay where they are, and the banner says that they are the last good ones.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from datasette.app import Datasette

from archive.site.health import GRACE_SECONDS, seconds_since
from archive.site.reading import Row, rows
from archive.site.wording import instant

NEWEST = """
select s.series, s.title, p.outcome, p.started_at, p.summary, p.next_due_at, o.started_at as under_way_since,
  (select min(b.started_at) from polls b where b.series = s.series and b.reason <> 'deposit' and b.ended_at is not null
    and b.poll_id > coalesce((select max(c.poll_id) from polls c where c.series = s.series and c.outcome = 'complete'
      and c.reason <> 'deposit'), 0)) as since_at,
  exists (select 1 from polls c where c.series = s.series and c.outcome = 'complete' and c.reason <> 'deposit') as ever_complete
from series s
join polls p on p.poll_id = (select max(n.poll_id) from polls n where n.series = s.series and n.ended_at is not null
  and n.reason <> 'deposit')
left join polls o on o.series = s.series and o.ended_at is null and o.poll_id > p.poll_id
order by s.series
"""


class SeriesTrouble(NamedTuple):
    """A series that could not be looked through, or was not looked at when it was due."""

    series: str
    title: str
    since: str
    """In words."""
    what: str
    why: str
    has_figures: bool
    """Whether it was ever looked through, so that there are last good figures."""


def troubles(polls: Sequence[Row], now: datetime) -> list[SeriesTrouble]:
    """What is to be said of each series in trouble: of its newest ended poll, or of one that is overdue."""
    found = []
    for row in polls:
        good = bool(row["ever_complete"])
        if row["outcome"] != "complete":
            what = "could not be looked through"
            why = row["summary"] or "no reason was recorded"
            found.append(SeriesTrouble(row["series"], row["title"], instant(row["since_at"]), what, why, good))
        elif (seconds_since(row["next_due_at"], now) or 0) > GRACE_SECONDS and row["under_way_since"] is None:
            what, why = "has not been looked at", "A look was due then, and none was made."
            found.append(SeriesTrouble(row["series"], row["title"], instant(row["next_due_at"]), what, why, good))
    return found


async def series_in_trouble(datasette: Datasette) -> list[SeriesTrouble]:
    """The same for a template; none where the tables are not there yet."""
    try:
        return troubles(await rows(datasette, NEWEST), datetime.now(UTC))
    except sqlite3.OperationalError:
        return []
