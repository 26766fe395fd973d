"""Comparisons of releases, and lists over months or releases: each row names the breaks that it crosses."""

from __future__ import annotations

import sqlite3

import pytest

from archive.reading_copy import open_reading_copy
from tests.archive.made_site import filled_archive
from tests.archive.test_breaks_in_range import PLANTED, ask, asked
from tests.archive.visitor import Visitor

MONTH, RELEASE, REGIONS = "Made-up month", "Made-up release", "Two regions have new ONS codes (by July 2022)"
WORKBOOK = {"age_sex": ("workbook_age_sex", "workbook_england"), "practices": ("workbook_practices",)}


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Two releases (30 September 2021, 28 April 2022) that share five months, a break inside those, one between the days."""
    directory = filled_archive(tmp_path_factory.mktemp("planted"))
    with sqlite3.connect(directory / "optouts.db") as copy:
        for planted in (
            {"break_id": "by-month", "title": MONTH, "families": "age_sex, practices, areas", "area_kinds": None},
            {"break_id": "by-release", "title": RELEASE, "families": "age_sex, lsoas, areas", "dated_by": "release",
             "area_kinds": "sub_icb", "from_on": "2022-01-15"},
            {"break_id": "outside", "title": "Made-up month that both do not cover", "from_on": "2021-10-01",
             "families": "age_sex, practices, lsoas, areas", "area_kinds": None},
            {"break_id": "by-week", "title": "Made-up week", "from_on": "2021-08-20", "families": "weekly",
             "area_kinds": None},
        ):  # fmt: skip
            values = [value or None for value in {**PLANTED, **planted}.values()]
            copy.execute(f"INSERT INTO breaks VALUES ({', '.join('?' * len(values))})", values)
    copy.close()
    with Visitor(directory) as one:
        yield one


@pytest.mark.parametrize("question", ["restated", "compare_vintages"])
def test_a_comparison_of_two_releases_names_what_lies_between_them(visitor, question):
    """By release between the two days, by month inside the months that both cover, each for its own family and kind of area."""
    told = {}
    for family in ("age_sex", "practices", "areas"):
        for row in ask(visitor, question, family=family):
            kind = row["key"].split(" ")[0] if family == "areas" else ""
            told.setdefault((family, kind), set()).add(row["breaks_in_range"])
    assert told["age_sex", ""] == {f"{MONTH}; {RELEASE}"}
    assert told["practices", ""] == {MONTH}
    assert told["areas", "sub_icb"] == {f"{MONTH}; {RELEASE}"}
    assert told["areas", "icb"] == {MONTH}


def test_two_releases_without_a_break_between_them_name_none(visitor):
    """LSOAs are touched by the break between the days alone; asked the other way round, the same is crossed."""
    told = {row["breaks_in_range"] for row in ask(visitor, "compare_vintages", family="lsoas")}
    assert told <= {RELEASE}
    there = ask(visitor, "compare_vintages", a="1", b="2", family="age_sex")
    assert there
    assert there == ask(visitor, "compare_vintages", a="2", b="1", family="age_sex")


def test_a_history_names_the_breaks_between_its_releases_and_since_the_month_before(visitor):
    """England in September 2021 was stated on both sides of the break by release, in April 2022 on one side only."""
    told = {row["month"]: row["breaks_in_range"] for row in ask(visitor, "cell_history") if row["family"] == "age_sex"}
    assert (told["2021-07-01"], told["2021-09-01"]) == (f"{MONTH}; {RELEASE}", RELEASE)
    assert (told["2022-04-01"], told["2020-11-01"]) == (None, None)
    told = {row["month"]: row["breaks_in_range"] for row in ask(visitor, "cell_history", key="Y60")}
    assert (told["2022-04-01"], told["2021-07-01"]) == (REGIONS, MONTH)


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("age_sex_as_of", {"age_band": "all"}),
        ("practices_as_of", {"practice_code": "Z90001"}),
        ("areas_as_of", {"area_code": "QT1"}),
        *((f"{name}_as_of", {}) for names in WORKBOOK.values() for name in names),
    ],
)
def test_an_answer_as_of_a_day_names_the_break_since_the_month_before(visitor, question, values):
    """The row of July 2021 names the break of 1 July 2021, the rows of the months before it do not; one month crosses none."""
    told = {row["month"]: row["breaks_in_range"] for row in ask(visitor, question, **values)}
    if "2021-07-01" in told:
        assert told["2021-07-01"] == MONTH
    assert {told[month] for month in told if month not in {"2021-07-01", "2021-05-01", "2021-10-01"}} <= {None}
    (alone,) = {row["breaks_in_range"] for row in ask(visitor, question, month=max(told)[:7], **values)}
    assert alone is None


def test_an_answer_as_of_a_day_crosses_a_break_by_release_only_where_the_release_changes(visitor):
    """April 2021 was told by the first release alone and May by the second: as of 2021 nothing lies between the two."""
    now = {row["month"]: row["breaks_in_range"] for row in ask(visitor, "age_sex_as_of", age_band="all")}
    assert now["2021-05-01"] == RELEASE
    then = {
        row["month"]: row["breaks_in_range"]
        for row in ask(visitor, "age_sex_as_of", age_band="all", as_of="2021-12-31")
    }
    assert then["2021-05-01"] is None


def test_weeks_months_and_releases_in_a_row_name_the_breaks_between_them(visitor):
    """The weekly list, the list of months, the list of releases, a rise between two months, a change printed elsewhere."""
    weeks = {row["week"]: row["breaks_in_range"] for row in ask(visitor, "weekly_as_of")}
    assert weeks == {"2021-08-18": None, "2021-08-25": "Made-up week"}
    months = {row["month"]: row["breaks_in_range"] for row in ask(visitor, "coverage_of_months")}
    assert (months["2021-07-01"], months["2021-06-01"]) == (MONTH, None)
    newer, older = ask(visitor, "releases_known_on")
    assert (older["breaks_in_range"], newer["breaks_in_range"].split("; ")) == (
        None, ["Made-up month that both do not cover", RELEASE],
    )  # fmt: skip
    rise = [row for row in ask(visitor, "check_number", number="1613965") if row["from_month"] == "2021-05-01"]
    assert [row["breaks_in_range"] for row in rise] == [MONTH]
    printed = {
        row["as_printed"]: row["breaks_in_range"] for row in ask(visitor, "printed_elsewhere", words="mansfield")
    }
    assert (printed["1,757"], printed["4,097"]) == (MONTH, None)


def test_the_workbook_is_touched_by_what_touches_the_same_people(visitor):
    """Every break of a CSV family is one of the workbook's families of the same people, with the same dates and kinds."""
    copy = open_reading_copy(visitor.directory)
    try:
        rows = asked(copy, "SELECT family, area_kind, break_id, from_on, to_on, dated_by FROM breaks_by_family")
    finally:
        copy.close()
    of = {name: {row[1:] for row in rows if row[0] == name} for name in {row[0] for row in rows}}
    assert of["workbook_england"] == of["workbook_age_sex"] == of["age_sex"]
    assert of["workbook_practices"] == of["practices"]
    assert of["workbook_areas"] == of["areas"]
