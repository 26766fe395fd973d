"""An area of today carried back over earlier codes: whole areas are summed, and where a boundary moved nothing is guessed."""

from __future__ import annotations

import itertools

import pytest

from archive.reading_copy import transaction
from archive.registers import load_registers
from tests.archive.made_site import filled_archive
from tests.archive.made_vintages import Shelf
from tests.archive.test_breaks_in_range import ask
from tests.archive.visitor import Visitor
from tests.made_up import NOTTS, Authority, Practice, SubIcb, months_to, reg_geo, res_geo


def ccg(code, ons, name):
    """An area of registration under the board and region of Nottinghamshire, which no story here is about."""
    return SubIcb(code, ons, name, *NOTTS[3:])


LUTON = ccg("06P", "E38000102", "NHS Luton ICB")
BEDFORDSHIRE = ccg("06F", "E38000010", "NHS Bedfordshire ICB")
MILTON_KEYNES = ccg("04F", "E38000107", "NHS Milton Keynes ICB")
THREE = (LUTON, BEDFORDSHIRE, MILTON_KEYNES)
MERGED = ccg("M1J4Y", "E38000249", "NHS Bedfordshire, Luton and Milton Keynes ICB - M1J4Y")
GLOSSOP, MANCHESTER = (
    ccg("01Y", "E38000182", "NHS Tameside and Glossop ICB"), ccg("01Y", "E38000263", "NHS Greater Manchester ICB - 01Y"),
)  # fmt: skip


def practices(*areas):
    """One made-up practice for each area."""
    return [Practice(f"Z9{number:04d}", "MADE-UP SURGERY", "ZZ1 1AA", area) for number, area in enumerate(areas)]


def registered(shelf, day, month, *areas, layout="2023", cells=None):
    """One release of one month by practice of registration: the n-th area has one practice; `cells` sets its two figures."""
    figures = {(f"Z9{number:04d}", month): pair for number, pair in enumerate(cells or ())}
    body = reg_geo([month], layout=layout, practices=practices(*areas), cells=figures)
    shelf.put_in(day, {f"NDOP_reg_geo_{day}.csv": body})


def living(shelf, day, month, authorities):
    """One release of one month by residence: opt-outs by authority code and name."""
    areas = [Authority(code, name, NOTTS) for code, name in authorities]
    cells = {(name, month): count for (_, name), count in authorities.items()}
    shelf.put_in(day, {f"NDOP_res_geo_{day}.csv": res_geo([month], cells=cells, authorities=areas)})


@pytest.fixture
def shelf(tmp_path):
    """A reading copy without figures, with the registers in it."""
    made = Shelf(tmp_path)
    with transaction(made.db):
        load_registers(made.db)
    return made


def told(shelf, folder, *areas, question="area_series_now"):
    """For each area asked, its rows by month; nothing more is put on the shelf after that."""
    shelf.db.close()
    with Visitor(folder) as visitor:
        return [{row["month"]: row for row in ask(visitor, question, area=area)} for area in areas]


def figures(row):
    """What a row says of people, and how it came to it."""
    return row["opt_outs"], row["list_size"], row["boundaries"], row["why_empty"]


# ---------------------------------------------------------------- renamed


def test_a_ccg_that_became_a_sub_icb_location_is_one_series_now_and_two_then(shelf, tmp_path):
    """52R kept both codes in July 2022: its CCG's months stand under it, marked, with the change and its source."""
    registered(shelf, "2022-04-28", "2022-04-01", NOTTS, layout="2021", cells=[(500, 9_000)])
    registered(shelf, "2022-07-28", "2022-07-01", NOTTS, cells=[(510, 9_100)])
    series, by_old_code, by_old_name = told(
        shelf, tmp_path, "52R", "e38000243", "NHS Nottingham and Nottinghamshire CCG"
    )
    assert series == by_old_code == by_old_name
    assert figures(series["2022-04-01"]) == (500, 9_000, "remapped", None)
    assert figures(series["2022-07-01"]) == (510, 9_100, "as_published", None)
    old = series["2022-04-01"]
    assert (old["from_codes"], old["area_code"], old["kind"]) == ("E38000243", "52R", "sub icb")
    assert "another name, the same two codes" in old["changes"]
    assert "both codes are the same in both files" in old["how_sure"]
    assert "CCG_ICB_mapping_July_2022.xlsx" in old["source_of_change"]
    assert series["2022-07-01"]["change_since_row_above"] == 10
    assert "July 2022" in series["2022-07-01"]["breaks_in_range"]
    with Visitor(tmp_path) as visitor:
        assert [row["month"] for row in ask(visitor, "area_series", area="52R")] == ["2022-07-01"]


