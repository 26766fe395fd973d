"""J4 of the research on users: an FOI officer proves what was published on a date, step by step in Chromium.

Its "fails if" lines: published and first seen mixed, a missing check that looks like absence, times without a zone.
All figures are made up.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.conftest import IN_CHROMIUM, checked_by_a_stranger, served
from tests.history_world import figures, file_name, made_world

pytestmark = IN_CHROMIUM

JULY, SEPTEMBER = "july-2021", "september-2021"
THERE = "Pages and files that were there"
UNKNOWN = "Pages and files that were gone or are not known"
NAME = file_name(JULY)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Looked at on 14 and 16 October, not on the 15th; a failed look on the 17th, July's file replaced by the 18th.

    A year later a week of looks, and nothing new in it.
    """
    with pytest.MonkeyPatch.context() as patch, made_world(tmp_path_factory.mktemp("kept"), patch) as world:
        for day in (14, 16, 17, 18):
            world.at(datetime(2021, 10, day, 6, 0, tzinfo=UTC) + timedelta(minutes=day))
            if day == 17:
                world.publisher.maintenance()
            if day == 18:
                world.publisher.calm()
                world.publisher.replace(JULY, NAME, figures(50), in_place=True)
            world.poll()
        for day in range(10, 18):
            world.at(datetime(2022, 10, day, 8, 40, tzinfo=UTC) + timedelta(minutes=day))
            world.poll()
        with served(world.archive.directory) as address:
            yield address


def on(page, base: str, day: str, since: str = "") -> str:
    """Opens "As it was on…", enters a day, and reads the page."""
    page.goto(base + "/")
    page.get_by_role("link", name="As it was on a day").click()
    page.get_by_label("Day (in London)").fill(day)
    if since:
        page.get_by_label("and what was new since").fill(since)
    page.get_by_role("button", name="Show").click()
    return page.locator("main").inner_text()


def row(page, region: str, name: str) -> dict[str, str]:
    """One row of a table by the words of its head."""
    table = page.get_by_role("region", name=region)
    heads = table.locator("thead th").all_inner_texts()
    line = table.locator("tbody tr", has=page.locator("th", has_text=name)).first
    return dict(zip(heads, line.locator("th, td").all_inner_texts(), strict=True))


def test_1_the_day_lists_what_was_public_and_how_we_know(desk, kept):
    """Pages and files, newest release first, each with first seen, last seen, how we know; before our first look: not observed."""
    on(desk, kept, "2021-10-14")
    table = desk.get_by_role("region", name=THERE)
    names = table.locator("tbody th").all_inner_texts()
    order = [at for slug in (SEPTEMBER, "august-2021", JULY) for at, one in enumerate(names) if slug in one]
    assert order == sorted(order), names
    july = row(desk, THERE, NAME)
    assert july["First seen"].startswith("14 October 2021, 06:14 UTC (14 October, 07:14 UK time)")
    assert july["Last seen by then"].startswith("14 October 2021, 06:14 UTC")
    assert july["How we know"].startswith("our own captures")
    text = on(desk, kept, "2021-10-01")
    assert "Not observed by us; publisher’s date only." in text
    assert "Our first look was on 14 October 2021, 06:14 UTC" in text
    stated = row(desk, "Known by the publisher’s date only", NAME)
    assert "not observed by us: the publisher dates this release 30 July 2021" in stated["How we know"]
    assert stated["First seen"].startswith("14 October 2021")


