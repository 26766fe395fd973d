"""Writes the captures of an archive as WARC 1.1: each exchange, deposit and failure once, with our leaf beside it.

A pure function of the log: the same size gives the same records. Holds no command, fetches nothing, writes no fact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.errors import ArchiveError
from archive.log import log_size, origin_of
from archive.store import read_snapshot
from archive.warc_records import (
    IDENTICAL,
    NOT_MODIFIED,
    Record,
    digest_of,
    record_id,
    target_uri,
    warc_fields,
)
from archive.withheld_forms import withheld_forms

REQUEST, RESPONSE = "application/http;msgtype=request", "application/http;msgtype=response"
FIELDS = "application/warc-fields"

CAPTURES = (
    "SELECT c.*, l.entry, l.leaf, v.address AS via_of FROM captures AS c"
    " JOIN log AS l ON l.fact_table = 'captures' AND l.fact_number = c.capture_id"
    " LEFT JOIN captures AS v ON v.capture_id = c.via_capture_id"
    " WHERE l.entry < :size AND (:series IS NULL OR c.series = :series)"
    " AND (:since IS NULL OR c.requested_at >= :since) AND (:until IS NULL OR substr(c.requested_at, 1, 10) <= :until)"
    " ORDER BY c.capture_id"
)

ABOUT = (
    "Made from an opt-out archive's own record, which holds every head and body byte for byte. Bodies stand here as they came "
    "after transfer coding; a Transfer-Encoding field is therefore renamed X-Archive-Orig-Transfer-Encoding, and the head as "
    "received stands in the leaf, in the metadata record. Of a redirect that was followed only address, status and Location are "
    "kept: its response record holds these and nothing else. A body that is whole and stands here already is a revisit."
)

Row = dict[str, Any]


class Span(NamedTuple):
    """Which captures are wanted; None takes all. Days are UTC, YYYY-MM-DD, both included."""

    series: str | None = None
    since: str | None = None
    until: str | None = None


class Held(NamedTuple):
    """The response record that holds a body."""

    record_id: str
    uri: str
    date: str


def warc_records(db: Database, span: Span, software: str) -> Iterator[Record]:
    """All records: one about the file, then the captures in the order of the log.

    Raises ArchiveError where nothing was captured in the span, or a stored body is damaged.
    """
    size, origin = log_size(db), origin_of(db)
    asked = {"size": size, "series": span.series, "since": span.since, "until": span.until}
    found = db.execute(CAPTURES, asked)
    columns = [column[0] for column in found.description]
    writer: _Writer | None = None
    for values in found:
        row = dict(zip(columns, values, strict=True))
        if writer is None:
            writer = _Writer(db, origin, record_id(origin, size, json.dumps(span)))
            yield writer.about(row, span, size, software)
        yield from writer.records(row)
    if writer is None:
        raise ArchiveError(
            "No capture in the log fits: found none, expected one or more. See `optout status` for what there is."
        )


class _Writer:
    """Turns captures into records, and remembers which body stands where."""

    def __init__(self, db: Database, origin: str, file_id: str) -> None:
        self._db, self._origin, self._file_id = db, origin, file_id
        self._held: dict[str, Held] = {}
        self._withheld = withheld_forms(db)

    def about(self, first: Row, span: Span, size: int, software: str) -> Record:
        """The record about the file; dated as its first capture, because no clock is read."""
        block = warc_fields(
            [
                ("software", software),
                ("format", "WARC File Format 1.1"),
                ("conformsTo", "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"),
                ("isPartOf", f"{self._origin}#{size}"),
                ("series", span.series),
                ("from", span.since),
                ("until", span.until),
                ("description", ABOUT),
            ]
        )
        return Record("warcinfo", self._file_id, first["requested_at"], (), FIELDS, block)

    def records(self, row: Row) -> Iterator[Record]:
        """The records of one capture: hops, request, answer, and what we know of it."""
        if row["way"] == "deposit":
            answer = self._deposit(row)
        else:
            yield from (self._hop(row, place, hop) for place, hop in enumerate(json.loads(row["redirects"])))
            if row["request_head"]:
                yield self._record(row, "request", REQUEST, _ended(row["request_head"]))
            answer = self._answer(row)
        if answer is not None:
            yield answer
        yield self._metadata(row, answer)

    def _answer(self, row: Row) -> Record | None:
        """The response, or a revisit where the body stands here already; None where no answer came, or its bytes are withheld."""
        if row["status"] is None or not row["response_head"].startswith(b"HTTP/"):
            return None
        head = _ended(_without_transfer_coding(row["response_head"]))
        if row["outcome"] == "not_modified":
            return self._record(row, "revisit", RESPONSE, head, *self._unmodified(row))
        sha256 = self._sent(row)
        if sha256 is None:
            return self._record(row, "response", RESPONSE, head, *self._payload(row, digest_of(b"")))
        held, whole = self._held.get(sha256), row["truncated"] is None
        if sha256 in self._withheld:
            return None
        if held is not None and whole:
            fields = (("WARC-Profile", IDENTICAL), *_refers_to(held))
            return self._record(row, "revisit", RESPONSE, head, *self._payload(row, f"sha256:{sha256}"), *fields)
        answer = self._record(
            row, "response", RESPONSE, head + self._body(sha256), *self._payload(row, f"sha256:{sha256}")
        )
        if whole:
            self._held[sha256] = Held(answer.record_id, _uri(row), answer.date)
        return answer

    def _unmodified(self, row: Row) -> tuple[tuple[str, str | None], ...]:
        """What a 304 refers to: the record that holds the bytes, or where it lies outside this file, its address and date."""
        earlier = self._db.execute(
            "SELECT sha256, wire_sha256, coalesce(final_address, address), requested_at FROM captures WHERE capture_id = ?",
            [row["previous_capture_id"]],
        ).fetchone()
        if earlier is None:
            return (("WARC-Profile", NOT_MODIFIED),)
        held = self._held.get(earlier[1] or "") or self._held.get(earlier[0] or "")
        refers = _refers_to(held) if held else _refers_to(Held("", target_uri(earlier[2]), earlier[3]))[1:]
        return (("WARC-Profile", NOT_MODIFIED), *refers)

    def _deposit(self, row: Row) -> Record | None:
        """Bytes that a person handed in: a resource, for nobody was asked for them."""
        if row["sha256"] in self._withheld:
            return None
        block = self._body(row["sha256"])
        media = row["sniffed_type"] or "application/octet-stream"
        return self._record(row, "resource", media, block, ("WARC-Payload-Digest", digest_of(block)))

    def _hop(self, row: Row, place: int, hop: Row) -> Record:
        head = f"HTTP/1.1 {hop['status']} \r\nLocation: {target_uri(hop['location'])}\r\n\r\n".encode()
        fields = (
            ("WARC-Target-URI", target_uri(hop["address"])),
            ("WARC-Warcinfo-ID", f"<{self._file_id}>"),
            ("WARC-Concurrent-To", f"<{self._id(row, 'metadata')}>"),
            ("WARC-Payload-Digest", digest_of(b"")),
        )
        return Record("response", self._id(row, f"redirect-{place}"), row["requested_at"], fields, RESPONSE, head)

    def _metadata(self, row: Row, answer: Record | None) -> Record:
        """What the record itself knows: our leaf, the outcome, how long it took, where the link or the deposit came from."""
        block = warc_fields(
            [
                ("via", row["via_of"] and target_uri(row["via_of"])),
                ("fetchTimeMs", str(row["duration_ms"])),
                ("outcome", row["outcome"]),
                ("origin", row["origin"]),
                ("published-on", row["published_on"]),
                ("withheld", self._withheld.get(self._sent(row) or "")),
                ("log", self._origin),
                ("log-entry", str(row["entry"])),
                ("leaf", row["leaf"]),
            ]
        )
        about = ("WARC-Concurrent-To", f"<{answer.record_id}>") if answer else ("WARC-Concurrent-To", None)
        return self._record(row, "metadata", FIELDS, block, about)

    def _record(self, row: Row, kind: str, media: str, block: bytes, *more: tuple[str, str | None]) -> Record:
        other = self._id(row, "request") if kind in {"response", "revisit"} and row["request_head"] else None
        fields: tuple[tuple[str, str | None], ...] = (
            ("WARC-Target-URI", _uri(row)),
            ("WARC-Warcinfo-ID", f"<{self._file_id}>"),
            ("WARC-Concurrent-To", f"<{other}>" if other else None),
            ("WARC-IP-Address", row["remote_ip"] if kind != "metadata" else None),
            *more,
        )
        name = "answer" if kind in {"response", "revisit", "resource"} else kind
        return Record(kind, self._id(row, name), row["requested_at"], fields, media, block)

    def _payload(self, row: Row, digest: str) -> tuple[tuple[str, str | None], ...]:
        return (
            ("WARC-Payload-Digest", digest),
            ("WARC-Identified-Payload-Type", row["sniffed_type"]),
            ("WARC-Truncated", row["truncated"]),
        )

    def _sent(self, row: Row) -> str | None:
        """SHA-256 of the body as the server sent it, as far as it is kept: encoded bodies are kept in both forms."""
        wire = row["wire_sha256"]
        if (
            wire
            and wire != row["sha256"]
            and self._db.execute("SELECT 1 FROM snapshots WHERE sha256 = ?", [wire]).fetchone()
        ):
            return str(wire)
        return row["sha256"]  # type: ignore[no-any-return]

    def _body(self, sha256: str) -> bytes:
        return read_snapshot(self._db, sha256)

    def _id(self, row: Row, name: str) -> str:
        return record_id(self._origin, "captures", row["capture_id"], name)


def _uri(row: Row) -> str:
    return target_uri(row["final_address"] or row["address"])


def _refers_to(held: Held) -> tuple[tuple[str, str], ...]:
    return (
        ("WARC-Refers-To", f"<{held.record_id}>"),
        ("WARC-Refers-To-Target-URI", held.uri),
        ("WARC-Refers-To-Date", held.date),
    )


def _ended(head: bytes) -> bytes:
    """A head with the empty line behind it."""
    return head.rstrip(b"\r\n") + b"\r\n\r\n"


def _without_transfer_coding(head: bytes) -> bytes:
    """The head of a body that stands here without its chunks: readers would otherwise look for them."""
    return re.sub(rb"(?im)^(Transfer-Encoding[ \t]*:)", rb"X-Archive-Orig-\1", head)
