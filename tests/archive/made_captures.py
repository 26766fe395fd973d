"""Made-up captures for the stories of the evidence: one line where a story needs one exchange.

Fetches nothing; every address and body here is made up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.database import Evidence, open_evidence
from archive.migrations import TABLES
from archive.store import Recorded, begin_poll, record_capture
from scraper.model import Capture, Request

NOW = "2021-08-05T09:35:00.000000Z"
SERIES = "made-up-series"
FILE = "https://files.example/AB/123456/made_up.csv"
PAGE = "https://pages.example/made-up/july-2021"


def at(second: int) -> str:
    """An instant so many seconds after the story's start."""
    return f"2021-08-05T09:{second // 60:02d}:{second % 60:02d}.000000Z"


def asked(address: str = FILE, **fields: Any) -> Request:
    """A request for a file of one publication, unless the story says otherwise."""
    whole: dict[str, Any] = {"purpose": "file", "publication": "july-2021", "link_text": "Made-up figures", **fields}
    return Request(address, **whole)


def exchange(body: bytes | None = b"made-up body", address: str = FILE, **fields: Any) -> Capture:
    """An exchange that brought `body`; fields of the Request are told from fields of the Capture by their name."""
    request_fields = {name: fields.pop(name) for name in list(fields) if name in REQUEST_FIELDS}
    whole: dict[str, Any] = {
        "requested_at": NOW,
        "completed_at": NOW,
        "duration_ms": 12,
        "verdict": "accepted",
        "complete_by": "length" if body is not None else "none",
        **fields,
    }
    return Capture(asked(address, **request_fields), body=body, **whole)


REQUEST_FIELDS = ("purpose", "publication", "via_address", "link_text", "link_href")


def new_archive(directory: Path) -> Evidence:
    """An empty archive in `directory`."""
    return open_evidence(directory, create=True)


def poll(db: Database, series: str = SERIES, reason: Any = "due") -> int:
    """An open poll of the series."""
    return begin_poll(db, series, reason, NOW, "made-up-program/1", "0" * 64)


def record(db: Database, poll_id: int, body: bytes | None = b"made-up body", **fields: Any) -> Recorded:
    """One exchange, kept."""
    return record_capture(db, poll_id, fields.pop("series", SERIES), exchange(body, **fields), NOW)


def contents(db: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of facts, to be compared before and after. Takes a Database or a plain connection."""
    tables = (*TABLES, "log", "checkpoints")
    return {table: db.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid").fetchall() for table in tables}


def row_of(db: Database, capture_id: int) -> dict[str, object]:
    """One capture as it is kept."""
    return dict(db["captures"].get(capture_id))
