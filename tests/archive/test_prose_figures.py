"""Numbers in the text of pages: each with its sentence; dates, times, telephone numbers and codes are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.prose_figures import figures_in
from scraper.model import TextBlock


def found(text: str, kind: str = "text") -> list[tuple[str, float, str]]:
    """Figures of one block, without their sentences."""
    return [(one.as_printed, one.number, one.kind) for one in figures_in([TextBlock(kind, text)])]


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        (
            "2,315 objections, 901 and 1,414.",
            [("2,315", 2315, "count"), ("901", 901, "count"), ("1,414", 1414, "count")],
        ),
        ("About 1.6 million people (2.74%).", [("1.6 million", 1_600_000, "count"), ("2.74%", 2.74, "percent")]),
        (
            "5.4 per cent of 60,000 thousand",
            [("5.4 per cent", 5.4, "percent"), ("60,000 thousand", 60_000_000, "count")],
        ),
        ("In 2021 there were 0.", [("2021", 2021, "perhaps_a_year"), ("0", 0, "count")]),
        ("On 1 September 2021, 14 Oct 2021, September 2021, 1 September and the 3rd May.", []),
        ("2021-09-01, 01/09/2021, 2020/21 and 2020-21.", []),
        ("At 9:30am, 14:30, 2.31 pm or 9 am.", []),
        ("Call 0300 303 5678 or write to a1@example.org, https://example.org/12.", []),
        ("Practice A81001, LSOA E01000123, file NDOP_2021_09.csv, ages 10-19.", []),
        ("It rose 43%; it is 98 %.", [("43%", 43, "percent"), ("98 %", 98, "percent")]),
    ],
)
def test_figures_are_told_from_other_digits(text, figures):
    """What counts something is found as printed, with its value; what dates or names something is not."""
    assert found(text) == figures


def test_each_figure_stands_with_its_sentence():
    """The sentence that prints it, whole, and no other; block and place say where."""
    blocks = [
        TextBlock("heading", "Key facts"),
        TextBlock("text", "There were 1.5 million. Of them 901 live here! None in 3."),
    ]
    assert [(one.block, one.nth, one.sentence) for one in figures_in(blocks)] == [
        (1, 0, "There were 1.5 million."), (1, 1, "Of them 901 live here!"), (1, 2, "None in 3."),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["file", "edited"])
def test_what_the_site_prints_by_itself_states_nothing(kind):
    """A file's size and the last-edited line are no figures."""
    assert found("csv 42 KB, 17 pages", kind) == []


@given(st.text())
def test_any_text_is_read(text):
    """Whatever a page prints, every figure found stands in it, and has a value."""
    for one in figures_in([TextBlock("text", text)]):
        assert one.as_printed in text
        assert one.as_printed in one.sentence
        assert one.number >= 0
