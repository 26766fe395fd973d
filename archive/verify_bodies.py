"""Reads the bytes of every snapshot and checks them by every digest under which they were kept; finds what is missing.

Streams: holds a piece of a body at a time. Keeps no transaction open between two snapshots, since a row is never
changed once it is kept: a writer has not to wait for a long reading.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from typing import IO, NamedTuple, cast

from archive.compression import CODEC, UnpackError, unpacked
from archive.verify_codes import Problems

PIECE = 1 << 20
BATCH = 500

COLUMNS = "snapshot_id, sha256, bytes, sha512, sha1_b32, codec, length(body)"

LOST = """
SELECT DISTINCT {column} FROM captures AS c
WHERE {column} IS NOT NULL AND {kept} AND NOT EXISTS (SELECT 1 FROM snapshots AS s WHERE s.sha256 = c.{column})
ORDER BY 1
"""

REFERENCES = {
    "sha256": "1",
    # Wire bytes are kept as a snapshot of their own only where the server encoded the body.
    "wire_sha256": "lower(trim(coalesce(content_encoding, ''))) NOT IN ('', 'identity')",
}
"""Columns of captures that name a snapshot, and when there must be one."""

STRAY = """
SELECT sha256 FROM snapshots AS s
WHERE NOT EXISTS (SELECT 1 FROM captures AS c WHERE c.sha256 = s.sha256)
AND sha256 NOT IN (SELECT wire_sha256 FROM captures WHERE wire_sha256 IS NOT NULL)
ORDER BY snapshot_id
"""


class Snapshot(NamedTuple):
    """A snapshot without its bytes."""

    number: int
    sha256: str
    size: int
    sha512: str
    sha1_b32: str
    codec: str
    packed_size: int

    @property
    def place(self) -> str:
        """How a person finds it."""
        return f"snapshot {self.number} ({self.sha256})"


class ReadBodies(NamedTuple):
    """How much was read."""

    snapshots: int
    bytes: int
    """As they were captured."""


def check_references(conn: sqlite3.Connection, problems: Problems) -> None:
    """Bytes that captures refer to and that are not there, and the other way round."""
    for column, kept in REFERENCES.items():
        for (sha256,) in conn.execute(LOST.format(column=column, kept=kept)):
            problems.add("E-BLB-01", f"snapshot {sha256}", "none of that name")
    for (sha256,) in conn.execute(STRAY):
        problems.add("W-BLB-03", f"snapshot {sha256}", "no capture that names it")


def newest_snapshot(conn: sqlite3.Connection) -> int:
    """The number of the newest snapshot; 0 where there is none."""
    return int(conn.execute("SELECT coalesce(max(snapshot_id), 0) FROM snapshots").fetchone()[0])


def check_bodies(conn: sqlite3.Connection, newest: int, stop: threading.Event, problems: Problems) -> ReadBodies:
    """Read the bytes of every snapshot up to this number, each whole. Ends early, and tells it by its counts, on `stop`.

    Raises sqlite3.DatabaseError where the file cannot be read on.
    """
    count = size = 0
    for snapshot in _snapshots(conn, newest):
        if stop.is_set():
            break
        if snapshot.packed_size == 0:
            _check_withheld(conn, snapshot, problems)
            continue
        found = what_is_wrong(conn, snapshot)
        if found and _is_empty(conn, snapshot.number):  # withheld after its length was read
            _check_withheld(conn, snapshot, problems)
        elif found:
            problems.add("E-BLB-02", snapshot.place, found)
        count, size = count + 1, size + snapshot.size
    return ReadBodies(count, size)


def _snapshots(conn: sqlite3.Connection, newest: int) -> Iterator[Snapshot]:
    query = (
        f"SELECT {COLUMNS} FROM snapshots WHERE snapshot_id > ? AND snapshot_id <= ? ORDER BY snapshot_id LIMIT {BATCH}"
    )
    last = -1
    while batch := [Snapshot._make(row) for row in conn.execute(query, [last, newest])]:
        yield from batch
        last = batch[-1].number


def _is_empty(conn: sqlite3.Connection, number: int) -> bool:
    return (
        conn.execute("SELECT 1 FROM snapshots WHERE snapshot_id = ? AND length(body) = 0", [number]).fetchone()
        is not None
    )


def _check_withheld(conn: sqlite3.Connection, snapshot: Snapshot, problems: Problems) -> None:
    why = conn.execute(
        "SELECT made_at, legal_ground FROM takedowns WHERE sha256 = ? ORDER BY takedown_id", [snapshot.sha256]
    ).fetchone()
    if why is None:
        problems.add("E-BLB-02", snapshot.place, "no bytes, and no takedown that says why")
    else:
        problems.add("T-BLB-05", snapshot.place, f"a takedown of {why[0]} ({why[1]})")


def what_is_wrong(conn: sqlite3.Connection, snapshot: Snapshot) -> str | None:
    """What does not agree with the name of a snapshot; None where everything does."""
    if snapshot.codec != CODEC:
        return f"the codec {snapshot.codec!r}"
    sums = (hashlib.sha256(), hashlib.sha512(), hashlib.sha1(usedforsecurity=False))
    with conn.blobopen("snapshots", "body", snapshot.number, readonly=True) as blob:
        packed, size = Hashed(blob), 0
        try:
            for piece in unpacked(cast("IO[bytes]", packed), snapshot.size, PIECE):
                size += len(piece)
                for one in sums:
                    one.update(piece)
        except UnpackError as error:
            return f"a stored body that does not unpack ({error})"
        packed.read_rest()
    if size != snapshot.size:
        return f"{size} bytes, kept as {snapshot.size}"
    found = {
        "sha256": sums[0].hexdigest(),
        "sha512": sums[1].hexdigest(),
        "sha1_b32": base64.b32encode(sums[2].digest()).decode(),
    }
    other = [name for name, digest in found.items() if digest != getattr(snapshot, name)]
    if other:
        return f"bytes with another {' and '.join(other)}, among them the SHA-256 {found['sha256']}"
    stated = _packed_as_logged(conn, snapshot.number)
    if stated is not None and stated != packed.sum.hexdigest():
        return f"stored bytes with the SHA-256 {packed.sum.hexdigest()}, logged were {stated}"
    return None


class Hashed:
    """The stored bytes of a snapshot, hashed while they are read."""

    def __init__(self, blob: sqlite3.Blob) -> None:
        self._blob = blob
        self.sum = hashlib.sha256()

    def read(self, most: int = -1) -> bytes:
        """The next bytes, at most so many; none at the end."""
        piece = self._blob.read(most)
        self.sum.update(piece)
        return piece

    def read_rest(self) -> None:
        """Hash what nobody has asked for: there may be bytes behind the body."""
        while self.read(PIECE):
            pass


def _packed_as_logged(conn: sqlite3.Connection, number: int) -> str | None:
    """SHA-256 of the stored bytes as their leaf states it; None where the leaf is no help, which is told elsewhere."""
    row = conn.execute(
        "SELECT CAST(leaf AS BLOB) FROM log WHERE fact_table = 'snapshots' AND fact_number = ?", [number]
    ).fetchone()
    try:
        return str(json.loads(row[0])["body"]["sha256"]) if row else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
