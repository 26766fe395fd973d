"""Owns what `make bench` compares with: SQLite's own import, every row of every release in SQLite, zstd Parquet, DuckDB.

Never measures the archive itself. DuckDB and pyarrow are the extra `bench`; without them their lines say so.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

FAMILIES = {"NDOP_age": "age_sex", "NDOP_reg": "practices", "NDOP_res": "lsoas"}

PARQUET_QUESTIONS = {
    "latest series of one authority": (
        "WITH newest AS (SELECT month, max(release) AS release FROM {lsoas} GROUP BY month)"
        " SELECT month, sum(OPT_OUT) FROM {lsoas} JOIN newest USING (month, release) WHERE LA_CODE = $authority"
        " GROUP BY month ORDER BY month"
    ),
    "all authorities as of a release": (
        "SELECT LA_CODE, sum(OPT_OUT) FROM {lsoas} WHERE release = $release AND month = $month GROUP BY LA_CODE ORDER BY LA_CODE"
    ),
    "restated against the release before": (
        "SELECT n.month, n.LSOA_CODE, o.OPT_OUT, n.OPT_OUT FROM {lsoas} n JOIN {lsoas} o USING (month, LSOA_CODE)"
        " WHERE n.release = $release AND o.release = $release - 1 AND o.OPT_OUT <> n.OPT_OUT ORDER BY 1, 2"
    ),
    "restated against six releases before": (
        "SELECT n.month, n.LSOA_CODE, o.OPT_OUT, n.OPT_OUT FROM {lsoas} n JOIN {lsoas} o USING (month, LSOA_CODE)"
        " WHERE n.release = $release AND o.release = $release - 6 AND o.OPT_OUT <> n.OPT_OUT ORDER BY 1, 2"
    ),
    "England over time": (
        "WITH newest AS (SELECT month, max(release) AS release FROM {practices} GROUP BY month)"
        " SELECT month, sum(OPT_OUT) FROM {practices} JOIN newest USING (month, release) GROUP BY month ORDER BY month"
    ),
    "top 20 practices": (
        "SELECT GP_PRACTICE, OPT_OUT FROM {practices} WHERE release = $newest AND month = $newest_month"
        " ORDER BY OPT_OUT DESC, GP_PRACTICE LIMIT 20"
    ),
    "one area in every vintage": (
        "SELECT release, month, OPT_OUT FROM {lsoas} WHERE LSOA_CODE = $lsoa ORDER BY release, month"
    ),
}
"""The questions of the archive, asked of Parquet files; the same answers come out (tests/bench.py compares them)."""


INDEXES = ("CREATE INDEX a ON lsoas (LSOA_CODE, ACH_DATE)", "CREATE INDEX b ON practices (GP_PRACTICE, ACH_DATE)")
"""The least that questions about one place need of such a database."""


class Imported(NamedTuple):
    """What `sqlite3 .import` of one release takes."""

    seconds: float
    size: int
    """Bytes of the database as imported."""
    indexed: int
    """Bytes with INDEXES, which are not part of the seconds."""


def sqlite_import(files: Sequence[Path], target: Path) -> Imported | None:
    """`sqlite3 .import --csv` of these files into a new database, which is removed; None without the program."""
    program = shutil.which("sqlite3")
    if program is None:
        return None
    commands = [f'.import --csv "{file}" {FAMILIES[file.name[:8]]}' for file in files]
    begun = time.perf_counter()
    subprocess.run([program, str(target), *commands], check=True, capture_output=True)
    took, size = time.perf_counter() - begun, target.stat().st_size
    subprocess.run([program, str(target), *INDEXES], check=True, capture_output=True)
    imported = Imported(took, size, target.stat().st_size)
    target.unlink()
    return imported


def has_parquet() -> bool:
    """Whether the extra `bench` is installed."""
    return all(importlib.util.find_spec(name) for name in ("duckdb", "pyarrow"))


def write_parquet(files: Sequence[Path], release: int, directory: Path) -> int:
    """The same rows as zstd Parquet, a file each, with the release's number and a real date; returns their bytes."""
    import pyarrow.compute as pc
    import pyarrow.csv
    import pyarrow.parquet

    size = 0
    for file in files:
        table = pyarrow.csv.read_csv(file)
        month = table["ACH_DATE"]
        if pyarrow.types.is_string(month.type):
            month = pc.cast(pc.strptime(month, format="%d/%m/%Y", unit="s"), pyarrow.date32())
        numbers = pyarrow.array([release] * len(table), pyarrow.int32())
        table = table.drop_columns(["ACH_DATE"]).add_column(0, "month", month).add_column(0, "release", numbers)
        target = directory / f"{FAMILIES[file.name[:8]]}-{release:03d}.parquet"
        pyarrow.parquet.write_table(table, target, compression="zstd")
        size += target.stat().st_size
    return size


def duckdb_answers(directory: Path, asked: dict[str, object], times: int) -> dict[str, tuple[list[float], list[tuple]]]:
    """By question, the seconds of each asking after a first one that warms up, and the answer."""
    import duckdb

    found = {}
    with duckdb.connect() as connection:
        for question, sql in PARQUET_QUESTIONS.items():
            sources = {family: f"read_parquet('{directory}/{family}-*.parquet')" for family in FAMILIES.values()}
            text = sql.format(**sources)
            given = {name: value for name, value in asked.items() if f"${name}" in text}
            found[question] = timed(lambda text=text, given=given: connection.execute(text, given).fetchall(), times)
    return found


def timed(ask, times: int) -> tuple[list[float], list[tuple]]:
    """Seconds of each of so many askings after a first one, and the answer."""
    answer, seconds = ask(), []
    for _ in range(times):
        begun = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - begun)
    return seconds, answer


def peers() -> str:
    """Versions of what is compared with."""
    names = [module for module in ("duckdb", "pyarrow") if importlib.util.find_spec(module)]
    modules: list[ModuleType] = [importlib.import_module(name) for name in names]
    return ", ".join(f"{module.__name__} {module.__version__}" for module in modules) or "no duckdb, no pyarrow"
