"""Stories of places that only the workbook or the dashboard knows: found by name, code and ONS code, with who holds them."""

from __future__ import annotations

import json

import pytest

from archive.database import open_evidence
from archive.reading_copy import digest, transaction
from archive.site.compose import question_sql
from archive.stated_places import add_stated_places
from tests.archive.made_deposits import Deposits, dashboard
from tests.made_up import NOTTS, PRACTICES, age_gen, months_to, reg_geo, summary_workbook

OLD, NEW = "NHS Shropshire, Telford and Wrekin CCG", "NHS Shropshire and Telford and Wrekin CCG"
NAMED_TWICE = "".join(
    f'{day},All,E38000257,M2L0M,"{name}",2.0,"{count}","40,000"\r\n'
    for day, name, count in (("26/05/2021", OLD, 800), ("02/06/2021", NEW, 810))
)


def find(shelf, words):
    """Everything that the search finds."""
    return [dict(row) for row in shelf.copy.query(question_sql()["find_place"], {"q": words})]


def workbook(shelf, month="2022-04", day="2022-04-28", **options):
    """Hand in a release workbook."""
    shelf.hand_in(f"release-{month}", day, f"NDOP_sum_{month}.xlsx", summary_workbook(month, **options))


@pytest.mark.parametrize("words", ["52R", "E38000243", "nottingham and", "NHS Nottingham and Nottinghamshire CCG"])
def test_an_area_that_only_the_workbook_knows_is_found(shelf, words):
    """By its ODS code, its ONS code and the beginning of its name; who holds it is told."""
    workbook(shelf)
    (found,) = find(shelf, words)
    assert (found["kind"], found["code"], found["ons_code"]) == ("ccg", "52R", "E38000243")
    assert json.loads(found["held_in"]) == ["workbook_areas"]
    assert (found["first_month"], found["last_month"]) == ("2022-04-01", "2022-04-01")


def test_a_practice_that_only_the_workbook_knows_leads_to_its_figures(shelf):
    """The link beside it opens what every source states of it, month by month."""
    workbook(shelf)
    (found,) = find(shelf, "Z90001")
    assert found["name"] == "MADE-UP SURGERY"
    path, _, key = found["month_by_month"].rpartition("=")
    assert path == "/optouts/cell_history?month=&key"
    told = [dict(row) for row in shelf.copy.query(question_sql()["cell_history"], {"key": key, "month": ""})]
    assert [(row["family"], row["month"], row["key"]) for row in told] == [
        ("workbook_practices", "2022-04-01", "Z90001"),
    ]  # fmt: skip


def test_a_name_that_drifted_is_found_under_both(shelf):
    """The dashboard bore another name for three weeks: one place, with the newest name first and the former one beside it."""
    shelf.hand_in("a", "2022-03-04", "dashboard.csv", dashboard(("26/05/2021", "1,000"), others=NAMED_TWICE))
    for words in ("Shropshire, Telford", "shropshire and telford", "M2L0M", "E38000257"):
        (found,) = find(shelf, words)
        assert (found["name"], found["other_names"], json.loads(found["held_in"])) == (NEW, OLD, ["weekly"])
        assert (found["first_month"], found["last_month"]) == ("2021-05-01", "2021-06-01")


def test_a_place_that_several_sources_hold_is_listed_once_and_names_them(shelf):
    """England and the practices stand in the monthly files and the workbook: one row, every family, the months of the files."""
    months = months_to("2022-03", 3)
    shelf.hand_in("march-2022", "2022-03-30", "NDOP_reg_geo_Mar_2022.csv", reg_geo(months))
    shelf.hand_in("march-2022", "2022-03-30", "NDOP_age_gen_Mar_2022.csv", age_gen(months))
    renamed = (PRACTICES[0]._replace(name="MADE-UP NEW SURGERY"), *PRACTICES[1:])
    workbook(shelf, practices=renamed)
    (practice,) = find(shelf, "Z90001")
    assert json.loads(practice["held_in"]) == ["practices", "workbook_practices"]
    assert (practice["name"], practice["other_names"]) == ("MADE-UP SURGERY", "MADE-UP NEW SURGERY")
    assert (practice["postcode"], practice["last_month"]) == ("ZZ1 1AA", "2022-03-01")
    assert practice["month_by_month"] == "/optouts/practice_series?practice=Z90001"
    england = next(row for row in find(shelf, "England") if row["kind"] == "england")
    assert json.loads(england["held_in"]) == ["age_sex", "areas", "workbook_age_sex", "workbook_england"]


def test_a_former_ons_code_is_found(shelf):
    """An area that kept its code under a new ONS code is found by either; the newest stands first."""
    old = NOTTS._replace(ons="E38000999")
    for day, month, sub in (("2022-03-30", "2022-03", old), ("2022-04-28", "2022-04", NOTTS)):
        moved = tuple(one._replace(sub_icb=sub) if one.sub_icb == NOTTS else one for one in PRACTICES)
        workbook(shelf, month, day, layout="2023", practices=moved)
    (found,) = find(shelf, "E38000999")
    assert (found["kind"], found["code"], found["ons_code"], found["other_codes"]) == (
        "sub icb", "52R", "E38000243", "E38000999",
    )  # fmt: skip


def test_no_row_that_is_no_place_is_listed(shelf):
    """Age groups, sexes and people without a practice are rows of the sources and no places to look for."""
    workbook(shelf)
    shelf.hand_in("a", "2022-05-04", "dashboard.csv", dashboard(("26/05/2021", "1,000")))
    kinds = {kind for (kind,) in shelf.rows("SELECT DISTINCT kind FROM places")}
    assert kinds == {"england", "ccg", "practice"}


def test_the_list_is_the_same_in_any_order_and_when_made_twice(shelf, tmp_path):
    """Order of arrival, a rebuild, and adding what is there already make no difference."""
    months = months_to("2022-03", 3)
    files = [
        ("march-2022", "2022-03-30", "NDOP_reg_geo_Mar_2022.csv", reg_geo(months)),
        ("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04")),
        ("a", "2022-05-04", "dashboard.csv", dashboard(("26/05/2021", "1,000"), others=NAMED_TWICE)),
    ]
    for file in files:
        shelf.hand_in(*file)
    made = digest(shelf.copy)
    with transaction(shelf.copy):
        add_stated_places(shelf.copy)
    assert digest(shelf.copy) == made
    shelf.rebuild()
    assert digest(shelf.copy) == made
    with open_evidence(tmp_path / "other", create=True) as evidence:
        (tmp_path / "copies").mkdir()
        other = Deposits(evidence, tmp_path / "copies")
        for file in reversed(files):
            other.hand_in(*file)
        assert digest(other.copy) == made
        other.copy.close()
