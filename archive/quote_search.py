"""Holds a number against cells: which state it, between which two months of a cell it is the change, which come nearest.

Pure: cells in, hits out; it never opens a database and puts nothing into words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

from archive.quote_cells import LATEST, Cell, Statement
from archive.quote_places import ENGLAND, ENGLAND_PART
from archive.quoted import Span, mistyped, swapped

RANKED = (
    "age_sex", "areas", "practices", "lsoas", "workbook_england", "workbook_age_sex", "workbook_areas", "workbook_practices",
    "weekly",
)  # fmt: skip
"""Which source is told first where several agree: the monthly files, the release workbook, the dashboard."""

_MONTH = 31
"""Days from one statement to the next at which they are neighbours."""


class Hit(NamedTuple):
    """One way in which a cell carries a number."""

    reading: str
    """stated, change, share of list, share of total or growth."""
    how: str
    """"" where the number is this to the unit; else rounded, cut off, more than this …"""
    number: float
    """What the cell really says, by this reading."""
    cell: Cell
    earlier: Statement | None
    """For a change: the earlier month. For a share of the list: None."""
    statement: Statement
    list_size: Statement | None = None
    agreeing: tuple[Hit, ...] = ()
    """The same of the same place and days in other sources: they agree, and are no further match."""


def order(hit: Hit) -> tuple[int, int, int, int, int, int, int]:
    """What a newspaper most likely means comes first: England, the monthly figures, neighbouring months, the newest."""
    apart = hit.statement.day - hit.earlier.day if hit.earlier else 0
    opt_outs_first = int(hit.cell.measure != "opt-outs")
    return (
        hit.cell.scope, opt_outs_first, int(hit.cell.is_weekly), _whole_months(apart), -hit.statement.day,
        RANKED.index(hit.cell.family), -hit.statement.since,
    )  # fmt: skip


def _whole_months(days: int) -> int:
    """Days apart as months, since February is no nearer to March than March to April."""
    return round(days / 30.4)


def stated(cells: Iterable[Cell], numbers: Collection[int]) -> list[Hit]:
    """Cells of which exactly one of these numbers is stated, or was."""
    wanted = frozenset(numbers)
    return [
        Hit("stated", "", one.value, cell, None, one)
        for cell in cells
        for one in cell.statements
        if one.value in wanted
    ]


def stated_within(cells: Iterable[Cell], spans: tuple[Span, ...]) -> list[Hit]:
    """Opt-outs that the printed number can stand for, as they are now stated."""
    return [
        Hit("stated", how, one.value, cell, None, one)
        for cell in cells
        if cell.measure == "opt-outs"
        for one in _latest(cell)
        if (how := how_it_fits(one.value, spans))
    ]


def how_it_fits(value: float, spans: tuple[Span, ...]) -> str:
    """In which way a printed number can stand for this one; "" where in none."""
    return next((span.how for span in spans if span.low <= value < span.high), "")


def changes(cells: Iterable[Cell], numbers: Collection[int]) -> list[Hit]:
    """Pairs of months (of England, of weeks too) of a cell between which opt-outs moved by exactly one of these; never by none."""
    wanted = sorted({change for number in numbers if number for change in (number, -number)})
    # Between 43 weeks there are 900 changes of each area, most of them small: there, only England's mean anything.
    searched = (
        cell for cell in cells if cell.measure == "opt-outs" and not (cell.is_weekly and cell.scope > ENGLAND_PART)
    )
    return [hit for cell in searched for hit in _changes_of(cell, wanted)]


def _changes_of(cell: Cell, wanted: list[int]) -> Iterator[Hit]:
    """Each value is looked up, not each pair: the work grows with the statements, not with their square."""
    # Of England everything ever stated is looked at; elsewhere, where chance matches abound, what still stands.
    statements = cell.statements if cell.scope == ENGLAND else _latest(cell)
    by_value: dict[int, list[Statement]] = {}
    for one in statements:
        by_value.setdefault(one.value, []).append(one)
    for earlier in statements:
        for change in wanted:
            for later in by_value.get(earlier.value + change, ()):
                if later.day > earlier.day and _stood_together(earlier, later):
                    yield Hit("change", "", change, cell, earlier, later)


def _latest(cell: Cell) -> list[Statement]:
    """One statement for each month, in their order."""
    return [one for one in cell.statements if one.until == LATEST]


def _stood_together(one: Statement, other: Statement) -> bool:
    """Whether both were the newest statement at one time: nobody could subtract them otherwise."""
    return one.since < other.until and other.since < one.until


def changes_within(cells: Iterable[Cell], spans: tuple[Span, ...]) -> list[Hit]:
    """Changes of England's total between months that the printed number can stand for; two of 43 weeks fit nearly any."""
    return [
        Hit("change", how, later.value - earlier.value, cell, earlier, later)
        for cell in cells
        if cell.scope == ENGLAND and cell.measure == "opt-outs" and not cell.is_weekly
        for earlier, later in combinations(_latest(cell), 2)
        if (how := how_it_fits(abs(later.value - earlier.value), spans))
    ]


