"""Counts what one poll met, knows which hosts to leave alone, and says at the end how it went.

Never fetches and never writes: poll.py tells it what happened.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from archive.store import Recorded
from schedules.due import instant_of
from schedules.visits import UNSETTLED
from scraper.model import Capture, Finding, Severity

REFUSALS_BEFORE_SILENCE = 3
"""A host that refuses so many addresses in a row is not asked again in this poll."""

_REASONS = {
    "dns": "the name could not be resolved",
    "connect": "no connection could be made",
    "connect_timeout": "it did not answer in time",
    "read_timeout": "it did not answer in time",
    "deadline": "the answer took too long",
    "disconnect": "the connection broke off",
    "short": "the body broke off",
    "challenge": "it shows a page made to keep robots out",
    "robots": "its robots.txt does not allow it",
}
"""Error codes of captures in words, where the capture's own detail says more than a person needs."""


class Trouble(NamedTuple):
    """One address that could not be got or understood."""

    address: str
    kind: str
    """`unreachable`, `refused`, `bad_answer`, `absent`, `page` (not what it was), or `slow` (a poll that did not end)."""
    why: str


class Tally:
    """What one poll has met so far."""

    def __init__(self) -> None:
        self.captures = self.new_snapshots = self.findings = self.left = self.unread = 0
        self.outcomes: Counter[str] = Counter()
        self.troubles: list[Trouble] = []
        self.silent: set[str] = set()
        self.not_before: datetime | None = None
        self.stopped = False
        self._refusals: Counter[str] = Counter()
        self._robots_failed: dict[str, str] = {}

    @property
    def complete(self) -> bool:
        """Whether everything that was due was looked at and answered."""
        return not (self.troubles or self.left or self.stopped)

    def note(self, capture: Capture, recorded: Recorded) -> None:
        """One exchange was recorded."""
        self.captures += 1
        self.new_snapshots += recorded.is_new_snapshot
        if capture.request.purpose != "robots":
            self.outcomes[recorded.outcome] += 1
        else:
            self._note_robots(capture)
        if capture.retry_after_seconds is not None and capture.status in {429, 503}:
            until = instant_of(capture.completed_at) + timedelta(seconds=min(capture.retry_after_seconds, 7 * 86400))
            self.not_before = max(until, self.not_before or until)

    def _note_robots(self, capture: Capture) -> None:
        host = host_of(capture.request.address)
        self._robots_failed.pop(host, None)
        if capture.verdict == "failed":
            self._robots_failed[host] = why_of(capture)

    def note_answer(self, capture: Capture) -> None:
        """The last exchange of an address: decides whether its host is asked any further in this poll."""
        host = host_of(capture.request.address)
        if capture.error_code == "host":
            return  # nothing was asked: the address lies outside the series' hosts
        if capture.verdict not in {"blocked", "failed"}:
            self._refusals[host] = 0
            return
        self._refusals[host] += 1
        if is_host_wide(capture) or host in self._robots_failed or self._refusals[host] >= REFUSALS_BEFORE_SILENCE:
            self.silent.add(host)

    def is_silent(self, address: str) -> bool:
        """Whether the address's host has failed us so thoroughly that it is left alone until the next poll."""
        return host_of(address) in self.silent

    def trouble_of(self, capture: Capture) -> Trouble:
        """The trouble that an unhealthy answer is, with the reason in words."""
        host = host_of(capture.request.address)
        if host in self._robots_failed:
            return Trouble(capture.request.address, "unreachable", self._robots_failed[host])
        return Trouble(capture.request.address, kind_of(capture), why_of(capture))

    def summary(self) -> str:
        """How the poll went, in a few plain sentences."""
        if self.troubles:
            fruitless = self.outcomes.total() == sum(self.outcomes[name] for name in UNSETTLED)
            return self._trouble_in_words() + ("" if fruitless else f" {self._counts()}") + self._unread_in_words()
        if self.stopped:
            return f"Stopped before the end. {self._counts()}"
        return self._counts() + self._unread_in_words()

    def _unread_in_words(self) -> str:
        if not self.unread:
            return ""
        files = "1 file" if self.unread == 1 else f"{self.unread} files"
        return f" Kept, but could not be read: {files}; `optout status` says why."

    def _trouble_in_words(self) -> str:
        first = self.troubles[0]
        more = len(self.troubles) - 1 + self.left
        others = f" {more} more could not be looked at." if more else ""
        match first.kind:
            case "unreachable":
                return f"Could not reach {host_of(first.address)}: {first.why}.{others}"
            case "refused":
                return f"{host_of(first.address)} refused {first.address}: {first.why}.{others}"
            case "absent":
                return f"{first.address} is linked but not there: {first.why}.{others}"
            case "slow":
                return f"Not everything could be looked at: {first.why}.{others}"
            case "page":
                return f"Could not understand {first.why}{others}"
            case _:
                return f"Could not get {first.address}: {first.why}.{others}"

    def _counts(self) -> str:
        fresh = [f"{self.outcomes[name]} {name}" for name in ("new", "changed", "reissued") if self.outcomes[name]]
        same = self.outcomes["unchanged"] + self.outcomes["not_modified"]
        parts = fresh + ([f"{same} as before"] if same else [])
        parts += [f"{self.outcomes['absent']} no longer there"] if self.outcomes["absent"] else []
        asked = self.outcomes.total()
        return f"Asked {asked} {'time' if asked == 1 else 'times'}: {', '.join(parts) or 'nothing came'}."


def host_of(address: str) -> str:
    """Host, with port where there is one."""
    return urlsplit(address).netloc


def is_host_wide(capture: Capture) -> bool:
    """Whether an answer speaks for the whole host: no way to it, a challenge, or the request to come later."""
    code = capture.error_code or ""
    if capture.verdict == "failed":
        return capture.status is None and (code in {"dns", "connect", "connect_timeout"} or code.startswith("tls"))
    return capture.verdict == "blocked" and code in {"challenge", "too_many_requests", "retry_after", "private_address"}


def kind_of(capture: Capture) -> str:
    """What kind of trouble an unhealthy answer is."""
    if capture.verdict == "blocked":
        return "refused"
    if capture.verdict == "absent":
        return "absent"
    return "unreachable" if capture.verdict == "failed" and capture.status is None else "bad_answer"


def why_of(capture: Capture) -> str:
    """Why an answer is unhealthy, in words."""
    known = _REASONS.get(capture.error_code or "")
    return known or capture.error_detail or (f"status {capture.status}" if capture.status else capture.verdict)


def finding_of(trouble: Trouble, capture: Capture) -> Finding:
    """The finding that an unhealthy answer is: `fetch.unreachable`, `fetch.refused`, `fetch.bad_answer` or `fetch.absent`."""
    severity: Severity = "warning" if trouble.kind == "absent" else "error"
    expected = "the file" if capture.request.purpose == "file" else "the page"
    advice = {
        "refused": "Nothing is worked around; `optout deposit` takes files that a person fetched.",
        "absent": "What was captured before stays; the address is asked again.",
    }.get(trouble.kind, "It is asked again at the next poll.")
    return Finding(f"fetch.{trouble.kind}", severity, trouble.address, "", trouble.why, expected, advice)
