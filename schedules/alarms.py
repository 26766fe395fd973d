"""Decides what is wrong enough to tell somebody, and whom to tell what: an alarm once, a reminder a day, one "resolved".

Pure: never sends anything, and never reads a clock, a database or a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from archive.standing import OpenFinding
from archive.unsettled import Facts, Unsettled
from schedules.alarm_rules import CAUSES, FINDINGS, OUTCOMES, Cause, Rule
from schedules.due import due_at, instant_of, looked, text_of
from schedules.visits import CANARY
from scraper.model import Series

GRACE = timedelta(hours=2)
"""A poll so late is not called overdue: a first poll of many releases takes its time, and series take turns."""

BROKEN_OFF = 2
"""Polls in a row that did not come to their end, after which somebody is told: a machine may lose its power once."""

MOST_LINES = 8

EVERYWHERE: frozenset[Cause] = frozenset({"unsigned", "unsound", "disk"})
"""Causes that lie with this machine: told once, not for each series."""

BESIDE: frozenset[Cause] = frozenset({"unread", "stale", "canary", "unsigned", "unsound", "disk", "overdue"})
"""Causes that do not explain why a poll could not look at everything."""

PASSING = frozenset({"maintenance", "retry_after", "too_many_requests"})
"""Error codes that an answer in time may mend: told only once they last."""

OUR_RULES = frozenset({"host"})
"""Error codes of addresses that the series file does not let us ask: nothing was asked, so nothing is wrong."""

Event = Literal["alarm", "reminder", "resolved", "test"]


class Alarm(NamedTuple):
    """One cause that lasts."""

    series: str
    """Slug; "" for what lies with this machine."""
    cause: Cause
    since_at: str
    lines: tuple[str, ...]
    """What is wrong, address by address, in words."""

    @property
    def key(self) -> str:
        """Its name, by which it is known from one poll to the next."""
        return f"{self.series or 'machine'}/{self.cause}"


class Told(NamedTuple):
    """An alarm as it was told: when by each channel, as the archive writes instants."""

    alarm: Alarm
    by: Mapping[str, str]


class Message(NamedTuple):
    """Something to be told by one channel."""

    event: Event
    alarm: Alarm
    channel: str


# ---------------------------------------------------------------- what is wrong


def alarms_of(
    facts: Facts,
    series: Series,
    now: datetime,
    *,
    patience: int,
    awake_since: datetime | None,
    lasting: Iterable[str] = (),
) -> list[Alarm]:
    """Every alarm that is due for a series, one for each cause.

    `patience` is the number of polls in a row for which a publisher may be out of reach; `awake_since` when the program
    that keeps polling was started, None where nothing keeps polling; `lasting` names the alarms told before.
    """
    found: list[tuple[Cause, str, str]] = [
        *_of_findings(facts.findings),
        *(one for address in facts.unsettled for one in _of_address(address, series, patience)),
        *_of_unread(facts),
        *_of_polls(facts, series, now, awake_since, set(lasting)),
    ]
    failed = [one for one in facts.polls if one.ended_at][:patience]
    explained = any(cause not in BESIDE for cause, _, _ in found)
    if not explained and len(failed) == patience and all(one.outcome != "complete" for one in failed):
        found.append(("incomplete", failed[-1].started_at, failed[0].summary or "no reason was recorded"))
    return _gathered(series.slug, found)


def alarms_of_nobody(findings: Iterable[OpenFinding]) -> list[Alarm]:
    """The same of findings that belong to no series."""
    return _gathered("", list(_of_findings(findings)))


def _gathered(series: str, found: Sequence[tuple[Cause, str, str]]) -> list[Alarm]:
    """One alarm for each cause, since the earliest of what is wrong."""
    causes = dict.fromkeys(cause for cause, _, _ in found)
    alarms = []
    for cause in causes:
        mine = [(since, line) for one, since, line in found if one == cause]
        lines = list(dict.fromkeys(line for _, line in mine))
        more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
        scope = "" if cause in EVERYWHERE else series
        alarms.append(Alarm(scope, cause, min(since for since, _ in mine), (*lines[:MOST_LINES], *more)))
    return alarms


def _of_findings(findings: Iterable[OpenFinding]) -> Iterator[tuple[Cause, str, str]]:
    for one in reversed(list(findings)):  # oldest first
        rule = FINDINGS.get(one.code, Rule("unknown"))
        if rule.cause is not None:
            place = f", {one.place}" if one.place else ""
            line = f"{one.subject}{place}: found {one.found}; expected {one.expected} ({one.code})"
            yield rule.cause, one.found_at, line


def _of_address(one: Unsettled, series: Series, patience: int) -> Iterator[tuple[Cause, str, str]]:
    cause = _cause_of(one, series, patience)
    if cause is not None:
        why = one.error_detail or one.error_code or one.outcome
        yield cause, one.since_at, f"{one.address}: {why}"


def _cause_of(one: Unsettled, series: Series, patience: int) -> Cause | None:
    if one.error_code in OUR_RULES or _is_former_canary(one, series):
        return None
    cause = OUTCOMES.get(one.outcome, Rule("unknown")).cause
    if cause == "gone" and one.purpose != "series_page":
        return None  # an answer: a withdrawal is shown as one; a file that is linked and not there keeps its poll incomplete
    if cause == "blocked" and one.error_code == "robots":
        cause = "robots" if one.robots_sha256 else "unreachable"
    waits = cause == "unreachable" or one.error_code in PASSING
    return None if waits and one.polls < patience else cause


def _is_former_canary(one: Unsettled, series: Series) -> bool:
    canaries = series.canaries
    asked = {canaries.sitemap, canaries.feed, canaries.changes, canaries.stays}
    return (one.link_text or "").startswith(CANARY) and one.address not in asked


def _of_unread(facts: Facts) -> Iterator[tuple[Cause, str, str]]:
    for one in facts.unread:
        yield "unread", facts.unread_since or "", f"{one.publication}/{one.file_name}: {one.because}"


def _of_polls(
    facts: Facts, series: Series, now: datetime, awake_since: datetime | None, lasting: set[str]
) -> Iterator[tuple[Cause, str, str]]:
    newest = facts.polls[0] if facts.polls else None
    ended = [one for one in facts.polls if one.ended_at]
    broken = [one for one in ended[:BROKEN_OFF] if one.outcome == "interrupted"]
    if len(broken) == BROKEN_OFF:
        yield "failing", broken[-1].started_at, f"{BROKEN_OFF} polls in a row ended before they were done"
    elif broken and ended[0] is broken[0] and f"{series.slug}/stuck" in lasting:
        yield "stuck", broken[0].started_at, "the program was ended, and no poll has come to its end since"
    if awake_since is None or (newest and newest.outcome is None):
        return
    due = max(due_at(series, looked(newest), now), awake_since) if newest else awake_since
    if now > due + GRACE:
        yield (
            "overdue",
            text_of(due),
            f"due since {text_of(due)}; the newest poll began {newest.started_at if newest else 'never'}",
        )


def stuck(series: Series, began: datetime) -> Alarm:
    """The alarm about a poll that is still not done long after it had to end, and takes the program with it."""
    line = f"the poll that began {text_of(began)} is still not done, and the program ends itself"
    return Alarm(series.slug, "stuck", text_of(began), (line,))


def of_machine(found: Iterable[Alarm]) -> list[Alarm]:
    """The same alarms, those that lie with this machine once instead of once for each series."""
    first: dict[str, Alarm] = {}
    for one in found:
        before = first.get(one.key)
        first[one.key] = (
            one
            if before is None
            else before._replace(
                since_at=min(before.since_at, one.since_at), lines=tuple(dict.fromkeys(before.lines + one.lines))
            )
        )
    return list(first.values())


# ---------------------------------------------------------------- what is to be told


def kept(told: Mapping[str, Told], now_on: Iterable[Alarm], channels: Sequence[str]) -> dict[str, Told]:
    """What has to be remembered: lasting alarms with their first beginning, ended ones until each channel told the end."""
    on = {one.key: one for one in now_on}
    result: dict[str, Told] = {}
    for key, alarm in on.items():
        before = told.get(key)
        since = min(before.alarm.since_at, alarm.since_at) if before else alarm.since_at
        result[key] = Told(alarm._replace(since_at=since), _of_channels(before, channels))
    for key, before in told.items():
        by = _of_channels(before, channels)
        if key not in on and by:
            result[key] = Told(before.alarm, by)
    return result


def _of_channels(told: Told | None, channels: Sequence[str]) -> dict[str, str]:
    return {name: at for name, at in told.by.items() if name in channels} if told else {}


def messages(
    told: Mapping[str, Told], now_on: Iterable[Alarm], channels: Sequence[str], now: datetime, every: timedelta
) -> list[Message]:
    """What each channel has to say now; `told` is what `kept` gave, `every` the time between two reminders."""
    on = {one.key for one in now_on}
    found = []
    for key, one in told.items():
        for channel in channels:
            event = _event(one.by.get(channel), key in on, now, every)
            if event is not None:
                found.append(Message(event, one.alarm, channel))
    return found


def _event(told_at: str | None, lasts: bool, now: datetime, every: timedelta) -> Event | None:
    if not lasts:
        return "resolved" if told_at else None
    if told_at is None:
        return "alarm"
    age = now - instant_of(told_at)
    return "reminder" if age >= every or age < -every else None  # told in the future: the clock has been set back


def title_of(alarm: Alarm) -> str:
    """What is wrong, in a few words, with the series it is about."""
    return CAUSES[alarm.cause].title + (f": {alarm.series}" if alarm.series else "")
