"""Watches that the program which keeps polling is alive: its scheduler beats, and no poll runs for ever.

Never ends a poll or a program itself; whoever starts the guard says what is done when there is no life left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from scraper.manners import LONGEST_BACKOFF_SECONDS, LONGEST_WAIT_SECONDS
from scraper.model import Series

SILENCE_SECONDS = 300.0
"""A scheduler that beats every minute and has not for so long is dead."""

READING_SECONDS = 1800.0
"""What a poll may take beyond its own deadline, to read what it kept."""

LOOK_SECONDS = 5.0

OVERSLEPT_SECONDS = 30.0
"""A guard that wakes so late was stopped together with everything else: nobody is blamed for that time."""


class Running(NamedTuple):
    """A poll under way."""

    series: Series
    began_at: datetime
    began: float
    """On the monotonic clock."""


class Pulse:
    """Signs of life. The clock gives the time in UTC; durations are measured on the monotonic clock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._beat_at = time.monotonic()
        self._running: Running | None = None
        self._started = clock()
        self._ahead = self._offset()

    def beat(self) -> None:
        """The scheduler is alive."""
        with self._lock:
            self._beat_at = time.monotonic()

    def poll_begins(self, series: Series) -> None:
        """A poll of a series begins."""
        with self._lock:
            self._running = Running(series, self._clock(), time.monotonic())

    def poll_ends(self) -> None:
        """It has ended, whatever came of it."""
        with self._lock:
            self._running = None

    def excuse(self) -> None:
        """Begin anew with what was measured: the whole program stood still."""
        with self._lock:
            self._beat_at = time.monotonic()
            if self._running:
                self._running = self._running._replace(began=time.monotonic())

    def awake_since(self) -> datetime:
        """Since when the program could have polled: its start, or the end of a sleep, or the setting of the clock.

        A sleep and a clock that was set both show as a wall clock that moved otherwise than the monotonic one.
        """
        with self._lock:
            if abs(self._offset() - self._ahead) > OVERSLEPT_SECONDS:
                self._started, self._ahead = self._clock(), self._offset()
            return self._started

    def _offset(self) -> float:
        return self._clock().timestamp() - time.monotonic()

    def is_silent(self) -> bool:
        """Whether the scheduler has not beaten for longer than it may."""
        with self._lock:
            return time.monotonic() - self._beat_at > SILENCE_SECONDS

    def stuck_poll(self) -> Running | None:
        """The poll that runs for longer than any poll can that still does something; None where there is none."""
        with self._lock:
            running = self._running
        return running if running and time.monotonic() - running.began > longest_poll(running.series) else None


def longest_poll(series: Series) -> float:
    """Seconds after which a poll of a series must have ended: its deadline, the address in hand, and the reading."""
    manners = series.manners
    address = manners.attempts * (manners.deadline_seconds + LONGEST_WAIT_SECONDS + LONGEST_BACKOFF_SECONDS)
    return manners.poll_seconds + address + READING_SECONDS


def guard(pulse: Pulse, stop: threading.Event, dead: Callable[[str, Running | None], None]) -> threading.Thread:
    """Start a thread that looks at the pulse until `stop` is set, and calls `dead` once, with the reason, if there is none."""
    thread = threading.Thread(target=_look, args=(pulse, stop, dead), name="guard", daemon=True)
    thread.start()
    return thread


def _look(pulse: Pulse, stop: threading.Event, dead: Callable[[str, Running | None], None]) -> None:
    looked = time.monotonic()
    while not stop.wait(LOOK_SECONDS):
        overslept = time.monotonic() - looked - LOOK_SECONDS > OVERSLEPT_SECONDS
        looked = time.monotonic()
        if overslept:
            pulse.excuse()
            continue
        stuck = pulse.stuck_poll()
        if stuck or pulse.is_silent():
            dead("a poll does not come to its end" if stuck else "the scheduler does not run any more", stuck)
            return
