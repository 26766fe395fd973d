"""How each series stands: never looked, looked and all well, could not look, nobody looked. All figures made up."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from archive.database import ArchiveError
from archive.standing import other_series, reading_copy_for_status
from schedules.poll import poll_series
from schedules.series import load_series
from schedules.status import as_json, in_lines, standing_of
from tests.made_up import age_gen
from tests.publisher import Publisher

NAME = "NDOP_age_gen_Jul_2021.csv"


@pytest.fixture
def publisher(archive):
    """A publisher with one release of last week."""
    archive.now = datetime.now(UTC)
    with Publisher(archive.now) as one:
        last_week = (archive.now - timedelta(days=7)).date()
        one.publish("new", "National Data Opt-out, new", last_week, [("By age", NAME, age_gen(["2021-06-01"]))])
        one.series_file(archive.schedules, attempts=1)
        yield one


def look(archive, later=timedelta(0)):
    """One poll."""
    archive.now += later
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "due")


def standing(archive):
    """How the one series stands now, with its lines for people."""
    series = load_series(archive.schedules)[0]
    with closing(reading_copy_for_status(archive.directory)) as copy:
        found = standing_of(copy, series, archive.now)
    return found, "\n".join(in_lines(found, series, archive.now))


def test_no_archive_is_told_with_what_to_do(tmp_path):
    """A directory without an archive is not an archive where nothing happened."""
    with pytest.raises(ArchiveError, match="optout up"):
        reading_copy_for_status(tmp_path)


@pytest.mark.fault("C24")
def test_a_series_never_looked_at_says_never(archive, publisher):
    """An empty archive is not sound, and what is due is due now."""
    with archive.open():
        pass
    found, lines = standing(archive)
    assert not found.is_sound
    assert "last check    never" in lines
    assert "next due      now" in lines


def test_a_series_in_order_says_so(archive, publisher):
    """Last check, success and change, the next time; nothing unread, no finding, no gap."""
    look(archive)
    found, lines = standing(archive)
    assert found.is_sound
    assert found.last_change.outcome == "new"
    assert (found.unread, found.findings, found.blind) == ([], [], [])
    assert "complete" in lines
    assert "because" not in lines
    assert "robots.txt    obeyed, with an exception for files: The pretend publisher's own pages" in lines


def test_a_publisher_out_of_reach_is_named_with_the_reason(archive, publisher):
    """The last success stays, the reason stands below, and the finding is open until an answer comes."""
    look(archive)
    publisher.go_dark()
    look(archive, timedelta(minutes=5))
    found, lines = standing(archive)
    assert not found.is_sound
    assert found.last_success.poll_id == 1
    assert "because       Could not reach 127.0.0.1" in lines
    assert {finding.code for finding in found.findings} == {"fetch.unreachable"}
    publisher.come_back()
    look(archive, timedelta(minutes=15))
    assert standing(archive)[0].findings == []


def test_an_unread_file_is_listed_with_the_reason(archive, publisher):
    """A file that should have been read and was not stands there, with its finding, until it can be read."""
    publisher.add_file("new", ("By age", "NDOP_age_gen_Sep_2021.csv", b"WHO,WHAT\r\n1,2\r\n"))
    look(archive)
    found, lines = standing(archive)
    assert [file.file_name for file in found.unread] == ["NDOP_age_gen_Sep_2021.csv"]
    assert found.unread[0].because
    assert "unread files  1" in lines
    assert any(finding.severity == "error" for finding in found.findings)


def test_a_page_finding_closes_with_the_next_good_page(archive, publisher):
    """A redesign that is taken back leaves nothing open."""
    publisher.redesign()
    look(archive)
    assert any(finding.code.startswith("page.") for finding in standing(archive)[0].findings)
    publisher.restore_design()
    look(archive, timedelta(minutes=15))
    found = standing(archive)[0]
    assert [finding.code for finding in found.findings if finding.code.startswith("page.")] == []


@pytest.mark.fault("P08")
def test_times_when_nobody_looked_are_told(archive, publisher):
    """A slot that passed without a look opens a blind period, which the next look that sees everything closes."""
    archive.now = datetime(2026, 6, 15, 15, 36, tzinfo=UTC)
    look(archive)
    archive.now += timedelta(hours=18)
    assert standing(archive)[0].blind == []
    archive.now += timedelta(hours=2)
    (still,) = standing(archive)[0].blind
    assert (still.since_at[:16], still.until_at) == ("2026-06-16T08:35", None)
    look(archive, timedelta(days=2))
    found, lines = standing(archive)
    assert [(one.since_at[:16], one.until_at[:16]) for one in found.blind] == [("2026-06-16T08:35", "2026-06-18T11:36")]
    assert "blind periods 1 in the last year" in lines
    archive.now += timedelta(days=400)
    assert [one.until_at for one in standing(archive)[0].blind] == [None]


def test_programs_get_the_same_in_json(archive, publisher):
    """Instants in UTC, under the names of the words we use."""
    look(archive)
    said = as_json(standing(archive)[0])
    assert said["sound"] is True
    assert said["last_success_at"].endswith("Z")
    assert set(said) >= {"series", "last_check", "last_change", "next_due_at", "unread", "findings", "blind"}


def test_a_series_whose_file_is_gone_is_not_forgotten(archive, publisher):
    """What was polled once is named, though nobody watches it any more."""
    look(archive)
    with closing(reading_copy_for_status(archive.directory)) as copy:
        assert other_series(copy, ()) == ["national-data-opt-out"]
        assert other_series(copy, ("national-data-opt-out",)) == []
