"""Checks the instants that facts claim, in the order of the log: none falls, none is older than an anchor before it.

Pure: is shown one fact after the other, and never reads a database or a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from archive.migrations import RECORDED
from archive.verify_codes import Problems

FALL = timedelta(seconds=2)
"""A clock that is kept in step by small steps may fall by less than this."""

LONGEST_EXCHANGE = timedelta(days=1)


class Bound(NamedTuple):
    """Nothing from this entry on may claim to be older than this instant."""

    entry: int
    instant: str


class Times:
    """What is known of the time while the log is walked."""

    def __init__(
        self, problems: Problems, annotated: Collection[int], bounds: Sequence[Bound], stood_before: int
    ) -> None:
        self._problems, self._annotated = problems, annotated
        self._bounds = sorted(bounds, reverse=True)
        self._not_before, self._stood_before = "", stood_before
        self.last: str | None = None
        """The newest instant that was recorded after the log began."""

    def see(self, entry: int, table: str, row: Mapping[str, object]) -> None:
        """Look at the next fact of the log."""
        while self._bounds and self._bounds[-1].entry <= entry:
            self._not_before = max(self._not_before, self._bounds.pop().instant)
        instant = row.get(RECORDED.get(table, ""))
        if not isinstance(instant, str):
            return
        if table == "captures" and entry not in self._annotated:
            self._see_exchange(entry, row, instant)
        if not 0 < entry <= self._stood_before:
            self._see_recorded(entry, instant)

    def _see_recorded(self, entry: int, instant: str) -> None:
        if self.last is not None and entry not in self._annotated and fell(self.last, instant):
            self._problems.add("E-TIM-01", f"entry {entry}", f"{instant} after {self.last}")
        if instant < self._not_before:
            self._problems.add(
                "E-TIM-03", f"entry {entry}", f"{instant}, and an anchor before it from {self._not_before}"
            )
        self.last = instant

    def _see_exchange(self, entry: int, row: Mapping[str, object], recorded: str) -> None:
        asked, received = str(row["requested_at"]), str(row["completed_at"])
        if asked <= received <= recorded and asked[:10] == recorded[:10]:
            return
        if fell(asked, received) or fell(received, recorded) or not _within_a_day(asked, recorded):
            found = f"asked for at {asked}, received at {received}, recorded at {recorded}"
            self._problems.add("E-TIM-02", f"entry {entry}", found)


def fell(earlier: str, later: str) -> bool:
    """Whether `later` lies before `earlier` by more than clocks are set back in small steps. Both UTC, ISO 8601."""
    if later >= earlier:
        return False
    before, after = instant_of(earlier), instant_of(later)
    return before is None or after is None or before - after > FALL


def instant_of(text: str) -> datetime | None:
    """An instant from its text, UTC, ISO 8601; None where no calendar has it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _within_a_day(earlier: str, later: str) -> bool:
    before, after = instant_of(earlier), instant_of(later)
    return before is not None and after is not None and after - before <= LONGEST_EXCHANGE
