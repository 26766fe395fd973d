"""What the publisher's own files must come out as, once deposited: two monthly CSVs, the release workbook, the dashboard."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import schedules
from archive.reading_copy import digest
from archive.site.compose import question_sql
from schedules.deposit import deposit, deposits_of
from schedules.desk import Desk
from schedules.series import series_named
from scraper.model import Finding
from tests.conftest import REAL, Archive

SERIES = "national-data-opt-out"
JULY, APRIL = "NDOP_age_gen_Jul_2021.csv", "NDOP_age_gen_Apr_2022.csv"
WORKBOOK, DASHBOARD, TEMPLATE = "NDOP_sum_Apr_2022.xlsx", "2021-dashboard.csv", "NDOP_sum_template.xlsx"
PUBLISHED = {
    JULY: ("july-2021", "2021-07-29"),
    APRIL: ("april-2022", "2022-04-28"),
    WORKBOOK: ("april-2022", "2022-04-28"),
    DASHBOARD: ("dashboard", "2022-03-04"),
    TEMPLATE: ("template", "2023-02-01"),
}
ENGLAND = {
    "2020-08-01": 1_577_836, "2020-09-01": 1_614_137, "2020-10-01": 1_616_720, "2020-11-01": 1_616_791,
    "2020-12-01": 1_616_484, "2021-01-01": 1_616_213, "2021-02-01": 1_615_665, "2021-03-01": 1_616_294,
    "2021-04-01": 1_646_698, "2021-05-01": 1_650_335, "2021-06-01": 1_757_764, "2021-07-01": 3_032_917,
    "2021-08-01": 3_206_023, "2021-09-01": 3_264_327, "2021-10-01": 3_289_971, "2021-11-01": 3_298_457,
    "2021-12-01": 3_305_099, "2022-01-01": 3_317_212, "2022-02-01": 3_323_203, "2022-03-01": 3_325_686,
    "2022-04-01": 3_328_566,
}  # fmt: skip

Real = Callable[[str], bytes]


def hand_in(desk: Desk, real: Real, names: Iterable[str], folder: Path) -> list[Finding]:
    """Deposit real files one after the other, as a person would; returns what was odd about them."""
    series, findings = series_named(desk.series, SERIES), list[Finding]()
    for name in names:
        (folder / name).write_bytes(real(name))
        publication, published_on = PUBLISHED[name]
        files = deposits_of([folder / name], series, publication, published_on, "the publisher's own file")
        findings += deposit(desk, series, files).findings
    return findings


def rows(desk: Desk, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in desk.copy.execute(sql)]


def archive_at(directory: Path) -> Archive:
    """An empty archive that watches the real series; nothing is fetched."""
    (directory / "schedules").mkdir(parents=True)
    shutil.copy(Path(schedules.__file__).parent / f"{SERIES}.toml", directory / "schedules")
    return Archive(directory / "data", directory / "schedules")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An archive with all four sources, deposited. Module-wide: nothing is written after that."""
    if not all((REAL / name).exists() for name in (JULY, APRIL, WORKBOOK, DASHBOARD)):
        pytest.skip("the publisher's real files are not here (looked for them in ../shared/real)")
    folder = tmp_path_factory.mktemp("sources")
    with archive_at(folder / "archive").open() as opened:
        hand_in(opened, lambda name: (REAL / name).read_bytes(), (WORKBOOK, DASHBOARD, JULY, APRIL), folder)
        yield opened


# ---------------------------------------------------------------- any order, no false restatement


