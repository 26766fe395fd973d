"""Stories of reading rows: what a cell becomes, what is repaired, what is kept beside a value."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_lines import AGE, REG, RES, SCHEMAS, age, area, places, read, refusal_of, surgery

from scraper.files import read_file
from scraper.model import Missing


def test_a_rate_cut_by_a_spreadsheet_is_the_same_rate():
    """1.384334094 and 1.384334093974618 state one rate: 100 * opt-outs / list size, to the last bit of the float."""
    (whole,) = read("age_gen_2021", AGE, "01/07/2021,0-9,Female,44686,3227978,1.384334093974618").blocks
    (cut,) = read("age_gen_2021", AGE, "01/07/2021,0-9,Female,44686,3227978,1.384334094").blocks
    assert whole.values == cut.values == {("0-9", "female"): (44686, 3227978, 100 * 44686 / 3227978)}
    assert cut.printed["0-9", "female"] == ("0-9", "Female", "44686", "3227978", "1.384334094")


def test_a_rate_that_does_not_follow_from_the_counts_stays_as_printed():
    """The figure shown is the figure stated, right or wrong."""
    (block,) = read("age_gen_2021", AGE, "01/07/2021,0-9,Female,44686,3227978,1.3843").blocks
    assert block.values["0-9", "female"][2] == 1.3843


@pytest.mark.parametrize(
    ("band", "sex", "key"),
    [
        ("All deceased", "All deceased", ("deceased", "all")),
        ("All deceased", "Female", ("deceased", "female")),
        ("Unknown", "All", ("unknown", "all")),
        ("All", "Unknown / Prefer not to say", ("all", "unknown")),
    ],
)
@pytest.mark.parametrize("rate", ["0", "0.0"])
def test_a_list_size_that_cannot_be_is_not_zero(band, sex, key, rate):
    """The publisher prints 0 where there is no list: there is no list size and no rate, and the reason is kept."""
    reading = read("age_gen_2021", AGE, f"01/07/2021,{band},{sex},89331,0,{rate}")
    assert reading.blocks[0].values == {key: (89331, None, None)}
    assert reading.missing == (
        Missing("2021-07-01", key, "list_size", "not_applicable", "0"),
        Missing("2021-07-01", key, "rate", "not_applicable", rate),
    )
    assert reading.findings == ()


def test_a_list_of_nobody_in_an_ordinary_band_is_not_believed():
    """No marker says what a 0 means beside an age band: it is unreadable, not zero and not `not applicable`."""
    reading = age("01/07/2021,0-9,Male,5,0,0.0")
    assert reading.blocks[0].values["0-9", "male"] == (5, None, 0.0)
    (finding,) = reading.findings
    assert finding.sentence().startswith("NDOP_age_gen_made_up.csv, row 2, column LIST_SIZE: found '0'; expected")


@pytest.mark.fault("C16")
@pytest.mark.parametrize(
    "text", ["-5", "+5", " 5", "5 ", "1_000", "１２", "1,234", "12.0", "", "n/a", "*", "1e3", "9" * 19, "²"]
)
def test_what_is_not_a_plain_count_is_no_number(text):
    """Python would take some of these for numbers; the publisher has never printed one, so a person has to look."""
    june = [area("Z00000001", "5", "01/06/2021"), area("Z00000002", f'"{text}"' if "," in text else text, "01/06/2021")]
    reading = read("res_geo_2023", RES, *places(), *june)
    assert reading.blocks[1].values["Z00000002",] == (None,)
    assert reading.missing == (Missing("2021-06-01", ("Z00000002",), "opt_outs", "unreadable", text),)
    assert reading.blocks[1].printed == {("Z00000002",): ("Z00000002", text)}
    (finding,) = reading.findings
    assert (finding.code, finding.severity, finding.place) == ("file.cell", "error", "row 203, column OPT_OUT")
    assert finding.found == repr(text)


@pytest.mark.parametrize("text", ["inf", "nan", "-1.0", "1,5", "", "1e999", "0x1p3", "1_0.0", "z"])
def test_what_is_not_a_plain_rate_is_no_number(text):
    """A rate is a plain decimal number: no infinity, no sign, no comma."""
    reading = age(f'01/07/2021,0-9,Male,1,4,"{text}"')
    assert reading.blocks[0].values["0-9", "male"] == (1, 4, None)
    assert reading.missing[0].reason == "unreadable"
    assert "a rate in percent" in reading.findings[0].expected


def test_leading_zeros_are_a_count_and_the_print_is_kept():
    """`007` can only mean seven; what stands in the file is kept beside it."""
    _, june = read("res_geo_2023", RES, *places(), *(area(f"Z0000000{n}", "007", "01/06/2021") for n in (1, 2))).blocks
    assert june.values == {("Z00000001",): (7,), ("Z00000002",): (7,)}
    assert june.printed["Z00000002",] == ("Z00000002", "007")


def test_grouped_thousands_are_read_only_where_the_schema_says_so():
    """`1,234` is a count in a layout that groups thousands, and only if grouped in threes."""
    grouped = replace(SCHEMAS["res_geo_2023"], thousands=",")
    lines = [RES, *places(), area("Z00000500", '"1,234"'), area("Z00000501", '"12,34"')]
    (block,) = read_file("\r\n".join([*lines, ""]).encode(), "NDOP_res_geo_made_up.csv", grouped).blocks
    assert block.values["Z00000500",] == (1234,)
    assert block.values["Z00000501",] == (None,)


@pytest.mark.fault("C16")
def test_a_dash_is_the_publishers_zero_and_the_word_unallocated_its_lack_of_a_list():
    """In the practice files of 2021 a dash stands for 0, and `Unallocated` stands where a list size cannot be."""
    rows = [surgery("Z90001", "-", "7"), surgery("Z90002", "3", "0"), surgery("Unallocated", "24191", "Unallocated")]
    (block,) = read("reg_geo_2021", REG, *rows).blocks
    assert block.values == {("Z90001",): (0, 7), ("Z90002",): (3, 0), ("Unallocated",): (24191, None)}
    assert block.printed["Z90001",] == ("Z90001", "-", "7")


def test_both_spellings_of_no_list_have_one_reason():
    """The word of 2021 and the 0 of 2023 beside `Unallocated` compare as equal: nothing was restated."""
    word = read("reg_geo_2021", REG, surgery("Unallocated", "5", "Unallocated"))
    zero = read("reg_geo_2021", REG, surgery("Unallocated", "5", "0"))
    assert word.blocks[0].values == zero.blocks[0].values == {("Unallocated",): (5, None)}
    assert [m.reason for m in (*word.missing, *zero.missing)] == ["unallocated", "unallocated"]


def test_many_unreadable_cells_are_told_one_by_one_up_to_twenty():
    """A person sees the first twenty, then how many more there are."""
    bad = [area(f"Y{number:08d}", "?") for number in range(30)]
    good = [area(f"Z{number:08d}", "1") for number in range(3000)]
    reading = read("res_geo_2023", RES, *bad, *good)
    assert [finding.code for finding in reading.findings] == ["file.cell"] * 21
    assert reading.findings[-1].found == "10 more unreadable cells, in 30 of 3030 rows in all"
    assert len(reading.missing) == 30


def test_more_than_one_percent_unreadable_is_no_reading():
    """Three bad rows in two hundred are not a slip of the pen: nothing of the file is believed."""
    refusal = refusal_of("res_geo_2023", RES, *places(), *(area(f"Y0000000{n}", "x") for n in range(3)))
    assert refusal.code == "file.cells"
    assert "3 of 203 rows unreadable, first row 202, column OPT_OUT: 'x'" in str(refusal)


# ---------------------------------------------------------------- repairs, labels, blank rows


def test_a_band_taken_for_a_month_is_repaired_and_counted():
    """`Oct-19` is 10-19; the raw text stays, and the repair is told with its reason and how often it was made."""
    rows = [f"01/07/2021,Oct-19,{sex},1,4,25.0" for sex in ("All", "Female", "Male")]
    reading = read("age_gen_2021", AGE, *rows)
    assert set(reading.blocks[0].values) == {("10-19", "all"), ("10-19", "female"), ("10-19", "male")}
    assert reading.blocks[0].printed["10-19", "male"][0] == "Oct-19"
    (repair,) = reading.repairs
    assert (repair.field, repair.raw, repair.repaired, repair.count) == ("age_band", "Oct-19", "10-19", 3)


@pytest.mark.parametrize(
    "row", ["01/07/2021,10-20,All,1,4,25.0", "01/07/2021,0-9,Other,1,4,25.0", "01/07/2021,0-9,all,1,4,25.0"]
)
def test_an_unknown_band_or_sex_stops_the_reading(row):
    """A word nobody has mapped is not guessed at; the message lists those that are known."""
    refusal = refusal_of("age_gen_2021", AGE, row)
    assert refusal.code == "file.key"
    assert "row 2, column" in str(refusal)
    assert "one of" in str(refusal)


def test_deceased_people_of_an_age_stop_the_reading():
    """`All deceased` as a gender stands beside `All deceased` as an age and nowhere else."""
    assert "'All deceased' beside '0-9'" in str(refusal_of("age_gen_2021", AGE, "01/07/2021,0-9,All deceased,1,0,0.0"))


@pytest.mark.parametrize("code", ["", "E0100001", "e01000001", "E01000001 ", "Unallocated ", "Mansfield 001A", "=1+1"])
def test_what_is_not_a_code_stops_the_reading(code):
    """A code of another form means that the columns have moved."""
    assert refusal_of("res_geo_2023", RES, area(code, "5")).code == "file.key"


def test_blank_rows_are_counted_and_left_out():
    """A spreadsheet leaves rows of commas behind, as in September 2021; empty lines and blanks are no rows either."""
    reading = read("res_geo_2023", RES, area("Z00000001", "5"), ",,,,,,,,", "", ",,", "  ", area("Z00000002", "6"))
    assert (reading.rows, reading.blank_rows) == (2, 4)
    assert reading.blocks[0].values == {("Z00000001",): (5,), ("Z00000002",): (6,)}


def test_a_name_that_changes_from_month_to_month_is_kept_for_each():
    """Names drift inside one file, as that of M2L0M did: each month has the label that it prints."""
    rows = [area("Z00000001", "5", month, name) for month, name in (("01/06/2021", "New"), ("01/05/2021", "Old"))]
    june, may = read("res_geo_2023", RES, *rows).blocks
    assert (june.labels["Z00000001",][0], may.labels["Z00000001",][0]) == ("New", "Old")


def test_a_name_may_run_over_two_lines():
    """A quoted cell may hold a line end; that its first line looks like a row met before must not fool the reader."""
    rows = [
        f'{month},Z00000001,"n,7\r\n{rest}",99A,E,s,L,l,{n}'
        for month, rest, n in (("01/05/2021", "x", 8), ("01/06/2021", "y", 9))
    ]
    may, june = read("res_geo_2023", RES, area("Z00000002", "5", "01/06/2021"), *rows).blocks[::-1]
    assert (may.values, may.labels["Z00000001",][0]) == ({("Z00000001",): (8,)}, "n,7\r\nx")
    assert (june.values["Z00000001",], june.labels["Z00000001",][0]) == ((9,), "n,7\r\ny")


def test_the_same_label_is_one_object_in_every_month():
    """Twelve months of 33,000 labels are kept once, or a release would not fit into memory."""
    rows = [area("Z00000001", str(n), f"01/{n:02d}/2021") for n in range(1, 13)]
    reading = read("res_geo_2023", RES, *rows)
    assert len({id(block.labels["Z00000001",]) for block in reading.blocks}) == 1
    assert len({id(key) for block in reading.blocks for key in block.values}) == 1


def test_months_stand_in_the_files_order():
    """Blocks follow the file, newest first in every file seen, and any order is read."""
    rows = [area("Z00000001", "5", day) for day in ("01/06/2021", "01/12/2020", "01/01/2021")]
    assert [block.month for block in read("res_geo_2023", RES, *rows).blocks] == [
        "2021-06-01",
        "2020-12-01",
        "2021-01-01",
    ]
