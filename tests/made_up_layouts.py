"""Owns how made-up figures are written down: the publisher's real CSV layouts, and a small workbook; always the same bytes.

Never invents a figure: it writes those it is given.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape

from tests.publisher_words import MONTHS

Dates = Literal["dd/mm/yyyy", "iso"]

BANDS = ("0-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80-89", "90+")
UNKNOWN_SEX = "Unknown / Prefer not to say"
DECEASED = "All deceased"
FEMALE_WEIGHTS = (5, 6, 15, 20, 16, 16, 12, 6, 3, 1)
MALE_WEIGHTS = (6, 7, 13, 18, 17, 16, 12, 7, 3, 1)
LIST_WEIGHTS = (11, 11, 13, 15, 13, 13, 11, 8, 4, 1)

AGE_COLUMNS = "ACH_DATE,AGE_BAND,GENDER,OPT_OUT,LIST_SIZE,"
RES_COLUMNS = (
    "ACH_DATE,LSOA_CODE,LSOA_NAME,SUB_ICB_LOCATION_CODE,ONS_SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_NAME,"
    "LA_CODE,LA_NAME,OPT_OUT"
)  # fmt: skip
REG_COLUMNS = (
    "ACH_DATE,GP_PRACTICE,POSTCODE,PRACTICE_NAME,SUB_ICB_LOCATION_CODE,ONS_SUB_ICB_LOCATION_CODE,"
    "SUB_ICB_LOCATION_NAME,ONS_ICB_CODE,ICB_CODE,ICB_NAME,COMM_REGION_CODE,ONS_COMM_REGION_CODE,COMM_REGION_NAME,"
    "OPT_OUT,LIST_SIZE"
)
REG_COLUMNS_2021 = "ACH_DATE,GP_PRACTICE,PRACTICE_NAME,POSTCODE,ONS_CCG_CODE,CCG_NAME,OPT_OUT,LIST_SIZE"

AgeCells = dict[tuple[str, str], tuple[int, int]]
"""(age text, gender text) to (opt-outs, list size), in the file's order of rows."""


class SubIcb(NamedTuple):
    """One sub-ICB location with the areas above it, as the 2023 layout prints them."""

    code: str
    ons: str
    name: str
    icb_ons: str
    icb_code: str
    icb_name: str
    region_code: str
    region_ons: str
    region_name: str


def field(text: str) -> str:
    """One CSV field, quoted only where it must be."""
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def fields(texts: Iterable[str]) -> str:
    """Several CSV fields with their commas."""
    return ",".join(map(field, texts))


def date_text(month: str, dates: Dates) -> str:
    """A month (YYYY-MM-01) as a file prints it."""
    year, number, first = month.split("-")
    return month if dates == "iso" else f"{first}/{number}/{year}"


def months_to(last: str, count: int = 12) -> tuple[str, ...]:
    """The `count` months up to `last` (YYYY-MM), newest first, as YYYY-MM-01."""
    year, number = map(int, last.split("-")[:2])
    ends = year * 12 + number - 1
    return tuple(f"{index // 12}-{index % 12 + 1:02d}-01" for index in range(ends, ends - count, -1))


def tag(period: str) -> str:
    """`Sep_2021` from `2021-09`, as it stands in file names."""
    year, number = map(int, period.split("-")[:2])
    return f"{MONTHS[number - 1][:3]}_{year}"


