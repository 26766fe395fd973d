"""Power cuts, told with real processes: killed at any moment, nothing acknowledged is lost and the next start goes on."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archive.database import read_evidence
from archive.reading_copy import FILE_NAME, create_reading_copy, digest
from archive.store import read_snapshot
from schedules.reread import refresh
from schedules.series import load_series
from scraper.schema import load_schemas
from tests.conftest import Archive
from tests.made_up import release_files
from tests.publisher import Publisher

KILLS = 50
PERIODS = [f"{year}-{month:02d}" for year in (2020, 2021, 2022, 2023) for month in range(1, 13)]


def polling(archive: Archive) -> subprocess.Popen[bytes]:
    """`optout poll` as a child of its own, that makes the archive where there is none."""
    command = [
        sys.executable,
        "-m",
        "schedules.cli",
        "--data",
        str(archive.directory),
        "--schedules",
        str(archive.schedules),
    ]
    return subprocess.Popen(
        [*command, "--quiet", "poll", "national-data-opt-out", "--create"], stdout=subprocess.DEVNULL
    )


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
@pytest.mark.slow
def test_fifty_kills_lose_nothing(archive):
    """Fifty polls are killed at random moments; every capture seen before stays, the copy is whole, a last poll completes."""
    moments = random.Random(20261122)
    seen: set[tuple[int, str | None]] = set()
    killed = 0
    with Publisher() as publisher:
        publisher.series_file(archive.schedules)
        for number in range(KILLS):
            period = PERIODS[number % len(PERIODS)]
            if publisher.site.collections["national-data-opt-out"].releases.keys().isdisjoint({f"release-{period}"}):
                publisher.publish(
                    f"release-{period}", f"National Data Opt-Out {period}", f"{period}-20", release_files(period)
                )
            child = polling(archive)
            until = time.monotonic() + moments.uniform(0.5, 1.6)
            while time.monotonic() < until and child.poll() is None:
                seen |= acknowledged(archive.directory)
                time.sleep(0.05)
            killed += child.poll() is None
            child.kill()
            child.wait()
        assert killed >= KILLS // 2, "the polls ended by themselves: nothing was tried"

        last = polling(archive)
        assert last.wait(timeout=120) == 0

    evidence = read_evidence(archive.directory)
    assert seen <= set(evidence.execute("SELECT capture_id, sha256 FROM captures").fetchall())
    for (sha256,) in evidence.execute("SELECT sha256 FROM snapshots").fetchall():
        assert read_snapshot(evidence, sha256)
    endings = evidence.execute("SELECT outcome, count(*) FROM poll_ends GROUP BY outcome").fetchall()
    assert dict(endings)["interrupted"] > 0
    evidence.close()

    copy = sqlite3.connect(f"file:{archive.directory / FILE_NAME}?mode=ro", uri=True)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    with archive.open() as desk:
        assert digest(desk.copy) == content_made_anew(archive)
