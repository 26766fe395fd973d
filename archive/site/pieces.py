"""An answer of the site that is an open file, sent piece by piece.

Never holds more of it than a piece, and never leaves it open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import IO

from archive.compression import PIECE
from archive.site.headers import Send


class Pieces:
    """An answer that is a file, sent piece by piece: tables and captured files are larger than what a reader may hold in memory."""

    def __init__(self, opened: IO[bytes], headers: Mapping[str, str]) -> None:
        self._opened = opened
        self._head = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def asgi_send(self, send: Send) -> None:
        """Send it; whoever goes away in between leaves no file open."""
        with self._opened:
            await send({"type": "http.response.start", "status": 200, "headers": self._head})
            while piece := await asyncio.to_thread(self._opened.read, PIECE):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
