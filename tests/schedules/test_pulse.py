"""The program that keeps polling is alive, or it is not a program that seems to: guards, deadlines, jobs that raise."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from archive.store import AS_EXPECTED
from schedules import pulse as life
from schedules.poll import poll_series
from schedules.pulse import Pulse, guard, longest_poll
from schedules.series import load_series, series_named
from tests.made_up import age_gen
from tests.publisher import Publisher
from tests.receivers import WebReceiver, alarms_toml, until

NDOP = series_named(load_series(), "national-data-opt-out")
NAME = "NDOP_age_gen_Jul_2021.csv"


@pytest.fixture
def publisher(archive) -> Iterator[Publisher]:
    """A publisher with one release."""
    with Publisher() as one:
        files = [("By age", NAME, age_gen(["2021-06-01"]))]
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        one.series_file(archive.schedules, attempts=1)
        yield one


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


# ---------------------------------------------------------------- the guard


def test_a_scheduler_that_dies_is_noticed_and_one_that_beats_is_not(monkeypatch):
    """Beats every so often keep the guard silent; when they cease it speaks once."""
    monkeypatch.setattr(life, "SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(life, "LOOK_SECONDS", 0.05)
    pulse, stop, dead = Pulse(now), threading.Event(), []
    thread = guard(pulse, stop, lambda reason, stuck: dead.append((reason, stuck)))
    for _ in range(20):
        pulse.beat()
        time.sleep(0.05)
    assert dead == []
    thread.join(5)
    assert dead == [("the scheduler does not run any more", None)]


def test_a_poll_that_does_not_end_is_noticed_by_its_series(monkeypatch):
    """Only after everything that a poll may take: its deadline, the address in hand, the reading."""
    monkeypatch.setattr(life, "LOOK_SECONDS", 0.05)
    pulse, stop, dead = Pulse(now), threading.Event(), []
    pulse.poll_begins(NDOP)
    assert pulse.stuck_poll() is None
    assert longest_poll(NDOP) > NDOP.manners.poll_seconds + NDOP.manners.attempts * NDOP.manners.deadline_seconds
    monkeypatch.setattr(life, "longest_poll", lambda _: 0.2)
    thread = guard(pulse, stop, lambda reason, stuck: dead.append((reason, stuck.series.slug)))
    thread.join(5)
    assert dead == [("a poll does not come to its end", "national-data-opt-out")]


def test_a_machine_that_slept_blames_nobody(monkeypatch):
    """A guard that wakes late was stopped with everything else."""
    monkeypatch.setattr(life, "SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(life, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(life, "OVERSLEPT_SECONDS", -1.0)  # every waking is a late one
    pulse, stop, dead = Pulse(now), threading.Event(), []
    thread = guard(pulse, stop, lambda *given: dead.append(given))
    time.sleep(0.8)
    stop.set()
    thread.join(5)
    assert dead == []


def test_a_clock_that_jumped_or_a_machine_that_slept_begins_its_waking_anew():
    """What was due meanwhile is not overdue by the fault of the program: it could not have polled."""
    skew = [timedelta(0)]
    pulse = Pulse(lambda: now() + skew[0])
    began = pulse.awake_since()
    assert pulse.awake_since() == began
    skew[0] = timedelta(days=3)
    assert pulse.awake_since() >= began + timedelta(days=3)


# ---------------------------------------------------------------- the real program

SCRIPT = """
import signal, sys, threading, time
from dataclasses import replace
from pathlib import Path

from schedules import due, pulse, scheduler
from schedules.desk import opened
from schedules.logs import open_log
from schedules.options import Options

scheduler.HEARTBEAT_SECONDS, scheduler.AFTER_AN_ERROR = 0.5, scheduler.timedelta(seconds=1)
due.AFTER_A_CRASH = due.timedelta(seconds=1)
pulse.SILENCE_SECONDS, pulse.LOOK_SECONDS = 2.0, 0.2
options = Options(Path(sys.argv[1]), Path(sys.argv[2]), None, True)
conditions, calls = options.conditions(), []
{body}
with opened(options.data, conditions, create=True) as desk:
    scheduler.keep_polling(desk, options.watch(conditions.series, open_log(json_lines=True, color=False)))
