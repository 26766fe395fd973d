"""A disk that forgets: records what SQLite writes and syncs, and makes the folder as a power cut at any moment may leave it.

Stands between SQLite and its own way to the disk (a VFS, by ctypes), replaces nothing of ours, and fails nothing.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

SECTOR = 512
"""Bytes that a disk writes whole; a longer write may be on it in part."""

P, INT, I64 = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
OPEN = ctypes.CFUNCTYPE(INT, P, P, P, INT, P)
DELETE = ctypes.CFUNCTYPE(INT, P, ctypes.c_char_p, INT)
CLOSE = ctypes.CFUNCTYPE(INT, P)
WRITE = ctypes.CFUNCTYPE(INT, P, P, INT, I64)
TRUNCATE = ctypes.CFUNCTYPE(INT, P, I64)
SYNC = ctypes.CFUNCTYPE(INT, P, INT)


class Methods(ctypes.Structure):
    """sqlite3_io_methods: what SQLite does with an open file. Those behind xSync stay as they are."""

    _fields_ = (
        ("version", INT), ("close", CLOSE), ("read", P), ("write", WRITE), ("truncate", TRUNCATE), ("sync", SYNC),
        ("others", P * 13),
    )  # fmt: skip


class Vfs(ctypes.Structure):
    """sqlite3_vfs: how SQLite comes to files. Those behind xDelete stay as they are."""

    _fields_ = (
        ("version", INT), ("file_size", INT), ("longest_path", INT), ("next", P), ("name", ctypes.c_char_p), ("own", P),
        ("open", OPEN), ("delete", DELETE), ("others", P * 14),
    )  # fmt: skip


class Done(NamedTuple):
    """One thing that SQLite did to a file."""

    what: str
    """`made`, `write`, `truncate`, `sync`, `delete` or `said`: the program has acknowledged something."""
    name: str
    at: int = 0
    content: bytes = b""
    is_synced: bool = False
    """Of a deletion: whether the folder was synced after it."""


@dataclass
class Disk:
    """What was done below a folder, in order."""

    folder: Path
    before: dict[str, bytes]
    done: list[Done]

    def said(self, what: str) -> None:
        """The program has acknowledged this: from here on it must not be forgotten."""
        self.done.append(Done("said", what))

    def after_a_cut(self, step: int, chance: random.Random, keeps: float) -> dict[str, bytes]:
        """Files, by name, where the power goes after so many steps: of what was not synced each sector stays with that chance."""
        files = {name: bytearray(content) for name, content in self.before.items()}
        waiting: list[Done] = []
        for one in self.done[:step]:
            if one.what == "sync":
                _apply(files, [other for other in waiting if other.name == one.name])
                waiting = [other for other in waiting if other.name != one.name]
            elif one.what == "delete" and one.is_synced:
                waiting = [other for other in waiting if other.name != one.name]
                files.pop(one.name, None)
            elif one.what != "said":
                waiting.append(one)
        _apply(files, [part for one in waiting for part in _parts(one) if chance.random() < keeps])
        return {name: bytes(content) for name, content in files.items()}


def _apply(files: dict[str, bytearray], done: list[Done]) -> None:
    for one in done:
        if one.what == "delete":
            files.pop(one.name, None)
            continue
        content = files.setdefault(one.name, bytearray())
        if one.what == "write":
            content.extend(bytes(max(0, one.at + len(one.content) - len(content))))
            content[one.at : one.at + len(one.content)] = one.content
        elif one.what == "truncate":
            del content[one.at :]


def _parts(one: Done) -> Iterator[Done]:
    if one.what != "write":
        yield one
    for start in range(0, len(one.content), SECTOR):
        yield one._replace(at=one.at + start, content=one.content[start : start + SECTOR])


@contextmanager
def recorded(folder: Path) -> Iterator[Disk]:
    """Record what SQLite does below the folder while this lasts. Every connection made inside has to be closed inside."""
    library = _library()
    library.sqlite3_vfs_find.restype = ctypes.POINTER(Vfs)
    usual = library.sqlite3_vfs_find(None).contents
    disk = Disk(folder, {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}, [])
    between = _Between(usual, disk)
    library.sqlite3_vfs_register(ctypes.byref(between.vfs), 1)
    try:
        yield disk
    finally:
        library.sqlite3_vfs_register(ctypes.byref(usual), 1)
        library.sqlite3_vfs_unregister(ctypes.byref(between.vfs))


def can_record() -> bool:
    """Whether the SQLite that Python uses shows its functions: one that is built into Python may hide them."""
    return hasattr(_library(), "sqlite3_vfs_register")


def _library() -> Any:
    return ctypes.CDLL(getattr(_sqlite3, "__file__", None))


class _Between:
    """Passes everything on to the usual VFS, and writes down what it does to files of the folder."""

    def __init__(self, usual: Vfs, disk: Disk) -> None:
        self.usual, self.disk = usual, disk
        self.vfs = Vfs.from_buffer_copy(usual)
        self.vfs.name = b"forgetful"
        self.vfs.open, self.vfs.delete = OPEN(self._open), DELETE(self._delete)
        self._names: dict[int, str] = {}
        self._methods: dict[int, tuple[Methods, Methods]] = {}

    def _note(self, what: str, name: str | None, **more: Any) -> None:
        if name is not None:
            self.disk.done.append(Done(what, name, **more))

    def _name_of(self, path: bytes | None) -> str | None:
        whole = Path(path.decode()) if path else Path()
        return whole.name if whole.parent == self.disk.folder else None

    def _open(self, _: int, path: int | None, file: int, flags: int, out: int | None) -> int:
        name = self._name_of(ctypes.string_at(path) if path else None)
        is_new = name is not None and not (self.disk.folder / name).exists()
        status: int = self.usual.open(ctypes.addressof(self.usual), path, file, flags, out)
        if status == 0 and name is not None:
            if is_new:
                self._note("made", name)
            self._names[file] = name
            where = ctypes.cast(file, ctypes.POINTER(P))
            where[0] = self._watched(where[0])
        return status

    def _watched(self, usual: int) -> int:
        if usual not in self._methods:
            before = Methods.from_address(usual)
            made = Methods()
            size = ctypes.sizeof(Methods)
            ctypes.memmove(ctypes.byref(made), usual, size)
            made.close, made.write = CLOSE(self._with(before.close)), WRITE(self._write(before.write))
            made.truncate, made.sync = TRUNCATE(self._truncate(before.truncate)), SYNC(self._sync(before.sync))
            self._methods[usual] = (before, made)
        return ctypes.addressof(self._methods[usual][1])

    def _with(self, usual: Callable[[int], int]) -> Callable[[int], int]:
        def close(file: int) -> int:
            self._names.pop(file, None)
            return usual(file)

        return close

    def _write(self, usual: Callable[..., int]) -> Callable[..., int]:
        def write(file: int, content: int, size: int, at: int) -> int:
            self._note("write", self._names.get(file), at=at, content=ctypes.string_at(content, size))
            return usual(file, content, size, at)

        return write

    def _truncate(self, usual: Callable[..., int]) -> Callable[..., int]:
        def truncate(file: int, size: int) -> int:
            self._note("truncate", self._names.get(file), at=size)
            return usual(file, size)

        return truncate

    def _sync(self, usual: Callable[..., int]) -> Callable[..., int]:
        def sync(file: int, flags: int) -> int:
            status = usual(file, flags)
            self._note("sync", self._names.get(file))
            return status

        return sync

    def _delete(self, _: int, path: bytes, sync_folder: int) -> int:
        status: int = self.usual.delete(ctypes.addressof(self.usual), path, sync_folder)
        self._note("delete", self._name_of(path), is_synced=bool(sync_folder))
        return status
