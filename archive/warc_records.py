"""One WARC 1.1 record, and one gzip member for each: fields in order, digests, no clock, no chance.

Pure: knows nothing of captures. Source: ISO 28500:2017, https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/,
and its community annotations (sha256 in lower-case hex), seen 2026-11-24.
"""

from __future__ import annotations

import hashlib
import re
import uuid
import zlib
from typing import NamedTuple
from urllib.parse import quote

NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""RFC 9562, names that are URLs."""

GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""No name, no time, no system: the same record gives the same member everywhere (RFC 1952)."""

LINE_END = re.compile(r"[\r\n]+")

IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


class Record(NamedTuple):
    """One record. Fields are named as the specification names them; those without a value are left out."""

    kind: str
    record_id: str
    date: str
    """UTC, ISO 8601, up to nine decimals."""
    fields: tuple[tuple[str, str | None], ...]
    content_type: str
    block: bytes

    def encoded(self) -> bytes:
        """The record as it stands in a file that is not compressed."""
        lines = [
            ("WARC-Type", self.kind),
            ("WARC-Record-ID", f"<{self.record_id}>"),
            ("WARC-Date", self.date),
            *self.fields,
            ("WARC-Block-Digest", digest_of(self.block)),
            ("Content-Type", self.content_type),
            ("Content-Length", str(len(self.block))),
        ]
        head = "".join(f"{name}: {value}\r\n" for name, value in lines if value is not None)
        return b"WARC/1.1\r\n" + head.encode() + b"\r\n" + self.block + b"\r\n\r\n"

    def compressed(self) -> bytes:
        """The same as a gzip member of its own, so that readers can begin at each record."""
        content = self.encoded()
        deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = deflate.compress(content) + deflate.flush()
        ends = zlib.crc32(content).to_bytes(4, "little") + (len(content) & 0xFFFFFFFF).to_bytes(4, "little")
        return GZIP_HEAD + body + ends


def record_id(*names: object) -> str:
    """The same identity for the same names, at each writing."""
    return f"urn:uuid:{uuid.uuid5(NAMESPACE, '/'.join(map(str, names)))}"


def digest_of(content: bytes) -> str:
    """A digest as the annotations spell it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def target_uri(address: str) -> str:
    """An address that can stand in a field: what the publisher wrote as it was, but no spaces, controls or letters beyond ASCII."""
    return quote(address, safe=":/?#[]@!$&'()*+,;=%~")


def warc_fields(pairs: list[tuple[str, str | None]]) -> bytes:
    """A block of named fields, a line each (application/warc-fields). Line ends inside a value become spaces.

    Only CR and LF end a line here: a leaf may hold other characters that Python takes for line ends, and stays as it is.
    """
    lines = [f"{name}: {LINE_END.sub(' ', value)}\r\n" for name, value in pairs if value is not None]
    return "".join(lines).encode()
