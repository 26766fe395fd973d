"""Writes a mirror of a made-up archive, in the layout that archive/mirror_reading.py reads, so that stories need no other program.

Checks nothing: a story that wants a broken mirror breaks it itself.
"""

from __future__ import annotations

import json
from pathlib import Path

from sqlite_utils import Database

from archive.leaves import named_outside, read_leaf
from archive.log import stored_row


def write_mirror(db: Database, folder: Path, *, times: bool = True) -> Path:
    """The whole log, every checkpoint and every blob; `times` says whether checkpoints' times are written beside them."""
    for name in ("checkpoints", "leaves", "keys", "blobs"):
        (folder / name).mkdir(parents=True)
    leaves = [leaf.encode() for (leaf,) in db.execute("SELECT leaf FROM log ORDER BY entry")]
    for first in range(0, len(leaves), 1000):
        (folder / "leaves" / f"{first:08}.jsonl").write_bytes(b"\n".join(leaves[first : first + 1000]) + b"\n")
    for size, note, made_at in db.execute("SELECT size, note, made_at FROM checkpoints ORDER BY size"):
        (folder / "checkpoints" / str(size)).write_text(note)
        (folder / "checkpoint").write_text(note)
        if times:
            (folder / "checkpoints" / f"{size}.json").write_text(json.dumps({"made_at": made_at}))
    for sha256, body in db.execute("SELECT sha256, body FROM snapshots WHERE length(body) > 0"):
        write_blob(folder, f"{sha256}.zst", body)
    for table, number, leaf in db.execute(
        "SELECT fact_table, fact_number, leaf FROM log WHERE fact_table <> 'snapshots'"
    ):
        write_long(db, folder, table, number, leaf)
    return folder


def write_long(db: Database, folder: Path, table: str, number: int, leaf: str) -> None:
    """What a leaf names but does not hold, from the fact's row."""
    content = read_leaf(leaf.encode())
    if named_outside(content):
        row = stored_row(db, table, number)
        for column, stated in content.items():
            if isinstance(stated, dict) and "sha256" in stated:
                value = row[column]
                write_blob(folder, str(stated["sha256"]), value.encode() if isinstance(value, str) else value)


def write_blob(folder: Path, name: str, content: object) -> None:
    """One blob in its place."""
    assert isinstance(content, bytes)
    path = folder / "blobs" / name[:2] / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
