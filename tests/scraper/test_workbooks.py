"""Stories of release workbooks: four tables found by title and heading, and every odd one told by sheet and row."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import scraper.schema
from scraper.errors import DefinitionError, FileChanged
from scraper.files import layouts_of, read_file, readings_of
from scraper.model import Reading
from scraper.schema import load_schemas
from scraper.workbooks import Workbook, text_of
from tests.made_up import summary_workbook
from tests.made_up_layouts import workbook

SCHEMAS = load_schemas()
BY_NAME = {schema.name: schema for schema in SCHEMAS}
NAME = "NDOP_sum_Apr_2022.xlsx"
TABLE_3 = [
    [], ["Table 3: Number of national data opt-outs, GP Practice, April 2022"],
    ["Practice code", "Practice name", "Opt-out", "List Size", "Opt-out Rate"],
]  # fmt: skip
SURGERY = ["Z90001", "MADE-UP SURGERY", 5, 40, 12.5]


def read_all(body: bytes) -> dict[str, Reading]:
    """Every table of a workbook, by family."""
    schemas = layouts_of(body, NAME, SCHEMAS).schemas
    return {reading.family: reading for reading in readings_of(body, NAME, schemas)}


def table_3(*rows: list[str | int | float], head: list[list[str]] = TABLE_3) -> bytes:
    """A made-up workbook with one table of practices."""
    return workbook([("Table 3", [*head, *rows])])


def practices(*rows: list[str | int | float]) -> Reading:
    return read_file(table_3(*rows), NAME, BY_NAME["workbook_practices_2022"])


def refusal_of(body: bytes) -> FileChanged:
    """What is said of a workbook that cannot be read."""
    with pytest.raises(FileChanged) as refusal:
        read_all(body)
    return refusal.value


@pytest.mark.parametrize(("layout", "kind"), [("2022", "ccg"), ("2023", "sub_icb")])
def test_both_layouts_read_alike(layout, kind):
    """CCGs of 2022 and sub-ICBs of 2023, `List_size` and `List size`, z and inf: the same four families."""
    found = read_all(summary_workbook("2022-04", layout=layout))
    assert list(found) == ["workbook_england", "workbook_age_sex", "workbook_practices", "workbook_areas"]
    assert {key[0] for key in found["workbook_areas"].blocks[0].values} == {kind, "unallocated"}
    assert found["workbook_areas"].blocks[0].values["unallocated", "Unallocated"] == (2027, None, None, 7)
    assert found["workbook_england"].blocks[0].values[()][0] == 3_243_000
    assert ("all", "unknown") in found["workbook_age_sex"].blocks[0].values
    assert {m.reason for reading in found.values() for m in reading.missing} == {"not_applicable", "unallocated"}
    assert not any(reading.findings for reading in found.values())


@pytest.mark.parametrize("layout", ["2022", "2023"])
def test_the_day_of_publication_is_found_beside_its_words_or_after_them(layout):
    """B8 in April 2022, inside A8 as the program of 2023 writes it; it is kept as printed."""
    facts = {fact.name: fact for fact in read_all(summary_workbook("2022-04", layout=layout))["workbook_england"].facts}
    assert facts["published"].text == "28th April 2022"
    assert facts["published"].place == ("B8" if layout == "2022" else "A8")
    assert "Open Government Licence" in facts["licence"].text


def test_notes_end_a_table_and_are_kept():
    """A row with its first cell alone is a note; blank rows before it are none."""
    reading = practices(SURGERY, [], ["Source: MADE-UP"], [], ["1. A made-up note"], ["Copyright: none"])
    assert (reading.rows, reading.blank_rows) == (1, 0)
    assert [(fact.name, fact.place) for fact in reading.facts] == [
        ("title", "A2"), ("source", "A6"), ("note", "A8"), ("copyright", "A9"),
    ]  # fmt: skip


def test_figures_below_the_notes_are_never_passed_over():
    """Rows that go on after what looked like the end: the table is not understood, and nothing of it is read."""
    refusal = refusal_of(table_3(SURGERY, ["Source: MADE-UP"], ["Z90002", "MADE-UP PRACTICE", 5, 40, 12.5]))
    assert "sheet Table 3" in str(refusal)
    assert "a row of 5 cells below the table's end in row 5" in refusal.found


def test_signs_are_counts_or_reasons():
    """`-` is nobody; `Unallocated` as a number is no list; `z` and an endless rate are no rate; a whole rate is one."""
    reading = practices(
        ["Z90001", "A", "-", 3, 0], ["Z90002", "B", 3, 1, 300], ["Z90003", "C", 0, 0, "inf"],
        ["Unallocated", "Unallocated", 7, "Unallocated", "z"],
    )  # fmt: skip
    values = reading.blocks[0].values
    assert values["Z90001",] == (0, 3, 0.0)
    assert values["Z90002",] == (3, 1, 300.0)
    assert values["Z90003",] == (0, 0, None)
    assert values["Unallocated",] == (7, None, None)
    assert [(m.key[0], m.measure, m.reason) for m in reading.missing] == [
        ("Z90003", "rate", "not_applicable"), ("Unallocated", "list_size", "unallocated"),
        ("Unallocated", "rate", "not_applicable"),
    ]  # fmt: skip


def test_a_practice_stated_twice_is_told_with_sheet_and_rows():
    """Rows are those that the spreadsheet shows."""
    with pytest.raises(FileChanged) as refusal:
        practices(SURGERY, SURGERY)
    assert (refusal.value.code, refusal.value.place) == ("file.duplicate", "sheet Table 3, rows 4 and 5")


@pytest.mark.parametrize(
    ("title", "told"),
    [
        (
            "Table 3: Number of national data opt-outs, GP Practice, Apr 2022",
            "'Apr 2022'; expected the first day of a month",
        ),
        ("Table 3: Number of national data opt-outs, GP Practice", "sheet Table 3, above the header"),
        ("", "sheet Table 3, above the header: none"),
    ],
)
def test_a_title_without_a_month_is_not_guessed_at(title, told):
    """The month of the whole table stands in its title alone."""
    assert told in str(refusal_of(table_3(SURGERY, head=[[], [title], TABLE_3[2]])))


def test_one_unknown_table_leaves_the_others_readable():
    """A sheet with a changed heading is named with the nearest layout; the other tables are read."""
    whole = workbook([
        ("Table 3", [*TABLE_3, SURGERY]),
        ("Table 4", [["ONS code", "Code", "Nickname", "Opt-out"], ["E", "Z", "n", 1]]),
        ("Table 9", [["?"]]), ("Data quality", [["Made-up"]]),
    ])  # fmt: skip
    found = layouts_of(whole, NAME, SCHEMAS)
    assert [schema.family for schema in found.schemas] == ["workbook_practices"]
    assert [surprise.code for surprise in found.surprises] == ["file.header", "workbook.sheet"]
    assert "Nickname" in str(found.surprises[0])
    assert "workbook_areas_2022" in str(found.surprises[0])


@pytest.mark.fault("C04")
def test_a_workbook_where_a_csv_is_due_is_refused():
    """And a CSV where a workbook is due: the schemas that a series file allows decide."""
    with pytest.raises(FileChanged, match="none of the schemas that may read it is for a workbook"):
        layouts_of(table_3(SURGERY), "NDOP_age_gen_Apr_2022.csv", [BY_NAME["age_gen_2021"]])
    with pytest.raises(FileChanged, match=r"file\.csv, row 1"):
        layouts_of(b"Practice code,Opt-out\r\n", "file.csv", [BY_NAME["workbook_practices_2022"]])


def test_one_cell_in_the_last_corner_of_a_sheet_is_refused():
    """The library would make room for seventeen thousand million cells."""
    body = table_3(SURGERY)
    far = body_with(body, b'<c r="A4"', b'<c r="XFD1048576"')
    with pytest.raises(FileChanged) as refusal:
        Workbook(far, NAME)
    assert refusal.value.code == "workbook.cells"


def body_with(body: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with some bytes of its sheets replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(made, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, part.replace(old, new) if name.startswith("xl/worksheets/") else part)
    return made.getvalue()


@pytest.mark.parametrize("old", [b"<sheetData>", b"</row>"])
def test_a_damaged_sheet_is_told_by_name(old):
    """Broken markup is a refusal, never another exception, and never half a table."""
    damaged = body_with(table_3(SURGERY), old, b"<")
    assert NAME in str(refusal_of(damaged))


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3"), (0.5, "0.5"), ("x ", "x "), (True, "TRUE"), (float("inf"), "inf"), (1e15, "1000000000000000")],
)
def test_numbers_become_texts_without_a_point_where_they_are_whole(value, text):
    """A workbook knows one kind of number; a count must read as a count."""
    assert text_of(value) == text


def test_a_date_that_the_spreadsheet_knows_is_read_as_a_day():
    """Text in April 2022; a cell of the kind `date` would be read too."""
    rows = [
        ["Table 1: Number of national data opt-outs, England, made up"],
        ["Date", "ONS code", "Code", "Name", "Opt-out", "List size", "Opt-out Rate", "Deceased "],
        ["2022-04-01", "E92000001", "Eng", "England", 1, 4, 25, 1],
    ]
    reading = read_file(workbook([("Table 1", rows)]), NAME, BY_NAME["workbook_england_2022"])
    assert reading.blocks[0].month == "2022-04-01"
    assert reading.blocks[0].values == {(): (1, 4, 25.0, 1)}


def test_6500_practices_are_read_in_under_a_second(real: Callable[[str], bytes]):
    """All four tables of the publisher's workbook, layouts found first; processor time, for a busy machine is no failure."""
    body = real(NAME)
    seconds = []
    for _ in range(3):
        began = time.process_time()
        assert sum(reading.rows for reading in read_all(body).values()) == 6662
        seconds.append(time.process_time() - began)
    assert min(seconds) < 1.0


