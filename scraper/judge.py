"""What one exchange is by itself: accepted, absent, blocked, soft error, suspect or failed, and why.

Never compares with earlier captures, and never reads figures or links.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from scraper.completeness import Check
from scraper.model import Capture, Verdict

HEAD_BYTES = 4096
"""A document's type and title stand in its first bytes."""

MAGIC = (
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"%PDF", "application/pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)

EXPECTED = {
    ".csv": "text/plain", ".txt": "text/plain", ".tsv": "text/plain",
    ".zip": "application/zip", ".xlsx": "application/zip", ".xlsm": "application/zip", ".xlsb": "application/zip",
    ".ods": "application/zip", ".docx": "application/zip", ".pptx": "application/zip",
    ".xls": "application/x-ole-storage", ".doc": "application/x-ole-storage",
    ".pdf": "application/pdf", ".html": "text/html", ".htm": "text/html",
    ".xml": "application/xml", ".json": "application/json",
}  # fmt: skip

# Cloudflare injects `/cdn-cgi/challenge-platform/…scripts/` into ordinary pages too; that alone is no challenge.
CHALLENGE = re.compile(
    rb"<title>\s*(just a moment\.\.\.|attention required! \| cloudflare)"
    rb"|_cf_chl_opt|/cdn-cgi/challenge-platform/(?!(?:h/\w+/)?scripts/)",
    re.IGNORECASE,
)
MAINTENANCE = re.compile(
    rb"<(?:title|h1)[^>]*>[^<]{0,200}?("
    rb"(?:under|down for|undergoing|scheduled|planned|essential) maintenance|(?:temporarily|currently) unavailable"
    rb"|service unavailable)",
    re.IGNORECASE,
)
FRAGMENT = re.compile(
    rb"<(?:!--|(?:head|body|title|meta|script|style|div|span|p|h[1-6]|center|table|form|a|b|br)[\s/>])"
)
"""How a part of a web page begins that leaves out `<html>`."""

ACCESS_DENIED = re.compile(rb"<Code>\s*(AccessDenied|NoSuchKey)\s*</Code>")

SUSPECT_CODES = ("framing",)
"""Trouble that leaves the body in doubt rather than broken."""


class Judgement(NamedTuple):
    """A verdict, with the code and the sentence that explain it, and the checks made on the way."""

    verdict: Verdict
    code: str | None = None
    detail: str | None = None
    checks: tuple[Check, ...] = ()


def sniff(body: bytes) -> str:
    """Media type found in the bytes themselves; `application/octet-stream` where nothing is recognised."""
    if not body:
        return "application/x-empty"
    for magic, kind in MAGIC:
        if body.startswith(magic):
            return kind
    return _sniff_text(body)


def _sniff_text(body: bytes) -> str:
    start = body[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<") and b"<html" in start):
        return "text/html"
    if FRAGMENT.match(start):
        return "text/html"
    if start.startswith(b"<?xml") or re.match(rb"<[a-z]+(?:\s[^<]*)?/?>", start):
        return "application/xml"
    if start.startswith((b"{", b"[")):
        return "application/json"
    utf16 = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "text/plain" if utf16 or b"\x00" not in body[:HEAD_BYTES] else "application/octet-stream"


def is_challenge(capture: Capture) -> bool:
    """Whether the answer asks the visitor to prove something, instead of being what was asked for."""
    if any("challenge" in value.lower() for value in capture.headers("cf-mitigated")):
        return True
    body = capture.body or b""
    return sniff(body) == "text/html" and CHALLENGE.search(body[:65_536]) is not None


def judged(capture: Capture, *, from_file_host: bool) -> Capture:
    """The capture with its verdict, sniffed type and checks. `from_file_host`: the host that answered serves files."""
    kind = sniff(capture.body) if capture.body is not None else None
    capture = replace(capture, sniffed_type=kind)
    judgement = _judgement(capture, from_file_host=from_file_host)
    return replace(
        capture,
        verdict=judgement.verdict,
        error_code=judgement.code,
        error_detail=judgement.detail,
        checks=capture.checks + judgement.checks,
    )


def _judgement(capture: Capture, *, from_file_host: bool) -> Judgement:
    if capture.status is not None and is_challenge(capture):
        return Judgement("blocked", "challenge", f"status {capture.status} with a page that challenges the visitor")
    if capture.status is None or capture.error_code:
        return _judge_trouble(capture)
    if capture.status == 200:
        return _judge_content(capture)
    if capture.status == 304:
        return _judge_not_modified(capture)
    return _judge_status(capture, from_file_host=from_file_host)


def _judge_trouble(capture: Capture) -> Judgement:
    code = capture.error_code or "protocol"
    verdict: Verdict = "blocked" if code == "private_address" else "failed"
    if code in SUSPECT_CODES and capture.body is not None:
        verdict = "suspect"
    return Judgement(verdict, code, capture.error_detail)


def _judge_status(capture: Capture, *, from_file_host: bool) -> Judgement:
    status = capture.status or 0
    denied = capture.sniffed_type == "application/xml" and ACCESS_DENIED.search(capture.body or b"") is not None
    if status in (404, 410):
        return Judgement("absent", f"status_{status}", f"the server says that the address is not there ({status})")
    if status == 403 and denied and from_file_host and capture.request.purpose == "file":
        return Judgement("absent", "access_denied", "the object store denies access: withdrawn, deleted or not yet out")
    if status == 429:
        return Judgement("blocked", "too_many_requests", "the server says that we ask too often")
    if status in (401, 403, 406, 407, 451):
        return Judgement("blocked", f"status_{status}", f"the server refuses us ({status})")
    return Judgement("failed", f"status_{status}", f"the server answered with status {status}")


def _judge_not_modified(capture: Capture) -> Judgement:
    asked = capture.request
    if asked.etag is None and asked.last_modified is None:
        return Judgement("suspect", "unasked_304", "the server says that nothing changed since a time we did not name")
    if capture.etag and asked.etag and _opaque(capture.etag) != _opaque(asked.etag):
        return Judgement("suspect", "other_etag", f"not modified, yet the ETag is {capture.etag}, not {asked.etag}")
    return Judgement("not_modified")


def _opaque(etag: str) -> str:
    return etag.strip().removeprefix("W/")


def _judge_content(capture: Capture) -> Judgement:
    if ("LEN", "warn") in capture.checks and capture.complete_by != "unproved":
        return Judgement("suspect", "surplus", "bytes follow the end that the server declared")
    if capture.request.purpose == "robots":
        html = capture.sniffed_type == "text/html"
        return Judgement("soft_error", "html", "a web page where robots.txt was due") if html else Judgement("accepted")
    if not (capture.body or b"").strip():
        return Judgement("suspect", "empty", "the body is empty", (("EMPTY", "fail"),))
    if MAINTENANCE.search((capture.body or b"")[:65_536]) and capture.sniffed_type == "text/html":
        return Judgement("soft_error", "maintenance", "a page that says the site is not available")
    if capture.request.purpose == "canary":
        return _plausible(capture, ())
    return _judge_file(capture) if capture.request.purpose == "file" else _judge_page(capture)


def _judge_page(capture: Capture) -> Judgement:
    if capture.sniffed_type != "text/html":
        detail = f"{capture.sniffed_type} where a web page was due"
        return Judgement("soft_error", "not_html", detail, (("MAGIC", "fail"),))
    return _plausible(capture, (("MAGIC", "ok"),))


def _judge_file(capture: Capture) -> Judgement:
    found, expected = capture.sniffed_type, expected_type(capture.final_address or capture.request.address)
    if found in ("text/html", "application/xml") and expected != found:
        detail = f"{found} where {expected or 'a file'} was due"
        return Judgement("soft_error", "html", detail, (("HTML", "fail"),))
    typed: Check = ("TYPE", "warn" if _declares_a_page(capture) else "ok")
    if expected == "text/plain" and _declares_a_page(capture) and not _is_table(capture.body or b""):
        detail = "words that the server declares to be a web page, where a table was due"
        return Judgement("suspect", "type", detail, (("HTML", "ok"), ("TYPE", "fail")))
    unclear = expected is None or found == "application/octet-stream"
    if found == expected or unclear:
        return _plausible(capture, (("HTML", "ok"), typed, ("MAGIC", "warn" if unclear else "ok")))
    detail = f"the bytes are {found} where the name promises {expected}"
    return Judgement("suspect", "magic", detail, (("HTML", "ok"), ("MAGIC", "fail")))


def _declares_a_page(capture: Capture) -> bool:
    """Servers call a table by many types; that of a web page is the one which means that something else was meant."""
    return (capture.content_type or "").partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml")


def _is_table(body: bytes) -> bool:
    """Whether the first line has the look of a heading row: a separator between words."""
    first = body.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return b"," in first or b"\t" in first or b";" in first


def _plausible(capture: Capture, checks: tuple[Check, ...]) -> Judgement:
    """Accepts, unless nothing proves the body whole and its own end is missing."""
    if capture.complete_by == "unproved" and not ends_like_itself(capture.body or b"", capture.sniffed_type):
        return Judgement("suspect", "unproved", "nothing proves the body whole, and its own end is missing", checks)
    return Judgement("accepted", checks=checks)


def ends_like_itself(body: bytes, kind: str | None) -> bool:
    """Whether a body ends as its type does: a page with `</html>`, a text with a line end, a PDF with its mark.

    True for types whose end is not known to us.
    """
    tail = body[-1024:].rstrip().lower()
    if kind == "text/html":
        return b"</html>" in tail
    if kind == "application/pdf":
        return b"%%eof" in tail
    if kind == "application/zip":
        return False  # a whole one is proved by its end record, and would not be unproved
    return body.endswith((b"\n", b"\r", b"\n\x00")) if kind == "text/plain" else True


def expected_type(address: str) -> str | None:
    """Media type that a file's name promises, in the words of `sniff`; None for a name that promises nothing."""
    name = unquote(urlsplit(address).path)
    return EXPECTED.get(PurePosixPath(name).suffix.lower())


def redirect_refused(capture: Capture, code: str | None, detail: str | None) -> Capture:
    """The capture of a redirect that was not followed: a refusal of ours, or a chain that leads nowhere."""
    verdict: Literal["blocked", "failed"] = "failed" if code in ("redirects", "stopped") else "blocked"
    return replace(capture, verdict=verdict, error_code=code, error_detail=detail)
