"""Writes a mirror of a made-up archive as the program does, and goes beyond it where a story needs that.

Checks nothing: a story that wants a broken mirror breaks it itself.
"""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from archive import mirror
from archive.mirror_format import CHECKPOINTS, LEAVES_PER_FILE, leaves_file


def write_mirror(db: Database, folder: Path, *, times: bool = True) -> Path:
    """The whole log with its bodies, leaves that no checkpoint covers among them; `times`: with those of checkpoints."""
    mirror.write_mirror(db, folder, bodies=True)
    leaves = [leaf.encode() for (leaf,) in db.execute("SELECT leaf FROM log ORDER BY entry")]
    for first in range(0, len(leaves), LEAVES_PER_FILE):
        (folder / leaves_file(first)).write_bytes(b"\n".join(leaves[first : first + LEAVES_PER_FILE]) + b"\n")
    for path in (folder / CHECKPOINTS).glob("*.json"):
        if not times:
            path.unlink()
    return folder
