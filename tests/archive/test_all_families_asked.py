"""Stories of the questions asked of every family: workbook and dashboard are compared, remembered and found as the rest are."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from archive.compare import ComparedFamily, compare
from archive.figures import FAMILY_KEYS, VALUE_COLUMNS
from archive.quote_places import SOURCE_WORDS
from archive.quote_search import RANKED
from archive.reading_copy import view_statements
from archive.site.compose import question_sql
from tests.archive.made_deposits import dashboard
from tests.made_up import PRACTICES, age_gen, months_to, summary_workbook

QUESTIONS = ("compare_vintages", "cell_history", "check_number")
VIEWS = ("restatements", "cell_confirmations")


def ask(shelf, question, **asked):
    """What a question of the site gives."""
    return [dict(row) for row in shelf.copy.query(question_sql()[question], asked)]


def two_workbooks(shelf, **options):
    """March as it is, April with these differences."""
    shelf.hand_in("march-2022", "2022-03-31", "NDOP_sum_Mar_2022.xlsx", summary_workbook("2022-03"))
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04", **options))


@pytest.mark.parametrize("family", FAMILY_KEYS)
def test_every_question_and_view_asks_every_family(family):
    """A family added to the archive is in all of them, or this fails and names it."""
    for name, sql in itertools.chain(question_sql().items(), view_statements().items()):
        if name in QUESTIONS + VIEWS:
            assert f"'{family}'" in sql, f"{name} does not ask {family}"
            assert f"{family}_spans" in sql, f"{name} does not read the figures of {family}"


def test_no_family_is_unknown_to_the_comparison_or_the_quote_checker():
    """Families that a program can compare, and words and ranks of those in which a number is found, are all there are."""
    assert set(get_args(ComparedFamily)) == set(FAMILY_KEYS)
    assert set(SOURCE_WORDS) | {"areas"} == set(FAMILY_KEYS)
    assert set(RANKED) == set(FAMILY_KEYS)


def test_what_ended_is_found_through_an_index_in_every_family(shelf):
    """No span table of any family is read whole when two releases are compared."""
    sql = question_sql()["compare_vintages"]
    plan = shelf.copy.execute(f"EXPLAIN QUERY PLAN {sql}", {"a": "1", "b": "2", "family": ""})
    steps = [str(row[3]) for row in plan]
    for table in VALUE_COLUMNS:
        kind = {"printed": "reprinted", "label": "relabelled", "missing": ""}.get(table.split("_")[-2], "superseded")
        base = table.removesuffix("_spans").removesuffix("_printed").removesuffix("_label")
        assert not kind or any(f"INDEX {base}_{kind} " in step for step in steps), table
    assert not [step for step in steps if step.startswith("SCAN") and step.split()[1] in {"o", "n", "l"}]


def test_two_workbooks_are_compared_by_value(shelf):
    """One month of Table 1 was restated: one row, its count and its rate, and both releases are named."""
    two_workbooks(shelf, totals={"2021-09-01": 3_200_001})
    found = compare(shelf.copy, "workbook_england", 1, 2)
    assert (found.shared_rows, found.value.rows, found.label.rows, found.added.rows, found.dropped.rows) == (
        11,
        1,
        0,
        0,
        0,
    )
    assert {cell.field for cell in found.value.cells} == {"opt_outs", "rate"}
    assert found.value.cells[0][:4] == ("2021-09-01", "England", "opt_outs", 3_180_000)
    (told,) = [row for row in ask(shelf, "compare_vintages", a="", b="", family="") if row["field"] == "opt_outs"]
    assert (told["release_before"], told["release_after"]) == ("march-2022 (2022-03-31)", "april-2022 (2022-04-28)")
    releases = "SELECT old_release, new_release FROM restatements WHERE measure = 'opt_outs'"
    assert shelf.rows(releases) == [("march-2022 (2022-03-31)", "april-2022 (2022-04-28)")]


def test_deceased_people_of_the_workbook_can_be_restated(shelf):
    """Two editions of one month: deceased people are a measure like any other."""
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04"))
    fewer = PRACTICES[:-1]
    shelf.hand_in("again", "2022-05-28", "NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04", practices=fewer))
    found = compare(shelf.copy, "workbook_areas", 1, 2)
    assert "deceased" in {cell.field for cell in found.value.cells}
    assert [cell.key for cell in compare(shelf.copy, "workbook_practices", 1, 2).dropped.cells] == ["Z90005"]


def test_a_name_and_a_spelling_of_the_workbook_are_no_restatement(shelf):
    """Another edition renames a practice, and its areas are called sub-ICBs: labels, dropped and added, and no value."""
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04"))
    renamed = (PRACTICES[0]._replace(name="MADE-UP NEW SURGERY"), *PRACTICES[1:])
    body = summary_workbook("2022-04", practices=renamed, layout="2023")
    shelf.hand_in("again", "2022-05-28", "NDOP_sum_Apr_2022.xlsx", body)
    practices = compare(shelf.copy, "workbook_practices", 1, 2)
    assert (practices.value.rows, practices.label.rows) == (0, 1)
    assert practices.label.cells[0][1:] == ("Z90001", "name", "MADE-UP SURGERY", "MADE-UP NEW SURGERY")
    areas = compare(shelf.copy, "workbook_areas", 1, 2)
    assert (areas.value.rows, areas.dropped.rows, areas.added.rows) == (0, 2, 2)
    assert shelf.rows("SELECT count(*) FROM restatements") == [(0,)]


def test_two_exports_are_compared_week_by_week(shelf):
    """One week was restated and one came: the restated one is told with its day, the other is not compared."""
    first = dashboard(("12/05/2021", "1,000"), ("19/05/2021", "1,001"))
    shelf.hand_in("a", "2022-04-01", "dashboard.csv", first)
    again = dashboard(("12/05/2021", "1,000"), ("19/05/2021", "1,002"), ("26/05/2021", "1,003"))
    shelf.hand_in("b", "2022-05-01", "dashboard.csv", again)
    found = compare(shelf.copy, "weekly", 1, 2)
    assert found.months == ("2021-05-12", "2021-05-19")
    assert found.value.cells == (("2021-05-19", "england E92000001", "opt_outs", 1001, 1002),)
    assert {cell.field for cell in found.text.cells} == set()


def test_a_weekly_name_that_changed_is_a_label_of_its_weeks(shelf):
    """An area renamed between two exports differs in its label in every week that both have."""
    row = '{},All,E38000257,M2L0M,{},2.0,"800","40,000"\r\n'
    for publication, day, name in (("a", "2022-04-01", "NHS Old CCG"), ("b", "2022-05-01", "NHS New CCG")):
        others = "".join(row.format(week, name) for week in ("12/05/2021", "19/05/2021"))
        shelf.hand_in(publication, day, "dashboard.csv", dashboard(("12/05/2021", "1,000"), others=others))
    found = compare(shelf.copy, "weekly", 1, 2)
    assert (found.value.rows, found.label.rows) == (0, 2)
    assert found.label.cells[0] == ("2021-05-12", "ccg M2L0M", "name", "NHS Old CCG", "NHS New CCG")


def test_every_source_of_england_is_remembered_beside_the_others(shelf):
    """The history of England names each source; a month stands for the weeks in it."""
    two_workbooks(shelf)
    months = months_to("2022-03", 2)
    shelf.hand_in("march-2022", "2022-03-31", "NDOP_age_gen_Mar_2022.csv", age_gen(months))
    shelf.hand_in("a", "2022-05-01", "dashboard.csv", dashboard(("02/03/2022", "1,000"), ("09/03/2022", "1,001")))
    told = ask(shelf, "cell_history", key="", month="2022-03")
    assert {(row["family"], row["month"], row["times_stated"]) for row in told} == {
        ("weekly", "2022-03-09", 1), ("weekly", "2022-03-02", 1), ("workbook_england", "2022-03-01", 2),
        ("age_sex", "2022-03-01", 1),
    }  # fmt: skip


def test_a_confirmed_cell_names_the_first_and_the_last_release_that_stated_it(shelf):
    """Stated in March and again in April: twice, from the one release to the other; of a week likewise."""
    two_workbooks(shelf)
    shelf.hand_in("a", "2022-05-01", "dashboard.csv", dashboard(("02/03/2022", "1,000")))
    ask_for = "SELECT times_stated, first_release, last_release FROM cell_confirmations WHERE month = ? AND family = ?"
    assert shelf.rows(ask_for, "2021-09-01", "workbook_england") == [
        (2, "march-2022 (2022-03-31)", "april-2022 (2022-04-28)"),
    ]  # fmt: skip
    assert shelf.rows(ask_for, "2022-03-02", "weekly") == [(1, "a (2022-05-01)", "a (2022-05-01)")]
    assert {row[0] for row in shelf.rows("SELECT family FROM confirmations")} >= {"workbook_england", "weekly"}


def test_a_number_in_two_sources_is_told_as_agreement(shelf):
    """England in the CSV and in the workbook of one release: two rows, each with its family, and both name both."""
    months = months_to("2022-04", 2)
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_age_gen_Apr_2022.csv", age_gen(months))
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04"))
    ((total,),) = shelf.rows("SELECT opt_outs FROM workbook_england_latest WHERE month = '2022-04-01'")
    told = ask(shelf, "check_number", number=str(total))
    assert [row["family"] for row in told] == ["age_sex", "workbook_england"]
    assert {row["sources_that_agree"] for row in told} == {"age_sex, workbook_england"}
