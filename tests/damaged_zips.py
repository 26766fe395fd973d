"""Zip archives with one damaged member, for stories of how they are refused: every way of packing that the format knows.

Never reads or judges an archive.
"""

from __future__ import annotations

import io
import zipfile

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def packed_and_damaged(name: str, body: bytes, method: int) -> bytes:
    """An archive of one member, with the byte in the middle of what was packed turned over."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr(name, body)
        (info,) = archive.infolist()
    found = bytearray(made.getvalue())
    found[zipfile.sizeFileHeader + len(name.encode()) + info.compress_size // 2] ^= 0xFF
    return bytes(found)
