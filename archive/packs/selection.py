"""Which facts of the evidence a pack concerns: those of a file, of a release, of a difference between two vintages.

Reads only. What was recorded after the checkpoint is left out; nothing is asked of the figures but where they came from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import ArchiveError, TooLargeError
from archive.packs.members import Member, csv_file, one_line, slug
from archive.site.compose import question_sql

UNSIGNED = "It may have been recorded after the newest checkpoint: the next `optout poll` or `optout deposit` signs it."


class Selection(NamedTuple):
    """What a pack is about."""

    name: str
    """A slug: the pack's own name."""
    title: str
    about: str
    """Plain words, one sentence or two."""
    captures: tuple[int, ...]
    bodies: tuple[str, ...]
    """SHA-256 of snapshots whose bytes go into the pack."""
    named: tuple[str, ...] = ()
    """SHA-256 of snapshots that stand there by their leaf alone."""
    tables: tuple[Member, ...] = ()


def newest_signed(db: Database, size: int) -> int:
    """The newest capture that the first `size` leaves hold; 0 where none does. Captures are logged in their order."""
    row = db.execute("SELECT max(fact_number) FROM log WHERE fact_table = 'captures' AND entry < ?", [size]).fetchone()
    return row[0] or 0


def of_file(db: Database, size: int, sha256: str) -> Selection:
    """Every capture that brought or confirmed these bytes, and the pages that linked to them first and last.

    Raises ArchiveError where the signed log names no such snapshot.
    """
    captures = _of_bytes(db, size, sha256)
    if not captures:
        raise ArchiveError(
            f"{sha256}: found no file of that SHA-256 in the signed log, expected 64 characters, lower case, copied whole. "
            f"{UNSIGNED}"
        )
    pages = _pages_of(db, captures)
    about = f"the bytes with the SHA-256 {sha256}, every capture that brought or confirmed them, and the page that linked to them"
    everything = (*captures, *pages)
    return Selection(f"file-{sha256[:16]}", f"File {sha256}", about, everything, _bodies(db, everything))


def of_release(db: Database, size: int, series: str, publication: str) -> Selection:
    """Every capture of a publication's page and files, whatever came of it, and all bytes that they brought.

    Raises ArchiveError where the signed log holds none.
    """
    captures = _numbers(
        db,
        "SELECT capture_id FROM captures WHERE series = ? AND publication = ? AND capture_id <= ? ORDER BY capture_id",
        [series, publication, newest_signed(db, size)],
    )
    if not captures:
        raise ArchiveError(
            f"{series}/{publication}: found no capture of that publication in the signed log, expected SERIES/PUBLICATION, "
            f"such as national-data-opt-out/july-2021. {UNSIGNED}"
        )
    name = slug(f"release-{series}-{publication}", 100)
    about = f"every capture of the page and files of the publication {one_line(publication)} of the series {one_line(series)}"
    return Selection(
        name, f"Release {one_line(series)}/{one_line(publication)}", about, captures, _bodies(db, captures)
    )


def of_difference(db: Database, copy: Database, size: int, a: int, b: int, most: int | None = None) -> Selection:
    """The files that two vintages were read from, the pages that linked to them, and what differs, as a table.

    Raises ArchiveError for a vintage that is not there, or whose files the signed log does not hold, and TooLargeError where
    more than `most` rows differ: the table is held in memory.
    """
    older, newer = sorted((a, b))
    labels = [_label(copy, vintage) for vintage in (older, newer)]
    files = [_file_of(db, size, sha256) for sha256 in _files_of(copy, (older, newer))]
    captures = tuple(number for found in files for number in found)
    everything = tuple(sorted({*captures, *(page for found in files for page in _pages_of(db, found))}))
    title = f"Differences between vintage {older} ({labels[0]}) and vintage {newer} ({labels[1]})"
    about = (
        f"what differs between {labels[0]} and {labels[1]} (data/differences.csv), the files that state it, and the pages "
        f"that linked to them"
    )
    table = _differences(copy, older, newer, most)
    return Selection(f"difference-{older}-{newer}", title, about, everything, _bodies(db, everything), (), (table,))


def _of_bytes(db: Database, size: int, sha256: str) -> tuple[int, ...]:
    """Captures that brought these bytes, on the wire or decoded, or were told that they had not been modified."""
    return _numbers(
        db,
        "SELECT capture_id FROM captures WHERE capture_id <= :newest AND (sha256 = :sha256 OR wire_sha256 = :sha256"
        " OR (outcome = 'not_modified' AND previous_capture_id IN"
        " (SELECT capture_id FROM captures WHERE sha256 = :sha256))) ORDER BY capture_id",
        {"newest": newest_signed(db, size), "sha256": sha256},
    )


def _pages_of(db: Database, captures: tuple[int, ...]) -> tuple[int, ...]:
    """The captures of the pages by which the first and the last of these captures came to be asked for."""
    return _numbers(
        db,
        "SELECT DISTINCT via_capture_id FROM captures WHERE capture_id IN (?, ?) AND via_capture_id IS NOT NULL ORDER BY 1",
        [captures[0], captures[-1]],
    )


def _bodies(db: Database, captures: Iterable[int]) -> tuple[str, ...]:
    """SHA-256 of everything that these captures brought, decoded and, where it was kept, as it came on the wire."""
    rows = db.execute(
        "SELECT sha256 FROM snapshots WHERE sha256 IN (SELECT sha256 FROM captures WHERE capture_id IN"
        " (SELECT value FROM json_each(:numbers)) UNION SELECT wire_sha256 FROM captures WHERE capture_id IN"
        " (SELECT value FROM json_each(:numbers))) ORDER BY snapshot_id",
        {"numbers": json.dumps(list(captures))},
    )
    return tuple(sha256 for (sha256,) in rows.fetchall())


def _numbers(db: Database, sql: str, values: list[object] | dict[str, object]) -> tuple[int, ...]:
    return tuple(number for (number,) in db.execute(sql, values).fetchall())


def _label(copy: Database, vintage: int) -> str:
    row = copy.execute("SELECT label FROM vintages WHERE vintage = ?", [vintage]).fetchone()
    if row is None:
        raise ArchiveError(
            f"vintage: found {vintage}; expected the number of a vintage, as the table vintages lists them."
        )
    return one_line(row[0])


def _files_of(copy: Database, vintages: tuple[int, int]) -> list[str]:
    """SHA-256 of the files that vintages were read from; of the archive that holds it where a file came in a zip."""
    rows = copy.execute(
        "SELECT DISTINCT coalesce(f.member_of, f.sha256) FROM loads AS l JOIN files AS f ON f.file_id = l.file_id"
        " WHERE l.vintage IN (?, ?) ORDER BY 1",
        list(vintages),
    )
    return [sha256 for (sha256,) in rows.fetchall()]


def _file_of(db: Database, size: int, sha256: str) -> tuple[int, ...]:
    captures = _of_bytes(db, size, sha256)
    if not captures:
        raise ArchiveError(f"{sha256}: found a file of a vintage that the signed log does not hold. {UNSIGNED}")
    return captures


def _differences(copy: Database, older: int, newer: int, most: int | None) -> Member:
    found = copy.execute(question_sql()["compare_vintages"], {"family": "", "a": str(older), "b": str(newer)})
    rows = list(found if most is None else islice(found, most + 1))
    if most is not None and len(rows) > most:
        raise TooLargeError(f"More than {most:,} rows differ between the two.")
    return csv_file("data/differences.csv", [column[0] for column in found.description], rows)
