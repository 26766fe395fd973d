"""Pages on paper, printed by Chromium: nothing cut, every address readable, source and label on the sheet. Figures made up."""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata

import pytest
from pypdf import PdfReader

from tests.archive.made_pages import OLD
from tests.archive.made_site import ENGLAND, SEPTEMBER
from tests.browser.conftest import IN_CHROMIUM
from tests.browser.test_screens import PICTURES
from tests.made_up import age_gen

pytestmark = IN_CHROMIUM

FILE = hashlib.sha256(age_gen(SEPTEMBER, totals=ENGLAND)).hexdigest()
SHEETS = {
    "area": ("filled", "/area/local_authority/E07000174?from=2021-05&to=2021-09"),
    "england": ("filled", "/area/england?from=2021-05&to=2021-09"),
    "file": ("filled", f"/files/{FILE}"),
    "page": ("reworded", f"/files/{hashlib.sha256(OLD).hexdigest()}"),
    "release": ("filled", "/release/made-up-series/april-2022"),
    "history": ("filled", "/history?key=all%2C+all&month=2021-09&family=age_sex"),
    "compare": ("filled", "/compare?a=1&b=2&family=practices"),
    "as-it-was": ("reworded", "/as-it-was?on=2021-10-06&since=2021-10-01"),
    "changes": ("reworded", "/changes"),
    "difference": ("reworded", "/page-difference?a=14&b=15"),
}
TEXTS = """() => {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    if (node.data.trim() && one.checkVisibility() && !one.closest(".unseen, title, desc")) found.push(node.data);
  }
  return found;
}"""
"""Every text that a page shows as it stands, without what only a reader of screens is told."""
PAPER = 718
"""Pixels of an A4 sheet between Chromium's margins of a centimetre."""


def plain(text: str) -> str:
    """Letters alone: ligatures of the font taken apart, and no blanks, since a line of paper ends anywhere."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@pytest.fixture
def sheet(browser, addresses):
    """Prints a page on A4: the window that it stands in, and the text of the paper."""
    page = browser.new_page(viewport={"width": PAPER, "height": 1000})

    def printed(name: str):
        archive, path = SHEETS[name]
        page.goto(addresses[archive] + path)
        PICTURES.mkdir(exist_ok=True)
        edges = dict.fromkeys(("top", "right", "bottom", "left"), "1cm")
        paper = page.pdf(path=PICTURES / f"paper-{name}.pdf", format="A4", margin=edges)
        text = "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(paper)).pages)
        page.emulate_media(media="print")
        return page, text

    yield printed
    page.close()


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_is_cut_on_paper(sheet, name):
    """Whatever the page shows in print stands on the paper, to the last cell; nothing reaches over the edge of the sheet."""
    page, text = sheet(name)
    on_paper = plain(text)
    over = page.evaluate(
        "edge => [...document.querySelectorAll('main *, aside *')].filter(one => one.getBoundingClientRect().right > edge + 1)"
        ".map(one => one.outerHTML.slice(0, 120))", PAPER,
    )  # fmt: skip
    assert over == []
    shown = page.evaluate(TEXTS)
    assert len(shown) > 20
    assert [one for one in shown if plain(one) not in on_paper] == []


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_says_where_it_comes_from(sheet, addresses, name):
    """Its own address, the licence and the label of made-up figures; no navigation, no form, no button."""
    page, text = sheet(name)
    archive, path = SHEETS[name]
    assert plain(f"Opt-out archive: {addresses[archive]}{path}") in plain(text)
    assert plain("Open Government Licence v3.0") in plain(text)
    assert plain("Made-up figures: this archive watches a pretend publisher.") in plain(text)
    assert page.locator("header nav:visible, form:visible, button:visible, input:visible").count() == 0


def test_the_sheet_of_an_area_has_its_addresses_in_full(sheet):
    """The pinned address, release, file and history behind the figure; the sentence and the folded citation."""
    _, text = sheet("area")
    on_paper = plain(text)
    pinned = (
        r"Pinnedaddress,whichgoesonsayingthesame:http://127\.0\.0\.1:\d+/area/local_authority/E07000174\?from=2021-05"
    )
    assert re.search(pinned, on_paper)
    assert "pin=made-up-series/september-2021@1" in on_paper
    for told in (
        "(/release/made-up-series/september-2021)",
        "(/history?key=local_authority+E07000174&month=2021-09&family=areas)",
    ):
        assert told in on_paper, told
    assert re.search(r"NDOP_res_geo_Sep_2021\.csv\(/files/[0-9a-f]{64}\)", on_paper)
    assert plain("4,097 people living in Mansfield had opted out by 1 September 2021, 43 % of them") in on_paper
    assert "@misc{optouts-september-2021-1," in on_paper


def test_the_sheet_of_a_file_has_what_a_court_would_ask(sheet):
    """Whole hash, size, both clocks, addresses as asked for, and where others' copies can be asked for."""
    _, text = sheet("file")
    on_paper = plain(text)
    assert FILE in on_paper
    assert plain("4 October 2021, 08:35 UTC (4 October, 09:35 UK time)") in on_paper
    assert "https://files.example/AB/123456/NDOP_age_gen_Sep_2021.csv" in on_paper
    assert "(https://web.archive.org/web/*/https://files.example/AB/123456/NDOP_age_gen_Sep_2021.csv)" in on_paper
    assert "deposit:made-up-series" not in on_paper.partition("web.archive.org")[2]
