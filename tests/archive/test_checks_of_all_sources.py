"""Stories of the cross-checks of workbook and dashboard: what does not add up or differs is a row, and every figure stands."""

from __future__ import annotations

import io
import zipfile

import pytest

from archive.reading_copy import digest
from archive.site.compose import question_sql
from tests.archive.made_deposits import dashboard
from tests.made_up import age_gen, months_to, reg_geo, summary_workbook

DAY = "26/05/2021"
AREA = '{day},All,{ons},{code},{name},{rate},"{count}","{people}"\r\n'


def told(shelf, rule):
    """What a rule found: family, day, expected, found, result."""
    return shelf.rows(
        "SELECT family, month, expected, found, result FROM checks WHERE rule = ? ORDER BY 1, 2, parts", rule
    )


def ccgs(first, second, people="20,000"):
    """Rows of two made-up CCGs on one day."""
    return "".join(
        AREA.format(
            day=DAY,
            ons=f"E3899999{at}",
            code=f"9{at}Z",
            name=f"NHS Made-up {at} CCG",
            rate=2.5,
            count=count,
            people=people,
        )
        for at, count in enumerate((first, second))
    )


@pytest.mark.parametrize(("second", "result"), [("600", "ok"), ("601", "fail")])
def test_areas_of_a_week_must_make_up_england(shelf, second, result):
    """Two CCGs that come to England's count hold; one person more fails, and both numbers stand as they were printed."""
    shelf.hand_in("a", "2022-03-04", "dashboard.csv", dashboard((DAY, "1,000"), others=ccgs("400", second)))
    assert told(shelf, "weekly_parts_add_up") == [
        ("weekly", "2021-05-26", 40_000, 40_000, "ok"),
        ("weekly", "2021-05-26", 1_000, 400 + int(second), result),
    ]
    assert shelf.rows("SELECT sum(opt_outs) FROM weekly_latest WHERE group_kind = 'ccg'") == [(400 + int(second),)]


def test_a_weekly_rate_that_does_not_fit_is_counted(shelf):
    """2.5 % of 40,000 is 1,000: a week of 1,001 at 2.5 % fails and keeps its printed rate."""
    shelf.hand_in("a", "2022-03-04", "dashboard.csv", dashboard((DAY, "1,000"), ("02/06/2021", "1,001")))
    assert [row[3:] for row in told(shelf, "weekly_rates_fit")] == [(0, "ok"), (1, "fail")]
    assert shelf.rows("SELECT rate FROM weekly_latest WHERE opt_outs = 1001") == [(2.5,)]


def test_a_week_in_which_england_falls_is_flagged_and_kept(shelf):
    """A fall from one week to the next is worth knowing and no failure."""
    shelf.hand_in("a", "2022-03-04", "dashboard.csv", dashboard((DAY, "1,000"), ("09/06/2021", "999")))
    assert told(shelf, "weekly_england_does_not_fall") == [("weekly", "2021-06-09", 1_000, 999, "warn")]


def test_more_people_opted_out_than_there_are_is_flagged(shelf):
    """A rate above 100 % in the dashboard is told and stands."""
    shelf.hand_in("a", "2022-03-04", "dashboard.csv", dashboard((DAY, "1,000"), others=ccgs("30,000", "1")))
    assert told(shelf, "weekly_rates_up_to_100") == [("weekly", "2021-05-26", 0, 1, "warn")]


def test_a_week_restated_as_a_whole_is_told_of_the_export_that_restated_it(shelf):
    """The later export moves its only figure of one week: worth a warning there; and in any order of arrival."""
    exports = [
        ("a", "2022-03-04", dashboard((DAY, "1,000"), ("02/06/2021", "1,001"))),
        ("b", "2022-04-04", dashboard((DAY, "1,000"), ("02/06/2021", "1,002"))),
    ]
    for publication, day, body in reversed(exports):
        shelf.hand_in(publication, day, "dashboard.csv", body)
    assert told(shelf, "weekly_cells_moved") == [
        ("weekly", "2021-05-26", 0, 0, "ok"),
        ("weekly", "2021-06-02", 0, 1, "warn"),
    ]
    assert shelf.rows("SELECT DISTINCT vintage FROM checks WHERE rule = 'weekly_cells_moved'") == [(2,)]
    late = digest(shelf.copy)
    shelf.rebuild()
    assert digest(shelf.copy) == late


