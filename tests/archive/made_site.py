"""Made-up archives for the stories of the site: an empty one, one that could reach nothing, and a filled one.

Every figure is made up but those that `tests.made_up.PUBLISHED` names; the series says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.database import open_evidence
from archive.reading_copy import create_reading_copy, open_reading_copy
from archive.rows import Deposit
from archive.store import begin_poll, end_poll, record_capture, record_deposit, record_finding
from schedules.reread import refresh
from scraper.model import At, Capture, ExpectedFile, Finding, Manners, Request, Series
from scraper.schema import load_schemas
from tests.made_up import (
    AUTHORITIES,
    DORSET,
    NOTTS,
    PUBLISHED,
    Authority,
    age_gen,
    months_to,
    reg_geo,
    res_geo,
    summary_workbook,
)

HandedIn = tuple[str, str, str, bytes]
"""Publication, day, name and bytes of one file."""
SLUG = "made-up-series"
TITLE = "Made-up opt-out (made-up figures)"
SEPTEMBER = months_to("2021-09", 12)
APRIL = months_to("2022-04", 12)
ENGLAND = {"2021-05-01": 1_650_335, "2021-09-01": 3_264_327}
"""England as the publisher stated it, so that the story of the newspapers comes out beside it."""
SIX = (
    *AUTHORITIES, Authority("E06000057", "Northumberland", DORSET), Authority("E08000019", "Sheffield", NOTTS),
)  # fmt: skip
FURTHER = {
    ("Northumberland", "2021-05-01"): 10_011, ("Northumberland", "2021-09-01"): 16_646, ("Sheffield", "2021-09-01"): 26_216,
}  # fmt: skip
"""What the newspapers printed of two more; the sub-ICB locations they are given here are made up."""
PAGE = b"<!doctype html><title>Made-up page</title><script>alert(1)</script>"
DASHBOARD = (
    b"Date,Demographic Group,ONS Code,Org Code,Org Name,Opt Out Rate,Opt-Out Count,Population\r\n"
    b'18/08/2021,All,,,England,2.5,"1,000","40,000"\r\n25/08/2021,All,,,England,2.5,"1,000","40,000"\r\n'
)
ADDRESS = "https://files.example/AB/123456/NDOP_age_gen_Sep_2021.csv"


def series(*, made_up: bool = True) -> Series:
    """The made-up series that these archives watch."""
    return Series(
        slug=SLUG, title=TITLE, publisher="Pretend publisher", licence="Open Government Licence v3.0",
        licence_url="https://licence.example/", seed="https://pages.example/made-up", page_hosts=("pages.example",),
        file_hosts=("files.example",), title_pattern="Made-up", time_zone="Europe/London", when=(At(("mon",), 9, 35),),
        recent_days=60, recheck_days=7, expects=_EXPECTS, manners=Manners(contact="tests@example.org"), made_up=made_up,
    )  # fmt: skip


_EXPECTS = (
    ExpectedFile("NDOP_age_gen_*.csv", ("age_gen_2021", "age_gen_2023"), True, None),
    ExpectedFile("NDOP_reg_geo_*.csv", ("reg_geo_2021", "reg_geo_2023"), True, None),
    ExpectedFile("NDOP_res_geo_*.csv", ("res_geo_2023",), True, None),
    ExpectedFile(
        "NDOP_sum_Apr_*.xlsx",
        tuple(f"workbook_{table}_2022" for table in ("england", "age_sex", "practices", "areas")),
        False,
        None,
    ),
    ExpectedFile("*.xlsx", (), False, None),
    ExpectedFile("*dashboard*.csv", ("dashboard_2021",), False, None),
)


def empty_archive(directory: Path, *, made_up: bool = True) -> Path:
    """Both databases, and nothing in them but the series."""
    with open_evidence(directory, create=True) as evidence:
        read_in(directory, evidence.db, made_up=made_up)
    return directory


def unreachable_archive(directory: Path) -> Path:
    """An archive whose only poll reached nothing, because the publisher's name could not be resolved."""
    with open_evidence(directory, create=True) as evidence:
        db = evidence.db
        poll = begin_poll(db, SLUG, "due", "2021-10-04T08:35:00.000000Z", "made-up-program/1", "0" * 64)
        failed = _exchange(
            None, "https://pages.example/made-up", purpose="series_page", verdict="failed", complete_by="none"
        )
        record_capture(db, poll, SLUG, failed, "2021-10-04T08:35:01.000000Z")
        found = Finding(
            "unreachable", "error", "https://pages.example/made-up", "", "the name pages.example could not be resolved",
            "a publication series page", "Check the network.",
        )  # fmt: skip
        record_finding(db, found, poll_id=poll, capture_id=None, series=SLUG, now="2021-10-04T08:35:02.000000Z")
        end_poll(
            db, poll, "incomplete", "2021-10-04T08:35:03.000000Z", "2021-10-04T08:50:00.000000Z",
            "Could not reach pages.example: the name could not be resolved.",
        )  # fmt: skip
        read_in(directory, db)
    return directory


def filled_archive(directory: Path, *, made_up: bool = True, six: bool = False) -> Path:
    """Two releases, one file that no layout fits, one workbook, a captured page, a finding, a complete poll.

    With `six`, the local authorities of the newspapers' story of 2021, and England's September not restated.
    """
    with open_evidence(directory, create=True) as evidence:
        _poll_once(evidence.db)
        _hand_in(evidence.db, six=six)
        read_in(directory, evidence.db, made_up=made_up)
    return directory


