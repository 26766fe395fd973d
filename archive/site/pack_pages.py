"""`/pack/…`: evidence packs of a file, a release, a difference and a day, made on request, one at a time and up to a bound.

Signs nothing and keeps nothing; what is too big to be made here is made by the command, which the refusal names.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request
from sqlite_utils import Database

from archive.database import read_evidence
from archive.errors import ArchiveError, TooLargeError
from archive.packs.build import Pack, pack_day, pack_difference, pack_file, pack_release
from archive.packs.writing import zip_pieces
from archive.site.compare_pages import VINTAGES, pin
from archive.site.file_pages import disposition
from archive.site.reading import DATABASE, directory_of, rows

MOST_BYTES = 200_000_000
"""All files of a pack together, before they are packed."""
MOST_ROWS = 50_000
"""Rows of a table of differences, which is held in memory while the pack is made."""
BUSY_SECONDS = 60

Send = Callable[[dict[str, Any]], Awaitable[None]]
Result = TypeVar("Result")
Build = Callable[[Database, str], Pack]
MAKING = threading.BoundedSemaphore(1)


async def file_pack(datasette: Datasette, request: Request) -> object:
    """The pack of one file."""
    sha256 = request.url_vars["sha256"]
    return await _answer(datasette, f"file {sha256}", lambda db, software: pack_file(db, sha256, software))


async def release_pack(datasette: Datasette, request: Request) -> object:
    """The pack of one release: every capture of its page and its files."""
    series, publication = request.url_vars["series"], request.url_vars["publication"]
    made = f"release {series}/{publication}"
    return await _answer(datasette, made, lambda db, software: pack_release(db, series, publication, software))


async def difference_pack(datasette: Datasette, request: Request) -> object:
    """The pack of what differs between two vintages, `?a=&b=` named by their pins, which never move."""
    numbers = {pin(one): int(one["vintage"]) for one in await rows(datasette, VINTAGES)}
    a, b = (request.args.get(name, "") for name in ("a", "b"))
    if a not in numbers or b not in numbers or a == b:
        return _refused(
            404, "There is no such pack. Expected two vintages as ?a=series/publication@edition&b=…, as on /compare."
        )
    pair = (numbers[a], numbers[b])
    path = Path(datasette.get_database(DATABASE).path)

    def build(db: Database, software: str) -> Pack:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            return pack_difference(
                db, Database(copy, execute_plugins=False, recursive_triggers=False), *pair, software, MOST_ROWS
            )

    return await _answer(datasette, f"difference {pair[0]} {pair[1]}", build)


async def day_pack(datasette: Datasette, request: Request) -> object:
    """The pack of what was public on a day (UTC), without the bytes."""
    day = request.url_vars["day"]
    return await _answer(datasette, f"day {day}", lambda db, software: pack_day(db, day, software))


async def _answer(datasette: Datasette, what: str, build: Build) -> object:
    if not MAKING.acquire(blocking=False):
        said = "Another pack is being made. Please ask again in a minute."
        return _refused(503, said, {"retry-after": str(BUSY_SECONDS)})
    making = _Making(directory_of(datasette), build)
    try:
        pack = await making.begun()
    except TooLargeError as error:
        making.end()
        return _refused(
            403, f"{error} Make the pack with `optout pack {what} --to PACK.zip` where the archive is kept."
        )
    except ArchiveError as error:
        making.end()
        return _refused(404, f"There is no such pack. {error}")
    except BaseException:
        making.end()
        raise
    size = sum(member.size for member in pack.members)
    if size > MOST_BYTES:
        making.end()
        return _refused(403, f"This pack has {size:,} bytes; from here up to {MOST_BYTES:,} are sent. Make it with "
                        f"`optout pack {what} --to PACK.zip` where the archive is kept, or ask whoever runs it.")  # fmt: skip
    return _Stream(making, pack)


def _refused(status: int, said: str, headers: dict[str, str] | None = None) -> Response:
    return Response.text(f"{said}\n", status=status, headers={"cache-control": "no-store", **(headers or {})})


def _software() -> str:
    try:
        return f"opt-out-archive/{version('opt-out-archive')}"
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "opt-out-archive/unpackaged"


class _Making:
    """A pack in the making: its connection lives in threads alone, one at a time."""

    def __init__(self, directory: Path, build: Build) -> None:
        self._directory, self._build = directory, build
        self._db: Database | None = None
        # An SQLite connection belongs to the thread that opened it.
        self._thread = ThreadPoolExecutor(1, "pack")

    async def begun(self) -> Pack:
        """The pack, described but not yet read."""
        return await self.run(self._begin)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Do a piece of the work in the one thread that may use the connection."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _begin(self) -> Pack:
        self._db = read_evidence(self._directory)
        return self._build(self._db, _software())

    def end(self) -> None:
        """Close the evidence and let the next one begin."""
        if self._db is not None:
            self._thread.submit(self._db.close)
        self._thread.shutdown(wait=False)
        MAKING.release()


class _Stream:
    """An answer that Datasette sends piece by piece, so that no pack is ever held whole."""

    def __init__(self, making: _Making, pack: Pack) -> None:
        self._making, self._pack = making, pack
        self._headers = {"content-type": "application/zip", "cache-control": "no-cache",
                         "content-disposition": disposition(f"{pack.name}.zip")}  # fmt: skip

    async def asgi_send(self, send: Send) -> None:
        """Send the zip. A piece that is not what its manifest states breaks the answer off: no whole zip goes out."""
        try:
            headers = [(name.encode(), value.encode()) for name, value in self._headers.items()]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            pieces = zip_pieces(self._pack)
            while (piece := await self._making.run(lambda: next(pieces, None))) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._making.end()
