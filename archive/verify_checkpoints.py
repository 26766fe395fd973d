"""Checks what was signed about the log: each note, who signed it, and whether the log still has the root it states.

Holds no key and signs nothing; walks no log itself, but is told the roots that were found.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from archive.notes import Checkpoint, NoteError, Verifier, read_checkpoint, read_verifier, signed_by
from archive.signer import FOLDER, STATE_NAME
from archive.verify_codes import Problems
from archive.verify_log import Walked
from archive.verify_times import fell


class Kept(NamedTuple):
    """A row of checkpoints."""

    size: int
    root: bytes
    note: str
    made_at: str


class Announced(NamedTuple):
    """A key of the log."""

    entry: int
    """Entry that announces it."""
    number: int
    verifier: Verifier
    replaces: int | None


class Signing(NamedTuple):
    """Everything that is to be known of who signs this log."""

    origins: tuple[tuple[int, str], ...]
    """Names of the log, each with the entry that gave it: the genesis, and restores that went on under a new name."""
    keys: tuple[Announced, ...]
    """In the order in which they were announced."""
    checkpoints: tuple[Kept, ...]
    """Smallest first."""

    def origin_at(self, size: int) -> str:
        """The name in force over the first so many entries: the one that a checkpoint of this size states."""
        return next((name for entry, name in reversed(self.origins) if entry < max(size, 1)), "")

    @property
    def verifiers(self) -> list[Verifier]:
        """The announced keys."""
        return [key.verifier for key in self.keys]


def read_signing(conn: sqlite3.Connection) -> Signing:
    """Origin, keys and checkpoints. A key whose text is none is left out: nothing that it signed will be good."""
    names = conn.execute(
        "SELECT 0, origin FROM genesis UNION ALL SELECT entry, new_origin FROM restores"
        " JOIN log ON fact_table = 'restores' AND fact_number = restore_id WHERE new_origin IS NOT NULL ORDER BY 1"
    ).fetchall()
    keys = []
    for entry, number, text, replaces in conn.execute(
        "SELECT entry, key_number, verifier, replaces FROM keys"
        " JOIN log ON fact_table = 'keys' AND fact_number = key_number ORDER BY entry"
    ):
        try:
            keys.append(Announced(entry, number, read_verifier(text), replaces))
        except NoteError:
            continue
    rows = conn.execute("SELECT size, root, note, made_at FROM checkpoints ORDER BY size")
    return Signing(tuple(names), tuple(keys), tuple(map(Kept._make, rows)))


def check_checkpoints(signing: Signing, walked: Walked, annotated: frozenset[int], problems: Problems) -> None:
    """Every checkpoint of the archive beside its signatures, its row, and the log."""
    before = 0
    for kept in signing.checkpoints:
        place = f"checkpoint {kept.size}"
        stated, origin = _signed(kept, signing, before, problems), signing.origin_at(kept.size)
        if stated is not None and (stated.origin, stated.size, stated.root) != (origin, kept.size, kept.root):
            found = f"a note of {stated.origin}, {stated.size} entries, root {stated.root.hex()}"
            problems.add("E-CKP-04", place, f"{found}, beside {origin}, {kept.size}, {kept.root.hex()}")
        _check_root(place, kept.size, stated.root if stated else kept.root, walked, problems)
        newest = walked.instants.get(kept.size)
        if newest and fell(newest, kept.made_at) and not {kept.size, kept.size - 1} & annotated:
            problems.add("E-TIM-04", place, f"the instant {kept.made_at} over an entry from {newest}")
        before = kept.size
    if walked.size > before:
        problems.add("W-CKP-09", "log", f"{walked.size - before} entries after the newest checkpoint of {before}")


def _check_root(place: str, size: int, root: bytes, walked: Walked, problems: Problems) -> None:
    if not 0 < size <= walked.size:
        problems.add("E-CKP-05", place, f"a log of {walked.size} entries")
    elif walked.roots[size] != root:
        problems.add(
            "E-CKP-06", place, f"the root {walked.roots[size].hex()} over these entries, signed was {root.hex()}"
        )


def _signed(kept: Kept, signing: Signing, before: int, problems: Problems) -> Checkpoint | None:
    """What the note states; None, and told, where it is no note or the wrong keys have signed it."""
    place = f"checkpoint {kept.size}"
    try:
        text, good = signed_by(kept.note, signing.verifiers)
        stated = read_checkpoint(text)
    except NoteError as error:
        problems.add("E-CKP-03", place, f"a note that is not good ({error})")
        return None
    missing = [key.verifier.text() for key in _must_sign(kept.size, before, signing) if key.verifier not in good]
    if missing:
        problems.add("E-CKP-03", place, f"no signature of {' and '.join(missing)}")
        return None
    return stated


def _must_sign(size: int, before: int, signing: Signing) -> list[Announced]:
    """The newest key announced by then under the name in force, and those that keys since the checkpoint before replace."""
    origin = signing.origin_at(size)
    announced = [key for key in signing.keys if key.entry < size and key.verifier.name == origin]
    replaced = {key.replaces for key in announced if key.entry >= before}
    return [key for key in announced if key is announced[-1] or key.number in replaced]


def check_given_keys(given: Sequence[Verifier], signing: Signing, problems: Problems) -> None:
    """The keys that whoever verifies got from elsewhere: one of them must be a key of this log."""
    if given and not set(given) & set(signing.verifiers):
        problems.add("E-CKP-08", "keys", ", ".join(key.text() for key in signing.verifiers) or "no key at all")


class State(NamedTuple):
    """What the signer's own file says."""

    note: str | None
    trouble: str | None
    """Why it could not be read; None where it was, and where there is no such file."""


def read_state(directory: Path) -> State:
    """The signer's last note. No secret: the key beside it is not opened.

    Read before the database is, so that it is never ahead of it while a poller writes.
    """
    try:
        return State(str(json.loads((directory / FOLDER / STATE_NAME).read_text(encoding="utf-8"))["note"]), None)
    except FileNotFoundError:
        return State(None, None)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        return State(None, str(error))


def state_size(state: State, signing: Signing) -> int | None:
    """Size of the log that was signed last; None where that is not known."""
    stated = _read_state(state, signing)
    return stated.size if isinstance(stated, Checkpoint) else None


def check_state(state: State, signing: Signing, walked: Walked, problems: Problems) -> None:
    """The signer's file beside the archive: what it signed last must be the beginning of this log."""
    place = f"{FOLDER}/{STATE_NAME}"
    stated = _read_state(state, signing)
    if stated is None:
        return
    if isinstance(stated, str):
        problems.add("W-CKP-10", place, f"a file that cannot be used ({stated})")
    elif (stated.size, stated.root) in {(kept.size, kept.root) for kept in signing.checkpoints}:
        return  # checked with the checkpoints of the archive
    elif stated.size > walked.size:
        problems.add("E-CKP-07", place, f"{stated.size} entries signed, and a log of {walked.size}")
    elif stated.origin != signing.origin_at(stated.size) or walked.roots[stated.size] != stated.root:
        problems.add("E-CKP-07", place, f"another history of {stated.size} entries of {stated.origin}")
    else:
        problems.add("W-CKP-10", place, f"a checkpoint of {stated.size} entries that the archive does not hold")


def _read_state(state: State, signing: Signing) -> Checkpoint | str | None:
    if state.note is None:
        return state.trouble
    try:
        return read_checkpoint(signed_by(state.note, signing.verifiers)[0])
    except NoteError as error:
        return str(error)
