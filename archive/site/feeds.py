"""Writes feeds: Atom (RFC 4287) and JSON Feed 1.1, from entries that somebody else worded, and answers who holds them already.

Never asks the database, and never puts a clock into a feed: the same entries give the same text.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple
from xml.etree import ElementTree

from datasette import Response
from datasette.utils.asgi import Request

ATOM = "http://www.w3.org/2005/Atom"
ATOM_TYPE = "application/atom+xml; charset=utf-8"
JSON_TYPE = "application/feed+json; charset=utf-8"
BEFORE_THE_FIRST = "1970-01-01T00:00:00Z"
"""A feed must say when it was last changed, also one that has no entry yet (RFC 4287, 4.1.1)."""
AUTHOR = "opt-out-archive"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Entry(NamedTuple):
    """One entry; `entry_id` names it for ever, `text` is plain."""

    entry_id: str
    title: str
    updated: str
    address: str
    text: str
    tags: tuple[str, ...] = ()


class Feed(NamedTuple):
    """A feed; `self_address` is that of the form being written, `page` that of the page it is the feed of."""

    title: str
    feed_id: str
    self_address: str
    entries: Sequence[Entry]
    page: str | None = None
    updated: str | None = None
    """Where it is not that of the newest entry."""

    @property
    def updated_at(self) -> str:
        """When the newest entry came; a fixed instant where there is none."""
        return self.updated or max((one.updated for one in self.entries), default=BEFORE_THE_FIRST)


def name_of(text: str) -> str:
    """A name for ever, as a URN, of what a text names."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"opt-out-archive {text}").urn


def atom(feed: Feed) -> str:
    """The feed as Atom; characters that XML cannot hold (a publisher's title may have some) are left out."""
    root = ElementTree.Element("feed", xmlns=ATOM)
    _text(root, "title", feed.title)
    _text(root, "id", feed.feed_id)
    _text(root, "updated", feed.updated_at)
    _text(ElementTree.SubElement(root, "author"), "name", AUTHOR)
    ElementTree.SubElement(root, "link", rel="self", type="application/atom+xml", href=feed.self_address)
    if feed.page:
        ElementTree.SubElement(root, "link", rel="alternate", type="text/html", href=feed.page)
    for one in feed.entries:
        entry = ElementTree.SubElement(root, "entry")
        _text(entry, "title", one.title)
        _text(entry, "id", one.entry_id)
        _text(entry, "updated", one.updated)
        ElementTree.SubElement(entry, "link", rel="alternate", type="text/html", href=one.address)
        for tag in one.tags:
            ElementTree.SubElement(entry, "category", term=tag)
        _text(entry, "content", one.text).set("type", "text")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _text(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    child.text = _NO_XML.sub("", text)
    return child


def json_feed(feed: Feed) -> str:
    """The feed as JSON Feed 1.1."""
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.self_address,
        "authors": [{"name": AUTHOR}],
        "language": "en-GB",
        "items": [
            {
                "id": one.entry_id, "url": one.address, "title": one.title, "content_text": one.text,
                "date_published": one.updated, "tags": list(one.tags),
            }
            for one in feed.entries
        ],
    }  # fmt: skip
    return json.dumps({key: value for key, value in whole.items() if value is not None}, indent=1) + "\n"


def answer(request: Request, text: str, content_type: str, updated_at: str, kept: str) -> Response:
    """The feed, or 304 to a reader that holds it: by its digest, or where it sends none by the time of the newest entry."""
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    changed = datetime.fromisoformat(updated_at).astimezone(UTC).replace(microsecond=0)
    headers = {"etag": etag, "last-modified": format_datetime(changed, usegmt=True), "cache-control": kept}
    if _is_held(request, etag, changed):
        return Response("", status=304, headers=headers)
    return Response(text, headers=headers, content_type=content_type)


def _is_held(request: Request, etag: str, changed: datetime) -> bool:
    asked = request.headers.get("if-none-match")
    if asked is not None:
        return etag in {tag.strip().removeprefix("W/") for tag in asked.split(",")}
    try:
        return parsedate_to_datetime(request.headers.get("if-modified-since", "")) >= changed
    except (TypeError, ValueError):
        return False
