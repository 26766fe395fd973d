"""Owns the little world of the history stories: a pretend publisher of three releases, polled by a clock that the story moves.

Never pretends an exchange: each one goes over loopback, and is then dated by the story's clock instead of the machine's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import schedules.poll
from schedules.deposit import deposit, deposits_of
from schedules.due import text_of
from schedules.poll import poll_series
from scraper.fetch import Fetcher
from scraper.model import Capture, Request
from tests.conftest import Archive
from tests.made_up import age_gen
from tests.publisher import Publisher
from tests.publisher_definition import EVERY_DAY

START = datetime(2021, 10, 15, 8, 35, tzinfo=UTC)
"""A Friday, 09:35 in London."""
SLUGS = ("september-2021", "august-2021", "july-2021")
DAILY = [{"weekdays": EVERY_DAY, "at": "09:35"}]


def figures(seed: int) -> bytes:
    """Bytes of a made-up file; another number gives other bytes."""
    return age_gen(["2021-09-01"], totals={"2021-09-01": 3_000_000 + seed})


def file_name(slug: str) -> str:
    """Name of the one file that a release of this world offers."""
    return f"NDOP_age_gen_{slug.replace('-', '_')}.csv"


class World:
    """The publisher, the archive that watches it, and what the reading copy says."""

    def __init__(self, publisher: Publisher, archive: Archive, *, slugs: Sequence[str] = SLUGS) -> None:
        self.publisher, self.archive = publisher, archive
        for number, slug in enumerate(slugs):
            file = ("Opt-outs by age and gender", file_name(slug), figures(number))
            published_on = f"2021-{9 - number:02d}-30"
            publisher.publish(slug, f"National Data Opt-Out, {slug}", published_on, [file])
        publisher.series_file(archive.schedules, when=DAILY, recheck_days=1, recent_days=1, attempts=1)

    def at(self, instant: datetime) -> None:
        """Move both clocks."""
        self.archive.now = self.publisher.now = instant

    def wait(self, **time: float) -> None:
        """Let time pass, given as `timedelta` takes it."""
        self.at(self.archive.now + timedelta(**time))

    def poll(self) -> None:
        """One poll, at the story's time."""
        with self.archive.open() as desk:
            poll_series(desk, desk.series[0], "asked")

    def poll_daily(self, days: int) -> None:
        """One poll soon after 09:35 in London on each of the next days; a minute later each day, so that all is due again."""
        for _ in range(days):
            days_gone = (self.archive.now.date() - START.date()).days + 1
            self.at(START + timedelta(days=days_gone, minutes=days_gone))
            self.poll()

    def hand_in(self, path: Path, publication: str, published_on: str | None) -> None:
        """Deposit one file."""
        with self.archive.open() as desk:
            one = deposits_of([path], desk.series[0], publication, published_on, "saved by a reader, made up")
            deposit(desk, desk.series[0], one)

    def rows(self, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """What the reading copy answers."""
        with self.archive.open() as desk:
            return [tuple(row) for row in desk.copy.execute(sql, values)]


class _DatedFetcher(Fetcher):
    """Fetches as ever; each exchange takes a second of the story's time."""

    archive: Archive

    def attempts(self, request: Request) -> Iterator[Capture]:
        for capture in super().attempts(request):
            began = self.archive.now
            self.archive.now += timedelta(seconds=1)
            yield replace(capture, requested_at=text_of(began), completed_at=text_of(self.archive.now))


@contextmanager
def made_world(directory: Path, monkeypatch: pytest.MonkeyPatch, *, slugs: Sequence[str] = SLUGS) -> Iterator[World]:
    """A world at its start, not polled yet; with no slugs, a publisher of nothing so far."""
    (directory / "schedules").mkdir()
    archive = Archive(directory / "data", directory / "schedules")
    archive.now = START
    dated = type("_Dated", (_DatedFetcher,), {"archive": archive})
    monkeypatch.setattr(schedules.poll, "Fetcher", dated)
    with Publisher(START) as publisher:
        yield World(publisher, archive, slugs=slugs)
