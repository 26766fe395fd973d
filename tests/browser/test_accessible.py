"""The pages judged by axe-core, by keyboard, at 320 pixels, in the dark, on paper and without scripts (WCAG 2.2 AA)."""

from __future__ import annotations

from importlib.resources import files

import pytest

from tests.browser.conftest import IN_CHROMIUM
from tests.browser.test_screens import SCREENS
from tests.soaks import in_part

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
FURTHER = {
    "beside": ("filled", "/area/local_authority/E07000174?beside=Ashfield,nowhere"),
    "nothing-found": ("filled", "/areas?q=zzzz"),
    "pinned": ("filled", "/area/england?from=2021-05&to=2021-09&pin=made-up-series/september-2021@1"),
    "researchers": ("filled", "/for-researchers"),
    "about": ("filled", "/about"),
    "compare-empty": ("empty", "/compare"),
    "caveats": ("filled", "/caveats"),
    "filtered-table": ("filled", "/optouts/areas_latest?_sort=month&opt_outs__gt=4000&area_kind__exact=icb"),
    "question-empty": ("filled", "/optouts/area_change?area=zzzz&from_month=2021-05&to_month=2021-09"),
    "sql-error": ("filled", "/optouts?sql=select+nothing+from+nowhere"),
    "bad-request": ("filled", "/page-difference?a=x"),
    "databases": ("filled", "/-/versions"),
}
ALIKE = {"home-unreachable", "england-empty", "series", "search", "practice"}
"""Screens whose template and parts another screen has too."""
PAGES = {name: where for name, where in {**SCREENS, **FURTHER}.items() if name not in ALIKE}

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


@pytest.mark.parametrize("name", in_part(PAGES, 3))
def test_axe_finds_nothing(page, addresses, name):
    """Not one finding by day, none of contrast by night on a phone, no sideways scrolling at 320 pixels, a language, a title."""
    archive, path = PAGES[name]
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    page.goto(addresses[archive] + path)
    page.evaluate(AXE)  # the policy of the site stays in force: DevTools may evaluate, a page may not
    by_day = judged(page, rules={"target-size": {"enabled": True}})
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 320, "height": 800})
    by_night = judged(page, runOnly=["color-contrast"])
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert by_day == [], "\n".join(by_day)
    assert by_night == [], "\n".join(by_night)
    assert wide <= 320
    assert page.evaluate("document.documentElement.lang") == "en-GB"
    assert page.title().endswith("Opt-out archive")


WALKED = ("home", "area", "places", "compare", "table", "sql", "question", "authorities")
FOCUSED = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  at.dataset.walked = at.dataset.walked || String(document.querySelectorAll('[data-walked]').length + 1);
  const editor = at.closest('.CodeMirror');
  const seen = editor ? getComputedStyle(editor) : style;
  return {number: at.dataset.walked, tag: at.tagName, text: at.outerHTML.slice(0, 120), top: box.top + scrollY,
          width: box.width, outline: seen.outlineStyle !== 'none' && parseFloat(seen.outlineWidth) >= 2};
}"""
REACHABLE = """() => [...document.querySelectorAll(
  'a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter(one =>
  !one.hidden && one.type !== 'hidden' && one.tabIndex >= 0 && one.checkVisibility({visibilityProperty: true})
  && !one.closest('.CodeMirror') && !(one.tagName === 'TEXTAREA' && document.querySelector('.CodeMirror'))
  && !one.closest('details:not([open]) > :not(summary)')).length"""


@pytest.mark.parametrize("name", in_part(WALKED, 2))
def test_the_keyboard_reaches_everything_and_is_seen(page, addresses, name):
    """Tab by tab: every control once, each with a visible mark, in the order of the page, and out at the end: nothing traps."""
    archive, path = PAGES[name]
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    page.goto(addresses[archive] + path)
    there = page.evaluate(REACHABLE)
    met = []
    for _ in range(there + 5):
        page.keyboard.press("Tab")
        one = page.evaluate(FOCUSED)
        if one["tag"] == "BODY" or (met and one["number"] == met[0]["number"]):
            break
        met.append(one)
    assert len({one["number"] for one in met}) == len(met) >= there, f"{len(met)} of {there} reached"
    assert [one["text"] for one in met if not one["outline"]] == []
    assert [one["number"] for one in met] == [str(number + 1) for number in range(len(met))]


def test_on_paper_there_is_no_navigation_and_links_say_where_they_lead(page, addresses):
    """Printed, a figure keeps its block whole, navigation and forms are gone, and addresses stand beside the words."""
    page.goto(addresses["filled"] + "/area/local_authority/E07000174?from=2021-05&to=2021-09")
    page.emulate_media(media="print", color_scheme="light")
    for gone in ("header", "nav >> nth=0", "form.months", ".takeaway"):
        assert not page.locator(gone).first.is_visible(), gone
    assert page.locator(".figure").evaluate("one => getComputedStyle(one).breakInside") == "avoid"
    link = page.locator(".source a[href^='/files/']").first
    assert "/files/" in link.evaluate("one => getComputedStyle(one, '::after').content")
    page.emulate_media(media="screen")


def test_the_editor_is_dark_by_night(page, addresses):
    """Datasette's editor is no white box on a dark page, and every word of it stands out from it."""
    page.emulate_media(color_scheme="dark")
    page.goto(addresses["filled"] + "/optouts?sql=select+'a'+as+b,+1+from+releases+--+c")
    page.wait_for_selector(".CodeMirror .cm-keyword")
    assert page.locator(".CodeMirror").evaluate("one => getComputedStyle(one).backgroundColor") == page.locator(
        "body"
    ).evaluate("one => getComputedStyle(one).backgroundColor")
    page.evaluate(AXE)
    assert judged(page, runOnly=["color-contrast"]) == []
    page.emulate_media(color_scheme="light")


def test_nothing_hangs_on_colour_alone(page, addresses):
    """Added and deleted words are underlined and struck through; lines of a chart are named in words; links are underlined."""
    page.goto(addresses["reworded"] + "/page-difference?a=14&b=15")
    for mark, line in (("ins", "underline"), ("del", "line-through")):
        drawn = page.locator(f"main {mark}").first.evaluate("one => getComputedStyle(one).textDecorationLine")
        assert line in drawn
    page.goto(addresses["filled"] + "/area/local_authority/E07000174?from=2021-05&to=2021-09")
    names = page.locator("svg.chart text").evaluate_all("all => all.map(one => one.textContent)")
    assert {"Mansfield", "England"} <= set(names)
    plain = page.locator("main p a").first.evaluate("one => getComputedStyle(one).textDecorationLine")
    assert "underline" in plain
