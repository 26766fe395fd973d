"""What is fuzzed: any bytes as a page, and any bytes as a file, given to every reader of theirs.

Only the two targets and their samples; any error but a named refusal is a fault. Knows no fuzzer.
"""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

from scraper.errors import FileChanged, PageChanged
from scraper.files import layouts_of, readings_of
from scraper.model import At, Manners, Series
from scraper.page_judge import PageHistory, judge_page
from scraper.page_text import text_of
from scraper.pages import read_publication_page, read_series_page
from scraper.schema import load_schemas
from scraper.site_lists import listed_below
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
TAG = re.compile(rb"<[^<>\x00-\x1f]{1,120}>")


def pages(body: bytes) -> None:
    """Any bytes as a page: its kind and what the judge says, its words, and each reader reads or refuses.

    Each of them makes its own tree of the page, which is what a run takes its time for: none is asked twice.
    """
    judge_page(body, "publication_page", PageHistory(ADDRESS))
    listed_below(body, ADDRESS)
    for read in (read_series_page, read_publication_page):
        try:
            read(body, ADDRESS, SERIES)
        except PageChanged:
            continue
    try:
        text_of(body)
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


TARGETS = {"pages": pages, "files": files}


def samples(name: str) -> list[Path]:
    """The suite's own samples of a target, from which its inputs are made."""
    folder = TESTS / name
    return sorted(path for path in folder.iterdir() if path.is_file() and (name != "pages" or path.suffix == ".html"))


@cache
def tags() -> list[bytes]:
    """Every tag of the sample pages as it stands there."""
    return sorted({tag for sample in samples("pages") for tag in TAG.findall(sample.read_bytes())})


def with_tags_moved(body: bytes, chance: random.Random) -> bytes:
    """The page with some of its tags gone, doubled, or others put between: what a reader looks for, where nobody expects it."""
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        places = [found.span() for found in TAG.finditer(body)] or [(0, 0)]
        (begin, end), (_, later) = chance.choice(places), chance.choice(places)
        match chance.randrange(4):
            case 0:
                body = body[:begin] + body[end:]
            case 1:
                body = body[:begin] + chance.choice(tags()) + body[begin:]
            case 2:
                body = body[:end] + body[begin : max(end, later)] + body[end:]
            case _:
                body = body[:begin] + body[max(end, later) :]
    return body
