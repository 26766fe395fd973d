"""`/files/<sha256>`: where a file came from; `/files/<sha256>/<name>`: its bytes, exactly as captured.

Never serves a refused or cut body, and never lets a browser show captured bytes as a page of this site.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import IO, cast
from urllib.parse import quote, unquote

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import Request
from sqlite_utils import Database

from archive.database import FILE_NAME, read_evidence
from archive.errors import ArchiveError
from archive.member_bytes import Place, copy_member
from archive.site.page import page
from archive.site.pieces import Pieces
from archive.site.reading import Row, directory_of, rows
from archive.site.release_pages import FAMILIES
from archive.store import copy_snapshot
from archive.withheld import because

CAPTURES = """
select capture_id, way, outcome, purpose, publication, address, final_address, requested_at, status, file_name, link_text,
  content_type, sniffed_type, etag, last_modified, remote_ip, complete_by, origin, software
from captures
where sha256 in (select :sha256 union all select container_sha256 from members where sha256 = :sha256)
  and (outcome in ('new', 'changed', 'reissued', 'unchanged') or (outcome = 'suspect' and purpose = 'file'
    and sha256 in (select q.sha256 from quarantine_rulings q where q.ruling = 'released'))) and purpose <> 'robots'
order by capture_id
"""
SNAPSHOT = """
select sha256, bytes, sha512 from snapshots where sha256 = :sha256
union all select sha256, bytes, null from members where sha256 = :sha256 limit 1
"""
INSIDE = """
select m.container_sha256, m.member, m.bytes from members m
where m.sha256 = :sha256 and not exists (select 1 from snapshots s where s.sha256 = :sha256)
order by (select s.stored_bytes = 0 from snapshots s where s.sha256 = m.container_sha256), 1, 2
"""
MEMBERS = "select member, sha256, bytes from members where container_sha256 = :sha256 order by member"
FILES = """
select f.file_name, f.name, f.first_captured_at, f.last_confirmed_on, f.state, f.unread_because, f.family, f.schema, f.rows,
  f.origin, r.title as release, r.series, r.publication, r.published_on
from files f join releases r on r.release_id = f.release_id where f.sha256 = :sha256 order by f.file_id
"""
REPLACED = """
select o.sha256, o.first_captured_at from files f
join files o on o.release_id = f.release_id and o.file_name = f.file_name and o.sha256 <> f.sha256
where f.sha256 = :sha256 order by o.first_captured_at
"""
WORDINGS = """
select g.not_before_at, g.not_after_at, g.difference, g.prose_changed from page_changes g
where g.address in (select address from page_texts where sha256 = :sha256) order by g.new_capture_id desc limit 50
"""
MAY_HAVE_CHANGED = """
select 1 from captures c join looks l on l.series = c.series and l.address = c.address
where c.sha256 = :sha256 and c.purpose = 'file' and l.outcome in ('changed', 'reissued', 'absent')
union all
select 1 from captures c join captures n on n.previous_capture_id = c.capture_id and n.outcome = 'reissued'
where c.sha256 = :sha256 limit 1
"""
CHANGES = """
select change, label, not_before_at, not_after_at, old_sha256, new_sha256, noticed_on, notice_title, notice_text, last_edited_text,
  difference, back_at