@pytest.mark.parametrize(("more", "result"), [(0, "ok"), (1, "fail")])
def test_a_workbook_whose_england_is_not_its_ages_fails(shelf, more, result):
    """Table 2 makes up Table 1; where Table 1 says one person more it fails, and both numbers stand in the row."""
    total = 3_328_566
    body = with_text(summary_workbook("2022-04", totals={"2022-04-01": total}), str(total), str(total + more))
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", body)
    opt_outs = [row for row in told(shelf, "workbook_ages_add_up") if row[3] == total]
    assert opt_outs == [("workbook_age_sex", "2022-04-01", total + more, total, result)]
    assert shelf.rows("SELECT opt_outs FROM workbook_england_latest WHERE month = '2022-04-01'") == [(total + more,)]


def with_text(body, before, after):
    """A workbook in whose sheets one text is another."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part, old.read(part).replace(before.encode(), after.encode()))
    return made.getvalue()


def test_rows_of_the_workbook_are_held_against_the_csv_files_of_the_release(shelf):
    """Practices and areas that both state are compared row by row: the same release agrees, one changed count is one row."""
    month = ["2022-04-01"]
    for publication, day, cells in (
        ("april-2022", "2022-04-28", None),
        ("may-2022", "2022-05-28", {("Z90001", month[0]): (9, 8_135)}),
    ):
        shelf.hand_in(publication, day, "NDOP_reg_geo_Apr_2022.csv", reg_geo(month, cells=cells))
        shelf.hand_in(publication, day, "NDOP_age_gen_Apr_2022.csv", age_gen(month))
        shelf.hand_in(publication, day, "NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04", layout="2023"))
    by_release = "SELECT vintage, family, found, result FROM checks WHERE rule = 'workbook_rows_fit_csv' ORDER BY 1, 2"
    assert shelf.rows(by_release) == [
        (1, "workbook_age_sex", 0, "ok"), (1, "workbook_areas", 0, "ok"), (1, "workbook_practices", 0, "ok"),
        (2, "workbook_age_sex", 0, "ok"), (2, "workbook_areas", 1, "fail"), (2, "workbook_practices", 1, "fail"),
    ]  # fmt: skip


def test_an_area_of_the_older_csv_is_matched_by_its_ons_code(shelf):
    """The files of 2021-22 know a CCG by its ONS code alone; the workbook prints both, so that the rows can be compared."""
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_reg_geo_Apr_2022.csv", reg_geo(["2022-04-01"], layout="2021"))
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04"))
    (areas,) = (row for row in told(shelf, "workbook_rows_fit_csv") if row[0] == "workbook_areas")
    assert areas[3:] == (0, "ok")


def test_a_month_of_the_workbook_that_falls_is_flagged(shelf):
    """England in Table 1 below the month before is worth knowing, also where no CSV file is held."""
    body = summary_workbook("2022-04", totals={"2022-03-01": 3_300_000, "2022-04-01": 3_299_999})
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", body)
    fallen = [row for row in told(shelf, "england_does_not_fall") if row[4] == "warn"]
    assert fallen == [("workbook_england", "2022-04-01", 3_300_000, 3_299_999, "warn")]


def test_checks_of_weeks_are_found_by_their_month(shelf):
    """Asking for May 2021 gives the checks of the weeks in it."""
    shelf.hand_in("a", "2022-03-04", "dashboard.csv", dashboard((DAY, "1,000"), ("02/06/2021", "1,001")))
    asked = {"result": "", "rule": "weekly_rates_fit", "month": "2021-05"}
    assert [row["month"] for row in shelf.copy.query(question_sql()["cross_checks"], asked)] == ["2021-05-26"]


def test_a_monthly_file_beside_a_week_of_the_same_day(shelf):
    """The first of a month that is also a week: counts and rates are laid beside each other, and the lists explain the rates."""
    shelf.hand_in("a", "2022-03-04", "dashboard.csv", dashboard(("01/12/2021", "1,000")))
    totals = {"2021-12-01": 3_305_099}
    shelf.hand_in("b", "2022-04-28", "NDOP_age_gen_Dec_2021.csv", age_gen(months_to("2021-12", 1), totals=totals))
    assert told(shelf, "weekly_fits_monthly") == [("weekly", "2021-12-01", 3_305_099, 1_000, "warn")]
    ((sentence,),) = shelf.rows("SELECT sentence FROM checks WHERE rule = 'weekly_rates_beside_monthly'")
    assert "The dashboard divides 1,000 by 40,000 people on GP lists, the monthly file 3,305,099 by" in str(sentence)
