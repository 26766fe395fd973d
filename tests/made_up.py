"""Owns small made-up files of the publisher's real layouts, with settable figures; made_up_releases makes full-size ones.

Never a real figure but the eight of PUBLISHED. File names are the publisher's; pages, series and workbooks say "made-up".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from tests.made_up_layouts import (
    AGE_COLUMNS,
    REG_COLUMNS,
    REG_COLUMNS_2021,
    RES_COLUMNS,
    AgeCells,
    Dates,
    SubIcb,
    age_cells,
    age_rows,
    as_file,
    date_text,
    fields,
    months_to,
    period_words,
    shares,
    tag,
)
from tests.made_up_releases import MadeUpRelease, Record, full_size, releases
from tests.made_up_workbook import Figures, release_workbook
from tests.publisher_site import Offer

__all__ = [
    "AUTHORITIES", "PRACTICES", "PUBLISHED", "Authority", "MadeUpRelease", "Practice", "Record", "age_gen", "full_size",
    "months_to", "reg_geo", "release_files", "releases", "res_geo", "summary_workbook", "tag",
]  # fmt: skip


class Authority(NamedTuple):
    """One local authority of a small made-up file."""

    code: str
    name: str
    sub_icb: SubIcb


class Practice(NamedTuple):
    """One practice of a small made-up file; its code begins with Z, as no real one does."""

    code: str
    name: str
    postcode: str
    sub_icb: SubIcb


NOTTS = SubIcb(
    "52R", "E38000243", "NHS Nottingham and Nottinghamshire ICB - 52R",
    "E54000060", "QT1", "NHS Nottingham and Nottinghamshire Integrated Care Board", "Y60", "E40000011", "Midlands",
)  # fmt: skip
DORSET = SubIcb(
    "11J", "E38000045", "NHS Dorset ICB - 11J",
    "E54000041", "QVV", "NHS Dorset Integrated Care Board", "Y58", "E40000006", "South West",
)  # fmt: skip
AUTHORITIES = (
    Authority("E07000174", "Mansfield", NOTTS),
    Authority("E07000170", "Ashfield", NOTTS),
    Authority("E07000175", "Newark and Sherwood", NOTTS),
    Authority("E06000058", "Bournemouth, Christchurch and Poole", DORSET),
)
PRACTICES = (
    Practice("Z90001", "MADE-UP SURGERY", "ZZ1 1AA", NOTTS),
    Practice("Z90002", "MADE-UP MEDICAL CENTRE, NORTH", "ZZ1 1AB", NOTTS),
    Practice("Z90003", "MADE-UP HEALTH CENTRE", "ZZ1 2AA", NOTTS),
    Practice("Z90004", "MADE-UP PRACTICE", "ZZ2 1AA", DORSET),
    Practice("Z90005", "MADE-UP MEDICAL GROUP", "ZZ2 1AB", DORSET),
)
PUBLISHED: dict[tuple[str, str], int] = {
    ("Mansfield", "2021-05-01"): 2_340, ("Mansfield", "2021-09-01"): 4_097,
    ("Ashfield", "2021-05-01"): 1_250, ("Ashfield", "2021-09-01"): 3_463,
    ("Newark and Sherwood", "2021-05-01"): 4_897, ("Newark and Sherwood", "2021-09-01"): 6_898,
    ("Bournemouth, Christchurch and Poole", "2021-05-01"): 18_088,
    ("Bournemouth, Christchurch and Poole", "2021-09-01"): 27_144,
}  # fmt: skip
"""Newspapers of October 2021 printed the September stock and the rise since May."""


def month_number(month: str) -> int:
    """Months since January 2020: what makes a made-up figure grow, the same in every release that states it."""
    year, number = map(int, month.split("-")[:2])
    return (year - 2020) * 12 + number - 1


def age_gen(
    months: Iterable[str], *, rate_column: Literal["RATE", "OPT_OUT_RATE"] = "RATE", totals: Mapping[str, int] | None = None,
    list_sizes: Mapping[str, int] | None = None, damaged: Collection[str] = (),
    cells: Mapping[tuple[str, str, str], tuple[int, int]] | None = None, blank_rows: int = 0,
) -> bytes:  # fmt: skip
    """England by age and gender for months YYYY-MM-01, written in the order given.

    `totals` and `list_sizes` set England's figures by month; `damaged` months have been through a spreadsheet;
    `cells` sets single rows by (month, age text, gender text) without mending the sums.
    """
    rows: list[str] = []
    for month in months:
        grown = month_number(month)
        total = (totals or {}).get(month, 3_000_000 + 9_000 * grown)
        lists = (list_sizes or {}).get(month, 60_000_000 + 60_000 * grown)
        made: AgeCells = age_cells(total, lists, 90_000 + 1_500 * grown)
        made |= {(band, sex): one for (when, band, sex), one in (cells or {}).items() if when == month}
        rows += age_rows(month, made, damaged=month in damaged)
    rows += [",,,,,\r\n"] * blank_rows
    return as_file(AGE_COLUMNS + rate_column, rows)


def res_geo(
    months: Iterable[str], *, cells: Mapping[tuple[str, str], int] | None = None, dates: Dates = "dd/mm/yyyy",
    authorities: Sequence[Authority] = AUTHORITIES, lsoas: int = 3, unallocated: int = 4_000,
) -> bytes:  # fmt: skip
    """Opt-outs by LSOA of residence; `cells` sets an authority's sum by (name, month), spread over its `lsoas` invented LSOAs."""
    rows: list[str] = []
    for month in months:
        when = date_text(month, dates)
        for number, one in enumerate(authorities):
            total = (cells or {}).get((one.name, month), 1_000 * (number + 1) + 30 * month_number(month))
            # Unequal weights: 1, 2, 3 …, so that no sum comes out right by accident.
            for index, opt_outs in enumerate(shares(total, range(1, lsoas + 1))):
                code, name = f"E0199{number:02d}{index:02d}", f"{one.name} {index // 5 + 1:03d}{'ABCDE'[index % 5]}"
                labels = fields((code, name, *one.sub_icb[:3], one.code, one.name))
                rows.append(f"{when},{labels},{opt_outs}\r\n")
        rows.append(f"{when}{',Unallocated' * 7},{unallocated + month_number(month)}\r\n")
    return as_file(RES_COLUMNS, rows)


