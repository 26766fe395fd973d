"""Turns captures and deposits into rows of the evidence, column by column.

Pure: decides no outcome, stores nothing, reads no clock.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from archive.compression import Packed
from archive.outcomes import Decision
from scraper.model import Capture

Row = dict[str, object]

COPIED = (
    "requested_at", "first_byte_at", "completed_at", "duration_ms", "method", "final_address", "status", "complete_by",
    "truncated", "content_type", "content_encoding", "sniffed_type", "wire_sha256", "etag", "last_modified",
    "server_date", "representation_digest", "remote_ip", "http_version", "tls_version", "tls_cipher",
    "tls_certificate_sha256", "robots_sha256", "robots_rule", "error_code", "error_detail", "request_head",
    "response_head",
)  # fmt: skip
"""Fields of a Capture that are columns of the same name."""

ASKED = ("purpose", "publication", "address", "link_text", "link_href", "via_address")
"""Fields of its Request that are columns of the same name."""

LARGEST = 2**63 - 1
"""The largest whole number that SQLite holds."""

SEVERITY = ("ok", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Deposit:
    """A file that a person hands in, or that comes from another archive's copy."""

    series: str
    publication: str
    published_on: str | None
    """The day as the publisher stated it, YYYY-MM-DD."""
    file_name: str
    """As the publisher named it. Untrusted: never a path of ours."""
    body: bytes
    origin: str
    """Where the bytes come from, in plain words or as an address: it is shown wherever the file is."""

    @property
    def address(self) -> str:
        """A name for the place it was handed in at, so that a later deposit of the same file is compared with it."""
        return f"deposit:{quote(self.series, safe='')}/{quote(self.publication)}/{quote(self.file_name, safe='')}"


class Place(NamedTuple):
    """Where in the record a capture belongs: what its row says beyond the exchange itself."""

    poll_id: int
    series: str
    software: str
    recorded_at: str


def capture_row(
    capture: Capture, place: Place, decision: Decision, *, sha256: str | None, via_capture_id: int | None
) -> Row:
    """The row of one HTTP exchange. `sha256` names the snapshot of its body, None where no body came."""
    request = capture.request
    return {
        **place._asdict(),
        **decision._asdict(),
        **{name: getattr(request, name) for name in ASKED},
        # The tables, which are never rebuilt, know no purpose for canaries; the link text marks them.
        "purpose": "further_page" if request.purpose == "canary" else request.purpose,
        **{name: getattr(capture, name) for name in COPIED},
        "way": "http",
        "sha256": sha256,
        "bytes": None if capture.body is None else len(capture.body),
        "file_name": file_name_of(request.address) if request.purpose == "file" else None,
        "via_capture_id": via_capture_id,
        "wire_bytes": _held(capture.wire_bytes),
        "declared_bytes": _held(capture.declared_bytes),
        "retry_after_ms": _milliseconds(capture.retry_after_seconds),
        "redirects": _json([hop._asdict() for hop in capture.redirects]),
        "checks": _json(_worst(capture.checks)),
    }


def deposit_row(deposit: Deposit, place: Place, decision: Decision, *, sha256: str) -> Row:
    """The row of one deposit: nothing was asked of the publisher, so nothing proves where the bytes end."""
    return {
        **place._asdict(),
        **decision._asdict(),
        "way": "deposit",
        "purpose": "file",
        "publication": deposit.publication,
        "address": deposit.address,
        "requested_at": place.recorded_at,
        "completed_at": place.recorded_at,
        "duration_ms": 0,
        "method": "deposit",
        "sha256": sha256,
        "bytes": len(deposit.body),
        "file_name": deposit.file_name,
        "complete_by": "unproved",
        "redirects": "[]",
        "checks": "{}",
        "origin": deposit.origin,
        "published_on": deposit.published_on,
        "request_head": b"",
        "response_head": b"",
    }


def snapshot_row(packed: Packed, first_capture_id: int) -> Row:
    """The row of bytes that were never kept before, and the capture that brought them."""
    return {
        "sha256": packed.sha256,
        "bytes": packed.size,
        "sha512": packed.sha512,
        "sha1_b32": packed.sha1_b32,
        "first_capture_id": first_capture_id,
        "codec": packed.codec,
        "body": packed.body,
    }


def file_name_of(address: str) -> str | None:
    """Last part of an address's path, percent-decoded; None where it has none. Untrusted: never a path of ours."""
    return unquote(urlsplit(address).path.rpartition("/")[2]) or None


def clean(text: str | None) -> str | None:
    """Text that SQLite can hold: half a surrogate pair, which a hostile header can bring, is spelt out instead."""
    return text and text.encode("utf-8", "backslashreplace").decode("utf-8")


def _worst(checks: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Check code to result; a code that was judged twice keeps the worse result."""
    results: dict[str, str] = {}
    for code, result in checks:
        results[code] = max(results.get(code, result), result, key=SEVERITY.index)
    return results


def _held(number: int | None) -> int | None:
    # A hostile Content-Length may be larger than any column holds. It stands in the kept response head all the same.
    return number if number is not None and abs(number) <= LARGEST else None


def _milliseconds(seconds: float | None) -> int | None:
    # Whole numbers only: a fact that is to be hashed as text later must have one spelling, and floats have several.
    return None if seconds is None else _held(round(min(seconds, 1e15) * 1000))


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
