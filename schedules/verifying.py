"""The command that checks the evidence: `optout verify`.

Reads its options, has the work done, and says what came of it; holds no check of its own and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click

from archive.anchors import check_token
from archive.errors import ArchiveError
from archive.notes import Verifier, read_verifier
from archive.promise import DOES_NOT_PROVE, PROMISE, PROVES
from archive.verify import MAX_AGE, Asked, Verified, verify
from archive.verify_anchors import read_outside
from archive.verify_codes import BROKEN, CODES, NOT_RUN, SOUND, STATUSES
from schedules.options import Options, json_option
from schedules.telling import as_json

MOST = 5
"""Lines told of each code; all are counted, and `--json` tells all."""


class WrongUsageError(click.UsageError):
    """Options that make no sense. Ends with 3: the 2 of other commands has another meaning here."""

    exit_code = NOT_RUN


class CouldNotRunError(click.ClickException):
    """Nothing is known of the archive: it could not be looked at."""

    exit_code = NOT_RUN


class Verify(click.Command):
    """A command with exit statuses of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise WrongUsageError(error.format_message(), ctx) from error


def _keys(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[Verifier, ...]:
    return tuple(_key(value) for value in values)


def _key(value: str) -> Verifier:
    try:
        path = Path(value)
        return read_verifier(path.read_text(encoding="utf-8") if "+" not in value or path.is_file() else value)
    except OSError as error:
        raise click.BadParameter(
            f"{value}: found no file that can be read ({error.strerror}); expected one."
        ) from error
    except ValueError as error:
        raise click.BadParameter(f"{value[:80]}: {error}.") from error


@click.command(name="verify", cls=Verify)
@click.option("--with", "outside", multiple=True, type=click.Path(path_type=Path),
              help="File with signed checkpoints that you got from somebody else, such as a mirror's. Repeatable.")  # fmt: skip
@click.option("--key", "keys", multiple=True, callback=_keys,
              help="Public key of the log that you got from somebody else: its text or a file with it. Repeatable.")  # fmt: skip
@click.option("--quick", is_flag=True, help="Do not read the bytes of snapshots: says nothing about them.")
@click.option("--max-age", type=click.FloatRange(min=0, max=1_000_000), default=MAX_AGE.total_seconds() / 3600, show_default=True,
              help="Hours that the newest outside anchor may be old.")  # fmt: skip
@json_option
@click.pass_obj
def verify_command(
    options: Options, outside: tuple[Path, ...], keys: tuple[Verifier, ...], quick: bool, max_age: float, json_wanted: bool
) -> int:  # fmt: skip
    """Check the evidence: every row, every leaf, every signature, every byte. No network, no secret, changes nothing.

    Only what somebody else holds can show that history was not written anew by whoever has the key: bring a checkpoint
    along with --with. It may run while the archive is polled.

    Exit status: 0 sound and anchored, 1 broken, 2 sound but unanchored or stale, 3 could not run. Codes: docs/verify.md.

    \b
    Examples:
      optout verify
      optout verify --with checkpoint-of-2026-11-01.txt --key optouts.example.org/log+1a2b3c4d+AX...
      optout verify --json --max-age 48
    """  # noqa: D301 - click keeps the lines after this character as they are
    try:
        brought = tuple(note for path in outside for note in read_outside(path))
        asked = Asked(
            options.data, datetime.now(UTC), outside=brought, keys=keys, bodies=not quick, max_age=timedelta(hours=max_age),
            check_token=check_token, most=None if json_wanted else MOST,
        )  # fmt: skip
        done = verify(asked)
    except ArchiveError as trouble:
        _could_not(trouble, json_wanted)
    click.echo(as_json(verified_json(done)) if json_wanted else "\n".join(verified_lines(done)))
    return done.status


def _could_not(trouble: ArchiveError, json_wanted: bool) -> NoReturn:
    if json_wanted:
        click.echo(as_json({"status": NOT_RUN, "meaning": STATUSES[NOT_RUN], "trouble": str(trouble)}))
    raise CouldNotRunError(f"could not run: {trouble}") from trouble


# ---------------------------------------------------------------- in words


def verified_lines(done: Verified) -> list[str]:
    """What came of it: a sentence, what was looked at, and each problem by its code."""
    lines = [_sentence(done), _looked_at(done)]
    kept = done.problems.in_order()
    for code in dict.fromkeys(one.code for one in kept):
        told = [one for one in kept if one.code == code]
        lines += [f"{code} {one.sentence()}" for one in told]
        if done.problems.counts[code] > len(told):
            lines.append(f"{code} {done.problems.counts[code]:,} in all; --json tells each.")
    return lines + ([PROMISE] if done.status == SOUND else [])


def _sentence(done: Verified) -> str:
    if done.status == BROKEN:
        codes = ", ".join(
            f"{code} ({count:,})" for code, count in sorted(done.problems.counts.items()) if code[0] == "E"
        )
        return f"BROKEN: {codes}. Nothing was changed; each code is explained below and in docs/verify.md."
    sound = "Sound" if done.bodies else "In order without a look at the bytes of snapshots"
    if done.age is None:
        return (
            f"{sound}, but no outside party vouches for it: whoever holds the key could have written all of it anew. "
            "Bring a checkpoint from somebody else with --with."
        )
    newest = max(done.vouched, key=lambda one: one.at)
    whom = f"{newest.party} vouches for the first {newest.size:,} entries ({newest.at})"
    if done.status == SOUND:
        return f"{sound}, and anchored: {whom}."
    return f"{sound}, but not anchored lately: {whom}, and at most {_hours(done.max_age)} hours old was asked for."


def _looked_at(done: Verified) -> str:
    log = (
        "The log was not read to its end."
        if done.entries is None
        else f"{done.entries:,} entries of the log were read."
    )
    if done.bodies is None:
        return f"{log} Bodies were not read: this says nothing about the bytes of snapshots."
    return f"{log} {done.bodies.snapshots:,} snapshots were read whole, {done.bodies.bytes:,} bytes."


def _hours(age: timedelta) -> str:
    return f"{age.total_seconds() / 3600:g}"


def verified_json(done: Verified) -> dict[str, object]:
    """The same for programs, with every problem."""
    return {
        "status": done.status,
        "meaning": STATUSES[done.status],
        "entries": done.entries,
        "bodies_read": done.bodies is not None,
        "snapshots": done.bodies.snapshots if done.bodies else None,
        "bytes": done.bodies.bytes if done.bodies else None,
        "vouched": [one._asdict() for one in done.vouched],
        "newest_anchor_hours": None if done.age is None else done.age.total_seconds() / 3600,
        "max_age_hours": done.max_age.total_seconds() / 3600,
        "counts": dict(sorted(done.problems.counts.items())),
        "problems": [
            {
                **one._asdict(),
                "means": CODES[one.code].means,
                "expected": CODES[one.code].expected,
                "advice": CODES[one.code].advice,
            }
            for one in done.problems.in_order()
        ],
        "proves": PROVES,
        "does_not_prove": DOES_NOT_PROVE,
    }
