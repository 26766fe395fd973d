"""The status page and the banner: never looked, all well, in trouble, overdue, each told as what it is. All figures made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.site.trouble import troubles
from schedules.poll import poll_series
from tests.archive.made_site import empty_archive, filled_archive, unreachable_archive
from tests.archive.visitor import Visitor
from tests.made_up import age_gen
from tests.publisher import Publisher

NAME = "NDOP_age_gen_Jul_2021.csv"
BANNER = "what is shown are the last good figures"


@pytest.fixture
def publisher(archive):
    """A publisher with one release of last week."""
    archive.now = datetime.now(UTC)
    with Publisher(archive.now) as one:
        day = (archive.now - timedelta(days=7)).date()
        one.publish(
            "new",
            "National Data Opt-out, new",
            day,
            [("By age", NAME, age_gen(["2021-06-01"], totals={"2021-06-01": 123_456}))],
        )
        one.series_file(archive.schedules, attempts=1)
        yield one


def look(archive):
    """One poll."""
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "due")


def page(archive, path="/status"):
    """A page of the archive's site, as text."""
    with Visitor(archive.directory) as one:
        response = one.get(path)
    assert response.status_code == 200
    return response.text


def test_a_series_in_order_says_so_with_its_robots_exception_and_software(archive, publisher):
    """Last attempt, success, change, next look, source, exception with its reason; nothing unread and nothing open."""
    look(archive)
    text = page(archive)
    for expected in (
        "everything was reached", "Last attempt", "Last success", "Last change", "Next look", "Files not read: 0",
        "Open findings: 0", "obeyed, with an exception for files: The pretend publisher", "opt-out-archive/test",
        "every day at 09:35 and 16:30, Europe/London time", 'id="national-data-opt-out"',
    ):  # fmt: skip
        assert expected in text, expected
    assert BANNER not in text


@pytest.mark.fault("S08")
def test_a_series_in_trouble_is_told_on_every_page_with_its_beginning(archive, publisher):
    """Also on pages of Datasette's own and on an error page; the figures stand where they stood."""
    look(archive)
    assert "123,456" in page(archive, "/")
    publisher.redesign()
    look(archive)
    with Visitor(archive.directory) as one:
        for path in ("/", "/releases", "/optouts", "/optouts/releases", "/area/england", "/status", "/nothing-here"):
            assert BANNER in one.get(path).text, path
        assert "could not be looked through since" in one.get("/").text
    status = page(archive)
    assert "Could not understand" in status
    assert "page.kind" in status
    assert "123,456" in page(archive, "/")
    publisher.restore_design()
    look(archive)
    assert BANNER not in page(archive)
    assert "Open findings: 0" in page(archive)


def test_unread_files_are_listed_with_the_reason(archive, publisher):
    """A file that could not be read leads to its page."""
    publisher.add_file("new", ("By age", "NDOP_age_gen_Sep_2021.csv", b"WHO,WHAT\r\n1,2\r\n"))
    look(archive)
    text = page(archive)
    assert "Files not read: 1" in text
    assert "NDOP_age_gen_Sep_2021.csv</a> of new:" in text


def test_an_archive_that_never_looked_and_one_that_reached_nothing_say_so(tmp_path):
    """Never is not none, and a banner about good figures needs good figures."""
    with Visitor(empty_archive(tmp_path / "empty")) as one:
        assert "Last attempt</dt><dd>never" in one.get("/status").text
    with Visitor(unreachable_archive(tmp_path / "unreachable")) as one:
        text = one.get("/status").text
    assert "Could not reach pages.example" in text
    assert "could not be looked through since" in text
    assert BANNER not in text


def test_blind_periods_are_shown_where_the_archive_knows_them(tmp_path):
    """They come of a view; without it nothing is said of them, least of all that there were none."""
    directory = filled_archive(tmp_path)
    with Visitor(directory) as one:
        known = bool(
            one.rows("/optouts.json?sql=select+name+from+sqlite_master+where+name='blind_periods'&_shape=array")
        )
        text = one.get("/status").text
    assert ("Times when nobody could look" in text) == known


def row(**fields):
    """A series whose newest poll was complete, with the next one due."""
    good = {
        "series": "a", "title": "A", "outcome": "complete", "started_at": "2026-11-24T09:35:00.000000Z", "summary": "",
        "next_due_at": "2026-11-24T15:35:00.000000Z", "under_way_since": None, "since_at": None, "ever_complete": 1,
    }  # fmt: skip
    return {**good, **fields}


@pytest.mark.fault("S08")
def test_what_is_overdue_is_trouble_and_what_is_under_way_is_not():
    """An hour after the time; a poll that runs answers for itself."""
    at = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    assert troubles([row()], at) == []
    (late,) = troubles([row()], at + timedelta(hours=1))
    assert late.what == "has not been looked at"
    assert troubles([row(under_way_since="2026-11-24T15:35:00.000000Z")], at + timedelta(hours=1)) == []
    assert troubles([row(next_due_at=None)], at) == []
