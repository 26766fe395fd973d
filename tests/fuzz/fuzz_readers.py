"""Fuzzes the readers under the guidance of coverage, by hand: `python tests/fuzz/fuzz_readers.py pages RUNS` (or `files`).

Owns the two targets; never part of the suite (atheris is installed for the purpose). Any error but a named refusal ends the run.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["scraper"]):
    from scraper.errors import FileChanged, PageChanged
    from scraper.files import layouts_of, readings_of
    from scraper.model import At, Manners, Series
    from scraper.pages import kind_of, read_publication_page, read_series_page, readable_text
    from scraper.schema import load_schemas
    from scraper.zips import is_workbook, is_zip, members_of

TESTS = Path(__file__).parent.parent
ADDRESS = "https://pages.example/made-up"
SCHEMAS = load_schemas()
SERIES = Series(
    slug="made-up", title="Made-up", publisher="Pretend publisher", licence="OGL", licence_url="https://licence.example/",
    seed=ADDRESS, page_hosts=("pages.example",), file_hosts=("files.example",), title_pattern="", time_zone="Europe/London",
    when=(At(("mon",), 9, 35),), recent_days=60, recheck_days=7, expects=(), manners=Manners(contact="tests@example.org"),
    made_up=True,
)  # fmt: skip


def pages(body: bytes) -> None:
    """Any bytes as a page: a kind, and each reader reads or refuses."""
    kind_of(body)
    for read in (read_series_page, read_publication_page):
        try:
            read(body, ADDRESS, SERIES)
        except PageChanged:
            continue
    try:
        readable_text(body)
    except PageChanged:
        return


def files(body: bytes) -> None:
    """Any bytes as a file: its members, its layouts, its readings, or a refusal."""
    try:
        if is_zip(body) and not is_workbook(body):
            members_of(body, "fuzz.zip")
        for reading in readings_of(body, "fuzz.csv", layouts_of(body, "fuzz.csv", SCHEMAS).schemas):
            if reading.rows != sum(len(block.values) for block in reading.blocks):
                raise AssertionError("rows were lost in silence")
    except FileChanged:
        return


TARGETS = {"pages": (pages, "pages"), "files": (files, "files")}


def main() -> None:
    """Runs one target for a number of runs, from the samples of the suite and what earlier runs left in a folder beside them."""
    name, runs = sys.argv[1], sys.argv[2]
    target, samples = TARGETS[name]
    found = tempfile.mkdtemp(prefix=f"fuzz-{name}-")
    options = [f"-runs={runs}", "-timeout=20", "-rss_limit_mb=1500", "-max_len=60000", f"-artifact_prefix={found}/"]
    atheris.Setup([sys.argv[0], *options, found, str(TESTS / samples)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
