"""The words of a page: what a reader sees in its main part, in order, and nothing of how it is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.errors import PageChanged
from scraper.page_text import text_of

PAGES = Path(__file__).parent.parent / "pages"
LIVE = (PAGES / "publication-live.html").read_bytes()


def texts(body: bytes, *kinds: str) -> list[str]:
    """Texts of the blocks, of some kinds or of all."""
    return [block.text for block in text_of(body) if not kinds or block.kind in kinds]


def test_a_page_reads_as_its_main_part_in_order() -> None:
    """Title, fields, notices, text, files, last edited: each a block of its kind; banner, ways about and scripts left out."""
    assert texts(LIVE)[:6] == [
        "Publication, Part of [MI] National Data Opt-Out", "National Data Opt-Out, September 2021", "Other reports and statistics",
        "Publication Date:", "14 Oct 2021", "Date Range:",
    ]  # fmt: skip
    assert texts(LIVE, "notice")[:4] == [
        "File replaced", "The age file was replaced.", "Totals are as before.", "20 October 2021 14:30 PM",
    ]  # fmt: skip
    assert texts(LIVE, "file") == ["csv 42 KB", "xls 1 MB"]
    assert texts(LIVE, "edited") == ["Last edited: 20 October 2021 2:31 pm"]
    assert texts(LIVE, "heading")[:3] == ["National Data Opt-Out, September 2021", "Summary", "Highlights"]
    whole = " ".join(texts(LIVE))
    assert "In the body" in whole
    assert not any(word in whole for word in ("merged", "br_data", "Download as PDF", "Footer"))


def test_a_line_break_parts_words_and_inline_marks_do_not() -> None:
    """`opt<b>out</b>` is one word; a break or a new paragraph begins another."""
    body = b"<main><p>opt<b>out</b>s<br>by <a href='/x'>area</a></p><div>one<p>two</p>three</div></main>"
    assert texts(body) == ["optouts by area", "one", "two", "three"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<html lang", b"<html data-request='17' lang"),
        (b'class="nhsd-t-body"', b'class="nhsd-t-body nhsd-t-round"'),
        (b"Second paragraph.<br>", b"Second\n   paragraph. <br/>"),
        (b"<hr ", b"<!-- made 08:35:12 --><hr "),
        (b"<main ", b"<p>Wednesday, 24 November</p><main "),
        (b"<hr ", b'<input type="hidden" name="_csrf" value="8f2a"><hr '),
        (b"AB/CDEF01", b"AB/CDEF02"),
        (b'<a href="#summary">Summary</a>', b'<a href="#summary">Summary</a><a href="#new">New</a>'),
        (b"Totals are", b"Totals&nbsp;\xe2\x80\x8bare"),
    ],
)
def test_what_nobody_reads_leaves_no_trace(old: bytes, new: bytes) -> None:
    """Attributes, classes, blanks, comments, tokens, addresses and what stands around the main part are no words."""
    assert old in LIVE
    assert text_of(LIVE.replace(old, new)) == text_of(LIVE)


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.stem)
def test_every_sample_has_words_folded_and_whole(path: Path) -> None:
    """No block is empty or has blanks to spare, and no markup shows through."""
    blocks = text_of(path.read_bytes())
    assert blocks
    for block in blocks:
        assert block.text == " ".join(block.text.split())
        assert "</" not in block.text


def test_a_page_without_a_known_main_part_has_words_too() -> None:
    """A redesign is read as a whole, so that what it said can be shown."""
    assert "Checking your connection." in " ".join(texts((PAGES / "challenge.html").read_bytes()))


def test_what_cannot_be_parsed_is_refused_by_name() -> None:
    """A page of a million tags is no page."""
    with pytest.raises(PageChanged, match="tags"):
        text_of(b"<i>" * 300_000)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    """Whatever comes in the middle of a page, there is an answer."""
    text_of(LIVE.replace(b"<hr ", noise + b"<hr "))
