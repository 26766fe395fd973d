"""The half that looks: a real process, a real publisher, real signals. All figures made up."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from archive.database import read_evidence
from schedules.series import WEEKDAYS
from tests.made_up import age_gen
from tests.publisher import Publisher

NAME = "NDOP_age_gen_Jul_2021.csv"
SECONDS = 30.0
"""Longest that anything here may take on a slow machine."""


@pytest.fixture
def publisher(archive):
    """A publisher with one release."""
    with Publisher() as one:
        files = [("By age", NAME, age_gen(["2021-06-01"]))]
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        one.series_file(archive.schedules, attempts=1)
        yield one


@contextmanager
def running(archive, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`optout …` as a child that does not outlive the test."""
    given = ["--data", str(archive.directory), "--schedules", str(archive.schedules), *arguments]
    with subprocess.Popen(
        [sys.executable, "-m", "schedules.cli", *given], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def events_until(child: subprocess.Popen[str], event: str, count: int = 1) -> list[dict[str, object]]:
    """Log lines up to the `count`-th of that name; fails where the child ends without it."""
    assert child.stderr
    seen: list[dict[str, object]] = []
    for line in child.stderr:
        if line.startswith("{"):
            seen.append(json.loads(line))
            if sum(one["event"] == event for one in seen) >= count:
                return seen
    raise AssertionError(f"the child ended without {event!r}: {seen}")


def outcomes(archive) -> list[str | None]:
    """How each poll ended, in order; None where it did not."""
    db = read_evidence(archive.directory)
    try:
        rows = db.query("SELECT outcome FROM polls LEFT JOIN poll_ends USING (poll_id) ORDER BY poll_id")
        return [row["outcome"] for row in rows]
    finally:
        db.close()


def minutes_until(clock: str) -> int:
    """Minutes from now to a time such as `09:35 Europe/London`."""
    now = datetime.now(ZoneInfo("Europe/London"))
    hour, minute = map(int, clock.removesuffix(" Europe/London")[-5:].split(":"))
    return (hour * 60 + minute - now.hour * 60 - now.minute) % 1440


def test_after_a_good_poll_the_next_slot_counts_however_near(archive, publisher):
    """Only after a failure is there a wait: with a slot in every minute the next poll is at most two minutes away."""
    now = datetime.now(ZoneInfo("Europe/London"))
    slots = [f"{now + timedelta(minutes=n):%H:%M}" for n in range(30)]
    publisher.series_file(archive.schedules, attempts=1, when=[{"weekdays": list(WEEKDAYS), "at": at} for at in slots])
    with running(archive, "schedule", "--create", "--log-json") as child:
        seen = events_until(child, "next poll", 2)
    assert minutes_until(str(seen[-1]["at"])) <= 2


@pytest.mark.slow
@pytest.mark.fault("P11")
def test_a_program_that_was_asleep_over_a_due_time_polls_when_it_wakes(archive, publisher):
    """Stopped as a machine that is put to sleep stops it, from before its slot until seconds after: late, and never passed over."""
    slot = (datetime.now(ZoneInfo("Europe/London")) + timedelta(minutes=2)).replace(second=0, microsecond=0)
    publisher.series_file(archive.schedules, attempts=1, when=[{"weekdays": list(WEEKDAYS), "at": f"{slot:%H:%M}"}])
    with running(archive, "schedule", "--create", "--log-json") as child:
        assert f"{slot:%H:%M}" in str(events_until(child, "next poll", 2)[-1]["at"])
        child.send_signal(signal.SIGSTOP)
        time.sleep((slot - datetime.now(slot.tzinfo)).total_seconds() + 4.0)
        child.send_signal(signal.SIGCONT)
        limit = threading.Timer(2 * SECONDS, child.kill)
        limit.start()
        seen = events_until(child, "poll complete")
        limit.cancel()
    assert [one["event"] for one in seen] == ["poll begins", "poll complete"]
    assert outcomes(archive) == ["complete", "complete"]


def test_what_is_due_is_polled_at_once_and_the_next_time_entered(archive, publisher):
    """From an empty archive: one poll, then waiting for the next slot; SIGTERM ends it with status 0."""
    with running(archive, "schedule", "--create", "--log-json") as child:
        seen = events_until(child, "next poll", 2)
        child.terminate()
        assert child.wait(SECONDS) == 0
    assert [one["event"] for one in seen] == ["next poll", "poll begins", "poll complete", "next poll"]
    assert "Europe/London" in str(seen[-1]["at"])
    assert outcomes(archive) == ["complete"]


def test_a_restart_neither_repeats_nor_forgets_a_poll(archive, publisher):
    """What was done is in the archive's record: a second start waits for the next slot."""
    with running(archive, "schedule", "--create", "--log-json") as child:
        events_until(child, "next poll", 2)
    with running(archive, "schedule", "--log-json") as child:
        assert "Europe/London" in str(events_until(child, "next poll")[-1]["at"])
        time.sleep(0.3)
    assert outcomes(archive) == ["complete"]


@pytest.mark.fault("P04")
def test_a_second_copy_refuses_to_start(archive, publisher):
    """It says which process is writing there and what to do, and ends with status 1, without a traceback."""
    with running(archive, "schedule", "--create", "--log-json") as first:
        events_until(first, "next poll")
        with running(archive, "schedule") as second:
            told = second.stderr.read()
            assert second.wait(SECONDS) == 1
    assert str(first.pid) in told
    assert "Traceback" not in told


@pytest.mark.fault("P02")
def test_sigterm_finishes_the_capture_in_hand_and_ends_the_poll(archive, publisher):
    """A body that drips in is taken to its end, the poll is closed as incomplete, and the process ends cleanly."""
    publisher.slow(NAME, 1.0)
    with running(archive, "--quiet", "schedule", "--create", "--log-json") as child:
        events_until(child, "poll begins")
        until = time.monotonic() + SECONDS
        while publisher.count(NAME) == 0 and time.monotonic() < until:
            time.sleep(0.02)
        child.terminate()
        assert child.wait(SECONDS) == 0
    assert outcomes(archive) == ["incomplete"]
    db = read_evidence(archive.directory)
    assert next(db.query("SELECT outcome FROM captures WHERE file_name = ?", [NAME]))["outcome"] == "new"
    db.close()


def test_a_second_signal_ends_at_once(archive, publisher):
    """Whoever cannot wait presses Ctrl-C again; the next start closes what was cut short."""
    publisher.slow(NAME, 20.0)
    with running(archive, "--quiet", "schedule", "--create", "--log-json") as child:
        events_until(child, "poll begins")
        until = time.monotonic() + SECONDS
        while publisher.count(NAME) == 0 and time.monotonic() < until:
            time.sleep(0.02)
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        assert child.wait(SECONDS) == 128 + signal.SIGINT
        assert time.monotonic() - began < 10
    assert outcomes(archive) == [None]
    publisher.calm()
    with archive.open():
        pass
    assert outcomes(archive) == ["interrupted"]


def test_one_series_out_of_reach_does_not_keep_the_other_from_its_turn(archive, publisher):
    """Both are polled; the one that failed is entered for a retry."""
    nobody = "127.0.0.1:9"
    publisher.series_file(archive.schedules, slug="another", attempts=1, seed=f"http://{nobody}/x", page_hosts=[nobody])
    with running(archive, "schedule", "--create", "--log-json") as child:
        seen = events_until(child, "next poll", 4)
    ended = {one["series"]: one["event"] for one in seen if str(one["event"]).startswith("poll ")}
    assert ended == {"another": "poll incomplete", "national-data-opt-out": "poll complete"}


@pytest.mark.fault("P10")
def test_a_fault_of_ours_is_logged_and_the_series_entered_again_but_not_at_once(archive, publisher):
    """The reading copy is broken: error lines, one try, the next in a quarter of an hour, and the process still obeys."""
    with archive.open() as desk:
        desk.copy.execute("DROP TABLE pages")
    with running(archive, "schedule", "--log-json") as child:
        seen = events_until(child, "poll failed")
        time.sleep(1.0)
        child.terminate()
        assert child.wait(SECONDS) == 0
    assert [one["event"] for one in seen] == ["next poll", "reading failed", "poll begins", "next poll", "poll failed"]
    assert 10 <= minutes_until(str(seen[3]["at"])) <= 16
    assert "no such table: pages" in str(seen[4]["error"])
    assert outcomes(archive) == ["interrupted"]


@pytest.mark.fault("P09")
def test_children_die_with_their_parent(archive, publisher):
    """A half whose standard input closes, because whoever started it is gone, ends by itself."""
    with running(archive, "schedule", "--create", "--log-json", "--until-stdin-closes") as child:
        events_until(child, "next poll", 2)
        child.stdin.close()
        assert child.wait(SECONDS) == 0
