"""Stories of the cross-checks: what must add up is looked at for every vintage, and what does not is told and never mended."""

from __future__ import annotations

from collections import Counter

import pytest

from archive.checks import remake_checks, rules
from archive.reading_copy import transaction
from tests.archive.made_vintages import Shelf
from tests.made_up import age_gen, months_to, reg_geo, res_geo

MONTHS = months_to("2021-09", 3)
AGE, REG, RES = "NDOP_age_gen_Sep_2021.csv", "NDOP_reg_geo_Sep_2021.csv", "NDOP_res_geo_Sep_2021.csv"


@pytest.fixture
def shelf(tmp_path):
    """An empty reading copy."""
    made = Shelf(tmp_path)
    yield made
    made.db.close()


def checked(shelf, vintages=None):
    """Make the checks; how many of each rule gave which result."""
    with transaction(shelf.db):
        remake_checks(shelf.db, vintages)
    return Counter((str(rule), str(result)) for rule, result in shelf.rows("SELECT rule, result FROM checks"))


def everything(shelf):
    """All rows of checks."""
    return shelf.rows("SELECT * FROM checks ORDER BY vintage, rule, family, month, parts")


def test_the_real_files_hold_but_for_three_falls(shelf, real):
    """All identities hold in both files, and England's falls from November 2020 to February 2021 are told without alarm."""
    for day, name in (("2021-07-30", "NDOP_age_gen_Jul_2021.csv"), ("2022-04-28", "NDOP_age_gen_Apr_2022.csv")):
        shelf.put_in(day, {name: real(name)})
    found = checked(shelf)
    assert {pair: count for pair, count in found.items() if pair[1] != "ok"} == {("england_does_not_fall", "warn"): 3}
    assert found["ages_add_up", "ok"] == found["sexes_add_up", "ok"] == 2 * 24
    assert found["ages_of_each_sex_add_up", "ok"] == 4 * 24
    assert found["deceased_add_up", "ok"] == found["rates_fit", "ok"] == 24
    assert found["cells_moved", "ok"] == 3
    falls = shelf.rows(
        "SELECT month, difference, severity FROM checks WHERE rule = 'england_does_not_fall' AND result = 'warn' ORDER BY 1"
    )
    assert falls == [("2020-12-01", -307, "info"), ("2021-01-01", -271, "info"), ("2021-02-01", -548, "info")]


@pytest.mark.parametrize(
    ("cell", "broken"),
    [
        (("2021-09-01", "30-39", "All"), {"ages_add_up"}),
        (("2021-09-01", "30-39", "Female"), {"ages_of_each_sex_add_up"}),
        (("2021-09-01", "All", "Unknown / Prefer not to say"), {"sexes_add_up"}),
        (("2021-09-01", "All deceased", "Female"), {"deceased_add_up"}),
    ],
)
def test_a_part_that_is_off_by_one_breaks_its_own_sum_alone(shelf, cell, broken):
    """One figure one too high fails the rule that adds it up, in its month, and is told with both numbers."""
    whole = age_gen(MONTHS)
    row = next(line for line in whole.decode().split("\r\n") if line.startswith(f"01/09/2021,{cell[1]},{cell[2]},"))
    texts = row.split(",")
    opt_outs, list_size = int(texts[3]) + 1, int(texts[4])
    shelf.put_in("2021-09-30", {AGE: age_gen(MONTHS, cells={cell: (opt_outs, list_size)})})
    checked(shelf)
    failed = shelf.rows("SELECT rule, month, difference, sentence FROM checks WHERE result = 'fail'")
    assert {row[0] for row in failed} == broken
    assert {row[1:3] for row in failed} <= {("2021-09-01", 1), ("2021-09-01", -1)}
    assert all("does not hold for" in str(row[3]) and "Expected" in str(row[3]) for row in failed)
    stated = shelf.rows("SELECT count(*) FROM age_sex_spans WHERE opt_outs = ?", opt_outs)
    assert stated[0][0] >= 1


def test_a_rate_that_does_not_fit_is_counted(shelf):
    """A printed rate that is not 100 times count by list fails, and the rate stays as it was printed."""
    body = age_gen(MONTHS[:1])
    row = next(line for line in body.split(b"\r\n") if b",All,Female," in line)
    shelf.put_in("2021-09-30", {AGE: body.replace(row, row.rsplit(b",", 1)[0] + b",77.7")})
    assert checked(shelf)["rates_fit", "fail"] == 1
    assert shelf.rows("SELECT count(*) FROM age_sex_spans WHERE rate = 77.7") == [(1,)]


