"""How we behave: the pace between requests, when to ask again, under what name, and what robots.txt allows.

Never fetches anything; waits only in `Pace.wait`, and only until the stop event is set.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from protego import Protego

from scraper.model import Capture, Manners, Request, Series
from scraper.peers import listed, target_of

LEAST_PACE_SECONDS = 5.0
"""Below this only a local publisher is visited (design section 10)."""

LONGEST_WAIT_SECONDS = 300.0
"""A server that asks for more is left alone for the rest of the poll, instead of being waited for."""

LONGEST_RETRY_AFTER_SECONDS = 7 * 86_400.0
LONGEST_CRAWL_DELAY_SECONDS = 60.0
LONGEST_BACKOFF_SECONDS = 60.0

PASSING = frozenset(
    {
        "dns", "connect", "connect_timeout", "read_timeout", "deadline", "disconnect", "disconnect_timeout",
        "tls_timeout", "short", "codec", "digest", "protocol",
    }
)  # fmt: skip
"""Error codes of failures that may be gone at the next try."""


ROBOTS_GOOD_SECONDS = 86_400.0
"""RFC 9309 2.4: a copy should not be used for more than 24 hours."""

ROBOTS_UNREACHABLE_SECONDS = 900.0
"""After so long a robots.txt that could not be had is asked for again."""

ROBOTS_MOST_BYTES = 500 * 1024
"""RFC 9309 2.5: at least so much of a robots.txt is to be read; more is nobody's intention."""


class Pace:
    """The one clock of a Fetcher: no request begins before its pause, its host's own delay and any hold are over."""

    def __init__(self, manners: Manners, stop: threading.Event) -> None:
        self._stop = stop
        self._seconds = (
            manners.pace_seconds if manners.local_publisher else max(manners.pace_seconds, LEAST_PACE_SECONDS)
        )
        self._ended_at: float | None = None
        self._holds: dict[str, float] = {}
        self._delays: dict[str, float] = {}

    def wait(self, origin: str) -> bool:
        """Waits until `origin` may be asked; False where the stop event was set before or meanwhile."""
        return not self._stop.wait(max(0.0, self._ready_at(origin) - time.monotonic()))

    def _ready_at(self, origin: str) -> float:
        pause = max(self._seconds, self._delays.get(origin, 0.0))
        paced = -1.0 if self._ended_at is None else self._ended_at + pause
        return max(paced, self._holds.get(origin, -1.0))

    def ended(self) -> None:
        """A request has just ended: the next one's pause begins."""
        self._ended_at = time.monotonic()

    def hold(self, origin: str, seconds: float) -> None:
        """Leaves `origin` alone for so many seconds from now, or for longer if it is held already."""
        self._holds[origin] = max(self._holds.get(origin, 0.0), time.monotonic() + seconds)

    def slow_down(self, origin: str, seconds: float) -> None:
        """Keeps a longer pause before requests to `origin` (Crawl-delay), within reason."""
        self._delays[origin] = min(seconds, LONGEST_CRAWL_DELAY_SECONDS)

    def held_too_long(self, origin: str) -> float | None:
        """Seconds for which `origin` asked to be left alone, where that is longer than we wait in one poll."""
        left = self._holds.get(origin, 0.0) - time.monotonic()
        return left if left > LONGEST_WAIT_SECONDS else None


def user_agent(software: str, manners: Manners) -> str:
    """Name and version of the program with the operator's contact, as one line of ASCII."""
    contact = manners.contact.encode("ascii", "replace").decode("ascii")
    return " ".join(f"{software} (+{contact})".split())


def robots_name(software: str) -> str:
    """The part of the User-Agent that robots.txt groups are matched with."""
    return software.split("/", 1)[0]


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After field asks for (RFC 9110 10.2.3: seconds, or a date); at most seven days.

    None where there is no field, it is not readable, or its date has passed.
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return min(float(text), LONGEST_RETRY_AFTER_SECONDS)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    seconds = ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
    return min(seconds, LONGEST_RETRY_AFTER_SECONDS) if seconds > 0 else None


def is_passing(capture: Capture) -> bool:
    """Whether another try in a moment may do better: trouble on the wire, 429 and 5xx; never a refusal."""
    if capture.error_code == "challenge":
        return False
    if capture.status == 429:
        return True
    if capture.verdict != "failed":
        return False
    return capture.error_code in PASSING or (capture.status or 0) in {408, 425, 500, 502, 503, 504, *range(520, 528)}


def plain(text: str) -> str:
    """One line for people: no control characters, no local paths, no memory addresses, at most 300 characters."""
    text = re.sub(r"(?<![\w:/.])/(?:[\w.+-]+/)+[\w.+-]*", "[path]", text)
    text = re.sub(r"<[\w.]+ object at 0x[0-9a-f]+>|0x[0-9a-f]{6,}", "[object]", text)
    return "".join(char if char.isprintable() else " " for char in text)[:300].strip()


class RobotsCopy(NamedTuple):
    """What one origin's robots.txt says, as last fetched."""

    rules: Protego | None
    """None where nothing may be fetched, since robots.txt could not be had (RFC 9309 2.3.1.4)."""
    said: str
    sha256: str | None
    good_until: float
    """On the monotonic clock."""


class Leave(NamedTuple):
    """Whether one address may be fetched, by which rule, and the robots.txt that said so."""

    granted: bool
    rule: str | None = None
    sha256: str | None = None


def read_robots(answer: Capture, now: float) -> RobotsCopy:
    """What the capture of a robots.txt means (RFC 9309 2.3.1); `now` on the monotonic clock."""
    if answer.verdict in ("accepted", "soft_error") and answer.body is not None:
        text = answer.body[:ROBOTS_MOST_BYTES].decode("utf-8-sig", "replace")
        sha256 = hashlib.sha256(answer.body).hexdigest()
        return RobotsCopy(Protego.parse(text), "robots.txt", sha256, now + ROBOTS_GOOD_SECONDS)
    status = answer.status or 0
    if 400 <= status < 500 and status != 429 and answer.verdict != "suspect":
        return RobotsCopy(
            Protego.parse(""), f"there is no robots.txt (status {status})", None, now + ROBOTS_GOOD_SECONDS
        )
    reason = answer.error_detail or answer.error_code or f"status {status}"
    return RobotsCopy(None, f"robots.txt could not be had ({reason})", None, now + ROBOTS_UNREACHABLE_SECONDS)


def leave_for(request: Request, address: str, copy: RobotsCopy, series: Series, name: str) -> Leave:
    """Whether `address` may be fetched for `request` under the name that robots.txt groups are matched with."""
    if copy.rules is None:
        return Leave(granted=False, rule=copy.said)
    if copy.rules.can_fetch(address, name):
        return Leave(granted=True, rule=f"allowed: {copy.said}", sha256=copy.sha256)
    exception = series.manners.robots_exception
    if exception and _offered_by_series(request, address, series):
        rule = f"disallowed by robots.txt, fetched by the series' exception: {exception}"
        return Leave(granted=True, rule=rule, sha256=copy.sha256)
    return Leave(granted=False, rule=f"disallowed by robots.txt for {name}", sha256=copy.sha256)


def _offered_by_series(request: Request, address: str, series: Series) -> bool:
    """Whether a file on a file host is asked for because one of the series' own pages links to it."""
    target, via = target_of(address), target_of(request.via_address or "")
    if request.purpose != "file" or target is None or via is None:
        return False
    return listed(target, series.file_hosts) and listed(via, series.page_hosts)
