"""Owns the publisher's spellings: dates, sizes, file types and clocks as its pages print them.

Never reads a clock: every instant is passed in.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
EIGHT_WEEKS = timedelta(weeks=8)
TYPES = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".zip": "application/zip",
    ".pdf": "application/pdf",
}
WORDS = {media: suffix.removeprefix(".") for suffix, media in TYPES.items()}


def day(value: date | str) -> date:
    """A day from a date or from its text YYYY-MM-DD."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def release_instant(on: date) -> datetime:
    """The instant at which a publication of that day becomes public: 09:30 in London."""
    return datetime.combine(on, time(9, 30), LONDON).astimezone(UTC)


def short_month(month: int, september: str = "Sep") -> str:
    """`Jan` … `Dec`; `september` is `Sep` or, after a change of the publisher's platform, `Sept`."""
    return september if month == 9 else MONTHS[month - 1][:3]


def long_day(on: date) -> str:
    """`14 October 2021`."""
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def short_day(on: date, september: str = "Sep") -> str:
    """`14 Oct 2021`."""
    return f"{on.day} {short_month(on.month, september)} {on.year}"


def due_day(on: date, today: date, september: str = "Sep") -> str:
    """`12 Feb 2026`, or `Feb 2026` while it is more than eight weeks ahead."""
    if on - today > EIGHT_WEEKS:
        return f"{short_month(on.month, september)} {on.year}"
    return short_day(on, september)


def date_range(covers: tuple[date, date] | None, september: str = "Sep") -> str:
    """`01 May 2021 to 01 Apr 2022`; a single day is `Snapshot on` with two blanks, as the publisher prints it."""
    if covers is None:
        return "(Not specified)"
    first, last = (f"{on.day:02d} {short_month(on.month, september)} {on.year}" for on in covers)
    return f"Snapshot on  {first}" if first == last else f"{first} to {last}"


def notice_time(at: datetime) -> str:
    """`20 May 2024 11:30 AM`: a 24-hour clock with a marker, hence `00:00 AM` and `14:30 PM`."""
    return f"{long_day(at.date())} {at:%H:%M} {'AM' if at.hour < 12 else 'PM'}"


def edited_time(at: datetime, zone: ZoneInfo | timezone) -> str:
    """`13 August 2021 1:31 pm`, in the page's own clock: London on new pages, GMT on legacy ones."""
    local = at.astimezone(zone)
    return f"{long_day(local.date())} {local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"


def size_tag(count: int) -> str:
    """`42 KB` as a download card prints it: decimal and rounded."""
    if count > 1_000_000:
        return f"{round(count / 1_000_000)} MB"
    return f"{round(count / 1_000)} KB" if count > 1_000 else f"{count} bytes"


def size_words(count: int) -> str:
    """`42.2 kB` as a data set page or the older design prints it."""
    if count > 1_000_000:
        return f"{count / 1_000_000:.1f} MB"
    return f"{count / 1_000:.1f} kB" if count > 1_000 else f"{count} B"


def type_tag(file_name: str) -> str:
    """The type on a download card: the address's extension, in lower case."""
    return PurePosixPath(file_name).suffix.removeprefix(".").lower() or "file"


def type_word(content_type: str) -> str:
    """The type on a data set page: from the media type, so a CSV sent as Excel is announced as `xls`."""
    return WORDS.get(content_type, content_type.rpartition("/")[2])


def media_type(file_name: str) -> str:
    """The honest media type of a file name."""
    return TYPES.get(PurePosixPath(file_name.lower()).suffix, "application/octet-stream")
