"""The commands that show the log to others: `optout anchor` and `optout mirror`.

Each reads its options, calls one function and says how it went; none holds work of its own.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from archive.checkpoints import newest_checkpoint, sign_log
from archive.database import read_evidence
from archive.mirror import write_mirror
from schedules.anchor_settings import load_anchoring
from schedules.anchoring import Anchored, keep_finding
from schedules.anchoring import anchor as ask_all
from schedules.desk import opened
from schedules.options import COMPLETE, INCOMPLETE, Options, json_option
from schedules.reread import mirror_evidence
from schedules.stopping import stopped_by_signals
from schedules.telling import as_json

NOBODY = (
    "Nobody is asked yet: found no authority and no mirror configured, expected an anchors.toml in the data folder. "
    "docs/anchoring.md has a sample."
)


@click.command()
@json_option
@click.pass_obj
def anchor(options: Options, json_wanted: bool) -> int:
    """Sign the log and have every configured party confirm it now, however new their last word is.

    Exit status 1 where a party did not, or none is configured.

    \b
    Examples:
      optout anchor
      optout --anchors /etc/optout/anchors.toml anchor --json
    """  # noqa: D301 - click keeps the lines after this character as they are
    conditions = options.conditions()
    with stopped_by_signals(conditions.stop, leave=False), opened(options.data, conditions) as desk:
        signature = sign_log(desk.evidence)
        done = []
        for one in ask_all(desk, pressing=True):
            keep_finding(desk, one, None)
            done.append(one)
        mirror_evidence(desk.evidence.db, desk.copy)
    if json_wanted:
        click.echo(as_json({"size": signature.size, "anchored": [one._asdict() for one in done]}))
    else:
        lines = [_in_words(one) for one in done]
        click.echo("\n".join([f"Checkpoint of {signature.size:,} entries.", *(lines or [NOBODY])]))
    return COMPLETE if done and not any(one.failed for one in done) else INCOMPLETE


def _in_words(one: Anchored) -> str:
    said = f"{one.party}: "
    said += f"confirmed, {one.time}" if one.time else "not confirmed" if one.failed else "written"
    return f"{said}\n  {one.finding.sentence()}" if one.finding else said


@click.command()
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder to write into; made where there is none.")  # fmt: skip
@click.option(
    "--bodies", is_flag=True, help="With the captured bodies, so that archive.db can be made anew from the mirror."
)
@json_option
@click.pass_obj
def mirror(options: Options, folder: Path, bodies: bool, json_wanted: bool) -> int:
    """Write the log as plain files that others can copy and check, up to the newest checkpoint.

    Only what is new is written. A mirror that is ahead of this archive, or another's, is never written (E-MIR-01).

    \b
    Examples:
      optout mirror --to /srv/www/optout-log
      optout mirror --to /mnt/copy/optout-log --bodies
    """  # noqa: D301 - click keeps the lines after this character as they are
    configured = load_anchoring(options.data, options.anchors).mirror
    if configured is not None and configured.folder.resolve() == folder.resolve():
        raise click.UsageError(
            f"--to: found {folder}, the mirror of anchors.toml; `optout anchor` brings that one up to date."
        )
    with closing(read_evidence(options.data)) as db:
        done = write_mirror(db, folder, bodies=bodies)
        newest = newest_checkpoint(db)
    told = {"folder": str(folder), "size": done.size, "files": done.files, "checkpoint": newest and newest[1]}
    words = f"{folder}: {done.size:,} entries, {done.files} files written or removed."
    click.echo(as_json(told) if json_wanted else words)
    return COMPLETE
