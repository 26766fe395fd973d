"""Warns before the disk is full, and refuses what would fill it while there is still room to say so.

Never measures the disk itself (archive/space.py does), and never stops what is under way.
"""

from __future__ import annotations

from archive.errors import ArchiveError
from archive.space import Space
from archive.store import record_finding, settle_finding
from schedules.desk import Desk
from scraper.model import Finding

CODE = "disk.low"
EXPECTED = "at least 5 % and 2 GB free"


def refuse_full_disk(desk: Desk, series: str) -> None:
    """Keep a finding where the disk is low. Raises ArchiveError where it is so low that nothing may be begun.

    Nothing is asked of the publisher then, not even pages: an answer that cannot be kept would be lost evidence. What is
    kept stays as it is, and the finding, which is small, says so.
    """
    space = desk.space(desk.evidence.directory)
    if space.room == "enough":
        settle_finding(desk.evidence.db, CODE, str(desk.evidence.directory), "", series, desk.now())
        return
    out = space.room == "out"
    finding = Finding(
        CODE, "error" if out else "warning", str(desk.evidence.directory), "", space.in_words(), EXPECTED,
        "Nothing is polled or handed in until there is room. Make some." if out else "Make room before it is too late.",
    )  # fmt: skip
    record_finding(desk.evidence.db, finding, poll_id=None, capture_id=None, series=series, now=desk.now())
    if out:
        raise ArchiveError(
            f"{desk.evidence.directory}: found {space.in_words()}, expected at least 1 % and 200 MB to begin with. Nothing was "
            f"asked of the publisher, and everything kept is safe. Make room, then try again."
        )


def in_line(space: Space) -> str:
    """The disk, in one line of `optout status`."""
    said = {"enough": "", "low": ": LOW, make room", "out": ": FULL, nothing is polled until there is room"}
    return f"disk: {space.in_words()}{said[space.room]}"
