"""The command that puts a word beside an entry of the log: `optout annotate`.

Adds a fact and changes none; what it says is for people, and for `optout verify` where a clock was set back.
"""

from __future__ import annotations

import click

from archive.checkpoints import sign_log
from archive.clock import utc_now
from archive.database import open_evidence
from archive.log import log_size
from archive.store import append
from schedules.options import COMPLETE, Options


@click.command()
@click.argument("entry", type=click.IntRange(min=0))
@click.argument("text")
@click.option("--by", required=True, help="Who says so: a name or an office. It stays in the record for ever.")
@click.pass_obj
def annotate(options: Options, entry: int, text: str, by: str) -> int:
    """Say something about ENTRY of the log, for ever: a correction, or that a clock was set back. The entry itself stays.

    \b
    Example:
      optout annotate 1204 "The machine's clock was an hour fast until 09:40." --by "the operator"
    """  # noqa: D301 - click keeps the lines after this character as they are
    if not text.strip() or not by.strip():
        raise click.UsageError("TEXT and --by: found nothing in one of them; expected a sentence and a name.")
    with open_evidence(options.data) as evidence:
        size = log_size(evidence.db)
        if entry >= size:
            raise click.UsageError(f"ENTRY: found {entry}; expected 0 to {size - 1}, the entries of the log.")
        row = {"made_at": utc_now(), "entry": entry, "text": text.strip(), "made_by": by.strip()}
        number = append(evidence.db, "annotations", row)
        signed = sign_log(evidence)
    click.echo(f"Annotation {number} of entry {entry} is kept, and signed with {signed.size} entries.")
    return COMPLETE
