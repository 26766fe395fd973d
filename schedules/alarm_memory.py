"""Remembers which alarms were told, when and by which channel: a small file beside the archive.

Never evidence: where the file is lost or broken, what still lasts is told once more, and nothing else happens.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from schedules.alarm_rules import CAUSES
from schedules.alarms import Alarm, Told

FILE_NAME = "alarms-told.json"


def recall(directory: Path) -> dict[str, Told]:
    """What was told, by key; nothing where the file is missing or cannot be understood."""
    try:
        stored = json.loads((directory / FILE_NAME).read_text("utf-8"))
        told = [_told(one) for one in stored["alarms"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {one.alarm.key: one for one in told if one.alarm.cause in CAUSES}


def remember(directory: Path, told: Mapping[str, Told]) -> None:
    """Write it all down, so that a crash leaves either the old file or the new one. Raises OSError."""
    rows = [{**one.alarm._asdict(), "told_at": dict(one.by)} for one in told.values()]
    text = json.dumps({"version": 1, "alarms": rows}, ensure_ascii=False, indent=1)
    new = directory / f"{FILE_NAME}.new"
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(directory / FILE_NAME)
    held = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _told(row: dict[str, object]) -> Told:
    series, cause, since_at, lines, by = (row[name] for name in ("series", "cause", "since_at", "lines", "told_at"))
    if not (isinstance(lines, list) and isinstance(by, dict)):
        raise TypeError("lines and told_at: found other kinds, expected a list and a table")
    # A cause that this version does not know is left out by `recall`.
    return Told(
        Alarm(str(series), cause, str(since_at), tuple(str(one) for one in lines)),  # type: ignore[arg-type]
        {str(name): str(at) for name, at in by.items()},
    )
