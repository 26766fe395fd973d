"""Reads the publisher's pages: which kind, whose title, which dates, notices and links.

Never fetches, never decides what is new, and never takes a page it does not know for an empty one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeVar

from scraper import landmarks as marks
from scraper.dates import day, edited_at, is_month, iso_period, notice_day, period
from scraper.errors import PageChanged
from scraper.kinds import kind_in, main_parts
from scraper.links import further_pages, part_of, publications, resources, without_label
from scraper.markup import ADVICE, BeautifulSoup, Tag, first_text, is_whole, parse, single_text, stated, words
from scraper.model import Notice, PageKind, PublicationPage, Series, SeriesPage
from scraper.wording import fold

_UUID = re.compile(r"item_id\W{1,8}([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)

MOST_WORDS = 150_000
"""Bytes of all that is read from one page: the site shows no value beyond 200,000 (archive/site/limits.py)."""


MOST_REMEMBERED = 8
"""Pages of each sort: at most polls the same page comes again, and is compared with the one that was kept."""
MOST_BYTES_REMEMBERED = 1_000_000
"""Twice a series page of ten years. A larger one is read each time: what a publisher sends must not fill our memory."""


def kind_of(body: bytes) -> PageKind:
    """What kind of page `body` is; `unknown` for anything we cannot place, whatever the bytes are."""
    try:
        return kind_in(parse(body, "page"))
    except PageChanged:
        return "unknown"


def read_series_page(body: bytes, address: str, series: Series) -> SeriesPage:
    """The series (or older archive) page at `address`: its publications, notices and own files.

    Raises PageChanged where it is another kind of page, cut, wrongly titled, or lists no publication.
    """
    read = _series_page if len(body) <= MOST_BYTES_REMEMBERED else _series_page.__wrapped__
    return read(body, address, series)


@lru_cache(maxsize=MOST_REMEMBERED)
def _series_page(body: bytes, address: str, series: Series) -> SeriesPage:
    soup = parse(body, address)
    kind, main = _page(soup, address, marks.SERIES_KINDS)
    title = single_text(main, marks.TITLE, "page.title", address)
    if not re.search(series.title_pattern, title):
        raise PageChanged(
            "page.title", address, "title", repr(title), f"a title matching {series.title_pattern!r}", ADVICE
        )
    links, way = publications(main, address, series)
    return _bounded(
        SeriesPage(
            kind=kind,
            identity=_identity(main),
            title=title,
            frequency=stated(main, *marks.FREQUENCY),
            publications=links,
            notices=_notices(main),
            resources=resources(main, address, series),
            landmarks=(*_hooks(main), *way),
        ),
        address,
    )


def read_publication_page(body: bytes, address: str, series: Series) -> PublicationPage:
    """The page of a publication at `address`, or a stub, a chapter, a data set page, a legacy publication.

    `resources` is empty only where the page's body is there and offers no file. Raises PageChanged where it is another
    kind of page, cut, without title or body, or (publications) without a publication date that can be read.
    """
    read = _publication_page if len(body) <= MOST_BYTES_REMEMBERED else _publication_page.__wrapped__
    return read(body, address, series)


@lru_cache(maxsize=MOST_REMEMBERED)
def _publication_page(body: bytes, address: str, series: Series) -> PublicationPage:
    soup = parse(body, address)
    kind, main = _page(soup, address, marks.PUBLICATION_KINDS)
    _require_body(kind, main, address)
    parent_title, parent_address = part_of(kind, main, address)
    date_text, published_on = _published(kind, main, address)
    range_text, first, last = _range(main)
    edited = without_label(first_text(main, (marks.LAST_EDITED,)))
    return _bounded(
        PublicationPage(
            kind=kind,
            identity=_identity(main),
            title=single_text(main, marks.CHAPTER_TITLE if kind == "chapter" else marks.TITLE, "page.title", address),
            part_of_title=parent_title,
            part_of_address=parent_address,
            date_text=date_text,
            published_on=published_on,
            date_range_text=range_text,
            period_from=first,
            period_to=last,
            last_edited_text=edited,
            last_edited_at=edited_at(edited) if edited else None,
            summary=first_text(main, marks.SUMMARY) or "",
            notices=_notices(main),
            resources=resources(main, address, series),
            further=further_pages(main, address, series) if kind in ("publication", "legacy") else (),
            landmarks=_hooks(main),
        ),
        address,
    )


# ---------------------------------------------------------------- the page as a whole


def _page(soup: BeautifulSoup, address: str, due: tuple[PageKind, ...]) -> tuple[PageKind, Tag]:
    """Kind and main part of a page that was read to its end and is of a kind that is due; else PageChanged."""
    kind, mains = kind_in(soup), main_parts(soup)
    if kind not in due:
        raise PageChanged("page.kind", address, "", f"a page of kind {kind}", " or ".join(due), ADVICE)
    if not mains:
        raise PageChanged("page.main", address, "main", "no main part", "one", ADVICE)
    if not is_whole(soup, marks.CLOSED):
        raise PageChanged("page.cut", address, "", "a page that ends before its main part does", "a whole page", ADVICE)
    hooks = '[data-uipath^="ps."]'
    outside = len(soup.select(hooks)) - len(mains[0].select(hooks))
    if outside:
        raise PageChanged(
            "page.main", address, "main", f"{outside} hooks outside the main part", "all inside it", ADVICE
        )
    return kind, mains[0]


_Page = TypeVar("_Page", SeriesPage, PublicationPage)


def _bounded(page: _Page, address: str) -> _Page:
    """The page; PageChanged where its words and links together are more than a row of the reading copy may hold."""
    size = len(repr(page).encode("utf-8", "replace"))
    if size > MOST_WORDS:
        found = f"{size:,} bytes of titles, notices and links"
        raise PageChanged("page.text", address, "", found, f"at most {MOST_WORDS:,}", ADVICE)
    return page


def _require_body(kind: PageKind, main: Tag, address: str) -> None:
    """A publication without files is told from a page that we no longer understand by its body being there."""
    if kind == "stub":
        return
    design = marks.NEW_BODY if main.select_one(marks.NEW_DESIGN) else marks.OLD_BODY
    selector = marks.BODY_OF.get(kind, design)
    if not main.select_one(selector):
        raise PageChanged("page.body", address, "body", "no body", f"one of {selector}", ADVICE)


def _identity(main: Tag) -> str | None:
    found = (_UUID.search(script.get_text()) for script in main.select("script"))
    return next((match[1].lower() for match in found if match), None)


def _hooks(main: Tag) -> tuple[str, ...]:
    values = (fold(str(tag["data-uipath"])) for tag in main.select("[data-uipath]"))
    return tuple(dict.fromkeys(v for v in values if v.startswith(("ps.", "document."))))


# ---------------------------------------------------------------- dates and notices


def _published(kind: PageKind, main: Tag, address: str) -> tuple[str | None, str | None]:
    text = without_label(stated(main, *marks.PUBLICATION_DATE))
    found = day(text) if text else None
    if kind in ("publication", "legacy", "stub") and not found and not (text and is_month(text)):
        raise PageChanged("page.date", address, "publication date", repr(text), "a date such as 14 Oct 2021", ADVICE)
    return text, found


def _range(main: Tag) -> tuple[str | None, str | None, str | None]:
    """The printed date range, and its ends from the machine-readable copy where there is one."""
    text = stated(main, *marks.DATE_RANGE)
    meta = main.select_one(marks.TEMPORAL_COVERAGE)
    first, last = iso_period(str(meta.get("content", ""))) if meta else (None, None)
    return (text, first, last) if first else (text, *(period(text) if text else (None, None)))


def _notices(main: Tag) -> tuple[Notice, ...]:
    inside = ", ".join(f"{body} {box}" for body in marks.NOTICE_BODIES for box in marks.NOTICES.split(", "))
    ordinary = {id(box) for box in main.select(inside)}
    found = (_notice(box) for box in main.select(marks.NOTICES) if id(box) not in ordinary)
    return tuple(notice for notice in found if notice)


def _notice(box: Tag) -> Notice | None:
    """A change notice; None for an emphasis box without a date at its end, which is ordinary text."""
    dated = box.select_one(marks.ITEM_DATE)
    printed = words(dated or (box.select("p") or [box])[-1])
    date_text = without_label(printed)
    noticed_on = notice_day(date_text) if date_text else None
    if not dated and not noticed_on:
        return None
    title = first_text(box, (marks.NOTICE_TITLE,)) or ""
    text = words(box).removesuffix(printed).rstrip().removeprefix(title).lstrip()
    return Notice(title, text, date_text, noticed_on)
