"""`/checkpoint`, `/feeds/checkpoints.atom` and the front page's sentences on the log: what others keep to hold us to it.

Never signs and never asks an outside party: shows what the reading copy holds.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from xml.etree import ElementTree

from datasette import Response
from datasette.app import Datasette

from archive.anchored import (
    AFTER_SQL,
    CHECKPOINT_SQL,
    PARTIES_SQL,
    anchored_words,
    anchoring_of,
    confirmed_size,
    signed_words,
)
from archive.site.reading import Row, rows
from archive.site.wording import instant

ATOM = "http://www.w3.org/2005/Atom"
FEED, NEWEST = "/feeds/checkpoints.atom", "/checkpoint"
MOST_ENTRIES = 50

NEWEST_SQL = "select note from checkpoints order by size desc limit 1"
FEED_SQL = "select size, root, note, made_at from checkpoints order by size desc limit :most"
BEFORE_THE_FIRST = "1970-01-01T00:00:00Z"
"""A feed must say when it was last changed, also one that has no entry yet (RFC 4287, 4.1.1)."""


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


async def checkpoint_feed(datasette: Datasette) -> Response:
    """The newest checkpoints as Atom (RFC 4287), each with its whole note, so that subscribers hold copies."""
    found = await rows(datasette, FEED_SQL, {"most": MOST_ENTRIES})
    return Response(feed(found), content_type="application/atom+xml; charset=utf-8", headers=_headers())


def feed(found: Sequence[Row]) -> str:
    """The feed of checkpoints, newest first; the same rows give the same text."""
    # A log is known by the first line of its notes; the feed's name is made from it and stays, wherever it is served.
    origin = found[0]["note"].partition("\n")[0] if found else "not signed yet"
    root = ElementTree.Element("feed", xmlns=ATOM)
    _text(root, "title", f"Checkpoints of the log {origin}")
    _text(root, "id", _name(origin))
    _text(root, "updated", found[0]["made_at"] if found else BEFORE_THE_FIRST)
    _text(ElementTree.SubElement(root, "author"), "name", "opt-out-archive")
    ElementTree.SubElement(root, "link", rel="self", type="application/atom+xml", href=FEED)
    for row in found:
        entry = ElementTree.SubElement(root, "entry")
        _text(entry, "title", f"{row['size']:,} entries")
        _text(entry, "id", _name(f"{origin}\n{row['size']}\n{row['root']}"))
        _text(entry, "updated", row["made_at"])
        ElementTree.SubElement(
            entry, "link", rel="alternate", type="text/html", href=f"/optouts/checkpoints/{row['size']}"
        )
        _text(entry, "content", row["note"]).set("type", "text")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _text(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    child.text = text
    return child


def _name(text: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"opt-out-archive checkpoint {text}").urn


def _headers() -> dict[str, str]:
    return {"cache-control": "no-cache"}
