"""Polls of the pretend publisher, and who is told what of them: causes, crashes, channels that are down. All figures made up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.checkpoints import signer_of
from archive.store import record_finding
from schedules.alarm_memory import FILE_NAME, recall
from schedules.alarm_settings import AlarmSettings, Web, load_alarms
from schedules.alarming import Watch
from schedules.cli import run
from schedules.logs import open_log
from schedules.poll import poll_series
from schedules.series import load_series
from schedules.telling_after import tell_and_ping
from scraper.model import Finding
from tests.made_up import age_gen
from tests.publisher import Publisher
from tests.receivers import MailReceiver, WebReceiver, alarms_toml

NAME = "NDOP_age_gen_Jul_2021.csv"


@pytest.fixture
def publisher(archive) -> Iterator[Publisher]:
    """A publisher with four releases, the newest of last week."""
    archive.now = datetime.now(UTC)
    with Publisher(archive.now) as one:
        for n in range(1, 5):
            files = [("By age", f"NDOP_age_gen_{n}_2021.csv", age_gen([f"2021-0{n}-01"]))]
            day = (archive.now - timedelta(days=7 * n)).date()
            one.publish(f"release-{n}", f"National Data Opt-out, release {n}", day, files)
        one.series_file(archive.schedules, attempts=1)
        yield one


class Operator:
    """Whoever runs the archive, with alarms as a file states them."""

    def __init__(self, archive, publisher, settings: AlarmSettings) -> None:
        self.archive, self.publisher, self.settings = archive, publisher, settings

    def look(self, later: timedelta = timedelta(minutes=20)) -> str:
        """One poll, and what is told after it; how it ended."""
        self.archive.now += later
        self.publisher.now = self.archive.now
        with self.archive.open() as desk:
            polled = poll_series(desk, desk.series[0], "due")
            tell_and_ping(desk, self.watch(), [polled])
        return polled.outcome

    def watch(self) -> Watch:
        """Whom to tell."""
        log = open_log(json_lines=True, color=False)
        return Watch(
            self.archive.directory, self.settings, load_series(self.archive.schedules), "opt-out-archive/test", log
        )


@pytest.fixture
def operator(archive, publisher, hook) -> Operator:
    """Told by webhook, with a heartbeat at the same receiver."""
    archive.directory.mkdir()
    (archive.directory / "alarms.toml").write_text(alarms_toml(hook, heartbeat=hook.url), "utf-8")
    settings = load_alarms(archive.directory)
    assert settings
    return Operator(archive, publisher, settings)


def told(hook: WebReceiver) -> list[tuple[str, str]]:
    """(event, cause) of every message, without heartbeats."""
    return [(one["event"], one["cause"]) for one in hook.said() if "event" in one]


def pings(hook: WebReceiver) -> int:
    """How many heartbeats came."""
    return len([one for one in hook.said() if "event" not in one])


@pytest.mark.fault("A01")
def test_all_well_is_a_heartbeat_and_no_alarm(operator, hook):
    """Every complete poll pings, with its number and the size of the signed log."""
    assert [operator.look() for _ in range(3)] == ["complete"] * 3
    assert told(hook) == []
    beats = hook.said()
    assert [beat["poll"] for beat in beats] == [1, 2, 3]
    assert beats[0]["log_size"] < beats[2]["log_size"]


@pytest.mark.fault("A03")
def test_a_challenge_is_told_at_once_and_its_end_too(operator, hook, publisher):
    """Being refused will not pass by itself; an incomplete poll is no sign of life."""
    operator.look()
    publisher.challenge()
    operator.look()
    operator.look()
    assert told(hook) == [("alarm", "blocked")]
    publisher.challenge(on=False)
    operator.look()
    assert told(hook) == [("alarm", "blocked"), ("resolved", "blocked")]
    assert pings(hook) == 2


def test_a_publisher_out_of_reach_is_told_once_it_lasts(operator, hook, publisher):
    """Networks fail for an hour now and then: at the third poll in a row somebody is told."""
    operator.look()
    publisher.go_dark()
    operator.look()
    operator.look()
    assert told(hook) == []
    operator.look()
    assert told(hook) == [("alarm", "unreachable")]
    publisher.come_back()
    operator.look()
    assert told(hook) == [("alarm", "unreachable"), ("resolved", "unreachable")]


def test_a_robots_txt_that_forbids_is_told_as_what_it_is(operator, hook, publisher):
    """Not as an outage and not as a challenge."""
    operator.look()
    publisher.robots("pages", "User-agent: *\nDisallow: /\n")
    operator.look(timedelta(days=2))
    assert told(hook) == [("alarm", "robots")]


def test_an_unread_file_is_told_though_the_poll_is_complete(operator, hook, publisher):
    """The file is kept, the poll pings, and somebody has to write a schema."""
    publisher.add_file("release-1", ("By age", "NDOP_age_gen_Sep_2021.csv", b"WHO,WHAT\r\n1,2\r\n"))
    assert operator.look() == "complete"
    assert told(hook) == [("alarm", "unread")]
    assert pings(hook) == 1


def test_a_suspect_body_is_told(operator, hook, publisher):
    """A page where a file was due is kept, set aside, and told."""
    operator.look()
    publisher.answer_with("NDOP_age_gen_1_2021.csv", b"<!doctype html><html><body>Sign in</body></html>")
    publisher.header("NDOP_age_gen_1_2021.csv", "ETag", '"other"')
    operator.look(timedelta(days=60))
    assert told(hook) == [("alarm", "suspect")]


def test_a_series_page_that_is_gone_is_told_as_gone(operator, hook, publisher):
    """The publisher moved house: that is neither a layout nor an outage."""
    operator.look()
    publisher.fail(404, None, target=publisher.address())
    operator.look()
    assert told(hook) == [("alarm", "gone")]


def test_a_redesign_that_comes_back_is_told_again(operator, hook, publisher):
    """The same bytes, not understood for the second time, after they were away: a new alarm, not silence."""
    operator.look()
    for _ in range(2):
        publisher.redesign()
        operator.look()
        publisher.restore_design()
        operator.look()
    assert told(hook) == [("alarm", "layout"), ("resolved", "layout")] * 2


def test_most_links_gone_is_a_layout_that_changed_and_nothing_is_gone(operator, hook, publisher, archive):
    """Three of four releases fall off the series page: told in every poll's outcome until a person says that it is right."""
    operator.look()
    releases = publisher.site.collections["national-data-opt-out"].releases
    hidden = {slug: releases.pop(slug) for slug in ("release-2", "release-3", "release-4")}
    publisher.site.collections["hidden"] = replace(
        publisher.site.collections["national-data-opt-out"], slug="hidden", releases=hidden
    )
    assert [operator.look(), operator.look()] == ["incomplete"] * 2
    assert told(hook) == [("alarm", "layout")]
    with archive.open() as desk:
        assert [row["publication"] for row in desk.copy.query("SELECT publication FROM withdrawn_releases")] == []
    page = publisher.address()
    assert run(["--data", str(archive.directory), "--schedules", str(archive.schedules), "alarm", "accept",
                "national-data-opt-out", page]) == 0  # fmt: skip
    assert operator.look() == "complete"
    assert told(hook) == [("alarm", "layout"), ("resolved", "layout")]


