"""What a zip archive holds, within bounds: members one by one, or the parts of a workbook packed anew by us.

Never writes a file, never follows a member's name anywhere, and never opens an archive inside an archive.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from scraper.errors import FileChanged
from scraper.layout import quoted


class Bounds(NamedTuple):
    """How much an archive may hold before it is refused: a bomb of 300 kB can unpack to gigabytes."""

    members: int = 2000
    total_bytes: int = 500_000_000
    """All members together, unpacked: counted while unpacking, not as the archive claims."""
    ratio: int = 200
    """Unpacked size to packed size, asked once an archive unpacks to more than `free_bytes`."""
    free_bytes: int = 10_000_000


class Member(NamedTuple):
    """One file in an archive."""

    name: str
    """As the archive has it, with folders. Untrusted: never a path of ours."""
    sha256: str
    bytes: int


BOUNDS = Bounds()
MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_WORKBOOK = "xl/workbook.xml"
_KEEP = "The bytes are kept; nothing of the archive is read."
_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/sharedStrings\.xml|xl/styles\.xml"
    r"|xl/worksheets/[^/]+\.xml"
)
"""The parts of a workbook that hold cells. Macros, links to other files, drawings and printer settings are none of them."""
_CHUNK = 1 << 20


def is_zip(body: bytes) -> bool:
    """True where the bytes begin as a zip archive does; a workbook is one too."""
    return body.startswith(MAGIC)


def is_workbook(body: bytes) -> bool:
    """True where the bytes are a zip archive with a workbook's main part."""
    if not is_zip(body):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return _WORKBOOK in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False


def members_of(body: bytes, file_name: str, bounds: Bounds = BOUNDS) -> tuple[Member, ...]:
    """Every file in the archive, hashed, in the archive's order; folders are left out.

    Raises FileChanged for an archive that is broken, locked, out of bounds, holds two members of one name or another archive.
    """
    found: list[Member] = []
    for info, body_of in _unpacked(body, file_name, bounds):
        if is_zip(body_of) and not is_workbook(body_of):
            raise _refused(
                "zip.nested", file_name, f"an archive in it: {quoted(info.filename)}", "files, and no archive"
            )
        found.append(Member(info.filename, hashlib.sha256(body_of).hexdigest(), len(body_of)))
    names = [member.name for member in found]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _refused("zip.names", file_name, f"two members of the name {quoted(twice)}", "each name once")
    if not found:
        raise _refused("zip.empty", file_name, "an archive without a file in it", "files")
    return tuple(found)


def member_body(body: bytes, file_name: str, name: str, bounds: Bounds = BOUNDS) -> bytes:
    """The bytes of one member. Raises FileChanged as `members_of` does, and where there is no such member."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return _bytes_of(archive, archive.getinfo(name), bounds.total_bytes, file_name)
    except KeyError as error:
        raise _refused("zip.member", file_name, f"no member {quoted(name)}", "one") from error
    except _BROKEN as error:
        raise _broken(file_name, error) from error


def repacked(body: bytes, file_name: str, bounds: Bounds = BOUNDS) -> bytes:
    """A workbook's parts that hold cells, packed anew without compression: what is read is what was counted, no more.

    Raises FileChanged as `members_of` does, and for a part that defines entities of its own.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as copy:
        for info, part in _unpacked(body, file_name, bounds):
            if not _PARTS.fullmatch(info.filename):
                continue
            if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
                found = f"a document type in {quoted(info.filename)}"
                raise _refused(
                    "workbook.doctype", file_name, found, "plain cells: a document type may define endless text"
                )
            copy.writestr(zipfile.ZipInfo(info.filename), part)
    return made.getvalue()


_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, UnicodeError,
)  # fmt: skip
"""What the standard library raises for archives that are damaged, locked, or packed in a way it does not know."""


def _unpacked(body: bytes, file_name: str, bounds: Bounds) -> Iterator[tuple[zipfile.ZipInfo, bytes]]:
    """Every file of the archive and its bytes, one in memory at a time; sizes are counted as they come."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            infos = archive.infolist()
            if not all(info.filename for info in infos):  # is_dir() looks at a name's last letter
                raise _refused("zip.broken", file_name, "a member without a name", "a name for each")
            infos = [info for info in infos if not info.is_dir()]
            _check_claims(infos, file_name, bounds)
            left = bounds.total_bytes
            for info in infos:
                part = _bytes_of(archive, info, left, file_name)
                left -= len(part)
                _check_ratio(bounds.total_bytes - left, len(body), file_name, bounds)
                yield info, part
    except _BROKEN as error:
        raise _broken(file_name, error) from error


def _check_claims(infos: list[zipfile.ZipInfo], file_name: str, bounds: Bounds) -> None:
    """Refuse by what the archive says of itself, before anything is unpacked."""
    if len(infos) > bounds.members:
        raise _refused("zip.members", file_name, f"{len(infos):,} members", f"at most {bounds.members:,}")
    claimed = sum(info.file_size for info in infos)
    if claimed > bounds.total_bytes:
        raise _refused("zip.size", file_name, f"{claimed:,} bytes unpacked", f"at most {bounds.total_bytes:,}")
    locked = next((info for info in infos if info.flag_bits & 1), None)
    if locked:
        raise _refused(
            "zip.locked", file_name, f"a locked member: {quoted(locked.filename)}", "members without password"
        )


def _check_ratio(unpacked: int, packed: int, file_name: str, bounds: Bounds) -> None:
    if unpacked > bounds.free_bytes and unpacked > bounds.ratio * packed:
        raise _refused(
            "zip.ratio", file_name, f"{unpacked:,} bytes out of {packed:,}", f"at most {bounds.ratio} times as many"
        )


def _bytes_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int, file_name: str) -> bytes:
    """One member's bytes, at most `left`: what comes is counted, whatever the archive claims."""
    found = bytearray()
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            found += chunk
            if len(found) > left:
                raise _refused("zip.size", file_name, f"more than {left:,} bytes in {quoted(info.filename)}", "fewer")
    return bytes(found)


def _broken(file_name: str, error: Exception) -> FileChanged:
    return _refused("zip.broken", file_name, f"a damaged or unknown archive ({error})", "a zip archive that opens")


def _refused(code: str, file_name: str, found: str, expected: str) -> FileChanged:
    return FileChanged(code, file_name, "", found, expected, _KEEP)
