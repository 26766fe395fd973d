"""Reads the words of captured pages into the reading copy, each page once for each reader of ours.

No network; it never compares two captures of a page, and a difference that our own reader makes is told as ours.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlite_utils import Database

from archive.errors import WithheldError
from archive.looks import forget_looks, record_looks
from archive.page_texts import (
    PageToWord,
    forget_unused_wordings,
    pages_to_word,
    record_links,
    record_text,
    record_unread_text,
    text_of_page,
)
from archive.reading_copy import transaction
from archive.store import read_snapshot
from scraper.errors import PageChanged
from scraper.model import Finding
from scraper.page_text import READER, text_of


def read_page_texts(
    evidence: Database, copy: Database, progress: Callable[[str, int, int], None], reader: int = READER
) -> list[tuple[Finding, str]]:
    """Read what no reader, or another one, has read; findings, with their series, tell where another reader found other words.

    The looks at all addresses are noted afterwards: whether two of them found the same page is told by its words.
    """
    found: list[tuple[Finding, str]] = []
    pages = pages_to_word(copy, reader)
    for done, page in enumerate(pages):
        progress("reading the words of pages", done, len(pages))
        with transaction(copy):
            found += [(one, page.series) for one in _read_one(evidence, copy, page, reader)]
    with transaction(copy):
        if any(page.reader is not None for page in pages):
            forget_unused_wordings(copy)
            forget_looks(copy)
        record_links(copy)
        record_looks(copy)
    return found


def _read_one(evidence: Database, copy: Database, page: PageToWord, reader: int) -> list[Finding]:
    before = text_of_page(copy, page.sha256, page.address) if page.reader is not None else None
    try:
        blocks = text_of(read_snapshot(evidence, page.sha256))
    except (PageChanged, WithheldError) as surprise:
        record_unread_text(copy, page, str(surprise), reader)
        return [] if before is None else [_otherwise(page, len(before), len(before), reader)]
    record_text(copy, page, blocks, reader)
    after = [block.text for block in blocks]
    if before is None or before == after:
        return []
    return [_otherwise(page, len(set(before) ^ set(after)), len(before), reader)]


def _otherwise(page: PageToWord, changed: int, of: int, reader: int) -> Finding:
    return Finding(
        "reader.changed", "info", page.address, "page_text", f"{changed} of {of} blocks of words that read otherwise than before",
        f"what page reader {page.reader} read", f"Page reader {reader} reads it now: our change, not the publisher's.", page.sha256,
    )  # fmt: skip
