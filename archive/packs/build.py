"""Builds evidence packs: of a file, of a release, of a difference, of a day. A page may call it as well as the command.

A reader: signs nothing, writes no fact, and makes the same files of the same evidence, to the byte.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import ArchiveError
from archive.packs.bag import bagged
from archive.packs.crate import crate
from archive.packs.facts import facts_of
from archive.packs.members import Member, made
from archive.packs.on_a_day import of_day
from archive.packs.readme import captures_table, readme
from archive.packs.sealed import SealedLog
from archive.packs.selection import Selection, of_difference, of_file, of_release

VERIFIER = Path(__file__).with_name("verify_pack.py")


class Pack(NamedTuple):
    """A whole pack, ready to be written as a folder or a zip."""

    name: str
    """Name of its folder."""
    members: tuple[Member, ...]


def pack_file(db: Database, sha256: str, software: str) -> Pack:
    """The pack of one file, or of any other body. `software` names program and version.

    This and its neighbours raise ArchiveError where the log is not signed yet, where what was asked for is not in the
    signed log, and where what is stored does not agree with it.
    """
    log = SealedLog(db)
    return _packed(db, log, of_file(db, log.size, sha256.strip().lower()), software)


def pack_release(db: Database, series: str, publication: str, software: str) -> Pack:
    """The pack of one publication: every capture of its page and its files."""
    log = SealedLog(db)
    return _packed(db, log, of_release(db, log.size, series, publication), software)


def pack_difference(db: Database, copy: Database, a: int, b: int, software: str, most: int | None = None) -> Pack:
    """The pack of what differs between two vintages; `copy` is the reading copy, which knows them.

    Raises TooLargeError too, where more than `most` rows differ.
    """
    log = SealedLog(db)
    return _packed(db, log, of_difference(db, copy, log.size, a, b, most), software)


def pack_day(db: Database, day: str, software: str) -> Pack:
    """The pack of what was public on a day, YYYY-MM-DD (UTC): looks, leaves and hashes, without the bytes."""
    if not _is_day(day):
        raise ArchiveError(f"day: found {day!r}, expected a day of the calendar as YYYY-MM-DD.")
    log = SealedLog(db)
    return _packed(db, log, of_day(db, log.size, day), software)


def _is_day(text: str) -> bool:
    try:
        # Python reads other spellings of ISO 8601 too, such as 20211015 and 2021-W41-5.
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _packed(db: Database, log: SealedLog, chosen: Selection, software: str) -> Pack:
    facts = facts_of(db, log, chosen)
    others = (captures_table(facts), readme(log, chosen, facts), made(VERIFIER.name, VERIFIER.read_bytes()))
    about = (
        ("Source-Organization", f"opt-out archive, log {log.origin}"),
        ("External-Identifier", f"{log.origin}#{log.size}/{chosen.name}"),
        ("External-Description", chosen.about),
        ("Bagging-Date", log.made_at[:10]),
        ("Bag-Software-Agent", software),
    )
    described = crate(log, chosen, facts, others, software)
    return Pack(f"evidence-{chosen.name}", bagged([*facts.members, *others, described], about))
