"""The commands that keep the evidence: backup, restore, takedown.

Each reads its options, calls one function and says how it went; none holds work of its own.
"""

from __future__ import annotations

from pathlib import Path

import click

from archive.backup import back_up
from archive.clock import utc_now
from archive.notes import NoteError, checked_name
from archive.restore import Restored, Wish, from_backup, from_mirror, known_elsewhere
from archive.restore import restore as put_in_place
from archive.takedown import Grounds
from schedules.desk import opened
from schedules.options import COMPLETE, INCOMPLETE, Options, software_name
from schedules.signing import signed_now
from schedules.stopping import stopped_by_signals
from schedules.withholding import held_open, take_down

CONFIRMED_BY = 8
"""Characters of a SHA-256 that a person types before bytes go."""

KEY_WARNING = (
    "This backup holds the private signing key: whoever can read it can sign in this archive's name. Keep it where nobody else "
    "can, and apart from the others."
)
EARLIER_COPIES = "Backups, mirrors, packs and downloads made before still hold these bytes: nothing here reaches them."


@click.command()
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@click.option("--with-key", is_flag=True, help="Put the private signing key into the backup too.")
@click.pass_obj
def backup(options: Options, destination: Path, with_key: bool) -> int:
    """Back the evidence up into the new folder DEST, also while it is being polled. Refuses what is not sound.

    \b
    Examples:
      optout backup /backups/optouts-2026-11-24
      optout backup --with-key /safe/optouts-with-key
    """  # noqa: D301 - click keeps the lines after this character as they are
    done = back_up(options.data, destination, with_key=with_key, software=software_name(), now=utc_now())
    click.echo(f"{done.folder}: {done.sound.size} facts of the log {done.sound.origin}, checked before and after.")
    click.echo(f"root {done.sound.root.hex()}, signed up to {done.sound.signed}")
    click.echo(
        KEY_WARNING if with_key else f"Without the signing key: back {options.data / 'signer'} up apart from this."
    )
    return COMPLETE


def _new_origin(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    try:
        return value and checked_name(value)
    except NoteError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.argument(
    "source", metavar="[SRC]", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--from-mirror", "from_mirror_of", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Make archive.db anew from a mirror of the log instead of a backup.")  # fmt: skip
@click.option("--reason", default="not stated", help="Why; it is logged.")
@click.option("--with", "known", multiple=True, type=click.Path(exists=True, path_type=Path),
              help="A checkpoint's note, or a mirror, kept elsewhere: what it knows must be in the copy.")  # fmt: skip
@click.option("--new-origin", callback=_new_origin, default=None, metavar="NAME",
              help="Accept that what was signed since is lost: the log goes on under this name, with a new key.")  # fmt: skip
@click.pass_obj
def restore(
    options: Options, source: Path | None, from_mirror_of: Path | None, reason: str, known: tuple[Path, ...],
    new_origin: str | None,
) -> int:  # fmt: skip
    """Put the backup SRC, or what a mirror holds, in the place of archive.db. What stood there is renamed, never deleted.

    Refuses where more was signed than the copy holds, and says which choices there are.

    \b
    Examples:
      optout restore /backups/optouts-2026-11-24 --reason "the disk failed"
      optout restore --from-mirror /mirrors/optouts --reason "archive.db was damaged"
      optout restore /backups/old --new-origin optouts.example.org/log-2 --reason "nothing newer was left"
    """  # noqa: D301 - click keeps the lines after this character as they are
    if (source is None) == (from_mirror_of is None):
        raise click.UsageError("Give SRC, the folder of a backup, or --from-mirror FOLDER: one of the two.")
    fill = from_backup(source) if source else from_mirror(from_mirror_of)  # type: ignore[arg-type]
    wish = Wish(reason, new_origin, [known_elsewhere(path) for path in known], utc_now())
    done = put_in_place(options.data, fill, wish)
    for line in _told(done):
        click.echo(line)
    conditions = options.conditions()
    with stopped_by_signals(conditions.stop, leave=False), opened(options.data, conditions) as desk:
        desk.refresh()
        size = signed_now(desk)
    click.echo(f"Signed: {size} facts of the log {done.origin}.")
    return COMPLETE


def _told(done: Restored) -> list[str]:
    lines = [f"Put {done.size} facts in place, checked before and after, and logged that they were restored."]
    lines += [f"Set aside: {path}" for path in done.set_aside]
    lines += [f"Lost to this log: {line}" for line in done.lost]
    if done.key_from_backup:
        lines.append(
            "The signing key came with the backup. What it signed after that backup is known only elsewhere: if a mirror or a "
            "checkpoint is left anywhere, restore again with --with."
        )
    return lines


@click.command()
@click.argument("sha256", metavar="SHA256")
@click.option(
    "--reason", required=True, help="What is taken down and why; logged, and shown to whoever asks for the bytes."
)
@click.option("--asked-by", required=True, help="Who asked; logged.")
@click.option("--legal-ground", required=True, help="The law or right that it rests on; logged and shown.")
@click.option("--reviewed-by", required=True, help="Who looked at it before it was done; logged.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def takedown(
    options: Options, sha256: str, reason: str, asked_by: str, legal_ground: str, reviewed_by: str, yes: bool
) -> int:
    """Let the bytes of a captured file go, for a reason that is logged and signed first. Every hash and every fact stays.

    \b
    Example:
      optout takedown 5f2c…e1 --reason "names of patients in column K" --asked-by "the publisher" \\
        --legal-ground "UK GDPR article 17" --reviewed-by "J. Doe"
    """  # noqa: D301 - click keeps the lines after this character as they are
    if not yes:
        typed = click.prompt(f"This cannot be undone. Type the first {CONFIRMED_BY} characters of {sha256}")
        if typed.strip() != sha256[:CONFIRMED_BY]:
            raise click.UsageError(f"found {typed!r}, expected {sha256[:CONFIRMED_BY]!r}. Nothing was done.")
    conditions, grounds = options.conditions(), Grounds(reason, asked_by, legal_ground, reviewed_by)
    with stopped_by_signals(conditions.stop, leave=False), opened(options.data, conditions) as desk:
        done = take_down(desk, sha256, grounds)
    remaining = [*done.remaining, *([held] if (held := held_open(desk)) else [])]
    for form in done.forms:
        click.echo(f"{form}: withheld; the reason is logged and signed.")
    for place in remaining:
        click.echo(f"Still {place}.")
    click.echo(EARLIER_COPIES)
    return INCOMPLETE if remaining else COMPLETE