def test_2_a_release_leads_to_every_capture_as_it_was_fetched(desk, kept):
    """Page and files as fetched, both clocks, hash, where from; behind it status, headers and the software of each capture."""
    desk.goto(f"{kept}/release/national-data-opt-out/{SEPTEMBER}")
    facts = desk.locator("dl.facts").first.inner_text()
    assert "30 September 2021 (the publisher’s own date)" in facts
    assert re.search(
        r"first 14 October 2021, 06:14 UTC \(14 October, 07:14 UK time\), last 17 October 2022, 08:57 UTC", facts
    )
    desk.get_by_role("link", name="the page as captured").click()
    assert "Download" in desk.locator("main").inner_text()
    desk.go_back()
    desk.get_by_role("link", name=file_name(SEPTEMBER)).first.click()
    page = desk.locator("main").inner_text()
    digest = re.search(r"[0-9a-f]{64}", page).group()
    assert re.search(r"First captured\s+14 October 2021, 06:14 UTC \(14 October, 07:14 UK time\)", page)
    assert re.search(r"Recorded by\s+opt-out-archive/test", page)
    assert re.search(r"Address\s+http://127\.0\.0\.1:\d+/", page)
    with desk.expect_download() as saved:
        desk.locator("a.download").first.click()
    assert hashlib.sha256(saved.value.path().read_bytes()).hexdigest() == digest
    desk.get_by_role("link", name=re.compile("Every capture")).click()
    desk.wait_for_url("**/optouts/captures?**")
    rows = list(
        csv.DictReader(io.StringIO(desk.request.get(desk.url.replace("captures?", "captures.csv?_stream=on&")).text()))
    )
    assert rows
    for one in rows:
        assert one["status"] in {"200", "304"}
        assert one["software"] == "opt-out-archive/test"
        assert one["requested_at"].endswith("Z")
        assert one["server_date"] or one["etag"] or one["last_modified"]
        assert one["remote_ip"] == "127.0.0.1"


def test_3_the_gap_is_told_with_every_check_around_it(desk, kept):
    """Seen on the 14th and the 16th, no check on the 15th; the poll log has all, the failed one too, and so has each address."""
    text = on(desk, kept, "2021-10-15")
    july = row(desk, UNKNOWN, NAME)
    assert july["State on the day"].startswith("not known: nobody looked between 14 October 2021, 06:14 UTC")
    assert july["Last seen by then"].startswith("14 October 2021, 06:14 UTC (14 October, 07:14 UK time)")
    assert july["Next look"].startswith("16 October 2021, 06:16 UTC (16 October, 07:16 UK time): the same")
    polls = desk.locator("details", has_text="Every poll within two days")
    polls.locator("summary").click()
    told = polls.inner_text()
    for day in ("14 October 2021, 06:14 UTC", "16 October 2021, 06:16 UTC", "17 October 2021, 06:17 UTC"):
        assert day in told
    assert "15 October 2021" not in told
    assert re.search(r"17 October 2021, 06:17 UTC \(.*\): incomplete", told)
    assert re.search(r"nobody looked, or could look, from .*October 2021", text), text[-1500:]
    table = desk.get_by_role("region", name=UNKNOWN)
    table.locator("tr", has=desk.locator("th", has_text=NAME)).get_by_role("link", name="every check of it").click()
    looks = list(
        csv.DictReader(io.StringIO(desk.request.get(desk.url.replace("captures?", "captures.csv?_stream=on&")).text()))
    )
    days = [one["requested_at"][:10] for one in looks]
    assert days[:2] == ["2021-10-14", "2021-10-16"]
    assert "2021-10-18" in days


def test_3_a_missing_check_is_no_absence(desk, kept):
    """Fails if: a day on which nobody looked, or could look, says gone. Both the 15th and the 17th are not known."""
    for day in ("2021-10-15", "2021-10-17"):
        on(desk, kept, day)
        states = desk.get_by_role("region", name=UNKNOWN).locator("tbody td:nth-child(2)").all_inner_texts()
        assert states
        assert all(one.startswith("not known: nobody looked between") for one in states), states


def test_4_is_the_file_the_same_today(desk, kept):
    """The July file was replaced in place: said with bounds and both hashes, which lead to each other; September's is the same."""
    on(desk, kept, "2021-10-14")
    table = desk.get_by_role("region", name=THERE)
    table.get_by_role("link", name=NAME).click()
    text = desk.locator("main").inner_text()
    assert "This file was replaced in place after 16 October 2021" in text
    assert "and not later than 18 October 2021" in text
    after = hashlib.sha256(figures(50)).hexdigest()
    assert after in text
    desk.locator(f"a[href='/files/{after}']").first.click()
    assert hashlib.sha256(figures(2)).hexdigest() in desk.locator("main").inner_text()
    desk.goto(f"{kept}/release/national-data-opt-out/{SEPTEMBER}")
    desk.get_by_role("link", name=file_name(SEPTEMBER)).first.click()
    assert re.search(r"Last confirmed\s+17 October 2022", desk.locator("main").inner_text())


