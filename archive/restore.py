"""Puts an archive in place: from a backup or from a mirror, checked before and after, with what stood there set aside.

Never deletes or writes over what stood there, and never lets a log go on under its name if more was signed than it holds.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive import durable
from archive.backup import refuse_altered
from archive.database import FILE_NAME, Evidence, open_evidence, read_evidence
from archive.errors import ArchiveError
from archive.lock import take_lock
from archive.log import log_size, origin_of, root_at
from archive.mirror_reading import Mirror
from archive.notes import Checkpoint, NoteError, stated_unchecked
from archive.reading_copy import mark_stale
from archive.rebuild import rebuild_evidence
from archive.signer import FOLDER, KEY_NAME, STATE_NAME, Signer
from archive.soundness import refuse_unsound
from archive.store import append
from archive.withheld import all_withheld

STAGING = "restoring"


class Known(NamedTuple):
    """What somebody knows of the log, and who: more than the copy holds must not be lost in silence."""

    who: str
    checkpoint: Checkpoint


class Wish(NamedTuple):
    """How an archive is to be put in place."""

    reason: str
    new_origin: str | None
    """Name under which the log goes on, with a new key, where more was signed than the copy holds."""
    known: Sequence[Known]
    """Checkpoints that were kept elsewhere."""
    now: str


class Restored(NamedTuple):
    """What came of it."""

    size: int
    """Leaves of the copy, before the fact that says it was restored."""
    origin: str
    lost: list[str]
    """What was known and is not in the copy; only ever where the log goes on under a new name."""
    set_aside: list[Path]
    key_from_backup: bool


def from_backup(folder: Path) -> Callable[[Path], str]:
    """Brings a backup to where it is to be put together, and says what it is."""

    def fill(staging: Path) -> str:
        refuse_altered(folder)
        durable.copy(folder / FILE_NAME, staging / FILE_NAME)
        if (folder / FOLDER / KEY_NAME).is_file():
            (staging / FOLDER).mkdir(mode=0o700)
            for file in sorted((folder / FOLDER).iterdir()):
                durable.copy(file, staging / FOLDER / file.name)
        return f"the backup {folder.resolve().name}"

    return fill


def from_mirror(folder: Path) -> Callable[[Path], str]:
    """Makes the archive from a mirror, and says what it is."""

    def fill(staging: Path) -> str:
        rebuilt = rebuild_evidence(Mirror(folder), staging)
        beyond = f", {rebuilt.left_out} leaves beyond its checkpoint left out" if rebuilt.left_out else ""
        return f"the mirror {folder.resolve().name}{beyond}"

    return fill


def known_elsewhere(path: Path) -> Known:
    """What a checkpoint file, or the newest one of a mirror's folder, states. It can only refuse: signatures are not asked for.

    Raises ArchiveError where it is neither.
    """
    if path.is_dir():
        return Known(str(path), Mirror(path).newest()[1])
    try:
        return Known(str(path), stated_unchecked(path.read_text(encoding="utf-8")))
    except (OSError, NoteError, ValueError) as error:
        raise ArchiveError(f"{path}: {error}; expected a checkpoint's note, or the folder of a mirror.") from error


def restore(directory: Path, fill: Callable[[Path], str], wish: Wish) -> Restored:
    """Put what `fill` brings in the place of `directory`/archive.db, with a logged fact that says so. Sign it afterwards.

    Until the last step the old archive stands; what was begun is swept by the next try. Raises ArchiveError where another
    program writes there, the copy is not sound, or something is known of the log that the copy does not hold and no new name
    is given: then nothing was changed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    lock = take_lock(directory)
    try:
        staging = directory / STAGING
        if staging.exists():
            shutil.rmtree(staging)
        staging.mkdir(mode=0o700)
        _settle(directory / FILE_NAME)
        return _restore(directory, staging, fill, wish)
    except OSError as error:
        raise ArchiveError(
            f"{directory}: the archive cannot be put in place: {error.strerror or error}. Check the space left, owner and "
            f"mode, then try again: what stood there is kept."
        ) from error
    finally:
        shutil.rmtree(directory / STAGING, ignore_errors=True)
        lock.close()


def _restore(directory: Path, staging: Path, fill: Callable[[Path], str], wish: Wish) -> Restored:
    source = fill(staging)
    with open_evidence(staging):
        pass  # a backup that an older version made is brought up to date
    refuse_unsound(staging)
    with open_evidence(staging) as copy:
        lost = [line for one in _all_known(directory, wish) if (line := _more_than(copy.db, one))]
        lost += _takedowns_lost(directory, copy.db)
        refused = lost + _cannot_sign(directory, staging, copy.db, wish)
        if refused and wish.new_origin is None:
            raise _fork(copy.db, refused)
        size = _log_restore(copy, source, wish)
        origin = origin_of(copy.db)
    refuse_unsound(staging)
    had_key = (directory / FOLDER).exists()
    set_aside = _put_in_place(directory, staging, wish)
    return Restored(
        size, origin, lost, set_aside, not had_key and wish.new_origin is None and (directory / FOLDER).exists()
    )