"""


@contextmanager
def program(archive, body: str) -> Iterator[tuple[subprocess.Popen[str], list[dict[str, object]]]]:
    """`schedule`, with quick clocks and something done to it, and its log lines as they come."""
    script = SCRIPT.format(body=body)
    given = [sys.executable, "-c", script, str(archive.directory), str(archive.schedules)]
    with subprocess.Popen(given, stderr=subprocess.PIPE, text=True) as child:
        seen: list[dict[str, object]] = []

        def read() -> None:
            assert child.stderr
            seen.extend(json.loads(line) if line.startswith("{") else {"event": line} for line in child.stderr)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield child, seen
        finally:
            child.kill()
            reader.join(10)


def events(seen: list[dict[str, object]]) -> list[object]:
    """Names of the events so far."""
    return [one["event"] for one in seen]


def test_a_dead_scheduler_ends_the_program_with_an_error(archive, publisher):
    """The thread that polls is gone and the process would live on for ever: it ends itself, so that it is started anew."""
    body = (
        "def hang(*_): time.sleep(1000)\n"
        "signal.signal(signal.SIGUSR1, hang)\n"
        "threading.Timer(3, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)).start()\n"
    )
    with program(archive, body) as (child, seen):
        assert child.wait(30) == 1
        assert until(lambda: "giving up" in events(seen), 5)
        assert (
            next(one for one in seen if one["event"] == "giving up")["reason"] == "the scheduler does not run any more"
        )


def test_a_job_that_raises_even_system_exit_is_logged_and_the_next_poll_happens(archive, publisher):
    """A fault that wants to end the thread does not: recorded, entered again, and the next one is complete."""
    body = (
        "def progress(*_):\n"
        "    calls.append(1)\n"
        "    if len(calls) == 2: raise SystemExit(7)\n"
        "conditions = replace(conditions, progress=progress)\n"
    )
    with program(archive, body) as (child, seen):
        assert until(lambda: "poll complete" in events(seen), 30), seen
        child.terminate()
        assert child.wait(30) == 0
    failed = next(one for one in seen if one["event"] == "poll failed")
    assert str(failed["error"]).startswith("SystemExit")
    assert events(seen).index("poll failed") < events(seen).index("poll complete")


def test_a_stuck_poll_ends_the_program_and_is_told(archive, publisher):
    """A reader that never comes back holds the only thread: somebody is told, and the program ends itself."""
    body = (
        "def progress(*_):\n"
        "    time.sleep(1000)\n"
        "conditions = replace(conditions, progress=progress)\n"
        "pulse.longest_poll = lambda _: 1.0\n"
    )
    archive.directory.mkdir()
    with WebReceiver() as hook:
        (archive.directory / "alarms.toml").write_text(alarms_toml(hook), "utf-8")
        with program(archive, body) as (child, _):
            assert child.wait(30) == 1
        assert [one["cause"] for one in hook.said("alarm")] == ["stuck"]


# ---------------------------------------------------------------- one poll


def test_a_poll_ends_at_its_deadline_and_the_rest_is_for_the_next_one(archive, publisher):
    """A slow host cannot hold a poll for ever: it ends incomplete, what came is read, and a finding says so until it is mended."""
    publisher.series_file(archive.schedules, attempts=1, poll_seconds=1)
    publisher.slow("july-2021", 1.2, times=1)
    with archive.open() as desk:
        first = poll_series(desk, desk.series[0], "due")
        assert first.outcome == "incomplete"
        assert "ended after 1 seconds" in first.summary
        publisher.calm()
        assert poll_series(desk, desk.series[0], "due").outcome == "complete"
        rows = desk.evidence.db.query(
            "SELECT severity, found FROM findings WHERE code = 'poll.too_long' ORDER BY finding_id"
        )
        assert [(row["severity"], row["found"]) for row in rows] == [
            ("error", "a poll that had not ended by then"), ("info", AS_EXPECTED),
        ]  # fmt: skip


def test_a_series_that_cannot_be_polled_does_not_stop_another(archive, publisher, capsys):
    """`poll --all`: the archive refuses one series' facts; the other is polled, and the exit status tells of the first."""
    from schedules import running

    publisher.series_file(archive.schedules, slug="another", attempts=1)
    with archive.open() as desk:
        first, second = desk.series
        desk.evidence.db.execute(
            "CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.polls WHEN new.series = 'another'"
            " BEGIN SELECT raise(ABORT, 'disk I/O error'); END"
        )
        polls, faults = running._poll_each(desk, [first, second], silent=True)
    assert [first.slug, second.slug] == ["another", "national-data-opt-out"]
    assert polls[0] is None
    assert [type(one).__name__ for one in faults] == ["IntegrityError"]
    assert polls[1].outcome == "complete"
    assert "another" in capsys.readouterr().err