def reg_geo(
    months: Iterable[str], *, layout: Literal["2021", "2023"] = "2023", practices: Sequence[Practice] = PRACTICES,
    cells: Mapping[tuple[str, str], tuple[int, int]] | None = None, unallocated: int = 2_000,
) -> bytes:  # fmt: skip
    """Opt-outs and list size by practice of registration; `cells` sets (opt-outs, list size) by (practice code, month)."""
    rows: list[str] = []
    for month in months:
        when = date_text(month, "dd/mm/yyyy")
        for number, one in enumerate(practices):
            grown = (300 + 50 * number + 2 * month_number(month), 8_000 + 500 * number + 5 * month_number(month))
            opt_outs, list_size = (cells or {}).get((one.code, month), grown)
            rows.append(f"{when},{_practice_labels(one, layout)},{opt_outs},{list_size}\r\n")
        lost = unallocated + month_number(month)
        columns, no_list = (12, "0") if layout == "2023" else (5, "Unallocated")
        rows.append(f"{when}{',Unallocated' * columns},{lost},{no_list}\r\n")
    return as_file(REG_COLUMNS if layout == "2023" else REG_COLUMNS_2021, rows)


def _practice_labels(one: Practice, layout: str) -> str:
    if layout == "2023":
        return fields((one.code, one.postcode, one.name, *one.sub_icb))
    return fields((one.code, one.name, one.postcode, one.sub_icb.ons, one.sub_icb.name.replace(" ICB", " CCG")))


def summary_workbook(
    period: str, *, layout: Literal["2022", "2023"] = "2022", totals: Mapping[str, int] | None = None, count: int = 12,
    practices: Sequence[Practice] = PRACTICES,
) -> bytes:  # fmt: skip
    """The release workbook of `period` (YYYY-MM): the figures that `age_gen` and `reg_geo` have for the same months."""
    england = [
        (
            month,
            (totals or {}).get(month, 3_000_000 + 9_000 * grown),
            60_000_000 + 60_000 * grown,
            90_000 + 1_500 * grown,
        )
        for month in months_to(period, count)
        for grown in [month_number(month)]
    ]
    grown = month_number(england[0][0])
    surgeries = [
        (one.code, one.name, 300 + 50 * number + 2 * grown, 8_000 + 500 * number + 5 * grown)
        for number, one in enumerate(practices)
    ]
    areas = [_area(sub, practices, surgeries, layout) for sub in dict.fromkeys(one.sub_icb for one in practices)]
    ages = age_cells(*england[0][1:])
    return release_workbook(Figures(period, england, ages, surgeries, areas, 2_000 + grown, 7), layout)


def _area(
    sub: SubIcb, practices: Sequence[Practice], surgeries: Sequence[tuple[str, str, int, int]], layout: str
) -> tuple[str, str, str, int, int, int]:
    """One area of registration: the sums over its practices, and deceased people in proportion."""
    own = [stated for one, stated in zip(practices, surgeries, strict=True) if one.sub_icb == sub]
    name = sub.name if layout == "2023" else sub.name.partition(" ICB")[0] + " CCG"
    opt_outs = sum(one[2] for one in own)
    return sub.ons, sub.code, name, opt_outs, sum(one[3] for one in own), opt_outs // 30


def release_files(
    period: str, *, cells: Mapping[tuple[str, str], int] | None = None, count: int = 12, damaged: Collection[str] = (),
    totals: Mapping[str, int] | None = None, dates: Dates = "dd/mm/yyyy",
) -> list[Offer]:  # fmt: skip
    """The four files of one small made-up release of `period` (YYYY-MM), ready to be published."""
    months, name, words = months_to(period, count), tag(period), period_words(period)
    files = (
        ("by age and gender", f"NDOP_age_gen_{name}.csv", age_gen(months, totals=totals, damaged=damaged)),
        ("by registered geography", f"NDOP_reg_geo_{name}.csv", reg_geo(months)),
        ("by residence geography", f"NDOP_res_geo_{name}.csv", res_geo(months, cells=cells, dates=dates)),
        ("summary", f"NDOP_sum_{name}.xlsx", summary_workbook(period, totals=totals, count=count)),
    )
    return [
        Offer(f"National Data Opt-out {what}, {words} (made-up figures)", file_name, body)
        for what, file_name, body in files
    ]
