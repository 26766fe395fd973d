"""Exports whole tables into a folder: CSV, Parquet, the reading copy itself, and the papers that go with them.

Reads one consistent copy of the reading copy and changes neither database; what it writes depends on nothing else but the clock's
one line in the manifest.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

from archive import durable
from archive.errors import ArchiveError
from archive.folder_swap import swapped_in
from archive.reading_copy import FILE_NAME, open_reading_copy
from archive.table_files import CsvFile, Sink
from archive.table_manifest import FORM, NAME, is_export, sha256_of
from archive.table_parquet import ParquetFiles, has_parquet
from archive.table_words import LICENCE, Origin, csv_path, data_package, readme
from archive.whole_tables import Whole, batches, whole_tables

README, PACKAGE = "README.txt", "datapackage.json"


class Asked(NamedTuple):
    """What is to be exported, and what the caller knows."""

    families: Sequence[str]
    sayings: Sequence[str]
    described: Mapping[str, Any]
    """The part `tables` of metadata.json: title, description and columns of each."""
    software: str
    now: str


class Exported(NamedTuple):
    """What was exported."""

    files: int
    rows: int
    bytes: int
    parquet: bool


def export_tables(directory: Path, to: Path, asked: Asked) -> Exported:
    """Write the tables of the archive in `directory` into the folder `to`, in the place of an earlier export.

    All of it is there, or what was there before. Raises ArchiveError where there is no current reading copy, something else stands
    at `to`, or the disk does not take it.
    """
    with swapped_in(to, is_export) as folder:
        copy_database(directory, folder / FILE_NAME)
        with closing(_read_only(folder / FILE_NAME)) as db:
            origin = _origin(db)
            tables = whole_tables(db, asked.described, asked.families, asked.sayings)
            written = [file for table in tables for file in _written(db, table, folder, origin)]
            _papers(db, folder, tables, written, origin)
        written += [{"path": name, "table": None, "rows": None} for name in (README, PACKAGE, FILE_NAME)]
        files = [_measured(folder, file) for file in written]
        _write_json(folder / NAME, _manifest(origin, files, asked))
        for file in files:
            durable.sync(folder / file["path"])
    rows = sum(file["rows"] or 0 for file in files if file["path"].startswith("csv/"))
    return Exported(len(files), rows, sum(file["bytes"] for file in files), has_parquet())


def copy_database(directory: Path, target: Path) -> None:
    """A consistent copy of the reading copy in one file; readers and loader go on meanwhile. Raises ArchiveError."""
    db = open_reading_copy(directory)
    try:
        db.conn.execute("VACUUM INTO ?", [str(target)])
    except sqlite3.Error as error:
        raise ArchiveError(f"{target} cannot be written: {error}. Check the space left there.") from error
    finally:
        db.close()


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def _written(db: sqlite3.Connection, table: Whole, folder: Path, origin: Origin) -> Iterator[dict[str, Any]]:
    """Write one table in all its forms, in one pass over its rows; gives a line of the manifest for each file."""
    with ExitStack() as opened:
        sinks: list[Sink] = [opened.enter_context(sink) for sink in _sinks(table, folder, origin)]
        for period, rows in batches(db, table):
            for sink in sinks:
                sink.take(period, rows)
    for sink in sinks:
        for path, count in sink.rows.items():
            yield {"path": path, "table": table.name, "rows": count}


def _sinks(table: Whole, folder: Path, origin: Origin) -> Iterator[Sink]:
    yield CsvFile(folder, csv_path(table), table.columns)
    if table.period is not None and has_parquet():
        path = f"parquet/{table.name}{'/' if table.statements else '.parquet'}"
        about = {
            "table": table.name,
            "licence": LICENCE,
            "origin": origin.sentence(),
            "made_up": str(origin.made_up).lower(),
        }
        yield ParquetFiles(folder, path, table.columns, table.period.name, about)


def _papers(
    db: sqlite3.Connection, folder: Path, tables: Sequence[Whole], written: Sequence[dict[str, Any]], origin: Origin
) -> None:
    breaks = _rows(db, "SELECT from_on, title FROM breaks ORDER BY from_on, break_id")
    caveats = _rows(
        db,
        "SELECT coalesce(stated_on || ', ', '') || topic AS stated, in_plain_words FROM caveats ORDER BY stated_on, caveat_id",
    )
    text = readme(origin, tables, breaks, caveats, parquet=has_parquet())
    (folder / README).write_text(text, encoding="utf-8")
    measured = {file["path"]: _measured(folder, file) for file in written if file["path"].startswith("csv/")}
    _write_json(folder / PACKAGE, data_package(origin, tables, measured))


def _origin(db: sqlite3.Connection) -> Origin:
    """What the copy says of itself."""
    series = _rows(db, "SELECT publisher, made_up FROM series ORDER BY made_up DESC, series")
    newest = _rows(db, "SELECT vintage, stated_on, label FROM vintages ORDER BY vintage DESC LIMIT 1")
    signed = _rows(db, "SELECT size, root, note FROM checkpoints ORDER BY size DESC LIMIT 1")
    checkpoint = (
        {"origin": signed[0]["note"].splitlines()[0], "size": signed[0]["size"], "root": signed[0]["root"]}
        if signed
        else None
    )
    vintage = newest[0] if newest else {"vintage": None, "stated_on": None, "label": None}
    return Origin(
        series[0]["publisher"] if series else "NHS England Digital", any(row["made_up"] for row in series),
        vintage["vintage"], vintage["stated_on"], vintage["label"], checkpoint,
        [row["sha256"] for row in _rows(db, WITHHELD)],
    )  # fmt: skip


WITHHELD = "SELECT DISTINCT sha256 FROM files WHERE state = 'withheld' ORDER BY sha256"
"""The site asks the same: what was exported before a takedown is no longer given out."""


def _manifest(origin: Origin, files: Sequence[dict[str, Any]], asked: Asked) -> dict[str, Any]:
    return {
        "form": FORM, "made_at": asked.now, "software": asked.software, "licence": LICENCE, **origin._asdict(),
        "parquet": has_parquet(), "files": files,
    }  # fmt: skip


def _measured(folder: Path, file: dict[str, Any]) -> dict[str, Any]:
    path = folder / file["path"]
    return {**file, "bytes": path.stat().st_size, "sha256": sha256_of(path)}


def _write_json(path: Path, content: object) -> None:
    durable.write(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


def _rows(db: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    cursor = db.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
