"""Walks the log once, entry by entry: every leaf beside its hash, its spelling, its row; and the roots on the way.

Streams: holds one entry at a time. Never looks into the bytes of snapshots, and knows nothing of keys.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from archive.leaves import leaf_of, read_canonical, table_of
from archive.merkle import EMPTY_ROOT, GrowingTree, leaf_hash
from archive.migrations import NUMBERED, NUMBERS
from archive.verify_codes import Problems
from archive.verify_file import blueprint
from archive.verify_times import Times

Row = dict[str, object]

SNAPSHOT = "snapshot_id, sha256, bytes, sha512, sha1_b32, first_capture_id, codec"


class Entry(NamedTuple):
    """One row of the log."""

    number: int
    table: str
    fact: int
    leaf: bytes
    digest: bytes

    @property
    def place(self) -> str:
        """How a person finds it."""
        return f"entry {self.number} ({self.table} {self.fact})"


class Walked(NamedTuple):
    """What the walk found out."""

    size: int
    roots: dict[int, bytes]
    """Root at each size that was asked for, as far as the log reaches."""
    instants: dict[int, str]
    """The newest instant recorded within each of these sizes; none for facts that stood before the log."""


def walk(conn: sqlite3.Connection, sizes: Iterable[int], times: Times, problems: Problems) -> Walked:
    """Check every entry, and find the log's root at each of these sizes.

    Raises sqlite3.DatabaseError where the file cannot be read on.
    """
    facts, tree, wanted = Facts(conn), GrowingTree(), set(sizes)
    roots = {0: EMPTY_ROOT}
    instants: dict[int, str] = {}
    expected = 0
    query = "SELECT entry, fact_table, fact_number, CAST(leaf AS BLOB), leaf_hash FROM log ORDER BY entry"
    for entry in map(Entry._make, conn.execute(query)):
        if entry.number != expected:
            problems.add("E-LOG-05", f"entry {entry.number}", f"that number where {expected} was due")
        expected = entry.number + 1
        row = facts.of(entry)
        tree.add(check_entry(entry, row, problems))
        if row is not None:
            times.see(entry.number, entry.table, row)
        if tree.size in wanted:
            roots[tree.size] = tree.root()
            if times.last is not None:
                instants[tree.size] = times.last
    _check_tables(conn, problems)
    _check_polls(conn, problems)
    return Walked(tree.size, roots, instants)


class Facts:
    """Rows of facts, by the number that the log states."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._queries = {
            table: f"SELECT {SNAPSHOT if table == 'snapshots' else '*'} FROM {table} WHERE {number} = ?"
            for table, number in NUMBERS.items()
        }
        self._columns = {
            table: [column[0] for column in conn.execute(f"{query} LIMIT 0", [0]).description]
            for table, query in self._queries.items()
        }

    def of(self, entry: Entry) -> Row | None:
        """The row that an entry stands for; None where there is none. An empty one where it holds text that is no text."""
        query = self._queries.get(entry.table)
        if query is None:
            return None
        try:
            row = self._conn.execute(query, [entry.fact]).fetchone()
        except sqlite3.OperationalError as error:
            if hasattr(error, "sqlite_errorcode"):
                raise
            return {}  # Python found bytes that are not UTF-8 where text should be: SQLite itself does not look
        return None if row is None else dict(zip(self._columns[entry.table], row, strict=True))


def check_entry(entry: Entry, row: Row | None, problems: Problems) -> bytes:
    """Check one entry; returns the hash that stands for it in the tree.

    Of a leaf and a hash that do not fit each other, the one that fits the row was the one that is signed.
    """
    made = _made_again(entry, row)
    digest = leaf_hash(entry.leaf)
    if made == entry.leaf and digest == entry.digest:
        return digest
    if digest != entry.digest:
        problems.add("E-LOG-06", entry.place, f"a leaf with the hash {digest.hex()} beside {entry.digest.hex()}")
        return digest if made == entry.leaf else entry.digest
    code, found = _what_is_wrong(entry, row, made)
    problems.add(code, entry.place, found)
    return digest


def _made_again(entry: Entry, row: Row | None) -> bytes | None:
    """The leaf, made again from the row; None where that is not possible."""
    if row is None:
        return None
    try:
        if entry.table == "snapshots":
            # By name, as the leaf states it: whether the bytes are those is asked where they are read.
            row = {**row, "body": json.loads(entry.leaf)["body"]}
        return leaf_of(entry.table, row)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _what_is_wrong(entry: Entry, row: Row | None, made: bytes | None) -> tuple[str, str]:
    try:
        content = read_canonical(entry.leaf)
    except ValueError as error:
        return "E-LOG-07", f"a leaf that is not in its one spelling ({error})"
    unknown = _unknown_form(content)
    if unknown:
        return "E-LOG-08", unknown
    table = table_of(str(content["kind"]))
    number = content[NUMBERS[table]]
    if (table, number) != (entry.table, entry.fact):
        return "E-COL-03", f"a leaf of {table} {number}"
    if row is None:
        return "E-COL-03", f"no row {number} in {table}"
    return "E-COL-01", f"another value in {', '.join(_differing(content, made)) or 'a text that is not UTF-8'}"


def _unknown_form(content: Row) -> str | None:
    if content.get("v") != 1:
        return f"the version {content.get('v')!r}"
    try:
        table = table_of(str(content.get("kind")))
    except ValueError:
        return f"the kind {content.get('kind')!r}"
    missing = sorted(blueprint().required[table] - content.keys())
    return f"a leaf without {', '.join(missing)}" if missing else None


def _differing(content: Row, made: bytes | None) -> list[str]:
    again = json.loads(made) if made is not None else {}
    return sorted(key for key in content.keys() | again.keys() if made and content.get(key) != again.get(key))


def _check_polls(conn: sqlite3.Connection, problems: Problems) -> None:
    """Polls that were cut off. The newest may be under way."""
    cut_off = (
        "SELECT poll_id, started_at FROM polls LEFT JOIN poll_ends USING (poll_id) WHERE outcome = 'interrupted'"
        " OR (outcome IS NULL AND poll_id < (SELECT max(poll_id) FROM polls)) ORDER BY poll_id"
    )
    for poll, started_at in conn.execute(cut_off):
        problems.add("W-RUN-01", f"poll {poll}", f"a poll that began at {started_at} and did not end")


def _check_tables(conn: sqlite3.Connection, problems: Problems) -> None:
    """Facts that no leaf stands for, and numbers that are missing."""
    for table, number in NUMBERS.items():
        without = (
            f"SELECT {number} FROM {table} WHERE NOT EXISTS"
            f" (SELECT 1 FROM log WHERE fact_table = '{table}' AND fact_number = {table}.{number})"
        )
        for (fact,) in conn.execute(without):
            problems.add("E-COL-02", f"{table} {fact}", "a row without a leaf")
    for table, number in NUMBERED.items():
        count, newest = conn.execute(f"SELECT count(*), coalesce(max({number}), 0) FROM {table}").fetchone()
        if count != newest:
            problems.add("E-COL-04", table, f"{count} rows numbered up to {newest}")
