"""Every null carries a reason, in every view and in every answer; and a reason stands beside nothing but a null."""

from __future__ import annotations

import re

import pytest

from archive.reading_copy import open_reading_copy, view_statements
from archive.site.compose import question_sql
from tests.archive.made_site import filled_archive

MEASURES = ("opt_outs", "list_size", "population", "rate", "deceased")
STATED = sorted(name for name in view_statements() if name.endswith(("_statements", "_first", "_latest")))
ANSWERS = sorted(name for name, sql in question_sql().items() if "why_empty" in sql)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A reading copy with figures of every family."""
    opened = open_reading_copy(filled_archive(tmp_path_factory.mktemp("filled")))
    yield opened
    opened.close()


def rows(copy, sql, values=None):
    """Rows of a statement of SQL, by column."""
    answer = copy.execute(sql, values or {})
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer]


@pytest.mark.parametrize("view", STATED)
def test_a_view_of_statements_has_a_reason_for_every_null(copy, view):
    """Each measure has its column of reasons: one of the five words where the measure is null, and nothing elsewhere."""
    told = rows(copy, f"SELECT * FROM {view}")
    assert told
    measures = [name for name in MEASURES if name in told[0]]
    assert measures
    for row in told:
        for name in measures:
            reasons = {"not_applicable", "unallocated", "not_published", "suppressed", "unreadable"}
            assert row[f"{name}_reason"] in (reasons if row[name] is None else {None}), (name, row)


def test_every_question_that_gives_stocks_has_the_column():
    """As of a day, the n-th time and every series: none leaves a null unexplained."""
    families = {name.removesuffix("_statements") for name in STATED if name.endswith("_statements")}
    asked = {name for name in ANSWERS if name.endswith(("_as_of", "_nth"))}
    assert asked == {f"{family}_{way}" for family in families if "deceased" not in family for way in ("as_of", "nth")}
    assert {"area_series", "area_series_now", "england_series", "practice_series", "weekly_series"} <= set(ANSWERS)


@pytest.mark.parametrize("question", ANSWERS)
def test_an_answer_has_a_reason_for_every_null(copy, question):
    """The n-th statement that is not there, a list size that is not published: words beside every empty figure."""
    for n in ("1", "2"):
        asked = {name: n if name == "n" else "" for name in re.findall(r":([a-z_]+)", question_sql()[question])}
        if question == "practice_series":
            asked["practice"] = "Z90001"
        told = rows(copy, question_sql()[question], asked)
        assert told
        for row in told:
            empty = any(row[name] is None for name in MEASURES if name in row)
            assert (row["why_empty"] is not None) == empty, row
