"""Fetches one address and says what we understand of it: the try-one-page tool.

Writes nothing anywhere, and raises nothing for what the publisher or the wire does.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from scraper.errors import ScraperError
from scraper.fetch import Fetcher
from scraper.files import layouts_of, readings_of
from scraper.model import Capture, Finding, PublicationPage, Purpose, Reading, Request, Series, SeriesPage
from scraper.pages import kind_of, read_publication_page, read_series_page
from scraper.schema import Schema


class Look(NamedTuple):
    """What one address answered and what we make of it."""

    captures: tuple[Capture, ...]
    """Every exchange, robots.txt first; the last is the answer. Empty where we were told to stop."""
    kind: str
    """Kind of page, `file`, or `nothing` where no acceptable body came."""
    understood: SeriesPage | PublicationPage | tuple[Reading, ...] | None
    """A file is understood as one reading for each table in it."""
    surprise: Finding | None
    """Why it is not understood; None where it is, or where there is nothing to understand."""


def series_of(address: str, series: Sequence[Series]) -> Series | None:
    """The series whose pages or files the address may belong to: the one with the longest seed in common, else by host."""
    fitting = [one for one in series if urlsplit(address).netloc in one.page_hosts + one.file_hosts]
    return max(fitting, key=lambda one: (address.startswith(one.seed), len(one.seed)), default=None)


def purpose_of(address: str, series: Series) -> Purpose:
    """What an address is for: the series page by its address, a file by its host or its ending, else a publication page."""
    if address.rstrip("/") == series.seed.rstrip("/"):
        return "series_page"
    parts = urlsplit(address)
    ending = PurePosixPath(unquote(parts.path)).suffix.lower()
    only_files = parts.netloc in series.file_hosts and parts.netloc not in series.page_hosts
    return "file" if only_files or ending in {".csv", ".xlsx", ".xls", ".zip", ".pdf"} else "publication_page"


def look(address: str, series: Series, schemas: Sequence[Schema], software: str, stop: threading.Event) -> Look:
    """Fetch `address` as a poll would, robots.txt obeyed, and read it with today's reader and schemas."""
    request = Request(address, purpose_of(address, series))
    with Fetcher(series, software, stop) as fetcher:
        captures = tuple(fetcher.attempts(request))
    answer = captures[-1] if captures else None
    if answer is None or answer.body is None or answer.verdict != "accepted" or answer.request.purpose == "robots":
        return Look(captures, "nothing", None, None)
    kind = "file" if request.purpose == "file" else kind_of(answer.body)
    try:
        return Look(captures, kind, _understood(answer, answer.body, series, schemas), None)
    except ScraperError as surprise:
        return Look(captures, kind, None, surprise.finding())


def _understood(
    answer: Capture, body: bytes, series: Series, schemas: Sequence[Schema]
) -> SeriesPage | PublicationPage | tuple[Reading, ...]:
    address = answer.final_address or answer.request.address
    match answer.request.purpose:
        case "series_page":
            return read_series_page(body, address, series)
        case "file":
            name = unquote(urlsplit(address).path.rpartition("/")[2])
            return tuple(readings_of(body, name, layouts_of(body, name, schemas).schemas))
        case _:
            return read_publication_page(body, address, series)
