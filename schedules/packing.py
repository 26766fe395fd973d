"""The command that makes evidence packs: `optout pack`, of a file, a release, a difference or a day.

Reads the archive, writes the pack and nothing else; builds nothing itself.
"""

from __future__ import annotations

from pathlib import Path

import click

from archive.database import read_evidence
from archive.packs.build import Pack, pack_day, pack_difference, pack_file, pack_release
from archive.packs.writing import write_pack
from archive.standing import reading_copy_for_status
from schedules.options import COMPLETE, Options, software_name

to_option = click.option(
    "--to", required=True, type=click.Path(path_type=Path), help="New folder, or new file that ends in .zip."
)


@click.group()
def pack() -> None:
    """Make an evidence pack: bytes, captures and proofs that a stranger can check without us.

    A pack holds what the newest signed checkpoint covers. Before anything is signed there is no pack, because it would
    prove nothing: the next poll or deposit signs. Its README says what it proves, what not, and how to check it.

    \b
    Examples:
      optout pack file 5ae9...c2 --to july.zip
      optout pack release national-data-opt-out/july-2021 --to july-2021
      optout pack difference 3 4 --to revised.zip
      optout pack day 2021-10-15 --to that-day.zip
    """  # noqa: D301 - click keeps the lines after this character as they are


@pack.command("file")
@click.argument("sha256")
@to_option
@click.pass_obj
def of_file(options: Options, sha256: str, to: Path) -> int:
    """Pack the bytes named by SHA256, every capture that brought them, and the page that linked to them."""
    db = read_evidence(options.data)
    try:
        return _written(pack_file(db, sha256, software_name()), to)
    finally:
        db.close()


@pack.command("release")
@click.argument("release", metavar="SERIES/PUBLICATION")
@to_option
@click.pass_obj
def of_release(options: Options, release: str, to: Path) -> int:
    """Pack every capture of a publication's page and files, with all bytes that they brought."""
    series, _, publication = release.partition("/")
    db = read_evidence(options.data)
    try:
        return _written(pack_release(db, series, publication.strip("/"), software_name()), to)
    finally:
        db.close()


@pack.command("difference")
@click.argument("a", type=click.IntRange(min=1))
@click.argument("b", type=click.IntRange(min=1))
@to_option
@click.pass_obj
def of_difference(options: Options, a: int, b: int, to: Path) -> int:
    """Pack what differs between the vintages A and B as a table, with the files and pages of both."""
    db, copy = read_evidence(options.data), reading_copy_for_status(options.data)
    try:
        return _written(pack_difference(db, copy, a, b, software_name()), to)
    finally:
        copy.close()
        db.close()


@pack.command("day")
@click.argument("day", metavar="YYYY-MM-DD")
@to_option
@click.pass_obj
def of_day(options: Options, day: str, to: Path) -> int:
    """Pack what is known to have been public on a day (UTC), address by address, with the looks around it; no bytes."""
    db = read_evidence(options.data)
    try:
        return _written(pack_day(db, day, software_name()), to)
    finally:
        db.close()


def _written(made: Pack, to: Path) -> int:
    write_pack(made, to)
    size = sum(member.size for member in made.members)
    click.echo(f"{to}: {len(made.members)} files, {size:,} bytes. Its README.txt says how to check it.")
    return COMPLETE
