"""Makes a backup: a folder with a consistent copy of archive.db, the public parts of its signer, and a manifest of hashes.

Never changes the archive, never writes over an earlier backup, and never leaves a half-made one under its name.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from archive import durable
from archive.database import FILE_NAME, read_evidence
from archive.errors import ArchiveError, in_plain_words
from archive.notes import read_verifier
from archive.signer import FOLDER, STATE_NAME
from archive.soundness import Sound, refuse_unsound

FORM = 1
MANIFEST, CHECKPOINT, KEYS = "manifest.json", "checkpoint", "keys"
MAKING = ".backup-making"
PAGES_AT_A_TIME = 4_096
"""16 MB: the writer never waits longer than it takes to copy these."""

RESTARTS = 5
"""A writer that commits makes SQLite begin the copy again; after so many times it is made in one go."""


class BackedUp(NamedTuple):
    """A backup that was made and checked."""

    folder: Path
    sound: Sound
    with_key: bool


def back_up(directory: Path, destination: Path, *, with_key: bool, software: str, now: str) -> BackedUp:
    """Back the archive in `directory` up into the new folder `destination`, also while it is written.

    The archive is checked before and the copy after; under its name a backup is whole and on the disk, or not there.
    Raises ArchiveError where something stands at `destination`, the archive or the copy is not sound, the key was asked for
    and is not there, or the disk does not take it.
    """
    _refuse_taken(destination)
    if with_key and not (directory / FOLDER / "key.pem").is_file():
        raise ArchiveError(f"{directory / FOLDER} holds no signing key; expected one to back up. Leave --with-key out.")
    refuse_unsound(directory)
    try:
        _sweep(destination.parent)
        with _making(destination) as folder:
            _fill(directory, folder, with_key=with_key)
            sound = refuse_unsound(folder)
            _write_manifest(folder, sound, with_key=with_key, software=software, now=now)
            durable.sync_tree(folder)
            refuse_altered(folder)
            _refuse_taken(destination)
            folder.rename(destination)
            durable.sync(destination.parent)
    except OSError as error:
        raise ArchiveError(
            f"The backup {destination} cannot be made: {error.strerror or error}. What was begun is swept next time; the archive "
            f"is as it was. Check the space left there, its owner and mode."
        ) from error
    return BackedUp(destination, sound, with_key)


def refuse_altered(folder: Path) -> dict[str, object]:
    """The manifest of a backup, if every file is there with the hash that it names. Raises ArchiveError otherwise."""
    try:
        manifest: dict[str, object] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files: dict[str, str] = manifest["files"] if manifest["form"] == FORM else {}  # type: ignore[assignment]
        wrong = sorted(name for name, sha256 in files.items() if _sha256(folder / name) != sha256)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(
            f"{folder}: found no whole backup ({error}); expected a folder that `optout backup` made, with {MANIFEST}."
        ) from error
    if wrong or FILE_NAME not in files:
        raise ArchiveError(
            f"{folder}: found {', '.join(wrong) or 'a manifest of another form'} altered since the backup was made; expected the "
            f"hashes in {MANIFEST}. Use another backup, and keep this one for inspection."
        )
    return manifest


def _fill(directory: Path, folder: Path, *, with_key: bool) -> None:
    # State first: what it says was signed is then in the copy, however far the writer has come meanwhile.
    state = _read(directory / FOLDER / STATE_NAME)
    _copy_database(directory, folder / FILE_NAME)
    durable.sync(folder / FILE_NAME)
    if state is not None:
        durable.write(folder / CHECKPOINT, json.loads(state)["note"].encode())
    (folder / KEYS).mkdir()
    with closing(read_evidence(folder)) as copy:
        for (text,) in copy.execute("SELECT verifier FROM keys").fetchall():
            durable.write(folder / KEYS / f"{read_verifier(text).key_id.hex()}.txt", f"{text}\n".encode())
    if with_key:
        (folder / FOLDER).mkdir(mode=0o700)
        for file in sorted((directory / FOLDER).glob("*.pem")):
            durable.copy(file, folder / FOLDER / file.name)
        if state is not None:
            durable.write(folder / FOLDER / STATE_NAME, state, 0o600)


def _copy_database(directory: Path, target: Path) -> None:
    with closing(read_evidence(directory)) as db, in_plain_words(directory / FILE_NAME):
        for pages in (PAGES_AT_A_TIME, -1):
            target.unlink(missing_ok=True)
            with closing(sqlite3.connect(target)) as copy:
                try:
                    db.conn.backup(copy, pages=pages, progress=_Patience(), sleep=0.05)
                except _TooOftenError:
                    continue
            return


class _TooOftenError(Exception):
    """A writer commits so often that a copy in steps does not come to its end."""


class _Patience:
    """Counts how often SQLite had to begin the copy again."""

    def __init__(self) -> None:
        self._left, self._restarts = -1, 0

    def __call__(self, _: int, remaining: int, __: int) -> None:
        self._restarts += 0 <= self._left < remaining
        self._left = remaining
        if self._restarts > RESTARTS:
            raise _TooOftenError


def _write_manifest(folder: Path, sound: Sound, *, with_key: bool, software: str, now: str) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    said = {
        "form": FORM, "made_at": now, "software": software, "origin": sound.origin, "size": sound.size,
        "root": sound.root.hex(), "signed": sound.signed, "with_key": with_key,
        "files": {path.relative_to(folder).as_posix(): _sha256(path) for path in files},
    }  # fmt: skip
    durable.write(folder / MANIFEST, json.dumps(said, indent=2, sort_keys=True).encode() + b"\n")


def _refuse_taken(destination: Path) -> None:
    if destination.exists() or destination.is_symlink():
        raise ArchiveError(
            f"{destination} is there already; expected a new name, since a backup is never written over. "
            f"Name another one, such as one with today's date."
        )


@contextmanager
def _making(destination: Path) -> Iterator[Path]:
    """A new folder beside the destination, locked while it is filled, and removed where that fails."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    folder = destination.with_name(f"{destination.name}{MAKING}")
    folder.mkdir(mode=0o700)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # gone already where it was renamed
        os.close(handle)


def _sweep(place: Path) -> None:
    """Remove what backups that were cut short left here; a folder that somebody is filling is locked and stays."""
    for folder in place.glob(f"*{MAKING}"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
        except BlockingIOError:
            continue
        finally:
            os.close(handle)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
