"""Stories of the quote checker: a number from a newspaper is found where it was published, or the nearest miss is named."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archive.quoted import mistyped, read_quoted, swapped
from archive.quotes import find_quote
from archive.site.compose import question_sql
from tests.archive.made_vintages import Shelf
from tests.made_up import PRACTICES, PUBLISHED, age_gen, months_to, reg_geo, res_geo

SEPTEMBER = months_to("2021-09", 12)


@pytest.fixture
def shelf(tmp_path):
    """An empty reading copy."""
    made = Shelf(tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def real_shelf(shelf, real):
    """The publisher's real files of July 2021 and April 2022."""
    for day, name in (("2021-07-30", "NDOP_age_gen_Jul_2021.csv"), ("2022-04-28", "NDOP_age_gen_Apr_2022.csv")):
        shelf.put_in(day, {name: real(name)})
    return shelf


def only(answer):
    """The one match of an answer that has no other."""
    (found,) = answer.found
    assert found.total == 1
    return found.matches[0]


def test_the_observers_figure_is_the_change_of_june_2021(real_shelf):
    """1,275,153 is found as England's rise from 1 June to 1 July 2021, with release, day and file hash in the sentence."""
    answer = find_quote(real_shelf.db, "1275153")
    match = only(answer)
    assert (match.reading, match.place, match.from_month, match.month) == (
        "change", "England", "2021-06-01", "2021-07-01",
    )  # fmt: skip
    assert (match.times_stated, match.last_confirmed_on) == (2, "2022-04-28")
    assert match.sources[0].published_on == "2021-07-30"
    for words in (
        "1 June to 1 July 2021",
        "published 30 July 2021",
        "NDOP_age_gen_Jul_2021.csv",
        match.sources[0].sha256,
    ):
        assert words in match.sentence
    assert answer.lines()[0] == "1275153: the change between two months, once."


def test_two_swapped_digits_are_a_miss_and_the_right_number_is_named(real_shelf):
    """One site printed 107,249 for May 2021; the files say 107,429."""
    answer = find_quote(real_shelf.db, "107249")
    assert not answer.is_published
    assert answer.lines()[0] == "107,249: not published; nearest 107,429 (1 May to 1 June 2021), two digits swapped."
    assert only(find_quote(real_shelf.db, "107,429")).from_month == "2021-05-01"


def test_the_canned_question_finds_the_same_change(real_shelf):
    """Readers of the site ask for a number too: England's changes and whatever stands as it is."""
    ask = question_sql()["check_number"]
    (row,) = real_shelf.db.query(ask, {"number": "1,275,153"})
    assert (row["reading"], row["from_month"], row["month"]) == (
        "a rise between two months",
        "2021-06-01",
        "2021-07-01",
    )
    (fall,) = real_shelf.db.query(ask, {"number": "307"})
    assert (fall["reading"], fall["month"]) == ("a fall between two months", "2020-12-01")
    assert list(real_shelf.db.query(ask, {"number": "107249"})) == []


@pytest.mark.parametrize(
    ("quote", "number"),
    [
        ("53,602", 53_602), ("108265", 108_265), ("283 689", 283_689), ("361,982", 361_982), ("291,394", 291_394),
        ("291,166", 291_166), ("225,445", 225_445), ("162,631", 162_631), ("60,268", 60_268),
    ],
)  # fmt: skip
def test_nine_of_nine_figures_of_the_parliamentary_evidence_are_found(real_shelf, quote, number):
    """DDA0067 quotes women by age group in April 2022; each stands in the file to the unit."""
    first = find_quote(real_shelf.db, quote).found[0].matches[0]
    assert (first.number, first.month, first.how) == (number, "2022-04-01", "")
    assert first.place.startswith("England, female sex, aged")


@pytest.mark.parametrize(
    ("quote", "month", "how"),
    [("3.3 million", "2022-04-01", "rounded"), ("over 3 million", "2022-04-01", "more than this"),
     ("nearly 3.04 million", "2021-07-01", "a little less than this"), ("1,615,700", None, "")],
)  # fmt: skip
def test_rounded_numbers_are_found_as_what_they_are(real_shelf, quote, month, how):
    """Newspapers round up, down and off; the sentence says which, and a number in full is not taken for a rounded one."""
    answer = find_quote(real_shelf.db, quote)
    if month is None:
        assert not answer.is_published
        return
    first = answer.found[0].matches[0]
    assert (first.place, first.month, first.how) == ("England", month, how)


def test_a_change_cut_off_is_found(real_shelf):
    """1.27 million is June 2021's 1,275,153 with the rest cut off, since rounded it would be 1.28."""
    assert only(find_quote(real_shelf.db, "1.27 million")).how == "cut off"
    assert only(find_quote(real_shelf.db, "1.28 million")).how == "rounded"


@pytest.mark.parametrize("quote", ["5.4%", "5.40 per cent", "5.4"])
def test_percentages_of_the_list_are_found(real_shelf, quote):
    """5.4 % is England in April 2022, however the sign is written."""
    first = find_quote(real_shelf.db, quote).found[0].matches[0]
    assert (first.reading, first.place, first.month) == ("share of list", "England", "2022-04-01")
    assert "3,328,566 of 61,625,745 people on GP lists" in first.sentence


def test_the_papers_share_of_the_total_is_found(shelf):
    """1,757 of Mansfield's 4,097 had come since May: the number, the change and 43 % are each found, in one authority."""
    shelf.put_in("2021-09-30", {"NDOP_res_geo_Sep_2021.csv": res_geo(SEPTEMBER, cells=PUBLISHED)})
    stated = only(find_quote(shelf.db, "4,097"))
    assert (stated.place, stated.month) == ("Mansfield (local authority E07000174)", "2021-09-01")
    assert "our sum of the file's rows" in stated.sentence
    change = only(find_quote(shelf.db, "1757"))
    assert (change.place, change.from_month) == ("Mansfield (local authority E07000174)", "2021-05-01")
    shares = find_quote(shelf.db, "43 %", most=1000).found[0].matches
    assert ("share of total", "2021-05-01", "2021-09-01") in {
        (one.reading, one.from_month, one.month) for one in shares if one.place.startswith("Mansfield")
    }