OWN = Path(scraper.schema.__file__).parent / "schemas"


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            "workbook_areas_2022",
            '[[kind]]\nis = "ccg"',
            '[[kind]]\nis = "gcc"',
            "kind 2: is: found 'gcc'; expected one of ccg",
        ),
        (
            "workbook_areas_2022",
            'when = { group = "CCG" }',
            'when = { town = "CCG" }',
            "town: found a key nobody reads",
        ),
        ("workbook_areas_2022", 'group = "CCG"', 'group = "(CCG"', "group: found '(CCG'"),
        (
            "workbook_areas_2022",
            'header = "title: areas"',
            'header = "title: area"',
            "expected the title's columns first",
        ),
        ("workbook_england_2022", 'name = "Table 1"', 'name = "Table ("', "sheet.name: found 'Table ('"),
        ("workbook_england_2022", 'name = "Table 1"\n', "", "sheet.name: found nothing"),
    ],
)
def test_a_slip_in_a_schema_of_a_sheet_is_named(tmp_path, name, old, new, told):
    """File and key, what was found and what was expected, as for any other schema."""
    text = (OWN / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / f"{name}.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as mistake:
        load_schemas(tmp_path)
    assert told in str(mistake.value)
    assert f"{name}.toml" in str(mistake.value)


def test_a_schema_has_another_fingerprint_after_any_change(tmp_path):
    """By it a change of our own is told from one of the publisher's."""
    before = BY_NAME["workbook_england_2022"].sha256
    text = (OWN / "workbook_england_2022.toml").read_text(encoding="utf-8")
    (tmp_path / "workbook_england_2022.toml").write_text(text + "# another word\n", encoding="utf-8")
    (after,) = load_schemas(tmp_path)
    assert len(before) == 64
    assert after.sha256 != before