from file_changes where :sha256 in (old_sha256, new_sha256) order by not_after_at desc limit 50
"""

SMALL = 1 << 20
"""Bytes that are held in memory while they are sent; what is larger lies in a file that has no name, and goes with the answer."""
UNPACKING = ThreadPoolExecutor(1, "unpack")
"""One body is unpacked at a time, since that takes the memory of its window; sending takes none, and any number is sent at once."""


def names_of(sha256: str, captures: Iterable[Row]) -> list[str]:
    """File names under which these bytes were offered, oldest first; a page without one is named by its digest."""
    return list(dict.fromkeys(row["file_name"] or f"{sha256[:12]}.html" for row in captures))


def disposition(name: str) -> str:
    """Content-Disposition (RFC 6266) that makes a browser save, under a harmless form of any name.

    Path separators, control and invisible characters (also those that turn the writing direction round), quotes and leading dots
    go; a plain ASCII form stands beside the UTF-8 form of RFC 5987.
    """
    visible = "".join(
        c for c in unicodedata.normalize("NFC", name) if c == " " or unicodedata.category(c)[0] not in "CZ"
    )
    safe = re.sub(r'[\\/:*?"<>|;%]+', "_", visible).strip(" .")[-150:] or "file"
    plain = safe.encode("ascii", "replace").decode("ascii").replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def content_type(name: str) -> str:
    """`text/csv` for a CSV, else bytes without a kind: never a type that a browser would run or show."""
    return "text/csv; charset=utf-8" if name.lower().endswith(".csv") else "application/octet-stream"


async def file_page(datasette: Datasette, request: Request) -> Response:
    """Provenance of one snapshot. Raises NotFound for bytes that were never an accepted file or page."""
    sha256 = request.url_vars["sha256"]
    captures = await _captures(datasette, sha256)
    files = await rows(datasette, FILES, {"sha256": sha256})
    inside = await _places(datasette, sha256)
    names = _names(sha256, captures, inside)
    context = {
        "sha256": sha256,
        "snapshot": (await rows(datasette, SNAPSHOT, {"sha256": sha256}))[0],
        "captures": captures,
        "addresses": list(dict.fromkeys(row["address"] for row in captures)),
        "asked_for": next((row["address"] for row in reversed(captures) if row["way"] == "http"), None),
        "files": files,
        "families": FAMILIES,
        "others": await rows(datasette, REPLACED, {"sha256": sha256}),
        "wordings": await rows(datasette, WORDINGS, {"sha256": sha256}),
        "changes": await _changes(datasette, sha256),
        "inside": inside,
        "members": await rows(datasette, MEMBERS, {"sha256": sha256}),
        "withheld": await _withheld(datasette, sha256, inside),
        "names": [(name, f"/files/{sha256}/{quote(name, safe='')}") for name in names],
    }
    return await page(datasette, request, "file.html", context)


async def file_bytes(datasette: Datasette, request: Request) -> Response | Pieces:
    """The bytes as captured. The address names its content, so it may be kept for ever. 451 where they are withheld.

    Raises NotFound.
    """
    sha256, name = request.url_vars["sha256"], unquote(request.url_vars["name"])
    inside = await _places(datasette, sha256)
    if name not in _names(sha256, await _captures(datasette, sha256), inside):
        raise NotFound(f"No file of that name has these bytes. Its names are listed at /files/{sha256}")
    if withheld := await _withheld(datasette, sha256, inside):
        # RFC 7725: there are such bytes, and the law is why they are not given out. Never kept by anybody in between.
        said = f"These bytes are {withheld}. Their hashes, and the record of how they came, stay: /files/{sha256}\n"
        return Response(
            said, status=451, headers={"cache-control": "no-store"}, content_type="text/plain; charset=utf-8"
        )
    headers = {"etag": f'"{sha256}"', "cache-control": "public, max-age=31536000, immutable"}
    if _holds_already(request.headers.get("if-none-match", ""), sha256):
        return Response("", status=304, headers=headers)
    try:
        body = await asyncio.get_running_loop().run_in_executor(
            UNPACKING, _copied, directory_of(datasette), sha256, inside[:1]
        )
    except ArchiveError as error:  # its words name a folder of this machine, which is nobody's business
        raise NotFound(
            "The original bytes cannot be had at this copy of the archive, only their description."
        ) from error
    headers |= {"content-disposition": disposition(name), "content-length": str(body.seek(0, os.SEEK_END))}
    body.seek(0)
    return Pieces(body, {**headers, "content-type": content_type(name)})


async def _changes(datasette: Datasette, sha256: str) -> list[Row]:
    """What was seen to happen to a file; most never change, and for those the long question is not asked."""
    if not await rows(datasette, MAY_HAVE_CHANGED, {"sha256": sha256}):
        return []
    return await rows(datasette, CHANGES, {"sha256": sha256})


async def _captures(datasette: Datasette, sha256: str) -> list[Row]:
    found = await rows(datasette, CAPTURES, {"sha256": sha256})
    if not found:
        raise NotFound(
            "No file or page with this SHA-256 can be had here: either it was never captured, or it was kept but not accepted, "
            f"being refused, cut short or not what was due. What was captured: /optouts/captures?sha256={sha256}"
        )
    return found


async def _withheld(datasette: Datasette, sha256: str, inside: list[Place]) -> str | None:
    """Since when and why the bytes, or the only archive that holds them, are withheld; asked of the evidence itself."""
    asked = [sha256, *(place.container_sha256 for place in inside[:1])]
    return await asyncio.to_thread(_because, directory_of(datasette), asked)


def _because(directory: Path, asked: list[str]) -> str | None:
    if not (directory / FILE_NAME).exists():
        return None  # a snapshot of the reading copy that is served elsewhere has no bytes to withhold
    evidence = read_evidence(directory)
    try:
        return next((words for sha256 in asked if (words := because(evidence, sha256))), None)
    finally:
        evidence.close()


def _holds_already(if_none_match: str, sha256: str) -> bool:
    held = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return bool(held & {f'"{sha256}"', "*"})


async def _places(datasette: Datasette, sha256: str) -> list[Place]:
    """Where bytes that are no snapshot of their own lie inside zip archives; none for a snapshot."""
    found = await rows(datasette, INSIDE, {"sha256": sha256})
    return [Place(row["container_sha256"], row["member"], row["bytes"]) for row in found]


def _names(sha256: str, captures: Iterable[Row], inside: list[Place]) -> list[str]:
    """Names of a snapshot as it was offered; of a file in an archive the last part of its name there."""
    if not inside:
        return names_of(sha256, captures)
    return list(dict.fromkeys(re.split(r"[/\\]", place.member)[-1] or sha256[:12] for place in inside))


def _copied(directory: Path, sha256: str, inside: list[Place]) -> IO[bytes]:
    """The bytes in an open file of their own, so that no slow reader keeps the evidence open and a poll waiting."""
    body = _nameless()
    try:
        with closing(read_evidence(directory)) as evidence:
            _copy(evidence, sha256, inside, body)
    except BaseException:
        body.close()
        raise
    return body


def _copy(evidence: Database, sha256: str, inside: list[Place], to: IO[bytes]) -> None:
    if not inside:
        copy_snapshot(evidence, sha256, to)
        return
    with _nameless() as container:
        copy_snapshot(evidence, inside[0].container_sha256, container)
        copy_member(container, inside[0], sha256, to)


def _nameless() -> IO[bytes]:
    return cast("IO[bytes]", tempfile.SpooledTemporaryFile(SMALL))
