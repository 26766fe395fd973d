"""Stories about the made-up figures: sums exact, layouts real, always the same bytes, and every full-size revision counted.

Never about the archive: files are read here with the standard library's csv.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_up import (
    PRACTICES,
    PUBLISHED,
    MadeUpRelease,
    age_gen,
    full_size,
    months_to,
    reg_geo,
    release_files,
    releases,
    res_geo,
    tag,
)
from tests.made_up_layouts import BANDS, UNKNOWN_SEX, age_cells, shares, workbook

SMALL = {"lsoas": 60, "practices": 24}


def rows_of(body: bytes) -> list[dict[str, str]]:
    """Rows of a CSV file by column name; every row as wide as the header."""
    rows = list(csv.DictReader(io.StringIO(body.decode("ascii"), newline=""), strict=True))
    assert all(None not in row and None not in row.values() for row in rows)
    return rows


def keyed(one: MadeUpRelease, prefix: str, *columns: str) -> dict[tuple[str, ...], str]:
    """Opt-outs of a full-size release's file, by month (as ISO text) and key columns."""
    body = next(body for name, body in one.files.items() if name.startswith(prefix))
    found = {}
    for row in rows_of(body):
        when = row["ACH_DATE"]
        month = when if "-" in when else "-".join(reversed(when.split("/")))
        key = (month, *("10-19" if row[name] == "Oct-19" else row[name] for name in columns))
        assert key not in found
        found[key] = row["OPT_OUT"]
    return found


FAMILIES = {
    "lsoas": ("NDOP_res_geo", "LSOA_CODE"),
    "practices": ("NDOP_reg_geo", "GP_PRACTICE"),
    "age_sex": ("NDOP_age_gen", "AGE_BAND", "GENDER"),
}


def test_authority_sums_are_those_that_were_printed() -> None:
    """The four authorities' LSOAs sum to the newspapers' figures, with the real codes, a name with commas quoted."""
    body = res_geo(("2021-09-01", "2021-05-01"), cells=PUBLISHED)
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows_of(body):
        sums[row["LA_NAME"], row["ACH_DATE"]] += int(row["OPT_OUT"])
    wanted = {(name, f"01/{month[5:7]}/2021"): count for (name, month), count in PUBLISHED.items()}
    assert {key: sums[key] for key in wanted} == wanted
    assert sums["Mansfield", "01/09/2021"] - sums["Mansfield", "01/05/2021"] == 1_757
    assert b',E06000058,"Bournemouth, Christchurch and Poole",' in body
    assert {row["LA_CODE"] for row in rows_of(body)} == {
        "E07000174",
        "E07000170",
        "E07000175",
        "E06000058",
        "Unallocated",
    }


def test_layouts_are_the_publishers() -> None:
    """Headers, date forms, line ends, rows per month and markers are those of the real files and of the 2023 program."""
    months = months_to("2021-09")
    ages = age_gen(months)
    assert ages.startswith(b"ACH_DATE,AGE_BAND,GENDER,OPT_OUT,LIST_SIZE,RATE\r\n01/09/2021,0-9,All,")
    assert ages.count(b"\r\n") == ages.count(b"\n") == 1 + 10 * 39 + 2 * 38
    assert age_gen(months, rate_column="OPT_OUT_RATE").startswith(
        b"ACH_DATE,AGE_BAND,GENDER,OPT_OUT,LIST_SIZE,OPT_OUT_RATE\r\n"
    )
    assert age_gen(months[:1], blank_rows=2).endswith(b"\r\n,,,,,\r\n,,,,,\r\n")
    assert b"\r\n2021-09-01,E01990000," in res_geo(months, dates="iso")
    new, old = rows_of(reg_geo(months)), rows_of(reg_geo(months, layout="2021"))
    assert [row["LIST_SIZE"] for row in new if row["GP_PRACTICE"] == "Unallocated"] == ["0"] * 12
    assert [row["LIST_SIZE"] for row in old if row["GP_PRACTICE"] == "Unallocated"] == ["Unallocated"] * 12
    assert set(old[0]) == {
        "ACH_DATE",
        "GP_PRACTICE",
        "PRACTICE_NAME",
        "POSTCODE",
        "ONS_CCG_CODE",
        "CCG_NAME",
        "OPT_OUT",
        "LIST_SIZE",
    }
    assert list(new[0])[4] == "SUB_ICB_LOCATION_CODE"


