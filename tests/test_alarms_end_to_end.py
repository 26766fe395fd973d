"""The site redesigned while the program watches it: one alarm, the last good figures, one "resolved". All figures made up."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules.cli import run
from tests.made_up import age_gen
from tests.publisher import Publisher
from tests.receivers import SECRET, WebReceiver, alarms_toml, until

NAME = "NDOP_age_gen_Jul_2021.csv"
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@pytest.fixture
def publisher(archive) -> Iterator[Publisher]:
    """A publisher with a release of last week."""
    now = datetime.now(ZoneInfo("Europe/London"))
    with Publisher() as one:
        files = [("By age", NAME, age_gen(["2021-06-01"], totals={"2021-06-01": 123_456}))]
        one.publish("new", "National Data Opt-out, new", (now - timedelta(days=7)).date(), files)
        one.series_file(archive.schedules, attempts=1)
        yield one


@pytest.fixture
def pings() -> Iterator[WebReceiver]:
    """Takes heartbeats."""
    with WebReceiver() as one:
        yield one


def tell(archive, *args, **more) -> None:
    """Write alarms.toml into the data folder."""
    archive.directory.mkdir(exist_ok=True)
    (archive.directory / "alarms.toml").write_text(alarms_toml(*args, **more), "utf-8")


def optout(archive, *command: str) -> int:
    """The command, in this process."""
    return run(["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet", *command])


def test_a_redesign_gives_one_alarm_and_its_end_one_resolved(archive, publisher, hook, pings, post_office, capfd):
    """Polls by hand: webhook and mail each get one alarm, the figures stay, and no poll that failed is a sign of life."""
    tell(archive, hook, post_office, heartbeat=pings.url)
    assert optout(archive, "poll", "--create", "--all") == 0
    assert (hook.said(), post_office.mails, len(pings.requests)) == ([], [], 1)
    publisher.redesign()
    for _ in range(3):
        assert optout(archive, "poll", "--all") == 1
    assert [(one["event"], one["key"]) for one in hook.said()] == [("alarm", "national-data-opt-out/layout")]
    (alarm,) = hook.said()
    assert publisher.address() in " ".join(alarm["details"])
    assert alarm["since_at"].endswith("Z")
    assert "Nothing counts as gone" in alarm["advice"]
    assert post_office.subjects() == [
        "[optout] ALARM: The publisher's pages have changed their layout: national-data-opt-out"
    ]
    assert len(pings.requests) == 1
    capfd.readouterr()
    assert optout(archive, "status") == 1
    said = capfd.readouterr().out
    assert "alarms: told by 2 ways, and a heartbeat after each complete poll; 1 last" in said
    assert "changed their layout: national-data-opt-out, since 20" in said
    publisher.restore_design()
    assert optout(archive, "poll", "--all") == 0
    assert optout(archive, "poll", "--all") == 0
    assert optout(archive, "status") == 0
    assert "none last" in capfd.readouterr().out
    assert [one["event"] for one in hook.said()] == ["alarm", "resolved"]
    assert [one.partition(":")[0] for one in post_office.subjects()] == ["[optout] ALARM", "[optout] Resolved"]
    assert [json.loads(body)["outcome"] for _, _, body in pings.requests] == ["complete"] * 3
    publisher.redesign()
    assert optout(archive, "poll", "--all") == 1
    told = capfd.readouterr()
    assert "alarm told" in told.err
    assert SECRET not in told.err + told.out


@contextmanager
def up(archive, count: int = 2) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`optout up` as a child, with the lines it tells."""
    given = ["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet"]
    command = [sys.executable, "-m", "schedules.cli", *given, "up", "--port", "0", "--log-json"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        lines: list[str] = []
        try:
            assert child.stderr
            for line in child.stderr:
                lines.append(line)
                if len(re.findall(r"Serving on|poll (?:in)?complete", "".join(lines))) == count:
                    break
            yield child, lines
        finally:
            child.terminate()
            lines += child.stderr.readlines() if child.stderr else []
            child.wait(30)


def slots_in_every_minute(archive, publisher) -> None:
    """The next look is at most a minute away: the program polls by itself while the test waits."""
    now = datetime.now(ZoneInfo("Europe/London"))
    when = [{"weekdays": EVERY_DAY, "at": f"{now + timedelta(minutes=n):%H:%M}"} for n in range(15)]
    publisher.series_file(archive.schedules, attempts=1, when=when)


@pytest.mark.slow
def test_the_site_is_redesigned_during_up(archive, publisher, hook, post_office):
    """The running program alarms once, its pages say so beside the last good figures, and it recovers by itself."""
    tell(archive, hook, post_office)
    slots_in_every_minute(archive, publisher)
    with up(archive) as (_, lines):
        address = re.search(r"Serving on (\S+)", "".join(lines))[1]

        def page(path: str) -> str:
            return urllib.request.urlopen(address + path, timeout=30).read().decode()

        assert "last good figures" not in page("")
        publisher.redesign()
        assert until(lambda: hook.said("alarm"), 120)
        for path in ("", "releases", "status", "area/england", "optouts"):
            assert "last good figures" in page(path), path
        assert "123,456" in page("")
    publisher.restore_design()  # a failed poll is tried again in a quarter of an hour: too long for a test
    assert optout(archive, "poll", "--all") == 0
    assert [one["event"] for one in hook.said()] == ["alarm", "resolved"]
    assert len(post_office.mails) == 2
    with up(archive, count=1) as (_, more):
        address = re.search(r"Serving on (\S+)", "".join(more))[1]
        assert "last good figures" not in page("")
    assert [one["event"] for one in hook.said()] == ["alarm", "resolved"]
    assert SECRET not in "".join(lines + more)
