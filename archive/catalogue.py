"""The reading copy's account of what was captured: polls, captures, pages, releases and files, derived from the evidence.

It never reads a page or a file itself, and never writes a figure; what pages say is handed to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import NamedTuple

from sqlite_utils import Database

from archive.editions import Statement
from scraper.model import Outcome, PublicationPage, Series, SeriesPage

ACCEPTED: tuple[Outcome, ...] = ("new", "changed", "reissued", "unchanged")
"""Outcomes of captures whose body counts as what the address offers."""

_IS_ACCEPTED = "outcome IN ('new', 'changed', 'reissued', 'unchanged')"


class PageToRead(NamedTuple):
    """A captured page that has not been read yet with today's reader."""

    sha256: str
    address: str
    final_address: str
    series: str
    purpose: str


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


def mirror(evidence: Database, copy: Database) -> None:
    """Copy polls, captures, snapshots' particulars and findings that are not in the reading copy yet. Bytes stay behind."""
    _mirror_polls(evidence, copy)
    for table, key in (("captures", "capture_id"), ("findings", "finding_id")):
        newest = copy.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()[0]
        _copy_rows(evidence, copy, table, f"SELECT {{columns}} FROM {table} WHERE {key} > {newest} ORDER BY {key}")
    newest = copy.execute("SELECT coalesce(max(first_capture_id), 0) FROM snapshots").fetchone()[0]
    rows = evidence.execute(
        "SELECT sha256, bytes, length(body), sha512, sha1_b32, first_capture_id FROM snapshots WHERE first_capture_id >= ?",
        (newest,),
    )
    copy.conn.executemany("INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)


def _mirror_polls(evidence: Database, copy: Database) -> None:
    """Polls, again while they have no end here: a poll is copied while it runs and once more when it has ended."""
    oldest = copy.execute("SELECT min(poll_id) FROM polls WHERE ended_at IS NULL").fetchone()[0]
    newest = copy.execute("SELECT coalesce(max(poll_id), 0) FROM polls").fetchone()[0]
    rows = evidence.execute(
        "SELECT p.poll_id, p.series, p.reason, p.started_at, e.ended_at, e.outcome, e.captures, e.new_snapshots, e.findings,"
        " e.next_due_at, e.summary, p.software, p.definition_sha256"
        " FROM polls AS p LEFT JOIN poll_ends AS e ON e.poll_id = p.poll_id WHERE p.poll_id >= ? ORDER BY p.poll_id",
        (newest + 1 if oldest is None else oldest,),
    )
    copy.conn.executemany(
        "INSERT INTO polls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (poll_id) DO UPDATE SET"
        " ended_at = excluded.ended_at, outcome = excluded.outcome, captures = excluded.captures,"
        " new_snapshots = excluded.new_snapshots, findings = excluded.findings, next_due_at = excluded.next_due_at,"
        " summary = excluded.summary",
        rows,
    )


def _copy_rows(evidence: Database, copy: Database, table: str, select: str) -> None:
    columns = [column.name for column in copy.table(table).columns]
    rows = evidence.execute(select.format(columns=", ".join(columns)))
    copy.conn.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)


