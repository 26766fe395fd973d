"""Copies the bytes of one file inside a kept zip archive, for somebody who asks for them by their digest.

Never trusts the archive: what comes out is bounded by the size that was counted, and must have the digest that is asked for.
"""

from __future__ import annotations

import hashlib
import lzma
import zipfile
import zlib
from typing import IO, NamedTuple

from archive.compression import PIECE
from archive.errors import ArchiveError

_CANNOT = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
)  # fmt: skip
"""What the standard library raises for a member that is missing, locked, damaged, or packed in a way it does not know."""


class Place(NamedTuple):
    """Where in which archive a file lies, and how large it was found to be."""

    container_sha256: str
    member: str
    bytes: int


def copy_member(container: IO[bytes], place: Place, sha256: str, to: IO[bytes]) -> None:
    """Write the file's bytes into an open file, a piece at a time.

    Raises ArchiveError where they are not those that were found there; what was written by then is to be thrown away.
    """
    digest, left = hashlib.sha256(), place.bytes + 1
    try:
        with zipfile.ZipFile(container) as archive, archive.open(place.member) as stream:
            while left and (piece := stream.read(min(left, PIECE))):
                digest.update(piece)
                left -= to.write(piece)
    except _CANNOT as error:
        raise ArchiveError(f"{place.container_sha256}: {place.member!r} cannot be taken out of it ({error})") from error
    found = digest.hexdigest()
    if found != sha256:
        raise ArchiveError(f"{place.container_sha256}: {place.member!r} has the SHA-256 {found}; expected {sha256}")