# ---------------------------------------------------------------- merged


def test_merged_areas_are_summed_only_where_every_one_of_them_is_stated(shelf, tmp_path):
    """All eight ways in which three CCGs can be stated or not: one gives a sum, one no row, the rest say who is missing."""
    months = months_to("2021-03", 8)
    subsets = [
        [one for one, is_in in zip(THREE, ins, strict=True) if is_in] for ins in itertools.product((0, 1), repeat=3)
    ]
    for month, areas in zip(months, subsets, strict=True):
        pairs = [(100 + THREE.index(area), 1_000 + THREE.index(area)) for area in areas]
        registered(shelf, f"{month[:8]}20", month, *areas, layout="2021", cells=pairs)
    registered(shelf, "2021-04-20", "2021-04-01", MERGED, layout="2021", cells=[(400, 4_000)])
    registered(shelf, "2022-07-20", "2022-07-01", MERGED, cells=[(444, 4_400)])
    (series,) = told(shelf, tmp_path, "M1J4Y")
    for month, areas in zip(months, subsets, strict=True):
        if not areas:
            assert month not in series
        elif len(areas) == 3:
            assert figures(series[month]) == (303, 3_003, "remapped", None)
            assert set(series[month]["from_codes"].split(", ")) == {area.ons for area in THREE}
        else:
            assert figures(series[month]) == (None, None, None, "part_not_stated")
            missing = [area for area in THREE if area not in areas]
            assert all(area.ons in series[month]["in_words"] for area in missing)
            assert not any(area.ons in series[month]["in_words"] for area in areas)
    assert figures(series["2021-04-01"]) == (400, 4_000, "remapped", None)
    assert series["2021-04-01"]["from_codes"] == "E38000249"
    assert figures(series["2022-07-01"]) == (444, 4_400, "as_published", None)


def test_a_merger_that_no_file_has_yet_is_told_from_its_parts_by_residence(shelf, tmp_path):
    """Cumberland is in no file of the look-up of 2022: its three districts are it; their list size stays unpublished."""
    districts = {("E07000026", "Allerdale"): 10, ("E07000028", "Carlisle"): 20, ("E07000029", "Copeland"): 30}
    living(shelf, "2022-04-28", "2022-04-01", districts)
    cumberland, allerdale = told(shelf, tmp_path, "Cumberland", "Allerdale")
    assert cumberland == allerdale
    row = cumberland["2022-04-01"]
    assert figures(row) == (60, None, "remapped", "not_published")
    assert (row["area"], row["kind"], row["counted"]) == ("Cumberland", "local authority", "people who live there")


def test_a_merger_of_a_merger_goes_all_the_way_back(shelf, tmp_path):
    """Somerset in 2019: two districts that merged first, three that joined later; the nearest stated area stands, none twice."""
    rest = {("E07000187", "Mendip"): 1, ("E07000188", "Sedgemoor"): 2, ("E07000189", "South Somerset"): 4}
    early = {**rest, ("E07000190", "Taunton Deane"): 8, ("E07000191", "West Somerset"): 16}
    between = {**rest, ("E07000246", "Somerset West and Taunton"): 32}
    living(shelf, "2019-03-20", "2019-03-01", early)
    living(shelf, "2020-03-20", "2020-03-01", between)
    living(shelf, "2020-04-20", "2020-04-01", {**between, **early})
    (series,) = told(shelf, tmp_path, "Somerset")
    assert {month: row["opt_outs"] for month, row in series.items()} == {
        "2019-03-01": 31, "2020-03-01": 39, "2020-04-01": 39,
    }  # fmt: skip
    assert "E07000190" in series["2019-03-01"]["from_codes"]
    assert "E07000190" not in series["2020-04-01"]["from_codes"]


# ---------------------------------------------------------------- redrawn