def _log_restore(copy: Evidence, source: str, wish: Wish) -> int:
    size = log_size(copy.db)
    said = {"made_at": wish.now, "source": source, "size": size, "root": root_at(copy.db, size).hex()}
    append(copy.db, "restores", {**said, "reason": wish.reason, "new_origin": wish.new_origin})
    return size


# ---------------------------------------------------------------- what is known


def _all_known(directory: Path, wish: Wish) -> list[Known]:
    """What the signer's state, the archive that stands there, and checkpoints from elsewhere say of the log."""
    known = list(wish.known)
    state = directory / FOLDER / STATE_NAME
    if state.exists():
        known.append(Known(str(state), Signer(directory / FOLDER, "").stated()))
    try:
        there = refuse_unsound(directory)
    except ArchiveError:
        return known  # none, or not one that can be relied on: it is set aside as it is
    return [*known, Known(str(directory / FILE_NAME), Checkpoint(there.origin, there.size, there.root))]


def _takedowns_lost(directory: Path, db: Database) -> list[str]:
    """Takedowns that the archive which stands there knows and the copy does not: its bytes would be back in silence."""
    try:
        with closing(read_evidence(directory)) as there:
            known = all_withheld(there)
    except ArchiveError:
        return []
    again = [sha256 for sha256 in known.keys() - all_withheld(db).keys() if _holds(db, sha256)]
    return [f"{sha256} was {known[sha256]}, and is back with this copy: take it down again" for sha256 in sorted(again)]


def _more_than(db: Database, known: Known) -> str | None:
    """What is lost, in words, if the log goes on from here; None where the copy holds all that is known."""
    stated, size = known.checkpoint, log_size(db)
    if stated.size > size:
        return f"{known.who} knows {stated.size} facts, {stated.size - size} more than the {size} of this copy"
    if root_at(db, stated.size) != stated.root:
        return f"{known.who} knows another history of the first {stated.size} facts"
    if stated.origin not in _origins(db):
        return f"{known.who} belongs to the log {stated.origin}"
    return None


def _holds(db: Database, sha256: str) -> bool:
    return db.execute("SELECT 1 FROM snapshots WHERE sha256 = ?", [sha256]).fetchone() is not None


def _origins(db: Database) -> set[str]:
    rows = db.execute("SELECT origin FROM genesis UNION SELECT new_origin FROM restores WHERE new_origin IS NOT NULL")
    return {origin for (origin,) in rows}


def _cannot_sign(directory: Path, staging: Path, db: Database, wish: Wish) -> list[str]:
    """Why the log could not go on under its name: no key, or no memory of what it signed last."""
    if db.execute("SELECT 1 FROM keys").fetchone() is None:
        return []
    folder = directory / FOLDER if (directory / FOLDER).exists() else staging / FOLDER
    if not (folder / KEY_NAME).exists():
        return [f"{directory / FOLDER} holds no signing key, and the copy brings none"]
    if not (folder / STATE_NAME).exists() and not wish.known:
        return [f"{directory / FOLDER} does not say what was signed last ({STATE_NAME} is missing)"]
    return []


def _fork(db: Database, refused: list[str]) -> ArchiveError:
    return ArchiveError(
        f"E-CKP-02: this copy cannot go on as the log {origin_of(db)}: {'; '.join(refused)}. Signing on from it would show two "
        f"histories. Nothing was changed. Choose: bring the newer archive.db, or the signer's folder, from a later backup; rebuild "
        f"from a mirror (--from-mirror FOLDER); or accept the loss and go on under another name and key (--new-origin NAME)."
    )


# ---------------------------------------------------------------- in place


def _settle(path: Path) -> None:
    """Have SQLite roll back what a crash left open, so that the archive that is set aside is one file and whole."""
    if path.with_name(f"{path.name}-journal").exists() and path.exists():
        try:
            with closing(sqlite3.connect(path)) as db:
                db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError:
            return  # too damaged: it is set aside with its journal


def _put_in_place(directory: Path, staging: Path, wish: Wish) -> list[Path]:
    mark_stale(directory)
    after = f"before-{wish.now.replace(':', '')}"
    set_aside = []
    folder = directory / FOLDER
    if wish.new_origin is not None and folder.exists():
        set_aside.append(folder.rename(directory / f"{FOLDER}.{after}"))
    elif wish.new_origin is None and not folder.exists() and (staging / FOLDER).exists():
        durable.sync(staging / FOLDER)
        (staging / FOLDER).rename(folder)
    durable.sync(directory)
    set_aside += _set_aside(directory, after)
    os.replace(staging / FILE_NAME, directory / FILE_NAME)
    durable.sync(directory)
    return set_aside


def _set_aside(directory: Path, after: str) -> list[Path]:
    """Give the archive that stands there a second name; with a journal that nobody could roll back, both go at once."""
    path, kept = directory / FILE_NAME, directory / f"{FILE_NAME}.{after}"
    if not path.exists():
        return []
    journal = path.with_name(f"{path.name}-journal")
    if journal.exists():
        path.rename(kept)
        journal.rename(kept.with_name(f"{kept.name}-journal"))
    else:
        os.link(path, kept)  # and not renamed: at every moment an archive stands in its place
    durable.sync(directory)
    return [kept]
