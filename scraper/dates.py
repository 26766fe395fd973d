"""Owns the publisher's ways of printing dates (`14 October 2021`, `Feb 2026`, `1 May 2024 00:00 AM`).

Never guesses: what is not one of them is None, and the printed text stays beside it.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from scraper.wording import fold

# Full names in lists and notices, short ones in page heads. `Sept` is what newer Java prints for British English
# and `Sep` what older Java prints: one platform upgrade changes it overnight.
_MONTHS: dict[str, int] = {
    spelling: number
    for number, spellings in enumerate(
        (
            ("jan", "january"), ("feb", "february"), ("mar", "march"), ("apr", "april"), ("may",), ("jun", "june"),
            ("jul", "july"), ("aug", "august"), ("sep", "sept", "september"), ("oct", "october"), ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for spelling in spellings
}  # fmt: skip

_DAY = r"(?P<day>[0-9]{1,2}) (?P<month>[A-Za-z]{3,9}) (?P<year>[0-9]{4})"
_DAY_ALONE = re.compile(_DAY)
_MONTH_ALONE = re.compile(r"(?P<month>[A-Za-z]{3,9}) (?P<year>[0-9]{4})")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A 24-hour clock with AM or PM behind it: `14:30 PM` and `00:00 AM` are real.
_NOTICE = re.compile(_DAY + r"(?: [0-9]{1,2}:[0-9]{2}(?: ?[AaPp][Mm])?)?")
_EDITED = re.compile(_DAY + r" (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}) ?(?P<half>[AaPp])[Mm]")


def day(text: str) -> str | None:
    """The day that `text` prints, as YYYY-MM-DD: `14 October 2021`, `14 Oct 2021`, `2021-10-14`; else None."""
    folded = fold(text)
    if _ISO_DAY.fullmatch(folded):
        return _iso_day(folded)
    return _day_of(_DAY_ALONE.fullmatch(folded))


def is_month(text: str) -> bool:
    """Whether `text` prints a month without a day (`Feb 2026`): how dates more than eight weeks ahead are shown."""
    found = _MONTH_ALONE.fullmatch(fold(text))
    return found is not None and found["month"].casefold() in _MONTHS


def notice_day(text: str) -> str | None:
    """The day of a change notice, `20 May 2024 11:30 AM`, as YYYY-MM-DD; an editor typed it, its clock is ignored."""
    return _day_of(_NOTICE.fullmatch(fold(text)))


def edited_at(text: str) -> str | None:
    """`16 October 2025 10:28 am` as `2025-10-16T10:28`, in the page's own clock: GMT before May 2022, then London."""
    found = _EDITED.fullmatch(fold(text))
    on = _day_of(found)
    if found is None or on is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"])
    if not (1 <= hour <= 12 and minute < 60):
        return None
    hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    return f"{on}T{hour:02}:{minute:02}"


def period(text: str) -> tuple[str | None, str | None]:
    """First and last day of a printed date range: `01 May 2021 to 01 Apr 2022`, `Snapshot on 10 Jun 2018`.

    (None, None) for anything else, also for `(Not specified)`.
    """
    folded = fold(text)
    if folded.startswith("Snapshot on "):
        first = last = day(folded.removeprefix("Snapshot on "))
    else:
        before, _, after = folded.partition(" to ")
        first, last = day(before), day(after)
    return (first, last) if first and last else (None, None)


def iso_period(text: str) -> tuple[str | None, str | None]:
    """First and last day of a `temporalCoverage`, `2021-05-01/2022-04-01`; (None, None) for anything else."""
    before, _, after = fold(text).partition("/")
    first, last = _iso_day(before), _iso_day(after)
    return (first, last) if first and last else (None, None)


def _day_of(found: re.Match[str] | None) -> str | None:
    month = _MONTHS.get(found["month"].casefold()) if found else None
    if found is None or month is None:
        return None
    try:
        return date(int(found["year"]), month, int(found["day"])).isoformat()
    except ValueError:  # 31 February: printed, but no day
        return None


def _iso_day(text: str) -> str | None:
    if not _ISO_DAY.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None
