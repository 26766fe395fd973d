"""Refuses an archive that does not stand up: what backup, restore and rebuild ask before and after they touch anything.

Never mends or writes. The whole of `optout verify` is to be asked here; nothing else has to change for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive.compression import unpack
from archive.database import FILE_NAME, read_evidence
from archive.errors import ArchiveError, in_plain_words
from archive.leaves import canonical, leaf_of, read_leaf
from archive.log import origin_at, origin_of, stored_row
from archive.merkle import GrowingTree, leaf_hash
from archive.migrations import TABLES
from archive.notes import Checkpoint, NoteError, Verifier, read_checkpoint, read_verifier, signed_by
from archive.refusals import refuse_unguarded

BATCH = 500
"""Leaves that are read in one statement: between two of them a writer gets its turn."""


class Sound(NamedTuple):
    """What a sound archive holds."""

    origin: str
    size: int
    root: bytes
    signed: int
    """Leaves under the newest checkpoint; 0 where nothing was signed."""


def refuse_unsound(directory: Path) -> Sound:
    """Check `directory`/archive.db, also while it is written, and say what it holds.

    Tables and guards are those of this program, SQLite finds no damage, every fact has its leaf and every leaf is that of
    its row, every body unpacks to its name or is withheld after a logged takedown, and every checkpoint is signed by an
    announced key and states the root of its leaves. Raises ArchiveError that names the first thing found wrong.
    """
    path = directory / FILE_NAME
    with closing(read_evidence(directory)) as db, in_plain_words(path):
        refuse_unguarded(db, path)
        _refuse_damage(db, path)
        notes = dict(db.execute("SELECT size, note FROM checkpoints").fetchall())
        known = [read_verifier(text) for (text,) in db.execute("SELECT verifier FROM keys").fetchall()]
        tree, signed = GrowingTree(), max(notes, default=0)
        for entry, table, number, leaf, digest in _log(db):
            if entry != tree.size or digest != leaf_hash(leaf.encode()):
                raise _unsound(path, f"entry {tree.size} of the log", "a gap, or a leaf with another hash", "its leaf")
            _refuse_altered(db, path, table, number, leaf.encode())
            tree.add(digest)
            if note := notes.pop(tree.size, None):
                expected = Checkpoint(origin_at(db, tree.size), tree.size, tree.root())
                _refuse_checkpoint(path, note, expected, known)
        if notes:
            raise _unsound(path, f"a checkpoint of {min(notes)} leaves", f"a log of {tree.size}", "as many or more")
        _refuse_unlogged(db, path)
        return Sound(origin_of(db), tree.size, tree.root(), signed)


def _log(db: Database) -> Iterator[tuple[int, str, int, str, bytes]]:
    after = -1
    while batch := db.execute(
        "SELECT entry, fact_table, fact_number, leaf, leaf_hash FROM log WHERE entry > ? ORDER BY entry LIMIT ?",
        [after, BATCH],
    ).fetchall():
        yield from batch
        after = batch[-1][0]


def _refuse_damage(db: Database, path: Path) -> None:
    said = [row[0] for row in db.execute("PRAGMA integrity_check(5)").fetchall()]
    if said != ["ok"]:
        raise _unsound(path, "the file", f"damage: {'; '.join(said)}", "none")
    loose = db.execute("PRAGMA foreign_key_check").fetchone()
    if loose is not None:
        raise _unsound(path, f"row {loose[1]} of {loose[0]}", f"no row of {loose[2]} that it names", "one")


def _refuse_altered(db: Database, path: Path, table: str, number: int, leaf: bytes) -> None:
    """A row that is not what its leaf says, or a body that is not what its row says."""
    try:
        row = stored_row(db, table, number)
        withheld = table == "snapshots" and row["body"] == b"" and _has_takedown(db, row["sha256"])
        same = _without_body(table, row, leaf) if withheld else leaf_of(table, row) == leaf
    except (KeyError, ValueError) as error:
        raise _unsound(path, f"{table} {number}", f"no row that fits its leaf ({error})", "the row") from error
    if not same:
        raise _unsound(path, f"{table} {number}", "a row that differs from its leaf", "the fact as it was logged")
    if table == "snapshots" and not withheld:
        body, codec, size, sha256 = (row[name] for name in ("body", "codec", "bytes", "sha256"))
        unpack(body, codec=str(codec), size=size, sha256=str(sha256))  # type: ignore[arg-type]


def _without_body(table: str, row: dict[str, object], leaf: bytes) -> bool:
    stated = {name: value for name, value in read_leaf(leaf).items() if name != "body"}
    return leaf_of(table, {**row, "body": None}) == canonical(stated)


def _has_takedown(db: Database, sha256: object) -> bool:
    return db.execute("SELECT 1 FROM takedowns WHERE sha256 = ?", [sha256]).fetchone() is not None


def _refuse_checkpoint(path: Path, note: str, expected: Checkpoint, known: list[Verifier]) -> None:
    try:
        stated = read_checkpoint(signed_by(note, [one for one in known if one.name == expected.origin])[0])
    except NoteError as error:
        raise _unsound(path, f"the checkpoint of {expected.size} leaves", f"{error}", "a good note") from error
    if stated != expected:
        raise _unsound(
            path,
            f"the checkpoint of {expected.size} leaves",
            f"{stated}",
            f"name, size and root of the log: {expected}",
        )


def _refuse_unlogged(db: Database, path: Path) -> None:
    # One statement, so that a writer cannot come between the counts.
    counts = " + ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    facts, leaves = db.execute(f"SELECT {counts}, (SELECT count(*) FROM log)").fetchone()
    if facts != leaves:
        raise _unsound(path, "the log", f"{leaves} leaves beside {facts} facts", "one leaf for each fact")


def _unsound(path: Path, what: str, found: str, expected: str) -> ArchiveError:
    return ArchiveError(
        f"{path} is not sound: {what}: found {found}; expected {expected}. Nothing was changed: keep the file for inspection."
    )
