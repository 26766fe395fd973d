"""Reads which addresses a sitemap or an RSS feed lists: a second opinion on what a series page shows.

Never fetches, and never parses XML: nothing in such a file can make this program do more than look for its links.
"""

from __future__ import annotations

import html
import re

from scraper.addresses import page_address, path_below

LOCATION = re.compile(
    rb"<(?:loc|link)(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?\s*(https?://[^\s<>\]]+)\s*(?:\]\]>)?\s*</(?:loc|link)>"
)
"""`<loc>` of a sitemap (sitemaps.org 0.9) and `<link>` of an RSS 2.0 item, with or without CDATA."""


def listed_below(body: bytes, seed: str) -> tuple[str, ...] | None:
    """Addresses below the series page `seed` that a sitemap or feed lists, normalised, each once, in its order.

    None where the bytes list no address at all: then they are no sitemap and no feed.
    """
    found = [html.unescape(match[1].decode("utf-8", "replace")) for match in LOCATION.finditer(body)]
    if not found:
        return None
    pages = (page_address(one, seed) for one in found)
    return tuple(dict.fromkeys(page for page in pages if page and path_below(page, seed)))


def not_shown(listed: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `listed` that are neither shown themselves nor lie above or below a page that is: chapters, folders of a year.

    `shown` must not hold the series page, above which nothing else lies.
    """
    return tuple(one for one in listed if not any(_is_line(one, other) for other in shown))


def _is_line(one: str, other: str) -> bool:
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")