def test_damaged_months_have_been_through_a_spreadsheet() -> None:
    """`Oct-19` three times a month and rates cut to nine decimals in the damaged months, and nowhere else."""
    rows = rows_of(age_gen(("2021-09-01", "2021-08-01"), damaged={"2021-08-01"}))
    damaged = [row for row in rows if row["AGE_BAND"] == "Oct-19"]
    assert [row["ACH_DATE"] for row in damaged] == ["01/08/2021"] * 3
    assert all(len(row["RATE"].partition(".")[2]) <= 9 for row in rows if row["ACH_DATE"] == "01/08/2021")
    assert any(len(row["RATE"].partition(".")[2]) > 9 for row in rows if row["ACH_DATE"] == "01/09/2021")


def test_single_cells_can_be_set() -> None:
    """A story that needs one figure sets one figure."""
    ages = rows_of(
        age_gen(["2021-09-01"], cells={("2021-09-01", "All", "All"): (7, 9)}, totals={"2021-09-01": 3_264_327})
    )
    assert [row["OPT_OUT"] for row in ages if (row["AGE_BAND"], row["GENDER"]) == ("All", "All")] == ["7"]
    practice = PRACTICES[1].code
    reg = rows_of(reg_geo(["2021-09-01"], cells={(practice, "2021-09-01"): (3, 1)}))
    assert [(row["OPT_OUT"], row["LIST_SIZE"]) for row in reg if row["GP_PRACTICE"] == practice] == [("3", "1")]


@given(st.integers(0, 10**8), st.integers(0, 10**8), st.integers(1, 10**6))
def test_identities_of_the_real_files_hold(opt_outs: int, list_size: int, deceased: int) -> None:
    """Ages and the unknown age sum to All, genders to All, each gender's ages to its All, list sizes and deceased likewise."""
    cells = age_cells(opt_outs, list_size, deceased)
    both = [cells[band, "All"] for band in BANDS]
    assert cells["All", "All"] == (opt_outs, list_size)
    assert sum(one[0] for one in both) + cells["Unknown", "All"][0] == opt_outs
    assert sum(one[1] for one in both) == list_size
    assert cells["All", "Female"][0] + cells["All", "Male"][0] + cells["All", UNKNOWN_SEX][0] == opt_outs
    for sex in ("Female", "Male"):
        assert sum(cells[band, sex][0] for band in BANDS) == cells["All", sex][0]
        assert sum(cells[band, sex][1] for band in BANDS) == cells["All", sex][1]
    assert sum(cells["All deceased", sex][0] for sex in ("Female", "Male", UNKNOWN_SEX)) == deceased
    assert len(cells) == 39


