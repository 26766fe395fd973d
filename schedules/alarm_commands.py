"""The commands about alarms: `optout alarm test`, `optout alarm list`, `optout alarm accept`.

Each reads its options, calls one function and says how it went; none holds work of its own.
"""

from __future__ import annotations

import sys

import click

from archive.standing_findings import standing_findings
from archive.store import settle_finding
from schedules.alarm_memory import recall
from schedules.alarming import deliver, test_message
from schedules.alarms import title_of
from schedules.desk import opened
from schedules.logs import open_log
from schedules.options import COMPLETE, INCOMPLETE, Options, json_option
from schedules.reread import mirror_evidence
from schedules.series import series_named
from schedules.signing import sign_after
from schedules.telling import as_json
from scraper.page_judge import CODES as JUDGED


@click.group()
def alarm() -> None:
    """Whether alarms reach anybody, which last, and that a page is right as it is.

    \b
    Examples:
      optout alarm test
      optout alarm list
    """  # noqa: D301 - click keeps the lines after this character as they are


@alarm.command()
@click.pass_obj
def test(options: Options) -> int:
    """Send a test message by every way that alarms.toml names, and say which ones took it.

    \b
    Example:
      optout --data /srv/optouts alarm test
    """  # noqa: D301 - click keeps the lines after this character as they are
    conditions = options.conditions()
    watch = options.watch(conditions.series, open_log(json_lines=False, color=sys.stderr.isatty()))
    if not watch.settings.channels:
        click.echo("Nobody is told: no [[webhook]] and no [[mail]] is stated. Put alarms.toml into the data folder.")
        return INCOMPLETE
    failed = 0
    for channel in watch.settings.channels:
        trouble = deliver(watch, channel, test_message(channel), conditions.clock())
        click.echo(f"{channel.name}: {'taken' if trouble is None else f'not taken: {trouble}'}")
        failed += trouble is not None
    return INCOMPLETE if failed else COMPLETE


@alarm.command("list")
@json_option
@click.pass_obj
def list_alarms(options: Options, json_wanted: bool) -> int:
    """Say which alarms last, as they were told.

    \b
    Example:
      optout alarm list --json
    """  # noqa: D301 - click keeps the lines after this character as they are
    told = recall(options.data)
    if json_wanted:
        click.echo(as_json([{**one.alarm._asdict(), "told_at": one.by} for one in told.values()]))
    else:
        lines = [f"{title_of(one.alarm)}, since {one.alarm.since_at}" for one in told.values()]
        click.echo("\n".join(lines) or "No alarm lasts.")
    return COMPLETE


@alarm.command()
@click.argument("series")
@click.argument("address")
@click.pass_obj
def accept(options: Options, series: str, address: str) -> int:
    """Say that the page at ADDRESS is right as it is, although it lost links, shrank or became another kind of page.

    It is then the measure for the next one, and the alarm ends with the next poll. Recorded in the evidence.

    \b
    Example:
      optout alarm accept national-data-opt-out https://digital.nhs.uk/...
    """  # noqa: D301 - click keeps the lines after this character as they are
    conditions = options.conditions()
    slug = series_named(conditions.series, series).slug
    with opened(options.data, conditions) as desk:
        db = desk.evidence.db
        standing = [one for one in standing_findings(db, slug) if one.subject == address and one.code in JUDGED]
        for one in standing:
            settle_finding(db, one.code, one.subject, one.place, slug, desk.now())
        if standing:
            sign_after(desk, slug)
            mirror_evidence(db, desk.copy)
    said = ", ".join(one.code for one in standing)
    click.echo(
        f"{address}: {f'accepted, of {said}' if said else 'nothing stands that was judged beside earlier copies'}."
    )
    return COMPLETE if standing else INCOMPLETE