def test_an_unreadable_part_cannot_be_checked_and_is_no_failure(shelf):
    """A sum over a cell that we could not read says so, rather than blaming the publisher."""
    body = age_gen(MONTHS)
    row = next(line for line in body.split(b"\r\n") if b"01/09/2021,30-39,All," in line)
    broken = b",".join([*row.split(b",")[:3], b"n/k", *row.split(b",")[4:]])
    shelf.put_in("2021-09-30", {AGE: body.replace(row, broken)})
    checked(shelf)
    told = shelf.rows(
        "SELECT result, sentence FROM checks WHERE rule = 'ages_add_up' AND month = '2021-09-01' AND parts LIKE 'opt-outs%'"
    )
    assert [row[0] for row in told] == ["warn"]
    assert "could not be checked" in str(told[0][1])


def test_practices_and_lsoas_are_held_against_england(shelf):
    """Practices that do not make up England fail; LSOAs that do not are worth a warning, since residence may differ."""
    practices = {(f"Z9000{n}", MONTHS[0]): (200_000 * n, 4_000_000 * n) for n in range(1, 6)}
    england = {MONTHS[0]: 3_002_000 + (2021 - 2020) * 12 + 8}
    lists = {MONTHS[0]: 60_000_000}
    files = {
        AGE: age_gen(MONTHS[:1], totals=england, list_sizes=lists),
        REG: reg_geo(MONTHS[:1], cells=practices),
        RES: res_geo(MONTHS[:1]),
    }
    shelf.put_in("2021-09-30", files)
    found = checked(shelf)
    assert found["practices_add_up", "ok"] == 2
    assert found["residents_add_up", "warn"] == 1
    shelf.put_in("2021-10-30", files | {REG: reg_geo(MONTHS[:1], cells=practices | {("Z90001", MONTHS[0]): (1, 1)})})
    checked(shelf)
    assert shelf.rows("SELECT difference FROM checks WHERE rule = 'practices_add_up' AND result = 'fail' ORDER BY 1") == [
        (-3_999_999,), (-199_999,),
    ]  # fmt: skip


def test_more_opt_outs_than_people_are_told_and_kept(shelf):
    """300 % at a practice of one patient is real: it is counted, and the figure stands."""
    shelf.put_in("2021-09-30", {REG: reg_geo(MONTHS[:1], cells={("Z90001", MONTHS[0]): (3, 1)})})
    assert checked(shelf)["rates_up_to_100", "warn"] == 1
    assert shelf.rows("SELECT opt_outs, list_size FROM practices_latest WHERE practice_code = 'Z90001'") == [(3, 1)]


def test_a_month_restated_as_a_whole_is_told(shelf):
    """One figure in twenty may move unremarked; a month in which most do is worth a warning."""
    shelf.put_in("2021-09-30", {RES: res_geo(MONTHS[:1])})
    shelf.put_in("2021-10-30", {RES: res_geo(MONTHS[:1], cells={("Mansfield", MONTHS[0]): 6})})
    assert checked(shelf) == {("cells_moved", "warn"): 1}
    assert shelf.rows("SELECT vintage, found, parts FROM checks") == [(2, 3, "13 figures")]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_checks_made_one_by_one_in_any_order_are_those_made_at_once(shelf, order):
    """Releases that come late are checked as if they had come in time, and so is the release that follows them."""
    bodies = {
        f"2021-{10 + n // 2}-{1 + n:02d}": {RES: res_geo(MONTHS, cells={("Mansfield", MONTHS[0]): 6 * (n % 3)})}
        for n in range(4)
    }
    for day in (list(bodies)[n] for n in order):
        number = shelf.put_in(day, bodies[day])
        checked(shelf, [number])
    one_by_one = everything(shelf)
    assert len(one_by_one) == 3 * len(MONTHS)
    checked(shelf)
    assert everything(shelf) == one_by_one


def test_every_rule_says_what_it_holds_to():
    """Each file of rules begins with its weight and a sentence."""
    assert len(rules()) >= 10
    for rule in rules():
        assert rule.severity in {"error", "warning", "info"}, rule.name
        assert rule.what[0].isupper(), rule.name
        assert not rule.what.endswith("."), rule.name
