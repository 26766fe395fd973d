"""`/checkpoint`, `/feeds/checkpoints.atom` and the front page's sentences on the log: what others keep to hold us to it.

Never signs and never asks an outside party: shows what the reading copy holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.anchored import (
    AFTER_SQL,
    CHECKPOINT_SQL,
    PARTIES_SQL,
    anchored_words,
    anchoring_of,
    confirmed_size,
    signed_words,
)
from archive.site.feeds import ATOM_TYPE, Entry, Feed, atom, name_of
from archive.site.reading import Row, rows
from archive.site.wording import instant

FEED, NEWEST, TABLE = "/feeds/checkpoints.atom", "/checkpoint", "/optouts/checkpoints"
MOST_ENTRIES = 50

NEWEST_SQL = "select note from checkpoints order by size desc limit 1"
FEED_SQL = "select size, root, note, made_at from checkpoints order by size desc limit :most"


class LogWords(NamedTuple):
    """How the log stands, in two sentences."""

    signed: str
    anchored: str
    """How far outside parties have confirmed it, or since when they have not."""
    has_checkpoint: bool


async def log_words(datasette: Datasette) -> LogWords:
    """What the front page says of the log."""
    checkpoints, parties = await rows(datasette, CHECKPOINT_SQL), await rows(datasette, PARTIES_SQL)
    after = await rows(datasette, AFTER_SQL, {"size": confirmed_size(parties)})
    since = after[0]["made_at"]
    state = anchoring_of(checkpoints[0] if checkpoints else None, parties, since, datetime.now(UTC))
    when = {at: instant(at) for at in (state.signed_at, state.anchored_at, state.unanchored_since) if at}
    return LogWords(signed_words(state, when), anchored_words(state, when), bool(checkpoints))


async def checkpoint(datasette: Datasette) -> Response:
    """The newest signed note, exactly as it was signed; 404 in words where nothing was signed yet."""
    found = await rows(datasette, NEWEST_SQL)
    if not found:
        return Response.text("This archive's log has not been signed yet.\n", status=404, headers=_headers())
    return Response.text(found[0]["note"], headers=_headers())


async def checkpoint_feed(datasette: Datasette, request: Request) -> Response:
    """The newest checkpoints as Atom (RFC 4287), each with its whole note, so that subscribers hold copies."""
    found = await rows(datasette, FEED_SQL, {"most": MOST_ENTRIES})
    return Response(feed(found, str(datasette.absolute_url(request, "/"))), content_type=ATOM_TYPE, headers=_headers())


def feed(found: Sequence[Row], base: str) -> str:
    """The feed of checkpoints, newest first; the same rows give the same text.

    `base` is the site's own address: a subscriber keeps the feed on another machine, where a path leads nowhere.
    """
    base = base.rstrip("/")
    # A log is known by the first line of its notes; the feed's name is made from it and stays, wherever it is served.
    origin = found[0]["note"].partition("\n")[0] if found else "not signed yet"
    entries = [
        Entry(
            name_of(f"checkpoint {origin}\n{row['size']}\n{row['root']}"),
            f"{row['size']:,} entries",
            row["made_at"],
            f"{base}{TABLE}/{row['size']}",
            row["note"],
        )
        for row in found
    ]
    updated = found[0]["made_at"] if found else None
    name = name_of(f"checkpoint {origin}")
    return atom(Feed(f"Checkpoints of the log {origin}", name, base + FEED, entries, base + TABLE, updated=updated))


def _headers() -> dict[str, str]:
    return {"cache-control": "no-cache"}
