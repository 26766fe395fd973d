"""The registers: every row checked when loaded, and figures printed elsewhere set beside ours."""

from __future__ import annotations

import csv
import io
from importlib import resources

import pytest
from python_calamine import CalamineWorkbook

from archive.database import open_evidence
from archive.errors import ArchiveError
from archive.reading_copy import create_reading_copy, open_reading_copy, transaction
from archive.registers import REGISTERS, load_registers, read_register
from archive.rows import Deposit
from archive.store import begin_poll, end_poll, record_deposit
from schedules.reread import refresh
from scraper.schema import load_schemas
from tests.archive.made_site import SLUG, filled_archive, series

FOLDER = resources.files("archive") / "registers"
BY_NAME = {register.name: register for register in REGISTERS}
NOW = "2022-05-01T09:00:00.000000Z"


def rows_of(name):
    """Rows of one of the project's own registers."""
    return read_register(BY_NAME[name], (FOLDER / f"{name}.csv").read_bytes())


def asked(copy, sql, *values):
    """Rows of one question put in SQL."""
    return [tuple(row) for row in copy.execute(sql, values)]


@pytest.fixture
def copy(tmp_path):
    """An empty reading copy with the registers in it."""
    made = create_reading_copy(tmp_path / "optouts.db", "made-up-program/1")
    with transaction(made):
        load_registers(made)
    yield made
    made.close()


# ---------------------------------------------------------------- the files themselves


@pytest.mark.parametrize("name", BY_NAME)
def test_every_register_is_loaded_and_loaded_again_is_the_same(copy, name):
    """Each file's rows stand in the table of its name, each with its source; a second load replaces, it does not add."""
    before = asked(copy, f"SELECT * FROM {name}")
    with transaction(copy):
        load_registers(copy)
    assert asked(copy, f"SELECT * FROM {name}") == before
    assert sorted(before, key=repr) == sorted((tuple(row.values()) for row in rows_of(name)), key=repr)
    assert before


def test_the_sixty_figures_are_there_and_expected_as_printed():
    """Figures 1 to 60; where a value is expected it rounds to what was printed, or is on the printed side of a bound."""
    figures = rows_of("published_figures")
    assert {row["figure"] for row in figures} == set(range(1, 61))
    for row in figures:
        if row["expected"] is None:
            assert row["recomputed"] == "no", row["figure_id"]
        elif row["relation"] == "more_than":
            assert row["expected"] > row["number"], row["figure_id"]
        else:
            assert abs(row["expected"] - row["number"]) <= row["step"] / 2 + 1e-9, row["figure_id"]


def test_a_dispute_has_two_sides():
    """Notes share a dispute only where several places say different things."""
    disputes: dict[object, set[object]] = {}
    for row in rows_of("caveats"):
        if row["dispute"]:
            disputes.setdefault(row["dispute"], set()).add(row["in_plain_words"])
    assert {"inflation", "autumn-2020"} <= set(disputes)
    assert all(len(sides) > 1 for sides in disputes.values())


def test_six_of_the_codes_of_july_2022_have_a_new_ons_code():
    """The areas whose boundary changed under the same short code; the other hundred kept both codes."""
    july = [row for row in rows_of("area_changes") if row["effective_on"] == "2022-07" and row["old_code"]]
    changed = {row["old_code"] for row in july if row["change"] == "boundary"}
    assert changed == {"01Y", "06H", "15E", "15M", "78H", "D2P2L"}
    kept = [row for row in july if row["change"] == "name"]
    assert len(kept) == 100
    assert all((row["old_code"], row["old_ons_code"]) == (row["new_code"], row["new_ons_code"]) for row in kept)


def test_an_area_goes_whole_into_one_other_at_most(copy):
    """No code may be counted twice: what is merged or renamed has one successor, and residence never becomes registration."""
    whole = asked(copy, "SELECT old_kind, old_code, new_kind, new_code FROM area_successions WHERE is_whole")
    assert len(whole) > 150
    assert len({row[:2] for row in whole}) == len(whole)
    assert {(a == "local_authority", c == "local_authority") for a, _, c, _ in whole} == {(True, True), (False, False)}
    merged = (
        "SELECT new_code, count(*) FROM area_successions WHERE change = 'merger' GROUP BY new_kind, new_code, from_on"
    )
    parts = asked(copy, merged)
    assert min(count for _, count in parts) >= 2
    ccgs = asked(
        copy,
        "SELECT count(*), count(DISTINCT new_code) FROM area_successions WHERE change = 'merger' AND old_kind = 'ccg'",
    )
    assert ccgs == [(38, 9)]


