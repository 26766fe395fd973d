"""Writes a pack out: as a folder, as a zip, or as the pieces of a zip for whoever sends it on.

Overwrites nothing, leaves nothing half written under the name that was asked for, and puts no clock into a zip.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from archive.compression import PIECE
from archive.errors import ArchiveError
from archive.new_files import new_place
from archive.packs.build import Pack
from archive.packs.members import Member

SMALL = 1 << 20
"""Bytes of a file that are held in memory while it is packed; what is larger lies in a file that has no name."""
FIRST_INSTANT = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can state: the same for every file, so that the same pack is the same zip."""


def write_pack(pack: Pack, to: Path) -> None:
    """Write a pack to a place where nothing stands: a zip where the name ends in `.zip`, else a folder.

    Raises ArchiveError where something is there already, or it cannot be written.
    """
    with new_place(to) as making:
        if to.suffix.lower() == ".zip":
            _write_zip(pack, making)
        else:
            _write_folder(pack, making)


def zip_pieces(pack: Pack) -> Iterator[bytes]:
    """The bytes of the pack as a zip, piece by piece; no file is held in memory, and none goes out before it is checked."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for member in pack.members:
            about = zipfile.ZipInfo(f"{pack.name}/{member.path}", FIRST_INSTANT)
            about.compress_type, about.create_system, about.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            about.file_size = member.size
            with checked(member) as content, archive.open(about, "w") as packed:
                while piece := content.read(PIECE):
                    packed.write(piece)
                    yield pieces.taken()
    yield pieces.taken()


@contextmanager
def checked(member: Member) -> Iterator[IO[bytes]]:
    """The bytes of a file of the pack, to be read. Raises ArchiveError where they are not the ones that its manifests state."""
    with tempfile.SpooledTemporaryFile(SMALL) as content:
        member.copy(cast("IO[bytes]", content))
        for name, stated in (("sha256", member.sha256), ("sha512", member.sha512)):
            content.seek(0)
            if hashlib.file_digest(content, name).hexdigest() != stated:
                raise ArchiveError(
                    f"{member.path}: found other bytes than its hashes in the evidence state. Run `optout verify`."
                )
        content.seek(0)
        yield cast("IO[bytes]", content)


class _Pieces(io.RawIOBase):
    """A stream that cannot go back, so that a zip is the same whether it is kept or sent."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._held.append(bytes(data))
        return len(self._held[-1])

    def taken(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def _write_zip(pack: Pack, to: Path) -> None:
    with to.open("xb") as file:
        for piece in zip_pieces(pack):
            file.write(piece)


def _write_folder(pack: Pack, to: Path) -> None:
    to.mkdir()
    for member in pack.members:
        path = to / member.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with checked(member) as content, path.open("xb") as file:
            shutil.copyfileobj(content, file, PIECE)
