"""When a series is due: every slot once, whatever the clocks do, and sooner again after a poll that failed."""

from __future__ import annotations

import random
import time
from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.clock import utc_now
from schedules.due import (
    LONGEST_WAIT,
    RETRIES,
    Looked,
    due_after,
    due_at,
    in_words,
    instant_of,
    next_slot,
    soonest_first,
    text_of,
)
from schedules.series import load_series, series_named
from scraper.model import At
from scraper.wire import instant

LONDON = ZoneInfo("Europe/London")
ALL_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NDOP = series_named(load_series(), "national-data-opt-out")
MOMENTS = st.integers(0, 2_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
TUESDAY = datetime(2026, 6, 16, 8, 35, tzinfo=UTC)
"""A slot: 09:35 in London's summer."""


def all_slots(when, start, end, zone=LONDON):
    """Every slot from `start`, not included, to `end`."""
    found, at = [], start
    while (at := next_slot(when, zone, at)) < end:
        found.append(at)
    return found


@pytest.mark.parametrize("clock", [(9, 35), (1, 30), (0, 59), (1, 0), (2, 0)])
def test_a_daily_slot_comes_once_a_day_for_ten_years(clock):
    """Through twenty clock changes no day is without its slot and none has two."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    found = all_slots([At(ALL_DAYS, *clock)], start - timedelta(hours=1), datetime(2030, 1, 1, tzinfo=UTC))
    days = [slot.astimezone(LONDON).date() for slot in found]
    first = days[0]
    assert days == [first + timedelta(days=n) for n in range(len(days))]
    assert len(days) in {3653, 3654}


def test_the_slot_stays_at_the_wall_clock_time():
    """09:35 is 08:35 UTC in summer and 09:35 UTC in winter, on the days of the change too."""
    when = [At(ALL_DAYS, 9, 35)]
    assert [
        slot.hour for slot in all_slots(when, datetime(2027, 3, 27, tzinfo=UTC), datetime(2027, 3, 29, tzinfo=UTC))
    ] == [9, 8]
    assert [
        slot.hour for slot in all_slots(when, datetime(2027, 10, 30, tzinfo=UTC), datetime(2027, 11, 1, tzinfo=UTC))
    ] == [8, 9]


@pytest.mark.fault("K01")
def test_a_time_that_the_autumn_change_repeats_is_its_first_pass():
    """01:30 happens twice on 25 October 2026; it is a slot once."""
    when = [At(ALL_DAYS, 1, 30)]
    found = all_slots(when, datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


@pytest.mark.fault("K02")
def test_a_time_that_the_spring_change_leaves_out_is_still_a_slot():
    """01:30 does not happen on 28 March 2027; the look is made all the same, once."""
    found = all_slots([At(ALL_DAYS, 1, 30)], datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 3, 28, 23, tzinfo=UTC))
    assert found == [datetime(2027, 3, 28, 1, 30, tzinfo=UTC)]


@given(
    MOMENTS,
    st.sampled_from(["Europe/London", "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.lists(st.builds(At, st.sets(st.sampled_from(ALL_DAYS), min_size=1).map(tuple), st.integers(0, 23), st.integers(0, 59)),
             min_size=1, max_size=3),
)  # fmt: skip
def test_the_next_slot_is_the_first_one_after(after, zone, when):
    """It lies ahead, at most a little over a week, on a named weekday, and no slot lies between."""
    slot = next_slot(when, ZoneInfo(zone), after)
    assert after < slot <= after + timedelta(days=8)
    assert next_slot(when, ZoneInfo(zone), slot - timedelta(microseconds=1)) == slot
    assert next_slot(when, ZoneInfo(zone), after + (slot - after) / 2) == slot


@pytest.mark.fault("K03")
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/St_Johns", "Asia/Kathmandu"])
def test_the_machines_own_zone_changes_nothing(zone, monkeypatch):
    """Slots, times written down and times told are the same wherever the machine thinks that it is."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        slot = next_slot(NDOP.when, LONDON, TUESDAY)
        assert text_of(slot) == "2026-06-16T14:35:00.000000Z"
        assert instant_of(text_of(TUESDAY)) == TUESDAY
        assert abs(instant_of(utc_now()) - datetime.now(UTC)) < timedelta(minutes=1)
        assert abs(instant_of(instant()) - datetime.now(UTC)) < timedelta(minutes=1)
        assert in_words(slot, NDOP, TUESDAY) == in_words(slot.astimezone(ZoneInfo(zone)), NDOP, TUESDAY)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


def test_a_series_never_looked_at_is_due_at_once():
    """An empty archive does not wait for the morning."""
    assert due_at(NDOP, None, TUESDAY) == TUESDAY


def looked_at(started, outcome="complete", next_due=None, took=timedelta(minutes=5)):
    """The record of one poll."""
    return Looked(started, started + took, outcome, next_due)


@pytest.mark.fault("P08")
def test_a_time_missed_is_made_up_once():
    """After a weekend switched off one poll is due at once, and after it the next slot, not one for each slot missed."""
    monday = TUESDAY - timedelta(days=1)
    now = TUESDAY + timedelta(days=1, hours=1)
    assert due_at(NDOP, looked_at(monday), now) <= now
    assert due_at(NDOP, looked_at(now), now + timedelta(minutes=6)) == datetime(2026, 6, 17, 14, 35, tzinfo=UTC)


@pytest.mark.fault("P07")
def test_a_slot_that_passes_while_a_poll_runs_is_due_when_it_ends():
    """A page fetched at 09:34 has not seen what is published at 09:35."""
    started = TUESDAY - timedelta(minutes=1)
    assert due_at(NDOP, looked_at(started), TUESDAY + timedelta(minutes=4)) == TUESDAY


@pytest.mark.fault("K04", "K05")
def test_a_record_from_the_future_does_not_switch_a_series_off():
    """A clock that ran years ahead and was set back leaves the series due at once."""
    assert due_at(NDOP, looked_at(TUESDAY + timedelta(days=4000)), TUESDAY) == TUESDAY
    absurd = looked_at(TUESDAY, "incomplete", TUESDAY + timedelta(days=4000))
    assert due_at(NDOP, absurd, TUESDAY) <= TUESDAY + LONGEST_WAIT


def test_a_poll_cut_off_by_a_crash_is_made_up_within_the_minute_and_not_at_once():
    """The next start goes on; a program that dies at once asks the publisher once a minute at most."""
    cut = Looked(TUESDAY, TUESDAY, "interrupted", None)
    assert TUESDAY < due_at(NDOP, cut, TUESDAY + timedelta(seconds=1)) <= TUESDAY + timedelta(minutes=1)


def fail(started, before, not_before=None):
    """A poll that failed after half a minute, with what it entered as next due."""
    ended = started + timedelta(seconds=30)
    due = due_after(NDOP, started_at=started, ended_at=ended, complete=False, before=before, not_before=not_before)
    return Looked(started, ended, "incomplete", due)


@pytest.mark.fault("N16")
def test_failures_in_a_row_wait_longer_each_time_and_end_at_the_slots():
    """A quarter of an hour, an hour, four hours, then the next slot."""
    last, started, waits = None, datetime(2026, 6, 15, 15, 0, tzinfo=UTC), []
    for _ in range(5):
        last = fail(started, last)
        waits.append(last.next_due_at - last.ended_at)
        started = last.next_due_at
    assert waits[:3] == list(RETRIES)
    assert last.next_due_at.astimezone(LONDON).strftime("%H:%M") in {"09:35", "15:35"}


def test_a_slot_comes_before_a_longer_wait():
    """A retry that would be later than the next slot is the slot."""
    last = fail(
        TUESDAY - timedelta(minutes=90),
        looked_at(TUESDAY - timedelta(hours=3), "incomplete", TUESDAY - timedelta(minutes=90)),
    )
    assert last.next_due_at == TUESDAY


def test_a_slot_that_passed_while_a_poll_failed_is_no_reason_to_hurry():
    """Also where it was the last of many failures: a quarter of an hour is left between two tries."""
    started, ended = TUESDAY - timedelta(minutes=10), TUESDAY + timedelta(minutes=10)
    for before in (None, Looked(started, started, "incomplete", started + timedelta(hours=5))):
        due = due_after(NDOP, started_at=started, ended_at=ended, complete=False, before=before)
        assert due == ended + timedelta(minutes=15)


def test_a_success_starts_the_waits_anew():
    """After a complete poll the first failure waits a quarter of an hour again."""
    assert fail(TUESDAY, looked_at(TUESDAY - timedelta(days=1))).next_due_at == TUESDAY + timedelta(
        minutes=15, seconds=30
    )


@pytest.mark.fault("H25")
def test_retry_after_is_respected_even_past_the_next_slot_but_not_for_years():
    """What the server asks for counts more than our slots, up to seven days."""
    late = TUESDAY + timedelta(days=2)
    assert fail(TUESDAY, None, late).next_due_at == late
    assert fail(TUESDAY, None, TUESDAY + timedelta(days=4000)).next_due_at <= TUESDAY + LONGEST_WAIT + timedelta(
        minutes=1
    )
    assert due_at(NDOP, fail(TUESDAY, None, late), TUESDAY + timedelta(hours=8)) == late


DOWN = st.lists(st.tuples(st.integers(0, 365 * 24 * 60), st.integers(1, 72 * 60)), max_size=12)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([(9, 35), (1, 30)]), DOWN, st.integers(0, 40))
def test_a_simulated_year_neither_misses_nor_doubles_a_slot(clock, down, minutes):
    """With the machine off now and then: every slot is answered by exactly one poll, or by one that made up several."""
    series = replace(NDOP, when=(At(ALL_DAYS, *clock),))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    offs = [(start + timedelta(minutes=a), start + timedelta(minutes=a + b)) for a, b in down]
    now, last, starts = start, None, []
    while now < start + timedelta(days=365):
        now = max(due_at(series, last, now), now)
        for _ in offs:  # asleep: wakes up later
            now = next((end for begin, end in offs if begin <= now < end), now)
        starts.append(now)
        last = looked_at(now, took=timedelta(minutes=minutes))
        now = last.ended_at
    slots = all_slots(series.when, start, start + timedelta(days=380))
    answered = [bisect_right(slots, begun) - bisect_right(slots, before) for before, begun in pairwise(starts)]
    awake = [n for n, begun in zip(answered, starts[1:], strict=True) if not any(end == begun for _, end in offs)]
    assert all(n >= 1 for n in answered)
    assert all(n == 1 for n in awake)


