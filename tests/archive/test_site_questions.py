"""The questions of metadata.json, asked of a filled archive; and every table walked to its last row."""

from __future__ import annotations

import sqlite3
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archive.metadata import metadata
from tests.archive.made_site import APRIL, filled_archive
from tests.archive.visitor import Visitor

OPTOUTS = metadata()["databases"]["optouts"]
LISTED = sorted(name for name, table in OPTOUTS["tables"].items() if not table.get("hidden"))
ASKED = {"find_place": "q=mansfield", "practice_series": "practice=z90001", "check_number": "number=4,097"}
"""Questions that give nothing until a reader has typed something."""


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks a filled archive."""
    with Visitor(filled_archive(tmp_path_factory.mktemp("filled"))) as one:
        yield one


def ask(visitor, question, **values):
    """Rows of one question."""
    query = "&".join(f"{name}={value}" for name, value in values.items())
    return visitor.rows(f"/optouts/{question}.json?_shape=array&{query}")


@pytest.mark.parametrize("name", OPTOUTS["queries"])
def test_every_question_answers(visitor, name):
    """Each question gives rows on a filled archive, as JSON and as a page whose title is the question's."""
    assert visitor.rows(f"/optouts/{name}.json?_shape=array&{ASKED.get(name, '')}")
    page = visitor.get(f"/optouts/{name}?{ASKED.get(name, '')}")
    assert page.status_code == 200
    assert f"<title>{OPTOUTS['queries'][name]['title']}" in page.text


@pytest.mark.parametrize(
    ("area", "end", "change", "share"),
    [
        ("Mansfield", 4_097, 1_757, 43),
        ("E07000170", 3_463, 2_213, 64),
        ("newark and sherwood", 6_898, 2_001, 29),
        ("Bournemouth, Christchurch and Poole", 27_144, 9_056, 33),
    ],
)
def test_the_newspapers_stories_come_out(visitor, area, end, change, share):
    """The figures that newspapers printed in October 2021, by name in any case or by code, with England beside them."""
    (row,) = ask(visitor, "area_change", area=area, from_month="2021-05", to_month="2021-09-01")
    assert (row["opt_outs_at_end"], row["net_change"], row["share_of_total_percent"]) == (end, change, share)
    assert row["share_of_total_percent_one_decimal"] == round(100 * change / end, 1)
    assert (row["england_share_of_total_percent"], row["england_at_start"]) == (49, 1_650_335)
    assert row["published_for_end"] == "2021-09-30"
    assert len(row["file_sha256_for_end"]) == 64
    assert row["counted"] == "people who live there"
    assert row["note"] is None


def test_an_area_that_is_left_empty_is_england_over_the_last_year(visitor):
    """The defaults are those that the question's description promises."""
    (row,) = ask(visitor, "area_change")
    assert (row["area"], row["from_month"], row["to_month"]) == ("England", "2021-04-01", "2022-04-01")


def test_a_name_of_several_areas_gives_a_row_for_each(visitor, tmp_path):
    """Where an authority and a board bear one name, the reader sees both and what each counts."""
    directory = filled_archive(tmp_path / "twins")
    with sqlite3.connect(directory / "optouts.db") as copy:
        copy.execute("UPDATE places SET name = 'Ashfield' WHERE kind = 'icb' AND code = 'QT1'")
    copy.close()
    with Visitor(directory) as other:
        rows = ask(other, "area_change", area="Ashfield")
    assert [row["kind"] for row in rows] == ["icb", "local authority"]
    assert len({row["counted"] for row in rows}) == 2


def test_an_unknown_month_is_unknown_and_not_zero(visitor):
    """A month that no release states leaves its figures empty and says so; a month that is none says how to write one."""
    (row,) = ask(visitor, "area_change", area="Mansfield", from_month="2016-01", to_month="2021-09")
    assert (row["opt_outs_at_start"], row["net_change"]) == (None, None)
    assert "no release states it" in row["note"]
    (row,) = ask(visitor, "area_change", area="Mansfield", from_month="May", to_month="2021-09")
    assert "write it like 2021-09" in row["note"]


def test_a_series_tells_each_months_change_and_release(visitor):
    """An area month by month, every row with the release and the file that state it."""
    rows = ask(visitor, "area_series", area="Mansfield")
    assert [row["month"] for row in rows] == sorted(row["month"] for row in rows)
    by_month = {row["month"]: row for row in rows}
    assert by_month["2021-09-01"]["opt_outs"] == 4_097
    assert all(row["release"] and row["published_on"] and row["file_sha256"] for row in rows)
    assert rows[0]["change_since_row_above"] is None
    assert rows[1]["change_since_row_above"] == rows[1]["opt_outs"] - rows[0]["opt_outs"]


def test_as_of_gives_what_was_then_stated(visitor):
    """England in September 2021 before and after the restatement of April 2022, by day and by number of vintage."""

    def england(as_of):
        rows = ask(visitor, "age_sex_as_of", as_of=as_of, month="2021-09", age_band="all")
        return {row["opt_outs"] for row in rows if row["sex"] == "all"}

    assert england("2021-12-31") == england("1") == {3_264_327}
    assert england("2022-04-28") == england("2") == england("") == {3_264_300}
    assert england("2020-01-01") == england("someday") == set()


@pytest.mark.parametrize(
    ("family", "key"), [("practices", "practice_code"), ("lsoas", "lsoa_code"), ("areas", "area_code")]
)
def test_as_of_can_be_asked_of_every_family(visitor, family, key):
    """One month as of a day names only that month, and a code names only that place."""
    rows = ask(visitor, f"{family}_as_of", as_of="2022-01-01", month="2021-09")
    assert {row["month"] for row in rows} == {"2021-09-01"}
    one = ask(visitor, f"{family}_as_of", as_of="2022-01-01", month="2021-09", **{key: rows[0][key].lower()})
    assert {row[key] for row in one} <= {rows[0][key], rows[0][key].upper()}


