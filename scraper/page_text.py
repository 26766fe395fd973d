"""Reads the words of a page: its main part in reading order, block by block, ways about and machinery left out.

Never says what the words mean, and never compares two pages.
"""

from __future__ import annotations

from scraper import landmarks as marks
from scraper.kinds import main_parts
from scraper.markup import Tag, blocks, holder, leave_out, parse
from scraper.model import BlockKind, TextBlock

READER = 1
"""Raised with every change of what is read as a page's words, so that the difference is filed as ours."""

_KINDS: dict[str, BlockKind] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    "li": "item", "dt": "label", "dd": "value", "td": "cell", "th": "cell",
}  # fmt: skip


def text_of(body: bytes) -> tuple[TextBlock, ...]:
    """The page's words; of the whole page where it has no main part that we know.

    Markup, attributes, blanks and everything around the main part leave no trace here: what is the same here is the same to
    whoever reads the page. Raises PageChanged where the bytes cannot be parsed at all.
    """
    soup = parse(body, "page")
    mains = main_parts(soup)
    region = mains[0] if mains else soup
    leave_out(region, marks.NOT_READ)
    notices = _notices(region)
    files = frozenset(id(holder(tag)) for tag in region.select(marks.FILE_TAGS))
    return tuple(TextBlock(_kind(tag, notices, files), text) for tag, text in blocks(region))


def _notices(region: Tag) -> frozenset[int]:
    """Tags inside boxes that look like change notices, those of the body left out."""
    inside = ", ".join(f"{body} {box}" for body in marks.NOTICE_BODIES for box in marks.NOTICES.split(", "))
    ordinary = {id(box) for box in region.select(inside)}
    boxes = [box for box in region.select(marks.NOTICES) if id(box) not in ordinary]
    return frozenset(id(tag) for box in boxes for tag in (box, *box.find_all(True)))


def _kind(tag: Tag, notices: frozenset[int], files: frozenset[int]) -> BlockKind:
    if tag.get("id") == marks.LAST_EDITED.removeprefix("#"):
        return "edited"
    if id(tag) in files:
        return "file"
    return "notice" if id(tag) in notices else _KINDS.get(tag.name, "text")
