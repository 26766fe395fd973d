"""Reads schedules/*.toml into Series values and says what is wrong in the file's own words.

Never fetches anything, never reads a clock, and never guesses what a key was meant to say.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import asdict
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from schedules.canary_table import canaries_of
from schedules.toml_table import TomlTable
from scraper.errors import DefinitionError
from scraper.model import At, ExpectedFile, Manners, Series

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HOST = re.compile(r"(?P<name>[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_LEAST_PACE = 5.0


def load_series(directory: Path | None = None) -> tuple[Series, ...]:
    """Every series of a folder of TOML files, in the order of their slugs; None means the package's own files.

    Raises DefinitionError for a folder that is missing or holds none, and for the first file that is broken.
    """
    root: Traversable = resources.files("schedules") if directory is None else directory
    if not root.is_dir():
        raise _broken(str(directory), "no folder of that name", "a folder with one TOML file per series")
    files = sorted((item for item in root.iterdir() if item.name.endswith(".toml")), key=lambda item: item.name)
    if not files:
        raise _broken(str(directory), "no file that ends in .toml", "one TOML file per series")
    return tuple(_read(file.name, file.read_bytes(), str(file)) for file in files)


def load_series_file(path: Path) -> Series:
    """One series; raises DefinitionError naming the file, the key, what was found and what was expected."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _broken(str(path), error.strerror or "no readable file", "a TOML file that states one series") from error
    return _read(path.name, content, str(path))


def series_named(series: Iterable[Series], slug: str) -> Series:
    """The series of that slug; DefinitionError names the slugs there are."""
    known = {one.slug: one for one in series}
    if slug not in known:
        advice = "Name one of these, or add a file to the schedules folder."
        raise DefinitionError("definition.unknown", f"series {slug}", "", "no such series", ", ".join(known), advice)
    return known[slug]


