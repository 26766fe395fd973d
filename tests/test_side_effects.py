"""Goal G4: every numbered side effect of one poll fails once, before or after it took place: nothing is lost, no figure is wrong.

A side effect is a statement that writes, in the evidence or the reading copy, or a call that makes, renames, links or syncs a file.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveError
from archive.log import log_size, root_at
from archive.reading_copy import digest
from archive.store import read_snapshot
from schedules.poll import poll_series
from tests.conftest import Archive
from tests.made_up import age_gen
from tests.publisher import Publisher

NOW = datetime(2026, 11, 20, 9, 35, tzinfo=UTC)
WRITES = ("BEGIN", "COMMIT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REPLACE")
CALLS = ("replace", "rename", "link", "unlink", "fsync", "open")
SOAK = 20
"""How many of the side effects a soak tries; OPTOUT_EVERY_SIDE_EFFECT=1 tries each (660 in 2026), which takes ten minutes."""


@dataclass
class Faults:
    """Counts side effects, and lets one of them fail."""

    at: int = 0
    after: bool = False
    """The effect takes place, and its caller is told that it did not."""
    count: int = 0

    def around(self, effect: Callable[[], Any], failure: Callable[[], Exception]) -> Any:
        """One side effect, or its failure; made where it is raised: a frame that holds it would hold every open cursor too."""
        self.count += 1
        fails = self.count == self.at
        if fails and not self.after:
            raise failure()
        done = effect()
        if fails:
            raise failure()
        return done

    def connection(self, base: type[sqlite3.Connection]) -> type[sqlite3.Connection]:
        """A kind of connection whose writing statements are counted."""
        faults = self

        class Failing(base):  # type: ignore[misc, valid-type]
            def _counted(self, run: Callable[..., Any], sql: str, *values: Any) -> Any:
                if sql.lstrip().upper().startswith(WRITES):
                    return faults.around(lambda: run(sql, *values), lambda: sqlite3.OperationalError("disk I/O error"))
                return run(sql, *values)

            def execute(self, sql: str, *values: Any) -> Any:
                return self._counted(super().execute, sql, *values)

            def executemany(self, sql: str, *values: Any) -> Any:
                return self._counted(super().executemany, sql, *values)

            def executescript(self, sql: str) -> Any:
                return self._counted(super().executescript, sql)

        return Failing


@contextmanager
def injected(faults: Faults) -> Iterator[None]:
    """The machine under this program, with one fault in it."""
    with pytest.MonkeyPatch.context() as patch:
        connect = sqlite3.connect

        def connected(*place: Any, factory: type[sqlite3.Connection] = sqlite3.Connection, **how: Any) -> Any:
            return connect(*place, factory=faults.connection(factory), **how)

        patch.setattr(sqlite3, "connect", connected)
        for name in CALLS:
            patch.setattr(os, name, _counted(faults, getattr(os, name)))
        yield


def _counted(faults: Faults, call: Callable[..., Any]) -> Callable[..., Any]:
    def counted(*values: Any, **named: Any) -> Any:
        if call.__name__ == "open" and not (len(values) > 1 and values[1] & os.O_CREAT):
            return call(*values, **named)
        return faults.around(lambda: call(*values, **named), lambda: OSError(5, "Input/output error"))

    return counted


def archive_in(directory: Path, publisher: Publisher) -> Archive:
    """An empty archive of its own."""
    publisher.series_file(directory / "schedules", attempts=1)
    archive = Archive(directory / "data", directory / "schedules")
    archive.now = NOW
    with archive.open():
        return archive


def poll(archive: Archive) -> None:
    """One poll of the one series."""
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "asked")


def holds(archive: Archive, kept: list[tuple[int, str | None]], expected: str) -> None:
    """What was there after the fault still is; snapshots, log and figures are whole, and the same as without the fault."""
    with archive.open() as desk:
        db = desk.evidence.db
        assert set(kept) <= set(db.execute("SELECT capture_id, sha256 FROM captures").fetchall())
        for (sha256,) in db.execute("SELECT sha256 FROM snapshots").fetchall():
            read_snapshot(db, sha256)
        facts = sum(
            db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("polls", "captures", "snapshots")
        )
        assert log_size(db) >= facts
        assert root_at(db, log_size(db))
        assert digest(desk.copy) == expected
        assert desk.rebuild().rebuilt
        assert digest(desk.copy) == expected


def captures(archive: Archive) -> list[tuple[int, str | None]]:
    """Every capture that is kept, with the hash of its body."""
    with archive.open() as desk:
        return desk.evidence.db.execute("SELECT capture_id, sha256 FROM captures").fetchall()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher with two small releases."""
    with Publisher(NOW) as one:
        for slug, name, day, total in (
            ("july-2021", "NDOP_age_gen_Jul_2021.csv", "2021-07-29", 100_000),
            ("april-2022", "NDOP_age_gen_Apr_2022.csv", "2022-04-21", 110_000),
        ):
            body = age_gen(["2021-05-01", "2021-06-01"], totals={"2021-05-01": total, "2021-06-01": total + 1000})
            one.publish(slug, f"National Data Opt-out, {slug}", day, [("By age", name, body)])
        yield one


