"""Makes archive.db anew from a mirror of its log: the same leaves and root, the same rows, the same checkpoints.

Never touches an archive that is there, and takes nothing from a mirror that its checkpoints do not vouch for.
"""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive import durable
from archive.database import FILE_NAME
from archive.errors import ArchiveError
from archive.leaves import read_leaf, row_of, table_of
from archive.merkle import GrowingTree, leaf_hash
from archive.migrations import APPLICATION_ID, MIGRATIONS, NUMBERS, RECORDED, TABLES
from archive.mirror_reading import Mirror
from archive.notes import Checkpoint, stated_unchecked
from archive.soundness import Sound, refuse_unsound
from archive.withheld import all_withheld


class Rebuilt(NamedTuple):
    """What came of making an archive from a mirror."""

    sound: Sound
    left_out: int
    """Leaves that the mirror holds beyond its newest checkpoint: nobody vouches for them yet."""


def rebuild_evidence(mirror: Mirror, directory: Path) -> Rebuilt:
    """Make `directory`/archive.db from a mirror and check all of it. There must be none yet.

    Every row of every table is as it was, column by column; only `made_at` of a checkpoint is the next leaf's time where the
    mirror has no other. Raises ArchiveError where a leaf or blob is missing or altered, or a checkpoint does not fit.
    """
    path = directory / FILE_NAME
    path.touch(exist_ok=False)
    try:
        with closing(Database(sqlite3.connect(path, isolation_level=None), execute_plugins=False)) as db:
            # Nothing here is anybody's yet: a crash leaves a file that is swept. It is synced whole at the end.
            db.conn.executescript("PRAGMA journal_mode = off; PRAGMA synchronous = off; BEGIN")
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            MIGRATIONS.apply(db)
            left_out = _put_log(db, mirror)
            for table in _in_order():
                _put_rows(db, mirror, table)
            _put_checkpoints(db, mirror)
            db.execute("COMMIT")
    except (sqlite3.DatabaseError, ValueError) as error:
        raise ArchiveError(f"{mirror.folder}: no archive can be made of this mirror: {error}.") from error
    durable.sync(path)
    durable.sync(directory)
    return Rebuilt(refuse_unsound(directory), left_out)


def _in_order() -> list[str]:
    """Takedowns before the snapshots that they withhold, and ends of polls last: a closed poll takes no more captures."""
    return sorted(TABLES, key=lambda table: (table == "poll_ends", table != "takedowns"))


def _put_log(db: Database, mirror: Mirror) -> int:
    """Every leaf under the newest checkpoint; every checkpoint is held against the root over its leaves on the way."""
    roots = {size: stated_unchecked(note) for size, note in mirror.notes().items()}
    newest, tree, leaves = mirror.newest()[1].size, GrowingTree(), mirror.leaves()

    def rows() -> Iterator[tuple[int, str, int, str, bytes]]:
        for entry, leaf in enumerate(itertools.islice(leaves, newest)):
            content, digest = read_leaf(leaf), leaf_hash(leaf)
            table = table_of(str(content["kind"]))
            yield entry, table, int(str(content[NUMBERS[table]])), leaf.decode(), digest
            tree.add(digest)
            _refuse_root(mirror, roots.pop(tree.size, None), tree)

    db.conn.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?)", rows())
    if roots:
        raise ArchiveError(
            f"{mirror.folder}: found {tree.size} leaves, expected the {min(roots)} that a checkpoint of this mirror states. "
            f"The mirror is not whole: use another copy of it."
        )
    return sum(1 for _ in leaves)


def _refuse_root(mirror: Mirror, stated: Checkpoint | None, tree: GrowingTree) -> None:
    if stated is not None and stated.root != tree.root():
        raise ArchiveError(
            f"{mirror.folder}: found leaves whose root is {tree.root().hex()}, expected {stated.root.hex()}, which its checkpoint "
            f"of {stated.size} leaves states. A leaf was altered: use another copy of the mirror."
        )


def _put_rows(db: Database, mirror: Mirror, table: str) -> None:
    columns = [str(column.name) for column in db.table(table).columns]
    withheld = all_withheld(db) if table == "snapshots" else {}

    def rows() -> Iterator[list[object]]:
        leaves = db.execute("SELECT leaf FROM log WHERE fact_table = ? ORDER BY fact_number", [table])
        for (leaf,) in leaves:
            row = _row(mirror, table, read_leaf(leaf.encode()), withheld)
            yield [row.pop(column, None) for column in columns]
            if row:
                raise ValueError(f"found the columns {', '.join(row)} of {table}, which this version does not know")

    db.conn.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows())


def _row(mirror: Mirror, table: str, content: dict[str, object], withheld: dict[str, str]) -> dict[str, object]:
    try:
        if table != "snapshots":
            return {**row_of(content, mirror.long)}
        stated = content.pop("body")
        return {**row_of(content, mirror.long), "body": _body(mirror, str(content["sha256"]), stated, withheld)}
    except KeyError as error:
        raise ArchiveError(
            f"{mirror.folder}: found no blob {error.args[0]}, or an altered one; expected what a fact of {table} names. "
            f"The mirror is not whole: use another copy of it."
        ) from error


def _body(mirror: Mirror, sha256: str, stated: object, withheld: dict[str, str]) -> bytes:
    """The stored body of a snapshot; no bytes where a takedown is in the log, whatever the mirror still holds."""
    if sha256 in withheld:
        return b""
    packed = mirror.packed(sha256)
    named = stated["sha256"] if isinstance(stated, dict) else None
    if packed is None or hashlib.sha256(packed).hexdigest() != named:
        raise KeyError(f"{sha256}.zst")
    return packed


def _put_checkpoints(db: Database, mirror: Mirror) -> None:
    for size, note in sorted(mirror.notes().items()):
        made_at = mirror.made_at(size) or _time_near(db, size)
        root = stated_unchecked(note).root
        db.execute(
            "INSERT INTO checkpoints (size, root, note, made_at) VALUES (?, ?, ?, ?)", [size, root, note, made_at]
        )


def _time_near(db: Database, size: int) -> str:
    """When the fact after a checkpoint was kept, since it was signed before that; the one before it, where none follows."""
    after = db.execute("SELECT fact_table, leaf FROM log WHERE entry >= ? ORDER BY entry", [size])
    before = db.execute("SELECT fact_table, leaf FROM log WHERE entry < ? ORDER BY entry DESC", [size])
    for table, leaf in itertools.chain(after, before):
        if table in RECORDED:
            return str(read_leaf(leaf.encode())[RECORDED[table]])
    raise ValueError(f"found no leaf near entry {size} that states a time, expected the genesis at least")
