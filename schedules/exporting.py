"""The commands that hand record and figures to other systems: `optout export warc` and `optout export tables`.

They write the file or folder that is asked for and nothing else; they make no record.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from archive.clock import utc_now
from archive.database import read_evidence
from archive.metadata import metadata
from archive.new_files import new_place
from archive.table_export import Asked, export_tables
from archive.table_manifest import faults
from archive.table_parquet import MISSING
from archive.warc import Span, warc_records
from archive.warc_records import Record
from archive.whole_tables import FAMILIES, SAYINGS
from schedules.options import COMPLETE, INCOMPLETE, Options, software_name

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def export() -> None:
    """Hand the record to other systems, in their own forms.

    \b
    Examples:
      optout export warc --to everything.warc.gz
      optout export tables --to data/tables
    """  # noqa: D301 - click keeps the lines after this character as they are


@export.command()
@click.option(
    "--to", required=True, type=click.Path(dir_okay=False, path_type=Path), help="New file, FILE.warc.gz or FILE.warc."
)
@click.option("--series", help="Only this series.")
@click.option(
    "--from", "since", type=DAY, metavar="YYYY-MM-DD", help="Only what was asked for on this day (UTC) or later."
)
@click.option(
    "--until", type=DAY, metavar="YYYY-MM-DD", help="Only what was asked for up to the end of this day (UTC)."
)
@click.pass_obj
def warc(options: Options, to: Path, series: str | None, since: datetime | None, until: datetime | None) -> int:
    """Write captures as WARC 1.1, for web archives and replay: requests, answers, revisits, deposits, our leaf beside each.

    The same log and options give the same file.

    \b
    Example:
      optout export warc --to october.warc.gz --from 2021-10-01 --until 2021-10-31
    """  # noqa: D301 - click keeps the lines after this character as they are
    if not to.name.endswith((".warc.gz", ".warc")):
        raise click.UsageError(f"--to: found {to.name!r}; expected a name that ends in .warc.gz or .warc.")
    span = Span(series, since.date().isoformat() if since else None, until.date().isoformat() if until else None)
    db = read_evidence(options.data)
    try:
        records = _written(warc_records(db, span, software_name()), to)
    finally:
        db.close()
    click.echo(f"{to}: {records:,} records, {to.stat().st_size:,} bytes.")
    return COMPLETE


@export.command()
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), help="Folder; an earlier export there is replaced, whole."
)
@click.option(
    "--family", "families", multiple=True, type=click.Choice(list(FAMILIES)), help="Only this family; may be repeated."
)
@click.option(
    "--only", "sayings", multiple=True, type=click.Choice(SAYINGS), help="Only these statements; may be repeated."
)
@click.option(
    "--check",
    "made",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write nothing: hold a folder against its manifest.",
)
@click.pass_obj
def tables(
    options: Options, to: Path | None, families: tuple[str, ...], sayings: tuple[str, ...], made: Path | None
) -> int:
    """Write whole tables for R, Python, DuckDB, Spark: CSV, Parquet by month, SQLite; with hashes, README and data package.

    \b
    The site offers what lies in the folder `tables` of the data folder.
    Parquet needs pyarrow (the extra `tables`); without it there is CSV alone.
    The same reading copy gives the same bytes.

    \b
    Examples:
      optout export tables --to data/tables
      optout export tables --to panel --family practices --only statements
      optout export tables --check data/tables
    """  # noqa: D301 - click keeps the lines after this character as they are
    if (to is None) == (made is None):
        raise click.UsageError("expected one of --to FOLDER and --check FOLDER.")
    if to is None:
        assert made is not None  # noqa: S101 - one of both, by the line above
        return _held_against(made)
    described = metadata()["databases"]["optouts"]["tables"]
    asked = Asked(families or tuple(FAMILIES), sayings or SAYINGS, described, software_name(), utc_now())
    done = export_tables(options.data, to, asked)
    if not done.parquet:
        click.echo(MISSING)
    click.echo(f"{to}: {done.files:,} files, {done.rows:,} rows of CSV, {done.bytes:,} bytes.")
    return COMPLETE


def _held_against(folder: Path) -> int:
    found = faults(folder)
    for fault in found:
        click.echo(fault)
    click.echo(
        f"{folder}: {len(found):,} files are not as they were made."
        if found
        else f"{folder}: every file as it was made."
    )
    return INCOMPLETE if found else COMPLETE


def _written(records: Iterable[Record], to: Path) -> int:
    """Write records into a new file, each a gzip member of its own where the name says so; returns how many."""
    number = 0
    with new_place(to) as making, making.open("xb") as file:
        for record in records:
            file.write(record.compressed() if to.suffix == ".gz" else record.encoded())
            number += 1
    return number
