"""Stories of spans: whatever the order in which vintages are put in, the same longest runs come out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archive.spans import Edits, Span, changed_between, edits

Table = dict[tuple[int, int], Span]
"""(place, since) to span: one month of a span table."""

VALUES = st.sampled_from([(1,), (2,), (None,)])
MONTHS = st.dictionaries(st.integers(1, 4), VALUES, max_size=4)


def in_force(table: Table, vintage: int | None) -> dict[int, Span]:
    if vintage is None:
        return {}
    return {
        place: span
        for (place, _), span in table.items()
        if span.since <= vintage and (span.until is None or span.until > vintage)
    }


def put_in(table: Table, covered: set[int], vintage: int, stated: dict[int, tuple[int | None, ...]]) -> Edits:
    preceding = max((v for v in covered if v < vintage), default=None)
    following = min((v for v in covered if v > vintage), default=None)
    found = edits(vintage, in_force(table, preceding), stated, in_force(table, following), following)
    for place, since in found.ended:
        table[place, since] = table[place, since]._replace(until=vintage)
    for place, since in found.removed:
        del table[place, since]
    for row in found.begun:
        assert (row.place, row.since) not in table
        table[row.place, row.since] = Span(row.since, row.until, row.value)
    covered.add(vintage)
    return found


def longest_runs(history: dict[int, dict[int, tuple[int | None, ...]]]) -> Table:
    """The plain model: walk the vintages in order and note where a value begins and ends."""
    table: Table = {}
    running: dict[int, Span] = {}
    for vintage in sorted(history):
        for place in set(running) | set(history[vintage]):
            value = history[vintage].get(place)
            if place in running and running[place].value != value:
                span = running.pop(place)
                table[place, span.since] = span._replace(until=vintage)
            if value is not None and place not in running:
                running[place] = Span(vintage, None, value)
    table.update({(place, span.since): span for place, span in running.items()})
    return table


@given(st.dictionaries(st.integers(1, 8), MONTHS, max_size=6), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_longest_runs(history, random):
    """Vintages put in in any order give exactly the spans that a walk in the publisher's order gives."""
    order = list(history)
    random.shuffle(order)
    table: Table = {}
    covered: set[int] = set()
    for vintage in order:
        put_in(table, covered, vintage, history[vintage])
    assert table == longest_runs(history)


@given(st.dictionaries(st.integers(1, 8), MONTHS, min_size=1, max_size=6))
def test_a_question_as_of_any_vintage_is_answered_as_that_vintage_stated(history):
    """Each covering vintage's spans in force are what that vintage stated, neither more nor less."""
    table: Table = {}
    covered: set[int] = set()
    for vintage in sorted(history, reverse=True):
        put_in(table, covered, vintage, history[vintage])
    for vintage, stated in history.items():
        assert {place: span.value for place, span in in_force(table, vintage).items()} == stated


def test_a_repeated_statement_changes_nothing():
    """A release that confirms every cell leaves the rows as they are."""
    table: Table = {}
    covered: set[int] = set()
    put_in(table, covered, 1, {1: (10,), 2: (20,)})
    found = put_in(table, covered, 2, {1: (10,), 2: (20,)})
    assert found == Edits([], [], [])
    assert found.changed == 0


def test_a_dropped_cell_ends_and_is_not_zero():
    """A cell that a later vintage covers but does not state ends there; nothing is put in its place."""
    table: Table = {}
    covered: set[int] = set()
    put_in(table, covered, 1, {1: (10,)})
    assert put_in(table, covered, 2, {}).changed == 1
    assert table == {(1, 1): Span(1, 2, (10,))}


def test_a_vintage_between_two_equal_ones_splits_the_run():
    """A back-filled release that said otherwise stands between its neighbours, which both keep what they said."""
    table: Table = {}
    covered: set[int] = set()
    put_in(table, covered, 1, {1: (10,)})
    put_in(table, covered, 3, {1: (10,)})
    put_in(table, covered, 2, {1: (11,)})
    assert table == {(1, 1): Span(1, 2, (10,)), (1, 2): Span(2, 3, (11,)), (1, 3): Span(3, None, (10,))}


def test_changed_cells_are_counted_from_both_sides():
    """What differs between two vintages counts values that differ, cells that went and cells that came."""
    after = {1: Span(2, None, (10,)), 2: Span(2, None, (20,)), 3: Span(2, None, (30,))}
    assert changed_between({1: (10,), 2: (21,), 4: (40,)}, after) == 3
