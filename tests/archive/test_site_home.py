"""The home page and the health address: what is known, how fresh it is, and what could not be reached."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from archive.site.health import judge
from archive.site.home import freshness
from archive.site.wording import day, days, instant, number, size
from tests.archive.made_site import SLUG, empty_archive, filled_archive, handed_in_archive, unreachable_archive
from tests.archive.visitor import Visitor

NOW = datetime(2021, 10, 5, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks a filled archive."""
    with Visitor(filled_archive(tmp_path_factory.mktemp("filled"))) as one:
        yield one


def test_the_newest_england_figure_stands_with_its_source(visitor):
    """Figure, month, release, publication day and file hash, and a link to the file's page that works."""
    text = visitor.get("/").text
    (file,) = visitor.rows("/optouts/files.json?_shape=array&file_name=NDOP_age_gen_Apr_2022.csv")
    for expected in (
        "3,243,000",
        "1 April 2022",
        "published 28 April 2022",
        f'href="/files/{file["sha256"]}"',
        file["sha256"][:12],
    ):
        assert expected in text, expected
    assert visitor.get(f"/files/{file['sha256']}").status_code == 200


def test_the_home_page_leads_to_everything(visitor):
    """Search box, releases, every question and the licence."""
    text = visitor.get("/").text
    assert 'action="/areas"' in text
    assert "/release/made-up-series/september-2021" in text
    for name in visitor.site.metadata()["databases"]["optouts"]["queries"]:
        assert f'href="/optouts/{name}"' in text
    assert "Open Government Licence v3.0" in text
    assert "Last looked at on 4 October 2021, 08:36 UTC; everything was reached." in text
    assert "Next look: 5 October 2021, 08:35 UTC." in text


def test_an_empty_archive_explains_itself(tmp_path):
    """Nothing captured and nothing tried: the page says so, and no figure is shown."""
    with Visitor(empty_archive(tmp_path)) as one:
        text = one.get("/").text
    assert "Nothing has been captured yet" in text
    assert "No attempt has been made yet." in text
    assert "The newest figure" not in text


def test_an_archive_that_reached_nothing_says_what_was_tried_and_when_next(tmp_path):
    """What was tried, when, what went wrong, and the next try, each in plain words."""
    with Visitor(unreachable_archive(tmp_path)) as one:
        text = one.get("/").text
    for expected in (
        "Nothing has been captured yet", "4 October 2021, 08:35 UTC",
        "Could not reach pages.example: the name could not be resolved.", "Not once was everything reached so far.",
        "Next look: 4 October 2021, 08:50 UTC.", "Check the network.",
    ):  # fmt: skip
        assert expected in text, expected


def test_no_news_nothing_found_and_could_not_look_are_different_sentences():
    """The three answers, and the two of a poll that has not ended or not begun."""

    def said(outcome, **fields):
        row = {
            "title": "Made-up", "seed": "https://pages.example/", "poll_id": 1, "started_at": "2021-10-04T08:35:00.000000Z",
            "ended_at": "2021-10-04T08:36:00.000000Z", "outcome": outcome, "next_due_at": None, "summary": None,
            "last_complete_at": None,
        }  # fmt: skip
        return freshness({**row, **fields})

    assert "everything was reached" in said("complete").looked
    assert said("complete").trouble == ""
    assert "not everything could be reached" in said("incomplete").looked
    assert said("incomplete", summary="The host refused.").trouble == "The host refused."
    assert said("interrupted").trouble == "No reason was recorded."
    assert "last reached on 1 October 2021" in said("incomplete", last_complete_at="2021-10-01T08:00:00.000000Z").looked
    assert said(None).looked == "Being looked at since 4 October 2021, 08:35 UTC."
    assert said(None, poll_id=None).looked == "Not looked at yet."


def test_a_file_that_was_handed_in_is_no_look(tmp_path):
    """Front page and status say alike that nobody has looked yet, and when files were handed in."""
    with Visitor(handed_in_archive(tmp_path)) as one:
        for path in ("/", "/status"):
            text = one.get(path).text
            assert "Not looked at yet. Files were last handed in on 4 October 2021, 09:01 UTC." in text, path
            assert "everything was reached" not in text
            assert "somebody looked" not in text
        assert "No look was due yet: none has been made." in one.get("/status").text


