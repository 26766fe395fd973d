"""One address fetched and explained, nothing written. All figures made up."""

from __future__ import annotations

import threading

import pytest

from schedules.series import load_series_file
from scraper.look import look, purpose_of, series_of
from scraper.model import PublicationPage, SeriesPage
from scraper.schema import load_schemas
from tests.made_up import age_gen
from tests.publisher import Publisher

NAME = "NDOP_age_gen_Jul_2021.csv"


@pytest.fixture
def publisher():
    """A publisher with one release, whose file host lets robots in."""
    with Publisher() as one:
        files = [("By age", NAME, age_gen(["2021-06-01"])), ("Other", "other.csv", b"WHO,WHAT\r\n1,2\r\n")]
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        one.robots("files", "User-agent: *\nAllow: /\n")
        yield one


@pytest.fixture
def series(publisher, tmp_path):
    """The series that watches it."""
    return load_series_file(publisher.series_file(tmp_path, attempts=1))


def seen(address, series):
    """What a look at the address says."""
    return look(address, series, load_schemas(), "opt-out-archive/test", threading.Event())


def test_a_series_page_a_publication_and_a_file_are_each_understood(publisher, series):
    """By its address and host each is read as what it is."""
    assert isinstance(seen(publisher.seed, series).understood, SeriesPage)
    page = seen(publisher.address("july-2021"), series)
    assert page.kind == "publication"
    assert isinstance(page.understood, PublicationPage)
    file = seen(publisher.file_address("july-2021", NAME), series)
    assert isinstance(file.understood, tuple)
    assert [reading.family for reading in file.understood] == ["age_sex"]
    assert file.captures[0].request.purpose == "robots"


def test_what_is_not_understood_says_why(publisher, series):
    """A file with an unknown header gives the same finding as a poll would."""
    said = seen(publisher.file_address("july-2021", "other.csv"), series)
    assert said.understood is None
    assert said.surprise is not None
    assert said.surprise.code.startswith("file.")


def test_robots_are_obeyed(publisher, series):
    """The exception for files that the series' own pages offer is not ours to use for an address typed in by hand."""
    publisher.robots("files", None)
    said = seen(publisher.file_address("july-2021", NAME), series)
    assert (said.kind, said.captures[-1].error_code) == ("nothing", "robots")
    assert publisher.count(NAME) == 0


def test_what_does_not_come_is_told_by_its_captures(publisher, series):
    """A missing page and a stop before the first request: nothing understood, nothing raised."""
    assert seen(publisher.address("nowhere"), series).captures[-1].verdict == "absent"
    stop = threading.Event()
    stop.set()
    assert look(publisher.seed, series, load_schemas(), "opt-out-archive/test", stop).kind == "nothing"


def test_an_address_finds_its_series(publisher, series):
    """By host; an address of no series has none."""
    assert series_of(publisher.seed, [series]) == series
    assert series_of("https://elsewhere.example.org/", [series]) is None
    assert purpose_of(publisher.seed, series) == "series_page"
