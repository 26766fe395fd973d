"""Gives what is exported its place: under the name that was asked for stands the whole of it, or nothing.

Never overwrites, and knows nothing of what is written.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import ArchiveError


@contextmanager
def new_place(to: Path) -> Iterator[Path]:
    """A place beside `to` to write a file or folder at, moved to `to` once all of it is written; else removed.

    Raises ArchiveError where something stands at `to` already, or the disk does not take it.
    """
    if to.exists() or to.is_symlink():
        raise ArchiveError(
            f"{to}: found something there already, expected a new name. Name another one, or remove it first."
        )
    making = to.with_name(to.name + ".making")
    try:
        _clear(making)
        yield making
        making.rename(to)
    except OSError as error:
        _clear(making)
        raise ArchiveError(f"{to} cannot be written: {error.strerror or error}. Nothing is left there.") from error
    except BaseException:
        _clear(making)
        raise


def _clear(making: Path) -> None:
    """Remove what this attempt or an earlier one left."""
    if making.is_dir() and not making.is_symlink():
        shutil.rmtree(making)
    elif making.parent.is_dir():
        making.unlink(missing_ok=True)
