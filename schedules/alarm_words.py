"""Puts one message about an alarm into words: as JSON for a webhook, as a mail for people.

Pure. What the publisher or the network said stands in it as plain text on lines of its own, never in a header.
"""

from __future__ import annotations

from collections.abc import Iterable
from email.message import EmailMessage
from email.utils import format_datetime

from schedules.alarm_rules import CAUSES
from schedules.alarm_settings import AlarmSettings
from schedules.alarms import Alarm, Message, Told, title_of
from schedules.due import instant_of
from scraper.manners import plain

BEGINS = {"alarm": "ALARM", "reminder": "Still so", "resolved": "Resolved", "test": "Test"}


def as_json(message: Message, told_at: str, site: str, software: str) -> dict[str, object]:
    """The message for programs; `text` is all of it for people, as chat services expect it."""
    alarm = message.alarm
    return {
        "event": message.event,
        "key": alarm.key,
        "series": alarm.series or None,
        "cause": alarm.cause,
        "title": title_of(alarm),
        "since_at": alarm.since_at or None,
        "told_at": told_at,
        "details": [plain(line) for line in alarm.lines],
        "advice": CAUSES[alarm.cause].advice,
        "look": where(alarm, site),
        "software": software,
        "text": as_text(message, site),
    }


def as_text(message: Message, site: str) -> str:
    """What it is, since when, what to do, and where to look."""
    alarm = message.alarm
    lines = [f"{BEGINS[message.event]}: {title_of(alarm)}"]
    lines += [f"Since {alarm.since_at}"] if alarm.since_at else []
    lines += [f"- {plain(line)}" for line in alarm.lines]
    if message.event == "resolved":
        lines.append("It is not so any more. Nothing is to be done.")
    else:
        lines.append(f"What to do: {CAUSES[alarm.cause].advice}")
    return "\n".join([*lines, f"Where to look: {where(alarm, site)}"])


def where(alarm: Alarm, site: str) -> str:
    """The status page where readers find the archive, else the command."""
    return f"{site}/status#{alarm.series}".rstrip("#") if site else "`optout status`"


def as_mail(message: Message, told_at: str, site: str, software: str, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The same as a mail; all mails of one alarm carry its key, so that they can be sorted by it."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, ", ".join(to)
    mail["Subject"] = plain(f"[optout] {BEGINS[message.event]}: {title_of(message.alarm)}")
    mail["Date"] = format_datetime(instant_of(told_at))
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Optout-Alarm"] = plain(message.alarm.key)
    mail.set_content(f"{as_text(message, site)}\n\n-- \n{software}\n")
    return mail


def alarms_in_words(settings: AlarmSettings | None, told: Iterable[Told]) -> str:
    """Whether anybody is told what goes wrong, and what was told and still lasts, for `optout status`."""
    if settings is None or not settings.channels:
        return "alarms: nobody is told what goes wrong; alarms.toml in the data folder says whom to tell"
    lasting = [f"  {title_of(one.alarm)}, since {one.alarm.since_at}" for one in told]
    beat = "and a heartbeat after each complete poll" if settings.heartbeat else "and no heartbeat"
    ways = f"{len(settings.channels)} {'way' if len(settings.channels) == 1 else 'ways'}"
    return "\n".join([f"alarms: told by {ways}, {beat}; {len(lasting) or 'none'} last", *lasting])
