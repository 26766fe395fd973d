"""Which layouts the bytes of files have, as far as today's schemas know, and which files lie inside zip archives.

It never opens a file: what was found out is handed to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database


class Layout(NamedTuple):
    """What is known of the layout of one snapshot, or of one sheet of a workbook."""

    sha256: str
    part: str
    """The sheet; "" for a CSV file, and for what concerns a file as a whole."""
    family: str | None
    schema: str | None
    unread_because: str | None


class Known(NamedTuple):
    """What is known of a snapshot's layouts."""

    is_readable: bool
    """Whether the layout of at least one of its tables is known."""
    unread_because: str | None
    """Why it, or a part of it, is unread; None where nothing is."""


def known_layouts(copy: Database) -> dict[str, Known]:
    """What is known of the layouts of snapshots, by SHA-256."""
    rows = copy.execute(
        "SELECT sha256, count(*) > count(unread_because), group_concat(unread_because, ' ')"
        " FROM (SELECT * FROM layouts ORDER BY sha256, part) GROUP BY sha256"
    )
    return {sha256: Known(bool(is_readable), because) for sha256, is_readable, because in rows}


def schema_of(copy: Database, sha256: str, family: str) -> str:
    """Name of the schema by which a snapshot states a family."""
    asked = (sha256, family)
    return str(copy.execute("SELECT schema FROM layouts WHERE sha256 = ? AND family = ?", asked).fetchone()[0])


def record_layout(copy: Database, layout: Layout) -> None:
    """Which layout a snapshot, or one sheet of it, has, or why none is known."""
    sql = "INSERT INTO layouts (sha256, part, family, schema, unread_because) VALUES (?, ?, ?, ?, ?)"
    copy.execute(sql, layout)


def mark_unreadable(copy: Database, sha256: str, family: str, because: str) -> None:
    """A table of a known layout that broke it further down."""
    copy.execute("UPDATE layouts SET unread_because = ? WHERE sha256 = ? AND family = ?", (because, sha256, family))
    copy.execute("UPDATE files SET unread_because = ? WHERE sha256 = ?", (because, sha256))


def forget_unread_layouts(copy: Database) -> None:
    """Let files that could not be read, or not in every part, be tried again."""
    sql = "DELETE FROM layouts WHERE sha256 IN (SELECT sha256 FROM layouts WHERE unread_because IS NOT NULL)"
    copy.execute(sql)


# ---------------------------------------------------------------- members of zip archives


class HeldMember(NamedTuple):
    """One file inside a zip archive."""

    name: str
    sha256: str
    bytes: int


def members_of(copy: Database, container_sha256: str) -> list[HeldMember]:
    """The files in a zip archive that was opened before; none where it was not."""
    sql = "SELECT member, sha256, bytes FROM members WHERE container_sha256 = ? ORDER BY member"
    return [HeldMember(*row) for row in copy.execute(sql, (container_sha256,))]


def record_members(copy: Database, container_sha256: str, members: Iterable[tuple[str, str, int]]) -> None:
    """The files in a zip archive: name, SHA-256 and size of each."""
    rows = ((container_sha256, *member) for member in members)
    copy.conn.executemany("INSERT INTO members (container_sha256, member, sha256, bytes) VALUES (?, ?, ?, ?)", rows)


def container_of(copy: Database, sha256: str) -> tuple[str, str] | None:
    """(SHA-256 of a zip archive, name in it) where bytes can be had that are no snapshot of their own; else None."""
    row = copy.execute(
        "SELECT container_sha256, member FROM members WHERE sha256 = :sha256"
        " AND NOT EXISTS (SELECT 1 FROM snapshots WHERE sha256 = :sha256)"
        # An archive whose bytes are withheld stores none; another one may still hold the same file.
        " ORDER BY (SELECT stored_bytes = 0 FROM snapshots WHERE sha256 = container_sha256), 1, 2 LIMIT 1",
        {"sha256": sha256},
    ).fetchone()
    return row and (row[0], row[1])


def containers(copy: Database) -> set[str]:
    """SHA-256 of every zip archive that was opened."""
    return {row[0] for row in copy.execute("SELECT DISTINCT container_sha256 FROM members")}
