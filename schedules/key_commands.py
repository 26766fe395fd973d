"""The commands about the signing key: `optout key show` and `optout key rotate`.

Each reads its options, calls one function and says how it went; no private key is ever printed.
"""

from __future__ import annotations

from contextlib import closing

import click

from archive.checkpoints import announced_keys, newest_checkpoint, rotate_key, signer_of
from archive.database import read_evidence
from archive.log import origin_of
from archive.notes import Verifier
from archive.signer import FOLDER, KEY_NAME, STATE_NAME, Signer
from schedules.desk import opened
from schedules.options import COMPLETE, INCOMPLETE, Options, json_option
from schedules.reread import mirror_evidence
from schedules.telling import as_json

BACK_UP = """\
How to back it up: copy the whole folder, after each rotation, to a place that is not the archive's own backup and that few can
read. An old key.pem is still good; an old state.json lets nothing be signed twice, it only refuses until the newest is back.
  Lost key: the record stays provable, but goes on only under a new name.
  Stolen key: somebody else can sign in this log's name from now on, but cannot change what others hold or authorities stamped.
    Rotate at once, and say in public from which checkpoint on: optout key rotate --reason "stolen, ..."."""


@click.group()
def key() -> None:
    """Show or rotate the key that signs the log.

    \b
    Examples:
      optout key show
      optout key rotate --reason "yearly"
    """  # noqa: D301 - click keeps the lines after this character as they are


@key.command()
@json_option
@click.pass_obj
def show(options: Options, json_wanted: bool) -> int:
    """Say under which name and key the log is signed, where the key lies and how to back it up. Prints no secret.

    \b
    Example:
      optout key show
    """  # noqa: D301 - click keeps the lines after this character as they are
    with closing(read_evidence(options.data)) as db:
        signer = Signer(options.data / FOLDER, origin_of(db))
        if not signer.has_key:
            click.echo(f"The log {signer.origin} has no key yet: the first poll makes one in {signer.folder}.")
            return INCOMPLETE
        verifier, newest = signer.verifier(), newest_checkpoint(db)
        others = [one for one in announced_keys(db) if one != verifier.text()]
    size = newest[0] if newest else None
    if json_wanted:
        told = {"origin": verifier.name, "key_id": verifier.key_id.hex(), "verifier": verifier.text()}
        click.echo(as_json({**told, "earlier_keys": others, "folder": str(signer.folder), "newest_checkpoint": size}))
    else:
        click.echo("\n".join(_lines(signer, verifier, others, size)))
    return COMPLETE


def _lines(signer: Signer, verifier: Verifier, others: list[str], size: int | None) -> list[str]:
    under_way = ["A rotation was begun and not ended: run `optout key rotate` again with its reason."]
    return [
        f"origin     {verifier.name}",
        f"key ID     {verifier.key_id.hex()}",
        f"verifier   {verifier.text()}",
        *(f"earlier    {text}" for text in others),
        f"checkpoint {f'{size:,} entries' if size else 'none yet'}",
        f"files      {signer.folder / KEY_NAME} (secret), {signer.folder / STATE_NAME} (what was signed last)",
        "",
        "The verifier text is public: put it where people look for it, on another site than the archive's own.",
        *(under_way if signer.has_next_key else []),
        BACK_UP,
    ]


@key.command()
@click.option("--reason", required=True, help="Why, in a line; it stands in the log for ever.")
@click.pass_obj
def rotate(options: Options, reason: str) -> int:
    """Give the log another key: announced in the log, the next checkpoint signed by the old and the new.

    Ended half-way, it is finished by running it again with the same reason.

    \b
    Example:
      optout key rotate --reason "yearly"
    """  # noqa: D301 - click keeps the lines after this character as they are
    if not reason.strip() or not reason.isprintable():
        raise click.UsageError(f"--reason: found {reason!r}; expected one line that says why.")
    with opened(options.data, options.conditions()) as desk:
        done = rotate_key(desk.evidence, reason.strip())
        signer = signer_of(desk.evidence)
        mirror_evidence(desk.evidence.db, desk.copy)
    click.echo(
        f"The log is signed with a new key from here on; the checkpoint of {done.size:,} entries is signed by both.\n"
        f"verifier   {signer.verifier().text()}\n"
        f"Back up {signer.folder} now, and make the verifier text known where the old one stands."
    )
    return COMPLETE
