"""The figure as stated the n-th time: first, second, newest; and what is said where there is no such statement."""

from __future__ import annotations

import json

import pytest

from tests.archive.made_site import filled_archive
from tests.archive.made_vintages import Shelf
from tests.archive.test_breaks_in_range import ask
from tests.archive.visitor import Visitor
from tests.made_up import age_gen, months_to, reg_geo

FAMILIES = {
    "age_sex": ("age_band", "all"), "practices": ("practice_code", "z90001"), "lsoas": ("lsoa_code", "e01990000"),
    "areas": ("area_code", "qt1"), "workbook_age_sex": ("age_band", "all"), "workbook_practices": ("practice_code", "z90001"),
    "workbook_areas": ("area_code", "52r"),
}  # fmt: skip


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks two releases: September 2021 stated 3,264,327 for England first and 3,264,300 then."""
    with Visitor(filled_archive(tmp_path_factory.mktemp("filled"))) as one:
        yield one


def england(visitor, n, month="2021-09"):
    """The one row of England for a month, stated the n-th time."""
    (row,) = [
        row for row in ask(visitor, "age_sex_nth", n=n, month=month, age_band="all") if row["sex"] in {"all", None}
    ]
    return row


@pytest.mark.parametrize(
    ("n", "opt_outs", "statement", "published_on"),
    [
        ("1", 3_264_327, "1 of 2", "2021-09-30"),
        ("", 3_264_327, "1 of 2", "2021-09-30"),
        ("2", 3_264_300, "2 of 2", "2022-04-28"),
        ("-1", 3_264_300, "2 of 2", "2022-04-28"),
        ("-2", 3_264_327, "1 of 2", "2021-09-30"),
    ],
)
def test_a_figure_as_stated_the_nth_time(visitor, n, opt_outs, statement, published_on):
    """Counted from the first or from the newest, with release, day, file and how many statements there are."""
    row = england(visitor, n)
    assert (row["opt_outs"], row["statement"], row["published_on"]) == (opt_outs, statement, published_on)
    assert row["release"]
    assert len(row["file_sha256"]) == 64
    assert json.loads(row["as_printed"])[:3] == ["All", "All", str(opt_outs)]


@pytest.mark.parametrize(
    ("n", "month", "words"),
    [
        ("3", "2021-09", "Stated 2 times: there is no statement number 3."),
        ("-3", "2021-09", "Stated 2 times: there is no statement number -3."),
        ("2", "2022-04", "Stated 1 time: there is no statement number 2."),
        ("0", "2021-09", "Which statement? Write 1 for the first, 2 for the second, -1 for the newest."),
        ("first", "2021-09", "Which statement? Write 1 for the first, 2 for the second, -1 for the newest."),
    ],
)
def test_where_there_are_fewer_statements_the_answer_says_so(visitor, n, month, words):
    """One row without a figure, with words and a reason, and never the nearest statement instead."""
    row = england(visitor, n, month)
    assert (row["opt_outs"], row["release"], row["file_sha256"], row["statement"]) == (None,) * 4
    assert (row["in_words"], row["why_empty"]) == (words, "not_stated")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_asked(visitor, family):
    """First and newest of a month of each family, and of one place of it; a code that is nowhere gives no row."""
    name, place = FAMILIES[family]
    month = max(row["month"] for row in ask(visitor, f"{family}_as_of"))
    for n in ("1", "-1"):
        rows = ask(visitor, f"{family}_nth", n=n, month=month[:7])
        assert rows
        assert {row["month"] for row in rows} == {month}
        assert {row["statement"] for row in rows} == {"1 of 1"}
        (one, *more) = ask(visitor, f"{family}_nth", n=n, month=month[:7], **{name: place})
        assert one in rows
        assert len(more) < len(rows) - 1
        assert one["opt_outs"] is not None
    assert ask(visitor, f"{family}_nth", n="1", month=month[:7], **{name: "nowhere"}) == []


@pytest.mark.parametrize("family", ["age_sex", "practices", "lsoas", "areas"])
def test_the_first_and_the_newest_are_those_of_the_views(visitor, family):
    """`n` of -1 is what F_latest says of every month, `n` of 1 what F_first says of every cell that the first vintage has."""
    for n, view in (("-1", "latest"), ("1", "first")):
        asked = ask(visitor, f"{family}_nth", n=n)
        told = visitor.rows(f"/optouts/{family}_{view}.json?_shape=array&_size=max")
        keys = [name for name in told[0] if not name.endswith(("_vintage", "_reason"))]
        wanted = {tuple(row[name] for name in keys) for row in told}
        assert {tuple(row[name] for name in keys) for row in asked} == wanted


def test_weeks_and_the_workbooks_england_too(visitor):
    """The dashboard by its weeks, and the workbook's England, which has no place to name."""
    rows = ask(visitor, "weekly_nth", n="-1", week="2021-08-25")
    assert [(row["opt_outs"], row["statement"]) for row in rows] == [(1_000, "1 of 1")]
    assert {row["statement"] for row in ask(visitor, "workbook_england_nth", n="1")} == {"1 of 1"}
    assert {row["in_words"] for row in ask(visitor, "workbook_england_nth", n="2")} == {
        "Stated 1 time: there is no statement number 2."
    }