def test_the_register_agrees_with_the_publishers_own_look_ups(real):
    """All 106 areas of July 2022 with their codes and names, and the authorities of 2022, as the real files have them."""
    changes = [row for row in rows_of("area_changes") if row["new_code"] and row["effective_on"] == "2022-07"]
    mapping = sheet(real("CCG_ICB_mapping_July_2022.xlsx"), "LOC22_ICB22_NHSER22_EN_LU")
    assert {(row["new_code"], row["new_ons_code"], row["new_name"]) for row in changes} == {
        tuple(row[:3]) for row in mapping
    }
    table = sheet(real("NDOP_sum_Apr_2022.xlsx"), "Table 4")
    stated = {(row[1], row[0], row[2]) for row in table if str(row[0]).startswith("E38")}
    assert {(row["old_code"], row["old_ons_code"], row["old_name"]) for row in changes} == stated
    merged = {(row["new_code"], row["new_ons_code"], row["new_name"]) for row in rows_of("area_changes")
              if row["area_kind"] == "ccg" and row["change"] == "merger"}  # fmt: skip
    assert merged <= stated
    lookup = sheet(real("LSOA11_LOC22_ICB22_LAD22_EN_LU.xlsx"), "LSOA11_LOC22_ICB22_LAD22")
    authorities = {(row[8], row[9]) for row in lookup}
    councils = [row for row in rows_of("area_changes") if row["area_kind"] == "local_authority" and row["old_ons_code"]]
    for row in councils:
        later = str(row["effective_on"]) >= "2023"
        assert (
            (row["old_ons_code"], row["old_name"]) in authorities
            if later
            else (row["new_ons_code"], row["new_name"]) in authorities
        )


def sheet(body, name):
    """Rows of one sheet of a workbook, without its first."""
    return CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_name(name).to_python()[1:]


# ---------------------------------------------------------------- spoilt files

HEADER = list(BY_NAME["breaks"].columns)
SOUND = dict(zip(HEADER, (
    "made-up", "Made-up break", "2021-07-01", "", "month", "age_sex, areas", "ccg", "opt_outs", "break", "Made up.",
    "Made up.", "Made-up source", "https://pages.example/made-up", "2021-07", "2026-11", "publisher",
), strict=True))  # fmt: skip


