"""Owns `make bench`: the archive beside what one would use instead, in one run, as ratios beside their goals.

Asserts nothing and keeps nothing. All figures are made up (tests/made_up_releases.py), of the publisher's real size.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from statistics import median

from archive.compression import pack
from archive.database import open_evidence, writing
from archive.reading_copy import FILE_NAME
from archive.rows import Deposit
from archive.site.compose import question_sql
from archive.store import begin_poll, end_poll, record_deposit
from tests.bench_load import conditions, made_up_series
from tests.bench_peers import duckdb_answers, has_parquet, peers, sqlite_import, timed, write_parquet
from tests.made_up_releases import MadeUpRelease, releases

MIB = 1 << 20
WORKBOOK_EVERY = 12
"""Releases of which one workbook is read: enough to measure, and too few to matter for sizes, since no peer holds them."""
NOW = "2026-01-01T00:00:00.000000Z"

BETWEEN = "restated against six releases before"
"""The site's own question, asked for the columns that DuckDB is asked for."""

QUESTIONS = {
    "latest series of one authority": (
        "SELECT month, opt_outs FROM areas_latest WHERE area_kind = 'local_authority' AND area_code = :authority ORDER BY month"
    ),
    "all authorities as of a release": (
        "SELECT area_code, opt_outs FROM areas_statements WHERE month = :month AND area_kind = 'local_authority'"
        " AND since_vintage <= :release AND (until_vintage IS NULL OR until_vintage > :release) ORDER BY area_code"
    ),
    "restated against the release before": (
        "SELECT month, key, old, new FROM restatements WHERE family = 'lsoas' AND new_vintage = :release ORDER BY month, key"
    ),
    BETWEEN: f"SELECT month, key, stated_before, stated_after FROM ({question_sql()['restated_between']})",
    "England over time": "SELECT month, opt_outs FROM areas_latest WHERE area_kind = 'england' ORDER BY month",
    "top 20 practices": (
        "SELECT practice_code, opt_outs FROM practices_latest WHERE month = :newest_month"
        " ORDER BY opt_outs DESC, practice_code LIMIT 20"
    ),
    "one area in every vintage": (
        "SELECT c.vintage, s.month, s.opt_outs FROM lsoas_statements s JOIN months m ON m.month = s.month"
        " JOIN coverage c ON c.family = 'lsoas' AND c.month_id = m.month_id AND c.vintage >= s.since_vintage"
        " AND (s.until_vintage IS NULL OR c.vintage < s.until_vintage) WHERE s.lsoa_code = :lsoa ORDER BY 1, 2"
    ),
}


@dataclass
class Measured:
    """What was measured of each release, in order."""

    loads: list[dict[str, float]] = field(default_factory=list)
    workbooks: list[dict[str, float]] = field(default_factory=list)
    imports: list[float] = field(default_factory=list)
    imported_bytes: int = 0
    indexed_bytes: int = 0
    parquet_bytes: int = 0
    raw_bytes: int = 0
    stored_bytes: int = 0
    pack_seconds: float = 0.0
    months: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The archive beside its peers, with made-up figures of full size.")
    parser.add_argument("--releases", type=int, default=48, help="how many monthly releases (48)")
    parser.add_argument("--rounds", type=int, default=9, help="how often each question is asked (9)")
    given = parser.parse_args(arguments)
    if given.releases < 2:
        parser.error(
            f"--releases: found {given.releases}; expected 2 or more, since a release is compared with the one before"
        )
    with tempfile.TemporaryDirectory(prefix="made-up-bench-") as name:
        directory = Path(name)
        measured = load_all(directory, given.releases)
        print_table(measured, directory, given.rounds)


def load_all(directory: Path, count: int) -> Measured:
    """Make, keep, import and read one release after the other; only the archive and the Parquet files grow."""
    measured = Measured()
    (directory / "parquet").mkdir()
    open_evidence(directory / "data", create=True).close()
    for number, release in enumerate(releases(count), 1):
        files = written(directory / "made-up-release", release)
        keep(directory / "data", release, {file.name for file in files}, measured)
        imported = sqlite_import(files, directory / "import.db")
        if imported is not None:
            measured.imports.append(imported.seconds)
            measured.imported_bytes += imported.size
            measured.indexed_bytes += imported.indexed
        measured.loads.append(step(directory / "data", "refresh"))
        if number % WORKBOOK_EVERY == 1:
            keep(directory / "data", release, release.files.keys() - {file.name for file in files}, measured)
            measured.workbooks.append(step(directory / "data", "refresh"))
        if has_parquet():
            measured.parquet_bytes += write_parquet(files, number, directory / "parquet")
        measured.months.append(f"{release.record.period}-01")
        shutil.rmtree(directory / "made-up-release")
        tell(number, count, measured)
    return measured


def written(folder: Path, release: MadeUpRelease) -> list[Path]:
    """The release's CSV files on disk, as a person would have downloaded them."""
    folder.mkdir()
    for name, body in release.files.items():
        (folder / name).write_bytes(body)
    return sorted(folder.glob("*.csv"))


def keep(directory: Path, release: MadeUpRelease, names: Set[str], measured: Measured) -> None:
    """These files of the release as evidence, and what keeping them takes."""
    series = made_up_series().slug
    bodies = {name: release.files[name] for name in sorted(names)}
    for body in bodies.values():
        begun = time.perf_counter()
        packed = pack(body)
        measured.pack_seconds += time.perf_counter() - begun
        measured.raw_bytes += packed.size
        measured.stored_bytes += len(packed.body)
    with open_evidence(directory) as evidence, writing(evidence.db):
        poll = begin_poll(evidence.db, series, "deposit", NOW, conditions().software, "")
        for name, body in bodies.items():
            one = Deposit(series, release.slug, release.record.published_on, name, body, "made-up figures of the bench")
            record_deposit(evidence.db, poll, one, NOW)
        end_poll(evidence.db, poll, "complete", NOW, None, "made up")


