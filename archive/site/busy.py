"""What a reader is told whose page found no time or no memory because others took it: to ask again, and not that something broke.

Never answers for a statement that the reader wrote: that one is refused where it is run.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from datasette import Response
from datasette.database import QueryInterrupted

from archive.site.limits import OutOfMemory

ASK_AGAIN_SECONDS = 5
BUSY = (MemoryError, OutOfMemory, QueryInterrupted)

View = Callable[..., Awaitable[object]]


def or_busy(view: View) -> View:
    """The page, or 503 where there was no room for it; a proxy sends what it holds instead of that."""

    # Datasette's own handlers of errors ask the database again for their page, and would fail as this one did.
    @wraps(view)
    async def answered(*asked: object) -> object:
        try:
            return await view(*asked)
        except BUSY:
            return _busy()

    return answered


def _busy() -> Response:
    said = "This site is busy answering others. Nothing is broken: please ask again in a few seconds.\n"
    return Response.text(said, status=503, headers={"cache-control": "no-store", "retry-after": str(ASK_AGAIN_SECONDS)})
