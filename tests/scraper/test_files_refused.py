"""Stories of files that cannot be believed: what makes a whole file unreadable, what is only remarked on, how it is told."""

from __future__ import annotations

import pytest
from made_up_lines import AGE, RES, SCHEMAS, area, places, read, refusal_of

from scraper.errors import FileChanged
from scraper.files import header_of, read_file


@pytest.mark.fault("C13")
@pytest.mark.parametrize(
    "day",
    ["02/05/2021", "1/5/2021", "2021/05/01", "01-05-2021", "01/13/2021", "31/02/2021", "01/05/21", "", "０1/05/2021"],
)
def test_a_date_that_is_not_the_first_of_a_month_in_a_known_form_stops_the_reading(day):
    """Every date published so far is a 1st: anything else may be a day and month swapped, and is never guessed."""
    refusal = refusal_of("res_geo_2023", RES, area("Z00000001", "5"), area("Z00000002", "5", day))
    assert refusal.code == "file.date"
    assert "row 3, column ACH_DATE" in str(refusal)


def test_two_date_forms_in_one_file_stop_the_reading():
    """Either form is known, but a file keeps to one: a mix means that two files were put together."""
    refusal = refusal_of("res_geo_2023", RES, area("Z00000001", "5"), area("Z00000002", "5", "2021-05-01"))
    assert "a date as dd/mm/yyyy, as row 2 has it (01/05/2021)" in str(refusal)
    assert read("res_geo_2023", RES, area("Z00000002", "5", "2021-05-01")).blocks[0].month == "2021-05-01"


@pytest.mark.parametrize("second", ["5", "6"])
def test_a_key_stated_twice_in_a_month_stops_the_reading(second):
    """Two statements for one key cannot both be shown, even if they agree: both rows are named."""
    refusal = refusal_of("res_geo_2023", RES, "", area("Z00000001", "5"), *places()[2:], area("Z00000001", second))
    assert refusal.code == "file.duplicate"
    assert "rows 3 and 202: found Z00000001 stated twice for 2021-05-01" in str(refusal)


def test_a_repaired_band_may_not_stand_beside_the_sound_one():
    """`Oct-19` and `10-19` in one month are the same key twice."""
    refusal = refusal_of("age_gen_2021", AGE, "01/07/2021,Oct-19,All,1,4,25.0", "01/07/2021,10-19,All,1,4,25.0")
    assert "rows 2 and 3: found 10-19, all stated twice" in str(refusal)


@pytest.mark.parametrize(
    "row", [area("Z00000001", "5") + ",", area("Z00000001", "5")[:-2], "01/05/2021", '"01/05/2021",x']
)
def test_a_row_of_another_width_stops_the_reading(row):
    """A row with a cell more or less has moved columns, or was cut off."""
    refusal = refusal_of("res_geo_2023", RES, *places(), row)
    assert refusal.code == "file.width"
    assert "row 202" in str(refusal)
    assert "expected 9, as in row 1" in str(refusal)


BODIES = {
    "file.empty": [b"", b"\r\n \r\n", b"\xef\xbb\xbf"],
    "file.kind": [
        b"PK\x03\x04rest",
        b"<!DOCTYPE html>",
        b"\xef\xbb\xbf \n<html>",
        b"\x1f\x8b\x08",
        b"%PDF-1.7",
        b"\xd0\xcf\x11\xe0",
    ],
    "file.nul": [RES.encode() + b"\r\n01/05/2021,\0"],
    "file.encoding": [RES.encode() + b"\r\n01/05/2021,caf\x81", RES.encode("utf-16"), b"\xff"],
    "file.csv": [RES.encode() + b'\r\n"01/05/2021,x', RES.encode() + b'\r\n"a"b,c'],
    "file.rows": [RES.encode() + b"\r\n", RES.encode(), RES.encode() + b"\r\n,,,,,,,,\r\n"],
    "file.header": [AGE.encode() + b"\r\n", b"\n" + RES.encode(), b",,\r\n"],
}


@pytest.mark.fault("C09", "C14", "C15")
@pytest.mark.parametrize(("code", "body"), [(code, body) for code, bodies in BODIES.items() for body in bodies])
def test_bytes_that_are_no_such_csv_are_refused_by_name(code, body):
    """A web page, a zip, another encoding or nothing at all, where a CSV was due: each has its own code."""
    with pytest.raises(FileChanged) as refusal:
        read_file(body, "NDOP_res_geo_made_up.csv", SCHEMAS["res_geo_2023"])
    assert refusal.value.code == code
    assert "NDOP_res_geo_made_up.csv" in str(refusal.value)


@pytest.mark.parametrize(
    "body",
    [body for code in ("file.empty", "file.kind", "file.nul", "file.encoding") for body in BODIES[code]],
)
def test_the_header_of_what_is_no_csv_is_refused_too(body):
    """The same bytes are refused when only the header is asked for: no layout is sought for a web page."""
    with pytest.raises(FileChanged):
        header_of(body, "NDOP_res_geo_made_up.csv")


def test_a_foreign_byte_is_named_with_its_place():
    """Row, offset and byte are told, so that a person can look at it."""
    body = f"{RES}\r\n{area('Z00000001', '5')}\r\n01/05/2021,Z00000002,Caf".encode() + b"\x81"
    with pytest.raises(FileChanged, match=f"row 3, byte offset {len(body) - 1}: found the byte 0x81"):
        read_file(body, "file.csv", SCHEMAS["res_geo_2023"])


@pytest.mark.fault("C11")
def test_a_byte_order_mark_is_left_out_and_told():
    """It would otherwise be part of the first column's name."""
    body = b"\xef\xbb\xbf" + f"{RES}\r\n{area('Z00000001', '5')}\r\n".encode()
    assert header_of(body, "x.csv")[0] == "ACH_DATE"
    reading = read_file(body, "NDOP_res_geo_made_up.csv", SCHEMAS["res_geo_2023"])
    assert [(finding.code, finding.severity) for finding in reading.findings] == [("file.bom", "info")]


def test_a_last_row_without_a_line_end_is_told():
    """Every file seen ends its last line: one that does not may have been cut in the middle of a number."""
    body = f"{RES}\r\n{area('Z00000001', '5')}".encode()
    reading = read_file(body, "NDOP_res_geo_made_up.csv", SCHEMAS["res_geo_2023"])
    assert [(finding.code, finding.severity) for finding in reading.findings] == [("file.last_line", "warning")]


@pytest.mark.fault("C17")
def test_a_file_that_bears_another_layouts_name_is_told():
    """The columns decide; a residence file called `reg_geo` is read, and the name noted."""
    body = f"{RES}\r\n{area('Z00000001', '5')}\r\n".encode()
    (finding,) = read_file(body, "NDOP_reg_geo_Jan_2023.csv", SCHEMAS["res_geo_2023"]).findings
    assert (finding.code, finding.severity) == ("file.name", "info")
    assert read_file(body, "ndop_RES_geog_Jan_2023.CSV", SCHEMAS["res_geo_2023"]).findings == ()