def step(directory: Path, name: str) -> dict[str, float]:
    """One step in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "tests.bench_load", str(directory), name]
    run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    found: dict[str, float] = json.loads(run.stdout)
    return found


def tell(number: int, count: int, measured: Measured) -> None:
    load = measured.loads[-1]
    beside = f", sqlite3 .import {measured.imports[-1]:.2f} s" if measured.imports else ""
    print(
        f"{number}/{count} {measured.months[-1][:7]} (made up): read in {load['seconds']:.2f} s{beside},"
        f" {load['peak_mib']:.0f} MiB, {load['changed']:,.0f} cells changed",
        file=sys.stderr, flush=True,
    )  # fmt: skip


def print_table(measured: Measured, directory: Path, rounds: int) -> None:
    """Each goal, and the figure reached."""
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {peers()}"
    print(f"{len(measured.loads)} made-up releases of full size, {measured.raw_bytes / MIB:,.0f} MiB; {versions}\n")
    print(f"{'what':<68} {'goal':>10} {'median':>9} {'min':>9} {'max':>9}")
    for what, goal, values in chain(loading(measured, directory), asking(measured, directory, rounds)):
        shown = (median(values), min(values), max(values)) if values else None
        cells = [f"{value:>9.3f}" for value in shown] if shown else ["   not measured"]
        print(f"{what:<68} {goal:>10} {' '.join(cells)}", flush=True)


Line = tuple[str, str, list[float]]


def loading(measured: Measured, directory: Path) -> Iterator[Line]:
    """Lines about reading, keeping and making anew."""
    seconds = [load["seconds"] for load in measured.loads]
    by_difference = list(zip(seconds[1:], measured.imports[1:], strict=False))
    yield "read a new release / sqlite3 .import of its three CSVs", "<= 1.2", [a / b for a, b in by_difference]
    yield "  the same, the first release", "", [a / b for a, b in zip(seconds[:1], measured.imports[:1], strict=True)]
    if len(seconds) >= 24:
        yield "last three releases / releases 12 to 14", "<= 1.3", [median(seconds[-3:]) / median(seconds[11:14])]
    yield "peak memory of reading a release, MiB", "<= 350", [load["peak_mib"] for load in measured.loads]
    yield "read its workbook, s", "< 1", [load["seconds"] for load in measured.workbooks]
    rebuilt = step(directory / "data", "rebuild")
    yield "rebuild of all / reading one", "<= 60", [rebuilt["seconds"] / median(seconds[1:] or seconds)]
    size = (directory / "data" / FILE_NAME).stat().st_size
    yield "reading copy, MiB", "", [size / MIB]
    if measured.imports:
        yield (
            "reading copy / all rows of all releases in SQLite, two indexes, %",
            "<= 2",
            [100 * size / measured.indexed_bytes],
        )
        yield "  the same, without any index", "", [100 * size / measured.imported_bytes]
    yield (
        "reading copy / the same rows in zstd Parquet",
        "< 1",
        [size / measured.parquet_bytes] if has_parquet() else [],
    )
    yield "evidence / raw bytes, %", "<= 4.5", [100 * measured.stored_bytes / measured.raw_bytes]
    yield "hash and compress, MB/s", ">= 200", [measured.raw_bytes / measured.pack_seconds / 1e6]


def asking(measured: Measured, directory: Path, rounds: int) -> Iterator[Line]:
    """Lines about each question, asked warm and in process."""
    db = sqlite3.connect(f"file:{directory / 'data' / FILE_NAME}?mode=ro", uri=True)
    asked = parameters(measured, db)
    theirs = duckdb_answers(directory / "parquet", asked, rounds) if has_parquet() else {}
    for question, sql in QUESTIONS.items():
        given = between(asked) if question == BETWEEN else asked
        seconds, answer = timed(lambda sql=sql, given=given: db.execute(sql, given).fetchall(), rounds)
        same = question in theirs and plain(answer) == plain(theirs[question][1])
        yield f"{question} ({len(answer)} rows), ms", "< 100", [1000 * one for one in seconds]
        ratios = [a / median(theirs[question][0]) for a in seconds] if question in theirs else []
        differs = "" if same or not ratios else "; OTHER ANSWER"
        yield f"  / DuckDB on Parquet{differs}", "<= 0.3", ratios
    db.close()


def parameters(measured: Measured, db: sqlite3.Connection) -> dict[str, object]:
    """What is asked for: a release near the end, so that there are six before it, and the first places by code."""
    newest = len(measured.loads)
    release = max(2, newest - 3)
    authority = db.execute("SELECT min(area_code) FROM areas_places WHERE area_kind = 'local_authority'").fetchone()[0]
    lsoa = db.execute("SELECT min(lsoa_code) FROM lsoas_places").fetchone()[0]
    return {
        "release": release, "month": measured.months[release - 1], "newest": newest, "newest_month": measured.months[-1],
        "authority": authority, "lsoa": lsoa,
    }  # fmt: skip


def between(asked: dict[str, object]) -> dict[str, object]:
    """What the site's question is given: the two releases, as a person types them, and one family."""
    release = int(str(asked["release"]))
    return {"a": str(release - 6), "b": str(release), "family": "lsoas", "month": "", "key": ""}


def plain(answer: list[tuple]) -> list[tuple[str, ...]]:
    """Rows as text: DuckDB gives dates and large sums in types of its own."""
    return [tuple(str(cell) for cell in row) for row in answer]


if __name__ == "__main__":
    main()