def test_a_vintage_that_covers_the_month_without_the_place_says_so(tmp_path):
    """A practice that the second release no longer has: the second statement of its month does not state it."""
    shelf = Shelf(tmp_path)
    shelf.put_in("2021-09-30", {"NDOP_reg_geo_a.csv": reg_geo(months_to("2021-09", 2))})
    body = b"".join(line for line in reg_geo(months_to("2021-09", 1)).splitlines(True) if b"Z90002" not in line)
    shelf.put_in("2021-10-28", {"NDOP_reg_geo_b.csv": body})
    shelf.db.close()
    with Visitor(tmp_path) as visitor:
        first, second = (
            ask(visitor, "practices_nth", n=n, month="2021-09", practice_code="Z90002")[0] for n in ("1", "2")
        )
    assert (first["in_words"], first["opt_outs"] is None) == ("Statement 1 of 2.", False)
    assert (second["in_words"], second["opt_outs"], second["why_empty"]) == (
        "Statement 2 of 2: it covers this month and does not state this.", None, "not_stated",
    )  # fmt: skip


def test_july_2021_was_stated_twice_in_the_real_files(tmp_path, real):
    """The publisher's own text of each time stands beside the figure: the spreadsheet's Oct-19 in the second, not in the first."""
    shelf = Shelf(tmp_path)
    for day, name in (("2021-07-29", "NDOP_age_gen_Jul_2021.csv"), ("2022-04-28", "NDOP_age_gen_Apr_2022.csv")):
        shelf.put_in(day, {name: real(name)})
    shelf.db.close()
    with Visitor(tmp_path) as visitor:
        told = [
            next(
                row
                for row in ask(visitor, "age_sex_nth", n=n, month="2021-07", age_band="10-19")
                if row["sex"] == "all"
            )
            for n in ("1", "2")
        ]
    assert [json.loads(row["as_printed"])[0] for row in told] == ["10-19", "Oct-19"]
    assert len({(row["opt_outs"], row["list_size"]) for row in told}) == 1
    assert [row["statement"] for row in told] == ["1 of 2", "2 of 2"]


def test_what_the_made_up_files_state_is_what_is_told(tmp_path):
    """Three releases of one month, each with another figure: the n-th answer is the n-th file's."""
    shelf = Shelf(tmp_path)
    for number, day in enumerate(("2021-09-30", "2021-10-28", "2021-11-25"), start=1):
        body = age_gen(months_to("2021-09", 1), totals={"2021-09-01": 3_000_000 + number})
        shelf.put_in(day, {f"NDOP_age_gen_{number}.csv": body})
    shelf.db.close()
    with Visitor(tmp_path) as visitor:
        told = [england(visitor, str(n))["opt_outs"] for n in (1, 2, 3, -1, -2, -3)]
    assert told == [3_000_001, 3_000_002, 3_000_003, 3_000_003, 3_000_002, 3_000_001]