def test_small_places_are_found_to_the_unit_and_counted(shelf):
    """A practice's list size is found; a number in many cells says how many, and that it may be chance."""
    cells = {(one.code, "2021-09-01"): (5_555, 7_000) for one in PRACTICES} | {("Z90003", "2021-09-01"): (5_555, 7_654)}
    shelf.put_in("2021-09-30", {"NDOP_reg_geo_Sep_2021.csv": reg_geo(SEPTEMBER, cells=cells)})
    match = only(find_quote(shelf.db, "7654"))
    assert (match.place, match.measure) == ("practice Z90003", "people on GP lists")
    common = find_quote(shelf.db, "5,555", most=2)
    assert common.found[0].total == 5
    assert "can be a match by chance" in common.lines()[0]
    assert "  … and 3 more." in common.lines()


def test_a_restated_number_is_found_as_it_once_stood(shelf):
    """What was printed from an old release is still published, and said to be restated since."""
    for day, total in (("2021-09-30", 3_264_327), ("2021-10-30", 3_264_301)):
        body = age_gen(SEPTEMBER, totals={"2021-09-01": total})
        shelf.put_in(day, {"NDOP_age_gen_Sep_2021.csv": body})
    old, new = (find_quote(shelf.db, number).found[0].matches[0] for number in ("3264327", "3264301"))
    assert (old.last_confirmed_on, old.sentence.endswith("Restated since.")) == ("2021-09-30", True)
    assert (new.last_confirmed_on, "Restated" in new.sentence) == ("2021-10-30", False)


def test_numbers_that_never_stood_together_are_not_subtracted(shelf):
    """August was restated in the release that first gave September: only the restated August was ever subtracted from it."""
    august, september = "2021-08-01", "2021-09-01"
    for day, totals in (
        ("2021-09-01", {august: 3_200_000}),
        ("2021-10-01", {august: 3_200_007, september: 3_264_327}),
    ):
        shelf.put_in(day, {"NDOP_age_gen_Sep_2021.csv": age_gen(sorted(totals), totals=totals)})
    change = find_quote(shelf.db, "64320").found[0].matches[0]
    assert (change.place, change.from_month, change.month) == ("England", august, september)
    assert "the change between two months" not in {one.kind for one in find_quote(shelf.db, "64327").found}


def test_an_empty_archive_has_published_nothing(shelf):
    """Nothing held is said as such, without a nearest."""
    assert find_quote(shelf.db, "12345").lines() == ["12,345: not published in any file held here."]


@pytest.mark.parametrize("text", ["", "many", "12,34", "1-2", "3.3 billion", "５", "1e6", "12 34", "1,275,153 people"])
def test_what_is_no_number_is_refused_in_words(text):
    """Whatever is not one plain number is named, and what would do is shown."""
    with pytest.raises(ValueError, match="expected one number such as 1275153"):
        read_quoted(text)


@given(st.integers(0, 10**14))
@example(100_000)
def test_a_count_is_the_same_with_commas_spaces_and_without(number):
    """1275153, 1,275,153 and 1 275 153 are one number, printed in full."""
    for text in (str(number), f"{number:,}", f"{number:,}".replace(",", " ")):
        quoted = read_quoted(text)
        assert (quoted.value, quoted.kind, quoted.is_exact) == (number, "count", True)


@given(st.integers(1, 999), st.integers(0, 99))
def test_what_is_rounded_finds_itself_again(whole, hundredths):
    """Any number rounded, or cut off, to two decimals of a million lies within what the printed number can stand for."""
    number = whole * 1_000_000 + hundredths * 10_000 + 4_321
    for printed in (f"{number / 10**6:.2f} million", f"{number // 10_000 / 100:.2f} million"):
        assert any(span.low <= number < span.high for span in read_quoted(printed).spans())


@given(st.integers(10, 10**9))
def test_slips_of_the_pen_are_undone_by_the_same_slip(number):
    """Swapping two neighbours, or one digit, is its own way back."""
    for wrong in swapped(number):
        assert number in swapped(wrong)
    for wrong in mistyped(number):
        assert number in mistyped(wrong) or len(str(number)) != len(str(wrong))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(20, 60), min_size=2, max_size=4), st.integers(1, 30))
def test_changes_are_those_that_a_plain_model_finds(tmp_path_factory, values, asked):
    """England's totals of a few months: a number is found as a change exactly where two months differ by it."""
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    months = list(reversed(months_to("2021-09", len(values))))
    cells = {("Z90001", month): (value, 9_999) for month, value in zip(months, values, strict=True)}
    practices = reg_geo(months, practices=PRACTICES[:1], cells=cells, unallocated=0)
    # Nobody without a practice, so that England is the practice.
    body = b"\r\n".join(line for line in practices.split(b"\r\n") if b"Unallocated" not in line)
    shelf.put_in("2021-09-30", {"NDOP_reg_geo_Sep_2021.csv": body})
    expected = {
        (old, new)
        for (old, one), (new, other) in itertools.combinations(zip(months, values, strict=True), 2)
        if abs(one - other) == asked
    }
    found = [one for one in find_quote(shelf.db, str(asked), most=1000).found if one.kind.startswith("the change")]
    england = {(m.from_month, m.month) for one in found for m in one.matches if m.place == "England"}
    assert england == expected
    shelf.db.close()
