"""Which rows of a span table change when a vintage's statements about one month are put in, at the end or in between.

Pure arithmetic on values; it never opens a database and never reads a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Stated = tuple[int | float | str | None, ...]
"""The value that is compared: two statements are the same exactly when these tuples are equal."""


class Span(NamedTuple):
    """One row: every covering vintage from `since` up to, not including, `until` states `value`."""

    since: int
    until: int | None
    value: Stated


class Begun(NamedTuple):
    """A row to be written."""

    place: int
    since: int
    until: int | None
    value: Stated


class Edits(NamedTuple):
    """What to do to one month of one span table, in this order: end, remove, begin."""

    ended: list[tuple[int, int]]
    """(place, since) of rows whose `until` becomes the new vintage."""
    removed: list[tuple[int, int]]
    """(place, since) of rows that go, because a row that begins earlier takes their place."""
    begun: list[Begun]

    @property
    def changed(self) -> int:
        """How many cells differ from what the vintage before stated, dropped and added ones included."""
        return len({place for place, _ in self.ended} | {row.place for row in self.begun})


def edits(
    vintage: int,
    before: Mapping[int, Span],
    stated: Mapping[int, Stated],
    after: Mapping[int, Span],
    following: int | None,
) -> Edits:
    """Edits that put one vintage's statements about one month between its neighbours.

    `before` and `after` hold, by place, the span in force at the nearest covering vintage before and after; `following` is the
    number of the one after, None where this vintage is the newest that covers the month (then `after` is empty). The spans that
    result are the longest runs of equal statements, so that any order of putting vintages in gives the same rows.
    """
    if not before and not after:
        return Edits([], [], [Begun(place, vintage, following, value) for place, value in sorted(stated.items())])
    found = Edits([], [], [])
    for place in _differing(before, stated):
        _edit_place(found, vintage, place, before.get(place), stated.get(place), after.get(place), following)
    return found


def _differing(before: Mapping[int, Span], stated: Mapping[int, Stated]) -> list[int]:
    """Places about which the new vintage and the one before it do not say the same, in order."""
    changed = [p for p, value in stated.items() if (held := before.get(p)) is None or held.value != value]
    return sorted(changed + [place for place in before if place not in stated])


def _edit_place(
    found: Edits,
    vintage: int,
    place: int,
    before: Span | None,
    value: Stated | None,
    after: Span | None,
    following: int | None,
) -> None:
    if before is not None:
        found.ended.append((place, before.since))
        if after is not None and following is not None and after.since == before.since:
            found.begun.append(Begun(place, following, after.until, after.value))
    if value is None:
        return
    if after is not None and after.value == value:
        found.removed.append((place, after.since))
        found.begun.append(Begun(place, vintage, after.until, value))
    else:
        found.begun.append(Begun(place, vintage, following, value))


def changed_between(stated: Mapping[int, Stated], after: Mapping[int, Span]) -> int:
    """How many cells the vintage behind `after` states differently from `stated`, dropped and added ones included."""
    return len(_differing(after, stated))
