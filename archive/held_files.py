"""The reading copy's list of files: which release offered which bytes when, and what they are to state.

It never opens a file, and never decides in which order the publisher stated them.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from archive.catalogue import IS_ACCEPTED, IS_RELEASED, RELEASED
from archive.editions import Statement


class FileSighting(NamedTuple):
    """One file of one release, by name and bytes, and when it was seen."""

    series: str
    publication: str
    file_name: str
    sha256: str
    name: str
    bytes: int
    address: str | None
    origin: str | None
    first_captured_at: str
    last_confirmed_on: str
    member_of: str | None = None
    """SHA-256 of the zip archive that holds it; None for a file of its own."""


def file_sightings(copy: Database) -> list[FileSighting]:
    """Every file of every release, one per name and bytes. An answer "not modified" confirms the bytes captured before it."""
    rows = copy.execute(
        "WITH seen AS ("
        " SELECT c.capture_id, c.series, coalesce(c.publication, '-') AS publication, c.file_name,"
        "  coalesce(c.sha256, b.sha256) AS sha256, c.link_text, c.address, c.way, c.origin, c.requested_at"
        " FROM captures AS c"
        " LEFT JOIN captures AS b ON c.outcome = 'not_modified' AND b.capture_id = c.previous_capture_id"
        f" WHERE c.purpose = 'file' AND (c.{IS_ACCEPTED} OR c.outcome = 'not_modified' OR ({IS_RELEASED})))"
        " SELECT seen.series, seen.publication, coalesce(seen.file_name, 'unnamed'), seen.sha256,"
        " coalesce(max(seen.link_text), max(seen.file_name), 'unnamed'), s.bytes,"
        "  max(CASE WHEN way = 'http' THEN address END), max(origin), min(requested_at), substr(max(requested_at), 1, 10)"
        " FROM seen JOIN snapshots AS s ON s.sha256 = seen.sha256 GROUP BY 1, 2, 3, 4 ORDER BY min(seen.capture_id)"
    )
    return [FileSighting(*row) for row in rows]


def record_file(copy: Database, seen: FileSighting, state: str, because: str | None) -> None:
    """One file as it stands today. What was read of it is noted by `record_read`."""
    copy.execute(
        "INSERT INTO files (release_id, file_name, name, sha256, bytes, member_of, address, origin, first_captured_at,"
        " last_confirmed_on, state, unread_because) SELECT release_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM releases"
        " WHERE series = ? AND publication = ?"
        " ON CONFLICT (release_id, file_name, sha256) DO UPDATE SET name = excluded.name, address = excluded.address,"
        " origin = excluded.origin, first_captured_at = excluded.first_captured_at,"
        " last_confirmed_on = excluded.last_confirmed_on, state = excluded.state, unread_because = excluded.unread_because",
        (
            seen.file_name, seen.name, seen.sha256, seen.bytes, seen.member_of, seen.address, seen.origin, seen.first_captured_at,
            seen.last_confirmed_on, state, because, seen.series, seen.publication,
        ),
    )  # fmt: skip


_CONTENTS = (
    "SELECT sha256 AS container_sha256, sha256, NULL AS member FROM snapshots"
    " UNION ALL SELECT container_sha256, sha256, member FROM members"
)
"""What a captured file brings: itself and, where it is a zip archive, its members."""


_SEEN_AGAIN = (
    "c.way = 'http' AND c.outcome = 'unchanged' AND c.address IN"
    f" (SELECT address FROM captures WHERE purpose = 'file' AND outcome = 'suspect' AND sha256 IN ({RELEASED}))"
)
"""Where bytes were released, those that stood before and came again after them were put back, though each look said unchanged."""


def statements(copy: Database) -> list[Statement]:
    """Every time a release was found to state a family anew, from captures and deposits of files whose layout is known."""
    rows = copy.execute(
        f"WITH contents AS ({_CONTENTS})"
        " SELECT c.series, coalesce(c.publication, '-'), l.family, f.sha256, f.file_name,"
        " coalesce(r.published_on, substr(min(c.requested_at) OVER (PARTITION BY r.release_id), 1, 10)),"
        " CASE WHEN c.way = 'deposit' THEN c.published_on END,"
        " CASE WHEN c.way = 'deposit' THEN '' ELSE c.requested_at END, CASE WHEN c.way = 'deposit' THEN 0 ELSE c.poll_id END"
        " FROM captures AS c JOIN contents AS x ON x.container_sha256 = c.sha256"
        " JOIN layouts AS l ON l.sha256 = x.sha256 AND l.family IS NOT NULL AND l.unread_because IS NULL"
        " JOIN releases AS r ON r.series = c.series AND r.publication = coalesce(c.publication, '-')"
        " JOIN files AS f ON f.release_id = r.release_id AND f.sha256 = x.sha256"
        "  AND f.file_name = coalesce(x.member, c.file_name) AND f.state NOT IN ('kept', 'withheld')"
        f" WHERE c.purpose = 'file' AND ((c.way = 'http' AND c.outcome IN ('new', 'changed', 'reissued'))"
        f" OR (c.way = 'deposit' AND c.{IS_ACCEPTED}) OR ({IS_RELEASED}) OR ({_SEEN_AGAIN})) ORDER BY c.capture_id"
    )
    return [Statement(*row) for row in rows]


def read_files(copy: Database) -> set[tuple[str, str]]:
    """(SHA-256, file name) of the files whose figures are loaded."""
    return set(copy.execute("SELECT sha256, file_name FROM files WHERE state = 'read'").fetchall())
