"""Which vintages there are: the publisher's statements put in the publisher's order, whatever order we got them in.

Pure: it is told what was captured and deposited, and answers with a plan; it reads no database and no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Statement(NamedTuple):
    """One time a release was found to state a family of figures by a file that it had not stated it by before."""

    series: str
    publication: str
    family: str
    sha256: str
    file_name: str
    published_on: str
    """Day the release was published, YYYY-MM-DD: the same for all statements of one release."""
    given_on: str | None
    """Day given with a deposit, None for a capture."""
    seen_at: str
    """Instant of the first capture that had these bytes here; "" for a deposit, whose arrival means nothing."""
    poll_id: int
    """The poll that saw it; 0 for a deposit."""


class VintageKey(NamedTuple):
    """What makes a vintage itself, in the order in which vintages are numbered: release by release, then edition."""

    published_on: str
    series: str
    publication: str
    stated_on: str
    """Day on which this edition was stated: publication for the first, else when it was seen or what a deposit says."""
    nth: int
    """0 for the first edition that the release states on that day, 1 for the next."""


class PlannedVintage(NamedTuple):
    """One vintage and, by family, the snapshot (SHA-256) and file name that state it."""

    key: VintageKey
    loads: Mapping[str, tuple[str, str]]


def plan_vintages(statements: Iterable[Statement]) -> list[PlannedVintage]:
    """All vintages, oldest first: vintage 1 is the first of the list.

    A release's first edition is dated by its publication day. A later one (file replaced in place, reissued under a new address,
    `_V2` added, put back) is dated by the day on which it was first seen, or by the day given with a deposit. It stands after
    its own release's earlier edition and before the next release: a file that we find replaced years later must not overrule
    what newer releases say of the same months. What was known on a day is asked of the vintages stated by then, month by month.
    """
    planned: dict[VintageKey, dict[str, tuple[str, str]]] = {}
    for (series, publication, family), group in sorted(_by_release_and_family(statements).items()):
        for stated_on, nth, statement in _editions(group):
            key = VintageKey(statement.published_on, series, publication, stated_on, nth)
            planned.setdefault(key, {})[family] = (statement.sha256, statement.file_name)
    return [PlannedVintage(key, planned[key]) for key in sorted(planned)]


def _by_release_and_family(statements: Iterable[Statement]) -> dict[tuple[str, str, str], list[Statement]]:
    groups: dict[tuple[str, str, str], list[Statement]] = {}
    for statement in statements:
        groups.setdefault((statement.series, statement.publication, statement.family), []).append(statement)
    return groups


def _editions(group: list[Statement]) -> list[tuple[str, int, Statement]]:
    """(stated_on, nth of that day, statement) of one family of one release; the same bytes twice running are one edition."""
    first_poll = min((s.poll_id for s in group if s.poll_id), default=0)
    dated = sorted((_stated_on(s, first_poll), s.seen_at, s.file_name, s.sha256, s) for s in group)
    found: list[tuple[str, int, Statement]] = []
    on_day: dict[str, int] = {}
    for stated_on, _, _, sha256, statement in dated:
        if found and found[-1][2].sha256 == sha256:
            continue
        nth = on_day[stated_on] = on_day.get(stated_on, -1) + 1
        found.append((stated_on, nth, statement))
    return found


def _stated_on(statement: Statement, first_poll: int) -> str:
    """Files found by the first poll that saw any of them were there on publication, for all we know; later ones were not."""
    if statement.poll_id == 0:
        return statement.given_on or statement.published_on
    if statement.poll_id == first_poll:
        return statement.published_on
    return max(statement.published_on, statement.seen_at[:10])


class Renumbering(NamedTuple):
    """How to get from the vintages that are loaded to the plan."""

    moves: dict[int, int]
    """Old number to new number, of loaded vintages whose number changes; order is kept."""
    numbers: dict[VintageKey, int]
    """Every planned vintage and its number."""


def renumber(loaded: Mapping[int, PlannedVintage], planned: list[PlannedVintage]) -> Renumbering | None:
    """The renumbering that makes room for the plan; None where the plan takes back something loaded: then only a rebuild will do.

    `loaded` maps vintage numbers to what is loaded under them. Taking back happens when an older date comes to light, or a file
    once readable is no longer: spans cannot forget a vintage.
    """
    numbers = {vintage.key: number for number, vintage in enumerate(planned, start=1)}
    plan = {vintage.key: vintage.loads for vintage in planned}
    moves: dict[int, int] = {}
    for number, vintage in sorted(loaded.items()):
        wanted = plan.get(vintage.key)
        if wanted is None or any(wanted.get(family) != load for family, load in vintage.loads.items()):
            return None
        if numbers[vintage.key] != number:
            moves[number] = numbers[vintage.key]
    return Renumbering(moves, numbers)