def test_a_reader_that_was_mended_settles_what_it_did_not_understand_before(operator, hook, publisher, archive):
    """The page has the same bytes as when an earlier version failed on it: the next poll says that all is understood."""
    operator.look()
    with archive.open() as desk:
        row = desk.evidence.db.execute(
            "SELECT poll_id, capture_id, sha256 FROM captures WHERE purpose = 'series_page' ORDER BY capture_id DESC"
        ).fetchone()
        for code in ("page.kind", "page.links", "page.kind_changed"):
            finding = Finding(
                code, "error", publisher.address(), "", "as an earlier version saw it", "another", "", row[2]
            )
            record_finding(
                desk.evidence.db, finding, poll_id=row[0], capture_id=row[1], series=desk.series[0].slug, now=desk.now()
            )
        tell_and_ping(desk, operator.watch(), [])
    assert told(hook) == [("alarm", "layout")]
    assert operator.look() == "complete"
    assert told(hook) == [("alarm", "layout"), ("resolved", "layout")]


@pytest.mark.fault("A03")
def test_a_log_that_cannot_be_signed_is_told_and_does_not_ping(operator, hook, archive):
    """The poll is complete and kept; a heartbeat would say that all is well."""
    operator.look()
    with archive.open() as desk:
        folder = signer_of(desk.evidence).folder
    os.rename(folder, folder.with_name("elsewhere"))
    folder.mkdir()
    assert operator.look() == "complete"
    assert told(hook) == [("alarm", "unsigned")]
    assert pings(hook) == 1
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()
    os.rename(folder.with_name("elsewhere"), folder)
    operator.look()
    assert told(hook) == [("alarm", "unsigned"), ("resolved", "unsigned")]
    assert pings(hook) == 2


def test_causes_that_the_file_keeps_quiet_are_not_told(operator, hook, publisher):
    """An operator who obeys a robots.txt knowingly is not told of it every day."""
    operator.settings = replace(operator.settings, quiet=frozenset({"layout"}))
    publisher.redesign()
    operator.look()
    assert told(hook) == []


