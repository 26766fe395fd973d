"""Dates, instants, numbers and sizes as people write them.

Never raises: what is not understood is shown as it stands.
"""

from __future__ import annotations

import contextlib
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

DAY = re.compile(r"(?<![\w/-])[12]\d{3}-\d\d-\d\d(?![\w/-])")
MONTH = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])")
LONDON = ZoneInfo("Europe/London")


def day(text: str | None) -> str:
    """`2021-09-01` as `1 September 2021`, `2018-03` as `March 2018`; an instant gives its day; None gives an empty text."""
    with contextlib.suppress(ValueError):
        at = date.fromisoformat((text or "")[:10])
        return f"{at.day} {at:%B %Y}"
    if found := MONTH.fullmatch(text or ""):
        return f"{date(int(found[1]), int(found[2]), 1):%B %Y}"
    return text or ""


def days(text: str | None) -> str:
    """A sentence with each `2021-09-01` in it as `1 September 2021`."""
    return DAY.sub(lambda found: day(found[0]), text or "")


def instant(text: str | None) -> str:
    """`2021-09-30T08:30:15.000000Z` as `30 September 2021, 08:30 UTC`."""
    with contextlib.suppress(ValueError):
        at = datetime.fromisoformat(text or "")
        return f"{at.day} {at:%B %Y, %H:%M} UTC"
    return text or ""


def both_times(text: str | None) -> str:
    """`2021-09-30T08:30:15.000000Z` as `30 September 2021, 08:30 UTC (30 September, 09:30 UK time)`."""
    with contextlib.suppress(ValueError):
        at = datetime.fromisoformat(text or "").astimezone(LONDON)
        return f"{instant(text)} ({at.day} {at:%B, %H:%M} UK time)"
    return text or ""


def number(value: object) -> str:
    """`3264327` as `3,264,327`; an unknown value as a dash, for it is not zero."""
    if value is None:
        return "\N{EN DASH}"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def size(count: int | None) -> str:
    """A number of bytes, exact, and rounded where that is easier to read: `23,883 bytes (23 KB)`."""
    if count is None:
        return "unknown size"
    for unit, factor in (("MB", 1_000_000), ("KB", 1_000)):
        if count >= factor:
            return f"{count:,} bytes ({count / factor:,.0f} {unit})"
    return f"{count:,} bytes"


def short_hash(sha256: str | None) -> str:
    """The first twelve digits of a SHA-256, enough to tell files apart by eye."""
    return (sha256 or "")[:12]