@pytest.mark.parametrize("tried", [4, pytest.param(SOAK, marks=pytest.mark.slow)])
@pytest.mark.fault("F02", "F06", "F07", "D02", "D18", "P12", "P16")
def test_every_side_effect_may_fail_once(tmp_path, publisher, tried):
    """The same figures come out in the end as from a poll that nothing disturbed, and everything captured meanwhile is kept."""
    undisturbed, faults = archive_in(tmp_path / "undisturbed", publisher), Faults()
    with injected(faults):
        poll(undisturbed)
    with undisturbed.open() as desk:
        expected = digest(desk.copy)
    assert faults.count > 150, "the poll wrote too little: the story told nothing"

    stride = 1 if tried == SOAK and os.environ.get("OPTOUT_EVERY_SIDE_EFFECT") else faults.count / tried
    failed = 0
    for number in sorted({int(1 + stride * step) for step in range(int(faults.count / stride))}):
        archive = archive_in(tmp_path / f"fault-{number}", publisher)
        one = Faults(at=number, after=bool(failed % 2))
        with injected(one):
            try:
                poll(archive)
            except (ArchiveError, OSError, sqlite3.Error):
                failed += 1
        assert one.count >= number, "the fault was not met"
        kept = captures(archive)
        poll(archive)
        holds(archive, kept, expected)
    assert failed > tried // 2, "nearly all faults were swallowed"


FEW_HANDLES = """
import resource, sys
from schedules.cli import run
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[1])))
sys.exit(run(sys.argv[2:]))
"""
LITTLE_MEMORY = """
import resource, sys
from schedules.cli import run
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + int(sys.argv[1]) * 1_000_000
resource.setrlimit(resource.RLIMIT_AS, (most, most))
sys.exit(run(sys.argv[2:]))
"""


def poll_limited(archive: Archive, program: str, limit: int) -> subprocess.CompletedProcess[str]:
    """`optout poll` as a child that may not take more of something."""
    asked = ["--data", archive.directory, "--schedules", archive.schedules, "--quiet", "poll", "national-data-opt-out"]
    child = [sys.executable, "-c", program, str(limit)]
    return subprocess.run([*child, *asked], capture_output=True, text=True, check=False)


def goes_on(archive: Archive) -> None:
    """A poll that lacks nothing has every figure, and what was kept before is kept."""
    kept = captures(archive)
    poll(archive)
    with archive.open() as desk:
        expected = digest(desk.copy)
        assert desk.copy.execute("SELECT count(*) FROM vintages").fetchone() == (2,)
    holds(archive, kept, expected)


@pytest.mark.fault("F16")
@pytest.mark.parametrize("handles", [3, 5, 7, 9, 11])
def test_a_poll_that_runs_out_of_handles_ends_in_words_and_loses_nothing(tmp_path, publisher, handles):
    """A line and status 1, or an incomplete poll; the next one, with handles enough, has every figure."""
    archive = archive_in(tmp_path, publisher)
    done = poll_limited(archive, FEW_HANDLES, handles)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    goes_on(archive)


@pytest.mark.fault("P03")
def test_a_poll_that_runs_out_of_memory_loses_nothing(tmp_path, publisher):
    """The system gives it a few megabytes and then no more: some polls end in mid-work; the next, with enough, has every figure."""
    ended = set()
    for megabytes in (1, 4, 9, 14, 20, 60):
        archive = archive_in(tmp_path / str(megabytes), publisher)
        done = poll_limited(archive, LITTLE_MEMORY, megabytes)
        ended.add((done.returncode == 0, bool(captures(archive))))
        goes_on(archive)
    assert (True, True) in ended, "it never had enough"
    assert (False, True) in ended or (False, False) in ended, "it always had enough: the story told nothing"
