"""Puts together the Capture of one exchange from what its connection did.

Never opens a connection and never judges the answer.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from scraper.completeness import TRUNCATED, split_head, weighed
from scraper.manners import Leave, plain, retry_after
from scraper.model import Capture, Hop, Request
from scraper.trouble import Trouble
from scraper.wire import Wire, instant


def refused(request: Request, code: str, detail: str, leave: Leave | None = None) -> Capture:
    """The capture of a request that we did not make: no exchange, no status, no body."""
    now = instant()
    return Capture(
        request, now, now, 0, "blocked", "none", error_code=code, error_detail=plain(detail),
        robots_sha256=leave.sha256 if leave else None, robots_rule=plain(leave.rule or "") if leave else None,
    )  # fmt: skip


def capture_of(  # noqa: PLR0913  # the seven things that one exchange leaves behind, and nothing groups them
    request: Request, address: str, wire: Wire, body: bytes, trouble: Trouble | None, leave: Leave, *,
    began_at: str, duration_ms: int, max_bytes: int,
) -> Capture:  # fmt: skip
    """The exchange as a Capture whose verdict is still open (`failed`, to be judged)."""
    head, before_body = split_head(bytes(wire.received))
    arrived = Capture(
        request, began_at, instant(), duration_ms, "failed", "none",
        request_head=wire.request_head, final_address=address, first_byte_at=wire.first_byte_at,
        remote_ip=wire.remote_ip, tls_version=wire.tls_version, tls_cipher=wire.tls_cipher,
        tls_certificate_sha256=wire.tls_certificate_sha256, response_head=head,
        robots_sha256=leave.sha256, robots_rule=plain(leave.rule) if leave.rule else None,
        truncated=TRUNCATED.get(trouble.code, "unspecified") if trouble and wire.head_ended else None,
        error_code=trouble.code if trouble else None, error_detail=plain(trouble.detail) if trouble else None,
    )  # fmt: skip
    stated = with_fields(arrived) if wire.head_ended else arrived
    surplus = wire.surplus or (not _is_chunked(stated) and wire.taken > before_body + len(body))
    return weighed(stated, body, max_bytes, surplus=surplus and trouble is None)


def with_fields(capture: Capture) -> Capture:
    """The capture with what its response head states."""
    version, status = _status_line(capture.response_head)
    seconds = retry_after(_first(capture, "Retry-After"), datetime.fromisoformat(capture.completed_at))
    return replace(
        capture,
        http_version=version,
        status=status,
        server_date=_first(capture, "Date"),
        etag=_first(capture, "ETag"),
        last_modified=_first(capture, "Last-Modified"),
        content_type=_first(capture, "Content-Type"),
        content_encoding=", ".join(capture.headers("Content-Encoding")) or None,
        retry_after_seconds=seconds,
    )


def location_of(capture: Capture) -> str | None:
    """Where a redirect leads, as stated; None for anything that is not a redirect with one Location."""
    places = capture.headers("Location")
    if capture.status not in (301, 302, 303, 307, 308) or len(places) != 1 or not places[0]:
        return None
    # Heads are read as Latin-1; servers that put other letters into a Location send UTF-8.
    return places[0].encode("latin-1").decode("utf-8", "replace")


def after_redirects(capture: Capture, before: Capture | None, trail: tuple[Hop, ...]) -> Capture:
    """The capture as the end of a chain that began with the first request."""
    began_at = before.requested_at if before else capture.requested_at
    return replace(capture, requested_at=began_at, redirects=trail)


def _status_line(head: bytes) -> tuple[str | None, int | None]:
    match = re.match(rb"(HTTP/[0-9.]+) +([0-9]{3})\b", head)
    return (match[1].decode("ascii").lower(), int(match[2])) if match else (None, None)


def _first(capture: Capture, name: str) -> str | None:
    values = capture.headers(name)
    return values[0] if values else None


def _is_chunked(capture: Capture) -> bool:
    return bool(capture.headers("Transfer-Encoding"))
