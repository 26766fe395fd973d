"""The command that hands the record to other systems: `optout export warc`.

Reads the evidence, writes one new file and nothing else; makes no record itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from archive.database import read_evidence
from archive.new_files import new_place
from archive.warc import Span, warc_records
from archive.warc_records import Record
from schedules.options import COMPLETE, Options, software_name

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def export() -> None:
    """Hand the record to other systems, in their own forms.

    \b
    Example:
      optout export warc --to everything.warc.gz
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


def _written(records: Iterable[Record], to: Path) -> int:
    """Write records into a new file, each a gzip member of its own where the name says so; returns how many."""
    number = 0
    with new_place(to) as making, making.open("xb") as file:
        for record in records:
            file.write(record.compressed() if to.suffix == ".gz" else record.encoded())
            number += 1
    return number
