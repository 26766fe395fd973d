"""Puts a finished folder in the place of an earlier one in a single step: whoever looks finds the old one or the new one, whole.

Decides nothing of what is in them, and never replaces a folder that its caller did not make.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from archive import durable
from archive.errors import ArchiveError

_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of renameat2(2)."""


@contextmanager
def swapped_in(to: Path, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """An empty folder beside `to` to write into, put in its place once all of it is written; else removed.

    `is_ours` says whether what stands at `to` may be replaced. Raises ArchiveError where it may not, where another program is at
    it, or the disk does not take it: then the earlier folder stays as it was.
    """
    _refuse_stranger(to, is_ours)
    making = to.with_name(f".{to.name}.making")
    try:
        making.parent.mkdir(parents=True, exist_ok=True)
        making.mkdir(exist_ok=True)
        held, left = [_lock(making)], True
        try:
            _empty(making)
            yield making
            durable.sync_tree(making)
            _refuse_stranger(to, is_ours)
            if to.exists():
                held.append(_lock(to))  # it gets the name that others would write under, until it is gone
            left = _put(making, to)
        finally:
            if left:
                shutil.rmtree(making, ignore_errors=True)
            for handle in held:
                os.close(handle)
    except OSError as error:
        raise ArchiveError(
            f"{to} cannot be written: {error.strerror or error}. What stood there before is as it was. Check the space left there, "
            "its owner and mode."
        ) from error


def _refuse_stranger(to: Path, is_ours: Callable[[Path], bool]) -> None:
    if to.is_symlink() or (to.exists() and not (to.is_dir() and (not any(to.iterdir()) or is_ours(to)))):
        raise ArchiveError(
            f"{to}: found something that this command did not make; expected nothing, an empty folder or an earlier export. "
            "Name another folder, or move that away."
        )


def _lock(folder: Path) -> int:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise ArchiveError(f"{folder} is being written by another program; wait until it has ended.") from error
    return handle


def _empty(folder: Path) -> None:
    """Remove what an attempt that was ended left."""
    for one in folder.iterdir():
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()


def _put(making: Path, to: Path) -> bool:
    """Give `making` the name `to`; returns whether an earlier folder is left under the name it had."""
    replaces = to.exists()
    if replaces:
        exchange(making, to)
    else:
        making.rename(to)
    durable.sync(to.parent)
    return replaces


def exchange(one: Path, other: Path) -> None:
    """Have two names change places in one step (Linux). Raises OSError where the file system cannot: nothing has changed then."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    found = errno.ENOSYS
    if rename is not None:
        if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
            return
        found = ctypes.get_errno()
    said = "two folders cannot change places on this file system; name one that is not there yet"
    raise OSError(found, said if found in {errno.ENOSYS, errno.EINVAL} else os.strerror(found))
