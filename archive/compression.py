"""Turns bytes into what is stored of them, named by their hashes, and back again with proof.

Never guesses: what does not hash to its name is not returned.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import IO, NamedTuple

import zstandard

from archive.errors import ArchiveError

CODEC = "zstd"
LEVEL = 3
WINDOW_LOG = 23
"""How far back a body is compared with itself, in bytes as a power of two: whoever unpacks it has to hold as much."""
WIDEST_WINDOW_LOG = 27
"""Bodies that were stored before November 2026 may need as much as this."""
PIECE = 1 << 20
"""Bytes that are held at a time where a body is not held whole."""
LARGEST = 2_000_000_000
"""Bytes of the largest value that SQLite takes, and so of the largest that can have been kept."""


class Packed(NamedTuple):
    """One body, ready to be stored. Hex digests are lower-case."""

    sha256: str
    size: int
    """Bytes before compression."""
    sha512: str
    sha1_b32: str
    """Base32, as web archives publish it: only to compare with their copies."""
    codec: str
    body: bytes


def sha256_of(body: bytes) -> str:
    """SHA-256 of a body in lower-case hex: the name of its snapshot."""
    return hashlib.sha256(body).hexdigest()


def pack(body: bytes) -> Packed:
    """Hash and compress a body. The same bytes always give the same digests; the stored form may differ by library."""
    return Packed(
        sha256_of(body),
        len(body),
        hashlib.sha512(body).hexdigest(),
        base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode("ascii"),
        CODEC,
        _compressor().compress(body),
    )


def unpack(stored: bytes, *, codec: str, size: int, sha256: str) -> bytes:
    """The bytes as they were given, checked by length and SHA-256. Raises ArchiveError where they do not agree."""
    if codec != CODEC:
        raise _damaged(sha256, f"the codec {codec!r}", f"{CODEC!r}; a newer version of the program may know it")
    try:
        # Compared before anything is unpacked, so that a damaged length cannot ask for all memory.
        claimed = zstandard.frame_content_size(stored)
        if claimed != size:
            raise _damaged(sha256, f"a stored body of {claimed} bytes", f"{size} bytes")
        body = zstandard.ZstdDecompressor(max_window_size=1 << WIDEST_WINDOW_LOG).decompress(stored)
    except zstandard.ZstdError as error:
        raise _damaged(sha256, f"a stored body that does not unpack ({error})", "the bytes as captured") from error
    found = sha256_of(body)
    if found != sha256:
        raise _damaged(sha256, f"bytes with the SHA-256 {found}", "the one that names the snapshot")
    return body


def unpack_named(stored: bytes, sha256: str) -> bytes:
    """Bytes that are known by their name alone. Raises ArchiveError where they do not hash to it, or claim to be huge."""
    try:
        claimed = zstandard.frame_content_size(stored)
    except zstandard.ZstdError as error:
        raise _damaged(sha256, f"a stored body that does not unpack ({error})", "the bytes as captured") from error
    if not 0 <= claimed <= LARGEST:
        raise _damaged(sha256, f"a stored body that claims {claimed} bytes", f"at most {LARGEST}")
    return unpack(stored, codec=CODEC, size=claimed, sha256=sha256)


def copied(stored: IO[bytes], to: IO[bytes], *, codec: str, size: int, sha256: str) -> None:
    """Write the bytes as they were given into a file; checked as by `unpack`, once they are all there. Raises ArchiveError."""
    if codec != CODEC:
        raise _damaged(sha256, f"the codec {codec!r}", f"{CODEC!r}; a newer version of the program may know it")
    written, digest = 0, hashlib.sha256()
    try:
        for piece in unpacked(stored, size, PIECE):
            digest.update(piece)
            written += to.write(piece)
    except UnpackError as error:
        raise _damaged(sha256, f"a stored body that does not unpack ({error})", "the bytes as captured") from error
    if (written, digest.hexdigest()) != (size, sha256):
        found = f"{written} bytes with the SHA-256 {digest.hexdigest()}"
        raise _damaged(sha256, found, f"{size} with the one that names the snapshot")


class UnpackError(ValueError):
    """Stored bytes that cannot be turned back into what was given. The message says why."""


def unpacked(stored: IO[bytes], size: int, piece: int) -> Iterator[bytes]:
    """The bytes as they were given, in pieces of at most so many bytes; nothing is checked but that they unpack.

    Ends with the piece in which there are more than `size` bytes. Raises UnpackError where they do not unpack.
    """
    given = 0
    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << WIDEST_WINDOW_LOG).stream_reader(
            stored, read_size=piece, closefd=False
        ) as reader:
            while given <= size and (read := reader.read(piece)):
                given += len(read)
                yield read
    except zstandard.ZstdError as error:
        raise UnpackError(str(error)) from error


def _compressor() -> zstandard.ZstdCompressor:
    # Measured on releases of full size: at level 3 the 44 MB of a made-up res_geo are stored in 2.8 %, with a window of 128 MiB in
    # 2.6 %, and of 2 MiB, which does not reach the month before, in 8.6 %. Long-distance matching made it larger. The content
    # checksum lets zstd itself notice damage.
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, window_log=WINDOW_LOG, write_checksum=True, write_content_size=True, enable_ldm=False
    )
    return zstandard.ZstdCompressor(compression_params=parameters)


def _damaged(sha256: str, found: str, expected: str) -> ArchiveError:
    return ArchiveError(
        f"Snapshot {sha256}: found {found}, expected {expected}. The stored copy is damaged: keep the file for "
        f"inspection and restore this snapshot from a backup."
    )