def test_ten_simulated_years_give_one_poll_a_slot():
    """On a machine that is never off, ten years of the real schedule are exactly its slots."""
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    last, starts = looked_at(start), []
    while (due := due_at(NDOP, last, start)) < end:
        starts.append(due)
        last = looked_at(due)
        start = last.ended_at
    assert starts == all_slots(NDOP.when, datetime(2026, 1, 1, tzinfo=UTC), end)


@pytest.mark.parametrize("seed", range(4))
def test_ten_years_of_sleeps_restarts_failures_and_a_wandering_clock_neither_miss_nor_double_a_slot(seed):
    """Two minutes of skew either way, the machine asleep, the program ended in mid-poll, the publisher down: each slot once."""
    chance = random.Random(seed)
    series = replace(NDOP, when=(*NDOP.when, At(ALL_DAYS, 1, 30)))
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    now, newest, looked_through, late = start, None, [], set()
    while now < end:
        true = due_at(series, newest, now)
        now = max(true, now)
        if chance.random() < 0.02:  # asleep, or off, over the slot
            now += timedelta(minutes=chance.randint(1, 72 * 60))
            late.add(len(looked_through))
        now += timedelta(seconds=chance.randint(-120, 120))  # the clock is set: by NTP, by hand
        if due_at(series, newest, now) > now:
            continue  # set back before the slot: the scheduler looks again
        chosen = chance.random()
        if chosen < 0.02:
            newest = Looked(now, now + timedelta(seconds=30), "interrupted", None)
            late.add(len(looked_through))
        elif chosen < 0.06:
            ended = now + timedelta(minutes=3)
            due = due_after(series, started_at=now, ended_at=ended, complete=False, before=newest)
            newest = Looked(now, ended, "incomplete", due)
            late.add(len(looked_through))
        else:
            newest = looked_at(now)
            looked_through.append(now)
        now = newest.ended_at
    slots = all_slots(series.when, start - timedelta(days=1), end + timedelta(days=10))
    answered = [bisect_right(slots, after) - bisect_right(slots, before) for before, after in pairwise(looked_through)]
    assert len(looked_through) > 6000
    assert min(answered) == 1, "a slot was looked at twice"
    assert {n for n, count in enumerate(answered, 1) if count > 1} <= late, "a slot was missed without a reason"


def test_a_clock_that_is_set_back_a_little_does_not_double_a_look():
    """Four minutes back is no reason to look again; an hour back is, since the look may have been before the release."""
    assert due_at(NDOP, looked_at(TUESDAY), TUESDAY - timedelta(minutes=4)) == TUESDAY + timedelta(hours=6)
    hour_back = TUESDAY - timedelta(hours=1)
    assert due_at(NDOP, looked_at(TUESDAY), hour_back) == hour_back


def test_what_is_looked_at_often_comes_first():
    """The series of every working day does not wait for the one of every week."""
    assert soonest_first(load_series(), TUESDAY)[0].slug == "national-data-opt-out"


@given(MOMENTS)
def test_instants_survive_being_written(instant):
    """What the archive writes is read back as the same instant."""
    assert instant_of(text_of(instant)) == instant


def test_times_are_told_as_people_there_say_them():
    """Today's time without the day, another day's with it."""
    assert in_words(TUESDAY, NDOP, TUESDAY) == "09:35 Europe/London"
    assert in_words(TUESDAY + timedelta(days=3), NDOP, TUESDAY) == "Friday 19 June 09:35 Europe/London"
    assert date(2026, 6, 19).weekday() == 4
