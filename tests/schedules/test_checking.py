"""The command `optout check`: where a number was published, what comes nearest, and what is no number. Exit status tells."""

from __future__ import annotations

import json

import pytest

from schedules.cli import run
from tests.made_up import age_gen, months_to
from tests.publisher import Publisher

NAME = "NDOP_age_gen_Jul_2021.csv"
MAY_TO_JULY = {"2021-05-01": 1_650_335, "2021-06-01": 1_757_764, "2021-07-01": 3_032_917}
"""England as the publisher stated it; all other figures of the file are made up."""


@pytest.fixture
def optout(archive, capsys, tmp_path):
    """Runs the command on an archive that was handed one file: (exit status, what it printed, what it told beside)."""
    with Publisher() as publisher:
        publisher.series_file(archive.schedules)

    def call(*arguments):
        status = run(["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet", *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return call


@pytest.fixture
def handed_in(optout, tmp_path):
    """The archive holds one made-up file of July 2021."""
    (tmp_path / NAME).write_bytes(age_gen(months_to("2021-07", 3), totals=MAY_TO_JULY))
    series = next(iter((tmp_path / "schedules").glob("*.toml"))).stem
    status, _, err = optout(
        "deposit", str(tmp_path / NAME), "--series", series, "--publication", "july-2021", "--published-on",
        "2021-07-30", "--origin", "made up for a test", "--create",
    )  # fmt: skip
    assert status == 0, err
    return optout


def test_a_number_that_was_published_is_told_with_its_source(handed_in):
    """June 2021's rise is found, with the release's day, the file and its hash; exit status 0."""
    status, out, _ = handed_in("check", "1275153")
    assert status == 0
    assert "1 June to 1 July 2021" in out
    assert "published 30 July 2021" in out
    assert NAME in out


def test_a_number_that_was_not_published_names_the_nearest(handed_in):
    """The question was answered: exit status 0 all the same."""
    status, out, _ = handed_in("check", "107249")
    assert status == 0
    assert out.startswith("107,249: not published; nearest 107,429 (1 May to 1 June 2021), two digits swapped.")


def test_words_need_no_quotation_marks(handed_in):
    """`optout check over 3 million` is one question."""
    status, out, _ = handed_in("check", "over", "3", "million")
    assert (status, "3,032,917 (more than this)" in out) == (0, True)


def test_programs_get_the_same_as_json(handed_in):
    """Every match with its months, place and files."""
    status, out, _ = handed_in("check", "--json", "1,275,153")
    told = json.loads(out)
    assert (status, told["is_published"]) == (0, True)
    (match,) = told["found"][0]["matches"]
    assert (match["from_month"], match["month"], match["place"]) == ("2021-06-01", "2021-07-01", "England")
    assert match["sources"][0]["file_name"] == NAME
    assert len(match["sources"][0]["sha256"]) == 64


def test_what_is_no_number_is_wrong_usage(handed_in):
    """Exit status 2, what was found, and what would do."""
    status, out, err = handed_in("check", "a", "lot")
    assert (status, out) == (2, "")
    assert "found 'a lot'; expected one number such as 1275153" in err


def test_without_an_archive_there_is_nothing_to_ask(optout):
    """Exit status 1, and where to look."""
    status, _, err = optout("check", "5")
    assert status == 1
    assert "found no archive" in err
