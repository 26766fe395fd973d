"""J6 of the research on users: an operator sets it up and is told when the layout changes, by the command and in Chromium.

Its "fails if" lines: a quiet month that pages him, a broken month that does not. All figures are made up.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from archive.space import GB, MB, Space
from schedules.alarm_settings import load_alarms
from schedules.alarming import Watch
from schedules.logs import open_log
from schedules.poll import poll_series
from schedules.series import load_series
from schedules.telling_after import tell_and_ping
from tests.browser.conftest import IN_CHROMIUM, served
from tests.history_world import made_world
from tests.made_up import age_gen
from tests.publisher import Publisher
from tests.receivers import WebReceiver, alarms_toml

pytestmark = IN_CHROMIUM

NAME = "NDOP_age_gen_Jul_2021.csv"
SERIES = "national-data-opt-out"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def publisher(archive):
    """A publisher with one release, watched; alarms go to a webhook, and a heartbeat to another."""
    with Publisher() as one:
        files = [("By age", NAME, age_gen(["2021-06-01"], totals={"2021-06-01": 3_032_917}))]
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        one.series_file(archive.schedules, attempts=1, recheck_days=1)
        yield one


@pytest.fixture
def pings():
    """Takes heartbeats."""
    with WebReceiver() as one:
        yield one


def tell(archive, hook, pings=None) -> None:
    """Write alarms.toml into the data folder."""
    archive.directory.mkdir(exist_ok=True)
    (archive.directory / "alarms.toml").write_text(alarms_toml(hook, heartbeat=pings.url if pings else ""), "utf-8")


def test_1_one_page_one_command_and_no_secrets(archive, publisher, optout):
    """The manual says what memory and disk it needs and that it runs without rights; no key is asked for; one command starts it."""
    read = (ROOT / "docs" / "operating.md").read_text("utf-8") + (ROOT / "docs" / "keeping.md").read_text("utf-8")
    assert "Both run as a user without rights, in 2 GB and 400 MB." in read
    assert "Below 5 % or 2 GB there is a finding" in read
    units = "".join(one.read_text("utf-8") for one in (ROOT / "deploy").rglob("*") if one.suffix == ".service")
    assert re.search(r"^(User|DynamicUser)=(?!root)\w+", units, re.MULTILINE)
    assert "NoNewPrivileges=" in units
    assert optout("poll", "--create")[0] == 0


def test_2_console_and_status_page_agree(desk, archive, publisher, optout):
    """After the first check both name sources, outcome, next look and unread files; the answer for programs has the counts."""
    status, said, _ = optout("poll", "--create")
    assert status == 0
    assert re.search(rf"{SERIES}: complete\. Asked \d+ times: \d+ new\.", said)
    _, told, _ = optout("status", "--json")
    series = json.loads(told)["series"][0]
    with served(archive.directory) as base:
        desk.goto(base + "/status")
        page = desk.locator(f"#{SERIES}").inner_text()
        assert re.search(r"Last attempt\s+\d+ \w+ 20\d\d, \d\d:\d\d UTC, complete", page)
        assert re.search(r"Next look\s+\d+ \w+ 20\d\d, \d\d:\d\d UTC", page)
        assert "Files not read: 0" in page
        assert NAME in page
        health = desk.request.get(base + "/-/healthz").json()
        assert health["counts"]["files"] == 1
        assert health["counts"]["captures"] >= 4
        polls = desk.request.get(base + "/optouts/polls.json?_shape=array").json()
        assert polls[-1]["captures"] >= int(re.search(r"Asked (\d+) times", said)[1])
    assert series["series"] == SERIES


def test_3_behind_https_nobody_can_write_and_limits_are_on(desk, archive, publisher, optout):
    """A sample configuration is shipped; the site writes to nothing, bounds SQL in time and rows, and lets pages be cached."""
    samples = "".join(one.read_text("utf-8") for one in (ROOT / "deploy").rglob("*") if one.is_file())
    assert re.search(r"reverse_proxy|proxy_pass", samples)
    assert optout("poll", "--create")[0] == 0
    before = hashlib.sha256((archive.directory / "archive.db").read_bytes()).hexdigest()
    with served(archive.directory) as base:
        for sql in ("delete+from+files", "create+table+x(y)", "pragma+journal_mode=delete"):
            assert desk.request.get(f"{base}/optouts.json?sql={sql}").status == 400
        slow = "with+recursive+n(i)+as+(select+1+union+all+select+i%2B1+from+n)+select+count(*)+from+n"
        answer = desk.request.get(f"{base}/optouts.json?sql={slow}")
        assert answer.status == 400
        assert "time limit" in answer.text().lower()
        numbers = "with+recursive+n(i)+as+(select+1+union+all+select+i%2B1+from+n+limit+5000)+select+i+from+n"
        many = desk.request.get(f"{base}/optouts.json?sql={numbers}")
        assert len(many.json()["rows"]) <= 1000
        assert "max-age" in desk.request.get(base + "/area/england").headers["cache-control"]
    assert hashlib.sha256((archive.directory / "archive.db").read_bytes()).hexdigest() == before


def test_4_a_test_alarm_and_a_heartbeat(archive, publisher, optout, hook, pings):
    """He fires an alarm and it arrives; each complete poll beats the heart, and a failed one does not: silence is the alarm."""
    tell(archive, hook, pings)
    assert optout("poll", "--create")[0] == 0
    assert optout("alarm", "test")[0] == 0
    assert [one["event"] for one in hook.said()] == ["test"]
    assert len(pings.requests) == 1
    publisher.maintenance()
    assert optout("poll", "--all")[0] == 1
    assert len(pings.requests) == 1


def test_5_a_redesign_is_told_within_one_cycle_and_takes_nothing(desk, archive, publisher, optout, hook):
    """One alarm that names layout, page and that nothing counts as gone; the site shows the last good figures under a banner."""
    tell(archive, hook)
    assert optout("poll", "--create")[0] == 0
    publisher.redesign()
    assert optout("poll", "--all")[0] == 1
    (alarm,) = hook.said()
    assert alarm["key"] == f"{SERIES}/layout"
    assert publisher.address() in " ".join(alarm["details"])
    assert "Nothing counts as gone" in alarm["advice"]
    with served(archive.directory) as base:
        desk.goto(base + "/")
        banner = desk.locator("aside.trouble").inner_text()
        assert "what is shown are the last good figures" in banner
        text = desk.locator("main").inner_text()
        assert "but not everything could be reached" in text
        assert "3,032,917" in desk.locator(".figure").inner_text()
        for nothing in ("withdrawn", "withdrawn_releases"):
            assert desk.request.get(f"{base}/optouts/{nothing}.json?_shape=array").json() == []
        assert desk.request.get(f"{base}/optouts/areas_latest.json?_shape=array&opt_outs=0").json() == []
        items = desk.request.get(f"{base}/feeds/changes.json").json()["items"]
        assert not any(one["tags"] == ["Gone"] for one in items)


KINDS = {
    "layout": lambda one: one.redesign(), "outage": lambda one: one.maintenance(), "blocked": lambda one: one.challenge(),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_6_the_status_page_tells_layout_from_outage_from_block(desk, archive, publisher, optout, kind):
    """Which rule failed, what was found and expected, and the page before and after as saved: three kinds, three sentences."""
    assert optout("poll", "--create")[0] == 0
    KINDS[kind](publisher)
    assert optout("poll", "--all")[0] == 1
    with served(archive.directory) as base:
        desk.goto(base + "/status")
        page = desk.locator(f"#{SERIES}").inner_text()
        assert "incomplete" in page
        assert re.search(r"found .+; expected .+", page)
        told = {"layout": r"page\.|layout", "outage": r"status 503|503", "blocked": r"made to keep robots out"}[kind]
        assert re.search(told, page, re.IGNORECASE), page
        others = {"layout": "503", "outage": "robots out", "blocked": "503"}[kind]
        assert others not in page
        pages = desk.request.get(f"{base}/optouts/captures.json?_shape=array&purpose=series_page").json()
        assert len(pages) == 2
        assert pages[0]["outcome"] == "new"
        outcomes = {"layout": {"suspect", "changed", "soft_error"}, "outage": {"failed"}, "blocked": {"blocked"}}
        assert pages[1]["outcome"] in outcomes[kind]
        assert desk.request.get(f"{base}/files/{pages[0]['sha256']}").status == 200
        assert kind != "layout" or pages[1]["sha256"]


def test_7_he_mends_it_or_hands_a_file_in_meanwhile(desk, archive, publisher, optout, tmp_path):
    """While the page cannot be read a file goes in by hand, with its origin; when the page is back one poll puts all right."""
    assert optout("poll", "--create")[0] == 0
    publisher.redesign()
    assert optout("poll", "--all")[0] == 1
    by_hand = tmp_path / "NDOP_age_gen_Aug_2021.csv"
    by_hand.write_bytes(age_gen(["2021-07-01"], totals={"2021-07-01": 3_100_000}))
    assert optout(
        "deposit", str(by_hand), "--series", SERIES, "--publication", "august-2021", "--published-on", "2021-08-26",
        "--origin", "saved by the operator (made up)",
    )[0] == 0  # fmt: skip
    with served(archive.directory) as base:
        desk.goto(base + "/area/england")
        assert "3,100,000" in desk.locator(".figure").inner_text()
        assert "handed in" in desk.locator(".figure").inner_text()
    publisher.restore_design()
    assert optout("poll", "--all")[0] == 0
    with served(archive.directory) as base:
        desk.goto(base + "/status")
        assert re.search(r"Last attempt\s+.*, complete", desk.locator(f"#{SERIES}").inner_text())


def test_8_a_doubtful_file_is_kept_and_states_nothing(desk, archive, publisher, optout, hook):
    """Cut on its way: the bytes are kept and held, no figure moves, the alarm names the file; he rules about it by command."""
    tell(archive, hook)
    assert optout("poll", "--create")[0] == 0
    later = age_gen(["2021-06-01", "2021-07-01"], totals={"2021-06-01": 3_032_917})
    publisher.replace("july-2021", NAME, later, in_place=True)
    publisher.wrong_length(NAME, len(later) - 1)
    assert optout("poll", "--all")[0] == 1
    digest = hashlib.sha256(later[:-1]).hexdigest()
    assert digest in optout("quarantine", "list")[1]
    (alarm,) = hook.said()
    assert alarm["key"] == f"{SERIES}/suspect"
    assert NAME in " ".join(alarm["details"])
    with served(archive.directory) as base:
        desk.goto(base + "/area/england")
        assert "3,032,917" in desk.locator(".figure").inner_text()
        assert "1 June 2021" in desk.locator(".figure").inner_text()
        assert desk.request.get(f"{base}/files/{digest}").status == 404, "what is held is not handed out as a file"
    assert optout("quarantine", "release", digest, "--reason", "compared by hand", "--by", "A. Tester")[0] == 0
    with served(archive.directory) as base:
        desk.goto(base + "/area/england")
        assert "1 July 2021" in desk.locator(".figure").inner_text()


def test_8_rows_that_halve_are_told_and_take_no_month_away(desk, archive, publisher, optout):
    """A file that lost most of its rows: the status page names the check that it failed, and every month still has its figure."""
    months = ["2021-04-01", "2021-05-01", "2021-06-01"]
    publisher.replace("july-2021", NAME, age_gen(months), in_place=True)
    assert optout("poll", "--create")[0] == 0
    short = b"".join(age_gen(months).splitlines(keepends=True)[:40])
    publisher.replace("july-2021", NAME, short, in_place=True)
    optout("poll", "--all")
    with served(archive.directory) as base:
        rows = desk.request.get(f"{base}/optouts/age_sex_latest.json?_shape=array&age_band=all&sex=all").json()
        assert sorted(one["month"] for one in rows) == months
        assert all(one["opt_outs"] > 1_000_000 for one in rows)
        desk.goto(base + "/status")
        assert re.search(r"warning gate\.\w+.*found .*; expected", desk.locator(f"#{SERIES}").inner_text())


def test_9_backup_restore_and_check_are_one_command_each(archive, publisher, optout, tmp_path):
    """A backup that verifies is restored elsewhere and verifies there; a full disk is told before it is full."""
    assert optout("poll", "--create")[0] == 0
    assert optout("backup", str(tmp_path / "backup"))[0] == 0
    kept = archive.directory
    archive.directory = tmp_path / "elsewhere"
    shutil.copytree(kept, archive.directory)
    (archive.directory / "archive.db").unlink()
    assert optout("restore", str(tmp_path / "backup"), "--reason", "the disk failed")[0] == 0
    status, said, _ = optout("verify")
    assert status in {0, 2}, "2: sound, and not confirmed by outside parties yet"
    assert said.startswith("Sound")
    archive.directory = kept
    archive.space = Space(free=1_520 * MB, total=20 * GB)
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "asked")
        told = [row[0] for row in desk.evidence.db.execute("SELECT code FROM findings")]
    assert told == ["disk.low"]


def test_10_manners_are_one_setting(archive, publisher, optout):
    """A named visitor with a contact, one line to slow down, robots obeyed, nothing asked for twice that did not change."""
    assert optout("poll", "--create")[0] == 0
    first = list(publisher.requests)
    assert all(
        re.search(r"opt-out-archive/\S+ .*tests@example\.org", one.headers.get("User-Agent", "")) for one in first
    )
    assert first[0].path == "/robots.txt"
    shipped = tomllib.loads((ROOT / "schedules" / f"{SERIES}.toml").read_text("utf-8"))
    assert shipped.get("manners", {}).get("pace_seconds", 5) >= 5
    assert optout("poll", "--all")[0] == 0
    again = [one for one in publisher.requests[len(first) :] if NAME in one.path]
    assert all(one.headers.get("If-None-Match") or one.headers.get("If-Modified-Since") for one in again)


def look_daily(world, watch: Watch, days: int) -> None:
    """A poll on each of the next days, and whoever is to be told is told after it."""
    for _ in range(days):
        world.wait(days=1, minutes=1)
        with world.archive.open() as desk:
            tell_and_ping(desk, watch, [poll_series(desk, desk.series[0], "due")])


def test_a_quiet_month_pages_nobody_and_a_broken_one_does(tmp_path, monkeypatch, hook, pings):
    """Fails if: thirty looks that find nothing new tell him more than a heartbeat, or looks that reach nothing do not."""
    with made_world(tmp_path, monkeypatch) as world:
        archive = world.archive
        tell(archive, hook, pings)
        settings, series = load_alarms(archive.directory), load_series(archive.schedules)
        watch = Watch(
            archive.directory, settings, series, "opt-out-archive/test", open_log(json_lines=True, color=False)
        )
        look_daily(world, watch, 30)
        assert hook.said() == []
        assert len(pings.requests) == 30
        world.publisher.maintenance()
        look_daily(world, watch, 5)
        assert {one["key"] for one in hook.said()} == {f"{SERIES}/unreachable"}
        assert len(pings.requests) == 30, "silence of the heart is an alarm of its own"
