"""The commands that look and show: up, poll, schedule, serve.

Each reads its options, calls one function and says how it went; none holds work of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from archive.store import close_interrupted, newest_poll
from schedules.desk import Desk, opened
from schedules.due import due_at, in_words, looked, soonest_first
from schedules.logs import open_log
from schedules.options import (
    COMPLETE,
    INCOMPLETE,
    Options,
    create_option,
    host_option,
    json_option,
    log_json_option,
    port_option,
    proxy_option,
    rate_option,
    until_stdin_option,
)
from schedules.poll import Polled, poll_series
from schedules.reread import no_progress
from schedules.scheduler import keep_polling
from schedules.series import series_named
from schedules.stopping import stopped_by_signals
from schedules.supervise import end_when_stdin_closes, half_command, run_halves
from schedules.telling import as_json, polled_json
from schedules.telling_after import tell_and_ping
from scraper.model import Series


@click.command()
@host_option
@port_option
@log_json_option
@click.pass_obj
def up(options: Options, host: str, port: int, log_json: bool) -> int:
    """Poll what is due, keep polling on schedule, and serve: the main job, from nothing.

    Makes the archive where there is none. Ctrl-C ends both halves.

    \b
    Examples:
      optout up
      optout --data /srv/optouts --contact you@example.org up --port 8080
    """  # noqa: D301 - click keeps the lines after this character as they are
    conditions = options.conditions()
    options.watch(
        conditions.series, open_log(json_lines=log_json, color=sys.stderr.isatty())
    )  # refused before anything starts
    with opened(options.data, conditions, create=True):
        pass  # both databases exist now, and no other program is writing here
    given = options.given()
    halves = {
        "serving": half_command(given, "serve", "--host", host, "--port", str(port)),
        "polling": half_command(given, "schedule", *(["--log-json"] if log_json else [])),
    }
    return run_halves(halves, lambda line: click.echo(line, err=True))


@click.command()
@click.argument("series", required=False)
@click.option("--all", "every", is_flag=True, help="Every series, due or not.")
@create_option
@json_option
@click.pass_obj
def poll(options: Options, series: str | None, every: bool, create: bool, json_wanted: bool) -> int:
    """Look at SERIES now; without SERIES, at every series that is due.

    \b
    Examples:
      optout poll                        what is due
      optout poll national-data-opt-out  this series, due or not
      optout poll --all --json           every series, the result as JSON
    """  # noqa: D301 - click keeps the lines after this character as they are
    if series and every:
        raise click.UsageError("Give SERIES or --all, not both.")
    conditions = options.conditions()
    wanted = (
        [series_named(conditions.series, series)] if series else soonest_first(conditions.series, conditions.clock())
    )
    watch = options.watch(conditions.series, open_log(json_lines=False, color=sys.stderr.isatty()))
    with stopped_by_signals(conditions.stop, leave=False), opened(options.data, conditions, create=create) as desk:
        due = [one for one in wanted if series or every or _is_due(desk, one, json_wanted)]
        polls, faults = _poll_each(desk, due, json_wanted)
        if not desk.stop.is_set():
            tell_and_ping(desk, watch, [one for one in polls if one])
    if json_wanted:
        click.echo(as_json([polled_json(one) for one in polls if one]))
    for fault in faults:
        raise fault
    return COMPLETE if all(one and one.outcome == "complete" for one in polls) else INCOMPLETE


def _is_due(desk: Desk, series: Series, silent: bool) -> bool:
    now = desk.clock()
    due = due_at(series, looked(newest_poll(desk.evidence.db, series.slug)), now)
    if due > now and not silent:
        click.echo(f"{series.slug}: not due until {in_words(due, series, now)}; name it to look all the same.")
    return due <= now


def _poll_each(desk: Desk, series: Sequence[Series], silent: bool) -> tuple[list[Polled | None], list[Exception]]:
    """Poll one after the other; one that fails by a fault of ours or of the disk does not keep the others from their turn."""
    polls: list[Polled | None] = []
    faults: list[Exception] = []
    for one in series:
        try:
            polls.append(_poll(desk, one, silent))
        except Exception as fault:  # noqa: BLE001 - raised again by the caller, once the others had their turn
            click.echo(f"{one.slug}: broken off by {type(fault).__name__}", err=True)
            polls.append(None)
            faults.append(fault)
            close_interrupted(desk.evidence.db, desk.now())
    return polls, faults


def _poll(desk: Desk, series: Series, silent: bool) -> Polled | None:
    if desk.stop.is_set():
        return None
    polled = poll_series(desk, series, "asked")
    if not silent:
        click.echo(f"{series.slug}: {polled.outcome}. {polled.summary}")
    return polled


@click.command()
@host_option
@port_option
@rate_option
@proxy_option
@until_stdin_option
@click.pass_obj
def serve(options: Options, host: str, port: int, rate: int, proxies: tuple[str, ...], until_stdin_closes: bool) -> int:
    """Serve the archive for reading; the half of `up` that shows. Several may serve one archive, each on a port of its own.

    \b
    Examples:
      optout --data /srv/optouts serve --port 8080
      optout --data /srv/optouts serve --rate 240 --proxy 127.0.0.1
    """  # noqa: D301 - click keeps the lines after this character as they are
    from archive.serve import Rate  # noqa: PLC0415 - half a second that no other command needs
    from archive.serve import serve as serve_site  # noqa: PLC0415

    if until_stdin_closes:
        end_when_stdin_closes()
    limit = Rate(rate, frozenset(proxies))
    serve_site(
        options.data, host, port, rate=limit, announce=lambda address: click.echo(f"Serving on {address}", err=True)
    )
    return COMPLETE


@click.command()
@create_option
@log_json_option
@until_stdin_option
@click.pass_obj
def schedule(options: Options, create: bool, log_json: bool, until_stdin_closes: bool) -> int:
    """Poll every series when it is due; the half of `up` that looks. A second copy refuses to start.

    \b
    Example:
      optout --data /srv/optouts schedule --log-json
    """  # noqa: D301 - click keeps the lines after this character as they are
    if until_stdin_closes:
        end_when_stdin_closes()
    log = open_log(json_lines=log_json, color=sys.stderr.isatty())
    conditions = replace(options.conditions(), progress=no_progress) if log_json else options.conditions()
    watch = options.watch(conditions.series, log)
    with opened(options.data, conditions, create=create) as desk:
        keep_polling(desk, watch)
    return COMPLETE
