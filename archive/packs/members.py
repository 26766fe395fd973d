"""One file of a pack: its place, its size, its hashes, and how its bytes are read when they are written out.

Decides nothing about what is in a pack; names never come from the publisher unchanged.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import IO, NamedTuple

from archive.errors import ArchiveError

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
"""Beginnings that spreadsheets take for a formula (OWASP, CSV injection)."""


class Member(NamedTuple):
    """A file of a pack. `path` is relative, with forward slashes, of our own making."""

    path: str
    size: int
    sha256: str
    sha512: str
    copy: Callable[[IO[bytes]], object]
    """Writes the bytes into an open file, when the pack is written out: a pack holds no body in memory."""


def made(path: str, content: bytes) -> Member:
    """A file whose content was made here."""
    digests = hashlib.sha256(content).hexdigest(), hashlib.sha512(content).hexdigest()
    return Member(path, len(content), *digests, lambda to: to.write(content))


def in_order(members: Iterable[Member]) -> tuple[Member, ...]:
    """Members by path, each once. Raises ArchiveError where two of different content claim one place."""
    by_path: dict[str, Member] = {}
    for one in members:
        other = by_path.setdefault(one.path, one)
        if other.sha256 != one.sha256:
            raise ArchiveError(
                f"{one.path}: found two files for this place in a pack, expected one. This is our fault."
            )
    return tuple(by_path[path] for path in sorted(by_path))


def safe_name(original: str | None, sha256: str) -> str:
    """A name of ours for bytes that the publisher named: a slug, the beginning of the SHA-256, a short ending.

    Only lower-case ASCII letters, digits and hyphens, so that it is no path, no device and no surprise anywhere.
    """
    stem, _, ending = (original or "").rpartition(".")
    stem, ending = (stem, slug(ending, 100).replace("-", "")[:5]) if stem else (ending, "")
    return f"{slug(stem, 60) or 'unnamed'}-{sha256[:16]}.{ending or 'bin'}"


def slug(text: str, most: int) -> str:
    """Lower-case ASCII letters and digits of a text, everything else one hyphen; at most so many characters."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:most].strip("-")


def one_line(text: str) -> str:
    """A text of somebody else's that is to stand in a line of ours: no control characters, no line ends."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def csv_file(path: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Member:
    """A table for spreadsheets. A text that would be taken for a formula gets an apostrophe in front."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_no_formula(cell) for cell in row] for row in rows)
    return made(path, out.getvalue().encode())


def _no_formula(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
