"""Six journeys of people who come with a question (research on users, section 4), walked in Chromium step by step.

What is still being built answers 404: the step that needs it is skipped, and says so.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re

import pytest

from archive.database import read_evidence
from archive.store import read_snapshot
from schedules.cli import run
from tests.archive.made_site import filled_archive
from tests.browser.conftest import IN_CHROMIUM, served
from tests.made_up import age_gen
from tests.publisher import Publisher

pytestmark = IN_CHROMIUM

STORY = {
    "Mansfield": ("4,097", "1,757", "43 %"),
    "Ashfield": ("3,463", "2,213", "64 %"),
    "Newark and Sherwood": ("6,898", "2,001", "29 %"),
    "Northumberland": ("16,646", "6,635", "40 %"),
    "Sheffield": ("26,216", None, None),
    "Bournemouth, Christchurch and Poole": ("27,144", "9,056", "33 %"),
}
"""Stock on 1 September 2021, net change since 1 May and its share, as newspapers printed them in October 2021."""


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """An archive with the six authorities of the newspapers, served."""
    with served(filled_archive(tmp_path_factory.mktemp("story"), six=True)) as address:
        yield address


@pytest.fixture(scope="module")
def restated(tmp_path_factory):
    """An archive in which England's figure of 1 September 2021 was restated, and where its bytes lie."""
    directory = filled_archive(tmp_path_factory.mktemp("restated"))
    with served(directory) as address:
        yield address, directory


@pytest.fixture
def phone(browser):
    """A phone without scripts, 360 pixels wide."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False, has_touch=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(browser):
    """A window on a desk."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    yield page
    page.close()


def built(page, address: str) -> str:
    """Visits a page that another part of the project builds, and gives its text; skips the rest while it answers 404."""
    answer = page.goto(address)
    if answer.status == 404:
        pytest.skip(f"{address.partition('//')[2].partition('/')[2]} is not built yet, so this step is not walked")
    assert answer.status == 200
    return page.locator("main").inner_text()


# ---------------------------------------------------------------- J1, the campaigner


def test_a_campaigner_sees_that_a_figure_was_restated(desk, restated):
    """First and latest side by side, each with its release and hash; no explanation is made up; nobody is accused."""
    base, directory = restated
    desk.goto(f"{base}/area/england?from=2021-05&to=2021-09")
    assert "changed 1 time since it was first published" in desk.locator(".figure").inner_text()
    desk.get_by_role("link", name="How this was stated").click()
    history = desk.locator("main").inner_text()
    assert "3,264,327" in history
    assert "3,264,300" in history
    desk.goto(f"{base}/compare?a=1&b=2&family=age_sex")
    compared = desk.locator("main").inner_text()
    assert re.search(r"1 September 2021\s+all, all\s+opt outs\s+3,264,327\s+3,264,300", compared), compared
    assert "is not known here unless the publisher’s page says so" in compared
    assert not re.search(r"\b(hidden|silent|quiet)(ly)?\b|cover-up|tamper", compared, re.IGNORECASE)
    links = desk.locator("main .source a[href^='/files/']").evaluate_all(
        "all => all.map(one => one.getAttribute('href'))"
    )
    assert len(links) > 4
    evidence = read_evidence(directory)
    try:
        for digest in {link.rpartition("/")[2] for link in links}:
            assert hashlib.sha256(read_snapshot(evidence, digest)).hexdigest() == digest
    finally:
        evidence.close()


def test_a_campaigner_is_told_what_changed_where_and_how_big(desk, restated):
    """The list of changes names England, the month and minus 27; its feed says the same, and is announced by the page."""
    text = built(desk, f"{restated[0]}/changes")
    assert "England" in text
    assert re.search(r"[−-]27\b", text)
    feeds = desk.locator("link[type='application/atom+xml']").evaluate_all("all => all.map(one => one.href)")
    assert feeds, "the page must announce its feed"
    feed = desk.request.get(feeds[0]).text()
    assert re.search(r"<title[^>]*>[^<]*England[^<]*</title>", feed), (
        "a title must say where, not that something was updated"
    )


# ---------------------------------------------------------------- J2, the local reporter


