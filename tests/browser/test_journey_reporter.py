"""J2 of the research on users: a local reporter reproduces the story of October 2021, step by step, on a 360-pixel screen.

Its "fails if" lines: more than six actions, a number without its date, England missing, a phone that hides the caveat.
All figures but those that newspapers printed are made up.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile

import pytest
from PIL import Image

from tests.archive.made_site import filled_archive
from tests.browser.conftest import IN_CHROMIUM, served

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
NEWARK = "/area/local_authority/E07000175?from=2021-05&to=2021-09"
CAVEAT = "It does not include GP-record (type 1) opt-outs"


class Reporter:
    """Somebody with a phone, whose every action is counted."""

    def __init__(self, page) -> None:
        self.page, self.actions = page, 0

    def types(self, label: str, text: str) -> None:
        self.actions += 1
        self.page.get_by_label(label).fill(text)

    def picks(self, label: str, month: str) -> None:
        self.actions += 1
        self.page.get_by_label(label, exact=True).select_option(month)

    def presses(self, role: str, name: str) -> None:
        self.actions += 1
        self.page.get_by_role(role, name=name).click()


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """An archive with the six authorities of the newspapers, served."""
    with served(filled_archive(tmp_path_factory.mktemp("story"), six=True)) as address:
        yield address


def test_1_she_types_a_name_or_a_postcode_and_sees_matches_with_their_kind(phone, story):
    """A district, a sub-ICB location and a practice are each called what they are; constituencies are said not to be published."""
    phone.goto(story + "/")
    phone.get_by_label("Find your area").fill("Newark")
    phone.get_by_role("button", name="Find").click()
    assert re.search(r"Newark and Sherwood\s+local authority, E07000175", phone.locator("ul.places").inner_text())
    phone.goto(f"{story}/areas?q=Nottingham")
    assert re.search(r"NHS Nottingham.*\s+sub-ICB location, 52R", phone.locator("ul.places").inner_text())
    phone.goto(f"{story}/areas?q=ZZ1 1AA")
    text = phone.locator("main").inner_text()
    assert re.search(r"MADE-UP SURGERY\s+GP practice, Z90001, ZZ1 1AA", text)
    assert re.search(r"Candidates, not a match.*Newark and Sherwood\s+local authority", text, re.DOTALL)
    phone.goto(f"{story}/areas?q=Newark constituency")
    assert "constituencies are not published" in phone.locator("main").inner_text()


def test_2_the_page_of_the_area_leads_with_the_newest_number(phone, story):
    """How many, on which day, living there; when it was published; months in a picture with the breaks marked and told."""
    phone.goto(f"{story}/area/local_authority/E07000175")
    block = phone.locator(".figure").inner_text()
    assert re.search(r"[\d,]+ people living in Newark and Sherwood had a national data opt-out on 1 April 2022", block)
    assert "april-2022, published 28 April 2022" in block
    chart = phone.locator("svg[aria-labelledby^=months]")
    assert chart.locator("polyline").count() > 1
    assert re.search(
        r"Newark and Sherwood: [\d,]+ on 1 October 2020, [\d,]+ on 1 April 2022", chart.locator("desc").text_content()
    )
    phone.goto(f"{story}/area/region/Y60")
    broken = phone.locator("svg[aria-labelledby^=months]")
    assert broken.locator("text", has_text="break 1").count() == 1
    assert "Break in March 2022: Two regions have new ONS codes" in broken.locator("desc").text_content()
    assert phone.locator("figcaption", has_text="Breaks: 1, 2 March 2022: Two regions").is_visible()


def test_3_between_two_months_in_six_actions(phone, story):
    """Without scripts: type, Find, the place, two menus of real months, Show. To the digit, with England, rank and neighbours."""
    phone.goto(story + "/")
    her = Reporter(phone)
    her.types("Find your area", "Newark")
    her.presses("button", "Find")
    her.presses("link", "Newark and Sherwood")
    her.picks("From", "2021-05")
    her.picks("to", "2021-09")
    her.presses("button", "Show")
    assert her.actions == 6, "fails if: more than six actions"
    assert phone.locator("input[type=date]").count() == 0, "two menus of what there is, no free dates"
    block = phone.locator(".figure").inner_text()
    for told in (
        "6,898 people living in Newark and Sherwood", "1 September 2021", "2,001 (29 %)", "since 1 May 2021", "+41 %",
        "England over the same months: 1,613,992 (49 % of its total, +98 %)", CAVEAT,
        "last published for March 2018", "NDOP_res_geo_Sep_2021.csv", "SHA-256", "stated in 2 releases, never changed",
    ):  # fmt: skip
        assert told in block, told
    beside = phone.get_by_role("region", name="Beside others, as a table").inner_text()
    assert re.search(r"Mansfield\s+4,097\s+\+1,757\s+43 %", beside)
    assert re.search(r"Ashfield\s+3,463\s+\+2,213\s+64 %", beside)
    assert re.search(r"England\s+3,264,327\s+\+1,613,992\s+49 %\s+\+98 %", beside)
    assert re.search(r"Number \d of \d in the order of net change", phone.locator("main").inner_text())


def test_4_she_wants_a_rate_and_is_told_that_there_is_no_base(phone, story):
    """No official denominator for a council: said where she looks, with why; registration areas have a rate beside its base."""
    phone.goto(story + NEWARK)
    block = phone.locator(".figure").inner_text()
    assert "The publisher states no number of residents beside it, so no share of people is shown." in block
    phone.locator(".figure").get_by_role("link", name="Why", exact=True).click()
    why = phone.locator("#council-residents").inner_text()
    for told in ("there is no official base for a rate of a council", "ONS mid-year estimates", "registered residents"):
        assert told in why
    phone.goto(f"{story}/area/sub_icb/52R")
    rate = r"\d+\.\d\d in every 100 of the [\d,]+ people registered, as the same file counts them"
    assert re.search(rate, phone.locator(".figure").inner_text())


def test_5_she_wants_type_1(phone, story):
    """Not published since March 2018, the last figure with its unit on the page itself, and what is known of it one tap away."""
    phone.goto(story + NEWARK)
    block = phone.locator(".figure").inner_text()
    assert re.search(
        r"not published since March 2018: the last figure, for all England, was 2,085,450 code instances", block
    )
    phone.get_by_role("link", name="What is known of them").click()
    entry = phone.locator("#type-1").inner_text()
    assert "2,085,450" in entry
    assert "code instances" in entry
    assert "March 2018" in entry


def test_6_she_copies_and_takes_away(desk, story):
    """One sentence, source, a link that pins the vintage; CSV, workbook, and a picture with date, source and label inside."""
    desk.goto(story + NEWARK)
    told = desk.locator("#sentence").inner_text()
    assert "6,898 people living in Newark and Sherwood had opted out by 1 September 2021, 29 % of them" in told
    assert re.search(r"pin=made-up-series/\S+@1", desk.locator(".pinned-address").inner_text())
    desk.locator("summary", has_text="Cite").click()
    assert re.search(
        r"september-2021 \(edition 1\), published 30 September 2021: NDOP|NDOP_res_geo_Sep_2021.csv, SHA-256",
        desk.locator("details").inner_text(),
    )
    files = {}
    for name in ("CSV", "Excel workbook", "PNG", "SVG"):
        with desk.expect_download() as saved:
            desk.locator("main").get_by_role("link", name=name, exact=True).first.click()
        files[name] = saved.value.path().read_bytes()
        assert "Newark and Sherwood" in saved.value.suggested_filename
    rows = {one["month"]: one for one in csv.DictReader(io.StringIO(files["CSV"].decode()))}
    assert rows["2021-09-01"]["opt_outs"] == "6898"
    with zipfile.ZipFile(io.BytesIO(files["Excel workbook"])) as book:
        assert "README" in book.read("xl/workbook.xml").decode()
    drawn = files["SVG"].decode()
    assert re.search(r"Newest: [\d,]+ on 1 April 2022\. Source: april-2022, published 2022-04-28", drawn)
    assert "Made-up figures" in drawn
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', drawn)
    assert Image.open(io.BytesIO(files["PNG"])).size == (2 * int(size[1]), 2 * int(size[2])), "the same picture"


def test_7_is_it_still_true_today(desk, story):
    """The pinned address says the same, that no later release changed it, and the newest figure with its date."""
    desk.goto(story + NEWARK)
    desk.locator(".pinned-address a").click()
    text = desk.locator("main").inner_text()
    assert "6,898" in text
    assert re.search(r"No later release has changed them\. Newest figure: [\d,]+ on 1 April 2022\.", text)


def test_7_and_where_it_was_restated_by_how_much(desk, addresses):
    """England's September was restated by 27 fewer: the pinned page tells the new figure, the difference and that May stands."""
    desk.goto(f"{addresses['filled']}/area/england?from=2021-05&to=2021-09&pin=made-up-series/september-2021@1")
    note = desk.locator(".pinned").inner_text()
    assert "3,264,300 on 1 September 2021 (−27), 1,650,335 on 1 May 2021 (as before)" in note
    assert re.search(r"Newest figure: [\d,]+ on 1 April 2022", note)


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


