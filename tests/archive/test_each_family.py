"""Stories of SQL that is written once for all families: what is written out, what is refused, and that no family is forgotten."""

from __future__ import annotations

from importlib import resources

import pytest

from archive.each_family import measures_of, written_out
from archive.figures import FAMILY_KEYS
from archive.reading_copy import view_statements


def test_a_marked_part_is_written_once_for_each_member_and_joined():
    """The part is repeated with its words filled in; what stands before and after it stays as it is."""
    sql = "with x as (\n  -- for each family with labels:\n  select '{family}', p.{period}\n  -- end\n  )\nselect 1\n"
    first, second, *_ = written_out(sql).split("  union all\n")
    assert first == "with x as (\n  select 'practices', p.month_id\n"
    assert second.startswith("  select 'lsoas', p.month_id\n")
    assert written_out(sql).endswith("  )\nselect 1\n")
    assert written_out("select '{family}'") == "select '{family}'"


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("-- for each planet:\nselect 1\n-- end\n", "found no such group"),
        ("-- for each family:\nselect {colour}\n-- end\n", "found no such word"),
    ],
)
def test_a_slip_in_a_statement_is_named(sql, named):
    """An unknown group or word is an error of ours that says what there is, not a statement that fails on the site."""
    with pytest.raises(ValueError, match=named):
        written_out(sql)


def test_every_measure_of_every_family_can_be_restated():
    """The view of restatements has a part for each family and measure."""
    sql = view_statements()["restatements"]
    for family in FAMILY_KEYS:
        for measure in measures_of(family):
            assert f"'{family}' AS family" in sql
            assert f"'{measure}' AS measure" in sql
    assert sql.count("UNION ALL") + 1 == sum(len(measures_of(family)) for family in FAMILY_KEYS)


def test_no_part_is_left_open():
    """Every `for each` has its `end`: one that has none would be taken for a comment."""
    for folder in ("views", "views/each", "site/questions", "site/questions/each"):
        for file in resources.files("archive").joinpath(folder).iterdir():
            text = file.read_text(encoding="utf-8") if file.name.endswith(".sql") else ""
            assert "-- for each" not in written_out(text), file.name
