"""Stories of the gate: which answers need a second look, and what the second look decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scraper import gate
from scraper.judge import judged
from scraper.model import Capture, Request

TABLE = b"a,b\n" + b"1,2\n" * 100
SHORT = TABLE[:200]


def answer(body: bytes, **fields: object) -> Capture:
    """An accepted file as the judge leaves it."""
    capture = Capture(Request("https://files.example/a.csv", "file"), "", "", 0, "accepted", "length", status=200)
    return replace(capture, body=body, **fields)


def before(body: bytes) -> gate.Before:
    """What is known of the last accepted body."""
    return gate.Before(gate.sha256_of(answer(body)), len(body))


@pytest.mark.fault("H04")
def test_a_body_that_nothing_proves_is_held_until_it_comes_twice():
    """The first look is suspect; the same bytes again are accepted, other bytes are not."""
    doubtful = answer(TABLE, complete_by="unproved")
    first = gate.weighed_first(doubtful, None)
    assert (first.verdict, first.error_code, first.body) == ("suspect", gate.UNCONFIRMED, TABLE)
    second = gate.weighed_second(doubtful, first, None)
    assert (second.verdict, second.error_code) == ("accepted", None)
    assert ("TWICE", "ok") in second.checks
    other = gate.weighed_second(replace(doubtful, body=SHORT), first, None)
    assert (other.verdict, other.error_code, other.body) == ("suspect", gate.UNSTABLE, SHORT)
    assert ("TWICE", "fail") in other.checks


def test_a_second_look_that_is_proved_whole_needs_no_comparison():
    """What the server proves the second time is not held against what it did not prove the first time."""
    first = gate.weighed_first(answer(SHORT, complete_by="unproved"), None)
    assert gate.weighed_second(answer(TABLE), first, None).verdict == "accepted"


def test_bytes_that_were_accepted_before_need_no_second_look():
    """Unproved or not: they are the bytes that we hold."""
    assert gate.weighed_first(answer(TABLE, complete_by="unproved"), before(TABLE)).verdict == "accepted"


@pytest.mark.parametrize(("size", "verdict"), [(299, "suspect"), (300, "accepted"), (500, "accepted")])
def test_a_file_that_shrinks_by_more_than_a_quarter_is_looked_at_twice(size, verdict):
    """Below three quarters of its last size a second look has to bring the same; a file that grows is no matter."""
    known = gate.Before("0" * 64, 400)
    first = gate.weighed_first(answer(b"x" * size), known)
    assert first.verdict == verdict
    if verdict == "suspect":
        assert gate.weighed_second(answer(b"x" * size), first, known).verdict == "accepted"
        assert gate.weighed_second(answer(b"y" * size), first, known).verdict == "suspect"


def test_pages_and_refusals_pass_the_gate_as_they_are():
    """A page changes from look to look, and what was not accepted is not accepted by coming twice."""
    page = replace(answer(SHORT, complete_by="unproved"), request=Request("https://pages.example/a", "series_page"))
    refused = answer(SHORT, verdict="absent")
    for capture in (page, refused, replace(refused, verdict="failed", body=None)):
        assert gate.weighed_first(capture, before(TABLE)) is capture


def test_a_released_body_is_accepted_and_says_so():
    """The verdict is a person's, and the checks tell it."""
    held = gate.weighed_first(answer(TABLE, complete_by="unproved"), None)
    free = gate.released(held)
    assert (free.verdict, free.error_code, free.body) == ("accepted", None, TABLE)
    assert ("RELEASED", "ok") in free.checks


@pytest.mark.fault("H22")
@pytest.mark.parametrize(
    ("body", "verdict", "code"),
    [
        (b"<div class=error>Not found</div>", "soft_error", "html"),
        (b"\n <!-- cached --><h1>Oops</h1>", "soft_error", "html"),
        (b"<error code='5'/>", "soft_error", "html"),
        (b"Service unavailable, please come back\n", "accepted", None),
        (b"Page not found\n", "suspect", "type"),
        (b"a,b\n1,2\n", "accepted", None),
        (b"a;b\n1;2\n", "accepted", None),
    ],
)
def test_web_pages_in_the_clothing_of_a_table_are_known(body, verdict, code):
    """Parts of a page without `<html>` are pages; words that the server declares as one are suspect unless they look like rows."""
    found = judged(answer(body, verdict="failed", content_type="text/html; charset=utf-8"), from_file_host=True)
    assert (found.verdict, found.error_code) == (verdict, code)


def test_a_wrong_declared_type_of_a_table_is_a_warning():
    """Rows that the server calls a page are taken, and the check says what it called them."""
    odd = judged(answer(b"a,b\n1,2\n", content_type="text/html"), from_file_host=True)
    fine = judged(answer(b"a,b\n1,2\n", content_type="application/octet-stream"), from_file_host=True)
    assert ("TYPE", "warn") in odd.checks
    assert ("TYPE", "ok") in fine.checks
