"""Which words of a sentence of ours lead somewhere: an address of this site, and a file's SHA-256, shown short.

Never trusts the sentence: everything is escaped first, and only addresses on the list become links.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from archive.site.wording import short_hash

LEADS = re.compile(
    r"(?<![\w/.])(?P<path>/(?:areas|releases|changes|optouts/[a-z_]+))(?![\w/])|\b(?P<sha256>[0-9a-f]{64})\b"
)


def linked(text: str) -> Markup:
    """The sentence as HTML, with its addresses and hashes as links."""
    return Markup(LEADS.sub(_link, str(escape(text))))  # noqa: S704 (escaped in this line, and links are made of a list)


def _link(found: re.Match[str]) -> str:
    if sha256 := found["sha256"]:
        return f'<a href="/files/{sha256}"><code>{short_hash(sha256)}…</code></a>'
    return f'<a href="{found["path"]}">{found["path"]}</a>'
