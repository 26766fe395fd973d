"""What proves that a body is whole: declared length, chunking, digests, the end mark of a coding or of a format.

Never decides what the body means, and never changes a byte of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from dataclasses import replace
from typing import Literal, NamedTuple

from scraper.model import Capture

Check = tuple[str, Literal["ok", "warn", "fail"]]
CompleteBy = Literal["length", "chunked", "digest", "codec", "unproved", "none"]

MIB = 1 << 20
PART_SIZES = (5 * MIB, 8 * MIB, 16 * MIB, 64 * MIB)
"""Sizes of multi-part uploads in use; the publisher's CMS uploads in 5 MiB parts."""

DIGESTS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
"""Algorithms of RFC 9530 that are still thought sound; others in the field are passed over."""


Truncated = Literal["length", "time", "disconnect", "unspecified"]
TRUNCATED: dict[str, Truncated] = {
    "deadline": "time", "read_timeout": "time", "disconnect": "disconnect", "short": "disconnect",
    "too_large": "length",
}  # fmt: skip
"""Why a body that was cut is not whole, in the words of WARC-Truncated."""


class Framing(NamedTuple):
    """How a response says where its body ends."""

    kind: Literal["length", "chunked", "close", "none"]
    declared: int | None
    problem: str | None
    """Why the framing contradicts itself; None where it does not."""


class Decoded(NamedTuple):
    """A body after content decoding."""

    body: bytes | None
    """None where the coding is unknown to us."""
    problem: tuple[str, str] | None
    """Error code and detail; the body then holds what could be decoded."""
    surplus: bool
    """Bytes follow the coding's own end mark."""


def split_head(received: bytes) -> tuple[bytes, int]:
    """The final response head, its lines joined with CRLF, and how many bytes it and what stood before it took.

    Interim `100 Continue` heads are passed over, as http.client does. A head that was cut is returned as it came.
    """
    start = 0
    while True:
        end = re.compile(rb"\r?\n\r?\n").search(received, start)
        head = received[start : end.start() if end else len(received)]
        if end and re.match(rb"HTTP/\S+ 100\b", head):
            start = end.end()
            continue
        return b"\r\n".join(head.rstrip(b"\r\n").splitlines()), end.end() if end else len(received)


def framing_of(capture: Capture) -> Framing:
    """How the response says where its body ends (RFC 9112 section 6.3)."""
    status = capture.status or 0
    if status in (204, 304) or 100 <= status < 200:
        return Framing("none", None, None)
    texts = {part.strip() for value in capture.headers("Content-Length") for part in value.split(",")}
    lengths = {int(text) for text in texts if re.fullmatch(r"[0-9]{1,15}", text)}
    declared = lengths.pop() if len(lengths) == 1 and len(texts) == 1 else None
    codings = ", ".join(capture.headers("Transfer-Encoding")).lower()
    if codings:
        problem = "both Content-Length and Transfer-Encoding" if texts else None
        return Framing("chunked", declared, problem if codings == "chunked" else f"Transfer-Encoding {codings!r}")
    if texts and declared is None:
        return Framing("close", None, f"Content-Length {', '.join(sorted(texts))!r}")
    return Framing("close" if declared is None else "length", declared, None)


def decode(wire: bytes, codings: str, max_bytes: int) -> Decoded:
    """The body after content decoding, never more than `max_bytes` of it."""
    coding = codings.strip().lower()
    if coding in ("", "identity"):
        return Decoded(wire, None, surplus=False)
    if coding in ("gzip", "x-gzip"):
        return _inflate(wire, zlib.MAX_WBITS | 16, max_bytes)
    if coding == "deflate":
        # RFC 9110 means the zlib form; some servers send the bare one, whose first byte gives it away.
        bare = not (len(wire) > 1 and wire[0] & 15 == 8 and int.from_bytes(wire[:2], "big") % 31 == 0)
        return _inflate(wire, -zlib.MAX_WBITS if bare else zlib.MAX_WBITS, max_bytes)
    return Decoded(None, ("encoding", f"content coding {codings!r} was not asked for and is not known"), surplus=False)


def _inflate(wire: bytes, window: int, max_bytes: int) -> Decoded:
    body, rest = bytearray(), wire
    while True:
        decoder = zlib.decompressobj(window)
        try:
            body += decoder.decompress(rest, max_bytes - len(body) + 1)
        except zlib.error as error:
            return Decoded(bytes(body), ("codec", f"the compressed body is damaged: {error}"), surplus=False)
        if len(body) > max_bytes:
            problem = ("too_large", f"the body decodes to more than {max_bytes} bytes")
            return Decoded(bytes(body[:max_bytes]), problem, surplus=False)
        if not decoder.eof:
            return Decoded(bytes(body), ("codec", "the compressed body ends before its end mark"), surplus=False)
        rest = decoder.unused_data
        if not (window > zlib.MAX_WBITS and rest.startswith(b"\x1f\x8b")):  # a gzip file may have several members
            return Decoded(bytes(body), None, surplus=bool(rest))


_DIGEST = re.compile(r"(?<![A-Za-z0-9-])([A-Za-z0-9-]{1,32})\s*=\s*:([A-Za-z0-9+/=]*):")
"""One member of such a field. Begun anew inside a name, a name of 60,000 signs would take a minute."""


