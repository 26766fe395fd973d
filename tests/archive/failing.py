"""Numbers everything a program does to the disk below one folder, and has the n-th of it fail once, as a bad disk would.

Fails nothing outside its `with`, and nothing of ours is replaced: it stands between the program and the system.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from archive.database import WriterConnection

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
PATHS = {"os.rename": 2, "os.link": 2, "os.remove": 1, "os.mkdir": 1, "os.rmdir": 1}
"""Audit events of Python for what changes a folder, and how many paths each names first."""


class Effects:
    """Counts effects below `root`; the one numbered `fails` raises."""

    def __init__(self, root: Path, fails: int) -> None:
        self.root, self.fails, self.done = str(root), fails, 0

    def one(self, error: Exception) -> None:
        """One more effect is about to happen."""
        self.done += 1
        if self.done == self.fails:
            raise error

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit event of Python, before it happens."""
        if event == "open" and isinstance(arguments[0], str) and (arguments[2] or 0) & WRITES:
            paths: tuple[Any, ...] = arguments[:1]
        else:
            paths = arguments[: PATHS.get(event, 0)]
        if any(str(path).startswith(self.root) for path in paths):
            self.one(OSError(errno.EIO, "made-up fault", str(paths[0])))


_listening: list[Effects] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    for effects in _listening:
        effects.hear(event, arguments)


sys.addaudithook(_hear)  # cannot be taken away again, and does nothing while nobody listens


@contextmanager
def failing(root: Path, number: int) -> Iterator[Effects]:
    """Have the `number`-th open for writing, rename, link, removal, sync or commit below `root` fail, and only that one."""
    effects, sync = Effects(root, number), os.fsync

    def fsync(handle: int) -> None:
        effects.one(OSError(errno.EIO, "made-up fault"))
        sync(handle)

    def execute(self: sqlite3.Connection, sql: str, *arguments: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            effects.one(sqlite3.OperationalError("disk I/O error (made up)"))
        return sqlite3.Connection.execute(self, sql, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        patch.setattr(WriterConnection, "execute", execute, raising=False)
        _listening.append(effects)
        try:
            yield effects
        finally:
            _listening.remove(effects)
