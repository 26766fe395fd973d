"""`/tables/<path>`: the exported tables of the data folder, as their manifest names them, in pieces.

Takes no path from an address: what is asked for is looked up in the manifest, and the file opened is the one that it names.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import unquote

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.site.file_pages import disposition
from archive.site.pieces import Pieces
from archive.site.reading import directory_of, rows
from archive.table_export import WITHHELD
from archive.table_manifest import FOLDER, NAME, Manifest, read_manifest

TYPES = {
    ".csv": "text/csv; charset=utf-8", ".gz": "application/gzip", ".json": "application/json", ".txt": "text/plain; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet", ".db": "application/vnd.sqlite3",
}  # fmt: skip
FOR_EVER = "public, max-age=31536000, immutable"
FOR_NOW = "public, max-age=300"
NONE = "No tables are offered here. `optout export tables` makes them, in the folder `tables` of the data folder."


class Offered(NamedTuple):
    """One line of the list for researchers: a file, or the files of a table that is laid out by month."""

    path: str
    table: str | None
    files: int
    rows: int | None
    bytes: int
    sha256: str | None
    """None where there are several files: each has its own, in the manifest."""


async def manifest_of(datasette: Datasette) -> Manifest | None:
    """The manifest of what is offered; None where there is none, or it was made before bytes were withheld."""
    manifest = await asyncio.to_thread(_manifest, directory_of(datasette) / FOLDER)
    if manifest is None:
        return None
    withheld = [row["sha256"] for row in await rows(datasette, WITHHELD)]
    return manifest if withheld == manifest["withheld"] else None


def offered(manifest: Manifest) -> list[Offered]:
    """The files as a person looks for them; the many of one table by month are one line."""
    whole: dict[str, Offered] = {}
    for file in manifest["files"]:
        top, apart, _ = (
            file["path"].rpartition("/month=") if "/month=" in file["path"] else file["path"].rpartition("/week=")
        )
        one = Offered(file["path"], file["table"], 1, file["rows"], file["bytes"], file["sha256"])
        key = f"{top}/" if apart else file["path"]
        before = whole.get(key)
        whole[key] = one if not apart else _added(key, before, one)
    return list(whole.values())


async def table_file(datasette: Datasette, request: Request) -> Response | Pieces:
    """One file. With `?sha256=` the address names its content, and may be kept for ever. Raises NotFound."""
    asked, pinned = unquote(request.url_vars["path"]), request.args.get("sha256")
    manifest = await manifest_of(datasette)
    if manifest is None:
        raise NotFound(NONE)
    if asked == NAME:
        return Response.json(manifest, headers={"cache-control": "no-cache"})
    file = next((file for file in manifest["files"] if file["path"] == asked), None)
    if file is None or pinned not in {None, file["sha256"]}:
        there = f" What stands there now has SHA-256 {file['sha256']}." if file else ""
        raise NotFound(f"No table has this address.{there} All are listed at /for-researchers and in /tables/{NAME}")
    headers = {"etag": f'"{file["sha256"]}"', "cache-control": FOR_EVER if pinned else FOR_NOW}
    if f'"{file["sha256"]}"' in request.headers.get("if-none-match", ""):
        return Response("", status=304, headers=headers)
    opened = await asyncio.to_thread(_open, directory_of(datasette) / FOLDER, file)
    headers |= {"content-length": str(file["bytes"]), "content-disposition": disposition(Path(asked).name)}
    return Pieces(opened, {**headers, "content-type": TYPES[Path(asked).suffix]})


def _added(path: str, before: Offered | None, one: Offered) -> Offered:
    if before is None:
        return one._replace(path=path, sha256=None)
    rows_so_far = (before.rows or 0) + (one.rows or 0)
    return before._replace(files=before.files + 1, rows=rows_so_far, bytes=before.bytes + one.bytes)


def _manifest(folder: Path) -> Manifest | None:
    try:
        with _inside(folder) as handle:
            return _manifest_at(handle)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _open(folder: Path, file: dict[str, Any]) -> IO[bytes]:
    """The file, held open: an export that comes in between takes it out of the folder, not out of our hands.

    Raises NotFound where it is no longer the one that the manifest names.
    """
    try:
        with _inside(folder) as handle:
            manifest = _manifest_at(handle)
            opened = _opened_at(handle, file["path"])
    except OSError as error:
        raise NotFound(NONE) from error
    if file not in manifest["files"] or os.fstat(opened.fileno()).st_size != file["bytes"]:
        opened.close()
        raise NotFound(
            "This table is being replaced by a newer one; ask again. `optout export tables --check` tells more."
        )
    return opened


@contextmanager
def _inside(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)


def _manifest_at(handle: int) -> Manifest:
    with _opened_at(handle, NAME) as file:
        return read_manifest(file.read())


def _opened_at(handle: int, path: str) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=handle), "rb")
