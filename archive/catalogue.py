"""The reading copy's account of what was captured: polls, captures, pages and releases, derived from the evidence.

It never reads a page itself, and never writes a figure; what pages say is handed to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import NamedTuple

from sqlite_utils import Database

from archive.outcomes import ACCEPTED
from scraper.model import PublicationPage, Series, SeriesPage

IS_ACCEPTED = f"outcome IN ({', '.join(repr(outcome) for outcome in ACCEPTED)})"
"""Outcomes of captures whose body counts as what the address offers, as a condition in SQL."""


IS_NO_CANARY = "coalesce(c.link_text, '') NOT LIKE 'canary: %'"
"""Captures that are about the series: what is asked for only to prove our way to the publisher is no page of it."""

RELEASED = "SELECT sha256 FROM quarantine_rulings WHERE ruling = 'released'"
IS_RELEASED = f"c.purpose = 'file' AND c.outcome = 'suspect' AND c.sha256 IN ({RELEASED})"
"""Captures of suspect files that a person has released, as a condition in SQL on `captures AS c`: they count as accepted."""


class PageToRead(NamedTuple):
    """A captured page that has not been read yet with today's reader."""

    sha256: str
    address: str
    final_address: str
    series: str
    purpose: str


def mirror(evidence: Database, copy: Database) -> None:
    """Copy polls, captures, snapshots' particulars, findings and checkpoints that are not in the reading copy yet; no bytes."""
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
    _mirror_log(evidence, copy)


def _mirror_log(evidence: Database, copy: Database) -> None:
    """Checkpoints, and anchors without what proves them."""
    for table, key, select in (
        ("checkpoints", "size", "SELECT size, lower(hex(root)), note, made_at FROM checkpoints"),
        ("anchors", "anchor_id", "SELECT anchor_id, size, kind, party, got_at FROM anchors"),
    ):
        newest = copy.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()[0]
        rows = evidence.execute(f"{select} WHERE {key} > ? ORDER BY {key}", (newest,)).fetchall()
        for row in rows:
            copy.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


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
        f" WHERE c.purpose IN ('series_page', 'publication_page', 'further_page') AND c.{IS_ACCEPTED}"
        f" AND {IS_NO_CANARY}"
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


def forget_unread_pages(copy: Database) -> None:
    """Let pages that could not be read be tried again."""
    copy.execute("DELETE FROM pages WHERE unread_because IS NOT NULL")


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
        f" WHERE c.purpose = 'series_page' AND c.{IS_ACCEPTED} AND p.unread_because IS NULL GROUP BY c.series"
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
        f" WHERE c.purpose = 'publication_page' AND c.publication IS NOT NULL AND c.{IS_ACCEPTED}"
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
        f" WHERE c.purpose = 'file' AND c.way = 'http' AND (c.{IS_ACCEPTED} OR {IS_RELEASED}) GROUP BY 1, 2"
    )
    for series, publication, _ in rows.fetchall():
        own: dict[str, object] = {"title": "Files of the series page itself"} if publication == "-" else {}
        yield (series, publication), own
