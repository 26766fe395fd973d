"""`/files/<sha256>`: where a file came from; `/files/<sha256>/<name>`: its bytes, exactly as captured.

Never serves a refused or cut body, and never lets a browser show captured bytes as a page of this site.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.database import read_evidence
from archive.member_bytes import Place, member_bytes
from archive.site.reading import Row, directory_of, rows
from archive.store import read_snapshot

CAPTURES = """
select capture_id, way, outcome, purpose, publication, address, final_address, requested_at, status, file_name, link_text,
  content_type, sniffed_type, etag, last_modified, remote_ip, complete_by, origin
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
where m.sha256 = :sha256 and not exists (select 1 from snapshots s where s.sha256 = :sha256) order by 1, 2
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
        "files": files,
        "others": await rows(datasette, REPLACED, {"sha256": sha256}),
        "inside": inside,
        "members": await rows(datasette, MEMBERS, {"sha256": sha256}),
        "names": [(name, f"/files/{sha256}/{quote(name, safe='')}") for name in names],
        "metadata": datasette.metadata(),
    }
    return Response.html(await datasette.render_template("file.html", context, request=request, view_name="file"))


async def file_bytes(datasette: Datasette, request: Request) -> Response:
    """The bytes as captured. The address names its content, so it may be kept for ever. Raises NotFound."""
    sha256, name = request.url_vars["sha256"], unquote(request.url_vars["name"])
    inside = await _places(datasette, sha256)
    if name not in _names(sha256, await _captures(datasette, sha256), inside):
        raise NotFound(f"No file of that name has these bytes. Its names are listed at /files/{sha256}")
    headers = {"etag": f'"{sha256}"', "cache-control": "public, max-age=31536000, immutable"}
    if _holds_already(request.headers.get("if-none-match", ""), sha256):
        return Response("", status=304, headers=headers)
    body = await asyncio.to_thread(_read, directory_of(datasette), sha256, inside[:1])
    headers |= {"content-disposition": disposition(name), "content-length": str(len(body))}
    return Response(body, headers=headers, content_type=content_type(name))


async def _captures(datasette: Datasette, sha256: str) -> list[Row]:
    found = await rows(datasette, CAPTURES, {"sha256": sha256})
    if not found:
        raise NotFound(
            "No file or page with this SHA-256 can be had here: either it was never captured, or it was kept but not accepted, "
            f"being refused, cut short or not what was due. What was captured: /optouts/captures?sha256={sha256}"
        )
    return found


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


def _read(directory: Path, sha256: str, inside: list[Place]) -> bytes:
    evidence = read_evidence(directory)
    try:
        if not inside:
            return read_snapshot(evidence, sha256)
        return member_bytes(read_snapshot(evidence, inside[0].container_sha256), inside[0], sha256)
    finally:
        evidence.close()
