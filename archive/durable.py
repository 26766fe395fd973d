"""Files that are on the disk before anyone is told so: syncs files and folders, copies a file with its sync.

Never renames anything, and knows nothing of what the files hold.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """A new file, on the disk when this returns; its name is so once its folder is synced. Raises OSError where one is there."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def copy(source: Path, target: Path) -> None:
    """A copy of a file with its mode, on the disk when this returns; its name is so once its folder is synced. Raises OSError."""
    shutil.copyfile(source, target)
    shutil.copymode(source, target)
    sync(target)


def sync_tree(folder: Path) -> None:
    """Sync a folder and every folder in it. Raises OSError."""
    for place, _, _ in os.walk(folder):
        sync(Path(place))
