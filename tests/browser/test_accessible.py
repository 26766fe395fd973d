"""The pages judged by axe-core, by keyboard, at 320 pixels, in the dark, on paper and without scripts (WCAG 2.2 AA)."""

from __future__ import annotations

from importlib.resources import files

import pytest

from tests.browser.conftest import IN_CHROMIUM
from tests.browser.test_screens import SCREENS

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
FURTHER = {
    "nothing-found": ("filled", "/areas?q=zzzz"),
    "pinned": ("filled", "/area/england?from=2021-05&to=2021-09&pin=made-up-series/september-2021@1"),
    "pinned-practice": ("filled", "/practice/Z90002"),
    "researchers": ("filled", "/for-researchers"),
    "about": ("filled", "/about"),
    "check-trouble": ("filled", "/check?q=abc"),
    "compare-empty": ("empty", "/compare"),
    "glossary": ("filled", "/glossary"),
    "caveats": ("filled", "/caveats"),
    "known-problems": ("filled", "/known-problems"),
    "not-published": ("filled", "/not-published"),
    "filtered-table": ("filled", "/optouts/areas_latest?_sort=month&opt_outs__gt=4000&area_kind__exact=icb"),
    "question-empty": ("filled", "/optouts/area_change?area=zzzz&from_month=2021-05&to_month=2021-09"),
    "sql-error": ("filled", "/optouts?sql=select+nothing+from+nowhere"),
    "bad-request": ("filled", "/page-difference?a=x"),
    "hidden": ("filled", "/optouts?_show_hidden=1"),
    "databases": ("filled", "/-/databases"),
    "actor": ("filled", "/-/versions"),
}
PAGES = {**SCREENS, **FURTHER}

pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module")
def page(browser):
    """One window for all visits: opening one costs more than a page does."""
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    yield opened
    opened.close()


def judged(page, **options) -> list[str]:
    """What axe-core has to say of the page as it stands, in a line for each element."""
    found = page.evaluate("options => axe.run(document, {resultTypes: ['violations'], ...options})", options)
    return [
        f"{one['impact']} {one['id']}: {node['html'][:160]} | {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(page, addresses, name):
    """Not one finding by day, none of contrast by night, no sideways scrolling at 320 pixels, language and title said."""
    archive, path = PAGES[name]
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    page.goto(addresses[archive] + path)
    page.evaluate(AXE)  # the policy of the site stays in force: DevTools may evaluate, a page may not
    by_day = judged(page, rules={"target-size": {"enabled": True}})
    page.emulate_media(color_scheme="dark")
    by_night = judged(page, runOnly=["color-contrast"])
    page.set_viewport_size({"width": 320, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert by_day == [], "\n".join(by_day)
    assert by_night == [], "\n".join(by_night)
    assert wide <= 320
    assert page.evaluate("document.documentElement.lang") == "en-GB"
    assert page.title().endswith("Opt-out archive")
