"""The commands about what is held: status, look, deposit, reread, rebuild.

Each reads its options, calls one function and says how it went; none holds work of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from archive.anchored import standing_anchoring
from archive.reading_copy import digest
from archive.space import space_of
from archive.standing import other_series, reading_copy_for_status
from schedules import status as standings
from schedules.alarm_memory import recall
from schedules.alarm_settings import load_alarms
from schedules.alarm_words import alarms_in_words
from schedules.deposit import deposit as keep_deposit
from schedules.deposit import deposits_of
from schedules.desk import Desk, opened
from schedules.options import COMPLETE, INCOMPLETE, Options, create_option, json_option
from schedules.reread import Refreshed, mirror_evidence
from schedules.rereading import reread as read_again
from schedules.room import in_line
from schedules.series import series_named
from schedules.stopping import stopped_by_signals
from schedules.telling import (
    as_json,
    deposited_json,
    deposited_lines,
    look_json,
    look_lines,
    refreshed_json,
    refreshed_lines,
)
from scraper.look import look as look_at
from scraper.look import series_of
from scraper.schema import load_schemas


@click.command()
@json_option
@click.pass_obj
def status(options: Options, json_wanted: bool) -> int:
    """Say per series: last check, last success, last change, next due, what is unread, what a person should look at.

    Exit status 1 where the newest look at a series was not complete, or there was none.

    \b
    Examples:
      optout status
      optout status --json
    """  # noqa: D301 - click keeps the lines after this character as they are
    now, all_series = datetime.now(UTC), options.series()
    space = space_of(options.data) if options.data.is_dir() else None
    copy = reading_copy_for_status(options.data)
    try:
        found = [standings.standing_of(copy, one, now) for one in all_series]
        others = other_series(copy, tuple(one.slug for one in all_series))
        log = standing_anchoring(copy, now)
    finally:
        copy.close()
    if json_wanted:
        disk = {**space._asdict(), "room": space.room} if space else None
        said = {"series": [standings.as_json(one) for one in found], "without_series_file": others}
        click.echo(as_json({**said, "log": log._asdict(), "disk": disk}))
    else:
        lines = ["\n".join(standings.in_lines(one, series, now)) for one, series in zip(found, all_series, strict=True)]
        lines += [f"{slug}: polled here once, but there is no {slug}.toml any more" for slug in others]
        lines += ["\n".join(standings.log_lines(log)), *([in_line(space)] if space else [])]
        lines.append(alarms_in_words(load_alarms(options.data, options.alarms), recall(options.data).values()))
        click.echo("\n\n".join(lines))
    return COMPLETE if all(one.is_sound for one in found) else INCOMPLETE


@click.command()
@click.argument("url")
@json_option
@click.pass_obj
def look(options: Options, url: str, json_wanted: bool) -> int:
    """Fetch one address and say what we understand of it; writes nothing. robots.txt is obeyed without exception.

    \b
    Example:
      optout look https://digital.nhs.uk/data-and-information/publications/statistical/national-data-opt-out
    """  # noqa: D301 - click keeps the lines after this character as they are
    conditions = options.conditions()
    series = series_of(url, conditions.series)
    if series is None:
        hosts = sorted({host for one in conditions.series for host in one.page_hosts + one.file_hosts})
        raise click.UsageError(f"URL: found {url!r}; expected an address on one of {', '.join(hosts)}.")
    with stopped_by_signals(conditions.stop, leave=False):
        seen = look_at(url, series, load_schemas(), conditions.software, conditions.stop)
    click.echo(as_json(look_json(seen)) if json_wanted else "\n".join(look_lines(seen, series)))
    return COMPLETE if seen.understood is not None else INCOMPLETE


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--series", required=True, help="Series that the files belong to, such as national-data-opt-out.")
@click.option(
    "--publication", required=True, help="The publication's path below the series' address, such as july-2021."
)
@click.option("--published-on", required=True, help="Day of publication as the publisher states it, YYYY-MM-DD.")
@click.option("--origin", required=True, help="Where the files come from, in plain words.")
@create_option
@json_option
@click.pass_obj
def deposit(  # noqa: PLR0913, PLR0917 - one for each option of the command
    options: Options, files: tuple[Path, ...], series: str, publication: str, published_on: str, origin: str, create: bool,
    json_wanted: bool,
) -> int:  # fmt: skip
    """Hand in FILES that a person fetched; they are read like any other, and their provenance says so.

    \b
    Example:
      optout deposit NDOP_age_gen_Jul_2021.csv --series national-data-opt-out --publication july-2021 \\
        --published-on 2021-07-30 --origin "Saved from the publication page by a reader on 2 August 2021"
    """  # noqa: D301 - click keeps the lines after this character as they are
    conditions = options.conditions()
    chosen = series_named(conditions.series, series)
    handed_in = deposits_of(files, chosen, publication, published_on, origin)
    with opened(options.data, conditions, create=create) as desk:
        done = keep_deposit(desk, chosen, handed_in)
    click.echo(as_json(deposited_json(done)) if json_wanted else "\n".join(deposited_lines(done)))
    return INCOMPLETE if any(finding.severity == "error" for finding in done.findings) else COMPLETE


@click.command()
@json_option
@click.pass_obj
def reread(options: Options, json_wanted: bool) -> int:
    """Read kept snapshots again that could not be read, or that another reader read; what reads otherwise is told as ours.

    \b
    Example:
      optout --schedules my-series reread
    """  # noqa: D301 - click keeps the lines after this character as they are
    conditions = options.conditions()
    with stopped_by_signals(conditions.stop, leave=False), opened(options.data, conditions) as desk:
        return _tell_refreshed(desk, read_again(desk), json_wanted)


@click.command()
@json_option
@click.pass_obj
def rebuild(options: Options, json_wanted: bool) -> int:
    """Make the reading copy anew from the evidence, and swap it in under whoever is reading. No network.

    \b
    Example:
      optout --data /srv/optouts rebuild
    """  # noqa: D301 - click keeps the lines after this character as they are
    conditions = options.conditions()
    with stopped_by_signals(conditions.stop, leave=False), opened(options.data, conditions) as desk:
        return _tell_refreshed(desk, desk.rebuild(), json_wanted)


def _tell_refreshed(desk: Desk, done: Refreshed, json_wanted: bool) -> int:
    mirror_evidence(desk.evidence.db, desk.copy)
    click.echo(as_json(refreshed_json(done, digest(desk.copy))) if json_wanted else "\n".join(refreshed_lines(done)))
    return INCOMPLETE if any(finding.severity == "error" for finding in done.findings) else COMPLETE
