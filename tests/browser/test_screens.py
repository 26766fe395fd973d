"""Pages as a real Chromium shows them, on a desk and on a phone; the pictures are kept under test-artefacts/."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.archive.made_pages import OLD
from tests.browser.conftest import IN_CHROMIUM
from tests.soaks import in_part

PICTURES = Path(__file__).parent.parent.parent / "test-artefacts"
SCREENS = {
    "home": ("filled", "/"),
    "home-empty": ("empty", "/"),
    "home-unreachable": ("unreachable", "/"),
    "data": ("filled", "/optouts"),
    "table": ("filled", "/optouts/files"),
    "view": ("filled", "/optouts/areas_latest?area_code=E07000174"),
    "row": ("filled", "/optouts/captures/1"),
    "question": ("filled", "/optouts/area_change?area=Mansfield&from_month=2021-05&to_month=2021-09"),
    "series": ("filled", "/optouts/area_series?area=Mansfield"),
    "search": ("filled", "/optouts/find_place?q=mans"),
    "sql": ("filled", "/optouts?sql=select+*+from+vintages"),
    "places": ("filled", "/areas?q=ma"),
    "area": ("filled", "/area/local_authority/E07000174?from=2021-05&to=2021-09"),
    "england": ("filled", "/area/england"),
    "england-empty": ("empty", "/area/england"),
    "authorities": ("filled", "/areas/local_authority?by=growth"),
    "postcode": ("filled", "/areas?q=ZZ1+1"),
    "practice": ("filled", "/practice/Z90001"),
    "releases": ("filled", "/releases"),
    "release": ("filled", "/release/made-up-series/april-2022"),
    "changes": ("filled", "/changes"),
    "changes-empty": ("empty", "/changes"),
    "changes-reworded": ("reworded", "/changes"),
    "history": ("filled", "/history?key=all%2C+all&month=2021-09&family=age_sex"),
    "as-it-was": ("reworded", "/as-it-was?on=2021-10-06"),
    "as-it-was-before": ("filled", "/as-it-was?on=2021-09-30"),
    "as-it-was-form": ("empty", "/as-it-was"),
    "compare": ("filled", "/compare?a=1&b=2"),
    "check": ("filled", "/check?q=4097"),
    "breaks": ("filled", "/breaks"),
    "difference": ("reworded", "/page-difference?a=14&b=15"),
    "page-bytes": ("reworded", f"/files/{hashlib.sha256(OLD).hexdigest()}"),
    "known-on": ("reworded", "/optouts/what_was_known_on?day=2021-10-06"),
    "not-found": ("filled", "/nothing"),
}

pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module")
def window(browser):
    """One window for all visits, with what its pages said and what they asked for: opening one costs more than a page does."""
    opened = browser.new_page()
    said, asked = [], []
    opened.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    yield opened, said, asked
    opened.close()


@pytest.mark.parametrize("width", in_part([360, 1280], 2))
@pytest.mark.parametrize("name", SCREENS)
def test_a_page_fits_its_screen_and_breaks_no_rule(window, addresses, name, width):
    """No sideways scrolling, no error of script or policy, no request to anybody else, the banner in sight."""
    archive, path = SCREENS[name]
    page, said, asked = window
    page.set_viewport_size({"width": width, "height": 800})
    said.clear()
    asked.clear()
    page.goto(addresses[archive] + path)
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_text("this archive watches a pretend publisher.").is_visible()
    assert [text for text in said if "404" not in text or name != "not-found"] == []
    assert asked
    assert all(url.startswith((addresses[archive], "data:")) for url in asked), asked


def test_a_reader_finds_the_figure_for_her_area_by_keyboard(browser, addresses):
    """On a phone, in six actions: type, Enter, the link, two months, Show; and the figure of the newspapers stands there."""
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(addresses["filled"] + "/")
    page.get_by_label("Find your area or GP practice").fill("mansf")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Mansfield").click()
    page.get_by_label("From").select_option("2021-05")
    page.get_by_label("to", exact=True).select_option("2021-09")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**to=2021-09**")
    block = page.locator(".figure").first
    assert "4,097 people living in Mansfield" in block.inner_text()
    assert "1,757 (43 %)" in block.inner_text()
    assert "England over the same months: 1,613,965 (49 %" in block.inner_text()
    assert "It does not include GP-record (type 1) opt-outs" in block.inner_text()
    page.close()


def test_a_day_as_it_was_prints_on_one_sheet(browser, addresses):
    """A4, without what is for screens, with the label of made-up figures and the hashes."""
    page = browser.new_page()
    page.goto(addresses["reworded"] + "/as-it-was?on=2021-10-06")
    sheet = page.pdf(path=PICTURES / "as-it-was.pdf", format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Show").is_visible()
    assert not page.get_by_role("link", name="Find a place").is_visible()
    assert page.get_by_text("this archive watches a pretend publisher.").is_visible()
    assert page.get_by_text("9d8ca06f3e4a960f60b4283ebe071b8c10646dc70283b6fabc2e5a7dbe7d9bc2").is_visible()
    page.close()


def test_the_first_tab_leads_past_the_header(browser, addresses):
    """The skip link is the first thing the keyboard meets, is seen when it is met, and leads to the content."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(addresses["filled"] + "/optouts/files")
    page.keyboard.press("Tab")
    skip = page.get_by_text("Skip to the content")
    assert skip.evaluate("link => link === document.activeElement")
    box = skip.bounding_box()
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


def test_the_code_editor_and_the_download_work_under_the_policy(browser, addresses):
    """Datasette's editor starts, has a name for screen readers, and a file is saved, not shown."""
    page = browser.new_page()
    page.goto(addresses["filled"] + "/optouts?sql=select+1")
    page.wait_for_selector(".CodeMirror textarea[aria-label=SQL]", state="attached")
    page.goto(addresses["filled"] + "/optouts/files/1")
    page.locator("td a.hash").first.click()
    with page.expect_download() as saved:
        page.locator("a.download").first.click()
    assert saved.value.suggested_filename == "NDOP_age_gen_Sep_2021.csv"
    page.close()