def shares_of_list(cells: Iterable[Cell], spans: tuple[Span, ...]) -> list[Hit]:
    """Opt-outs as a percentage of the people on GP lists, where both are stated."""
    lists = {
        (cell.family, cell.place, one.day): one
        for cell in cells
        if cell.measure != "opt-outs"
        for one in _latest(cell)
        if one.value > 0
    }
    found = []
    for cell in cells:
        for one in _latest(cell) if cell.measure == "opt-outs" else ():
            size = lists.get((cell.family, cell.place, one.day))
            if size and (how := how_it_fits(share := 100 * one.value / size.value, spans)):
                found.append(Hit("share of list", how, share, cell, None, one, size))
    return found


def percent_changes(cells: Iterable[Cell], spans: tuple[Span, ...]) -> list[Hit]:
    """Net changes as a percentage of the later total, and of the earlier: newspapers print either. England and areas by month."""
    if not spans:
        return []
    pairs = (
        (cell, *pair)
        for cell in cells
        if cell.measure == "opt-outs" and cell.scope != ENGLAND_PART and not cell.is_weekly
        for pair in _pairs_that_moved(_latest(cell), min(span.low for span in spans), max(span.high for span in spans))
    )
    found = []
    for cell, earlier, later in pairs:
        change = 100 * (later.value - earlier.value)
        for reading, base in (("share of total", later.value), ("growth", earlier.value)):
            if base and (how := how_it_fits(abs(change) / base, spans)):
                found.append(Hit(reading, how, change / base, cell, earlier, later))
    return found


def _pairs_that_moved(statements: list[Statement], low: float, high: float) -> Iterator[tuple[Statement, Statement]]:
    """Pairs of months whose change can be from `low` to `high` percent of either total."""
    # Plain numbers and no division: this is asked of a million pairs.
    values = [(one.value, at) for at, one in enumerate(statements)]
    for (before, at), (after, later_at) in combinations(values, 2):
        if before < after:
            moved, least, most = 100 * (after - before), before, after
        else:
            moved, least, most = 100 * (before - after), after, before
        if low * least <= moved < high * most:
            yield statements[at], statements[later_at]


class Near(NamedTuple):
    """A number that comes near, and how."""

    how: str
    hit: Hit


def nearest(cells: list[Cell], number: int, most: int) -> list[Near]:
    """What the number may have been meant to be: two digits swapped, one digit wrong, or else the nearest of England."""
    england = [cell for cell in cells if cell.scope == ENGLAND]
    parts = [cell for cell in cells if cell.scope <= ENGLAND_PART]
    turned, wrong = swapped(number), mistyped(number)
    tries: tuple[tuple[str, Callable[[], list[Hit]]], ...] = (
        ("two digits swapped", lambda: stated(england, turned) + changes(england, turned)),
        ("one digit different", lambda: stated(england, wrong) + changes(england, wrong)),
        ("two digits swapped", lambda: stated(cells, turned) + changes(cells, turned)),
        ("one digit different", lambda: stated(parts, wrong)),
    )
    for how, search in tries:
        if hits := each_once(search()):
            return [Near(how, hit) for hit in hits[:most]]
    closest = sorted(_of_england(england), key=lambda hit: (abs(abs(hit.number) - number), order(hit)))
    return [Near("the nearest of England's own", hit) for hit in closest[:1]]


def _of_england(england: list[Cell]) -> Iterator[Hit]:
    """England's totals, and their changes from one month, or week, to the next."""
    for cell in england:
        if cell.measure == "opt-outs":
            yield from (Hit("stated", "", one.value, cell, None, one) for one in cell.statements)
            for earlier, later in pairwise(_latest(cell)):
                if later.day - earlier.day <= _MONTH:
                    yield Hit("change", "", later.value - earlier.value, cell, earlier, later)


def each_once(hits: Iterable[Hit]) -> list[Hit]:
    """Hits in order of likelihood; each number, place and day or pair of days once, with the other sources that say the same."""
    kept: dict[tuple[object, ...], Hit] = {}
    for hit in sorted(hits, key=order):
        days = (hit.earlier.day if hit.earlier else None, hit.statement.day)
        place = (hit.reading, _told(hit.number), hit.cell.place, hit.cell.measure, *days)
        first = kept.setdefault(place, hit)
        if hit.cell.family not in {first.cell.family, *(one.cell.family for one in first.agreeing)}:
            kept[place] = first._replace(agreeing=(*first.agreeing, hit))
    return list(kept.values())


def _told(number: float) -> float:
    """As it is told: sources whose list sizes differ state other percentages, and those that do not may differ in the last bit."""
    return round(number, 9)
