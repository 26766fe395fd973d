"""Puts together how each series stands, as a value for programs and in words for people.

Never polls and never writes; "no news", "nothing found" and "could not look" are three different answers here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlite_utils import Database

from archive.anchored import Anchoring, anchored_words, signed_words
from archive.standing import (
    Change,
    OpenFinding,
    UnreadFile,
    blind_periods,
    last_change,
    newest_polls,
    open_findings,
    unread_files,
)
from archive.store import PollRecord
from schedules.due import due_at, in_words, instant_of, looked, text_of
from scraper.model import Series

LOOKING_BACK = timedelta(days=365)
SETTLED_AFTER = timedelta(days=30)


class Blind(NamedTuple):
    """A time in which nobody looked through the series: a poll was due, and none that did began before `until_at`."""

    since_at: str
    until_at: str | None
    """None: still so."""


class Standing(NamedTuple):
    """How one series stands."""

    series: str
    title: str
    last_check: PollRecord | None
    last_success: PollRecord | None
    last_change: Change | None
    next_due_at: str
    unread: list[UnreadFile]
    findings: list[OpenFinding]
    blind: list[Blind]

    @property
    def is_sound(self) -> bool:
        """Whether the newest look at the series answered everything."""
        return self.last_check is not None and self.last_check.outcome in {"complete", None}


def standing_of(copy: Database, series: Series, now: datetime) -> Standing:
    """How a series stands by the reading copy's record."""
    check, success = newest_polls(copy, series.slug)
    since = text_of(now - LOOKING_BACK)
    blind = [Blind(*one) for one in blind_periods(copy, series.slug, since, text_of(now))]
    return Standing(
        series.slug, series.title, check, success, last_change(copy, series.slug),
        text_of(due_at(series, looked(check), now)), unread_files(copy, series.slug),
        open_findings(copy, series.slug, text_of(now - SETTLED_AFTER)), blind,
    )  # fmt: skip


def as_json(standing: Standing) -> dict[str, object]:
    """The same for programs; instants are UTC."""
    check, success, change = standing.last_check, standing.last_success, standing.last_change
    return {
        "series": standing.series,
        "title": standing.title,
        "sound": standing.is_sound,
        "last_check": check and check._asdict(),
        "last_success_at": success and success.started_at,
        "last_change": change and change._asdict(),
        "next_due_at": standing.next_due_at,
        "unread": [file._asdict() for file in standing.unread],
        "findings": [finding._asdict() for finding in standing.findings],
        "blind": [blind._asdict() for blind in standing.blind],
    }


def in_lines(standing: Standing, series: Series, now: datetime) -> list[str]:
    """The same for people, times in the series' zone."""

    def when(text: str) -> str:
        return in_words(instant_of(text), series, now)

    check, success, change = standing.last_check, standing.last_success, standing.last_change
    overdue = instant_of(standing.next_due_at) <= now
    lines = [
        f"{standing.title} ({standing.series})",
        f"  last check    {_check_in_words(check, when(check.started_at)) if check else 'never'}",
        f"  last success  {when(success.started_at) if success else 'never'}",
        f"  last change   {f'{when(change.seen_at)}: {change.outcome} {change.address}' if change else 'none seen'}",
        f"  next due      {'now' if overdue else when(standing.next_due_at)}",
    ]
    if check and check.outcome in {"incomplete", "interrupted"}:
        lines.append(f"  because       {check.summary}")
    lines.append(f"  unread files  {len(standing.unread)}")
    lines += [f"    {file.publication}/{file.file_name}: {file.because}" for file in standing.unread[:5]]
    lines.append(f"  open findings {len(standing.findings)}")
    lines += [f"    {_finding_in_words(finding)}" for finding in standing.findings[:5]]
    lines.append(f"  blind periods {len(standing.blind)}{' in the last year' if standing.blind else ''}")
    lines += [f"    {when(b.since_at)} to {when(b.until_at) if b.until_at else 'now'}" for b in standing.blind[-3:]]
    if series.manners.robots_exception:
        lines.append(f"  robots.txt    obeyed, with an exception for files: {series.manners.robots_exception}")
    return lines


def log_lines(log: Anchoring) -> list[str]:
    """How the log stands, for people; times in UTC, as its notes have them."""
    at = {
        text: f"{text[:10]} at {text[11:16]} UTC"
        for text in (log.signed_at, log.anchored_at, log.unanchored_since)
        if text
    }
    return ["The log", f"  signed        {signed_words(log, at)}", f"  anchored      {anchored_words(log, at)}"]


def _check_in_words(check: PollRecord, began: str) -> str:
    if check.outcome is None:
        return f"{began}, under way or cut short"
    return f"{began}, {check.outcome}"


def _finding_in_words(finding: OpenFinding) -> str:
    place = f", {finding.place}" if finding.place else ""
    return f"{finding.severity} {finding.code}: {finding.subject}{place}: found {finding.found}; expected {finding.expected}"
