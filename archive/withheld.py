"""Answers which snapshots are withheld after a takedown, since when and why, and what lay inside them.

Reads only; withholds nothing (archive/takedown.py does).
"""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import in_plain_words


class Member(NamedTuple):
    """One file that lay inside a withheld zip archive: its hash stays, as the archive's own does."""

    name: str
    sha256: str
    bytes: int


def because(db: Database, sha256: str) -> str | None:
    """In words, since when and why the bytes of a snapshot are withheld; None where they are not."""
    with in_plain_words("archive.db"):
        row = db.execute(
            "SELECT made_at, reason, legal_ground FROM takedowns WHERE sha256 = ? ORDER BY takedown_id LIMIT 1",
            [sha256],
        ).fetchone()
    return row and _in_words(*row)


def all_withheld(db: Database) -> dict[str, str]:
    """SHA-256 of every withheld snapshot to since when and why, in words."""
    rows = db.execute("SELECT sha256, made_at, reason, legal_ground FROM takedowns ORDER BY takedown_id DESC")
    return {sha256: _in_words(made_at, reason, ground) for sha256, made_at, reason, ground in rows.fetchall()}


def withheld_members(db: Database) -> dict[str, list[Member]]:
    """SHA-256 of every withheld zip archive to the files that lay inside it."""
    rows = db.execute("SELECT sha256, members FROM takedowns WHERE members IS NOT NULL ORDER BY takedown_id DESC")
    return {sha256: [Member(*one) for one in json.loads(members)] for sha256, members in rows.fetchall()}


def _in_words(made_at: str, reason: str, legal_ground: str) -> str:
    return f"withheld since {made_at[:10]}: {reason.rstrip('.')} (legal ground: {legal_ground})"
