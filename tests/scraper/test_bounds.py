"""Hostile pages and files, read in a child with bounded memory and time: what is out of bounds is refused by name, quickly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.soaks import in_part

TOP = Path(__file__).parent.parent.parent
CHILD = """
import io, os, resource, sys, zipfile
resource.setrlimit(resource.RLIMIT_AS, ({most}, {most}))
from dataclasses import replace
from scraper.errors import ScraperError
from scraper.files import layouts_of, readings_of
from scraper.pages import read_publication_page
from scraper.schema import load_schemas
from tests.archive.made_site import series
from tests.made_up import summary_workbook

ROW, SCHEMAS = b"01/05/2021,Z00000001,x,x,x,x,x,x,5\\r\\n", load_schemas()
HEADER = ",".join(c.header for s in SCHEMAS if s.name == "res_geo_2023" for c in s.columns).encode() + b"\\r\\n"
LONG = os.urandom(500_000).hex().encode()
PAGE = open("tests/pages/publication-live.html", "rb").read()

def strings(*texts):
    return b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' + b"".join(
        b"<si><t>%b</t></si>" % text for text in texts) + b"</sst>"

def workbook(shared, cells=None):
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(summary_workbook("2022-04"))) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml" and cells:
                part = part[: part.index(b"<sheetData")] + b"<sheetData>" + cells + b"</sheetData></worksheet>"
            if name != "xl/sharedStrings.xml":
                new.writestr(name, part)
        new.writestr("xl/sharedStrings.xml", shared)
    return made.getvalue()

def csv_of(body):
    for reading in readings_of(body, "NDOP_res_geo_made_up.csv", layouts_of(body, "NDOP_res_geo_made_up.csv", SCHEMAS).schemas):
        pass

def page_of(body):
    read_publication_page(body, "https://pages.example/made-up", replace(series(), title_pattern=""))

try:
    {act}
except ScraperError as refusal:
    print(refusal.code)
else:
    print("read")
"""
MB = 1_000_000
CASES = {
    "ten million rows": (1_000 * MB, "file.size", "csv_of(HEADER + ROW * 10_000_000)"),
    "a line of a hundred megabytes": (500 * MB, "file.line", "csv_of(b'A' * 100_000_000)"),
    "a hundred million commas": (500 * MB, "file.line", "csv_of(b',' * 100_000_000)"),
    "a long line late in the file": (400 * MB, "file.line", "csv_of(HEADER + ROW * 900_000 + b'x' * 200_000)"),
    "a record over endless lines": (400 * MB, "file.csv", "csv_of(b'\"a\\n\",' * 900_000)"),
    "ninety-nine thousand links": (300 * MB, "page.size", "page_of(PAGE.replace(b'Second', b'<a href=/x>x</a>' * 99_000))"),
    "as many links as are let in": (600 * MB, "read", "page_of(PAGE.replace(b'Second', b'<a href=/x>x</a>' * 4_900))"),
    "a summary of seven megabytes": (600 * MB, "page.text", "page_of(PAGE.replace(b'Second', b'word ' * 1_500_000))"),
    "forty thousand nested tags": (600 * MB, "page.kind", "page_of(b'<div>' * 40_000)"),
    "a million texts": (900 * MB, "workbook.text", "csv_of(workbook(strings(*(b'%d' % i for i in range(1_000_000)))))"),
    "a text that a thousand cells name": (
        900 * MB, "workbook.text",
        "csv_of(workbook(strings(LONG), b'<row r=\"1\">' + b'<c t=\"s\"><v>0</v></c>' * 900 + b'</row>'))",
    ),
    "the same text named by reference": (
        900 * MB, "workbook.text",
        "csv_of(workbook(strings(LONG), b'<row r=\"1\">' + b'<c t=\"s\"><v>&#48;</v></c>' * 900 + b'</row>'))",
    ),
    "one cell of a megabyte": (
        900 * MB, "workbook.text", "csv_of(workbook(strings(b'x' * 1_000_000), b'<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>'))",  # noqa: E501
    ),
    "entities of its own": (
        400 * MB, "workbook.doctype", "csv_of(workbook(b'<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>' + strings(b'&f;')))",  # noqa: E501
    ),
}  # fmt: skip
LIMIT_SECONDS = 60
"""Far more than any takes on a quiet machine (the slowest three seconds), far less than what they took without bounds."""


@pytest.mark.parametrize("name", in_part(CASES, 2))
def test_what_is_out_of_bounds_is_refused_in_bounded_memory_and_time(name):
    """Each in a process that may not take more; the code says which bound it was."""
    most, code, act = CASES[name]
    program = CHILD.format(most=most, act=act)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=TOP, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
    assert (done.stdout.strip(), done.stderr[-600:]) == (code, "")