@given(st.integers(0, 10**9), st.lists(st.integers(1, 1000), min_size=1, max_size=50))
def test_shares_sum_to_the_total(total: int, weights: list[int]) -> None:
    """However the weights are, nothing is lost and nothing is negative."""
    parts = shares(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    assert min(parts) >= 0


def test_a_small_release_is_ready_to_publish() -> None:
    """Four files with the publisher's names; the links and the workbook say that figures are made up."""
    offers = release_files("2021-09", cells=PUBLISHED)
    assert [one.file_name for one in offers] == [f"NDOP_{kind}_Sep_2021.{end}" for kind, end in
        (("age_gen", "csv"), ("reg_geo", "csv"), ("res_geo", "csv"), ("sum", "xlsx"))]  # fmt: skip
    assert all("made-up figures" in one.name for one in offers)
    with zipfile.ZipFile(io.BytesIO(offers[3].body)) as made:
        assert b"Made-up figures" in made.read("xl/worksheets/sheet1.xml")
    assert release_files("2021-09", cells=PUBLISHED) == offers
    assert workbook([("a & b", [["<", 1, 2.5]])]) == workbook([("a & b", [["<", 1, 2.5]])])


def test_months_and_tags() -> None:
    """Twelve months end with the period, newest first, across the turn of the year."""
    assert months_to("2021-02", 3) == ("2021-02-01", "2021-01-01", "2020-12-01")
    assert (tag("2021-09"), tag("2022-04")) == ("Sep_2021", "Apr_2022")


# ---------------------------------------------------------------- full-size releases, here in small


@pytest.fixture(scope="module")
def run() -> list[MadeUpRelease]:
    """Fourteen small releases from September 2021 on: both changes of layout are among them at other months."""
    return list(releases(14, **SMALL, rate=0.05, renamed_from="2021-12", iso_from="2022-03"))  # type: ignore[arg-type]


def test_a_short_run_is_the_beginning_of_a_long_one(run: list[MadeUpRelease]) -> None:
    """Byte for byte, and another seed gives other figures."""
    short = list(releases(4, **SMALL, rate=0.05, renamed_from="2021-12", iso_from="2022-03"))  # type: ignore[arg-type]
    assert short == run[:4]
    other = next(releases(1, seed="other", **SMALL))  # type: ignore[arg-type]
    assert other.files["NDOP_res_geo_Sep_2021.csv"] != run[0].files["NDOP_res_geo_Sep_2021.csv"]


def test_bytes_are_those_of_every_machine() -> None:
    """The first release's digest is written down here: another Python or another run must not change it."""
    first = next(releases(1, **SMALL))  # type: ignore[arg-type]
    digest = hashlib.sha256(
        b"".join(first.files[name] for name in sorted(first.files) if name.endswith(".csv"))
    ).hexdigest()
    assert digest == "77a9fa1df708167aa8adca2580558afa0f1576f02dd74830ae745cdca266dfab"


def test_the_record_counts_every_restatement(run: list[MadeUpRelease]) -> None:
    """Comparing two releases cell by cell gives exactly the numbers of the record, month by month and family by family."""
    for before, after in itertools.pairwise(run):
        counted: Counter[tuple[str, str]] = Counter()
        for family, (prefix, *columns) in FAMILIES.items():
            old, new = keyed(before, prefix, *columns), keyed(after, prefix, *columns)
            for key in old.keys() & new.keys():
                counted[family, key[0]] += old[key] != new[key]
        assert dict(counted) == after.record.restated
    assert run[1].record.restated_in("lsoas") > 11
    assert run[0].record.restated == {}


def test_the_three_files_agree(run: list[MadeUpRelease]) -> None:
    """England by age, all practices with Unallocated, and all LSOAs with Unallocated are the same number in every month."""
    for one in run:
        england = {key[0]: int(v) for key, v in keyed(one, *FAMILIES["age_sex"]).items() if key[1:] == ("All", "All")}
        for family in ("practices", "lsoas"):
            sums: Counter[str] = Counter()
            for key, opt_outs in keyed(one, *FAMILIES[family]).items():
                assert int(opt_outs) >= 0
                sums[key[0]] += int(opt_outs)
            assert sums == england
        assert len(england) == 12


def test_layouts_change_on_the_way(run: list[MadeUpRelease]) -> None:
    """CCG names before the change of July 2022 and ICB names after it; then ISO dates and OPT_OUT_RATE; periods follow on."""
    by_period = {one.record.period: one for one in run}
    assert b" CCG," in by_period["2021-11"].files["NDOP_res_geo_Nov_2021.csv"]
    assert b" CCG," not in by_period["2021-12"].files["NDOP_res_geo_Dec_2021.csv"]
    assert b"\r\n01/02/2022," in by_period["2022-02"].files["NDOP_res_geo_Feb_2022.csv"]
    assert b"\r\n2022-03-01," in by_period["2022-03"].files["NDOP_res_geo_Mar_2022.csv"]
    assert (
        by_period["2022-03"]
        .files["NDOP_age_gen_Mar_2022.csv"]
        .startswith(b"ACH_DATE,AGE_BAND,GENDER,OPT_OUT,LIST_SIZE,OPT_OUT_RATE")
    )
    assert by_period["2022-01"].record.published_on == "2022-02-14"
    assert (by_period["2021-12"].slug, by_period["2021-12"].record.published_on) == ("december-2021", "2022-01-14")
    assert all("(made-up figures)" in one.title for one in run)


def test_files_are_written_as_the_record_says(tmp_path: Path) -> None:
    """Every file on disk has the bytes, rows and SHA-256 of the record; the folder is the period."""
    records = full_size(tmp_path, 2, **SMALL)
    for record in records:
        for name, (size, rows, digest) in record.files.items():
            body = (tmp_path / record.period / name).read_bytes()
            assert (len(body), hashlib.sha256(body).hexdigest()) == (size, digest)
            if name.endswith(".csv"):
                assert len(rows_of(body)) == rows
    assert [record.period for record in records] == ["2021-09", "2021-10"]


@pytest.mark.slow
def test_a_full_size_release_has_the_real_size() -> None:
    """32,844 LSOAs and some 6,600 practices over twelve months, about 0.5 % of the restated cells revised."""
    first, second = releases(2)
    assert second.record.files["NDOP_res_geo_Oct_2021.csv"][1] == 12 * 32_845
    assert 78_000 < second.record.files["NDOP_reg_geo_Oct_2021.csv"][1] < 80_000
    assert 0.0045 < second.record.restated_in("lsoas") / (11 * 32_844) < 0.0055
    assert sum(len(body) for body in first.files.values()) > 50_000_000