def test_a_local_reporter_reproduces_the_story_in_six_actions(phone, story):
    """Without scripts, on 360 pixels: type, Find, the place, two months, Show. Figure, date, England and caveat stand together."""
    phone.goto(story + "/")
    # Six actions: nothing else may be needed.
    phone.get_by_label("Find your area").fill("Newark")
    phone.get_by_role("button", name="Find").click()
    phone.get_by_role("link", name="Newark and Sherwood").click()
    phone.get_by_label("From").select_option("2021-05")
    phone.get_by_label("to", exact=True).select_option("2021-09")
    phone.get_by_role("button", name="Show").click()
    block = phone.locator(".figure").inner_text()
    for told in (
        "6,898 people living in Newark and Sherwood", "1 September 2021", "2,001 (29 %)", "since 1 May 2021", "+41 %",
        "England over the same months: 1,613,992 (49 % of its total, +98 %)", "does not include GP-record (type 1) opt-outs",
        "last published for March 2018", "NDOP_res_geo_Sep_2021.csv", "SHA-256", "stated in 2 releases, never changed",
        "The publisher states no number of residents",
    ):  # fmt: skip
        assert told in block, told
    beside = phone.get_by_role("region", name="Beside others, as a table").inner_text()
    assert re.search(r"Mansfield\s+4,097\s+\+1,757\s+43 %", beside)
    assert re.search(r"Ashfield\s+3,463\s+\+2,213\s+64 %", beside)
    whole = phone.locator("main").inner_text()
    assert re.search(r"Number \d of \d in the order of net change", whole)
    assert "6,898 people living in Newark and Sherwood had opted out by 1 September 2021, 29 % of them" in whole
    assert re.search(r"pin=made-up-series/\S+@1", whole)


@pytest.mark.parametrize("name", STORY)
def test_the_figures_of_the_newspapers_come_out_to_the_digit(desk, story, name):
    """Found by name, between two menus of real months: stock, net change and share as printed in October 2021."""
    stock, net, share = STORY[name]
    desk.goto(f"{story}/areas?q={name}")
    desk.get_by_role("link", name=name, exact=True).click()
    desk.goto(f"{desk.url}?from=2021-05&to=2021-09")
    block = desk.locator(".figure").inner_text()
    assert f"{stock} people living in {name} had a national data opt-out on 1 September 2021" in block
    if net:
        assert f"{net} ({share}) were added since 1 May 2021" in block


def test_the_pinned_address_says_whether_it_is_still_so(desk, story):
    """The address that a newspaper prints goes on saying the same, and says that no later release changed it."""
    desk.goto(f"{story}/area/local_authority/E07000175?from=2021-05&to=2021-09")
    desk.locator(".pinned-address a").click()
    text = desk.locator("main").inner_text()
    assert "6,898" in text
    assert "No later release has changed them" in text


# ---------------------------------------------------------------- J3, the researcher


def test_a_researcher_loads_the_panel_with_vintages(desk, story):
    """From the researchers' page to typed rows: no spreadsheet damage, no sign for a number, the same bytes twice."""
    desk.goto(f"{story}/for-researchers")
    text = desk.locator("main").inner_text()
    for told in ("stock", "never add months up", "practices_latest", "_stream=on", "What one row is"):
        assert told in text
    for table in ("practices_latest", "age_sex_latest", "lsoas_latest", "areas_latest"):
        address = f"{story}/optouts/{table}.csv?_stream=on"
        body = desk.request.get(address).text()
        assert desk.request.get(address).text() == body
        lines = list(csv.DictReader(io.StringIO(body)))
        assert lines
        for line in lines:
            assert "Oct-19" not in line.values()
            for measure in ("opt_outs", "list_size"):
                value = line.get(measure, "0")
                assert value.isdigit() or line[f"{measure}_reason"], line
    asked = desk.request.get(f"{story}/optouts/practices_as_of.csv?practice=Z90001&as_of=2021-10-15").text()
    assert "breaks_in_range" in asked.partition("\n")[0]
    assert "2022-04-01" not in asked


# ---------------------------------------------------------------- J4, the FOI officer


