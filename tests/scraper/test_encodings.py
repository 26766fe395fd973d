"""Stories of how a file's text is written down: what is read and told, and what is refused rather than guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_lines import REG, RES, SCHEMAS, area, read, refusal_of, surgery

from scraper.errors import FileChanged
from scraper.files import header_of, read_file

NAME = "NDOP_res_geo_made_up.csv"


def text(*lines: str, end: str = "\r\n") -> str:
    return "".join(line + end for line in lines)


def test_a_letter_in_latin_1_is_read_in_a_name_and_told():
    """A spreadsheet saved `Café` in one byte: the name is read, the place told, and no figure is touched."""
    body = text(RES, area("Z00000001", "5"), area("Z00000002", "6", name="Café")).encode("latin-1")
    reading = read_file(body, NAME, SCHEMAS["res_geo_2023"])
    assert reading.blocks[0].labels["Z00000002",][0] == "Café"
    (finding,) = reading.findings
    assert (finding.code, finding.severity) == ("file.encoding", "warning")
    assert finding.place == f"row 3, byte offset {body.index(0xE9)}"
    assert "1 bytes that are no UTF-8, the first 0xe9" in finding.sentence()
    assert header_of(body, NAME)[0] == "ACH_DATE"


@pytest.mark.parametrize(
    "line", [area("Z0000000\xe9", "5"), area("Z00000001", "\xe9"), area("Z00000001", "5", "01/05/\xe9021")]
)
def test_such_a_byte_outside_of_a_name_stops_the_reading(line):
    """In a code, a month or a count nothing is guessed."""
    with pytest.raises(FileChanged) as refusal:
        read_file(text(RES, line).encode("latin-1"), NAME, SCHEMAS["res_geo_2023"])
    assert refusal.value.code == "file.encoding"
    assert "row 2, cell" in str(refusal.value)


@pytest.mark.parametrize("byte", [0x80, 0x92, 0x9D, 0xA0, 0xA3, 0xD7, 0xF7])
def test_a_byte_that_is_no_letter_in_latin_1_stops_the_reading(byte):
    """It may be anything: a quotation mark of one system is a control character of another."""
    body = text(RES, area("Z00000001", "5", name="St \xff")).encode("latin-1").replace(b"\xff", bytes([byte]))
    with pytest.raises(FileChanged, match=f"found the byte 0x{byte:02x}"):
        read_file(body, NAME, SCHEMAS["res_geo_2023"])


@pytest.mark.fault("C11")
def test_another_encoding_is_read_where_the_schema_names_it():
    """A layout that is known to be in Windows-1252 says so; its quotation marks are then read, and told."""
    schema = replace(SCHEMAS["res_geo_2023"], encoding="cp1252")
    body = text(RES, area("Z00000001", "5", name="St\u2019s")).encode("cp1252")
    reading = read_file(body, NAME, schema)
    assert reading.blocks[0].labels["Z00000001",][0] == "St\u2019s"
    assert "Read as cp1252" in reading.findings[0].advice
    with pytest.raises(FileChanged):
        read_file(body.replace(b"\x92", b"\x9d"), NAME, schema)


def test_the_same_names_in_utf_8_are_no_news():
    """Nothing is told of what is as it should be."""
    assert read("res_geo_2023", RES, area("Z00000002", "6", name="Café")).findings == ()


@pytest.mark.fault("C11")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_two_bytes_a_character_are_refused_in_words(encoding):
    """A spreadsheet's `Unicode text`: every second byte is NUL."""
    with pytest.raises(FileChanged) as refusal:
        header_of(text(RES, area("Z00000001", "5")).encode(encoding), NAME)
    assert refusal.value.code == "file.encoding"
    assert "UTF-16" in str(refusal.value)


def test_nuls_after_the_last_line_are_left_out_and_told():
    """Padding up to a block's end is no text; its size and place are told."""
    whole = text(RES, area("Z00000001", "5")).encode()
    reading = read_file(whole + b"\0" * 512, NAME, SCHEMAS["res_geo_2023"])
    assert reading.blocks[0].values == {("Z00000001",): (5,)}
    assert [(f.code, f.severity, f.place) for f in reading.findings] == [
        ("file.nul", "warning", f"byte offset {len(whole)}")
    ]


@pytest.mark.fault("C15")
@pytest.mark.parametrize("old", [b"5\r\n", b",Made", b"Z0"])
def test_a_nul_among_the_text_stops_the_reading(old):
    """It may stand for anything that was lost there."""
    body = text(RES, area("Z00000001", "5")).encode().replace(old, b"\0" + old)
    with pytest.raises(FileChanged) as refusal:
        read_file(body, NAME, SCHEMAS["res_geo_2023"])
    assert refusal.value.code == "file.nul"


def test_lines_that_end_in_several_ways_are_read_and_told():
    """CR LF, LF and CR in one file: each ends a line, and how many there are is told."""
    body = f"{RES}\r\n{area('Z00000001', '5')}\n{area('Z00000002', '6')}\r{area('Z00000003', '7')}\r\n".encode()
    reading = read_file(body, NAME, SCHEMAS["res_geo_2023"])
    assert [value for (value,) in reading.blocks[0].values.values()] == [5, 6, 7]
    (finding,) = reading.findings
    assert (finding.code, finding.found) == ("file.line_ends", "lines that end 2 with CR LF, 1 with LF, 1 with CR")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_one_way_of_ending_lines_is_no_news(end):
    """The publisher's files end in CR LF; copies that went through other systems do not."""
    assert read("res_geo_2023", RES, area("Z00000001", "5"), end=end).findings == ()


def test_a_heading_spelled_otherwise_is_a_repair():
    """The same heading in other capitals is the same column; that it was spelled otherwise is told."""
    reading = read("reg_geo_2021", REG.replace("LIST_SIZE", "List size"), surgery("Z90001", "5", "40"))
    assert [(r.field, r.raw, r.repaired, r.count) for r in reading.repairs] == [("header", "List size", "LIST_SIZE", 1)]


def test_a_heading_that_is_no_utf_8_is_refused():
    """Headings decide the layout; nothing is guessed there."""
    assert refusal_of("res_geo_2023", RES.replace("OPT", "ÖPT")).code == "file.header"
    with pytest.raises(FileChanged) as refusal:
        header_of(text(RES.replace("OPT", "ÖPT")).encode("latin-1"), NAME)
    assert refusal.value.code == "file.encoding"
