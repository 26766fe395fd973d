"""A story of years in one process: poll after poll, and neither memory nor handles nor threads grow."""

from __future__ import annotations

import gc
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from schedules.poll import poll_series
from tests.made_up import age_gen
from tests.publisher import Publisher

POLLS = int(os.environ.get("OPTOUT_POLLS", "150"))
"""OPTOUT_POLLS=10000 is the whole of it."""

MOST_BYTES = 20_000_000


def taken() -> tuple[int, int, int]:
    """Open handles, threads, and bytes resident."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return len(os.listdir("/proc/self/fd")), threading.active_count(), pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.fault("P14")
@pytest.mark.parametrize("polls", [24, pytest.param(POLLS, marks=pytest.mark.slow)])
def test_polls_by_the_hundred_leave_nothing_behind(archive, polls):
    """The same archive is polled again and again, with a file replaced now and then: handles and threads stay, memory nearly so."""
    name, warm = "NDOP_age_gen_Jul_2021.csv", polls // 3  # by then all is loaded that is loaded once
    with Publisher(archive.now) as publisher:
        publisher.publish(
            "july-2021", "National Data Opt-out, July 2021", "2021-07-29", [("By age", name, age_gen(["2021-06-01"]))]
        )
        publisher.series_file(archive.schedules, attempts=1)
        with archive.open() as desk:
            for number in range(polls):
                if number == warm:
                    before = taken()
                if number % 6 == 5:
                    body = age_gen(["2021-06-01"], totals={"2021-06-01": 70_000 + number})
                    publisher.replace("july-2021", name, body, in_place=True)
                archive.now += timedelta(days=8)
                publisher.now = archive.now
                publisher.requests.clear()
                assert poll_series(desk, desk.series[0], "due").outcome == "complete"
                desk.refresh()
            handles, threads, memory = taken()
    assert handles <= before[0] + 2
    assert threads <= before[1] + 1
    assert memory <= before[2] + MOST_BYTES, f"{memory - before[2]:,} bytes more after {polls - warm} polls"
