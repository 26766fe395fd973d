"""Power cuts, told with real processes: killed at any moment, nothing acknowledged is lost and the next start goes on.

Six, and fifty by the soaks; `OPTOUT_KILLS=1000 make soak` tells it with a thousand, which takes twenty minutes.
"""

from __future__ import annotations

import itertools
import multiprocessing
import multiprocessing.process
import os
import random
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from archive.database import read_evidence
from archive.reading_copy import FILE_NAME, create_reading_copy, digest
from archive.store import read_snapshot
from schedules.cli import run
from schedules.reread import refresh
from schedules.series import load_series
from scraper.schema import load_schemas
from tests.conftest import Archive
from tests.made_up import release_files
from tests.publisher import Publisher

KILLS = int(os.environ.get("OPTOUT_KILLS", "50"))
LONGEST = 0.5
"""Seconds after its beginning at which a poll is killed at the latest."""
PERIODS = [f"{year}-{month:02d}" for year in (2020, 2021, 2022, 2023) for month in range(1, 13)]
BACKLOG = 12
"""Releases that are there at the beginning, so that the first polls too last long enough to be killed."""

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["pytest", "schedules.cli"])


def _poll(arguments: list[str]) -> None:
    sys.exit(run(arguments))


def polling(archive: Archive) -> multiprocessing.process.BaseProcess:
    """`optout poll` as a process of its own, that makes the archive where there is none.

    Forked from one that has read the program already: it is at work at once, and a kill meets a poll and not an import.
    """
    where = ["--data", str(archive.directory), "--schedules", str(archive.schedules)]
    child = FORKS.Process(target=_poll, args=([*where, "--quiet", "poll", "national-data-opt-out", "--create"],))
    child.start()
    return child


def publish(publisher: Publisher, period: str) -> None:
    """The release of a period, unless it is out already."""
    name = f"release-{period}"
    if name not in publisher.site.collections["national-data-opt-out"].releases:
        publisher.publish(name, f"National Data Opt-Out {period}", f"{period}-20", release_files(period))


def acknowledged(directory: Path) -> set[tuple[int, str | None]]:
    """Captures that a reader can see now: what the writer has acknowledged."""
    if not (directory / "archive.db").exists():
        return set()
    connection = sqlite3.connect(f"file:{directory / 'archive.db'}?mode=ro", uri=True, timeout=5)
    try:
        return set(connection.execute("SELECT capture_id, sha256 FROM captures").fetchall())
    except sqlite3.OperationalError:  # the file is there, its tables not yet
        return set()
    finally:
        connection.close()


def polls_begun(directory: Path) -> int:
    """Polls that a reader can see now, ended or not."""
    if not (directory / "archive.db").exists():
        return 0
    with closing(sqlite3.connect(f"file:{directory / 'archive.db'}?mode=ro", uri=True, timeout=5)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM polls").fetchone()[0])
        except sqlite3.OperationalError:  # the file is there, its tables not yet
            return 0


def content_made_anew(archive: Archive) -> str:
    """Digest of a reading copy made from the evidence alone."""
    evidence = read_evidence(archive.directory)
    copy = create_reading_copy(archive.directory / "anew.db", "test")
    try:
        refresh(evidence, copy, load_series(archive.schedules), load_schemas())
        return digest(copy)
    finally:
        copy.close()
        evidence.close()


@pytest.mark.fault("P01")
@pytest.mark.parametrize("kills", [6, pytest.param(KILLS, marks=pytest.mark.slow)])
def test_kills_lose_nothing(archive, kills):
    """Polls are killed at random moments; every capture seen before stays, the copy is whole, a last poll completes."""
    moments = random.Random(20261122)
    seen: set[tuple[int, str | None]] = set()
    killed = 0
    with Publisher() as publisher:
        publisher.series_file(archive.schedules)
        for period in PERIODS[:BACKLOG]:
            publish(publisher, period)
        for number, period in enumerate(itertools.islice(itertools.cycle(PERIODS), BACKLOG, BACKLOG + kills)):
            publish(publisher, period)
            before, child = polls_begun(archive.directory), polling(archive)
            # Every fifth may be killed while it begins. The others have begun their poll, however busy the machine is just now.
            while number % 5 and polls_begun(archive.directory) == before and child.is_alive():
                time.sleep(0.02)
            until = time.monotonic() + moments.uniform(0.02, LONGEST)
            while (left := until - time.monotonic()) > 0 and child.is_alive():
                seen |= acknowledged(archive.directory)
                time.sleep(min(left, 0.05))
            killed += child.is_alive()
            child.kill()
            child.join()
        assert killed >= kills // 2, "the polls ended by themselves: nothing was tried"

        last = polling(archive)
        last.join(timeout=120)
        assert last.exitcode == 0

    evidence = read_evidence(archive.directory)
    assert seen <= set(evidence.execute("SELECT capture_id, sha256 FROM captures").fetchall())
    for (sha256,) in evidence.execute("SELECT sha256 FROM snapshots").fetchall():
        assert read_snapshot(evidence, sha256)
    endings = evidence.execute("SELECT outcome, count(*) FROM poll_ends GROUP BY outcome").fetchall()
    assert dict(endings)["interrupted"] >= kills // 2, "hardly a kill met a poll"
    evidence.close()

    copy = sqlite3.connect(f"file:{archive.directory / FILE_NAME}?mode=ro", uri=True)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    with archive.open() as desk:
        assert digest(desk.copy) == content_made_anew(archive)