def digest_agrees(fields: str, wire: bytes) -> bool | None:
    """Whether every known digest of a Repr-Digest or Content-Digest field (RFC 9530) is that of the bytes.

    None where the field holds none that we know. For a whole 200 answer both fields are about the bytes sent.
    """
    answers = []
    for name, text in _DIGEST.findall(fields):
        if name.lower() in DIGESTS:
            try:
                stated = base64.b64decode(text, validate=True)
            except binascii.Error:
                continue
            answers.append(stated == DIGESTS[name.lower()](wire).digest())
    return all(answers) if answers else None


def etag_agrees(etag: str | None, wire: bytes) -> bool:
    """Whether a strong ETag is the MD5 of the bytes, or the MD5 of the MD5s of its upload parts (object stores).

    A match is the store's own statement about the whole file. No match says nothing.
    """
    match = re.fullmatch(r'"([0-9a-f]{32})(?:-([0-9]{1,5}))?"', etag or "")
    if not match:
        return False
    if match[2] is None:
        return _md5(wire).hex() == match[1]
    return any(
        _md5(b"".join(_md5(wire[at : at + size]) for at in range(0, len(wire), size))).hex() == match[1]
        for size in PART_SIZES
        if max(1, -(-len(wire) // size)) == int(match[2])
    )


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def zip_ends(body: bytes) -> bool:
    """Whether a ZIP's end record stands where it says that the file ends: a cut archive has none."""
    at = body.rfind(b"PK\x05\x06", max(0, len(body) - 22 - 65_535))
    return at >= 0 and len(body) - at >= 22 and at + 22 + int.from_bytes(body[at + 20 : at + 22], "little") == len(body)


def weighed(capture: Capture, wire: bytes, max_bytes: int, *, surplus: bool) -> Capture:
    """The capture with its body, what proves it whole, and the checks LEN, CODEC, DIGEST, ETAG.

    `wire` is the body as received, `surplus` whether more bytes followed its declared end. Trouble found here becomes
    `error_code`, unless the capture has one from the connection already.
    """
    framing = framing_of(capture)
    codings = ", ".join(capture.headers("Content-Encoding"))
    if not wire and (framing.kind == "none" or capture.status is None or capture.error_code):
        return replace(capture, complete_by="none", declared_bytes=framing.declared)
    decoded = decode(wire, codings, max_bytes)
    fields = ", ".join(capture.headers("Repr-Digest") + capture.headers("Content-Digest"))
    digest = digest_agrees(fields, wire)
    etag = etag_agrees(capture.etag, wire)
    # What went wrong on the connection comes first: a cut body also fails all that follows.
    problem = _first_problem(capture, framing, len(wire), decoded, digest)
    proof = _proof(framing, decoded, codings, problem, proved=digest or etag)
    checks = (
        *_length_check(framing, len(wire), proof, surplus=surplus or decoded.surplus),
        *((("CODEC", "fail" if decoded.problem else "ok"),) if codings.strip() else ()),
        *((("DIGEST", "ok" if digest else "fail"),) if digest is not None else ()),
        *((("ETAG", "ok"),) if etag else ()),
    )
    truncated = capture.truncated
    if problem and truncated is None and problem[0] in ("short", "codec", "too_large"):
        truncated = TRUNCATED.get(problem[0], "unspecified")
    return replace(
        capture,
        complete_by=proof,
        declared_bytes=framing.declared,
        representation_digest=fields or None,
        wire_sha256=hashlib.sha256(wire).hexdigest(),
        wire_bytes=len(wire),
        wire=wire if codings.strip().lower() not in ("", "identity") else None,
        body=decoded.body,
        truncated=truncated,
        checks=capture.checks + checks,
        error_code=problem[0] if problem else None,
        error_detail=problem[1] if problem else None,
    )


def _first_problem(
    capture: Capture, framing: Framing, got: int, decoded: Decoded, digest: bool | None
) -> tuple[str, str] | None:
    if capture.error_code:
        return capture.error_code, capture.error_detail or ""
    if framing.problem:
        return "framing", f"the response contradicts itself about its length: {framing.problem}"
    if framing.kind == "length" and framing.declared is not None and got < framing.declared:
        return "short", f"{got} of {framing.declared} declared bytes came"
    if decoded.problem:
        return decoded.problem
    if digest is False:
        return "digest", "the body does not have the digest that the server states"
    return None


def _proof(
    framing: Framing, decoded: Decoded, codings: str, problem: tuple[str, str] | None, *, proved: bool
) -> CompleteBy:
    if problem:
        return "unproved"
    if proved:
        return "digest"
    if framing.kind in ("length", "chunked"):
        return "length" if framing.kind == "length" else "chunked"
    if codings.strip().lower() not in ("", "identity") or zip_ends(decoded.body or b""):
        return "codec"
    return "unproved"


def _length_check(framing: Framing, got: int, proof: CompleteBy, *, surplus: bool) -> tuple[Check, ...]:
    if framing.kind == "length" and framing.declared is not None and got < framing.declared:
        return (("LEN", "fail"),)
    if surplus or framing.problem or proof == "unproved":
        return (("LEN", "warn"),)
    return (("LEN", "ok"),)
