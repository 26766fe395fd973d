"""Owns what a person ruled about suspect files: kept as annotations in the log, listed, and told to the reading copy.

Never changes a capture, and never decides by itself what is suspect. A ruling is one line of text,
`quarantine release SHA256: REASON` or `quarantine refuse SHA256: REASON`, annotated to the entry of the newest suspect
capture of these bytes; of several about the same bytes the newest holds.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from sqlite_utils import Database

from archive.errors import ArchiveError, in_plain_words
from archive.log import entry_of
from archive.rows import clean
from archive.store import append

Verb = Literal["release", "refuse"]
RULED: dict[str, str] = {"release": "released", "refuse": "refused"}
LINE = re.compile(r"quarantine (release|refuse) ([0-9a-f]{64}): (.+)")

SUSPECTS = "FROM captures WHERE outcome = 'suspect' AND purpose = 'file' AND sha256 IS NOT NULL"


class Ruling(NamedTuple):
    """What was ruled about the bytes of one suspect file."""

    sha256: str
    ruling: str
    """`released`: its figures count. `refused`: they never do."""
    reason: str
    ruled_at: str
    ruled_by: str
    annotation_id: int


class HeldFile(NamedTuple):
    """The bytes of a suspect file, as its newest capture describes them, and what was ruled about them."""

    sha256: str
    series: str
    publication: str | None
    file_name: str | None
    address: str
    bytes: int
    requested_at: str
    error_code: str | None
    error_detail: str | None
    ruling: Ruling | None


def line_of(verb: Verb, sha256: str, reason: str) -> str:
    """The ruling as the one line that stands in the log. Raises ValueError where the reason says nothing."""
    words = " ".join((clean(reason) or "").split())
    line = f"quarantine {verb} {sha256}: {words}"
    if not words or LINE.fullmatch(line) is None:
        raise ValueError(f"found {line!r}, expected `quarantine {verb} SHA256: REASON` with a reason in words")
    return line


def rulings(evidence: Database) -> dict[str, Ruling]:
    """The ruling that holds of each SHA-256: of annotations to a suspect capture of exactly these bytes, the newest."""
    rows = evidence.execute(
        "SELECT a.text, c.sha256, a.made_at, a.made_by, a.annotation_id FROM annotations AS a"
        " JOIN log AS l ON l.entry = a.entry AND l.fact_table = 'captures'"
        " JOIN captures AS c ON c.capture_id = l.fact_number"
        " WHERE c.outcome = 'suspect' AND c.purpose = 'file' AND a.text LIKE 'quarantine %' ORDER BY a.annotation_id"
    )
    found: dict[str, Ruling] = {}
    for text, sha256, made_at, made_by, annotation_id in rows:
        line = LINE.fullmatch(text)
        if line and line[2] == sha256:
            found[sha256] = Ruling(sha256, RULED[line[1]], line[3], made_at, made_by, annotation_id)
    return found


def ruling_of(evidence: Database, sha256: str) -> Ruling | None:
    """The ruling that holds of these bytes; None where nobody ruled."""
    return rulings(evidence).get(sha256)


def held_files(evidence: Database) -> list[HeldFile]:
    """Every suspect file that was kept, once for its bytes, newest first, ruled about or not."""
    ruled = rulings(evidence)
    with in_plain_words("archive.db"):
        rows = evidence.execute(
            "SELECT sha256, series, publication, file_name, address, bytes, requested_at, error_code, error_detail"
            f" FROM captures WHERE capture_id IN (SELECT max(capture_id) {SUSPECTS} GROUP BY sha256)"
            " ORDER BY capture_id DESC"
        ).fetchall()
    return [HeldFile(*(*row, ruled.get(row[0]))) for row in rows]


def rule(evidence: Database, verb: Verb, sha256: str, reason: str, made_by: str, now: str) -> HeldFile:
    """Log a ruling about the bytes of a suspect file; returns that file with it.

    `now` as ISO 8601 in UTC, `made_by` who rules. Raises ArchiveError where no suspect file has these bytes, ValueError
    where the reason says nothing.
    """
    held = next((one for one in held_files(evidence) if one.sha256 == sha256), None)
    if held is None:
        raise ArchiveError(
            f"Quarantine: found no suspect file of SHA-256 {sha256!r}, expected one that `optout quarantine list` names. "
            "Copy all 64 characters; what was accepted, refused by the server or cut short is not in quarantine."
        )
    (capture_id,) = evidence.execute(f"SELECT max(capture_id) {SUSPECTS} AND sha256 = ?", [sha256]).fetchone()
    entry = entry_of(evidence, "captures", capture_id)
    text = line_of(verb, sha256, reason)
    append(evidence, "annotations", {"made_at": now, "entry": entry, "text": text, "made_by": made_by})
    return held._replace(ruling=ruling_of(evidence, sha256))


def mirror_rulings(evidence: Database, copy: Database) -> bool:
    """Bring the reading copy's rulings up to date; True where one takes back what was released there before."""
    ruled = rulings(evidence)
    before = dict(copy.execute("SELECT sha256, ruling FROM quarantine_rulings").fetchall())
    copy.execute("DELETE FROM quarantine_rulings")
    copy.conn.executemany("INSERT INTO quarantine_rulings VALUES (?, ?, ?, ?, ?, ?)", ruled.values())
    released = {sha256 for sha256, ruling in before.items() if ruling == "released"}
    return any(sha256 not in ruled or ruled[sha256].ruling != "released" for sha256 in released)
