"""Findings that are no longer so: recorded as facts of their own, so that what comes back is told again. All of it made up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive.database import Evidence
from archive.standing_findings import accepted_before, by_subject, standing_findings
from archive.store import AS_EXPECTED, record_finding, settle_finding
from scraper.model import Finding
from tests.archive.made_captures import FILE, NOW, SERIES, contents, new_archive, poll, record

KEY = ("page.kind", FILE, "")


@pytest.fixture
def evidence(tmp_path) -> Iterator[Evidence]:
    """An empty archive, open for writing."""
    with new_archive(tmp_path) as one:
        yield one


def find(db, code: str = KEY[0], found: str = "another page", sha256: str | None = "0" * 64) -> int | None:
    """Record that a page is not what it was."""
    finding = Finding(code, "error", FILE, "", found, "a series page", "", sha256)
    return record_finding(db, finding, poll_id=None, capture_id=None, series=SERIES, now=NOW)


def settle(db) -> int | None:
    """Record that it is again."""
    return settle_finding(db, *KEY, SERIES, NOW)


def test_a_standing_fault_is_told_once_and_one_that_comes_back_is_told_again(evidence):
    """The same words about the same bytes: kept once while it stands, and once more after it was settled."""
    db = evidence.db
    assert [find(db), find(db), settle(db), settle(db), find(db), find(db)] == [1, None, 2, None, 3, None]
    rows = list(db.query("SELECT severity, found FROM findings ORDER BY finding_id"))
    assert [(row["severity"], row["found"]) for row in rows] == [
        ("error", "another page"), ("info", AS_EXPECTED), ("error", "another page"),
    ]  # fmt: skip


def test_what_never_was_found_is_not_settled(evidence):
    """No fact is written about nothing, nor about another series, code or place."""
    db = evidence.db
    assert settle(db) is None
    find(db)
    assert settle_finding(db, KEY[0], FILE, "row 1", SERIES, NOW) is None
    assert settle_finding(db, *KEY, "another-series", NOW) is None
    assert [(one.code, one.subject) for one in standing_findings(db, SERIES)] == [KEY[:2]]


def test_what_stands_is_told_with_the_capture_that_it_began_in(evidence):
    """Since it was last as expected: the body before that capture is the healthy one to compare with."""
    db = evidence.db
    number = poll(db)
    healthy, first, second = (record(db, number, body) for body in (b"a\n", b"b\n", b"c\n"))
    for one in (first, second):
        finding = Finding(KEY[0], "error", FILE, "", f"as in {one.capture_id}", "", "", one.sha256)
        record_finding(db, finding, poll_id=number, capture_id=one.capture_id, series=SERIES, now=NOW)
    (standing,) = standing_findings(db, SERIES)
    assert by_subject([standing]) == {FILE: {KEY[::2]: first.capture_id}}
    assert accepted_before(db, SERIES, FILE, first.capture_id) == healthy.sha256
    assert accepted_before(db, SERIES, FILE, healthy.capture_id) is None
    settle(db)
    assert standing_findings(db, SERIES) == []


def test_a_settled_finding_is_a_fact_of_the_log_like_any_other(evidence):
    """It has its leaf, and nothing of what was found before is altered."""
    db = evidence.db
    find(db)
    before = contents(db)["findings"]
    size = db.execute("SELECT count(*) FROM log").fetchone()[0]
    settle(db)
    assert contents(db)["findings"][:1] == before
    assert db.execute("SELECT count(*) FROM log").fetchone()[0] == size + 1
