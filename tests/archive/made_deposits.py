"""An archive to which files of every kind are handed in, and a reading copy that is brought up to date after each.

Figures are made up; nothing is fetched.
"""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from archive.database import Evidence
from archive.reading_copy import create_reading_copy
from archive.rows import Deposit
from archive.store import begin_poll, end_poll, record_deposit
from schedules.reread import RebuildNeededError, refresh
from scraper.model import At, ExpectedFile, Manners, Series
from scraper.schema import load_schemas

SLUG = "made-up-series"
WORKBOOKS = tuple(f"workbook_{table}_2022" for table in ("england", "age_sex", "practices", "areas"))
HEADER = "Date,Demographic Group,ONS Code,Org Code,Org Name,Opt Out Rate,Opt-Out Count,Population\r\n"
SERIES = Series(
    slug=SLUG, title="Made-up opt-out (made-up figures)", publisher="Pretend publisher", licence="OGL",
    licence_url="https://licence.example/", seed="https://pages.example/made-up", page_hosts=("pages.example",),
    file_hosts=("files.example",), title_pattern="Made-up", time_zone="Europe/London", when=(At(("mon",), 9, 35),),
    recent_days=60, recheck_days=7,
    expects=(
        ExpectedFile("NDOP_age_gen_*.csv", ("age_gen_2021", "age_gen_2023"), True, None),
        ExpectedFile("NDOP_reg_geo_*.csv", ("reg_geo_2021", "reg_geo_2023"), False, None),
        ExpectedFile("NDOP_sum_*.xlsx", WORKBOOKS, False, None),
        ExpectedFile("*dashboard*.csv", ("dashboard_2021",), False, None),
    ),
    manners=Manners(contact="tests@example.org"), made_up=True,
)  # fmt: skip


class Deposits:
    """An archive to which files are handed in, read after each."""

    def __init__(self, evidence: Evidence, path: Path) -> None:
        self.evidence, self.path = evidence, path
        self.copies = 0
        self.copy = self._new()

    def _new(self) -> Database:
        self.copies += 1
        return create_reading_copy(self.path / f"{self.copies}.db", "made-up-program/1")

    def hand_in(self, publication: str, day: str, name: str, body: bytes) -> None:
        """One file of a publication of that day, and everything read that can be."""
        db, now = self.evidence.db, "2022-06-01T09:00:00.000000Z"
        poll = begin_poll(db, SLUG, "deposit", now, "made-up-program/1", "0" * 64)
        record_deposit(db, poll, Deposit(SLUG, publication, day, name, body, "made up for a test"), now)
        end_poll(db, poll, "complete", now, None, "1 handed in.")
        self.read()

    def read(self) -> None:
        """Bring the copy up to date."""
        try:
            refresh(self.evidence.db, self.copy, [SERIES], load_schemas())
        except RebuildNeededError:
            self.rebuild()

    def rebuild(self) -> None:
        """Make the copy anew."""
        self.copy.close()
        self.copy = self._new()
        refresh(self.evidence.db, self.copy, [SERIES], load_schemas())

    def rows(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """What a statement of SQL gives."""
        return [tuple(row) for row in self.copy.execute(sql, parameters)]


def dashboard(*weeks: tuple[str, str], others: str = "") -> bytes:
    """A made-up export: England alone, by (day, count), and whatever other rows are given."""
    england = "".join(f'{day},All,,,England,2.5,"{count}","40,000"\r\n' for day, count in weeks)
    return (HEADER + england + others).encode()
