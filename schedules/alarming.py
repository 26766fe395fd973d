"""Tells what is wrong, as alarms.toml asks for it, after each poll and in between; and pings the heartbeat last of all.

Never lets a channel that fails lose a message, delay a poll or change its outcome: what was not taken is told next time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from archive.errors import ArchiveError
from archive.standing import reading_copy_for_status
from archive.unsettled import facts_of
from schedules.alarm_memory import recall, remember
from schedules.alarm_settings import AlarmSettings, Mail, Web
from schedules.alarm_words import as_json, as_mail
from schedules.alarms import Alarm, Message, Told, alarms_of, alarms_of_nobody, kept, messages, of_machine
from schedules.channels import send_mail, send_web
from schedules.due import text_of
from schedules.logs import Log
from scraper.model import Series

PING_SECONDS = 8.0

SETTLED_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Watch:
    """What it takes to tell somebody: the archive's folder, whom to tell, what is watched, and the log."""

    directory: Path
    settings: AlarmSettings
    series: Sequence[Series]
    software: str
    log: Log

    @property
    def contact(self) -> str:
        """The operator's contact, as the publisher sees it too."""
        return self.series[0].manners.contact if self.series else "no contact"


def tell(watch: Watch, now: datetime, awake_since: datetime | None, more: Sequence[Alarm] = ()) -> None:
    """See what is wrong now and tell whoever has to know; `more` are alarms that no record shows yet.

    To be called by one thread at a time, and between polls: in the middle of one things look worse than they are.
    """
    if not watch.settings.channels:
        return
    told = recall(watch.directory)
    try:
        with closing(reading_copy_for_status(watch.directory)) as copy:
            on = [*_alarms(watch, copy, now, awake_since, told), *more]
    except ArchiveError as trouble:
        # Nothing is known to have ended then: whatever was told lasts, and that nothing is known is told too.
        on = [*(one.alarm for one in told.values()), *more, Alarm("", "failing", text_of(now), (str(trouble),))]
    _tell(watch, of_machine(one for one in on if one.cause not in watch.settings.quiet), told, now)


def _alarms(
    watch: Watch, copy: Database, now: datetime, awake_since: datetime | None, told: dict[str, Told]
) -> list[Alarm]:
    since = text_of(now - SETTLED_AFTER)
    found = alarms_of_nobody(facts_of(copy, None, since).findings)
    for series in watch.series:
        facts = facts_of(copy, series.slug, since)
        found += alarms_of(
            facts, series, now, patience=watch.settings.patience, awake_since=awake_since, lasting=told.keys()
        )
    return found


def _tell(watch: Watch, on: list[Alarm], told: dict[str, Told], now: datetime) -> None:
    """Each message is written down as told only once it was taken: a crash in between tells it twice, never not at all."""
    channels = {one.name: one for one in watch.settings.channels}
    before, told = told, kept(told, on, list(channels))
    due = messages(told, on, list(channels), now, watch.settings.remind)
    if due or told != before:
        _remember(watch, told)
    for message in due:
        trouble = deliver(watch, channels[message.channel], message, now)
        if trouble is None:
            told = _noted(told, message, now)
            _remember(watch, told)
    on_keys = {one.key for one in on}
    lasting = {key: one for key, one in told.items() if key in on_keys or one.by}
    if lasting != told:
        _remember(watch, lasting)


def _noted(told: dict[str, Told], message: Message, now: datetime) -> dict[str, Told]:
    one = told[message.alarm.key]
    by = {name: at for name, at in one.by.items() if name != message.channel}
    if message.event != "resolved":
        by[message.channel] = text_of(now)
    return {**told, message.alarm.key: one._replace(by=by)}


def _remember(watch: Watch, told: dict[str, Told]) -> None:
    try:
        remember(watch.directory, told)
    except OSError as error:
        # Told all the same, and told again next time: too often is better than not at all.
        watch.log.warning("what was told cannot be written down", error=error.strerror or type(error).__name__)


def deliver(watch: Watch, channel: Web | Mail, message: Message, now: datetime) -> str | None:
    """Send one message by one channel. None where it was taken, else why not; logged in either case, without a secret."""
    told_at, site, software = text_of(now), watch.settings.site, watch.software
    if isinstance(channel, Web):
        trouble = send_web(channel, as_json(message, told_at, site, software), software, watch.contact)
    else:
        mail = as_mail(message, told_at, site, software, channel.sender, channel.to)
        trouble = send_mail(channel, mail)
    what = {
        "kind": message.event,
        "cause": message.alarm.cause,
        "series": message.alarm.series,
        "channel": channel.name,
    }
    if trouble is None:
        watch.log.info("alarm told", **what)
    else:
        watch.log.error("alarm not told", **what, error=trouble)
    return trouble


def test_message(channel: Web | Mail) -> Message:
    """What `optout alarm test` sends: nothing is wrong, and the way to whoever reads it works."""
    return Message("test", Alarm("", "test", "", ()), channel.name)


def ping(watch: Watch, said: Mapping[str, object]) -> None:
    """Tell the heartbeat that a poll was complete. A lost ping is logged and changes nothing: the next poll pings again."""
    web = watch.settings.heartbeat
    if web is None:
        return
    trouble = send_web(web, said, watch.software, watch.contact, seconds=PING_SECONDS)
    if trouble is None:
        watch.log.info("heartbeat sent", series=said["series"])
    else:
        watch.log.warning("heartbeat lost", series=said["series"], error=trouble)
