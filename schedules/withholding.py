"""Takes bytes down: what holds them is found, the reason logged and signed, the bytes let go, the reading copy made anew.

Never decides whether they should go; a person asks, with grounds.
"""

from __future__ import annotations

from typing import NamedTuple

from archive.errors import WithheldError
from archive.layouts import members_of
from archive.reading_copy import FILE_NAME, mark_stale
from archive.store import read_snapshot
from archive.takedown import Grounds, forms_of, left_elsewhere, places_of, withhold
from archive.withheld import Member, all_withheld
from schedules.desk import Desk
from scraper.errors import FileChanged
from scraper.zips import is_workbook, is_zip
from scraper.zips import members_of as members_in


class TakenDown(NamedTuple):
    """What was done, and what a person still has to see to."""

    forms: list[str]
    """Snapshots that are withheld now: the bytes, and the compressed form in which they came."""
    remaining: list[str]
    """Where the same bytes may still be, in words."""


def take_down(desk: Desk, sha256: str, grounds: Grounds) -> TakenDown:
    """Withhold the bytes of a snapshot. Begun again after a crash it goes on where it stopped.

    Raises ArchiveError where there is no such snapshot, the log cannot be signed, or the disk does not take it.
    """
    forms = forms_of(desk.evidence.db, sha256)
    inside = {form: members for form in forms if (members := _members(desk, form))}
    containers = places_of(desk.copy, [*forms, *(member.sha256 for members in inside.values() for member in members)])
    mark_stale(desk.evidence.directory)
    withhold(desk.evidence, forms, grounds, inside, desk.now())
    desk.rebuild()
    gone = all_withheld(desk.evidence.db)
    remaining = [f"inside {place}: take that down as well" for place in containers if place not in gone]
    remaining += [f"in {path}, set aside by a restore: remove it" for path in left_elsewhere(desk.evidence.directory)]
    return TakenDown(forms, remaining)


def held_open(desk: Desk) -> str | None:
    """What is to be done where a reader keeps the old reading copy alive; asked after this program has closed its own."""
    wal = desk.evidence.directory / f"{FILE_NAME}-wal"
    if wal.exists() and wal.stat().st_size:
        return f"in {wal}, which a reader holds open: end `optout serve` and give this command again"
    return None


def _members(desk: Desk, sha256: str) -> list[Member]:
    """The files inside a zip archive; none for anything else, and where the bytes are gone already."""
    try:
        body = read_snapshot(desk.evidence.db, sha256)
        if is_zip(body) and not is_workbook(body):
            return [Member(*one) for one in members_in(body, sha256)]
    except WithheldError:
        return [Member(*one) for one in members_of(desk.copy, sha256)]
    except FileChanged:
        pass  # an archive that cannot be opened names no files
    return []
