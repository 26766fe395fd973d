"""Stories of what the archive tells the next poll about what was captured before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.database import Evidence
from archive.store import (
    Deposit,
    known_addresses,
    last_accepted,
    record_deposit,
)
from tests.archive.made_captures import FILE, NOW, PAGE, SERIES, at, new_archive, poll, record, row_of

REAL = Path(__file__).parents[3] / "shared" / "real"


@pytest.fixture
def evidence(tmp_path: Path) -> Iterator[Evidence]:
    """An empty archive, open for writing."""
    with new_archive(tmp_path) as evidence:
        yield evidence


@pytest.mark.fault("H17")
def test_a_file_through_its_life(evidence: Evidence) -> None:
    """New, the same, blocked, the same still, changed, changed back, and given a new address."""
    number = poll(evidence.db)
    told = [
        record(evidence.db, number, body, verdict=verdict).outcome
        for body, verdict in [
            (b"one", "accepted"), (b"one", "accepted"), (b"<html>", "blocked"), (b"one", "accepted"),
            (None, "not_modified"), (b"two", "accepted"), (b"one", "accepted"),
        ]
    ]  # fmt: skip
    assert told == ["new", "unchanged", "blocked", "unchanged", "not_modified", "changed", "changed"]
    moved = record(evidence.db, number, b"three", address=FILE.replace("AB/123456", "CD/654321"))
    assert (moved.outcome, row_of(evidence.db, moved.capture_id)["previous_capture_id"]) == ("reissued", 7)


def test_links_without_words_are_compared_all_the_same(evidence: Evidence) -> None:
    """A corrected file keeps its name at a new address, also where the page gives the link no words."""
    number = poll(evidence.db)
    moved = FILE.replace("AB/123456", "CD/654321")
    told = [record(evidence.db, number, address=address, link_text=None).outcome for address in (FILE, moved)]
    assert told == ["new", "reissued"]


def test_only_files_are_reissued(evidence: Evidence) -> None:
    """A page at a new address is a new page, whatever its name, link and publication share with a file."""
    number = poll(evidence.db)
    record(evidence.db, number)
    page = record(evidence.db, number, address=FILE.replace("files", "pages"), purpose="further_page")
    assert page.outcome == "new"


def test_two_series_do_not_see_each_other(evidence: Evidence) -> None:
    """An address that two series watch is new to each; its bytes are kept once."""
    first = record(evidence.db, poll(evidence.db), b"one")
    second = record(evidence.db, poll(evidence.db, "another"), b"one", series="another")
    assert (first.outcome, second.outcome, second.is_new_snapshot) == ("new", "new", False)


@pytest.mark.fault("N04", "H13")
def test_the_last_accepted_body_and_its_validators(evidence: Evidence) -> None:
    """The next request is conditional only while nothing but accepted or unmodified answers came since."""
    number = poll(evidence.db)
    assert last_accepted(evidence.db, SERIES, FILE) is None
    kept = record(evidence.db, number, b"one", etag='"e"', last_modified="a day", requested_at=at(1))
    record(evidence.db, number, None, verdict="not_modified")
    last = last_accepted(evidence.db, SERIES, FILE)
    assert last == (kept.capture_id, kept.sha256, '"e"', "a day", at(1), 3)
    record(evidence.db, number, b"cut", verdict="failed", etag='"f"')
    record(evidence.db, number, None, verdict="not_modified")
    assert last_accepted(evidence.db, SERIES, FILE) == (kept.capture_id, kept.sha256, None, None, at(1), 3)
    again = record(evidence.db, number, b"one", etag='"g"')
    last = last_accepted(evidence.db, SERIES, FILE)
    assert last is not None
    assert (last.capture_id, last.etag) == (again.capture_id, '"g"')


def test_every_address_ever_fetched_is_known(evidence: Evidence) -> None:
    """Each once, as its newest capture describes it; deposits and other series are left out."""
    number = poll(evidence.db)
    record(evidence.db, number, b"<html>", address=PAGE, purpose="publication_page", link_text=None, requested_at=at(1))
    record(evidence.db, number, b"one", via_address=PAGE, link_text="Old words", link_href="/x", requested_at=at(2))
    record(evidence.db, number, None, via_address=PAGE, verdict="absent", link_href="/x", requested_at=at(9))
    record_deposit(evidence.db, number, Deposit(SERIES, "july-2021", None, "made_up.csv", b"one", "by hand"), NOW)
    record(evidence.db, poll(evidence.db, "another"), series="another", address=FILE + "2")
    page, file = known_addresses(evidence.db, SERIES)
    assert page == (PAGE, "publication_page", "july-2021", None, None, None, None, at(1), at(1), "new")
    assert file == (
        FILE, "file", "july-2021", "Made-up figures", "/x", "made_up.csv", PAGE, at(2), at(9), "absent",
    )  # fmt: skip
