"""Says when a series is to be looked at next, from its wall-clock rules and the record of its polls.

Pure: never reads a clock or a database, and never keeps anything between two calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from archive.store import PollRecord
from scraper.model import At, Series

RETRIES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""Waits after an incomplete poll; each failure in a row takes the next longer one, then the next slot."""

LONGEST_WAIT = timedelta(days=7)
"""A server's Retry-After is honoured up to here: one garbled header must not switch a series off for years."""

AFTER_A_CRASH = timedelta(minutes=1)
"""A poll that never came back is made up soon, yet a program that dies at once asks at most once a minute."""

SKEW = timedelta(minutes=5)
"""A clock that is set back by no more does not make what was just looked at due again: releases open five minutes before."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Looked(NamedTuple):
    """What the due rules need to know of the newest poll."""

    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    """complete, incomplete or interrupted; None while it is open."""
    next_due_at: datetime | None


def next_slot(when: Iterable[At], zone: ZoneInfo, after: datetime) -> datetime:
    """The first wall-clock slot strictly after the instant `after`, in UTC.

    A time that the spring change leaves out stands for the instant it would have been without the change; a time that
    the autumn change repeats stands for its first pass. So each rule gives one instant a day, on every day.
    """
    today = after.astimezone(zone).date()
    rules = tuple(when)
    found: list[datetime] = []
    for n in range(-1, 10):
        earlier = found
        found = [*earlier, *(slot for slot in _slots_on(today + timedelta(days=n), rules, zone) if slot > after)]
        if earlier:  # one day more than the first that has a slot: a clock change may put days out of order
            break
    return min(found)


def _slots_on(day: date, rules: tuple[At, ...], zone: ZoneInfo) -> Iterator[datetime]:
    name = _WEEKDAYS[day.weekday()]  # a time without `fold` is the first pass of one that comes twice
    for at in rules:
        if name in at.weekdays:
            yield datetime.combine(day, time(at.hour, at.minute), zone).astimezone(UTC)


def soonest_first(series: Iterable[Series], now: datetime) -> list[Series]:
    """Series in the order of their next slots: what is looked at often does not wait for what is looked at now and then."""
    return sorted(series, key=lambda one: (next_slot(one.when, ZoneInfo(one.time_zone), now), one.slug))


def due_at(series: Series, newest: Looked | None, now: datetime) -> datetime:
    """When the series is due: `now` or earlier means at once. A time missed, however often, is due once.

    The slots up to the start of a poll are answered by it; one that passes while it runs is due when it ends.
    """
    if newest is None or newest.started_at > now + SKEW:  # never looked, or the clock has been set back since
        return now
    if newest.outcome == "incomplete" and newest.next_due_at is not None:
        return min(newest.next_due_at, now + LONGEST_WAIT)
    if newest.outcome in {"complete", "incomplete"}:
        return next_slot(series.when, ZoneInfo(series.time_zone), newest.started_at)
    return newest.started_at + AFTER_A_CRASH


def due_after(
    series: Series,
    *,
    started_at: datetime,
    ended_at: datetime,
    complete: bool,
    before: Looked | None,
    not_before: datetime | None = None,
) -> datetime:
    """When to look again after a poll that just ended; `before` is the poll before it.

    An incomplete poll is tried again after 15 minutes, 1 hour, 4 hours, and then at the next slot; never before
    `not_before`, the instant a server's Retry-After named.
    """
    slot = next_slot(series.when, ZoneInfo(series.time_zone), started_at)
    if complete:
        return slot
    slot = max(slot, ended_at + RETRIES[0])  # one that passed while the poll ran is not a reason to hurry
    wait = _longer_wait(before)
    due = slot if wait is None else min(ended_at + wait, slot)
    return max(due, min(not_before, ended_at + LONGEST_WAIT)) if not_before else due


def _longer_wait(before: Looked | None) -> timedelta | None:
    """The next longer wait than the one that followed the poll before, if that was incomplete too."""
    if before is None or before.outcome != "incomplete" or not before.next_due_at or not before.ended_at:
        return RETRIES[0]
    waited = before.next_due_at - before.ended_at
    return next((wait for wait in RETRIES if wait > waited), None)


def looked(record: PollRecord | None) -> Looked | None:
    """What the due rules need of a poll's record."""
    if record is None:
        return None
    ended_at = instant_of(record.ended_at) if record.ended_at else None
    next_due_at = instant_of(record.next_due_at) if record.next_due_at else None
    return Looked(instant_of(record.started_at), ended_at, record.outcome, next_due_at)


def instant_of(text: str) -> datetime:
    """The instant that an archive's text `YYYY-MM-DDTHH:MM:SS.ffffffZ` names."""
    return datetime.fromisoformat(text.removesuffix("Z") + "+00:00").astimezone(UTC)


def text_of(instant: datetime) -> str:
    """An instant as the archive writes it: UTC, six decimals, `Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def in_words(instant: datetime, series: Series, now: datetime) -> str:
    """An instant as people in the series' time zone say it: `10:35 Europe/London`, with the day unless it is today."""
    zone = ZoneInfo(series.time_zone)
    local = instant.astimezone(zone)
    day = "" if local.date() == now.astimezone(zone).date() else f"{local:%A} {local.day} {local:%B} "
    return f"{day}{local:%H:%M} {series.time_zone}"