def test_releases_known_on_a_day_forget_what_came_later(visitor):
    """In October 2021 one release was out; England's figure is the one then stated."""
    (row,) = ask(visitor, "releases_known_on", day="2021-10-15")
    assert (row["published_on"], row["england_opt_outs_as_then_known"]) == ("2021-09-30", 3_264_327)
    assert [row["published_on"] for row in ask(visitor, "releases_known_on")] == ["2022-04-28", "2021-09-30"]
    assert ask(visitor, "releases_known_on", day="2019-01-01") == []


def test_restated_shows_old_and_new_with_their_releases(visitor):
    """England in September 2021 was restated by 27, and the practice by what its file says."""
    rows = ask(visitor, "restated", month="2021-09", family="age_sex", key="all, all")
    (row,) = [one for one in rows if one["measure"] == "opt_outs"]
    assert (row["stated_before"], row["stated_after"], row["difference"]) == (3_264_327, 3_264_300, -27)
    assert (row["published_before"], row["published_after"]) == ("2021-09-30", "2022-04-28")
    assert {one["family"] for one in ask(visitor, "restated", family="practices")} == {"practices"}


def test_restated_between_asks_for_two_releases_by_their_days(visitor):
    """What was said in October 2021 beside what is said now; a month, a family and a part of a key narrow it down."""
    asked = {"a": "2021-10-15", "b": "2022-05-01", "month": "2021-09", "family": "age_sex", "key": "all, all"}
    rows = {row["measure"]: row for row in ask(visitor, "restated_between", **asked)}
    row = rows["opt_outs"]
    assert (row["stated_before"], row["stated_after"], row["difference"]) == (3_264_327, 3_264_300, -27)
    assert (row["month"], row["family"], row["key"]) == ("2021-09-01", "age_sex", "all, all")
    assert ("2021-09-30" in row["release_before"], "2022-04-28" in row["release_after"]) == (True, True)
    everything = ask(visitor, "restated_between")
    assert row in everything
    assert {one["family"] for one in everything} == {"age_sex", "practices", "areas"}
    assert ask(visitor, "restated_between", a="2019-01-01") == []


def test_months_covered_by_both_releases_say_so(visitor):
    """September 2021 to April 2021 are stated twice, the ends once."""
    rows = {row["month"]: row for row in ask(visitor, "coverage_of_months")}
    assert rows["2021-09-01"]["releases_with_lsoas"] == 2
    assert rows[APRIL[0]]["releases_with_age_and_sex"] == 1


def test_files_not_read_say_why(visitor):
    """The odd file and the workbook are listed with their reasons; what was read is not."""
    rows = {row["file_name"]: row for row in ask(visitor, "files_not_read")}
    assert set(rows) == {"NDOP_odd.csv", "NDOP_sum_Sep_2021.xlsx"}
    assert all(row["why"] for row in rows.values())


@pytest.mark.parametrize("words", ["mans", "Mansfield", "E07000174", "ZZ1", "bournemouth poole", "made-up surg"])
def test_a_place_is_found_by_the_beginning_of_what_it_is_called(visitor, words):
    """Names, codes and postcodes, whole or begun, in any case."""
    rows = ask(visitor, "find_place", q=words.replace(" ", "+"))
    assert rows
    assert visitor.get(rows[0]["month_by_month"]).status_code == 200


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(codec="utf-8"), max_size=20) | st.text(alphabet='"*^():-+ ANDORT\x00', max_size=12))
@example(words="\x00")
@example(words='"\n:')
@example(words="")
def test_nothing_typed_into_the_search_box_is_an_error(visitor, words):
    """Quotes, stars, operators and odd characters find something or nothing, and never break."""
    answer = visitor._loop.run_until_complete(
        visitor.site.client.get("/optouts/find_place.json", params={"q": words, "_shape": "array"})
    )
    assert answer.status_code == 200, (words, answer.text)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """A filled archive whose listed tables have many rows alike, which is where paging goes wrong."""
    directory = filled_archive(tmp_path_factory.mktemp("crowded"))
    copy = sqlite3.connect(directory / "optouts.db")
    for table, key in (("captures", "capture_id"), ("findings", "finding_id"), ("polls", "poll_id")):
        names = ", ".join(row[1] for row in copy.execute(f"PRAGMA table_info({table})") if row[1] != key)
        for _ in range(3):
            copy.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {table}")
    copy.commit()
    copy.close()
    with Visitor(directory) as one:
        yield one


def walked(visitor, table, query, size):
    """Every row on every page, from the first to the last."""
    path, found = f"/optouts/{table}.json?_shape=objects&_size={size}{query}", []
    while path:
        answer = visitor.get(path).json()
        found += [tuple(row.values()) for row in answer["rows"]]
        path = "/optouts/" + answer["next_url"].partition("/optouts/")[2] if answer["next_url"] else None
    return Counter(found)


@pytest.mark.parametrize("table", LISTED)
def test_walking_a_table_meets_every_row_once(crowded, table):
    """To the last page, in default order and by each sortable column both ways: no row is lost, none comes twice."""
    copy = sqlite3.connect(crowded.directory / "optouts.db")
    every = Counter(copy.execute(f"SELECT * FROM [{table}]").fetchall())
    copy.close()
    size = max(3, every.total() // 5)
    orders = [
        f"&{way}={column}" for column in OPTOUTS["tables"][table]["sortable_columns"] for way in ("_sort", "_sort_desc")
    ]
    for order in ("", *orders):
        assert walked(crowded, table, order, size) == every, f"{table}{order}"
