"""Suspect files through their life: held back from the figures, confirmed, released, refused. All figures made up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from archive.compression import sha256_of
from archive.errors import ArchiveError
from archive.history import last_accepted
from archive.quarantine import held_files, line_of, rule, rulings
from archive.reading_copy import digest
from archive.store import append, read_snapshot
from schedules.cli import run
from schedules.poll import Polled, poll_series
from tests.conftest import Archive
from tests.made_up import age_gen
from tests.publisher import Publisher

NAME = "NDOP_age_gen_Apr_2022.csv"
WHOLE = timedelta(days=29)
MONTHS = ["2021-05-01", "2021-06-01"]
GOOD = age_gen(MONTHS, totals={"2021-05-01": 100_000, "2021-06-01": 101_000})
LATER = age_gen(MONTHS, totals={"2021-05-01": 100_000, "2021-06-01": 101_500})


@pytest.fixture
def publisher(archive: Archive) -> Iterator[Publisher]:
    """A publisher with one release of last week."""
    archive.now = datetime.now(UTC)
    with Publisher(archive.now) as one:
        last_week = (archive.now - timedelta(days=7)).date()
        one.publish("last-week", "National Data Opt-out, last week", last_week, [("By age", NAME, GOOD)])
        one.series_file(archive.schedules, attempts=1)
        yield one


def poll(archive: Archive, publisher: Publisher, later: timedelta = timedelta(hours=1)) -> Polled:
    """One poll, an hour later, or as long as it takes until files are asked for whole."""
    archive.now += later
    publisher.now = archive.now
    publisher.requests.clear()
    with archive.open() as desk:
        return poll_series(desk, desk.series[0], "due")


def of_file(archive: Archive) -> list[tuple[str, str | None]]:
    """(outcome, error code) of every capture of the file, in order."""
    with archive.open() as desk:
        return desk.evidence.db.execute(
            "SELECT outcome, error_code FROM captures WHERE purpose = 'file' ORDER BY capture_id"
        ).fetchall()


def state(archive: Archive) -> tuple[int, list[str], str]:
    """Vintages loaded, hashes of files that are read, and the digest, the same after a rebuild."""
    with archive.open() as desk:
        desk.refresh()
        before = digest(desk.copy)
        vintages = desk.copy.execute("SELECT count(*) FROM vintages").fetchone()[0]
        read = [row[0] for row in desk.copy.execute("SELECT sha256 FROM files WHERE state = 'read' ORDER BY file_id")]
        desk.rebuild()
        assert digest(desk.copy) == before
    return vintages, read, before


def command(archive: Archive, *arguments: str) -> int:
    """`optout …` on the archive."""
    return run(["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet", *arguments])


def hold(archive: Archive, publisher: Publisher) -> str:
    """Let the file be suspect: the server declares it shorter than it is. Returns its SHA-256 as kept."""
    publisher.wrong_length(NAME, len(GOOD) - 1)
    assert poll(archive, publisher).outcome == "incomplete"
    publisher.calm()
    with archive.open() as desk:
        (held,) = held_files(desk.evidence.db)
        assert read_snapshot(desk.evidence.db, held.sha256) == GOOD[:-1]
    return held.sha256


@pytest.mark.fault("H04")
def test_a_file_without_a_length_is_taken_when_it_comes_twice(archive, publisher):
    """Two looks in one poll bring the same bytes: held first, accepted then, and read."""
    publisher.without_length(NAME)
    publisher.header(NAME, "ETag", '"no digest"')
    assert poll(archive, publisher).outcome == "complete"
    assert of_file(archive) == [("suspect", "unconfirmed"), ("new", None)]
    assert publisher.count(NAME) == 2
    assert poll(archive, publisher).outcome == "complete"
    assert len(of_file(archive)) == 3


@pytest.mark.fault("H04", "H36")
def test_a_file_that_comes_otherwise_the_second_time_is_not_taken(archive, publisher):
    """Two looks that disagree leave both bodies kept, the poll incomplete, and no figure."""
    publisher.without_length(NAME)
    publisher.header(NAME, "ETag", '"no digest"')
    publisher.answer_with(NAME, GOOD[: GOOD.rfind(b"\n", 0, 2000) + 1], times=1)
    assert poll(archive, publisher).outcome == "incomplete"
    assert of_file(archive) == [("suspect", "unconfirmed"), ("suspect", "unstable")]
    assert state(archive)[:2] == (0, [])
    with archive.open() as desk:
        assert len(held_files(desk.evidence.db)) == 2


def test_a_file_that_shrinks_at_one_edge_only_leaves_the_good_figures_alone(archive, publisher):
    """A whole-looking part in place of a known file is held; the second look brings the file again, and nothing changed."""
    poll(archive, publisher)
    publisher.answer_with(NAME, GOOD[: GOOD.rfind(b"\n", 0, 2000) + 1], times=1)
    assert poll(archive, publisher, WHOLE).outcome == "complete"
    assert of_file(archive)[1:] == [("suspect", "unconfirmed"), ("unchanged", None)]
    assert state(archive)[1] == [sha256_of(GOOD)]


def test_a_file_that_really_became_shorter_is_taken_at_the_second_look(archive, publisher):
    """The publisher may shorten a file: two looks that agree are the publisher's word."""
    poll(archive, publisher)
    short = age_gen(MONTHS[1:], totals={"2021-06-01": 101_000})
    publisher.replace("last-week", NAME, short, in_place=True)
    assert poll(archive, publisher).outcome == "complete"
    assert of_file(archive)[1:] == [("suspect", "unconfirmed"), ("changed", None)]
    assert state(archive)[1] == [sha256_of(GOOD), sha256_of(short)]