def handed_in_archive(directory: Path) -> Path:
    """One release's workbook and a dashboard export, handed in to an archive that never looked at the publisher itself."""
    with open_evidence(directory, create=True) as evidence:
        hand_in(evidence.db, *_april_sources())
        read_in(directory, evidence.db)
    return directory


def _poll_once(db: Database) -> None:
    poll = begin_poll(db, SLUG, "due", "2021-10-04T08:35:00.000000Z", "made-up-program/1", "0" * 64)
    for body, address, fields in (
        (age_gen(SEPTEMBER, totals=ENGLAND), ADDRESS, {"link_text": "Age and gender", "etag": '"made-up"'}),
        (PAGE, "https://pages.example/made-up/september-2021", {"purpose": "publication_page"}),
        (b"cut", "https://files.example/cut.csv", {"verdict": "suspect", "truncated": "disconnect"}),
    ):
        record_capture(db, poll, SLUG, _exchange(body, address, **fields), "2021-10-04T08:35:10.000000Z")
    odd = Finding(
        "unknown_header", "warning", "NDOP_odd.csv", "line 1", "columns A, B", "a known header", "Add a schema."
    )
    record_finding(db, odd, poll_id=poll, capture_id=None, series=SLUG, now="2021-10-04T08:35:11.000000Z")
    end_poll(
        db, poll, "complete", "2021-10-04T08:36:00.000000Z", "2021-10-05T08:35:00.000000Z", "3 addresses looked at."
    )


def _hand_in(db: Database, *, six: bool) -> None:
    later = ENGLAND if six else {**ENGLAND, "2021-09-01": 3_264_300}
    authorities, cells = (SIX, {**PUBLISHED, **FURTHER}) if six else (AUTHORITIES, PUBLISHED)
    files = (
        ("september-2021", "2021-09-30", "NDOP_age_gen_Sep_2021.csv", age_gen(SEPTEMBER, totals=ENGLAND)),
        (
            "september-2021",
            "2021-09-30",
            "NDOP_res_geo_Sep_2021.csv",
            res_geo(SEPTEMBER, cells=cells, authorities=authorities),
        ),
        ("september-2021", "2021-09-30", "NDOP_reg_geo_Sep_2021.csv", reg_geo(SEPTEMBER)),
        ("september-2021", "2021-09-30", "NDOP_odd.csv", b"A,B\r\n1,2\r\n"),
        ("september-2021", "2021-09-30", "NDOP_sum_Sep_2021.xlsx", b"PK\x03\x04 made-up workbook"),
        ("april-2022", "2022-04-28", "NDOP_age_gen_Apr_2022.csv", age_gen(APRIL, totals=later)),
        ("april-2022", "2022-04-28", "NDOP_res_geo_Apr_2022.csv", res_geo(APRIL, cells=cells, authorities=authorities)),
        (
            "april-2022",
            "2022-04-28",
            "NDOP_reg_geo_Apr_2022.csv",
            reg_geo(APRIL, cells={("Z90001", "2021-09-01"): (345, 9_000)}),
        ),
        *_april_sources(),
    )
    hand_in(db, *files)


def _april_sources() -> tuple[HandedIn, ...]:
    workbook, dashboard = summary_workbook("2022-04"), DASHBOARD
    return (
        ("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", workbook),
        ("april-2022", "2022-04-28", "NDOP_dashboard_2022.csv", dashboard),
    )


def hand_in(db: Database, *files: HandedIn) -> None:
    """One hand-over of files, as a person makes it."""
    poll = begin_poll(db, SLUG, "deposit", "2021-10-04T09:00:00.000000Z", "made-up-program/1", "0" * 64)
    for publication, published_on, name, body in files:
        deposit = Deposit(SLUG, publication, published_on, name, body, "made up for a test")
        record_deposit(db, poll, deposit, "2021-10-04T09:00:01.000000Z")
    summary = f"{len(files)} files handed in."
    end_poll(db, poll, "complete", "2021-10-04T09:01:00.000000Z", "2021-10-05T08:35:00.000000Z", summary)


def _exchange(body: bytes | None, address: str, **fields: Any) -> Capture:
    purpose = fields.pop("purpose", "file")
    link_text = fields.pop("link_text", None)
    whole: dict[str, Any] = {
        "requested_at": "2021-10-04T08:35:02.000000Z", "completed_at": "2021-10-04T08:35:03.000000Z", "duration_ms": 900,
        "verdict": "accepted", "complete_by": "length", "status": 200 if body is not None else None, **fields,
    }  # fmt: skip
    return Capture(Request(address, purpose, publication="september-2021", link_text=link_text), body=body, **whole)


def read_again(directory: Path, evidence: Database) -> None:
    """Brings the reading copy up to date with evidence that a story added."""
    copy = open_reading_copy(directory)
    try:
        refresh(evidence, copy, [series()], load_schemas())
    finally:
        copy.close()


def read_in(directory: Path, evidence: Database, *, made_up: bool = True) -> None:
    """A first reading copy of the evidence."""
    copy = create_reading_copy(directory / "optouts.db", "made-up-program/1")
    try:
        refresh(evidence, copy, [series(made_up=made_up)], load_schemas())
    finally:
        copy.close()