def period_words(period: str) -> str:
    """`September 2021` from `2021-09`, as it stands in titles."""
    year, number = map(int, period.split("-")[:2])
    return f"{MONTHS[number - 1]} {year}"


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers in proportion to the weights that sum to the total exactly."""
    sums = [0, *accumulate(weights)]
    return [total * high // sums[-1] - total * low // sums[-1] for low, high in pairwise(sums)]


def age_cells(opt_outs: int, list_size: int, deceased: int) -> AgeCells:
    """England by age and gender, so that every identity of the real files holds exactly.

    Ages and the unknown age sum to All, genders sum to All, each gender's ages to its All, list sizes likewise.
    """
    unknown_sex = opt_outs // 8000
    unknown_age = unknown_sex // 4
    female = (opt_outs - unknown_sex) * 56 // 100
    male = opt_outs - unknown_sex - female
    lists_female, lists_male = shares(list_size, (499, 501))
    by_sex = {
        sex: dict(zip(BANDS, zip(shares(total, weights), shares(lists, LIST_WEIGHTS), strict=True), strict=True))
        for sex, total, weights, lists in (
            ("Female", female, FEMALE_WEIGHTS, lists_female),
            ("Male", male, MALE_WEIGHTS, lists_male),
        )
    }
    neither = dict(zip(BANDS, shares(unknown_sex - unknown_age, LIST_WEIGHTS), strict=True))
    cells: AgeCells = {}
    for band in BANDS:
        both = [by_sex[sex][band] for sex in by_sex]
        cells[band, "All"] = (sum(one[0] for one in both) + neither[band], sum(one[1] for one in both))
    cells |= {("All", "All"): (opt_outs, list_size), ("Unknown", "All"): (unknown_age, 0)}
    cells[DECEASED, DECEASED] = (deceased, 0)
    gone = deceased * 48 // 100
    for sex, total, lists, dead in (
        ("Female", female, lists_female, gone),
        ("Male", male, lists_male, deceased - gone - 1),
    ):
        cells |= {(band, sex): one for band, one in by_sex[sex].items()}
        cells |= {("All", sex): (total, lists), (DECEASED, sex): (dead, 0)}
    return cells | {("All", UNKNOWN_SEX): (unknown_sex, 0), (DECEASED, UNKNOWN_SEX): (1, 0)}


def rate_text(opt_outs: int, list_size: int, *, cut: bool) -> str:
    """The rate as printed: all of the float's digits, nine decimals after a spreadsheet has been at it, 0.0 for none."""
    rate = 100 * opt_outs / list_size if list_size else 0.0
    return repr(round(rate, 9) if cut else rate)


def age_rows(month: str, cells: AgeCells, *, damaged: bool) -> list[str]:
    """The rows of one month. Damaged ones have been through a spreadsheet: `Oct-19`, and rates cut short."""
    when = date_text(month, "dd/mm/yyyy")
    rows = []
    for (band, sex), (opt_outs, list_size) in cells.items():
        if (band, sex) == (DECEASED, UNKNOWN_SEX) and month < "2020-12":
            continue  # the real files have 38 rows a month before December 2020, 39 from then on
        printed = "Oct-19" if damaged and band == "10-19" else band
        rate = rate_text(opt_outs, list_size, cut=damaged)
        rows.append(f"{when},{printed},{sex},{opt_outs},{list_size},{rate}\r\n")
    return rows


def as_file(columns: str, rows: Iterable[str]) -> bytes:
    """A CSV file of the publisher: header, rows that end in CRLF, no byte-order mark."""
    return (columns + "\r\n" + "".join(rows)).encode()


def workbook(sheets: Sequence[tuple[str, Sequence[Sequence[str | int | float]]]]) -> bytes:
    """A small, valid workbook of sheets (name, rows), the same bytes every time."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    names = [name for name, _ in sheets]
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{media}.worksheet+xml"/>' for n in numbers
    )
    tabs = "".join(f'<sheet name="{escape(names[n - 1])}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{media}.sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{tabs}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
    }
    for n, (_, rows) in zip(numbers, sheets, strict=True):
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{_sheet_rows(rows)}</sheetData></worksheet>'
        )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            # A fixed time, so that the same figures give the same bytes.
            archive.writestr(zipfile.ZipInfo(name, (2021, 1, 1, 0, 0, 0)), head + text, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _sheet_rows(rows: Sequence[Sequence[str | int | float]]) -> str:
    return "".join(
        f'<row r="{n}">' + "".join(_cell(f"{chr(65 + i)}{n}", value) for i, value in enumerate(row)) + "</row>"
        for n, row in enumerate(rows, 1)
    )


def _cell(place: str, value: str | float) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
