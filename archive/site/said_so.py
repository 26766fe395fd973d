"""What a release itself says of changed figures: sentences of its page, its notices and its workbook that speak of a change.

Quotes and never concludes: a sentence found here need not be about the figures that were compared, and none found proves nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from datasette.app import Datasette

from archive.page_texts import texts_in
from archive.site.reading import Row, rows

SPEAKS = re.compile(
    r"\b(re-?stat|revis|correct(?:ed|ion)|re-?calculat|replac|amend|re-?issu|re-?publish|updated|error|omitted|retrospective)",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"])")
MOST = 12
"""Sentences shown; a page that speaks of more is linked whole."""
PAGE = """
select {which}(c.capture_id) as capture_id, w.blocks from captures c
join page_texts t on t.sha256 = c.sha256 and t.address = c.address join wordings w on w.text_sha256 = t.text_sha256
where c.series = :series and c.publication = :publication and c.purpose = 'publication_page'
  and c.outcome in ('new', 'changed', 'reissued', 'unchanged')
"""
FIRST, NEWEST = PAGE.format(which="min"), PAGE.format(which="max")
"""The earlier release's page as it came out, and the later one's as it stands: an explanation may be added afterwards."""
WORKBOOK = """
select max(c.capture_id) as capture_id, f.sha256, f.file_name from files f join releases r using (release_id)
join captures c on c.sha256 = f.sha256 and c.series = r.series
where r.series = :series and r.publication = :publication
  and exists (select 1 from workbook_facts x where x.sha256 = f.sha256 and x.fact = 'note')
group by f.sha256 order by f.file_id desc limit 1
"""
NOTES = "select distinct text from workbook_facts where sha256 = :sha256 and fact = 'note'"


class Said(NamedTuple):
    """What stands there, and where both sides can be read beside each other."""

    on_page: list[str]
    in_workbook: list[str]
    pages: str | None
    """Address of the two pages side by side; None where one was not captured."""
    notes: str | None
    has_page: bool
    has_workbook: bool

    @property
    def looked_in(self) -> str:
        """Where was looked, in words."""
        places = [name for name, there in (("release page", self.has_page), ("workbook", self.has_workbook)) if there]
        return " or ".join(places)


async def said_so(datasette: Datasette, older: Row, newer: Row) -> Said:
    """What the later release says of changes, and the addresses of both page texts and both workbooks' notes side by side."""
    pages = [(await rows(datasette, sql, _names(one)))[0] for sql, one in ((FIRST, older), (NEWEST, newer))]
    books = [next(iter(await rows(datasette, WORKBOOK, _names(one))), None) for one in (older, newer)]
    notes = await rows(datasette, NOTES, {"sha256": books[1]["sha256"]}) if books[1] else []
    on_page = speaking(texts_in(pages[1]["blocks"])) if pages[1]["blocks"] else []
    return Said(
        on_page, speaking([one["text"] for one in notes]), _beside(*(one["capture_id"] for one in pages)),
        _beside(*(one["capture_id"] if one else None for one in books)), bool(pages[1]["blocks"]), bool(books[1]),
    )  # fmt: skip


def _names(vintage: Row) -> dict[str, object]:
    return {"series": vintage["series"], "publication": vintage["publication"]}


def _beside(a: int | None, b: int | None) -> str | None:
    return f"/page-difference?a={a}&b={b}" if a and b else None


def speaking(texts: list[str]) -> list[str]:
    """Sentences that speak of a change of figures or files, each once, in their order."""
    sentences = [one.strip() for text in texts for one in SENTENCE.split(text)]
    return list(dict.fromkeys(one for one in sentences if SPEAKS.search(one)))[:MOST]