@pytest.mark.parametrize("orders", [2, pytest.param(6, marks=pytest.mark.slow)])
def test_any_order_of_arrival_gives_the_same_reading_copy(real, tmp_path, orders):
    """Two releases and a workbook in all six orders, or the first and the last: 21 England months, no restatement, one digest."""
    digests = set()
    for number, names in enumerate([*itertools.permutations((JULY, APRIL, WORKBOOK))][:: 6 // orders or 1]):
        with archive_at(tmp_path / str(number)).open() as desk:
            hand_in(desk, real, names, tmp_path)
            england = rows(desk, "SELECT month, opt_outs FROM age_sex_latest WHERE age_band = 'all' AND sex = 'all'")
            assert dict(england) == ENGLAND
            assert rows(desk, "SELECT count(*) FROM restatements") == [(0,)]
            digests.add(digest(desk.copy))
    assert len(digests) == 1


def test_repairs_are_rows_with_their_count_and_schema(desk):
    """The spreadsheet's Oct-19 was mended 33 and 24 times; the workbook's own spellings are told as well."""
    damaged = rows(
        desk,
        "SELECT f.file_name, x.schema, x.repaired, x.count FROM repairs AS x JOIN files AS f USING (file_id)"
        " WHERE x.raw = 'Oct-19' ORDER BY f.file_name DESC",
    )
    assert damaged == [(JULY, "age_gen_2021", "10-19", 33), (APRIL, "age_gen_2021", "10-19", 24)]
    spelled = rows(desk, "SELECT raw, repaired FROM repairs WHERE schema LIKE 'workbook%' AND field = 'header'")
    assert set(spelled) == {("List_size", "List size"), ("List Size", "List size"), ("Deceased ", "Deceased")}
    assert rows(desk, "SELECT count(*) FROM repairs WHERE raw = '0 to 9' AND repaired = '0-9' AND count = 2") == [(1,)]
    assert rows(desk, "SELECT * FROM repairs_no_longer_needed") == []


def ask(desk: Desk, question: str, **values: str) -> list[dict[str, object]]:
    """Rows of one question of the site."""
    answer = desk.copy.execute(question_sql()[question], values)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer]


def test_stated_twice_never_changed_is_one_lookup(desk):
    """July 2021, by month block and by cell: how many releases, never changed, last confirmed on 28 April 2022."""
    (block,) = rows(
        desk,
        "SELECT releases, times_changed, last_confirmed_on, in_words FROM confirmations"
        " WHERE family = 'age_sex' AND month = '2021-07-01'",
    )
    assert block == (2, 0, "2022-04-28", "Stated in 2 releases, never changed, last confirmed 28 April 2022.")
    cells = {row["family"]: row for row in ask(desk, "cell_history", key="England", month="2021-07")}
    cell = cells["age_sex"]
    assert (cell["releases"], cell["times_changed"], cell["last_confirmed_on"]) == (2, 0, "2022-04-28")
    assert (cell["in_words"], cell["opt_outs_last_stated"]) == (block[3], 3_032_917)
    (workbook,) = rows(
        desk, "SELECT in_words FROM confirmations WHERE family = 'workbook_england' AND month = '2021-07-01'"
    )
    assert workbook == ("Stated in 1 release, never changed, last stated 28 April 2022.",)
    (england,) = [row for row in ask(desk, "coverage_of_months") if row["month"] == "2021-09-01"]
    assert (england["releases_with_age_and_sex"], england["releases_with_workbook"]) == (1, 1)
    assert england["last_confirmed_on"] == "2022-04-28"


# ---------------------------------------------------------------- the workbook


def test_the_workbook_states_four_families_and_its_facts(desk):
    """One file, four tables, each with its layout; period, day of publication and licence are kept as texts."""
    loaded = rows(desk, "SELECT l.family, l.rows FROM loads AS l JOIN files AS f USING (file_id)"
                  f" WHERE f.file_name = '{WORKBOOK}' ORDER BY 1")  # fmt: skip
    assert loaded == [
        ("workbook_age_sex", 24), ("workbook_areas", 107), ("workbook_england", 12), ("workbook_practices", 6519),
    ]  # fmt: skip
    told = rows(desk, f"SELECT state, rows, unread_because FROM files WHERE file_name = '{WORKBOOK}'")
    assert told == [("read", 6662, None)]
    facts = dict(rows(desk, "SELECT fact, text FROM workbook_facts WHERE sheet = 'Title sheet' AND fact <> 'note'"))
    assert (facts["period"], facts["published"]) == ("April 2022", "28th April 2022")
    assert "Open Government Licence" in facts["licence"]
    notes = rows(desk, "SELECT text FROM workbook_facts WHERE sheet = 'Table 1' AND fact = 'note'")
    assert any("slight inflation of less than 0.05 percent" in text for (text,) in notes)


def test_tables_1_and_2_equal_the_csv(desk):
    """Every England month and every age and gender that the workbook states is in the CSV, to the digit."""
    assert rows(
        desk,
        "SELECT count(*) FROM workbook_england_latest AS w JOIN age_sex_latest AS c ON c.month = w.month"
        " AND c.age_band = 'all' AND c.sex = 'all' JOIN deceased_latest AS d ON d.month = w.month AND d.sex = 'all'"
        " WHERE (w.opt_outs, w.list_size, w.rate, w.deceased) = (c.opt_outs, c.list_size, c.rate, d.opt_outs)",
    ) == [(12,)]
    assert rows(
        desk,
        "SELECT count(*) FROM workbook_age_sex_latest AS w JOIN age_sex_latest AS c USING (month, age_band, sex)"
        " WHERE w.opt_outs = c.opt_outs AND w.list_size IS c.list_size AND w.rate IS c.rate"
        " AND w.list_size_reason IS c.list_size_reason AND w.rate_reason IS c.rate_reason",
    ) == [(21,)]
    assert rows(
        desk,
        "SELECT sum(w.opt_outs) FROM workbook_deceased_latest AS w JOIN deceased_latest AS c USING (month, sex)"
        " WHERE w.opt_outs = c.opt_outs",
    ) == [(104_580,)]


def test_tables_3_4_and_1_agree(desk):
    """Practices, areas and England: the same people, the same lists; those without a practice among them."""
    england = (3_328_566, 61_625_745)
    assert rows(desk, "SELECT sum(opt_outs), sum(list_size) FROM workbook_practices_latest") == [england]
    assert rows(desk, "SELECT sum(opt_outs), sum(list_size), sum(deceased) FROM workbook_areas_latest") == [
        (*england, 104_580)
    ]
    assert rows(desk, "SELECT opt_outs, list_size FROM workbook_england_latest WHERE month = '2022-04-01'") == [england]
    assert rows(desk, "SELECT area_kind, count(*) FROM workbook_areas_latest GROUP BY 1 ORDER BY 1") == [
        ("ccg", 106), ("unallocated", 1),
    ]  # fmt: skip


def test_the_cross_checks_of_the_workbook_hold(desk):
    """The same as rows of `checks`: 37 comparisons with the CSV and 6 of the tables with one another, none in doubt."""
    told = "SELECT rule, result, count(*) FROM checks WHERE rule LIKE 'workbook%' GROUP BY 1, 2 ORDER BY 1"
    assert rows(desk, told) == [
        ("workbook_ages_add_up", "ok", 3), ("workbook_fits_csv", "ok", 36), ("workbook_rows_fit_csv", "ok", 1),
        ("workbook_tables_agree", "ok", 3),
    ]  # fmt: skip
    people = "SELECT expected FROM checks WHERE family = 'workbook_areas' AND parts LIKE 'people who have died%'"
    assert rows(desk, people) == [(104_580,)]


def test_every_sign_of_the_workbook_is_a_reason_or_a_count(desk):
    """`-` is nobody; `z` does not apply; `Unallocated` as a number is no list; whole rates are rates; 300 % stands."""
    zero = "SELECT count(*), sum(rate) FROM workbook_practices_latest WHERE opt_outs = 0 AND opt_outs_reason IS NULL"
    assert rows(desk, zero) == [(10, 0.0)]
    unallocated = "SELECT opt_outs, list_size, list_size_reason, rate, rate_reason FROM {} WHERE {} = 'Unallocated'"
    expected = [(24_191, None, "unallocated", None, "not_applicable")]
    assert rows(desk, unallocated.format("workbook_practices_latest", "practice_code")) == expected
    assert rows(desk, unallocated.format("workbook_areas_latest", "area_code")) == expected
    over = "SELECT practice_code, rate FROM workbook_practices_latest WHERE rate > 100 ORDER BY 1"
    assert dict(rows(desk, over))["C84647"] == 300.0
    names = "SELECT name, ons_code FROM workbook_area_names WHERE area_code = 'M2L0M'"
    assert rows(desk, names) == [("NHS Shropshire and Telford and Wrekin CCG", "E38000257")]


def test_the_publishers_empty_template_is_kept_and_told(real, tmp_path):
    """Headings without rows are no figures: nothing is read, every table is named, and the bytes stay."""
    with archive_at(tmp_path / "archive").open() as desk:
        (finding,) = hand_in(desk, real, (TEMPLATE,), tmp_path)
        assert finding.code == "workbook.tables"
        assert all(f"sheet Table {n}: a header and no rows" in finding.found for n in (1, 2, 3, 4))
        assert rows(desk, "SELECT state FROM files") == [("unread",)]
        assert rows(desk, "SELECT count(*) FROM vintages") == [(0,)]


# ---------------------------------------------------------------- the weekly dashboard


def test_the_dashboard_has_43_weeks_and_one_of_them_repeats(desk):
    """128 rows a week; 18 August 2021 is 11 August 2021 to the last cell, and is told, not left out."""
    assert rows(desk, "SELECT count(*), min(cells), max(cells) FROM weekly_coverage") == [(43, 128, 128)]
    assert rows(desk, "SELECT week, same_as, cells FROM repeated_weeks") == [("2021-08-18", "2021-08-11", 128)]
    found = rows(desk, "SELECT place, found FROM findings WHERE code = 'file.repeated_week'")
    assert found == [("2021-08-18", "all 128 rows as on 2021-08-11")]


@pytest.mark.parametrize("kinds", ["'region', 'unallocated'", "'ccg', 'unallocated'", "'age_band'"])
def test_the_parts_of_every_week_sum_to_england(desk, kinds):
    """Regions, CCGs and ages, each with those without one, are England in all 43 weeks."""
    sums = f"SELECT week, sum(opt_outs) AS parts FROM weekly_latest WHERE group_kind IN ({kinds}) GROUP BY week"
    england = "SELECT week, opt_outs FROM weekly_latest WHERE group_kind = 'england'"
    assert rows(desk, f"SELECT count(*) FROM ({sums}) JOIN ({england}) USING (week) WHERE parts = opt_outs") == [(43,)]


def test_the_dashboard_is_checked_against_the_monthly_file_and_its_own_weeks(desk):
    """Cross-checks across sources are rows: 1 September 2021 fits, 1 December 2021 does not, one week repeats."""
    fits = "SELECT month, expected, found, difference, result FROM checks WHERE rule = 'weekly_fits_monthly' ORDER BY month"
    assert rows(desk, fits) == [
        ("2021-09-01", 3264327, 3264327, 0, "ok"),
        ("2021-12-01", 3305099, 3304995, -104, "warn"),
    ]
    repeats = "SELECT month, parts, found, result FROM checks WHERE rule = 'weeks_differ' AND result <> 'ok'"
    assert rows(desk, repeats) == [("2021-08-18", "128 cells against 2021-08-11", 128, "warn")]
    assert rows(desk, "SELECT count(*) FROM checks WHERE rule = 'weeks_differ'") == [(42,)]


def test_every_cross_check_of_the_dashboard_is_a_row(desk):
    """Regions, CCGs and ages make up England in every week, every rate fits its base, and England never falls from week to week."""
    told = (
        "SELECT rule, result, count(*) FROM checks WHERE family = 'weekly' AND rule NOT LIKE '%monthly' GROUP BY 1, 2"
    )
    assert sorted(rows(desk, told)) == [
        ("weekly_england_does_not_fall", "ok", 42), ("weekly_parts_add_up", "ok", 43 * 6), ("weekly_rates_fit", "ok", 43),
        ("weekly_rates_up_to_100", "ok", 43), ("weeks_differ", "ok", 41), ("weeks_differ", "warn", 1),
    ]  # fmt: skip


def test_the_two_rates_of_one_day_are_explained_by_their_lists(desk):
    """5.3485 and 5.3458 % on 1 September 2021 are the same people by two lists; on 1 December the people differ as well."""
    told = (
        "SELECT month, result, severity, sentence FROM checks WHERE rule = 'weekly_rates_beside_monthly' ORDER BY month"
    )
    (september, december) = rows(desk, told)
    assert september[:3] == ("2021-09-01", "warn", "info")
    assert str(september[3]).endswith(
        "Expected 5.3458, found 5.3485, a difference of 0.0027. The dashboard divides 3,264,327 by 61,032,314 people on GP lists,"
        " the monthly file 3,264,327 by 61,063,509: only the lists differ."
    )
    assert "3,304,995 by 61,300,225" in str(december[3])
    assert "3,305,099 by 61,395,839: both counts and lists differ." in str(december[3])


def test_three_practices_above_100_per_cent_are_flagged_and_stand(desk):
    """More opt-outs than patients at three practices of Table 3: told as worth knowing, with no figure changed."""
    told = "SELECT found, result, severity FROM checks WHERE rule = 'rates_up_to_100' AND family = 'workbook_practices'"
    assert rows(desk, told) == [(3, "warn", "info")]
    assert rows(desk, "SELECT count(*) FROM workbook_practices_latest WHERE opt_outs > list_size") == [(3,)]
    assert rows(desk, "SELECT count(*) FROM checks WHERE result = 'fail'") == [(0,)]


def test_the_dashboard_beside_the_monthly_file(desk):
    """Equal to the unit on 1 September 2021, 104 people apart on 1 December; rates differ with the list sizes they rest on."""
    both = (
        "SELECT w.week, w.opt_outs, m.opt_outs, round(w.rate, 4), round(m.rate, 4), w.population < m.list_size"
        " FROM weekly_latest AS w JOIN age_sex_latest AS m ON m.month = w.week AND m.age_band = 'all' AND m.sex = 'all'"
        " WHERE w.group_kind = 'england' AND w.week IN ('2021-09-01', '2021-12-01') ORDER BY 1"
    )
    assert rows(desk, both) == [
        ("2021-09-01", 3_264_327, 3_264_327, 5.3485, 5.3458, 1),
        ("2021-12-01", 3_304_995, 3_305_099, 5.3915, 5.3833, 1),
    ]


def test_the_published_paper_comes_out_by_query(desk):
    """26 May to 30 June 2021: 1,339,862 more; the rate of CCGs grew by Blackpool's 14.30 % to Leicester City's 219.96 %."""
    change = (
        "SELECT b.group_kind, b.code, n.name, a.opt_outs, b.opt_outs - a.opt_outs,"
        " round(100.0 * (b.rate - a.rate) / a.rate, 2), round(a.rate, 2), round(b.rate, 2)"
        " FROM weekly_latest AS a JOIN weekly_latest AS b USING (group_kind, code)"
        " LEFT JOIN weekly_names AS n ON n.group_kind = b.group_kind AND n.code = b.code AND n.only_for_week IS NULL"
        " WHERE a.week = '2021-05-26' AND b.week = '2021-06-30'"
    )
    of = {(kind, code): tuple(row) for kind, code, *row in rows(desk, change)}
    england = of["england", "E92000001"]
    assert (england[2], england[4], england[5]) == (1_339_862, 2.77, 4.97)
    assert of["sex", "female"][4:] == (3.02, 5.53)
    assert of["sex", "male"][4:] == (2.51, 4.41)
    assert of["age_band", "40-49"][4:] == (2.89, 6.04)
    ccgs = sorted((row[3], row[0]) for (kind, _), row in of.items() if kind == "ccg")
    assert len(ccgs) == 106
    assert ccgs[0] == (14.30, "NHS Blackpool CCG")
    assert ccgs[-1] == (219.96, "NHS Leicester City CCG")


def test_the_busiest_week_comes_out_by_question(desk):
    """2 to 9 June 2021: 569,376 more; net change stands beside every stock, and 18 August is told as a repeated week."""
    weeks = ask(desk, "weekly_series", code="England")
    assert len(weeks) == 43
    assert max((row["change_since_row_above"] or 0, row["week"]) for row in weeks) == (569_376, "2021-06-09")
    assert {row["week"]: row["repeats_week"] for row in weeks if row["repeats_week"]} == {"2021-08-18": "2021-08-11"}
    assert sum(row["change_since_row_above"] or 0 for row in weeks) == weeks[-1]["opt_outs"] - weeks[0]["opt_outs"]
    by_code, by_name = (ask(desk, "weekly_series", code=code) for code in ("00R", "NHS Blackpool CCG"))
    assert by_code == by_name
    assert [row["opt_outs"] for row in by_code if row["week"] in {"2021-05-26", "2021-06-30"}] == [15_465, 17_679]


def test_names_drift_and_codes_do_not(desk):
    """M2L0M bears another name in its first three weeks; it is one series all the same."""
    assert rows(desk, "SELECT count(*) FROM weekly_latest WHERE code = 'M2L0M'") == [(43,)]
    old = rows(desk, "SELECT only_for_week, name FROM weekly_names WHERE code = 'M2L0M' AND only_for_week IS NOT NULL")
    assert {name for _, name in old} == {"NHS Shropshire, Telford and Wrekin CCG"}
    assert len(old) == 3


def test_nothing_of_one_source_stands_in_another(desk):
    """Sources are never merged: the workbook and the dashboard add nothing to the families of the CSV files."""
    assert rows(desk, "SELECT count(*) FROM practices_statements") == [(0,)]
    assert rows(desk, "SELECT count(*) FROM areas_statements") == [(0,)]
    assert rows(desk, "SELECT count(DISTINCT month) FROM age_sex_latest") == [(21,)]
    assert rows(desk, "SELECT count(*) FROM restatements") == [(0,)]


def test_a_cell_told_as_not_there_has_a_reason(desk):
    """No null without a reason in any of the families."""
    for family, measures in (
        ("age_sex", ("opt_outs", "list_size", "rate")),
        ("workbook_england", ("opt_outs", "list_size", "rate", "deceased")),
        ("workbook_age_sex", ("opt_outs", "list_size", "rate")),
        ("workbook_practices", ("opt_outs", "list_size", "rate")),
        ("workbook_areas", ("opt_outs", "list_size", "rate", "deceased")),
        ("weekly", ("opt_outs", "population", "rate")),
    ):
        for name in measures:
            odd = f"SELECT count(*) FROM {family}_latest WHERE ({name} IS NULL) <> ({name}_reason IS NOT NULL)"
            assert rows(desk, odd) == [(0,)], (family, name)
