"""`--log-json`: one event a line, under keys that stay the same, and no secret in any of them. All figures made up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.made_up import age_gen
from tests.publisher import Publisher
from tests.receivers import SECRET, WebReceiver, alarms_toml

KEYS = {
    "next poll": {"series", "at"},
    "poll begins": {"series"},
    "poll complete": {"series", "summary"},
    "poll incomplete": {"series", "summary"},
    "alarm told": {"kind", "cause", "series", "channel"},
    "alarm not told": {"kind", "cause", "series", "channel", "error"},
    "heartbeat sent": {"series"},
    "heartbeat lost": {"series", "error"},
    "ending": {"after"},
}
"""Event to the keys beside `event`, `level` and `timestamp`: programs that read the log rely on them."""


@pytest.fixture
def publisher(archive) -> Iterator[Publisher]:
    """A publisher with one release."""
    with Publisher() as one:
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        one.series_file(archive.schedules, attempts=1)
        yield one


def log_of(archive, last: str) -> list[dict[str, object]]:
    """The log of `schedule`, from its start to its end after the event `last`; every line of it has to be an object."""
    given = [
        "--data",
        str(archive.directory),
        "--schedules",
        str(archive.schedules),
        "--quiet",
        "schedule",
        "--create",
        "--log-json",
    ]
    with subprocess.Popen([sys.executable, "-m", "schedules.cli", *given], stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr
        lines = []
        for line in child.stderr:
            lines.append(json.loads(line))
            if lines[-1]["event"] == last:
                child.terminate()
        assert child.wait(30) == 0
    return lines


def check(lines: list[dict[str, object]]) -> list[object]:
    """The events, each proved to have its keys and a time."""
    for line in lines:
        assert line.keys() - {"event", "level", "timestamp"} == KEYS[str(line["event"])], line
        assert str(line["timestamp"]).endswith("Z")
        assert line["level"] in {"info", "warning", "error"}
        assert SECRET not in json.dumps(line)
    return [line["event"] for line in lines]


def test_a_good_poll_is_four_lines_and_a_heartbeat(archive, publisher):
    """From start to end: every line is one JSON object with the same keys each time."""
    archive.directory.mkdir()
    with WebReceiver() as hook:
        (archive.directory / "alarms.toml").write_text(alarms_toml(hook, heartbeat=hook.url), "utf-8")
        events = check(log_of(archive, "heartbeat sent"))
    assert events == ["next poll", "poll begins", "poll complete", "next poll", "heartbeat sent", "ending"]


def test_trouble_and_channels_that_fail_are_lines_of_the_same_kind(archive, publisher):
    """A poll that failed, an alarm that nobody took, a heartbeat to nobody: levels say which to look at."""
    archive.directory.mkdir()
    publisher.redesign()
    with WebReceiver() as hook:
        (archive.directory / "alarms.toml").write_text(alarms_toml(hook), "utf-8")
        hook.status = 500
        lines = log_of(archive, "alarm not told")
    assert check(lines) == ["next poll", "poll begins", "poll incomplete", "next poll", "alarm not told", "ending"]
    assert [line["level"] for line in lines][2:5] == ["warning", "info", "error"]