def test_an_officer_sees_what_was_published_on_a_day(desk, story):
    """As it was on 15 October 2021: the September release is there, April's is not, and both kinds of date are told apart."""
    text = built(desk, f"{story}/as-it-was?on=2021-10-15")
    assert "september-2021" in text
    assert "april-2022" not in text
    assert "first seen" in text.lower() or "first captured" in text.lower()
    assert "UTC" in text, "times need their zone"


def test_an_officer_follows_a_file_to_its_capture(desk, story):
    """Release, file, capture: published and first captured apart, times with their zone, hash, status and origin."""
    desk.goto(f"{story}/release/made-up-series/september-2021")
    text = desk.locator("main").inner_text()
    assert "30 September 2021 (the publisher’s own date)" in text
    assert re.search(r"4 October 2021, 0\d:\d\d UTC", text)
    desk.get_by_role("link", name="NDOP_age_gen_Sep_2021.csv").first.click()
    page = desk.locator("main").inner_text()
    digest = re.search(r"[0-9a-f]{64}", page).group()
    with desk.expect_download() as saved:
        desk.locator("a.download").first.click()
    assert hashlib.sha256(saved.value.path().read_bytes()).hexdigest() == digest
    desk.get_by_role("link", name=re.compile("Every capture")).click()
    desk.wait_for_url("**/optouts/captures?**")
    assert digest in desk.locator("table").first.inner_html()


# ---------------------------------------------------------------- J5, the maintainer


@pytest.fixture
def optout(archive, capsys):
    """Runs the command on the archive: (exit status, what it printed, what it told on standard error)."""

    def call(*arguments):
        status = run(["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet", *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return call


def test_a_maintainer_adds_a_series_without_code(desk, archive, optout, tmp_path):
    """One file, a look that writes nothing, a poll, an old file by hand: its page says handed in, an unknown column is told."""
    with Publisher() as publisher:
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        publisher.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        publisher.series_file(archive.schedules, attempts=1)
        status, out, _ = optout("look", publisher.seed)
        assert status == 0
        assert "July 2021" in out
        assert not (archive.directory / "archive.db").exists()
        assert optout("poll", "--create")[0] == 0
        odd, old = tmp_path / "NDOP_age_gen_May_2021.csv", tmp_path / "NDOP_age_gen_Jun_2021.csv"
        odd.write_bytes(age_gen(["2021-04-01"]).replace(b"OPT_OUT", b"OPTED", 1))
        old.write_bytes(age_gen(["2021-05-01"]))
        for path in (odd, old):
            optout("deposit", str(path), "--series", "national-data-opt-out", "--publication", "old", "--published-on",
                   "2021-06-29", "--origin", "a copy on a researcher's disk (made up)")  # fmt: skip
    with served(archive.directory) as base:
        desk.goto(f"{base}/release/national-data-opt-out/old")
        text = desk.locator("main").inner_text()
        assert "handed in: a copy on a researcher's disk (made up)" in text
        assert "not read:" in text, "a renamed column must not pass in silence"
        desk.goto(f"{base}/area/england")
        assert "1 June 2021" in desk.locator(".figure").inner_text()


# ---------------------------------------------------------------- J6, the operator


def test_an_operator_is_told_of_a_redesign_and_readers_keep_the_last_good_figures(desk, archive, optout):
    """After a redesign the poll is incomplete and says why, nothing counts as gone, figures stay, status and page agree."""
    with Publisher() as publisher:
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        publisher.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        publisher.series_file(archive.schedules, attempts=1)
        assert optout("poll", "--create")[0] == 0
        publisher.redesign()
        assert optout("poll", "--all")[0] == 1
        status, out, _ = optout("status")
        assert status == 1
        assert "incomplete" in out or "not" in out
    with served(archive.directory) as base:
        desk.goto(base + "/")
        text = desk.locator("main").inner_text()
        assert "but not everything could be reached" in text
        assert "Not reached:" in text
        assert "1 June 2021" in desk.locator(".figure").inner_text()
        desk.goto(f"{base}/optouts/withdrawn.json?_shape=array")
        assert desk.locator("body").inner_text().strip() == "[]"
        built(desk, f"{base}/status")
