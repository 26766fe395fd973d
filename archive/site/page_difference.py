"""`/page-difference?a=&b=`: two captures of a page, or of a workbook's notes, beside each other, word by word; `.json`, `.txt` too.

Never says why anything was changed, and never shows the publisher's markup: words only, and escaped.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import BadRequest, Request

from archive.page_texts import in_reading_order, texts_in
from archive.site.reading import Row, rows
from archive.word_differences import Part, in_plain_text, is_changed, paragraphs, word_difference

CAPTURE = """
select c.capture_id, c.series, c.publication, c.purpose, c.way, c.address, c.requested_at, c.completed_at, c.sha256, c.file_name,
  c.origin, r.title as release, w.blocks, t.reader, p.last_edited_text
from captures c
left join page_texts t on t.sha256 = c.sha256 and t.address = c.address
left join wordings w on w.text_sha256 = t.text_sha256
left join pages p on p.sha256 = c.sha256 and p.address = c.address
left join releases r on r.series = c.series and r.publication = coalesce(c.publication, '-')
where c.outcome in ('new', 'changed', 'reissued', 'unchanged') and c.sha256 is not null
"""
BY_NUMBER = CAPTURE + " and c.capture_id = :capture_id"
BY_BYTES = CAPTURE + " and c.sha256 = :sha256 and c.address = :address order by c.capture_id limit 1"
NOTES = "select sheet, place, text from workbook_facts where sha256 = :sha256"
BETWEEN = """
select count(*) as looks from looks
where series = :series and address = :address and answer <> 'no answer' and capture_id > :a and capture_id < :b
"""
BLIND = """
select since_at, until_at, because from blind_periods
where series = :series and since_at < :b and coalesce(until_at, '9999') > :a order by since_at
"""
CONTEXT = 1
"""Paragraphs shown before and after each that was changed."""


class Side(NamedTuple):
    """One of the two captures, and its words."""

    capture: Row
    texts: list[str]
    is_page: bool


class Words(NamedTuple):
    """A run of words as a template shows it: blanks at its ends stand outside the mark."""

    op: str
    before: str
    text: str
    after: str


async def page_difference(datasette: Datasette, request: Request) -> Response:
    """The page, or its data. Raises BadRequest for numbers that name no two comparable captures, NotFound for unknown ones."""
    old, new = [await _side(datasette, request, name) for name in ("a", "b")]
    if old.is_page != new.is_page:
        raise BadRequest("One of these captures is a page and the other a file: only two of a kind can be compared.")
    parts = await asyncio.to_thread(word_difference, old.texts, new.texts)
    match request.url_vars["form"]:
        case ".json":
            return Response.json(_as_data(old, new, parts))
        case ".txt":
            return Response.text(in_plain_text(parts))
    context = await _context(datasette, old, new, parts)
    page = await datasette.render_template(
        "page_difference.html", context, request=request, view_name="page_difference"
    )
    return Response.html(page)


async def _side(datasette: Datasette, request: Request, name: str) -> Side:
    given = (request.args.get(name) or "").strip()
    sha256, address = (request.args.get(f"{name}_{key}") or "" for key in ("sha256", "address"))
    if given.isascii() and given.isdecimal() and len(given) < 16:
        found = await rows(datasette, BY_NUMBER, {"capture_id": int(given)})
    elif not given and sha256 and address:
        found = await rows(datasette, BY_BYTES, {"sha256": sha256, "address": address})
    else:
        raise BadRequest(
            f"{name}: found {given!r}; expected the number of a capture, such as {name}=12, or {name}_sha256 and {name}_address."
        )
    if not found:
        raise NotFound(f"No accepted capture is named by {name}={given or sha256}. All captures: /optouts/captures")
    return await _read(datasette, found[0])


async def _read(datasette: Datasette, capture: Row) -> Side:
    if capture["purpose"] != "file":
        if capture["blocks"] is None:
            raise NotFound(f"The words of capture {capture['capture_id']} could not be read; its bytes are kept.")
        return Side(capture, texts_in(capture["blocks"]), True)
    notes = await rows(datasette, NOTES, {"sha256": capture["sha256"]})
    if not notes:
        raise NotFound(
            f"Capture {capture['capture_id']} is a file without notes of its own: only pages and workbooks have some."
        )
    return Side(capture, in_reading_order([(row["sheet"], row["place"], row["text"]) for row in notes]), False)


async def _context(datasette: Datasette, old: Side, new: Side, parts: list[Part]) -> dict[str, object]:
    first, last = sorted((old.capture, new.capture), key=lambda row: row["capture_id"])
    bounds = {"series": new.capture["series"], "a": first["requested_at"], "b": last["completed_at"]}
    numbers = bounds | {"address": new.capture["address"], "a": first["capture_id"], "b": last["capture_id"]}
    shown = [[_marked(part) for part in paragraph] for paragraph in paragraphs(parts)]
    same_address = old.capture["address"] == new.capture["address"]
    return {
        "old": old.capture, "new": new.capture, "is_page": old.is_page, "is_changed": is_changed(parts),
        "stretches": stretches(shown), "whole": shown, "metadata": datasette.metadata(), "same_address": same_address,
        "looks_between": (await rows(datasette, BETWEEN, numbers))[0]["looks"] if same_address else None,
        "blind": await rows(datasette, BLIND, bounds), "query": f"a={old.capture['capture_id']}&b={new.capture['capture_id']}",
    }  # fmt: skip


def stretches(shown: list[list[Words]]) -> list[list[list[Words]]]:
    """The changed paragraphs, each with its neighbours; what lies near another stands with it."""
    near = {
        m for n, paragraph in enumerate(shown) if any(words.op != "same" for words in paragraph)
        for m in range(n - CONTEXT, n + CONTEXT + 1) if 0 <= m < len(shown)
    }  # fmt: skip
    found: list[list[list[Words]]] = []
    for n in sorted(near):
        if n - 1 not in near:
            found.append([])
        found[-1].append(shown[n])
    return found


def _marked(part: Part) -> Words:
    text = part.text.strip(" ")
    at = part.text.index(text) if text else 0
    return Words(part.op, part.text[:at], text, part.text[at + len(text) :])


def _as_data(old: Side, new: Side, parts: list[Part]) -> dict[str, object]:
    keys = (
        "capture_id",
        "series",
        "publication",
        "address",
        "requested_at",
        "completed_at",
        "sha256",
        "way",
        "origin",
        "reader",
    )
    return {
        "old": {key: old.capture[key] for key in keys},
        "new": {key: new.capture[key] for key in keys},
        "changed": is_changed(parts),
        "parts": [part._asdict() for part in parts],
    }
