"""What was known on a day: before, between and after our looks, across a gap, and what others handed in. Figures made up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.looks import record_looks
from archive.site.compose import question_sql
from schedules.due import text_of
from tests.history_world import World, figures, file_name, made_world

AUGUST, JULY = "august-2021", "july-2021"
FILE = file_name(JULY)
QUESTION = question_sql()["what_was_known_on"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory):
    """Looked at daily on 15 to 18 and 25 to 28 October 2021; July's file was replaced on the 17th, August's went in the gap."""
    with pytest.MonkeyPatch.context() as patch, made_world(tmp_path_factory.mktemp("known"), patch) as one:
        one.poll()
        one.poll_daily(1)
        one.wait(hours=5)
        one.publisher.replace(JULY, FILE, figures(31), in_place=True)
        one.poll_daily(2)
        one.publisher.forbid_until(file_name(AUGUST))
        one.wait(days=6)
        one.poll_daily(4)
        path = tmp_path_factory.mktemp("hand") / "NDOP_age_gen_june_2021.csv"
        path.write_bytes(figures(60))
        one.hand_in(path, "june-2021", "2021-07-15")
        yield one


def known(world: World, day: str) -> dict[str, dict[str, object]]:
    """Answers by file name, the series page under ""; pages of publications left out."""
    with world.archive.open() as desk:
        cursor = desk.copy.execute(QUESTION, {"day": day})
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return {str(row["file_name"]): row for row in rows if row["what"] == "file" or row["release"] == "The series page"}


@pytest.mark.parametrize(
    ("day", "july", "august"),
    [
        ("2021-07-01", "not yet seen", "not yet seen"),
        ("2021-10-14", "not yet seen", "not yet seen"),
        ("2021-10-15", "present", "present"),
        ("2021-10-16", "present, as far as looked", "present"),
        ("2021-10-17", "present", "present"),
        ("2021-10-18", "present, as far as looked", "present, as far as looked"),
        ("2021-10-22", "not known: nobody looked between", "not known: nobody looked between"),
        ("2021-10-25", "present", "gone"),
        ("2021-10-28", "present, as far as looked", "gone"),
        ("2021-11-20", "not known: nobody looked between", "not known: nobody looked between"),
    ],
)
def test_each_day_has_its_answer(world, day, july, august):
    """Seen on that day, seen before and after, not yet, gone, or nobody looked: five answers, never one for another."""
    found = known(world, day)
    assert str(found[FILE]["state"]).startswith(july)
    assert str(found[file_name(AUGUST)]["state"]).startswith(august)


def test_a_gap_is_answered_with_its_two_ends(world):
    """The day lies in a time in which nobody looked: the looks around it stand in the answer, and what each found."""
    row = known(world, "2021-10-22")[file_name(AUGUST)]
    assert (
        row["state"] == "not known: nobody looked between 2021-10-18T08:38:06.000000Z and 2021-10-25T08:45:07.000000Z"
    )
    assert row["next_look_found"] == "gone"
    assert str(row["last_seen_by_then_at"])[:10] == "2021-10-18"


def test_the_bytes_named_are_those_of_that_day(world):
    """A file that was replaced later is answered with the bytes that stood there by the end of the day, and that others came."""
    before, after = known(world, "2021-10-16")[FILE], known(world, "2021-10-17")[FILE]
    assert before["sha256"] != after["sha256"]
    assert (before["next_look_found"], after["next_look_found"]) == ("other bytes", "the same")
    assert str(before["first_seen_at"])[:10] == "2021-10-15"


def test_before_our_first_look_there_is_only_the_publishers_own_date(world):
    """Not observed by us, although the publisher dates the release earlier: the two are never mixed."""
    row = known(world, "2021-10-14")[FILE]
    assert row["how_we_know"] == "not observed by us: the publisher dates this release 2021-07-30"
    assert row["sha256"] is None
    assert known(world, "2021-07-01")[FILE]["how_we_know"] == "our own captures"


def test_what_was_handed_in_is_not_our_observation(world):
    """From the day that its origin claims on it is listed as handed in; never as present, and not before that day."""
    name = "NDOP_age_gen_june_2021.csv"
    row = known(world, "2021-10-16")[name]
    assert (row["state"], row["next_look_found"]) == ("not yet seen", "never looked at by us")
    assert row["how_we_know"] == (
        "handed in 2021-10-28, not observed by us: saved by a reader, made up; said to be published on 2021-07-15"
    )
    assert name not in known(world, "2021-07-14")


def test_a_day_without_date_is_today(world):
    """Left empty, or not a date, it is today; long after the last look nothing is known any more."""
    for day in ("", "someday"):
        assert str(known(world, day)[FILE]["state"]).startswith("not known: nobody looked between 2021-10-28")


@pytest.mark.parametrize(
    ("last_look", "day", "seen_by_then"),
    [
        (datetime(2021, 10, 15, 22, 59, 58, tzinfo=UTC), "2021-10-15", True),  # summer: the day ends at 23:00 UTC
        (datetime(2021, 10, 15, 23, 0, 1, tzinfo=UTC), "2021-10-15", False),
        (datetime(2021, 10, 30, 23, 0, 1, tzinfo=UTC), "2021-10-30", False),
        (datetime(2021, 10, 31, 23, 59, 58, tzinfo=UTC), "2021-10-31", True),  # the clocks went back that night
        (datetime(2021, 11, 1, 0, 0, 1, tzinfo=UTC), "2021-10-31", False),
        (datetime(2022, 3, 26, 23, 59, 58, tzinfo=UTC), "2022-03-26", True),
        (datetime(2022, 3, 27, 22, 59, 58, tzinfo=UTC), "2022-03-27", True),  # and forward
        (datetime(2022, 3, 27, 23, 0, 1, tzinfo=UTC), "2022-03-27", False),
    ],
)
def test_a_day_ends_at_midnight_in_london(tmp_path: Path, monkeypatch, last_look, day, seen_by_then):
    """Winter days end with UTC's, summer days an hour earlier, and so do the days on which the clocks change."""
    with made_world(tmp_path, monkeypatch) as one:
        one.at(last_look)
        with one.archive.open() as desk:
            one_look(desk.copy, text_of(last_look))
            (row,) = desk.copy.execute(QUESTION, {"day": day}).fetchall()
        assert (row[3] != "not yet seen") is seen_by_then


def one_look(copy, at: str) -> None:
    """The series page, seen once."""
    slug = "national-data-opt-out"
    copy.execute(
        "INSERT INTO polls (poll_id, series, reason, started_at, outcome, software) "
        " VALUES (1, ?, 'due', ?, 'complete', 'made-up/1')",
        [slug, at],
    )
    copy.execute(
        "INSERT INTO captures (capture_id, poll_id, series, way, outcome, purpose, address, requested_at, completed_at,"
        " duration_ms, sha256, complete_by, redirects, checks, software)"
        " VALUES (1, 1, ?, 'http', 'new', 'series_page', 'https://pages.example/', ?, ?, 1, ?, 'length', '[]', '[]', 'made-up/1')",
        [slug, at, at, "a" * 64],
    )
    record_looks(copy)
