"""What we can say of each address on one day: the bytes, when we first and last saw them, and the looks around the day.

Pure but for one query. Never takes a look that did not happen for an absence, and never mixes days stated with days seen.
"""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from sqlite_utils import Database

from archive.outcomes import CONFIRMING
from archive.packs.members import csv_file
from archive.packs.selection import Selection, newest_signed


class Look(NamedTuple):
    """One capture or deposit, as far as presence on a day is concerned."""

    series: str
    address: str
    capture_id: int
    requested_at: str
    way: str
    outcome: str
    sha256: str | None
    """Of the body; of the earlier body where the publisher said that it had not been modified."""
    purpose: str
    publication: str | None
    file_name: str | None
    published_on: str | None
    origin: str | None


class Standing(NamedTuple):
    """What is known of one address on the day. Instants are UTC, days are as the publisher states them."""

    series: str
    publication: str | None
    purpose: str
    address: str
    file_name: str | None
    state: str
    """present, absent, no_answer, not_looked_at_yet, or stated_by_deposit."""
    sha256: str | None
    first_seen_at: str | None
    last_seen_at: str | None
    last_look_at: str | None
    last_look_outcome: str | None
    next_look_at: str | None
    next_look_outcome: str | None
    published_on: str | None
    how_we_know: str


QUERY = (
    "SELECT c.series, c.address, c.capture_id, c.requested_at, c.way, c.outcome,"
    " CASE WHEN c.outcome = 'not_modified' THEN p.sha256 ELSE c.sha256 END, c.purpose, c.publication, c.file_name,"
    " c.published_on, c.origin FROM captures AS c LEFT JOIN captures AS p ON p.capture_id = c.previous_capture_id"
    " WHERE c.capture_id <= ? AND c.purpose != 'robots' ORDER BY c.series, c.address, c.capture_id"
)


def of_day(db: Database, size: int, day: str) -> Selection:
    """The looks around a day (YYYY-MM-DD, UTC) at every address, and what they say of it, as a table.

    Bytes are named by SHA-256 and not in the pack: all files that were public on a day can be a whole archive.
    """
    looks = [Look(*row) for row in db.execute(QUERY, [newest_signed(db, size)]).fetchall()]
    rows: list[Standing] = []
    captures: set[int] = set()
    for _, group in groupby(looks, key=lambda look: (look.series, look.address)):
        found, around = standing_on(day, list(group))
        if found is not None:
            rows.append(found)
            captures.update(look.capture_id for look in around)
    rows.sort(key=lambda row: (row.first_seen_at or row.published_on or "", row.address), reverse=True)
    named = {row.sha256: None for row in rows if row.sha256}
    about = (
        f"what we know to have been public on {day} (UTC), address by address, newest first (data/public-on-{day}.csv), and "
        f"the captures around that day"
    )
    table = csv_file(f"data/public-on-{day}.csv", Standing._fields, rows)
    return Selection(
        f"day-{day}", f"What was public on {day}", about, tuple(sorted(captures)), (), tuple(named), (table,)
    )


def standing_on(day: str, looks: list[Look]) -> tuple[Standing | None, list[Look]]:
    """What the looks at one address, in order, say of a day, and the looks that say it; None where they say nothing."""
    if looks[0].way == "deposit":
        return _stated(day, looks)
    before = [look for look in looks if look.requested_at[:10] <= day]
    after = next((look for look in looks if look.requested_at[:10] > day), None)
    if not before:
        words = f"not observed by us: our first look was on {looks[0].requested_at}"
        return _row(looks[0], "not_looked_at_yet", None, [], None, after, words), looks[:1]
    last = before[-1]
    seen = [look for look in before if look.outcome in CONFIRMING]
    sha256 = seen[-1].sha256 if seen else None
    same = [look for look in seen if look.sha256 == sha256]
    state = "present" if last is (seen[-1] if seen else None) else "absent" if last.outcome == "absent" else "no_answer"
    words = f"our own captures: {_in_words(state, last)}; {_afterwards(sha256, after)}"
    around = {look.capture_id: look for look in (*same[:1], *same[-1:], last, *([after] if after else []))}
    return _row(last, state, sha256, same, last, after, words), list(around.values())


def _stated(day: str, looks: list[Look]) -> tuple[Standing | None, list[Look]]:
    """A deposit proves nothing about a day: it brings the publisher's date, or none, and where the bytes are said to come from."""
    told = [look for look in looks if look.published_on is None or look.published_on <= day]
    if not told:
        return None, []
    newest = told[-1]
    dated = f"the publisher's date only, {newest.published_on}" if newest.published_on else "no date stated"
    words = f"not observed by us: {dated}; handed in on {newest.requested_at}, origin: {newest.origin}"
    return _row(newest, "stated_by_deposit", newest.sha256, [], None, None, words), [newest]


def _row(
    of: Look, state: str, sha256: str | None, same: list[Look], last: Look | None, after: Look | None, words: str
) -> Standing:
    return Standing(
        of.series, of.publication, of.purpose, of.address, of.file_name, state, sha256,
        same[0].requested_at if same else None, same[-1].requested_at if same else None,
        last.requested_at if last else None, last.outcome if last else None,
        after.requested_at if after else None, after.outcome if after else None, of.published_on, words,
    )  # fmt: skip


def _in_words(state: str, last: Look) -> str:
    if state == "present":
        return f"there at our last look up to the end of the day, {last.requested_at}"
    if state == "absent":
        return f"gone at our last look up to the end of the day, {last.requested_at}"
    return f"our last look up to the end of the day, {last.requested_at}, brought no answer ({last.outcome})"


def _afterwards(sha256: str | None, after: Look | None) -> str:
    if after is None:
        return "no look after the day yet"
    if after.outcome not in CONFIRMING:
        words = "gone" if after.outcome == "absent" else f"no answer ({after.outcome})"
    else:
        words = "the same bytes" if after.sha256 == sha256 else "other bytes"
    return f"at the next look, {after.requested_at}: {words}"
