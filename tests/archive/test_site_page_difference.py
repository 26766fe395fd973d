"""Two captures of a page beside each other on the site: words escaped, marked without colour, as data too. Figures made up."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import pytest

from tests.archive.made_pages import ADDRESS, NEW, OLD, reworded_archive
from tests.archive.visitor import Visitor
from tests.made_up import summary_workbook


def sha256(body: bytes) -> str:
    """The hash by which the archive keeps these bytes."""
    return hashlib.sha256(body).hexdigest()


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks an archive in which a page was reworded."""
    with Visitor(reworded_archive(tmp_path_factory.mktemp("reworded"))) as one:
        yield one


@pytest.fixture(scope="module")
def captures(visitor):
    """Numbers of the three captures of the page."""
    rows = visitor.rows(
        f"/optouts/captures.json?_shape=array&address={quote(ADDRESS)}&_sort=capture_id&_col=capture_id"
    )
    return [row["capture_id"] for row in rows]


def test_the_changed_words_are_marked_and_all_else_is_escaped(visitor, captures):
    """The publisher's text is text: no tag of it reaches a browser, and each change is said in words as well as shown."""
    old, new, _ = captures
    page = visitor.get(f"/page-difference?a={old}&b={new}")
    assert page.status_code == 200
    assert '<del><span class="unseen">[deleted: </span>1,234<span class="unseen">]</span></del>' in page.text
    assert '<ins><span class="unseen">[added: </span>1,243 &lt;b&gt;<span class="unseen">]</span></ins>' in page.text
    assert "alert(1)" not in page.text
    assert "<b>had" not in page.text
    assert "this archive watches a pretend publisher" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "5 October 2021, 08:35 UTC" in page.text
    assert "6 October 2021, 08:35 UTC" in page.text
    assert "in 1 period" in page.text  # the afternoon of the fifth was missed


def test_the_same_as_data_and_as_plain_text(visitor, captures):
    """Programs get the parts, people with a terminal get the form that wdiff prints."""
    old, new, _ = captures
    data = visitor.get(f"/page-difference.json?a={old}&b={new}").json()
    assert data["changed"] is True
    assert [part["text"].strip() for part in data["parts"] if part["op"] == "deleted"] == ["1,234"]
    assert data["old"]["sha256"] == sha256(OLD)
    text = visitor.get(f"/page-difference.txt?a={old}&b={new}")
    assert text.headers["content-type"].startswith("text/plain")
    assert "How many people of [-1,234-] {+1,243 <b>+}had{+</b>+} opted out, by area." in text.text


def test_other_bytes_with_the_same_words_are_no_change(visitor, captures):
    """It says that no word differs, and that the bytes do."""
    page = visitor.get(f"/page-difference?a={captures[1]}&b={captures[2]}").text
    assert "No word differs." in page
    assert "The bytes do" in page


def test_captures_may_be_named_by_hash_and_address(visitor, captures):
    """The hash is what a citation holds; it leads to the first capture of these bytes at that address."""
    named = "&".join(
        f"{n}_sha256={sha256(body)}&{n}_address={quote(ADDRESS, safe='')}" for n, body in (("a", OLD), ("b", NEW))
    )
    data = visitor.get(f"/page-difference.json?{named}").json()
    assert [data[side]["capture_id"] for side in ("old", "new")] == captures[:2]


def test_two_captures_turned_round_are_said_to_be(visitor, captures):
    """The later one first: it is shown as asked, and said."""
    page = visitor.get(f"/page-difference?a={captures[1]}&b={captures[0]}").text
    assert "Turned round:" in page
    assert "not later than" not in page


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("b=1", 400, "a: found"),
        ("a=x&b=2", 400, "expected the number of a capture"),
        ("a=-1&b=2", 400, "expected the number of a capture"),
        ("a=99999&b=99999", 404, "No accepted capture"),
        ("a=9999999999999999999&b=1", 400, "expected the number"),
        ("a=1&b=1", 404, "file without notes"),
        ("a=%00&b=%ED%A0%80", 400, "expected the number of a capture"),
    ],
)
def test_what_cannot_be_compared_is_said_by_name(visitor, query, status, says):
    """A clear answer for every wrong address, and never an error of ours."""
    answer = visitor.get(f"/page-difference?{query}")
    assert answer.status_code == status
    assert says in answer.text


def test_a_page_and_a_file_cannot_be_compared(visitor, captures):
    """Two of a kind only."""
    workbook = sha256(summary_workbook("2022-05"))
    (row,) = visitor.rows(f"/optouts/captures.json?_shape=array&sha256={workbook}&_col=capture_id")
    answer = visitor.get(f"/page-difference?a={captures[0]}&b={row['capture_id']}")
    assert (answer.status_code, "two of a kind" in answer.text) == (400, True)


def test_the_notes_of_two_workbooks_are_compared_too(visitor):
    """What a workbook says beside its figures, sheet by sheet; that a person handed it in is said."""
    numbers = [
        visitor.rows(f"/optouts/captures.json?_shape=array&sha256={sha256(summary_workbook(month))}&_col=capture_id")[
            0
        ]["capture_id"]
        for month in ("2022-04", "2022-05")
    ]
    page = visitor.get("/page-difference?a={}&b={}".format(*numbers)).text
    assert "What changed in a workbook’s notes" in page
    assert "not our own capture" in page
    assert "<del>" in page


def test_the_page_of_captured_bytes_leads_to_the_differences(visitor, captures):
    """From the bytes of a page to its wordings, and from the table of changes to each of them."""
    old, new, _ = captures
    link = f"/page-difference?a={old}&amp;b={new}"
    assert link in visitor.get(f"/files/{sha256(OLD)}").text
    assert link in visitor.get("/optouts/page_changes").text