@pytest.mark.fault("H02", "H07")
def test_a_suspect_file_states_nothing_until_it_is_released(archive, publisher, capsys):
    """Its bytes are kept, its figures are not there; the release is a fact of the log, obeyed at once and after a rebuild."""
    sha256 = hold(archive, publisher)
    assert state(archive)[:2] == (0, [])
    assert command(archive, "quarantine", "list") == 0
    assert sha256 in (listed := capsys.readouterr().out)
    assert "held" in listed
    assert command(archive, "quarantine", "release", sha256, "--reason", "compared by hand", "--by", "A. Tester") == 0
    assert "Released" in capsys.readouterr().out
    vintages, read, _ = state(archive)
    assert (vintages, read) == (1, [sha256])
    with archive.open() as desk:
        text, made_by, fact = desk.evidence.db.execute(
            "SELECT a.text, a.made_by, l.fact_table FROM annotations AS a JOIN log AS l ON l.entry = a.entry"
        ).fetchone()
        size, signed = desk.evidence.db.execute(
            "SELECT (SELECT count(*) FROM log), (SELECT max(size) FROM checkpoints)"
        ).fetchone()
    assert (text, made_by, fact) == (f"quarantine release {sha256}: compared by hand", "A. Tester", "captures")
    assert size == signed
    command(archive, "quarantine", "list", "--json")
    (told,) = json.loads(capsys.readouterr().out)["files"]
    assert (told["state"], told["ruling"]["reason"]) == ("released", "compared by hand")


def test_released_bytes_are_welcome_at_the_next_poll(archive, publisher):
    """Served in the same doubtful form again, they are accepted by the ruling, and the poll is complete."""
    sha256 = hold(archive, publisher)
    with archive.open() as desk:
        rule(desk.evidence.db, "release", sha256, "compared by hand", "tester", desk.now())
    publisher.wrong_length(NAME, len(GOOD) - 1)
    assert poll(archive, publisher).outcome == "complete"
    assert of_file(archive)[-1] == ("new", None)
    with archive.open() as desk:
        address = publisher.file_address("last-week", NAME)
        last = last_accepted(desk.evidence.db, desk.series[0].slug, address)
    assert last is not None
    assert last.sha256 == sha256
    assert state(archive)[:2] == (1, [sha256])


def test_a_refused_file_stays_out_and_is_no_news(archive, publisher):
    """Refused, it states nothing, and coming again it neither alarms nor spoils the poll; its bytes stay kept."""
    sha256 = hold(archive, publisher)
    assert command(archive, "quarantine", "refuse", sha256, "--reason", "cut by a proxy") == 0
    publisher.wrong_length(NAME, len(GOOD) - 1)
    assert poll(archive, publisher).outcome == "complete"
    assert of_file(archive)[-1][0] == "suspect"
    assert state(archive)[:2] == (0, [])
    with archive.open() as desk:
        assert read_snapshot(desk.evidence.db, sha256) == GOOD[:-1]


