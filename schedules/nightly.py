"""Has the evidence verified every night while the program runs, and keeps what does not hold as a finding, which alarms.

Never repairs anything, stops no poll, and takes nothing from readers: what was captured goes on being kept.
"""

from __future__ import annotations

import json
import subprocess
import sys

from archive.store import record_finding, settle_finding
from archive.verify_codes import SOUND, UNANCHORED
from schedules.desk import Desk
from scraper.model import Finding

WHEN: dict[str, int | str] = {"hour": 3, "minute": 0}
"""UTC: no series is looked at by night."""

CODE, SUBJECT = "verify.unsound", "archive.db"
EXPECTED = "an archive whose every row, leaf, signature and body checks"
LOOK_SECONDS = 0.5


def verify_by_night(desk: Desk) -> bool | None:
    """One verification, whole. Whether all is sound; None where the program is to end and nothing was found out."""
    found = _found(desk)
    if found is None:
        return None
    if not found:
        settle_finding(desk.evidence.db, CODE, SUBJECT, "", None, desk.now())
        return True
    finding = Finding(
        CODE, "error", SUBJECT, "", found, EXPECTED, "`optout verify` tells everything; nothing was changed."
    )
    record_finding(desk.evidence.db, finding, poll_id=None, capture_id=None, series=None, now=desk.now())
    return False


def _found(desk: Desk) -> str | None:
    """What does not hold, in words; empty where everything does."""
    command = [sys.executable, "-m", "schedules.cli", "--data", str(desk.evidence.directory), "verify", "--json"]
    # A program of its own: reading gigabytes neither holds up a poll nor outlives the end of this one.
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:  # noqa: S603 - our own
        while True:
            try:
                told, _ = child.communicate(timeout=LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if desk.stop.is_set():
                    child.kill()
                    return None
    return "" if child.returncode in (SOUND, UNANCHORED) else in_words(told, child.returncode)


def in_words(told: bytes, status: int) -> str:
    """What a verification that did not end well has told, in a few words."""
    try:
        said = json.loads(told)
    except ValueError:
        return f"that it could not be verified (status {status})"
    if "trouble" in said:
        return f"that it could not be verified: {said['trouble']}"
    errors = {code: count for code, count in said["counts"].items() if code.startswith("E")}
    return ", ".join(f"{code} ({count})" for code, count in errors.items())