@pytest.mark.fault("A05")
def test_a_channel_that_is_down_is_tried_again_and_the_other_is_not_told_twice(operator, hook, post_office, publisher):
    """What a channel did not take is told after the next poll; the outcome of the poll is its own."""
    (web,) = operator.settings.channels
    mail = load_alarms_of(post_office)
    operator.settings = replace(operator.settings, channels=(web, mail))
    operator.look()
    publisher.redesign()
    hook.status = 503
    assert operator.look() == "incomplete"
    hook.status = 200
    hook.requests.clear()
    operator.look()
    assert told(hook) == [("alarm", "layout")]
    assert len(post_office.mails) == 1


def load_alarms_of(post_office: MailReceiver):
    """The mail channel of a file that names only that."""
    from schedules.alarm_settings import Mail

    return Mail("127.0.0.1", post_office.port, "none", "a@example.org", ("b@example.org",))


@pytest.mark.fault("A02")
def test_a_lost_heartbeat_changes_nothing_and_the_next_poll_pings_again(operator, hook):
    """Nobody listens: the poll is complete all the same."""
    beat = operator.settings.heartbeat
    operator.settings = replace(operator.settings, heartbeat=Web("http://127.0.0.1:9/x", on_this_machine=True))
    assert operator.look() == "complete"
    operator.settings = replace(operator.settings, heartbeat=beat)
    assert operator.look() == "complete"
    assert pings(hook) == 1


@pytest.mark.parametrize("left", [b"", b"{", b'{"alarms": [{"series": 1}]}', b'{"alarms": {}}'])
def test_a_lost_or_broken_memory_tells_what_lasts_once_more(operator, hook, publisher, archive, left):
    """It is no evidence: an alarm too many is the worst that comes of it."""
    publisher.redesign()
    operator.look()
    (archive.directory / FILE_NAME).write_bytes(left)
    operator.look()
    operator.look()
    assert told(hook) == [("alarm", "layout"), ("alarm", "layout")]


KILLED = """
import os, signal, sys
from pathlib import Path
from schedules import alarming
from schedules.alarm_memory import remember

step, calls = int(sys.argv[1]), 0

def counted(what):
    def call(*given):
        global calls
        calls += 1
        if calls == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return what(*given)
    return call

alarming.remember = counted(alarming.remember)
alarming.deliver = counted(alarming.deliver)
from schedules.cli import run
sys.exit(run(sys.argv[2:]))
"""
"""The real command, killed at its n-th side effect: before something is written down, or before something is sent."""


@pytest.mark.parametrize("step", [1, 2, 3])
def test_an_alarm_is_not_lost_by_a_crash_at_any_step(archive, publisher, hook, step):
    """Killed before it is written down, before it is sent, after it was sent: it is told, at worst twice."""
    archive.directory.mkdir()
    (archive.directory / "alarms.toml").write_text(alarms_toml(hook), "utf-8")
    publisher.redesign()
    given = [
        "--data",
        str(archive.directory),
        "--schedules",
        str(archive.schedules),
        "--quiet",
        "poll",
        "--all",
        "--create",
    ]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(step), *given], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert run(given) == 1
    assert [one["cause"] for one in hook.said("alarm")] == ["layout"] * (2 if step == 3 else 1)
    assert [one.by for one in recall(archive.directory).values()] != [{}]


@pytest.mark.fault("A05")
def test_the_test_command_reaches_every_channel_and_says_which_failed(archive, publisher, hook, post_office, capsys):
    """One word in the operator's shell proves the way; without any channel it says so and is no success."""
    command = ["--data", str(archive.directory), "--schedules", str(archive.schedules), "alarm", "test"]
    archive.directory.mkdir()
    assert run(command) == 1
    assert "Nobody is told" in capsys.readouterr().out
    (archive.directory / "alarms.toml").write_text(alarms_toml(hook, post_office), "utf-8")
    assert run(command) == 0
    assert [one["event"] for one in hook.said()] == ["test"]
    assert post_office.subjects() == ["[optout] Test: Alarms reach you by this way"]
    hook.status = 500
    assert run(command) == 1
    assert "not taken: status 500" in capsys.readouterr().out


def test_a_broken_file_is_refused_before_anything_is_asked(archive, publisher, capsys):
    """Like a series file: named, with what is expected, exit status 2, and no poll."""
    archive.directory.mkdir()
    (archive.directory / "alarms.toml").write_text("remind_hours = 0", "utf-8")
    given = ["--data", str(archive.directory), "--schedules", str(archive.schedules)]
    for command in (["poll", "--all", "--create"], ["schedule", "--create"], ["up", "--port", "0"], ["alarm", "test"]):
        assert run([*given, *command]) == 2
        assert "remind_hours" in capsys.readouterr().err
    assert publisher.requests == []
