"""Writes the mirror: the log, its checkpoints, keys, anchors and blobs as plain files that others can copy and check.

Never writes a mirror that does not continue, and never shows a checkpoint before everything that it states is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from archive.anchors import read_stamp
from archive.checkpoints import announced_keys, newest_checkpoint
from archive.compression import pack, sha256_of
from archive.durable import sync, write
from archive.errors import ArchiveError
from archive.leaves import canonical, leaf_of, named_outside, read_leaf
from archive.log import origin_of, root_at, stored_row
from archive.mirror_format import (
    CHECKPOINT,
    CHECKPOINTS,
    LEAVES_PER_FILE,
    README,
    README_TEXT,
    anchor_file,
    blob_file,
    checkpoint_file,
    checkpoint_time_file,
    key_file,
    leaves_file,
    withheld_file,
)
from archive.notes import Checkpoint, NoteError, read_checkpoint, read_verifier, signed_by
from archive.promise import PROMISE
from archive.timestamps import TokenError


class MirrorError(ArchiveError):
    """The mirror does not fit this archive (E-MIR-01): writing it would take something back that was shown."""


class Mirrored(NamedTuple):
    """What a mirror holds after it was written."""

    size: int
    """Leaves of its newest checkpoint."""
    files: int
    """Files that were written or removed."""


def write_mirror(db: Database, folder: Path, *, bodies: bool) -> Mirrored:
    """Bring the mirror in `folder` up to the newest checkpoint; `bodies`: with the captured bodies.

    Leaves, blobs, keys and anchors are written and synced first, the file `checkpoint` last, by a rename: a crash leaves the
    old mirror with some files more. Bodies that were taken down are removed, with the reason in their place.

    Raises MirrorError where the mirror is ahead of the archive, or another's; ArchiveError where nothing was signed yet, or
    the folder cannot be written.
    """
    newest = newest_checkpoint(db)
    if newest is None:
        raise ArchiveError("Nothing was signed yet: there is no checkpoint to mirror. `optout anchor` signs one.")
    size, note = newest
    try:
        before = _refuse_stranger(db, folder, size)
        files = _Files(folder)
        for name, content in _everything(db, files, before, size, bodies=bodies):
            files.put(name, content)
        _withhold(db, files)
        files.put(CHECKPOINT, note.encode())
    except OSError as error:
        raise ArchiveError(
            f"The mirror {folder} cannot be written: {error.strerror or error}. The checkpoint that it shows is whole. Check "
            "the folder's owner, its mode and the space left; the next checkpoint tries again."
        ) from error
    return Mirrored(size, files.changed)


# ---------------------------------------------------------------- what may be written


def _refuse_stranger(db: Database, folder: Path, size: int) -> int:
    """Leaves that the mirror already shows; raises MirrorError where they are not the beginning of our log."""
    newest = folder / CHECKPOINT
    sizes = sorted(int(path.name) for path in (folder / CHECKPOINTS).glob("*") if path.name.isdecimal())
    shown = [newest] if newest.exists() else []
    for path in (*shown, *(folder / checkpoint_file(one) for one in sizes[-1:])):
        try:
            checkpoint = _shown(db, path.read_text(encoding="utf-8"))
        except (NoteError, UnicodeDecodeError) as error:
            raise _ahead(folder, f"in {path.name} a checkpoint that no key of this archive signed ({error})") from error
        _refuse_other(db, folder, checkpoint, size)
    return _shown(db, newest.read_text(encoding="utf-8")).size if shown else 0


def _refuse_other(db: Database, folder: Path, shown: Checkpoint, size: int) -> None:
    if shown.origin != origin_of(db):
        raise _ahead(folder, f"the log {shown.origin}")
    if shown.size > size:
        raise _ahead(folder, f"a checkpoint of {shown.size} leaves, more than ours has")
    if root_at(db, shown.size) != shown.root:
        raise _ahead(folder, f"a checkpoint of {shown.size} leaves that are not the first of our log")


def _shown(db: Database, note: str) -> Checkpoint:
    return read_checkpoint(signed_by(note, [read_verifier(text) for text in announced_keys(db)])[0])


def _ahead(folder: Path, found: str) -> MirrorError:
    return MirrorError(
        f"E-MIR-01: the mirror {folder} shows {found}; expected the beginning of this archive's log. The archive was taken from "
        "an older copy or altered, or the mirror is another's. Nothing was written. Others may hold what the mirror shows: find "
        "out which of the two is the true one, see docs/anchoring.md, and never delete the mirror to make this go away."
    )


# ---------------------------------------------------------------- what is written


def _everything(db: Database, files: _Files, before: int, size: int, *, bodies: bool) -> Iterator[tuple[str, bytes]]:
    """Every file that is not there yet or grew, but the newest checkpoint."""
    yield README, README_TEXT.format(per_file=f"{LEAVES_PER_FILE:,}", promise=PROMISE).encode()
    for verifier in announced_keys(db):
        yield key_file(read_verifier(verifier).key_id.hex()), f"{verifier}\n".encode()
    yield from _leaves(db, files, before, size)
    yield from _long_texts(db, files, before, size)
    if bodies:
        yield from _bodies(db, files)
    yield from _anchors(db, files)
    for (stood,) in db.execute("SELECT size FROM checkpoints ORDER BY size").fetchall():
        if stood <= size and not files.has(checkpoint_file(stood)):
            note, made_at = db.execute("SELECT note, made_at FROM checkpoints WHERE size = ?", [stood]).fetchone()
            yield checkpoint_time_file(stood), canonical({"made_at": made_at}) + b"\n"
            yield checkpoint_file(stood), note.encode()


def _leaves(db: Database, files: _Files, before: int, size: int) -> Iterator[tuple[str, bytes]]:
    for first in range(0, size, LEAVES_PER_FILE):
        after = min(first + LEAVES_PER_FILE, size)
        if after <= before and files.has(leaves_file(first)):
            continue
        rows = db.execute("SELECT leaf FROM log WHERE entry >= ? AND entry < ? ORDER BY entry", [first, after])
        yield leaves_file(first), "".join(f"{leaf}\n" for (leaf,) in rows).encode()


def _long_texts(db: Database, files: _Files, before: int, size: int) -> Iterator[tuple[str, bytes]]:
    """Long texts, heads and tokens that leaves name; the bytes of snapshots are a matter of their own."""
    rows = db.execute(
        "SELECT fact_table, fact_number, leaf FROM log WHERE entry >= ? AND entry < ? AND fact_table <> 'snapshots'"
        " AND instr(leaf, '\"sha256\":') ORDER BY entry",
        [before, size],
    )
    for table, number, leaf in rows.fetchall():
        wanted = {sha256 for sha256 in named_outside(read_leaf(leaf.encode())) if not files.has(blob_file(sha256))}
        for value in stored_row(db, table, number).values() if wanted else ():
            raw = value.encode() if isinstance(value, str) else value
            if isinstance(raw, bytes) and sha256_of(raw) in wanted:
                yield blob_file(sha256_of(raw)), pack(raw).body


def _bodies(db: Database, files: _Files) -> Iterator[tuple[str, bytes]]:
    """Captured bodies, packed exactly as they are stored."""
    rows = db.execute("SELECT snapshot_id, sha256 FROM snapshots WHERE sha256 NOT IN (SELECT sha256 FROM takedowns)")
    for number, sha256 in rows.fetchall():
        if not files.has(blob_file(sha256)):
            (body,) = db.execute("SELECT body FROM snapshots WHERE snapshot_id = ?", [number]).fetchone()
            yield blob_file(sha256), body


def _anchors(db: Database, files: _Files) -> Iterator[tuple[str, bytes]]:
    """Also those that are newer than the newest checkpoint, which they are about: they prove themselves."""
    for (number,) in db.execute("SELECT anchor_id FROM anchors ORDER BY anchor_id").fetchall():
        if files.has(anchor_file(number, "json")):
            continue
        row = stored_row(db, "anchors", number)
        if row["kind"] == "rfc3161" and isinstance(row["evidence"], bytes):
            with suppress(TokenError):
                stamp = read_stamp(row["evidence"])
                yield anchor_file(number, "token.der"), stamp.token
                yield anchor_file(number, "chain.pem"), stamp.chain
        yield anchor_file(number, "json"), leaf_of("anchors", row) + b"\n"


def _withhold(db: Database, files: _Files) -> None:
    """What was taken down goes from the mirror too; the reason is there before the bytes are gone."""
    for (number,) in db.execute("SELECT takedown_id FROM takedowns ORDER BY takedown_id").fetchall():
        row = stored_row(db, "takedowns", number)
        sha256 = str(row["sha256"])
        files.put(withheld_file(sha256), canonical({key: row[key] for key in ("sha256", "made_at", "reason")}) + b"\n")
        files.remove(blob_file(sha256))


class _Files:
    """The files of one mirror: each is whole or as it was, and on the disk when `put` returns."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.changed = folder, 0
        folder.mkdir(parents=True, exist_ok=True)

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def put(self, name: str, content: bytes) -> None:
        path = self.folder / name
        with suppress(FileNotFoundError):
            if path.stat().st_size == len(content) and path.read_bytes() == content:
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_name(f".{path.name}.making")
        # What a crash left there; or a link to another file, which must not be written through.
        making.unlink(missing_ok=True)
        write(making, content)
        making.replace(path)
        sync(path.parent)
        self.changed += 1

    def remove(self, name: str) -> None:
        path = self.folder / name
        if path.exists():
            path.unlink()
            sync(path.parent)
            self.changed += 1


__all__ = ["MirrorError", "Mirrored", "write_mirror"]