def record_series(copy: Database, series: Iterable[Series], schedules: dict[str, str]) -> None:
    """What each series' file states today; `schedules` tells by slug, in words, when it is looked at."""
    rows = (
        (
            s.slug, s.title, s.publisher, s.licence, s.licence_url, s.seed, schedules[s.slug], s.manners.robots_exception,
            int(s.made_up),
        )
        for s in series
    )  # fmt: skip
    copy.conn.executemany("INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


# ---------------------------------------------------------------- pages


def pages_to_read(copy: Database) -> list[PageToRead]:
    """Accepted captures of pages whose bytes have not been read as that address."""
    rows = copy.execute(
        "SELECT DISTINCT c.sha256, c.address, coalesce(c.final_address, c.address), c.series, c.purpose FROM captures AS c"
        " LEFT JOIN pages AS p ON p.sha256 = c.sha256 AND p.address = c.address"
        f" WHERE c.purpose IN ('series_page', 'publication_page', 'further_page') AND c.{_IS_ACCEPTED}"
        " AND c.sha256 IS NOT NULL AND p.sha256 IS NULL ORDER BY c.capture_id"
    )
    return [PageToRead(*row) for row in rows]


def record_page(copy: Database, page: PageToRead, said: SeriesPage | PublicationPage) -> None:
    """What one page says."""
    row: dict[str, object] = {
        "sha256": page.sha256, "address": page.address, "kind": said.kind, "identity": said.identity, "title": said.title,
        "notices": _json(said.notices), "resources": _json(said.resources), "publications": "[]",
    }  # fmt: skip
    if isinstance(said, SeriesPage):
        row["publications"] = _json(said.publications)
    else:
        for column in (
            "date_text", "published_on", "date_range_text", "period_from", "period_to", "last_edited_text", "last_edited_at",
            "summary",
        ):  # fmt: skip
            row[column] = getattr(said, column)
    copy.table("pages").insert(row)


def record_unread_page(copy: Database, page: PageToRead, because: str) -> None:
    """That one page could not be read, and why."""
    copy.table("pages").insert(
        {
            "sha256": page.sha256, "address": page.address, "kind": "unknown", "notices": "[]", "publications": "[]",
            "resources": "[]", "unread_because": because,
        }
    )  # fmt: skip


def forget_unread(copy: Database) -> None:
    """Let pages and files that could not be read be tried again."""
    copy.execute("DELETE FROM pages WHERE unread_because IS NOT NULL")
    copy.execute("DELETE FROM layouts WHERE unread_because IS NOT NULL")


def _json(values: Iterable[object]) -> str:
    return json.dumps([asdict(value) for value in values], ensure_ascii=False)  # type: ignore[call-overload]


# ---------------------------------------------------------------- releases


def remake_releases(copy: Database) -> None:
    """Bring `releases` up to date with pages, listings and deposits. A release once known never goes."""
    found: dict[tuple[str, str], dict[str, object]] = {}
    for source in (_listed, _only_files, _deposited, _on_pages):
        for key, columns in source(copy):
            known = found.setdefault(key, {"series": key[0], "publication": key[1], "title": key[1], "state": "listed"})
            known.update(columns)
    for row in found.values():
        names = list(row)
        copy.execute(
            f"INSERT INTO releases ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            " ON CONFLICT (series, publication) DO UPDATE SET "
            + ", ".join(f"{name} = excluded.{name}" for name in names[2:]),
            list(row.values()),
        )


_Releases = Iterable[tuple[tuple[str, str], dict[str, object]]]


def _listed(copy: Database) -> _Releases:
    """Publications on the newest series page that could be read."""
    rows = copy.execute(
        "SELECT c.series, p.publications, max(c.capture_id) FROM captures AS c"
        " JOIN pages AS p ON p.sha256 = c.sha256 AND p.address = c.address"
        f" WHERE c.purpose = 'series_page' AND c.{_IS_ACCEPTED} AND p.unread_because IS NULL GROUP BY c.series"
    )
    for series, publications, _ in rows.fetchall():
        for link in json.loads(publications):
            yield (
                (series, link["publication"]),
                {
                    "title": link["title"],
                    "state": "upcoming" if link["listed"] == "upcoming" else "listed",
                    "published_on": link["dated_on"],
                    "published_text": link["date_text"],
                    "page_address": link["address"],
                },
            )


def _on_pages(copy: Database) -> _Releases:
    """Publications whose own page was read, oldest capture first, so that the newest reading stands.

    The day of publication is the first that the page stated once it was public: later edits of it are shown in the page's
    history, and do not move the release among the vintages.
    """
    rows = copy.execute(
        "SELECT c.series, c.publication, c.address, c.sha256, c.requested_at, p.kind, p.title, p.published_on, p.date_text,"
        " p.period_from, p.period_to, p.last_edited_text, p.summary FROM captures AS c"
        " JOIN pages AS p ON p.sha256 = c.sha256 AND p.address = c.address"
        f" WHERE c.purpose = 'publication_page' AND c.publication IS NOT NULL AND c.{_IS_ACCEPTED}"
        " AND p.unread_because IS NULL ORDER BY c.capture_id"
    )
    first: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows.fetchall():
        key = (row[0], row[1])
        earliest = first.setdefault(key, {"at": row[4]})
        if row[5] != "stub" and row[7] and "published_on" not in earliest:
            earliest.update(published_on=row[7], date_text=row[8])
        yield (
            key,
            {
                "title": row[6],
                "state": "upcoming" if row[5] == "stub" else "published",
                "period_from": row[9],
                "period_to": row[10],
                "page_address": row[2],
                "page_sha256": row[3],
                "last_edited_text": row[11],
                "summary": row[12],
                "first_captured_at": earliest["at"],
                "last_captured_at": row[4],
            }
            | _day_of_publication(earliest.get("published_on", row[7]), earliest.get("date_text", row[8])),
        )


def _day_of_publication(published_on: str | None, published_text: str | None) -> dict[str, object]:
    """Nothing where a page states no day: what a deposit or the series page said of it then stands."""
    return {"published_on": published_on, "published_text": published_text} if published_on else {}


def _deposited(copy: Database) -> _Releases:
    """Publications of files that were handed in; what the publication's own page says stands above it."""
    rows = copy.execute(
        "SELECT series, publication, min(published_on), min(requested_at), max(requested_at) FROM captures"
        " WHERE way = 'deposit' GROUP BY series, publication"
    )
    for series, publication, published_on, first, last in rows.fetchall():
        yield (
            (series, publication),
            {"state": "deposited", "first_captured_at": first, "last_captured_at": last}
            | ({"published_on": published_on} if published_on else {}),
        )


def _only_files(copy: Database) -> _Releases:
    """Releases of files whose page was never read, among them the series page's own files (publication `-`)."""
    rows = copy.execute(
        "SELECT c.series, coalesce(c.publication, '-'), min(c.requested_at) FROM captures AS c"
        f" WHERE c.purpose = 'file' AND c.way = 'http' AND c.{_IS_ACCEPTED} GROUP BY 1, 2"
    )
    for series, publication, _ in rows.fetchall():
        own: dict[str, object] = {"title": "Files of the series page itself"} if publication == "-" else {}
        yield (series, publication), own


# ---------------------------------------------------------------- files


def file_sightings(copy: Database) -> list[FileSighting]:
    """Every file of every release, one per name and bytes. An answer "not modified" confirms the bytes captured before it."""
    rows = copy.execute(
        "WITH seen AS ("
        " SELECT c.capture_id, c.series, coalesce(c.publication, '-') AS publication, c.file_name,"
        "  coalesce(c.sha256, b.sha256) AS sha256, c.link_text, c.address, c.way, c.origin, c.requested_at"
        " FROM captures AS c"
        " LEFT JOIN captures AS b ON c.outcome = 'not_modified' AND b.capture_id = c.previous_capture_id"
        f" WHERE c.purpose = 'file' AND (c.{_IS_ACCEPTED} OR c.outcome = 'not_modified'))"
        " SELECT seen.series, seen.publication, coalesce(seen.file_name, 'unnamed'), seen.sha256,"
        " coalesce(max(seen.link_text), max(seen.file_name), 'unnamed'), s.bytes,"
        "  max(CASE WHEN way = 'http' THEN address END), max(origin), min(requested_at), substr(max(requested_at), 1, 10)"
        " FROM seen JOIN snapshots AS s ON s.sha256 = seen.sha256 GROUP BY 1, 2, 3, 4 ORDER BY min(seen.capture_id)"
    )
    return [FileSighting(*row) for row in rows]


def record_file(copy: Database, seen: FileSighting, state: str, because: str | None) -> None:
    """One file as it stands today. What was read of it is noted by `record_read`."""
    copy.execute(
        "INSERT INTO files (release_id, file_name, name, sha256, bytes, address, origin, first_captured_at, last_confirmed_on,"
        " state, unread_because) SELECT release_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM releases"
        " WHERE series = ? AND publication = ?"
        " ON CONFLICT (release_id, file_name, sha256) DO UPDATE SET name = excluded.name, address = excluded.address,"
        " origin = excluded.origin, first_captured_at = excluded.first_captured_at,"
        " last_confirmed_on = excluded.last_confirmed_on, state = excluded.state, unread_because = excluded.unread_because",
        (
            seen.file_name, seen.name, seen.sha256, seen.bytes, seen.address, seen.origin, seen.first_captured_at,
            seen.last_confirmed_on, state, because, seen.series, seen.publication,
        ),
    )  # fmt: skip


def statements(copy: Database) -> list[Statement]:
    """Every time a release was found to state a family anew, from captures and deposits of files whose layout is known."""
    rows = copy.execute(
        "SELECT c.series, coalesce(c.publication, '-'), l.family, c.sha256, c.file_name,"
        " coalesce(r.published_on, substr(min(c.requested_at) OVER (PARTITION BY r.release_id), 1, 10)),"
        " CASE WHEN c.way = 'deposit' THEN c.published_on END,"
        " CASE WHEN c.way = 'deposit' THEN '' ELSE c.requested_at END, CASE WHEN c.way = 'deposit' THEN 0 ELSE c.poll_id END"
        " FROM captures AS c JOIN layouts AS l ON l.sha256 = c.sha256 AND l.family IS NOT NULL AND l.unread_because IS NULL"
        " JOIN releases AS r ON r.series = c.series AND r.publication = coalesce(c.publication, '-')"
        " JOIN files AS f ON f.release_id = r.release_id AND f.sha256 = c.sha256 AND f.file_name = c.file_name"
        "  AND f.state <> 'kept'"
        f" WHERE c.purpose = 'file' AND ((c.way = 'http' AND c.outcome IN ('new', 'changed', 'reissued'))"
        f" OR (c.way = 'deposit' AND c.{_IS_ACCEPTED})) ORDER BY c.capture_id"
    )
    return [Statement(*row) for row in rows]


def read_files(copy: Database) -> set[tuple[str, str]]:
    """(SHA-256, file name) of the files whose figures are loaded."""
    return set(copy.execute("SELECT sha256, file_name FROM files WHERE state = 'read'").fetchall())


# ---------------------------------------------------------------- layouts


def known_layouts(copy: Database) -> dict[str, str | None]:
    """By SHA-256, why a snapshot is unread; None where its layout is known."""
    return dict(copy.execute("SELECT sha256, unread_because FROM layouts").fetchall())


def schema_of(copy: Database, sha256: str) -> str:
    """Name of the schema whose layout a snapshot has."""
    return str(copy.execute("SELECT schema FROM layouts WHERE sha256 = ?", (sha256,)).fetchone()[0])


def record_layout(copy: Database, sha256: str, family: str | None, schema: str | None, because: str | None) -> None:
    """Which layout a snapshot has, or why none is known."""
    row = (sha256, family, schema, because)
    copy.execute("INSERT INTO layouts (sha256, family, schema, unread_because) VALUES (?, ?, ?, ?)", row)


def mark_unreadable(copy: Database, sha256: str, because: str) -> None:
    """A snapshot of a known layout that broke it further down."""
    copy.execute("UPDATE layouts SET unread_because = ? WHERE sha256 = ?", (because, sha256))
    copy.execute("UPDATE files SET unread_because = ? WHERE sha256 = ?", (because, sha256))
