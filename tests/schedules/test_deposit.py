"""Hand-carried files: kept with their origin, read like any other, or refused before anything is kept. All figures made up."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from archive.history import newest_poll
from schedules.deposit import DepositError, deposit, deposits_of
from schedules.poll import poll_series
from tests.made_up import age_gen
from tests.publisher import Publisher

NAME = "NDOP_age_gen_Jul_2021.csv"
BODY = age_gen(["2021-06-01", "2021-07-01"])


@pytest.fixture
def handed_in(tmp_path):
    """A folder with one made-up file in it."""
    (tmp_path / NAME).write_bytes(BODY)
    return tmp_path / NAME


@pytest.fixture
def series(archive):
    """The watched series; its publisher is never asked."""
    with Publisher() as publisher:
        publisher.series_file(archive.schedules)
    with archive.open() as desk:
        return desk.series[0]


def put_in(archive, series, files, published_on="2021-07-29", origin="made up for a test"):
    """One deposit."""
    with archive.open() as desk:
        return deposit(desk, series, deposits_of(files, series, "july-2021", published_on, origin))


def test_a_deposit_is_kept_byte_for_byte_with_its_origin_and_read(archive, series, handed_in):
    """The bytes, the origin and the stated day are in the evidence; the figures are in the reading copy."""
    done = put_in(archive, series, [handed_in])
    assert done.vintages == 1
    assert done.findings == ()
    assert done.files[0][1].sha256 == hashlib.sha256(BODY).hexdigest()
    with archive.open() as desk:
        row = next(desk.evidence.db.query("SELECT way, origin, published_on, file_name FROM captures"))
        assert row == {
            "way": "deposit",
            "origin": "made up for a test",
            "published_on": "2021-07-29",
            "file_name": NAME,
        }
        assert desk.copy.table("vintages").count == 1


def test_the_same_file_again_adds_a_capture_and_nothing_else(archive, series, handed_in):
    """A second hand brings the same bytes: that is said, and no figure moves."""
    put_in(archive, series, [handed_in])
    again = put_in(archive, series, [handed_in], origin="another hand")
    assert (again.files[0][1].outcome, again.files[0][1].is_new_snapshot, again.vintages) == ("unchanged", False, 0)


def test_a_deposit_does_not_count_as_a_look(archive, series, handed_in):
    """The publisher was not asked: the series is due as before."""
    put_in(archive, series, [handed_in])
    with archive.open() as desk:
        assert newest_poll(desk.evidence.db, series.slug) is None


def test_an_unreadable_deposit_is_kept_and_says_why(archive, series, tmp_path):
    """A file with an unknown header is in the archive, with the finding that explains it."""
    path = tmp_path / NAME
    path.write_bytes(b"WHO,WHAT\r\n1,2\r\n")
    done = put_in(archive, series, [path])
    assert done.vintages == 0
    assert [finding.severity for finding in done.findings] == ["error"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"published_on": "29/07/2021"}, "--published-on: found '29/07/2021'; expected a day as YYYY-MM-DD"),
        ({"published_on": "2021-02-30"}, "--published-on"),
        ({"published_on": "２０２１-07-29"}, "--published-on"),
        ({"publication": "../july"}, "--publication: found '../july'"),
        ({"publication": ""}, "--publication"),
        ({"origin": "  "}, "--origin: found"),
        ({"origin": "two\nlines"}, "--origin: found"),
    ],
)
def test_what_is_wrong_with_a_deposit_is_named(series, handed_in, change, says):
    """The option, what was found, what was expected."""
    given = {"publication": "july-2021", "published_on": "2021-07-29", "origin": "made up", **change}
    with pytest.raises(DepositError) as refused:
        deposits_of([handed_in], series, **given)
    assert says in str(refused.value)


def test_one_bad_file_keeps_all_out(archive, series, handed_in, tmp_path):
    """An empty file, a missing one, a folder, a name given twice: nothing of the deposit is kept."""
    empty, folder = tmp_path / "empty.csv", tmp_path / "folder.csv"
    empty.touch()
    folder.mkdir()
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / NAME
    twin.write_bytes(b"x")
    for bad, says in (
        (empty, "empty file"), (tmp_path / "none.csv", "No such file"), (folder, "no file that can be read"),
        (twin, "given twice"),
    ):  # fmt: skip
        with pytest.raises(DepositError, match=says):
            put_in(archive, series, [handed_in, bad])
    with archive.open() as desk:
        assert desk.evidence.db.table("captures").count == 0
        assert desk.evidence.db.table("polls").count == 0


def test_a_deposit_that_breaks_off_leaves_nothing(archive, series, handed_in, tmp_path):
    """The program fails between two files: neither the first nor the deposit itself is there."""
    (tmp_path / "NDOP_age_gen_Sep_2021.csv").write_bytes(BODY + b"\r\n")
    ticks = iter([archive.now, archive.now, None])
    deposits = deposits_of(
        [handed_in, tmp_path / "NDOP_age_gen_Sep_2021.csv"], series, "july-2021", "2021-07-29", "made up"
    )
    with archive.open() as desk:
        broken = replace(desk, clock=lambda: next(ticks))
        with pytest.raises(AttributeError, match="NoneType"):  # no time can be had for the second file
            deposit(broken, series, deposits)
    with archive.open() as desk:
        assert desk.evidence.db.table("captures").count == 0
        assert desk.evidence.db.table("polls").count == 0


def test_a_fetched_release_and_a_deposit_of_it_are_the_same_figures(archive, handed_in):
    """Handed in first and fetched later: one vintage, since the publisher stated it once."""
    with Publisher() as publisher:
        publisher.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", [("By age", NAME, BODY)])
        publisher.series_file(archive.schedules)
        with archive.open() as desk:
            series = desk.series[0]
            deposit(desk, series, deposits_of([handed_in], series, "july-2021", "2021-07-29", "made up"))
            assert poll_series(desk, series, "due").outcome == "complete"
            assert desk.copy.table("vintages").count == 1
