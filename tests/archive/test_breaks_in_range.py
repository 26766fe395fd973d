"""Breaks in the series: which ones lie between two days, and that every comparison and series names those it crosses."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reading_copy import create_reading_copy, transaction
from archive.registers import load_registers
from tests.archive.made_site import filled_archive
from tests.archive.visitor import Visitor

PLANTED = {
    "break_id": "made-up", "title": "Made-up break", "from_on": "2021-07-01", "to_on": None, "dated_by": "month",
    "families": "areas", "area_kinds": None, "measures": "opt_outs", "severity": "break", "what_changed": "Made up.",
    "how_sure": "Made up.", "source": "Made-up source", "source_address": None, "stated_on": None, "seen_on": "2026-11",
    "known_from": "publisher",
}  # fmt: skip


def asked(copy, sql, *values):
    """Rows of one question put in SQL."""
    return [tuple(row) for row in copy.execute(sql, values)]


CROSSED = """
  SELECT break_id FROM breaks_by_family
  WHERE family = ? AND (area_kind IS NULL OR area_kind = ?) AND from_on <= ? AND to_on > ?"""


def crossed(copy, family, start, end, kind=""):
    """Breaks between two days, by short name."""
    return {row[0] for row in asked(copy, CROSSED, family, kind, end, start)}


def test_june_2020_is_a_break_in_every_family(loaded):
    """The new method and the deceased stand in the way of any comparison across June 2020, and only across it."""
    for family in ("age_sex", "practices", "lsoas", "areas"):
        assert {"method-2020", "deceased-2020"} <= crossed(
            loaded, family, "2020-05-01", "2020-06-01", "local_authority"
        )
        assert not crossed(loaded, family, "2021-05-01", "2021-09-01", "local_authority")


def test_july_2022_concerns_areas_of_registration_only(loaded):
    """The new boundaries break a series of sub-ICB locations, and not one of England or of a local authority."""
    assert "sub-icb-2022" in crossed(loaded, "areas", "2022-06-01", "2022-07-01", "sub_icb")
    assert "sub-icb-2022" not in crossed(loaded, "areas", "2022-06-01", "2022-07-01", "england")
    assert "sub-icb-2022" not in crossed(loaded, "areas", "2022-06-01", "2022-07-01", "local_authority")
    assert "sub-icb-2022" not in crossed(loaded, "age_sex", "2022-06-01", "2022-07-01")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A reading copy with the registers, shared by many examples that only read it."""
    made = create_reading_copy(tmp_path_factory.mktemp("breaks") / "optouts.db", "made-up-program/1")
    with transaction(made):
        load_registers(made)
    yield made
    made.close()


MONTHS = st.tuples(st.integers(2016, 2030), st.integers(1, 12)).map(lambda at: f"{at[0]}-{at[1]:02}-01")


@given(days=st.lists(MONTHS, min_size=3, max_size=3).map(sorted), family=st.sampled_from(["age_sex", "areas", "lsoas"]))
def test_a_break_in_a_long_range_is_in_one_of_its_parts(loaded, days, family):
    """What a comparison crosses is exactly what the two halves of its way cross; nothing is crossed by standing still."""
    start, middle, end = days
    halves = crossed(loaded, family, start, middle, "icb") | crossed(loaded, family, middle, end, "icb")
    assert crossed(loaded, family, start, end, "icb") == halves or middle in {start, end}
    assert {"method-2020"} & crossed(loaded, family, start, end) == (
        {"method-2020"} if start < "2020-06-01" <= end else set()
    )


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks a filled archive into whose register two made-up breaks were planted."""
    directory = filled_archive(tmp_path_factory.mktemp("planted"))
    with sqlite3.connect(directory / "optouts.db") as copy:
        for planted in (
            {**PLANTED, "break_id": "by-month", "title": "Made-up month", "families": "age_sex, practices, areas",
             "area_kinds": None},
            {**PLANTED, "break_id": "by-release", "title": "Made-up release", "families": "areas", "dated_by": "release",
             "area_kinds": "local_authority", "from_on": "2022-01-15"},
        ):  # fmt: skip
            values = [value or None for value in planted.values()]
            copy.execute(f"INSERT INTO breaks VALUES ({', '.join('?' * len(values))})", values)
    copy.close()
    with Visitor(directory) as one:
        yield one


def ask(visitor, question, **values):
    """Rows of one question."""
    query = "&".join(f"{name}={value}" for name, value in values.items())
    return visitor.rows(f"/optouts/{question}.json?_shape=array&{query}")


@pytest.mark.parametrize(
    ("question", "values"),
    [("england_series", {}), ("area_series", {"area": "QT1"}), ("practice_series", {"practice": "Z90001"})],
)
def test_a_series_names_a_break_in_the_row_where_it_is_crossed(visitor, question, values):
    """The row of July 2021 names the break of 1 July 2021, and no row of the same year before or after does."""
    told = {row["month"]: row["breaks_in_range"] for row in ask(visitor, question, **values)}
    assert told["2021-07-01"] == "Made-up month"
    assert {told[month] for month in told if month not in {"2021-07-01", "2021-04-01"}} == {None}


@pytest.mark.parametrize(
    ("start", "end", "named"),
    [
        ("2021-05", "2021-06", None),
        ("2021-05", "2021-07", "Made-up month"),
        ("2021-07", "2021-05", "Made-up month"),
        ("2021-07", "2021-09", None),
        ("2021-09", "2022-04", "Made-up release"),
        ("2021-05", "2022-04", "Made-up month; Made-up release"),
        ("2021-10", "2022-04", None),
    ],
)
def test_a_change_names_the_breaks_between_its_months_and_between_their_releases(visitor, start, end, named):
    """Breaks by month lie between the months; breaks by release between the releases that state the two figures."""
    (row,) = ask(visitor, "area_change", area="Mansfield", from_month=start, to_month=end)
    assert row["breaks_in_range"] == named


def test_a_region_across_spring_2022_is_told_of_its_new_code(visitor):
    """A break of the project's own register comes out by question for the kind of area that it touches."""
    (row,) = ask(visitor, "area_change", area="Y60", from_month="2021-09", to_month="2022-04")
    assert row["breaks_in_range"] == "Two regions have new ONS codes (by July 2022)"


def test_breaks_between_two_months_can_be_asked(visitor, loaded):
    """By family and months; left empty, all of them; a month after the last gives none."""
    titles = {
        row["title"]
        for row in ask(visitor, "breaks_between", family="age_sex", from_month="2020-05", to_month="2020-06")
    }
    assert titles == {"New method (June 2020)", "Deceased people taken out of the total (June 2020)"}
    assert len(ask(visitor, "breaks_between")) == len(asked(loaded, "SELECT break_id FROM breaks")) + 2
    assert ask(visitor, "breaks_between", from_month="2031-01") == []


def test_a_printed_number_is_found_with_or_without_its_comma(visitor):
    """107429 and 107,429 find the figure of the Observer; a word and a result narrow the list down to both."""
    for words in ("107429", "107,429"):
        (row,) = ask(visitor, "printed_elsewhere", words=words)
        assert row["as_printed"] == "107,429"
    assert {row["result"] for row in ask(visitor, "printed_elsewhere", words="mansfield", result="agrees")} == {
        "agrees"
    }


def test_notes_that_disagree_stand_side_by_side(visitor):
    """The three notes on inflated counts, and the data beside the notes on autumn 2020."""
    rows = ask(visitor, "notes_that_disagree")
    assert len([row for row in rows if row["dispute"] == "inflation"]) >= 3
    assert "measured" in {row["known_from"] for row in rows if row["dispute"] == "autumn-2020"}
