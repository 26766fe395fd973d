"""Signs the log as it stands and keeps the note; announces keys in the log before they sign.

Never signs a log that does not continue what was signed before (archive/signer.py refuses).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from archive.clock import utc_now
from archive.database import Evidence, turn, writing
from archive.errors import ArchiveError
from archive.log import log_size, origin_of, root_at
from archive.notes import read_verifier
from archive.rows import clean
from archive.signer import FOLDER, NEXT_KEY_NAME, Signed, Signer
from archive.store import append


class Signature(NamedTuple):
    """What came of signing the log."""

    size: int
    note: str
    new_key: bool
    """True where the signing key was made for this: it should be backed up."""


def signer_of(evidence: Evidence) -> Signer:
    """The signer of an archive: the folder beside its database."""
    return Signer(evidence.directory / FOLDER, origin_of(evidence.db))


def sign_log(evidence: Evidence) -> Signature:
    """Sign the log as it stands. The same log is signed once: nothing is written where nothing was added.

    A crash at any step leaves the state of the signer ahead of the database at most; the same note is then kept here.
    Threads of one program take turns. Raises ForkError where the log does not continue what was signed before,
    ArchiveError where key, state or database cannot be written.
    """
    db, signer = evidence.db, signer_of(evidence)
    with turn(db):
        new_key = not signer.has_key
        with writing(db):
            if not _announced(db, signer.origin):
                signer.make_key()
                reason = "first" if not _announced(db) else "first under this name"
                _announce(db, signer.verifier().text(), None, reason)
        _refuse_stranger(db, signer)
        signer.refuse_fork(log_size(db), lambda leaves: root_at(db, leaves))
        _keep_missing(db, signer)
        return Signature(*_sign(db, signer), new_key)


def rotate_key(evidence: Evidence, reason: str) -> Signature:
    """Give the log another key: announced in the log, and the next checkpoint signed by the old and the new.

    Begun again after a crash, with the same reason, it goes on where it stopped, also where only its very last step was
    missing: it makes no third key. Raises as sign_log does.
    """
    db, signer = evidence.db, signer_of(evidence)
    with turn(db):
        if (done := _just_rotated(db, signer, reason)) is not None:
            return done
        sign_log(evidence)
        signer.make_key(NEXT_KEY_NAME)
        new, old = signer.verifier(NEXT_KEY_NAME).text(), signer.verifier().text()
        with writing(db):
            numbers = dict(db.execute("SELECT verifier, key_number FROM keys").fetchall())
            if new not in numbers:
                _announce(db, new, numbers[old], reason)
        size, note = _sign(db, signer)
        signer.finish_rotation()
        return Signature(size, note, new_key=True)


def _just_rotated(db: Database, signer: Signer, reason: str) -> Signature | None:
    """What a rotation for this reason came to, where it is done and nothing was recorded since; else None."""
    newest, key = newest_checkpoint(db), _newest_key(db)
    if newest is None or key is None or newest[0] != log_size(db) or signer.has_next_key or not signer.has_key:
        return None
    verifier, replaces, its_reason = key
    if replaces is None or its_reason != clean(reason) or signer.verifier().text() != verifier:
        return None
    signer.finish_rotation()
    return Signature(*newest, new_key=True)


def _newest_key(db: Database) -> tuple[str, int | None, str] | None:
    return db.execute(  # type: ignore[no-any-return]
        "SELECT verifier, replaces, reason FROM keys ORDER BY key_number DESC LIMIT 1"
    ).fetchone()


def newest_checkpoint(db: Database) -> tuple[int, str] | None:
    """Size and note of the newest checkpoint; None where nothing was signed yet."""
    return db.execute("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()  # type: ignore[no-any-return]


def announced_keys(db: Database) -> list[str]:
    """Verifier texts of every key that this log has announced, oldest first."""
    return [text for (text,) in db.execute("SELECT verifier FROM keys ORDER BY key_number")]


def _sign(db: Database, signer: Signer) -> tuple[int, str]:
    newest, size = newest_checkpoint(db), log_size(db)
    if newest is not None and newest[0] == size:
        return newest
    # A next key that a crash left unannounced signs nothing: nobody could know it.
    with_next = signer.has_next_key and _is_announced(db, signer.verifier(NEXT_KEY_NAME).text())
    signed = signer.sign(size, lambda leaves: root_at(db, leaves), with_next=with_next)
    _keep(db, signed)
    return signed.checkpoint.size, signed.note


def _keep_missing(db: Database, signer: Signer) -> None:
    """Keep the note that was signed before a crash took the database's row for it."""
    last, newest = signer.last(), newest_checkpoint(db)
    if last is not None and last.checkpoint.size > (newest[0] if newest else 0):
        _keep(db, last)


def _keep(db: Database, signed: Signed) -> None:
    with writing(db):
        db.execute(
            "INSERT INTO checkpoints (size, root, note, made_at) VALUES (?, ?, ?, ?)",
            [signed.checkpoint.size, signed.checkpoint.root, signed.note, utc_now()],
        )


def _refuse_stranger(db: Database, signer: Signer) -> None:
    """A key that this log never announced would sign what nobody can check."""
    verifier = signer.verifier().text()
    if not _is_announced(db, verifier):
        raise ArchiveError(
            f"{signer.folder} holds the key {verifier}, which this archive's log has not announced. The folder belongs to "
            f"another archive, or its key was replaced by hand: bring the folder that belongs here. Nothing was signed."
        )


def _is_announced(db: Database, verifier: str) -> bool:
    return db.execute("SELECT 1 FROM keys WHERE verifier = ?", [verifier]).fetchone() is not None


def _announced(db: Database, origin: str | None = None) -> bool:
    """Whether a key was announced: any, or one that signs under this name of the log."""
    return any(origin in {None, read_verifier(text).name} for (text,) in db.execute("SELECT verifier FROM keys"))


def _announce(db: Database, verifier: str, replaces: int | None, reason: str) -> None:
    append(db, "keys", {"announced_at": utc_now(), "verifier": verifier, "replaces": replaces, "reason": reason})
