"""Keeps the words of captured pages in the reading copy, each wording once, and hands them out with a workbook's notes.

It never reads HTML, and never says what a change of words means.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlite_utils import Database

from archive.catalogue import IS_ACCEPTED
from archive.prose_figures import figures_in
from scraper.model import TextBlock

_OF_THEMSELVES = frozenset({"edited", "file"})
"""Kinds of blocks that change without anybody editing the text."""


class PageToWord(NamedTuple):
    """A captured page whose words have not been read by today's reader."""

    sha256: str
    address: str
    series: str
    reader: int | None
    """The reader that read it before; None where none did."""


def pages_to_word(copy: Database, reader: int) -> list[PageToWord]:
    """Accepted captures of pages whose words were not read yet, or by another reader."""
    rows = copy.execute(
        "SELECT c.sha256, c.address, c.series, t.reader FROM captures AS c"
        " LEFT JOIN page_texts AS t ON t.sha256 = c.sha256 AND t.address = c.address"
        f" WHERE c.purpose IN ('series_page', 'publication_page', 'further_page') AND c.{IS_ACCEPTED}"
        " AND c.sha256 IS NOT NULL AND t.reader IS NOT ? GROUP BY c.sha256, c.address ORDER BY min(c.capture_id)",
        [reader],
    )
    return [PageToWord(*row) for row in rows]


def record_text(copy: Database, page: PageToWord, blocks: Sequence[TextBlock], reader: int) -> None:
    """The words of one page, in place of what another reader made of it."""
    held = json.dumps([{"kind": block.kind, "text": block.text} for block in blocks], ensure_ascii=False)
    text_sha256 = hashlib.sha256(held.encode()).hexdigest()
    words = [block.text for block in blocks]
    prose = [block.text for block in blocks if block.kind not in _OF_THEMSELVES]
    copy.execute(
        "INSERT INTO wordings VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (text_sha256, _digest(words), _digest(prose), sum(len(text.split()) for text in words), held),
    )
    copy.execute("DELETE FROM prose_figures WHERE text_sha256 = ?", [text_sha256])
    copy.conn.executemany(
        "INSERT INTO prose_figures VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(text_sha256, *figure) for figure in figures_in(blocks)],
    )
    _record(copy, page, reader, text_sha256, None)


def record_unread_text(copy: Database, page: PageToWord, because: str, reader: int) -> None:
    """That the words of one page could not be read, and why."""
    _record(copy, page, reader, None, because)


def _record(copy: Database, page: PageToWord, reader: int, text_sha256: str | None, because: str | None) -> None:
    copy.execute(
        "INSERT OR REPLACE INTO page_texts VALUES (?, ?, ?, ?, ?)",
        (page.sha256, page.address, reader, text_sha256, because),
    )


def forget_unused_wordings(copy: Database) -> None:
    """Let go of wordings that no page has any more, because another reader read it otherwise."""
    unused = "text_sha256 NOT IN (SELECT text_sha256 FROM page_texts WHERE text_sha256 IS NOT NULL)"
    copy.execute(f"DELETE FROM prose_figures WHERE {unused}")
    copy.execute(f"DELETE FROM wordings WHERE {unused}")


def record_links(copy: Database) -> None:
    """The files that each newly read page offers, one row for each link."""
    copy.execute(
        "INSERT INTO page_links SELECT p.sha256, p.address, r.value ->> 'address', r.value ->> 'file_name', r.value ->> 'name'"
        " FROM pages AS p, json_each(p.resources) AS r WHERE NOT EXISTS"
        " (SELECT 1 FROM page_links AS k WHERE k.sha256 = p.sha256 AND k.address = p.address) ON CONFLICT DO NOTHING"
    )


def text_of_page(copy: Database, sha256: str, address: str) -> list[str] | None:
    """The blocks of one page's words as they are kept; None where they were not read."""
    row = copy.execute(
        "SELECT w.blocks FROM page_texts AS t JOIN wordings AS w USING (text_sha256) WHERE t.sha256 = ? AND t.address = ?",
        [sha256, address],
    ).fetchone()
    return texts_in(row[0]) if row else None


def texts_in(blocks: str) -> list[str]:
    """The texts of blocks as `wordings.blocks` keeps them."""
    return [block["text"] for block in json.loads(blocks)]


def in_reading_order(notes: Sequence[tuple[str, str, str]]) -> list[str]:
    """Texts of a workbook's notes, given with sheet and cell (`A9`): sheet by sheet, row by row."""
    return [text for _, _, text in sorted(notes, key=lambda note: (note[0], *_row_and_column(note[1]), note[2]))]


def _row_and_column(cell: str) -> tuple[int, int, str]:
    found = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", cell)
    return (int(found[2]), len(found[1]), found[1]) if found else (0, 0, cell)


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
