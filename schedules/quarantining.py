"""The command about files in quarantine: list what is held, release it, or refuse it.

Holds no rule of its own: what is suspect was decided when it was captured, and a ruling is a fact of the log.
"""

from __future__ import annotations

import re

import click

from archive.database import read_evidence
from archive.quarantine import RULED, HeldFile, Verb, held_files, rule
from schedules.desk import opened
from schedules.options import COMPLETE, Options, json_option
from schedules.reread import mirror_evidence
from schedules.signing import sign_after
from schedules.stopping import stopped_by_signals
from schedules.telling import as_json


@click.group()
def quarantine() -> None:
    """Files that came in a doubtful form: kept, their figures left out until a person rules.

    \b
    Examples:
      optout quarantine list
      optout quarantine release SHA256 --reason "The publisher confirmed it by telephone"
      optout quarantine refuse SHA256 --reason "An error page under the name of a table"
    """  # noqa: D301 - click keeps the lines after this character as they are


@quarantine.command("list")
@json_option
@click.pass_obj
def list_held(options: Options, json_wanted: bool) -> int:
    """Name every suspect file, newest first, with why it is held and what was ruled.

    \b
    Example:
      optout quarantine list --json
    """  # noqa: D301 - click keeps the lines after this character as they are
    evidence = read_evidence(options.data)
    try:
        found = held_files(evidence)
    finally:
        evidence.close()
    if json_wanted:
        click.echo(as_json({"files": [_as_dict(one) for one in found]}))
    else:
        click.echo("\n".join(_line(one) for one in found) or "Nothing is in quarantine.")
    return COMPLETE


@quarantine.command()
@click.argument("sha256", callback=lambda _, __, value: _checked(value))
@click.option("--reason", required=True, help="Why, in words; stands in the log for ever.")
@click.option("--by", default="operator", show_default=True, help="Who rules; stands in the log for ever.")
@click.pass_obj
def release(options: Options, sha256: str, reason: str, by: str) -> int:
    """Let the figures of a suspect file count, from when it was first captured.

    \b
    Example:
      optout quarantine release 9f86d081… --reason "Compared with the publisher's own copy"
    """  # noqa: D301 - click keeps the lines after this character as they are
    return _rule(options, "release", sha256, reason, by)


@quarantine.command()
@click.argument("sha256", callback=lambda _, __, value: _checked(value))
@click.option("--reason", required=True, help="Why, in words; stands in the log for ever.")
@click.option("--by", default="operator", show_default=True, help="Who rules; stands in the log for ever.")
@click.pass_obj
def refuse(options: Options, sha256: str, reason: str, by: str) -> int:
    """Keep the figures of a suspect file out for good; its bytes stay kept. Takes a release back.

    \b
    Example:
      optout quarantine refuse 9f86d081… --reason "The body was cut by a proxy"
    """  # noqa: D301 - click keeps the lines after this character as they are
    return _rule(options, "refuse", sha256, reason, by)


def _checked(value: str) -> str:
    if re.fullmatch(r"[0-9a-f]{64}", value) is None:
        raise click.BadParameter(f"found {value!r}; expected the 64 characters of a SHA-256, in lower case")
    return value


def _rule(options: Options, verb: Verb, sha256: str, reason: str, by: str) -> int:
    conditions = options.conditions()
    with stopped_by_signals(conditions.stop, leave=False), opened(options.data, conditions) as desk:
        try:
            held = rule(desk.evidence.db, verb, sha256, reason, by, desk.now())
        except ValueError as surprise:
            raise click.UsageError(f"--reason: {surprise}.") from surprise
        done = desk.refresh()
        sign_after(desk, held.series)
        mirror_evidence(desk.evidence.db, desk.copy)
    click.echo(f"{RULED[verb].capitalize()}: {held.file_name or held.address}, {sha256}.")
    click.echo(f"{done.vintages} vintages read" + (", the reading copy made anew." if done.rebuilt else "."))
    return COMPLETE


def _line(one: HeldFile) -> str:
    state = f"{one.ruling.ruling}: {one.ruling.reason}" if one.ruling else "held"
    why = one.error_detail or one.error_code or "suspect"
    return (
        f"{one.sha256}  {one.requested_at[:10]}  {one.bytes} bytes  {one.file_name or one.address}\n  {why}\n  {state}"
    )


def _as_dict(one: HeldFile) -> dict[str, object]:
    ruling = one.ruling._asdict() if one.ruling else None
    return {**one._asdict(), "ruling": ruling, "state": one.ruling.ruling if one.ruling else "held"}