def definition_sha256(series: Series) -> str:
    """SHA-256 of everything a series states, however its file words it; kept with every poll."""
    stated = asdict(series)
    del stated["source_file"]
    return hashlib.sha256(json.dumps(stated, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def schedule_in_words(series: Series) -> str:
    """When a series is looked at, as a person says it: `Mon, Tue and Wed at 09:35 and 15:35, Europe/London time`."""
    times: dict[tuple[str, ...], list[str]] = {}
    for at in series.when:
        times.setdefault(at.weekdays, []).append(f"{at.hour:02}:{at.minute:02}")
    parts = [f"{_days_in_words(days)} at {_listed(clocks)}" for days, clocks in times.items()]
    return f"{'; '.join(parts)}, {series.time_zone} time"


def _days_in_words(days: tuple[str, ...]) -> str:
    named = {WEEKDAYS: "every day", WEEKDAYS[:5]: "Monday to Friday"}
    return named.get(days) or _listed([_DAY_NAMES[WEEKDAYS.index(day)] for day in days])


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _broken(file: str, found: str, expected: str, place: str = "") -> DefinitionError:
    return DefinitionError("definition.file", file, place, found, expected)


def _read(name: str, content: bytes, source: str) -> Series:
    slug = name.removesuffix(".toml")
    if not _SLUG.fullmatch(slug):
        raise _broken(source, f"the file name {name!r}", "lower-case words joined by hyphens, such as my-series.toml")
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _broken(source, f"bytes that are not UTF-8 at byte {error.start + 1}", "a TOML file in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise _broken(source, f"text that is not TOML: {error}", "a TOML file") from error
    return _series(slug, TomlTable(source, "", values))


def _series(slug: str, table: TomlTable) -> Series:
    local, manners = _manners(table)
    page_hosts, file_hosts = (_hosts(table, key, local) for key in ("page_hosts", "file_hosts"))
    seed = _seed(table, page_hosts, local)
    canaries = canaries_of(table, page_hosts + file_hosts, seed)
    revisit = table.table("revisit")
    series = Series(
        slug=slug,
        title=table.text("title", "the series' title as its publisher states it"),
        publisher=table.text("publisher", "the publisher's name"),
        licence=table.text("licence", "the name of the licence the publisher gives"),
        licence_url=_web_address(table, "licence_url"),
        seed=seed,
        page_hosts=page_hosts,
        file_hosts=file_hosts,
        title_pattern=_pattern(table),
        time_zone=_time_zone(table),
        when=_when(table),
        recent_days=revisit.whole("recent_days", 60, 1, 3650),
        recheck_days=revisit.whole("recheck_days", 7, 1, 365),
        expects=tuple(_expected(item) for item in table.tables("expects")),
        manners=manners,
        canaries=canaries,
        made_up=table.flag("made_up", False),
        source_file=table.file,
    )
    revisit.finish()
    table.finish()
    return series


def _manners(table: TomlTable) -> tuple[bool, Manners]:
    stated = table.table("manners")
    local = stated.flag("local_publisher", False)
    least = 0.0 if local else _LEAST_PACE
    manners = Manners(
        contact=_contact(stated),
        pace_seconds=stated.seconds(
            "pace_seconds",
            _LEAST_PACE,
            least,
            3600,
            "Only a publisher on this machine may be asked faster.",
        ),
        connect_seconds=stated.seconds("connect_seconds", 15, 0.01, 120),
        read_seconds=stated.seconds("read_seconds", 30, 0.01, 600),
        deadline_seconds=stated.seconds("deadline_seconds", 600, 0.01, 7200),
        max_bytes=stated.whole("max_bytes", 200_000_000, 1, 2_000_000_000),
        attempts=stated.whole("attempts", 3, 1, 10),
        poll_seconds=stated.seconds("poll_seconds", 21_600, 1, 86_400),
        local_publisher=local,
        robots_exception=_robots_exception(table),
    )
    stated.finish()
    return local, manners


def checked_contact(text: str) -> str | None:
    """`text` if it may stand in a User-Agent as the operator's mail or web address, else None."""
    text = text.strip()
    mail = re.fullmatch(r"(mailto:)?[^\s@<>()\"]+@[^\s@<>()\"]+\.[^\s@<>()\"]+", text)
    web = re.fullmatch(r"https?://[^\s<>()\"]+", text)
    return text if (mail or web) and text.isascii() else None


def _contact(stated: TomlTable) -> str:
    expected = "a mail address or web address at which the publisher can reach the operator"
    text = stated.text("contact", expected)
    contact = checked_contact(text)
    if contact is None:
        raise stated.wrong("contact", text, expected)
    return contact


def _robots_exception(table: TomlTable) -> str | None:
    robots = table.table("robots")
    reason = robots.text("exception", "the reason for the exception in a sentence, or no such line", default="")
    robots.finish()
    return reason or None


def _hosts(table: TomlTable, key: str, local: bool) -> tuple[str, ...]:
    kind = "on this machine, such as 127.0.0.1:8080" if local else "such as digital.nhs.uk"
    expected = f"a list of hosts {kind}: lower-case names without scheme or path"
    hosts = table.texts(key, expected)
    for host in hosts:
        if not _is_host(host, local):
            raise table.wrong(key, host, expected, "local_publisher allows this machine only." if local else "")
    return hosts


def _is_host(text: str, local: bool) -> bool:
    match = _HOST.fullmatch(text)
    if not match or not 0 < int(match["port"] or 1) <= 65535:
        return False
    name = match["name"].strip("[]")
    try:
        return ipaddress.ip_address(name).is_loopback and local
    except ValueError:
        return name == "localhost" if local else _is_public_name(name)


def _is_public_name(name: str) -> bool:
    labels = name.split(".")
    fitting = all(label and not label.startswith("-") and not label.endswith("-") for label in labels)
    # A last label of digits is an address in disguise (`127.1`, `0x7f.1`): no public name ends so.
    last = labels[-1]
    return fitting and len(labels) > 1 and last[:1].isalpha() and last not in {"local", "localhost", "internal"}


def _web_address(table: TomlTable, key: str) -> str:
    expected = "an absolute web address that begins with http:// or https://"
    text = table.text(key, expected)
    if not re.fullmatch(r"https?://[^\s/]+\S*", text):
        raise table.wrong(key, text, expected)
    return text


def _seed(table: TomlTable, hosts: tuple[str, ...], local: bool) -> str:
    seed = _web_address(table, "seed")
    try:
        parts = urlsplit(seed)
    except ValueError as error:
        raise table.wrong("seed", seed, "a web address") from error
    if parts.netloc not in hosts:
        raise table.wrong("seed", seed, f"an address on one of page_hosts ({', '.join(hosts)})")
    if parts.query or parts.fragment:
        raise table.wrong("seed", seed, "the series page's own address, without ? or #")
    if parts.scheme != "https" and not local:
        raise table.wrong("seed", seed, "an address that begins with https://")
    return seed


def _pattern(table: TomlTable) -> str:
    pattern = table.text("title_pattern", "a regular expression that the series page's title matches")
    try:
        re.compile(pattern)
    except re.error as error:
        raise table.wrong(
            "title_pattern", pattern, f"a regular expression; this one does not compile: {error}"
        ) from error
    return pattern


def _time_zone(table: TomlTable) -> str:
    name = table.text("time_zone", "the name of a time zone, such as Europe/London")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:  # an unknown name is a KeyError
        advice = "If the name is right, this machine lacks the zone data: install tzdata."
        raise table.wrong("time_zone", name, "the name of a time zone, such as Europe/London", advice) from error
    return name


def _when(table: TomlTable) -> tuple[At, ...]:
    rules = tuple(_at(item) for item in table.tables("when"))
    if not rules:
        raise table.wrong("when", [], "at least one [[when]] with weekdays and at")
    return rules


def _at(rule: TomlTable) -> At:
    expected = f"a list of weekday names out of {', '.join(WEEKDAYS)}"
    days = rule.texts("weekdays", expected + " (never numbers: schedulers count them differently)")
    for day in days:
        if day not in WEEKDAYS:
            raise rule.wrong("weekdays", day, expected)
    text = rule.text("at", 'a time of day such as "09:35"')
    clock = _CLOCK.fullmatch(text)
    if not clock:
        raise rule.wrong("at", text, 'a time of day with two digits each, such as "09:35"')
    rule.finish()
    return At(tuple(day for day in WEEKDAYS if day in days), int(clock[1]), int(clock[2]))


def _expected(item: TomlTable) -> ExpectedFile:
    schemas = item.texts("schemas", "a list of schema names", default=())
    keep_only = item.flag("keep_only", False)
    if keep_only == bool(schemas):
        found = "both" if schemas else "neither"
        raise item.wrong("schemas", f"{found} of schemas and keep_only", "either schemas = [...] or keep_only = true")
    pattern = item.text("files", "a file-name pattern such as NDOP_age_gen_*.csv")
    expected = ExpectedFile(pattern, schemas, item.flag("required", False), item.pair("rows"))
    item.finish()
    return expected