@pytest.mark.fault("S04")
def test_pages_are_live_while_the_poller_writes(tmp_path):
    """A finding written by another connection shows on the next request, without a restart."""
    with Visitor(filled_archive(tmp_path)) as one:
        assert len(one.rows("/optouts/findings_open.json?_shape=array")) == 1
        writer = sqlite3.connect(tmp_path / "optouts.db")
        writer.execute(
            "INSERT INTO findings SELECT 99, found_at, poll_id, capture_id, series, 'error', code, 'late', place, found, expected,"
            " advice, sha256 FROM findings"
        )
        writer.commit()
        writer.close()
        assert next(row["subject"] for row in one.rows("/optouts/findings_open.json?_shape=array")) == "late"


def test_health_counts_and_is_never_cached(visitor):
    """Counts and ages as JSON, with no-store, so that a watcher never sees an old answer."""
    answer = visitor.get("/-/healthz")
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert said["counts"]["releases"] == 2
    assert said["counts"]["unread_files"] == 1
    (series,) = said["series"]
    assert (series["series"], series["outcome"], series["made_up"]) == (SLUG, "complete", True)
    assert series["last_poll_age_seconds"] > 0


@pytest.mark.fault("S08")
@pytest.mark.parametrize(
    ("next_due_at", "overdue"),
    [
        (None, False),
        ("2021-10-05T11:30:00.000000Z", False),
        ("2021-10-05T10:30:00.000000Z", True),
        ("2021-10-06T08:35:00.000000Z", False),
    ],
)
def test_a_poll_that_did_not_happen_is_said_to_be_overdue(next_due_at, overdue):
    """Silence on a due day is the alarm: an hour after its time a poll is overdue and the answer is not ok."""
    row = {
        "series": SLUG, "made_up": 1, "started_at": "2021-10-04T11:59:00.000000Z", "ended_at": "2021-10-04T12:00:00.000000Z",
        "outcome": "complete", "next_due_at": next_due_at, "last_complete_at": "2021-10-04T12:00:00.000000Z",
    }  # fmt: skip
    said = judge({"releases": 1}, [row], NOW)
    assert said["ok"] is not overdue
    assert said["series"][0]["last_poll_age_seconds"] == 86_400


def test_a_series_that_was_never_looked_at_has_no_age():
    """Unknown is null, not zero seconds."""
    row = dict.fromkeys(("started_at", "ended_at", "outcome", "next_due_at", "last_complete_at")) | {
        "series": SLUG,
        "made_up": 0,
    }
    (series,) = judge({}, [row], NOW)["series"]
    assert (series["last_poll_age_seconds"], series["last_complete_age_seconds"], series["overdue"]) == (
        None,
        None,
        False,
    )


def test_days_numbers_and_sizes_are_written_as_people_write_them():
    """And what is not understood stands as it is; unknown is a dash, never zero."""
    assert (day("2021-09-01"), day("2021-09-30T08:30:15.000000Z"), day("September"), day(None)) == (
        "1 September 2021",
        "30 September 2021",
        "September",
        "",
    )
    assert (instant("2021-09-30T08:30:15.000000Z"), instant("later")) == ("30 September 2021, 08:30 UTC", "later")
    assert (number(3_264_327), number(None), number(0)) == ("3,264,327", "\N{EN DASH}", "0")
    assert (size(999), size(23_883), size(None)) == ("999 bytes", "23,883 bytes (24 KB)", "unknown size")


def test_months_and_days_are_written_as_people_write_them():
    """A month alone, a day inside a sentence; what only looks like one, in an address or a hash, stays as it stands."""
    assert (day("2026-11"), day("2026"), day("2026-13")) == ("November 2026", "2026", "2026-13")
    assert days("said to be published on 2022-04-28.") == "said to be published on 28 April 2022."
    assert days("/a/2022-04-28/b and 2022-99-99 and x2022-04-28") == "/a/2022-04-28/b and 2022-99-99 and x2022-04-28"
    assert days(None) == ""
