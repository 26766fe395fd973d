"""The bytes of one file inside a kept zip archive, for somebody who asks for them by their digest.

Never trusts the archive: what comes out is bounded by the size that was counted, and must have the digest that is asked for.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import zipfile
import zlib
from typing import NamedTuple

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


def member_bytes(container: bytes, place: Place, sha256: str) -> bytes:
    """The file's bytes. Raises ArchiveError where they are not those that were found there."""
    try:
        with zipfile.ZipFile(io.BytesIO(container)) as archive, archive.open(place.member) as stream:
            body = stream.read(place.bytes + 1)
    except _CANNOT as error:
        raise ArchiveError(f"{place.container_sha256}: {place.member!r} cannot be taken out of it ({error})") from error
    found = hashlib.sha256(body).hexdigest()
    if found != sha256:
        raise ArchiveError(f"{place.container_sha256}: {place.member!r} has the SHA-256 {found}; expected {sha256}")
    return body
