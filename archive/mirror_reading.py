"""Reads a mirror of the log, a folder of plain files: leaves, checkpoints, keys and blobs. Trusts none of them.

Never writes a mirror, and never decides whether what it reads is sound. archive/mirror_format.py says what lies where.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from archive.compression import unpack_named
from archive.errors import ArchiveError
from archive.mirror_format import CHECKPOINT, CHECKPOINTS, LEAVES, blob_file, checkpoint_time_file, leaves_file
from archive.notes import Checkpoint, NoteError, stated_unchecked


class Mirror:
    """One folder that holds a mirror."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.long: Mapping[str, bytes] = _Long(folder)
        """What leaves name by SHA-256, bodies left out, as it is wanted. KeyError where it is not there or altered."""

    def newest(self) -> tuple[str, Checkpoint]:
        """The newest note and what it states, signatures unchecked. Raises ArchiveError where there is none."""
        note = self._text(self.folder / CHECKPOINT)
        return note, self._stated(CHECKPOINT, note)

    def notes(self) -> dict[int, str]:
        """Every note by the size that it states, the newest among them. Raises ArchiveError where a file is no checkpoint."""
        found = {self.newest()[1].size: self.newest()[0]}
        for path in sorted((self.folder / CHECKPOINTS).glob("*")):
            if path.name.isdecimal():
                note = self._text(path)
                found[self._stated(path.name, note).size] = note
        return found

    def made_at(self, size: int) -> str | None:
        """When a checkpoint was made, where a file beside it says so."""
        path = self.folder / checkpoint_time_file(size)
        try:
            return str(json.loads(path.read_text(encoding="utf-8"))["made_at"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArchiveError(f"{path}: found no time ({error}); expected {{made_at}}, or no such file.") from error

    def leaves(self) -> Iterator[bytes]:
        """Every leaf in order. Raises ArchiveError where a file of leaves is missing."""
        entry = 0
        for path in sorted((self.folder / LEAVES).glob("*.jsonl")):
            if path != self.folder / leaves_file(entry):
                raise ArchiveError(
                    f"{self.folder}: found {path.name} where the leaves from entry {entry} on should stand; expected "
                    f"{leaves_file(entry)}. The mirror is not whole: use another copy of it."
                )
            for line in path.read_bytes().removesuffix(b"\n").split(b"\n"):
                yield line
                entry += 1

    def packed(self, sha256: str) -> bytes | None:
        """A body as it was stored, by the SHA-256 of what it unpacks to; None where the mirror does not hold it."""
        return _read(self.folder / blob_file(sha256))

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ArchiveError(
                f"{path} cannot be read ({error}); expected a signed note. Name the folder of a log's mirror."
            ) from error

    def _stated(self, name: str, note: str) -> Checkpoint:
        try:
            return stated_unchecked(note)
        except NoteError as error:
            raise ArchiveError(
                f"{self.folder}/{name}: {error}. The mirror is damaged: use another copy of it."
            ) from error


class _Long(dict[str, bytes]):
    """Reads what is asked for from the disk, and forgets it again."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, sha256: str) -> bytes:
        found = _read(self._folder / blob_file(sha256))
        try:
            return unpack_named(found or b"", sha256)
        except ArchiveError as damaged:
            raise KeyError(sha256) from damaged


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
