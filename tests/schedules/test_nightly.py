"""Stories of the verification by night: silent while all is sound, an alarm when it is not, and polls that go on. All made up."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from schedules.alarm_settings import AlarmSettings, Web
from schedules.alarming import Watch
from schedules.logs import open_log
from schedules.nightly import in_words, verify_by_night
from schedules.poll import poll_series
from schedules.telling_after import tell_and_ping
from tests.archive.made_evidence import spoil
from tests.archive.visitor import Visitor
from tests.made_up import age_gen
from tests.publisher import Publisher


@pytest.fixture
def publisher(archive):
    """A publisher with one release, on the day of today: a poll of another day would be a clock that was set."""
    archive.now = datetime.now(UTC)
    with Publisher() as one:
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        one.series_file(archive.schedules, attempts=1)
        yield one


def told(hook) -> list[tuple[str, str]]:
    """(event, cause) of every message."""
    return [(one["event"], one["cause"]) for one in hook.said()]


@pytest.mark.fault("A07")
def test_evidence_that_does_not_check_is_told_and_polls_go_on(archive, publisher, hook):
    """A row is changed past the guards: one alarm that names the code, captures are kept as before, figures stand; then its end."""
    settings = AlarmSettings((Web(hook.url, on_this_machine=True),))
    watch = Watch(archive.directory, settings, (), "opt-out-archive/test", open_log(json_lines=True, color=False))
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "asked")
        assert verify_by_night(desk)
        tell_and_ping(desk, watch, [])
        assert told(hook) == []
    spoil(archive.directory, "UPDATE captures SET duration_ms = duration_ms + 1 WHERE capture_id = 2")
    with archive.open() as desk:
        for _ in range(2):
            archive.now = datetime.now(UTC)
            assert verify_by_night(desk) is False
            tell_and_ping(desk, watch, [])
        assert told(hook) == [("alarm", "unsound")]
        assert "E-COL-01 (1)" in str(hook.said()[0])
        archive.now = datetime.now(UTC)
        before = desk.evidence.db.execute("SELECT count(*) FROM captures").fetchone()[0]
        assert poll_series(desk, desk.series[0], "asked").outcome == "complete"
        assert desk.evidence.db.execute("SELECT count(*) FROM captures").fetchone()[0] > before
    with Visitor(archive.directory) as visitor:
        assert visitor.rows("/optouts/age_sex_latest.json?_shape=array&_size=1")
    spoil(archive.directory, "UPDATE captures SET duration_ms = duration_ms - 1 WHERE capture_id = 2")
    with archive.open() as desk:
        assert verify_by_night(desk)
        tell_and_ping(desk, watch, [])
    assert told(hook) == [("alarm", "unsound"), ("resolved", "unsound")]


def test_a_verification_that_could_not_be_made_is_told_as_that():
    """An archive in use, or a child that was ended: nothing is known, and damage is not spoken of."""
    assert (
        in_words(b'{"status": 3, "trouble": "archive.db is in use"}', 3)
        == "that it could not be verified: archive.db is in use"
    )
    assert in_words(b"", -9) == "that it could not be verified (status -9)"
    assert in_words(b'{"counts": {"E-LOG-06": 2, "W-CKP-09": 1}}', 1) == "E-LOG-06 (2)"


def test_a_stop_ends_the_verification_and_says_nothing(archive, publisher):
    """Nobody waits for gigabytes to be read."""
    with archive.open() as desk:
        archive.stop.set()
        assert verify_by_night(desk) in (None, True)
        assert desk.evidence.db.execute("SELECT count(*) FROM findings").fetchone() == (0,)


EVERY_SECOND = """
import sys
from schedules import scheduler
from schedules.cli import run
scheduler.WHEN.update(hour="*", minute="*", second="*")
sys.exit(run(sys.argv[1:]))
"""


def test_the_program_that_polls_verifies_at_its_hour(archive, publisher):
    """With an hour that comes every second: it says what came of it, and ends when it is told to."""
    given = ["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet"]
    command = [sys.executable, "-c", EVERY_SECOND, *given, "schedule", "--create", "--log-json"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        limit = threading.Timer(60, child.kill)
        limit.start()
        try:
            assert child.stderr
            said = next((one for line in child.stderr if (one := json.loads(line))["event"] == "verified"), None)
            assert said, "nothing was verified in a minute"
            child.terminate()
            assert child.wait(30) == 0
        finally:
            limit.cancel()
            child.kill()
    assert said["sound"] is True
