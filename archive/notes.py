"""Signed notes as C2SP signed-note and tlog-checkpoint define them: writes, signs, reads and checks them with Ed25519.

Holds no key, stores nothing, and never decides whether something may be signed.
Source: https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint, seen 2026-11-24.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
"""Signature type of the specification."""

DASH = "\N{EM DASH} "
LARGEST_NOTE = 100_000
"""Characters of a note that is still read: far more than sixteen signatures of any kind take."""


class NoteError(ValueError):
    """A text is not a signed note, a checkpoint or a key, or is signed by nobody we know. The message says which."""


class Verifier(NamedTuple):
    """A public key with the name under which it signs."""

    name: str
    key: bytes
    """32 bytes, RFC 8032."""

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key beside its name in a signature line."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[:4]

    def text(self) -> str:
        """Name, key ID in hex and key in base64, joined with plus signs: the form in which keys are handed round."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.key).decode()}"


class Checkpoint(NamedTuple):
    """What a checkpoint states of a log: its name, how many leaves, the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text that is signed; no extension lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def read_verifier(text: str) -> Verifier:
    """A public key from its text. Raises NoteError where it is not one, or its key ID is another's."""
    parts = text.strip().split("+", 2)
    try:
        name, key_id, encoded = parts
        raw = _decoded(encoded)
    except ValueError as error:
        raise NoteError(f"found {text.strip()[:80]!r}, expected a key as name+hex+base64") from error
    verifier = Verifier(checked_name(name), raw[1:])
    if raw[:1] != ED25519 or len(raw) != 33 or verifier.key_id.hex() != key_id.lower():
        raise NoteError(f"the key of {name}: found one of another kind or with another ID, expected Ed25519 (type 1)")
    return verifier


def checked_name(name: str) -> str:
    """A name under which a log may sign. Raises NoteError where the specification does not allow it."""
    if not name or "+" in name or re.search(r"\s", name) or not name.isprintable():
        raise NoteError(f"found the name {name!r}, expected one without spaces, plus signs and control characters")
    return name


def verifier_of(key: Ed25519PrivateKey, name: str) -> Verifier:
    """The public half of a key, under a name."""
    return Verifier(checked_name(name), key.public_key().public_bytes_raw())


def sign(text: str, keys: Sequence[tuple[str, Ed25519PrivateKey]]) -> str:
    """The note of a text, signed by each key under its name. `text` ends in a newline."""
    lines = []
    for name, key in keys:
        signature = verifier_of(key, name).key_id + key.sign(text.encode())
        lines.append(f"{DASH}{name} {base64.b64encode(signature).decode()}\n")
    return f"{text}\n{''.join(lines)}"


def signed_by(note: str, known: Sequence[Verifier]) -> tuple[str, frozenset[Verifier]]:
    """The text of a note, and which of the keys we know have signed it; signatures of others are ignored.

    Raises NoteError where it is not a note, or a signature of a known key is wrong, or no known key has signed.
    """
    text, lines = _parts(note)
    good: set[Verifier] = set()
    for name, signature in map(_signature, lines):
        for verifier in known:
            if verifier.name == name and verifier.key_id == signature[:4]:
                _check(verifier, signature[4:], text)
                good.add(verifier)
    if not good:
        raise NoteError("found no signature of a known key, expected one")
    return text, frozenset(good)


def read_checkpoint(text: str) -> Checkpoint:
    """What the text of a note states as a checkpoint. Raises NoteError where it is none."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
        raise NoteError("found a note that is no checkpoint, expected origin, size and root, a line each")
    try:
        root = _decoded(lines[2])
    except ValueError as error:
        raise NoteError(f"found the root {lines[2][:60]!r}, expected 32 bytes in base64") from error
    if len(root) != 32:
        raise NoteError(f"found the root {lines[2][:60]!r}, expected 32 bytes in base64")
    return Checkpoint(lines[0], int(lines[1]), root)


def stated_unchecked(note: str) -> Checkpoint:
    """What a note states, whoever signed it: enough to refuse by, never enough to trust. Raises NoteError."""
    return read_checkpoint(_parts(note)[0])


def _parts(note: str) -> tuple[str, list[str]]:
    text, blank, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if not blank or len(note) > LARGEST_NOTE or lines.pop() or not lines or not _is_clean(note):
        raise NoteError("found something that is not a signed note, expected a text, an empty line, signature lines")
    return text + "\n", lines


def _is_clean(note: str) -> bool:
    return not any(character < " " and character != "\n" for character in note)


def _signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    try:
        signature = _decoded(encoded)
    except ValueError:
        signature = b""
    if not line.startswith(DASH) or not space or len(signature) < 5:
        raise NoteError(f"found the signature line {line[:80]!r}, expected a dash, a name and base64")
    return name, signature


def _decoded(text: str) -> bytes:
    """Base64 in its one spelling: decoders pass over spare bits at the end, so that several texts give the same bytes."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 with spare bits")
    return raw


def _check(verifier: Verifier, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(verifier.key).verify(signature, text.encode())
    except (InvalidSignature, ValueError) as error:
        raise NoteError(
            f"found a signature of {verifier.name} that is not good, expected one over this text"
        ) from error
