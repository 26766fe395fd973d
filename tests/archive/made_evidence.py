"""Made-up archives for the stories of keeping: one with every kind of fact, and what it takes to look at it plainly.

Fetches nothing; everything in it is made up.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from archive.checkpoints import sign_log
from archive.database import Evidence
from archive.store import append, end_poll, record_finding
from scraper.model import Finding
from tests.archive.made_captures import NOW, SERIES, contents, new_archive, poll, record

FINDING = Finding("file.header", "error", "made_up.csv", "row 1", "a new column " * 200, "the known ones")


def signed_poll(evidence: Evidence, *bodies: bytes | None) -> None:
    """One poll with a capture for each body, ended and signed."""
    number = poll(evidence.db)
    for index, body in enumerate(bodies):
        address = f"https://files.example/{index}/made_up.csv"
        record(evidence.db, number, body, address=address, **({} if body else {"verdict": "absent", "status": 404}))
    end_poll(evidence.db, number, "complete", NOW, None, "Made up.")
    sign_log(evidence)


def kept_archive(directory: Path) -> Path:
    """Two signed polls, long texts and heads, a compressed body with its wire form, a finding of no poll, an annotation."""
    with new_archive(directory) as evidence:
        db = evidence.db
        number = poll(db)
        record(db, number, b"one", request_head=b"GET\x00\xff" * 2_000, wire=b"packed one", wire_sha256="a" * 64)
        record_finding(db, FINDING, poll_id=None, capture_id=1, series=SERIES, now=NOW)
        append(db, "annotations", {"made_at": NOW, "entry": 2, "text": "made up \u2028 \u00e9", "made_by": "a test"})
        end_poll(db, number, "complete", NOW, None, "Made up.")
        sign_log(evidence)
        signed_poll(evidence, b"two", b"one", None, b"x" * 200_000)
    return directory


def rows_in(directory: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, read without this program."""
    with closing(sqlite3.connect(f"file:{directory / 'archive.db'}?mode=ro", uri=True)) as db:
        return contents(db)


def spoil(directory: Path, statement: str) -> None:
    """What somebody does who means harm: a change past the guards, which stand again afterwards."""
    with closing(sqlite3.connect(directory / "archive.db", isolation_level=None)) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(statement)
        for _, sql in triggers:
            db.execute(sql)
