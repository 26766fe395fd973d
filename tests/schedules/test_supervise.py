"""`up`: both halves from nothing, one end for both, and no process left behind. All figures made up."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schedules.supervise import run_halves
from tests.made_up import age_gen
from tests.publisher import Publisher

NAME = "NDOP_age_gen_Jul_2021.csv"
SECONDS = 30.0


@pytest.fixture
def publisher(archive):
    """A publisher with one release."""
    with Publisher() as one:
        files = [("By age", NAME, age_gen(["2021-06-01"]))]
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        one.series_file(archive.schedules, attempts=1)
        yield one


@contextmanager
def up(archive, *, port: str = "0") -> Iterator[subprocess.Popen[str]]:
    """`optout up` as a child."""
    given = ["--data", str(archive.directory), "--schedules", str(archive.schedules), "up", "--port", port]
    with subprocess.Popen([sys.executable, "-m", "schedules.cli", *given], stderr=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.terminate()
            child.wait(SECONDS)


def lines_until(child: subprocess.Popen[str], *words: str) -> str:
    """Everything told until each of the words was."""
    told = ""
    assert child.stderr
    for line in child.stderr:
        told += line
        if all(word in told for word in words):
            return told
    raise AssertionError(f"the child ended, having told: {told}")


def children_of(parent: int) -> list[int]:
    """Processes started by one process, by what the system says."""
    return [int(text) for text in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def is_gone(pid: int) -> bool:
    """Whether a process has ended, or waits for nothing but its parent's notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def all_gone(pids: list[int], seconds: float = 5.0) -> bool:
    """Whether all processes end within the time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not all(is_gone(pid) for pid in pids):
        time.sleep(0.05)
    return all(is_gone(pid) for pid in pids)


def test_up_makes_polls_and_serves_from_nothing_and_ctrl_c_ends_all(archive, publisher):
    """A page of figures comes from an archive that did not exist; SIGINT ends both halves within five seconds."""
    with up(archive) as child:
        told = lines_until(child, "Serving on", "poll complete")
        address = re.search(r"Serving on (\S+)", told)[1]
        health = json.load(urllib.request.urlopen(address + "-/healthz", timeout=SECONDS))
        assert health["counts"]["vintages"] == 1
        halves = children_of(child.pid)
        assert len(halves) == 2
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.wait(SECONDS) == 0
        assert time.monotonic() - began < 5
    assert all_gone(halves)


def test_up_serves_what_it_has_while_nobody_answers(archive, publisher):
    """The publisher is out of reach: the page is there all the same and says what was tried."""
    publisher.go_dark()
    with up(archive) as child:
        told = lines_until(child, "Serving on", "poll incomplete")
        address = re.search(r"Serving on (\S+)", told)[1]
        page = urllib.request.urlopen(address, timeout=SECONDS).read().decode()
    assert "Could not reach 127.0.0.1" in told
    assert "Next try at" in told
    assert "Could not reach 127.0.0.1" in page


def test_a_supervisor_that_is_killed_leaves_no_process(archive, publisher):
    """Nothing can be told to a process that is killed outright; its halves notice and end."""
    with up(archive) as child:
        lines_until(child, "Serving on", "poll complete")
        halves = children_of(child.pid)
        child.kill()
        child.wait(SECONDS)
        assert all_gone(halves)


@pytest.mark.fault("P09")
@pytest.mark.parametrize("half", [0, 1])
def test_a_half_that_ends_by_itself_ends_the_other_and_is_told(archive, publisher, half):
    """No half runs on alone and none is started again in silence: a plain line, and status 1."""
    with up(archive) as child:
        lines_until(child, "Serving on", "poll complete")
        halves = children_of(child.pid)
        os.kill(halves[half], signal.SIGKILL)
        told = child.stderr.read()
        assert child.wait(SECONDS) == 1
    assert "ended by itself" in told
    assert all_gone(halves)


def test_a_port_that_is_taken_is_told_without_a_traceback(archive, publisher):
    """The half that serves says why it cannot, and all ends."""
    with up(archive) as first:
        told = lines_until(first, "Serving on")
        port = re.search(r"Serving on \S+:(\d+)/", told)[1]
        archive.directory = archive.directory.with_name("elsewhere")
        with up(archive, port=port) as second:
            told = second.stderr.read()
            assert second.wait(SECONDS) == 1
    assert "another port" in told
    assert "Traceback" not in told


def test_a_half_that_will_not_end_is_killed(monkeypatch):
    """A child that ignores SIGTERM is gone when the supervisor returns."""
    monkeypatch.setattr("schedules.supervise.GRACE_SECONDS", 0.5)
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    )
    told: list[str] = []
    began = time.monotonic()
    assert (
        run_halves(
            {
                "stubborn": [sys.executable, "-c", stubborn],
                "quick": [sys.executable, "-c", "import time; time.sleep(1)"],
            },
            told.append,
        )
        == 1
    )
    assert time.monotonic() - began < SECONDS
    assert told == ["The half that was quick ended by itself (exit status 0); the other is ended too."]
