"""The options that every command shares, and what they mean: where the archive lies, what is watched, who asks.

The only place that reads the environment; does no work of its own.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from schedules.alarm_settings import AlarmSettings, load_alarms
from schedules.alarming import Watch
from schedules.anchor_settings import load_anchoring
from schedules.desk import Conditions
from schedules.logs import Log
from schedules.series import load_series
from schedules.telling import progress_on
from scraper.model import Series

COMPLETE, INCOMPLETE, USAGE = 0, 1, 2
"""Exit statuses of every command."""


@dataclass(frozen=True)
class Options:
    """What the group's options say."""

    data: Path
    schedules: Path | None
    contact: str | None
    quiet: bool
    origin: str | None = None
    anchors: Path | None = None
    alarms: Path | None = None

    def series(self) -> tuple[Series, ...]:
        """Every series, with the operator's contact where one was given."""
        all_series = load_series(self.schedules)
        if self.contact is None:
            return all_series
        return tuple(replace(one, manners=replace(one.manners, contact=self.contact)) for one in all_series)

    def conditions(self) -> Conditions:
        """What polls, deposits and rereadings work under."""
        progress = progress_on(sys.stderr, quiet=self.quiet)
        return Conditions(
            self.series(), software_name(), lambda: datetime.now(UTC), threading.Event(), progress, self.origin,
            load_anchoring(self.data, self.anchors),
        )  # fmt: skip

    def watch(self, series: Sequence[Series], log: Log) -> Watch:
        """Whom to tell what is wrong. Raises DefinitionError where alarms.toml is broken."""
        return Watch(self.data, load_alarms(self.data, self.alarms) or AlarmSettings(), series, software_name(), log)

    def given(self) -> list[str]:
        """The same options as arguments for a child process."""
        schedules = ["--schedules", str(self.schedules)] if self.schedules else []
        contact = ["--contact", self.contact] if self.contact else []
        origin = ["--origin", self.origin] if self.origin else []
        anchors = ["--anchors", str(self.anchors)] if self.anchors else []
        alarms = ["--alarms", str(self.alarms)] if self.alarms else []
        return [
            "--data",
            str(self.data),
            *schedules,
            *contact,
            *origin,
            *anchors,
            *alarms,
            *(["--quiet"] if self.quiet else []),
        ]


def software_name() -> str:
    """Name and version, as the User-Agent and every poll state it."""
    try:
        return f"opt-out-archive/{version('opt-out-archive')}"
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "opt-out-archive/unpackaged"


json_option = click.option("--json", "json_wanted", is_flag=True, help="Print JSON for programs.")
create_option = click.option("--create", is_flag=True, help="Make an empty archive where there is none.")
until_stdin_option = click.option("--until-stdin-closes", is_flag=True, hidden=True)
log_json_option = click.option("--log-json", is_flag=True, help="Log lines as JSON, one object each.")
host_option = click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on.")
rate_option = click.option(
    "--rate", type=click.IntRange(0, 1_000_000), default=0, show_default="no limit", envvar="OPTOUT_RATE", show_envvar=True,
    help="Requests that one address may make in a minute; beyond it gets 429 with Retry-After.",
)  # fmt: skip
proxy_option = click.option(
    "--proxy", "proxies", multiple=True, envvar="OPTOUT_PROXY", show_envvar=True,
    help="Address of a proxy whose X-Forwarded-For is believed; may be given several times.",
)  # fmt: skip
port_option = click.option(
    "--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Port; 0 takes a free one."
)
