"""Reads alarms.toml: whom to tell, by which way, and the heartbeat. Off where there is no such file.

Never sends anything, and never shows a value of this file: it holds passwords and addresses that are secrets.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from schedules.alarm_rules import CAUSES
from schedules.toml_table import TomlTable
from scraper.errors import DefinitionError
from scraper.peers import target_of

FILE_NAME = "alarms.toml"

_MAIL = re.compile(r"[^\s@<>()\",;:]+@[^\s@<>()\",;:]+")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:.]+")

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Web:
    """An address that something is sent to: a webhook, or the heartbeat."""

    url: str = field(repr=False)
    on_this_machine: bool = False
    """Only loopback may answer then; otherwise only a public address may."""

    @property
    def name(self) -> str:
        """A name that gives nothing away and stays the same: for logs, and to remember what was told."""
        return f"webhook {_fingerprint(self.url)}"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server and who gets mail through it."""

    host: str
    port: int
    security: Security
    sender: str
    to: tuple[str, ...]
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """As for a webhook."""
        return f"mail {_fingerprint(' '.join((self.host, str(self.port), *self.to)))}"


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """What alarms.toml states."""

    channels: tuple[Web | Mail, ...] = ()
    heartbeat: Web | None = None
    site: str = ""
    """Where readers find this archive, e.g. `https://optouts.example.org`; "" where it is not known."""
    patience: int = 3
    """A publisher may be out of reach for so many polls in a row before it is told."""
    remind: timedelta = timedelta(hours=24)
    quiet: frozenset[str] = frozenset()
    """Causes that are not told."""


def load_alarms(directory: Path, path: Path | None = None) -> AlarmSettings | None:
    """The settings in `path`, else in alarms.toml of the data folder; None where that is not there: alarms are off.

    Raises DefinitionError naming the key and what is expected there, never the value.
    """
    wanted = path or directory / FILE_NAME
    try:
        content = wanted.read_bytes()
    except FileNotFoundError as error:
        if path is None:
            return None
        raise _broken(wanted, "no such file", "the file that OPTOUT_ALARMS or --alarms names") from error
    except OSError as error:
        raise _broken(wanted, error.strerror or "no readable file", "a readable TOML file") from error
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _broken(wanted, f"bytes that are not UTF-8 at byte {error.start + 1}", "a TOML file in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at [^()]*\)$", str(error))
        raise _broken(wanted, f"text that is not TOML {where[0] if where else ''}".strip(), "a TOML file") from None
    return _settings(TomlTable(str(wanted), "", values, secret=True))


def _broken(path: Path, found: str, expected: str) -> DefinitionError:
    return DefinitionError("definition.file", str(path), "", found, expected)


def _settings(table: TomlTable) -> AlarmSettings:
    quiet = table.texts("quiet", f"a list of causes out of {', '.join(CAUSES)}", default=())
    for cause in quiet:
        if cause not in CAUSES:
            raise table.wrong("quiet", cause, f"causes out of {', '.join(CAUSES)}")
    heartbeat = table.table("heartbeat")
    settings = AlarmSettings(
        channels=(*(_web(one) for one in table.tables("webhook")), *(_mail(one) for one in table.tables("mail"))),
        heartbeat=_web(heartbeat) if heartbeat.is_stated else None,
        site=_site(table),
        patience=table.whole("unreachable_polls", 3, 1, 20),
        remind=timedelta(hours=table.whole("remind_hours", 24, 1, 24 * 30)),
        quiet=frozenset(quiet),
    )
    table.finish()
    return settings


def _site(table: TomlTable) -> str:
    expected = "the address under which readers find this archive, such as https://optouts.example.org"
    text = table.text("site", expected, default="")
    if text and target_of(text) is None:
        raise table.wrong("site", text, expected)
    return text.rstrip("/")


def _web(table: TomlTable) -> Web:
    local = table.flag("on_this_machine", False)
    expected = "an absolute address that begins with https://" + (
        " or http://" if local else " (http:// and loopback only with on_this_machine = true)"
    )
    url = table.text("url", expected)
    target = target_of(url)
    if target is None or (target.scheme != "https" and not local):
        raise table.wrong("url", url, expected)
    if not local and _is_loopback(target.host):
        raise table.wrong("url", url, "a public address; on_this_machine = true allows one on this machine")
    table.finish()
    return Web(url, local)


def _mail(table: TomlTable) -> Mail:
    host = table.text("host", "the mail server's name, such as smtp.example.org")
    if not _HOST.fullmatch(host):
        raise table.wrong("host", host, "the mail server's name, such as smtp.example.org")
    stated = table.text("security", 'one of "starttls", "tls", "none"', default="starttls")
    if stated not in ("starttls", "tls", "none"):
        raise table.wrong("security", stated, 'one of "starttls", "tls", "none"')
    security: Security = stated  # type: ignore[assignment]
    if security == "none" and not _is_loopback(host):
        raise table.wrong("security", stated, '"starttls" or "tls": without either only a server on this machine')
    sender, to = table.text("from", "a mail address"), table.texts("to", "a list of mail addresses")
    for key, address in (("from", sender), *(("to", one) for one in to)):
        if not _MAIL.fullmatch(address):
            raise table.wrong(key, address, "mail addresses such as you@example.org, without names")
    user = table.text("user", "the name to log in with, or no such line", default="")
    password = table.text("password", "the password of `user`", default="")
    if bool(user) != bool(password):
        raise table.wrong("password", "one of them", "user and password, or neither")
    port = table.whole("port", {"starttls": 587, "tls": 465, "none": 25}[security], 1, 65535)
    table.finish()
    return Mail(host, port, security, sender, to, user, password)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