def test_a_release_can_be_taken_back(archive, publisher):
    """The newest ruling holds: the figures go again, the copy is made anew, and both rulings stay in the log."""
    empty = (hold(archive, publisher), state(archive)[2])
    sha256 = empty[0]
    command(archive, "quarantine", "release", sha256, "--reason", "looks right")
    assert state(archive)[0] == 1
    command(archive, "quarantine", "refuse", sha256, "--reason", "it was not right")
    assert state(archive) == (0, [], empty[1])
    with archive.open() as desk:
        assert desk.evidence.db.execute("SELECT count(*) FROM annotations").fetchone() == (2,)
        assert rulings(desk.evidence.db)[sha256].ruling == "refused"


def test_a_release_between_two_good_editions_takes_its_place(archive, publisher):
    """Good, doubtful, good again: released, the doubtful one is an edition of its own between the two."""
    poll(archive, publisher)
    publisher.answer_with(NAME, LATER)
    publisher.wrong_length(NAME, len(LATER) - 1)
    poll(archive, publisher, WHOLE)
    publisher.calm()
    poll(archive, publisher)
    assert [outcome for outcome, _ in of_file(archive)] == ["new", "suspect", "unchanged"]
    assert state(archive)[0] == 1
    with archive.open() as desk:
        (held,) = held_files(desk.evidence.db)
        rule(desk.evidence.db, "release", held.sha256, "the publisher confirmed it", "tester", desk.now())
    assert state(archive)[0] == 3


def test_only_suspect_files_can_be_ruled_about(archive, publisher, capsys):
    """Accepted bytes, unknown ones, half a digest and an empty reason are refused in words, and nothing is logged."""
    poll(archive, publisher)
    accepted = sha256_of(GOOD)
    assert command(archive, "quarantine", "refuse", accepted, "--reason", "x") == 1
    assert "optout quarantine list" in capsys.readouterr().err
    assert command(archive, "quarantine", "release", accepted[:12], "--reason", "x") == 2
    sha256 = hold_new(archive, publisher)
    assert command(archive, "quarantine", "release", sha256, "--reason", " \n ") == 2
    with archive.open() as desk:
        assert desk.evidence.db.execute("SELECT count(*) FROM annotations").fetchone() == (0,)
        with pytest.raises(ArchiveError, match="no suspect file"):
            rule(desk.evidence.db, "release", "0" * 64, "x", "tester", desk.now())


def hold_new(archive: Archive, publisher: Publisher) -> str:
    """Replace the file by a doubtful one."""
    publisher.answer_with(NAME, LATER)
    publisher.wrong_length(NAME, len(LATER) - 1)
    poll(archive, publisher, WHOLE)
    with archive.open() as desk:
        return held_files(desk.evidence.db)[0].sha256


def test_other_annotations_and_rulings_about_other_bytes_decide_nothing(archive, publisher):
    """A ruling counts only in its exact form, on the entry of a suspect capture of exactly those bytes."""
    sha256 = hold(archive, publisher)
    other = hashlib.sha256(b"other").hexdigest()
    with archive.open() as desk:
        db = desk.evidence.db
        (entry,) = db.execute(
            "SELECT entry FROM log WHERE fact_table = 'captures' AND fact_number ="
            " (SELECT capture_id FROM captures WHERE outcome = 'suspect')"
        ).fetchone()
        for at, text in (
            (entry, f"quarantine release {other}: other bytes"),
            (entry, f"Quarantine release {sha256}: another form"),
            (entry, f"quarantine release {sha256}:"),
            (0, line_of("release", sha256, "on another entry")),
            (None, line_of("release", sha256, "on no entry")),
        ):
            append(db, "annotations", {"made_at": desk.now(), "entry": at, "text": text, "made_by": "tester"})
        assert rulings(db) == {}
    assert state(archive)[0] == 0