def test_no_number_stands_without_its_date(phone, story):
    """Fails if: each sentence of the headline that counts people names a day, or the same months as the one before it."""
    phone.goto(story + NEWARK)
    for line in phone.locator(".figure p:not(.source)").all_inner_texts():
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", line):
            if re.search(r"\d[\d,]{2,}|\d+ %", re.sub(r"\d{1,2} [A-Z][a-z]+ \d{4}", "", sentence)):
                assert re.search(r"\d{1,2} [A-Z][a-z]+ \d{4}|over the same months", sentence), sentence
    for region in phone.locator("main div[role=region]").all():
        heads, caption = region.locator("thead").inner_text(), region.locator("caption").all_inner_texts()
        rows = region.locator("tbody tr").first.inner_text()
        assert re.search(r"\d{1,2} [A-Z][a-z]+ \d{4}", f"{heads} {caption} {rows}"), heads


def test_the_phone_hides_neither_england_nor_the_caveat(phone, story):
    """Fails if: both stand in the first block, inside the screen's width, unfolded, in letters that can be read."""
    phone.goto(story + NEWARK)
    for words in (CAVEAT, "England over the same months"):
        line = phone.locator(".figure p", has_text=words).first
        box = line.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert line.is_visible()
        assert line.locator("xpath=ancestor::details").count() == 0
        assert float(line.evaluate("one => getComputedStyle(one).fontSize").removesuffix("px")) >= 12
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
