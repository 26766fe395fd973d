"""Made-up archives for the stories of verification: a sound one with something of everything, and an intruder's tools.

Fetches nothing; every address and body here is made up. Instants come from the clock, as an archive's do.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from archive.checkpoints import rotate_key, sign_log
from archive.clock import utc_now
from archive.database import Evidence, open_evidence, writing
from archive.leaves import canonical
from archive.merkle import leaf_hash, root_of
from archive.notes import Checkpoint, sign
from archive.store import append, begin_poll, end_poll, record_capture, record_finding
from archive.verify import Asked, Verified, verify
from archive.verify_anchors import Outside
from scraper.model import Finding
from tests.archive.made_captures import FILE, SERIES, exchange

ORIGIN = "made-up.example/log"
BODY = b"month,area,opt_outs\n2021-07-01,E92000001,3 # made up\n"


def captured(evidence: Evidence, poll_id: int, body: bytes | None = BODY, address: str = FILE, **fields: Any) -> None:
    """One exchange of just now, kept."""
    now = utc_now()
    made = exchange(body, address, **{"requested_at": now, "completed_at": now, **fields})
    record_capture(evidence.db, poll_id, SERIES, made, utc_now())


def polled(evidence: Evidence, *bodies: bytes | None) -> int:
    """A whole poll that brought these bodies, a file each."""
    poll_id = begin_poll(evidence.db, SERIES, "due", utc_now(), "made-up-program/1", "0" * 64)
    for number, body in enumerate(bodies):
        captured(evidence, poll_id, body, f"{FILE}?{number}", request_head=b"GET / HTTP/1.1\r\nHost: \xe9\r\n")
    end_poll(evidence.db, poll_id, "complete", utc_now(), None, "Made up.")
    return poll_id


def sound_archive(directory: Path) -> None:
    """Polls, captures of every sort, findings, two keys, an annotation, four checkpoints: all signed, nothing wrong."""
    with open_evidence(directory, create=True, origin=ORIGIN) as evidence:
        poll_id = begin_poll(evidence.db, SERIES, "due", utc_now(), "made-up-program/1", "0" * 64)
        captured(evidence, poll_id)
        encoded = gzip.compress(b"made-up page " * 40, mtime=0)
        captured(
            evidence, poll_id, b"made-up page " * 40, f"{FILE}.html", wire=encoded, content_encoding="gzip",
            wire_sha256=hashlib.sha256(encoded).hexdigest(), wire_bytes=len(encoded), error_detail="x" * 1_500,
        )  # fmt: skip
        captured(evidence, poll_id, None, f"{FILE}.gone", verdict="absent", status=404)
        finding = Finding("file.header", "error", "made_up.csv", "row 1", "a new column", "the known ones")
        record_finding(evidence.db, finding, poll_id=poll_id, capture_id=1, series=SERIES, now=utc_now())
        end_poll(evidence.db, poll_id, "complete", utc_now(), None, "Made up.")
        sign_log(evidence)
        polled(evidence, BODY, BODY + b"2021-08-01,E92000001,4\n")
        sign_log(evidence)
        append(evidence.db, "annotations", {"made_at": utc_now(), "entry": 3, "text": "made up", "made_by": "a test"})
        rotate_key(evidence, "made up")
        polled(evidence, bytes(range(256)) * 40)
        sign_log(evidence)


def annotate(directory: Path, text: str, **columns: Any) -> None:
    """One more fact, not signed."""
    with open_evidence(directory) as evidence:
        append(evidence.db, "annotations", {"made_at": utc_now(), "text": text, "made_by": "a test", **columns})


def take_down(directory: Path, sha256: str, *, withhold: bool = True) -> None:
    """A lawful removal: logged, signed, and then the bytes go."""
    with open_evidence(directory) as evidence:
        why = {"reason": "made up", "asked_by": "x", "legal_ground": "made up", "reviewed_by": "x"}
        append(evidence.db, "takedowns", {"made_at": utc_now(), "sha256": sha256, **why})
        sign_log(evidence)
        if withhold:
            with writing(evidence.db):
                evidence.db.execute("UPDATE snapshots SET body = x'' WHERE sha256 = ?", [sha256])


def newest_note(directory: Path) -> str:
    """The newest checkpoint, as somebody else may hold it."""
    with closing(sqlite3.connect(directory / "archive.db")) as conn:
        return str(conn.execute("SELECT note FROM checkpoints ORDER BY size DESC").fetchone()[0])


def verified(directory: Path, *notes: str, **fields: Any) -> Verified:
    """The archive, verified just now, beside checkpoints held elsewhere."""
    outside = tuple(Outside(f"held {number}", note) for number, note in enumerate(notes))
    return verify(Asked(directory, **{"now": datetime.now(UTC), "outside": outside, **fields}))


def codes(done: Verified) -> set[str]:
    """Codes of everything that was told, but for what is not signed yet or cannot be checked here."""
    return set(done.problems.counts) - {"W-CKP-09", "W-ANC-06"}


# ---------------------------------------------------------------- an intruder's tools


@contextmanager
def intruder(directory: Path) -> Iterator[sqlite3.Connection]:
    """The database without its guards and checks, which stand as before afterwards."""
    with closing(sqlite3.connect(directory / "archive.db", isolation_level=None)) as conn:
        guards = conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        conn.execute("PRAGMA foreign_keys = off")
        conn.execute("PRAGMA synchronous = off")
        for name, _ in guards:
            conn.execute(f"DROP TRIGGER {name}")
        yield conn
        for _, sql in guards:
            conn.execute(sql)


def rewrite_leaf(conn: sqlite3.Connection, entry: int, **fields: Any) -> None:
    """Another leaf for an entry, with the hash that fits it. None takes a field out."""
    (leaf,) = conn.execute("SELECT leaf FROM log WHERE entry = ?", [entry]).fetchone()
    content = {key: value for key, value in {**json.loads(leaf), **fields}.items() if value is not None}
    set_leaf(conn, entry, canonical(content))


def set_leaf(conn: sqlite3.Connection, entry: int, leaf: bytes) -> None:
    """These bytes as an entry's leaf, with the hash that fits them."""
    conn.execute("UPDATE log SET leaf = ?, leaf_hash = ? WHERE entry = ?", [leaf.decode(), leaf_hash(leaf), entry])


