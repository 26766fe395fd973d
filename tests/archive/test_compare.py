"""Stories of comparing two vintages: value, printed text and label are told apart, and only what both cover is compared."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.compare import Difference, compare
from archive.errors import ArchiveError
from archive.site.compose import question_sql
from tests.archive.made_vintages import Shelf
from tests.made_up import AUTHORITIES, DORSET, PRACTICES, age_gen, months_to, reg_geo, res_geo

MONTHS = months_to("2021-09", 3)
AGE, REG, RES = "NDOP_age_gen_Sep_2021.csv", "NDOP_reg_geo_Sep_2021.csv", "NDOP_res_geo_Sep_2021.csv"


@pytest.fixture
def shelf(tmp_path):
    """An empty reading copy."""
    made = Shelf(tmp_path)
    yield made
    made.db.close()


def two(shelf, name, before, after):
    """Two releases, each with one file."""
    shelf.put_in("2021-09-30", {name: before})
    shelf.put_in("2021-10-30", {name: after})


def counts(found):
    """Rows that differ, by class."""
    return found.value.rows, found.text.rows, found.label.rows, found.dropped.rows, found.added.rows


@pytest.mark.parametrize("turned", [False, True])
def test_the_real_files_of_july_2021_and_april_2022(shelf, real, turned):
    """117 shared rows: no value differs, 51 printed texts do, and 3 labels, whichever way round the question is put."""
    shelf.put_in("2021-07-30", {"NDOP_age_gen_Jul_2021.csv": real("NDOP_age_gen_Jul_2021.csv")})
    shelf.put_in("2022-04-28", {"NDOP_age_gen_Apr_2022.csv": real("NDOP_age_gen_Apr_2022.csv")})
    found = compare(shelf.db, "age_sex", *((2, 1) if turned else (1, 2)))
    assert (found.shared_rows, counts(found)) == (117, (0, 51, 3, 0, 0))
    assert found.months == ("2021-05-01", "2021-06-01", "2021-07-01")
    assert {cell.field for cell in found.text.cells} == {"rate"}
    assert {(cell.before, cell.after) for cell in found.label.cells} == {("10-19", "Oct-19")}


def test_a_planted_change_of_one_cell_is_that_and_nothing_else(shelf):
    """One count of one month differs by one: one row in the class of values, none in any other."""
    cell = (MONTHS[1], "All", "All")
    two(shelf, AGE, age_gen(MONTHS, cells={cell: (3_000_000, 0)}), age_gen(MONTHS, cells={cell: (3_000_001, 0)}))
    found = compare(shelf.db, "age_sex", 1, 2)
    assert counts(found) == (1, 0, 0, 0, 0)
    assert found.value.cells == ((MONTHS[1], "all, all", "opt_outs", 3_000_000, 3_000_001),)


def test_a_row_that_differs_in_two_cells_is_one_row(shelf):
    """Rows are counted, cells are listed: a practice whose count and list size both moved is one row and two cells."""
    cells = {("Z90001", MONTHS[0]): (10, 100)}
    two(shelf, REG, reg_geo(MONTHS, cells=cells), reg_geo(MONTHS, cells={("Z90001", MONTHS[0]): (11, 101)}))
    found = compare(shelf.db, "practices", 1, 2)
    assert counts(found) == (1, 0, 0, 0, 0)
    assert [(cell.field, cell.before, cell.after) for cell in found.value.cells] == [
        ("list_size", 100, 101),
        ("opt_outs", 10, 11),
    ]


def test_a_spreadsheet_that_spoils_labels_spoils_no_value(shelf):
    """`Oct-19` and rates cut short are labels and text: three rows a month are both, and no value differs."""
    two(shelf, AGE, age_gen(MONTHS), age_gen(MONTHS, damaged=MONTHS))
    found = compare(shelf.db, "age_sex", 1, 2)
    assert found.value.rows == 0
    assert found.label.rows == 3 * len(MONTHS)
    assert found.text.rows > 0


@pytest.mark.parametrize("spelled", [b",0300,", b",300,"])
def test_a_count_printed_otherwise_is_text_in_either_direction(shelf, spelled):
    """A plain count has no text of its own kept; printed 0300 before or after, it differs as text and not as a value."""
    plain = reg_geo(MONTHS[:1], cells={("Z90001", MONTHS[0]): (300, 9_000)})
    odd = plain.replace(b",300,", b",0300,")
    two(shelf, REG, *((odd, plain) if spelled == b",300," else (plain, odd)))
    found = compare(shelf.db, "practices", 1, 2)
    assert counts(found) == (0, 1, 0, 0, 0)
    assert {found.text.cells[0].before, found.text.cells[0].after} == {"300", "0300"}


def test_a_renamed_practice_differs_in_its_label_in_every_month(shelf):
    """A new name is told as a label, with both names, and never as a restatement."""
    renamed = (PRACTICES[0]._replace(name="MADE-UP NEW SURGERY"), *PRACTICES[1:])
    two(shelf, REG, reg_geo(MONTHS), reg_geo(MONTHS, practices=renamed))
    found = compare(shelf.db, "practices", 1, 2)
    assert counts(found) == (0, 0, len(MONTHS), 0, 0)
    assert found.label.cells[0][1:] == ("Z90001", "name", "MADE-UP SURGERY", "MADE-UP NEW SURGERY")


def test_a_name_that_changes_in_one_month_only_is_told_for_that_month(shelf):
    """A file may bear two names for one practice; comparing with one that bears the newer throughout, one month differs."""
    renamed = (PRACTICES[0]._replace(name="MADE-UP NEW SURGERY"), *PRACTICES[1:])
    old, new = reg_geo(MONTHS[1:]), reg_geo(MONTHS[:1], practices=renamed)
    mixed = new + old.split(b"\r\n", 1)[1]
    two(shelf, REG, mixed, reg_geo(MONTHS, practices=renamed))
    found = compare(shelf.db, "practices", 1, 2)
    assert counts(found) == (0, 0, len(MONTHS) - 1, 0, 0)
    assert MONTHS[0] not in {cell.month for cell in found.label.cells}


def test_a_practice_that_moves_takes_its_areas_with_it(shelf):
    """Another sub-ICB is a label of the practice; the sums of both areas differ in value, and no area is renamed."""
    moved = (PRACTICES[0]._replace(sub_icb=DORSET), *PRACTICES[1:])
    two(shelf, REG, reg_geo(MONTHS[:1]), reg_geo(MONTHS[:1], practices=moved))
    assert counts(compare(shelf.db, "practices", 1, 2)) == (0, 0, 1, 0, 0)
    found = compare(shelf.db, "areas", 1, 2)
    assert {cell.key.split()[0] for cell in found.value.cells} == {"sub_icb", "icb", "region"}
    assert counts(found) == (6, 0, 0, 0, 0)


def test_a_renamed_authority_is_a_label_of_the_area_and_of_its_lsoas(shelf):
    """Sums are the same; the authority's name and that of each of its LSOAs' labels differ."""
    renamed = (AUTHORITIES[0]._replace(name="Mansfield Town"), *AUTHORITIES[1:])
    cells = {(one.name, month): 900 for one in (*AUTHORITIES, *renamed) for month in MONTHS}
    two(shelf, RES, res_geo(MONTHS, cells=cells), res_geo(MONTHS, authorities=renamed, cells=cells))
    areas = compare(shelf.db, "areas", 1, 2)
    assert counts(areas) == (0, 0, len(MONTHS), 0, 0)
    assert areas.label.cells[0][2:] == ("name", "Mansfield", "Mansfield Town")
    assert counts(compare(shelf.db, "lsoas", 1, 2)) == (0, 0, 3 * len(MONTHS), 0, 0)


def test_rows_that_went_and_came_are_neither_values_nor_zeros(shelf):
    """A practice that closed and one that opened are told as dropped and added, month by month."""
    two(shelf, REG, reg_geo(MONTHS, practices=PRACTICES[:4]), reg_geo(MONTHS, practices=PRACTICES[1:]))
    found = compare(shelf.db, "practices", 1, 2)
    # The figures of the others move too, because made-up ones follow the practice's place in the list.
    assert (found.dropped.rows, found.added.rows) == (3, 3)
    assert found.shared_rows == 4 * 3
    assert {cell.key for cell in found.dropped.cells} == {"Z90001"}
    assert {cell.key for cell in found.added.cells} == {"Z90005"}


def test_months_that_only_one_covers_are_not_compared(shelf):
    """A month that fell out of the window did not change, and was not dropped either."""
    two(shelf, RES, res_geo(months_to("2021-08", 3)), res_geo(months_to("2021-09", 3)))
    found = compare(shelf.db, "lsoas", 1, 2)
    assert found.months == ("2021-07-01", "2021-08-01")
    assert counts(found) == (0, 0, 0, 0, 0)


def test_a_bound_shortens_the_list_and_never_the_count(shelf):
    """At most one cell is told; all rows are counted."""
    two(shelf, RES, res_geo(MONTHS), res_geo(MONTHS, cells={("Mansfield", month): 6 for month in MONTHS}))
    found = compare(shelf.db, "lsoas", 1, 2, most=1)
    assert len(found.value.cells) == 1
    assert found.value.rows == 3 * len(MONTHS)


def test_what_is_not_there_is_refused_by_name(shelf):
    """An unknown family and an unknown vintage are errors that name what was found and what was expected."""
    with pytest.raises(ArchiveError, match=r"found 3; expected one that is loaded, and none is"):
        compare(shelf.db, "lsoas", 3, 1)
    shelf.put_in("2021-09-30", {RES: res_geo(MONTHS)})
    with pytest.raises(ArchiveError, match=r"found 3; expected a number from 1 to 1"):
        compare(shelf.db, "lsoas", 1, 3)
    with pytest.raises(ArchiveError, match=r"found 'lsoa'; expected one of age_sex"):
        compare(shelf.db, "lsoa", 1, 1)


def test_what_ended_between_two_releases_is_found_through_an_index(shelf):
    """No span table is read whole: each is entered by the index of what ended, or by month and place."""
    two(shelf, RES, res_geo(MONTHS), res_geo(MONTHS, cells={("Mansfield", MONTHS[0]): 6}))
    plan = shelf.rows(
        "EXPLAIN QUERY PLAN " + question_sql()["compare_vintages"].replace(":a", "?1").replace(":b", "?2")
        .replace(":family", "?3"), "1", "2", "lsoas",
    )  # fmt: skip
    steps = [str(row[3]) for row in plan]
    for table in ("age_sex", "practices", "lsoas", "areas"):
        assert any(f"INDEX {table}_superseded" in step for step in steps)
    assert not [step for step in steps if step.startswith("SCAN") and step.split()[1] in {"o", "n", "l"}]


def test_figures_restated_between_two_releases_are_the_values_that_differ(shelf):
    """Every family, any two of three releases, either way round: what `compare` has in its class of values, in its order."""
    bodies = (
        {AGE: age_gen(MONTHS), REG: reg_geo(MONTHS), RES: res_geo(MONTHS)},
        {
            AGE: age_gen(MONTHS, totals={MONTHS[0]: 3_264_301}),
            REG: reg_geo(MONTHS, cells={(PRACTICES[0].code, MONTHS[1]): (7, 99)}),
            RES: res_geo(MONTHS, cells={("Mansfield", MONTHS[0]): 6}),
        },
        {AGE: age_gen(MONTHS[1:]), REG: reg_geo(MONTHS), RES: res_geo(MONTHS[:2], cells={("Mansfield", MONTHS[1]): 8})},
    )
    for number, files in enumerate(bodies, start=1):
        shelf.put_in(f"2021-10-{number:02d}", files)
    found = {
        (family, a, b): _restated_between(shelf, family, a, b)
        for family in ("age_sex", "practices", "lsoas", "areas")
        for a, b in itertools.permutations((1, 2, 3), 2)
    }
    assert found == {asked: list(compare(shelf.db, *asked).value.cells) for asked in found}
    assert all(found[family, 1, 2] for family in ("age_sex", "practices", "lsoas", "areas"))
    assert found["practices", 1, 3] == []


def test_figures_restated_between_two_releases_are_found_through_an_index(shelf):
    """As above: a question about two releases never reads the months whole, nor all neighbourhoods for their codes."""
    two(shelf, RES, res_geo(MONTHS), res_geo(MONTHS, cells={("Mansfield", MONTHS[0]): 6}))
    asked = {"a": "1", "b": "2", "family": "lsoas", "month": "", "key": ""}
    plan = shelf.db.execute("EXPLAIN QUERY PLAN " + question_sql()["restated_between"], asked).fetchall()
    steps = [str(row[3]) for row in plan]
    assert any("USING COVERING INDEX lsoas_superseded" in step for step in steps)
    assert not [step for step in steps if step.startswith("SCAN") and step.split()[1] in {"o", "n"}]


def test_the_history_of_a_cell_is_one_look_up(shelf):
    """Stated three times and never changed; stated three times and changed once; each with the day of its last confirmation."""
    for day, total in (("2021-09-30", 3_264_327), ("2021-10-30", 3_264_327), ("2022-04-28", 3_264_301)):
        shelf.put_in(day, {AGE: age_gen(MONTHS, totals={MONTHS[0]: total})})
    asked = {"key": "", "month": ""}
    told = [dict(row) for row in shelf.db.query(question_sql()["cell_history"], asked)]
    assert [row["in_words"] for row in told] == [
        "Stated in 3 releases, changed once, last confirmed 28 April 2022.",
        "Stated in 3 releases, never changed, last confirmed 28 April 2022.",
        "Stated in 3 releases, never changed, last confirmed 28 April 2022.",
    ]
    assert (told[0]["month"], told[0]["difference"]) == (MONTHS[0], -26)


LETTERS = ("A", "B")
PRACTICE = st.tuples(st.integers(1, 3), st.sampled_from(LETTERS), st.booleans())
"""(opt-outs, name, whether the list size is printed with a zero before it)."""
RELEASE = st.dictionaries(
    st.sampled_from(MONTHS), st.dictionaries(st.sampled_from(PRACTICES[:3]), PRACTICE, min_size=1), min_size=1
)


def as_body(release):
    """The file of one release."""
    bodies = []
    for month, cells in sorted(release.items(), reverse=True):
        named = tuple(one._replace(name=cells[one][1]) for one in PRACTICES[:3] if one in cells)
        body = reg_geo([month], practices=named, cells={(one.code, month): (cells[one][0], 99) for one in cells})
        for one, (_, _, odd) in cells.items():
            body = b"\r\n".join(
                line[:-2] + b"099" if odd and one.code.encode() in line else line for line in body.split(b"\r\n")
            )
        bodies.append(body)
    return bodies[0] + b"".join(body.split(b"\r\n", 1)[1] for body in bodies[1:])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RELEASE, min_size=2, max_size=4))
def test_every_pair_of_vintages_compares_as_a_plain_model_does(tmp_path_factory, releases):
    """Random releases of three practices: each class of each pair, older first or not, is what two dictionaries give."""
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    for number, release in enumerate(releases, start=1):
        shelf.put_in(f"2021-10-{number:02d}", {REG: as_body(release)})
    for older, newer in itertools.combinations(range(len(releases)), 2):
        before, after = releases[older], releases[newer]
        shared = before.keys() & after.keys()
        both = [
            (month, one.code, before[month][one], after[month][one])
            for month in shared
            for one in before[month].keys() & after[month].keys()
        ]
        found = compare(shelf.db, "practices", newer + 1, older + 1)
        assert _rows(found.value) == {(m, code) for m, code, old, new in both if old[0] != new[0]}
        assert _rows(found.label) == {(m, code) for m, code, old, new in both if old[1] != new[1]}
        assert _rows(found.text) == {(m, code) for m, code, old, new in both if old[2] != new[2]}
        assert _rows(found.dropped) == {(m, one.code) for m in shared for one in before[m].keys() - after[m].keys()}
        assert _rows(found.added) == {(m, one.code) for m in shared for one in after[m].keys() - before[m].keys()}
        assert found.shared_rows == len(both) + len(shared)
        assert _restated_between(shelf, "practices", newer + 1, older + 1) == list(found.value.cells)
    shelf.db.close()


def _restated_between(shelf, family, a, b):
    """The cells of the question that tells of figures alone, as `compare` tells its class of values."""
    asked = {"a": str(a), "b": str(b), "family": family, "month": "", "key": ""}
    rows = shelf.db.query(question_sql()["restated_between"], asked)
    return [
        Difference(*(row[name] for name in ("month", "key", "measure", "stated_before", "stated_after")))
        for row in rows
    ]


def _rows(differences):
    rows = {(cell.month, cell.key) for cell in differences.cells}
    assert len(rows) == differences.rows
    return rows
