"""Stories of editions laid beside each other: what a person should look at, and what is ordinary. All figures made up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from archive.plausible import Edition, implausible
from schedules.poll import poll_series
from tests.conftest import Archive
from tests.made_up import age_gen
from tests.publisher import Publisher

MONTHS = {f"2021-{month:02d}-01": 100 for month in range(1, 13)}
BEFORE = Edition("NDOP_age_gen_Dec_2021.csv", "0" * 64, "2021-12-14", MONTHS, 1000, 6)


def codes(**changed: object) -> list[str]:
    """Codes of what is told of an edition that differs from the one before as stated."""
    found = implausible("age_sex", BEFORE, BEFORE._replace(file_name="new.csv", published_on="2022-01-13", **changed))
    assert all(one.severity == "warning" and one.sha256 == "0" * 64 for one in found)
    assert all("new.csv" in one.sentence() and "Dec_2021" in one.sentence() for one in found)
    return [one.code for one in found]


def test_an_ordinary_edition_is_no_news():
    """Growth by a quarter, and a month more, are what editions do."""
    assert codes() == []
    assert codes(total=1250, months=MONTHS | {"2022-01-01": 125}) == []


@pytest.mark.fault("C12")
@pytest.mark.parametrize("total", [749, 1251])
def test_a_total_that_jumps_is_looked_at(total):
    """More than a quarter up or down for the same month."""
    assert codes(total=total) == ["gate.total"]


@pytest.mark.fault("C09")
@pytest.mark.parametrize("rows", [74, 126])
def test_a_number_of_rows_that_jumps_is_looked_at(rows):
    """The newest month of each, so that a longer window is no matter."""
    assert codes(months=MONTHS | {"2022-01-01": rows}) == ["gate.rows"]


@pytest.mark.fault("C13")
def test_a_wrong_month_is_looked_at():
    """Figures that end before those of the edition before, or after their own publication."""
    assert codes(months={"2021-10-01": 100}) == ["gate.month"]
    assert codes(months=MONTHS | {"2022-02-01": 100}) == ["gate.month"]


@pytest.mark.fault("C10")
def test_fewer_columns_are_looked_at():
    """More are no matter; a workbook has no single header to count."""
    assert codes(columns=5) == ["gate.columns"]
    assert codes(columns=7) == []
    assert codes(columns=None) == []


@pytest.fixture
def publisher(archive: Archive) -> Iterator[Publisher]:
    """A publisher with two releases, of which the second restates a month at half its size."""
    archive.now = datetime.now(UTC)
    first = age_gen(["2021-05-01", "2021-06-01"], totals={"2021-05-01": 200_000, "2021-06-01": 201_000})
    second = age_gen(["2021-06-01"], totals={"2021-06-01": 100_000})
    with Publisher(archive.now) as one:
        days = [(archive.now - timedelta(days=days)).date() for days in (40, 7)]
        one.publish("first", "National Data Opt-out, first", days[0], [("By age", "NDOP_age_gen_Jun_2021.csv", first)])
        one.publish("next", "National Data Opt-out, next", days[1], [("By age", "NDOP_age_gen_Jul_2021.csv", second)])
        one.series_file(archive.schedules, attempts=1)
        yield one


@pytest.mark.fault("C12")
def test_a_poll_tells_what_is_not_plausible_once_and_states_it_all_the_same(archive, publisher):
    """One warning in the poll that read the file, none in the next; both vintages stand."""
    for _ in range(2):
        with archive.open() as desk:
            assert poll_series(desk, desk.series[0], "due").outcome == "complete"
    with archive.open() as desk:
        told = desk.evidence.db.execute("SELECT code, severity, subject, place, sha256 FROM findings").fetchall()
        vintages = desk.copy.execute("SELECT count(*) FROM vintages").fetchone()[0]
        desk.rebuild()
    assert [(row[0], row[1], row[2], row[3]) for row in told] == [
        ("gate.total", "warning", "NDOP_age_gen_Jul_2021.csv", "age_sex")
    ]
    assert vintages == 2
