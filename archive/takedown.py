"""Withholds the bytes of a snapshot for a reason that is logged and signed first; leaves every hash and every fact.

The one place where something kept goes, and only bytes go. Never decides whether it should.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive.checkpoints import sign_log
from archive.database import FILE_NAME, Evidence, writing
from archive.errors import ArchiveError, in_plain_words
from archive.store import append
from archive.withheld import Member, because


class Grounds(NamedTuple):
    """What a takedown has to say for itself; each is logged and stays."""

    reason: str
    asked_by: str
    legal_ground: str
    reviewed_by: str


def forms_of(db: Database, sha256: str) -> list[str]:
    """The snapshots that hold these bytes: their own, and the compressed form in which they came over the wire.

    Raises ArchiveError where there is no such snapshot.
    """
    if db.execute("SELECT 1 FROM snapshots WHERE sha256 = ?", [sha256]).fetchone() is None:
        raise ArchiveError(
            f"Snapshot {sha256}: found none of that name, expected the SHA-256 of bytes that were captured, 64 characters. "
            f"For a file inside a zip archive name the archive: its page on the site says which one."
        )
    rows = db.execute(
        "SELECT DISTINCT s.sha256 FROM captures AS c JOIN snapshots AS s ON s.sha256 IN (c.sha256, c.wire_sha256)"
        " WHERE ? IN (c.sha256, c.wire_sha256) AND s.sha256 <> ? ORDER BY 1",
        [sha256, sha256],
    ).fetchall()
    return [sha256, *(one for (one,) in rows)]


def withhold(
    evidence: Evidence, forms: Sequence[str], grounds: Grounds, members: Mapping[str, Sequence[Member]], now: str
) -> None:
    """Log and sign the takedown of each form, then let the bytes go and wipe what SQLite left of them in the file.

    `members` names the files inside each form that is a zip archive. Begun again after a crash it goes on where it stopped,
    under the grounds that were logged. Raises ArchiveError where the log cannot be signed, before any byte goes, or the disk
    does not take it.
    """
    db = evidence.db
    with writing(db):
        for sha256 in forms:
            if because(db, sha256) is None:
                inside = json.dumps(members[sha256], ensure_ascii=False) if sha256 in members else None
                append(db, "takedowns", {"made_at": now, "sha256": sha256, **grounds._asdict(), "members": inside})
    sign_log(evidence)
    with in_plain_words(evidence.directory / FILE_NAME):
        db.execute("PRAGMA secure_delete = ON").fetchall()
    with writing(db):
        for sha256 in forms:
            db.execute("UPDATE snapshots SET body = x'' WHERE sha256 = ? AND length(body) > 0", [sha256])
    with in_plain_words(evidence.directory / FILE_NAME):
        # Pages that were split before may hold stale pieces of small bodies: the file is written anew, row for row.
        db.execute("VACUUM")


def left_elsewhere(directory: Path) -> list[Path]:
    """Files in the folder that an earlier restore set aside, and that may still hold the bytes."""
    return sorted(directory.glob(f"{FILE_NAME}.before-*"))


def places_of(copy: Database, hashes: Sequence[str]) -> list[str]:
    """Snapshots, by SHA-256, that hold one of these bytes: zip archives, and files of their own. Asked of the reading copy."""
    rows = copy.execute(
        "SELECT container_sha256 FROM members WHERE sha256 IN (SELECT value FROM json_each(:hashes))"
        " UNION SELECT sha256 FROM snapshots WHERE sha256 IN (SELECT value FROM json_each(:hashes)) ORDER BY 1",
        {"hashes": json.dumps(list(hashes))},
    )
    return [sha256 for (sha256,) in rows]