def test_across_a_boundary_that_moved_nothing_is_given_and_the_reason_is(shelf, tmp_path):
    """01Y kept its short code in July 2022 and lost Glossop: months of the old CCG are empty, with words, and not skipped."""
    registered(shelf, "2022-04-28", "2022-04-01", GLOSSOP, layout="2021", cells=[(700, 7_000)])
    registered(shelf, "2022-07-28", "2022-07-01", MANCHESTER, cells=[(600, 6_000)])
    (series,) = told(shelf, tmp_path, "01Y")
    assert figures(series["2022-04-01"]) == (None, None, None, "boundary_changed")
    assert "the boundary changed" in series["2022-04-01"]["in_words"]
    assert "rule of the Office for National Statistics" in series["2022-04-01"]["how_sure"]
    assert figures(series["2022-07-01"]) == (600, 6_000, "as_published", None)
    assert series["2022-07-01"]["change_since_row_above"] is None


def test_a_region_with_the_same_code_is_cut_where_its_printed_ons_code_changes(shelf, tmp_path):
    """Y60 has no other short code: the ONS code beside each month tells whether it is the region of today."""
    old = NOTTS._replace(region_ons="E40000008")
    registered(shelf, "2022-02-20", "2022-02-01", old, cells=[(1, 10)])
    registered(shelf, "2022-05-20", "2022-05-01", NOTTS, cells=[(2, 20)])
    (series,) = told(shelf, tmp_path, "Y60")
    assert figures(series["2022-02-01"]) == (None, None, None, "boundary_changed")
    assert figures(series["2022-05-01"])[2] == "as_published"


def test_sheffield_of_2025_is_not_sheffield_of_2022(shelf, tmp_path):
    """A boundary that moved by a few houses is a boundary that moved; asked by either code the answer is the same."""
    living(shelf, "2022-04-28", "2022-04-01", {("E08000019", "Sheffield"): 26_216})
    by_name, by_code = told(shelf, tmp_path, "Sheffield", "E08000039")
    assert by_name == by_code
    assert figures(by_name["2022-04-01"]) == (None, None, None, "boundary_changed")
    assert "Oughtibridge" in by_name["2022-04-01"]["in_words"]


def test_a_change_whose_codes_are_not_known_is_said_and_not_applied(shelf, tmp_path):
    """Boards merged, and the register does not know which: months before stand as published, with that said; later ones do not."""
    with transaction(shelf.db):
        shelf.db.execute(
            "INSERT INTO area_changes (change_id, effective_on, area_kind, change, what_changed, how_sure, source, seen_on,"
            " known_from) VALUES ('made-up', '2022-03-01', 'icb', 'merger', 'Made-up boards merged.', 'Made up.', 'Made-up source',"
            " '2026-11', 'reported')"
        )
    registered(shelf, "2022-02-20", "2022-02-01", NOTTS, cells=[(1, 10)])
    registered(shelf, "2022-05-20", "2022-05-01", NOTTS, cells=[(2, 20)])
    board, region = told(shelf, tmp_path, "QT1", "Y60")
    assert figures(board["2022-02-01"]) == (1, 10, "as_published", None)
    assert "Made-up boards merged." in board["2022-02-01"]["in_words"]
    assert "Made-up" not in (board["2022-05-01"]["in_words"] or "")
    assert "Made-up" not in (region["2022-02-01"]["in_words"] or "")


# ---------------------------------------------------------------- unchanged


def test_an_area_that_never_changed_is_told_as_published(tmp_path):
    """Mansfield and England: the same figures as month by month, every row as published, nothing empty."""
    with Visitor(filled_archive(tmp_path)) as visitor:
        for area in ("Mansfield", "England", "QT1"):
            then, today = ask(visitor, "area_series", area=area), ask(visitor, "area_series_now", area=area)
            assert [(row["month"], row["opt_outs"], row["list_size"]) for row in then] == [
                (row["month"], row["opt_outs"], row["list_size"]) for row in today
            ]
            assert {row["boundaries"] for row in today} == {"as_published"}
            assert {row["change_since_row_above"] for row in then} == {row["change_since_row_above"] for row in today}
        assert ask(visitor, "area_series_now", area="nowhere at all") == []
