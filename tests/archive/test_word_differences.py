"""Two wordings beside each other: exactly the changed words, and nothing lost on either side."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import word_differences
from archive.word_differences import BREAK, Part, in_plain_text, is_changed, paragraphs, word_difference

WORDS = st.sampled_from(
    ["the", "opt-outs", "1,234,567", "5.4%", "people", "had", "(about", "area).", "“new”", "of", "a"]
)
BLOCKS = st.lists(st.lists(WORDS, min_size=1, max_size=8).map(" ".join), max_size=6)


def shown(old: str, new: str) -> str:
    """The difference of two texts of one block."""
    return in_plain_text(word_difference([old], [new])).rstrip("\n")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1,234,567 people had opted out.", "1,234,576 people had opted out.", "[-1,234,567-]{+1,234,576+} people had opted out."),
        ("People opted out.", "People opted out, it seems.", "People opted out{+, it seems+}."),
        ("Figures for the area.", "Figures for area.", "Figures for [-the-] area."),
        ("5.4% of people", "5.5% of people", "[-5.4-]{+5.5+}% of people"),
        ("the opt-out's rate", "the opt-out’s rate", "the [-opt-out's-] {+opt-out’s+} rate"),
        ("Naïve café", "Naive café", "[-Naïve-]{+Naive+} café"),
    ],
)  # fmt: skip
def test_exactly_the_changed_words_are_marked(old, new, expected):
    """Numbers and words with marks inside are whole; points and per cent signs stand for themselves."""
    assert shown(old, new) == expected


def test_blocks_that_stay_are_not_touched():
    """A paragraph put in between, one taken out, one reworded: the rest is the same."""
    parts = word_difference(["One.", "Two two.", "Three.", "Four."], ["One.", "New.", "Two too.", "Four."])
    assert next(part for part in parts if part.op == "same") == Part("same", f"One.{BREAK}")
    assert in_plain_text(parts).splitlines()[0] == "One."
    assert in_plain_text(parts).splitlines()[-1] == "Four."
    assert is_changed(parts)


def test_a_text_written_anew_is_shown_as_such():
    """Odd words in common between two different texts mean nothing."""
    old = "How many people of England have opted out of the use of their data by area of residence and by age"
    new = "This page was moved to a new place; please go to the series page where all of it can be found from now on"
    assert [part.op for part in word_difference([old], [new])] == ["deleted", "added"]


def test_a_stretch_too_long_to_lay_beside_another_is_replaced_whole(monkeypatch):
    """The bound on work is a bound on detail, never on what is told."""
    monkeypatch.setattr(word_differences, "MOST_PAIRS", 100)
    old, new = ["word " * 20 + "end"], ["word " * 20 + "fin"]
    parts = word_difference(old, new)
    assert [part.op for part in parts] == ["deleted", "added"]
    assert rebuilt(parts, "deleted") == new


def rebuilt(parts: list[Part], without: str) -> list[str]:
    """The blocks that remain when one kind of part is left out."""
    return "".join(part.text for part in parts if part.op != without).split(BREAK)[:-1]


def bare(blocks: list[str]) -> list[str]:
    """Texts without blanks."""
    return [re.sub(r"\s", "", block) for block in blocks]


@given(BLOCKS, BLOCKS)
def test_the_difference_applied_to_the_old_gives_the_new(old, new):
    """Without deletions it is the new text to the letter, without additions the old one's words; nothing is empty or said twice."""
    parts = word_difference(old, new)
    assert rebuilt(parts, "deleted") == new
    assert bare(rebuilt(parts, "added")) == bare(old)
    assert all(part.text for part in parts)
    assert all(one.op != other.op for one, other in pairwise(parts))
    assert is_changed(parts) is (bare(old) != bare(new))


@given(BLOCKS)
def test_a_text_does_not_differ_from_itself(blocks):
    """One part, the same, and the paragraphs are the blocks."""
    parts = word_difference(blocks, blocks)
    assert not is_changed(parts)
    assert ["".join(part.text for part in paragraph) for paragraph in paragraphs(parts)] == blocks


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1), max_size=4), BLOCKS
)
def test_any_letters_are_kept(old, new):
    """Whatever signs a text is made of, none is dropped."""
    parts = word_difference(old, new)
    assert bare(rebuilt(parts, "added")) == bare(old)
    assert rebuilt(parts, "deleted") == new