def written(*rows, header=HEADER):
    """A register of breaks as bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("from_on", "01/07/2021", "YYYY-MM-DD"),
        ("from_on", "2021-02-30", "a day that exists"),
        ("from_on", "20210701", "YYYY-MM-DD"),
        ("to_on", "2021-06-30", "2021-07-01 or later"),
        ("stated_on", "2021-13", "a day, month or year that exists"),
        ("seen_on", "", "never empty"),
        ("families", "age_sex,areas", "separated by a comma and a space"),
        ("families", "age_sex, age_sex", "each once"),
        ("area_kinds", "county", "some of england"),
        ("severity", "bad", "one of break, care, note"),
        ("source", " padded", "no space"),
        ("source_address", "pages.example", "https://"),
        ("break_id", "Made Up", "lower-case"),
        ("known_from", "hearsay", "one of publisher"),
    ],
)
def test_a_spoilt_cell_is_named_with_file_line_and_column(column, cell, expected):
    """Whoever edits a register is told where the slip is, what was found and what was expected."""
    sound, spoilt = {**SOUND, "break_id": "sound"}, {**SOUND, column: cell}
    with pytest.raises(ArchiveError) as refused:
        read_register(BY_NAME["breaks"], written(sound.values(), spoilt.values()))
    assert f"archive/registers/breaks.csv, line 3, column {column}: found" in str(refused.value)
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (written(SOUND.values(), SOUND.values()), "line 3, column break_id: found made-up; expected a name of its own"),
        (written([*SOUND.values(), "more"]), "line 2, column all: found 17 cells; expected 16"),
        (written(header=HEADER[:-1]), "line 1, column 16: found nothing; expected known_from"),
        (written(header=["id", *HEADER[1:]]), "line 1, column 1: found id; expected break_id"),
        (b"", "line 1, column all: found nothing; expected the header"),
        (written() + b'"open', "a quotation mark that is not closed"),
        (written() + b"\xff", "found no UTF-8"),
    ],
)
def test_a_spoilt_file_is_named(body, words):
    """The same for what is wrong with a whole line or file."""
    with pytest.raises(ArchiveError) as refused:
        read_register(BY_NAME["breaks"], body)
    assert words in str(refused.value)


def test_a_spoilt_register_takes_nothing_away(copy, tmp_path):
    """Every file is checked before the first row is replaced, and a file that is missing is named."""
    for name in BY_NAME:
        (tmp_path / f"{name}.csv").write_bytes((FOLDER / f"{name}.csv").read_bytes())
    (tmp_path / "known_problems.csv").write_bytes(b"problem_id\n")
    before = asked(copy, "SELECT * FROM breaks")
    with pytest.raises(ArchiveError, match="known_problems"):
        load_registers(copy, tmp_path)
    (tmp_path / "glossary.csv").unlink()
    with pytest.raises(ArchiveError, match=r"glossary\.csv: found no such file"):
        load_registers(copy, tmp_path)
    assert asked(copy, "SELECT * FROM breaks") == before


# ---------------------------------------------------------------- figures printed elsewhere


def results(directory):
    """Result of every published figure by its number and letter."""
    copy = open_reading_copy(directory)
    try:
        return dict(asked(copy, "SELECT figure_id, result FROM published_figures_checked"))
    finally:
        copy.close()


def real_archive(directory, real, *files):
    """An archive of real files of the publisher, each (publication, day, name), handed in as deposits."""
    with open_evidence(directory, create=True) as evidence:
        poll = begin_poll(evidence.db, SLUG, "deposit", NOW, "made-up-program/1", "0" * 64)
        for publication, published_on, name in files:
            deposit = Deposit(SLUG, publication, published_on, name, real(name), "a copy kept by researchers")
            record_deposit(evidence.db, poll, deposit, NOW)
        end_poll(evidence.db, poll, "complete", NOW, None, f"{len(files)} files handed in.")
        copy = create_reading_copy(directory / "optouts.db", "made-up-program/1")
        refresh(evidence.db, copy, [series()], load_schemas())
        copy.close()
    return directory


def test_the_publishers_files_reproduce_what_was_printed(tmp_path, real):
    """Every figure that the files of July 2021 and April 2022 can answer agrees; only that of June 2020 is out of reach."""
    july = ("july-2021", "2021-07-30", "NDOP_age_gen_Jul_2021.csv")
    april = ("april-2022", "2022-04-28", "NDOP_age_gen_Apr_2022.csv")
    found = results(real_archive(tmp_path, real, july, april))
    ours = {row["figure_id"] for row in rows_of("published_figures") if row["family"] in {"age_sex", "deceased"}}
    assert len(ours) > 50
    assert {name for name in ours if found[name] != "agrees"} == {"31a"}
    assert found["31a"] == "not held"
    assert {found[row["figure_id"]] for row in rows_of("published_figures") if row["family"] == "weekly"} == {
        "not held"
    }


def test_the_weekly_figures_are_set_beside_the_dashboard_export(tmp_path, real):
    """Where the export is held, every weekly figure printed is computed anew from it and agrees, and no monthly one is."""
    directory = real_archive(tmp_path, real, ("dashboard", "2022-03-04", "2021-dashboard.csv"))
    expected = {row["figure_id"]: row for row in rows_of("published_figures")}
    copy = open_reading_copy(directory)
    try:
        found = {name: (held, result) for name, held, result in asked(
            copy, "SELECT figure_id, held, result FROM published_figures_checked")}  # fmt: skip
    finally:
        copy.close()
    weekly = {name: row for name, row in expected.items() if row["family"] == "weekly"}
    assert {row["measure"] for row in weekly.values()} == {"opt_outs", "rate", "net_change", "growth_of_rate"}
    assert {row["area_kind"] for row in weekly.values()} == {"england", "region", "ccg"}
    for name, row in weekly.items():
        assert found[name][0] == pytest.approx(row["expected"], abs=1e-8), name
        assert found[name][1] == "agrees", name
    assert {found[name][1] for name in expected.keys() - weekly.keys()} == {"not held", "in no file"}


def test_the_dashboards_figures_come_from_its_export(real):
    """Each weekly value that the register expects is computed anew from the export: stocks, rates, changes, growth of a rate."""
    held = {}
    for row in csv.DictReader(io.StringIO(real("2021-dashboard.csv").decode())):
        day, month, year = row["Date"].split("/")
        count, people = (int(row[name].replace(",", "") or 0) for name in ("Opt-Out Count", "Population"))
        held[f"{year}-{month}-{day}", row["Org Code"] or row["Demographic Group"].lower()] = (count, people)
    weekly = [row for row in rows_of("published_figures") if row["family"] == "weekly"]
    assert len(weekly) > 30
    for row in weekly:
        group = row["sex"] if row["age_band"] == "all" else row["age_band"]
        place = group if row["area_kind"] == "england" else row["area_code"]
        count, people = held[row["to_on"], place]
        before, people_before = held.get((row["from_on"], place), (0, 0))
        value = {
            "opt_outs": lambda count=count: count,
            "rate": lambda count=count, people=people: 100 * count / people,
            "net_change": lambda count=count, before=before: count - before,
            "growth_of_rate": lambda c=count, p=people, b=before, pb=people_before: 100 * ((c / p) / (b / pb) - 1),
        }[row["measure"]]()
        assert value == pytest.approx(row["expected"], abs=1e-8), row["figure_id"]


def test_newspapers_figures_agree_and_what_is_not_held_says_so(tmp_path):
    """The districts of the newspapers agree in an archive that holds them; Sheffield is not held; a restated stock says so."""
    found = results(filled_archive(tmp_path))
    districts = {"01a", "02a", "02b", "03a", "04a", "04b", "05a", "06a", "06b", "07a", "08a", "08b"}
    assert {found[name] for name in districts} == {"agrees"}
    assert found["10a"] == "not held"
    assert found["12a"] == "agrees with an earlier statement"
    assert found["15a"] == "differs"
    assert found["60a"] == "in no file"
