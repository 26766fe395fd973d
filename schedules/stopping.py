"""How the program is asked to end: one signal finishes what is in hand, a second ends it at once.

Never decides what is finished first; whoever holds the event looks at it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class StoppedError(Exception):
    """The program was asked to end: what is in hand is recorded, nothing further is begun."""


@contextmanager
def stopped_by_signals(stop: threading.Event, *, leave: bool) -> Iterator[None]:
    """SIGTERM or SIGINT sets `stop`, and with `leave` raises SystemExit in the main thread; a second one ends at once."""

    def end(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)  # every capture was committed as it came: nothing is lost that was acknowledged
        stop.set()
        if leave:
            raise SystemExit(0)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until_stopped(stop: threading.Event, progress: Callable[[str, int, int], None]) -> Callable[[str, int, int], None]:
    """The same progress, which raises StoppedError once `stop` is set: long work then ends at its next step."""

    def tell(what: str, done: int, of: int) -> None:
        if stop.is_set():
            raise StoppedError
        progress(what, done, of)

    return tell
