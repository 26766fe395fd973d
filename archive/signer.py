"""The signing key and what was signed with it last, in files outside the database; signs no history but one.

Never reads the log itself: whoever asks brings size and root, and proves the earlier ones.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from archive.durable import sync
from archive.errors import ArchiveError
from archive.notes import (
    Checkpoint,
    NoteError,
    Verifier,
    read_checkpoint,
    sign,
    signed_by,
    stated_unchecked,
    verifier_of,
)

FOLDER = "signer"
KEY_NAME, NEXT_KEY_NAME, STATE_NAME = "key.pem", "next-key.pem", "state.json"

RootAt = Callable[[int], bytes]
"""Root of the log as it stands over its first so many leaves. Raises ValueError where it has fewer."""


class ForkError(ArchiveError):
    """The log is not a continuation of what was signed before (E-CKP-02): signing it would show two histories."""


class Signed(NamedTuple):
    """What was signed last."""

    checkpoint: Checkpoint
    note: str


@dataclass(frozen=True)
class Signer:
    """A folder that holds a log's signing key and what it signed last."""

    folder: Path
    origin: str

    @property
    def has_key(self) -> bool:
        """Whether a key was made here before."""
        return (self.folder / KEY_NAME).exists()

    @property
    def has_next_key(self) -> bool:
        """Whether a rotation is under way."""
        return (self.folder / NEXT_KEY_NAME).exists()

    def make_key(self, name: str = KEY_NAME) -> None:
        """Make a key where there is none; one that is there stays. Raises ArchiveError where the folder takes no files."""
        if (self.folder / name).exists():
            return
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(
                f"The folder of the signing key {self.folder} cannot be made: {error.strerror}. Check the owner and mode of "
                f"the folder above it."
            ) from error
        # Beside its place, then renamed: a crash leaves a whole key or none, never half a one.
        _replace(self.folder / name, pem)

    def verifier(self, name: str = KEY_NAME) -> Verifier:
        """The public half of the key. Raises ArchiveError where there is none, or it cannot be read."""
        return verifier_of(self._key(name), self.origin)

    def last(self) -> Signed | None:
        """What was signed last; None where nothing was. Raises ArchiveError where the state is damaged."""
        path = self.folder / STATE_NAME
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            note = str(state["note"])
            known = [verifier_of(key, self.origin) for key in self._keys()]
            return Signed(read_checkpoint(signed_by(note, known)[0]), note)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArchiveError(
                f"{path}: found a state that cannot be trusted ({error}), expected the last checkpoint signed with the "
                f"key beside it. Restore the folder from its backup; without it this log can go on only under a new name."
            ) from error

    def stated(self) -> Checkpoint:
        """What the state says was signed last, signature and name unchecked. Raises ArchiveError where it cannot be read."""
        path = self.folder / STATE_NAME
        try:
            return stated_unchecked(str(json.loads(path.read_text(encoding="utf-8"))["note"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArchiveError(
                f"{path}: found a state that cannot be read ({error}), expected the last checkpoint signed. Restore the folder "
                f"from its backup, or move it away and go on under a new name."
            ) from error

    def sign(self, size: int, root_at: RootAt, *, with_next: bool = False) -> Signed:
        """Sign the log's first `size` leaves, if they continue what was signed before; `with_next`: with the next key too.

        The state is written and synced before the note is given out: after a crash the very same note is made again, never
        another one (Ed25519 is deterministic). Raises ForkError where the log does not continue it, ArchiveError where key
        or state cannot be used.
        """
        self.refuse_fork(size, root_at)
        checkpoint = Checkpoint(self.origin, size, root_at(size))
        names = [KEY_NAME, NEXT_KEY_NAME] if with_next else [KEY_NAME]
        keys = [(self.origin, self._key(name)) for name in names]
        note = sign(checkpoint.text(), keys)
        _replace(self.folder / STATE_NAME, json.dumps({"note": note}).encode())
        return Signed(checkpoint, note)

    def finish_rotation(self) -> None:
        """Put the next key in the place of the old one, which is kept under its key ID; after both have signed."""
        new = self.folder / NEXT_KEY_NAME
        if new.exists():
            old = self.folder / KEY_NAME
            retired = self.folder / f"retired-{self.verifier().key_id.hex()}.pem"
            if not retired.exists():
                os.link(old, retired)
            new.replace(old)
        sync(self.folder)

    def refuse_fork(self, size: int, root_at: RootAt) -> None:
        """Raise ForkError where a log of `size` leaves does not continue what was signed before."""
        before = self.last()
        if before is None:
            return
        signed = before.checkpoint
        if signed.origin != self.origin:
            raise ForkError(
                f"E-CKP-02: {self.folder} has signed for the log {signed.origin}, and this archive's log is {self.origin}. "
                f"One of the two was put beside the wrong other: bring the folder that belongs to this archive."
            )
        if size < signed.size or root_at(signed.size) != signed.root:
            raise ForkError(
                f"E-CKP-02: the log has {size} leaves and does not continue the {signed.size} that were signed before. "
                f"It was taken from an older copy or altered. Nothing was signed. Bring back the newer archive.db, or see "
                f"`optout restore --help`."
            )

    def _keys(self) -> list[Ed25519PrivateKey]:
        """The key in use, and the next one while a rotation is under way: either may have signed last."""
        names = [KEY_NAME, *([NEXT_KEY_NAME] if self.has_next_key else [])]
        return [self._key(name) for name in names]

    def _key(self, name: str) -> Ed25519PrivateKey:
        path = self.folder / name
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ArchiveError(
                f"The signing key {path} cannot be used: {error}. Restore it from its backup: without it this log can go "
                f"on only under a new name."
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ArchiveError(f"The signing key {path}: found another kind of key, expected Ed25519 (PKCS 8, PEM).")
        return key


def _write(path: Path, content: bytes) -> None:
    """A new file with this content, readable by its owner alone, on the disk before this returns."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


def _replace(path: Path, content: bytes) -> None:
    """The whole of the file is the old content or the new one, whatever happens."""
    making = path.with_name(path.name + ".making")
    making.unlink(missing_ok=True)
    try:
        _write(making, content)
        making.replace(path)
        sync(path.parent)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be written: {error.strerror}. Nothing was signed.") from error


__all__ = ["FOLDER", "NEXT_KEY_NAME", "ForkError", "NoteError", "Signed", "Signer"]