def test_5_she_takes_a_statement_and_a_pack_along(desk, kept, tmp_path):
    """Packs of the day and of a file are SOUND, with manifests of hashes; others' copies can be asked for. Paper: test_paper.py."""
    on(desk, kept, "2021-10-14")
    with desk.expect_download() as saved:
        desk.get_by_role("link", name="Evidence pack of this day").click()
    day = checked_by_a_stranger(saved.value, tmp_path / "day")
    manifest = (day / "manifest-sha256.txt").read_text("utf-8")
    assert re.search(r"^[0-9a-f]{64}  data/", manifest, re.MULTILINE)
    on_day = list((day / "data").glob("*.csv"))
    assert any(NAME in one.read_text("utf-8") for one in on_day)
    desk.get_by_role("region", name=THERE).get_by_role("link", name=NAME).click()
    with desk.expect_download() as saved:
        desk.get_by_role("link", name="Evidence pack of this file").click()
    file = checked_by_a_stranger(saved.value, tmp_path / "file")
    held = {hashlib.sha256(one.read_bytes()).hexdigest() for one in (file / "data/files").iterdir()}
    assert hashlib.sha256(figures(2)).hexdigest() in held
    for name in ("UK Government Web Archive", "Wayback Machine"):
        link = desk.get_by_role("link", name=name)
        assert link.get_attribute("href").endswith(NAME)
        assert link.get_attribute("href").startswith("https://web")


def test_6_a_promise_of_section_22_is_held_against_the_looks(desk, kept):
    """It said "on or before 17 October 2022": nothing new was seen from the 10th, at these addresses, so often looked at."""
    text = on(desk, kept, "2022-10-17", since="2022-10-10")
    part = text.partition("First seen from 10 October 2022 to 17 October 2022")[2].partition("When we looked")[0]
    assert "Nothing new seen at these addresses." in part
    assert "What stands elsewhere was not looked for." in part
    watched = desk.get_by_role("region", name="Addresses watched in that time")
    series = watched.locator("tbody tr").first.inner_text()
    assert re.search(r"/national-data-opt-out\s+8\s+0\s+17 October 2022, 08:57 UTC", series), series
    text = on(desk, kept, "2021-10-18", since="2021-10-15")
    assert "Nothing new seen at these addresses." in text
    text = on(desk, kept, "2021-10-14", since="2021-10-13")
    assert "(there when we first looked: it may be older)" in text
    text = on(desk, kept, "2022-03-02", since="2022-03-01")
    assert "Nobody looked in that time, so nothing can be said of it." in text


def test_published_and_seen_are_never_mixed_and_every_time_has_its_zone(desk, kept):
    """Fails if: a time of day without UTC or UK time; "published" with anything but the publisher's own date."""
    on(desk, kept, "2021-10-14")
    ways = [desk.url]
    table = desk.get_by_role("region", name=THERE)
    ways += [kept + table.get_by_role("link", name=NAME).get_attribute("href"), f"{kept}/release/national-data-opt-out/{SEPTEMBER}",
             kept + "/changes", kept + "/status"]  # fmt: skip
    for address in ways:
        desk.goto(address)
        text = desk.locator("main").inner_text()
        elsewhere = r"http://\S+|Last edited[^\n]*|At [^\n]*Europe/London[^\n]*"
        for time in re.finditer(r"\b\d\d:\d\d\b(?!:)", re.sub(elsewhere, "", text)):
            after = time.string[time.end() : time.end() + 9]
            assert after.startswith((" UTC", " UK time", " Europe/L", ", Europe/")), (
                address,
                time.string[time.start() - 60 : time.end() + 20],
            )
    desk.goto(ways[0])
    told = "“Published” is what the publisher states; “seen” is what this archive saw: the two are never mixed."
    assert told in desk.locator("main").inner_text()
    desk.goto(ways[2])
    facts = desk.locator("dl.facts").first.inner_text()
    assert re.search(r"Published\s+30 September 2021 \(the publisher’s own date\)", facts)
    assert re.search(r"Captured\s+first 14 October 2021", facts)