def newest_entry(conn: sqlite3.Connection) -> int:
    """The last entry of the log."""
    return int(conn.execute("SELECT max(entry) FROM log").fetchone()[0])


def entry_of(conn: sqlite3.Connection, table: str, number: int) -> int:
    """The entry of a fact."""
    query = "SELECT entry FROM log WHERE fact_table = ? AND fact_number = ?"
    return int(conn.execute(query, [table, number]).fetchone()[0])


def renumber_log(conn: sqlite3.Connection) -> None:
    """Close the gaps that were left by entries taken out."""
    entries = [row[0] for row in conn.execute("SELECT entry FROM log ORDER BY entry").fetchall()]
    for number, entry in enumerate(entries):
        conn.execute("UPDATE log SET entry = ? WHERE entry = ?", [number, entry])


def sign_anew(directory: Path, conn: sqlite3.Connection) -> None:
    """What the operator, or a thief of the keys, can do: every checkpoint and the signer's state, made anew."""
    hashes = [row[0] for row in conn.execute("SELECT leaf_hash FROM log ORDER BY entry")]
    keys = [signing_key(path) for path in sorted((directory / "signer").glob("*.pem"), reverse=True)]
    rows = conn.execute("SELECT size, made_at FROM checkpoints ORDER BY size").fetchall()
    conn.execute("DELETE FROM checkpoints")
    for size, made_at in [*[row for row in rows if row[0] < len(hashes)], (len(hashes), rows[-1][1])]:
        stated = Checkpoint(ORIGIN, size, root_of(hashes[:size]))
        note = sign(stated.text(), [(ORIGIN, key) for key in keys])
        conn.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)", [size, stated.root, note, made_at])
    (directory / "signer" / "state.json").write_text(json.dumps({"note": note}))


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file of the signer's."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return key
