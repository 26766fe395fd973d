"""One cell of a table as people read it: thousands apart, days kept whole, links to our own pages.

Never shows text as HTML: whatever stands in a cell is escaped.
"""

from __future__ import annotations

import re

from markupsafe import Markup

from archive.site.wording import number

SHA256 = re.compile(r"[0-9a-f]{64}")
OWN_PAGE = re.compile(r"/(optouts/[a-z_]+|page-difference)\?[a-z_]+=[^\x00-\x20\"'<>\\]+")
WHEN = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{6}Z)?")
COUNTED = re.compile(
    r"opt_outs.*|list_size|population|deceased|net_change|change_since_row_above|england_(at_.*|net_change|opt_outs.*)|difference"
    r"|stated_(before|after)|old|new|data_rows|rows|cells.*|bytes"
)
"""Columns that count something. Others are numbers of things, and stand as they are."""


def shown(value: object, column: str) -> Markup | str | None:
    """The cell's HTML or text; None where it stays as it is."""
    if isinstance(value, dict):  # a foreign key with the label of the row it points to
        key = value["value"]
        return _text(key) if isinstance(key, str) and SHA256.fullmatch(key) else None
    if isinstance(value, int) and COUNTED.fullmatch(column):
        return number(value)
    return _text(value) if isinstance(value, str) else None


def _text(value: str) -> Markup | None:
    if SHA256.fullmatch(value):
        return Markup('<a class="hash" href="/files/{0}">{0}</a>').format(value)
    if WHEN.fullmatch(value):
        return Markup("<time>{}</time>").format(value)
    if OWN_PAGE.fullmatch(value):
        return Markup('<a href="{}">Show</a>').format(value)
    return None
