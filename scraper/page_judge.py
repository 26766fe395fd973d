"""Owns the question whether a page is healthy beside its earlier captures: size, links, title, kind.

Never refuses a page (that is for `scraper.pages`), and never remembers: the history is handed in.
"""

from __future__ import annotations

from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from scraper import landmarks as marks
from scraper.dates import day, is_month
from scraper.errors import PageChanged
from scraper.kinds import kind_in, main_parts
from scraper.links import without_label
from scraper.markup import first_text, parse, words
from scraper.model import Finding, PageKind, Purpose

SMALLEST_PART = 0.6
"""A page below this part of its usual size is looked at by a person: a starting value, not measured on live pages."""
SIZES = 10
LEAST_LINKS = 0.5
"""A page that links to less than this part of what it linked to has changed its markup, or was emptied."""

CODES = frozenset({"page.small", "page.links", "page.hosts", "page.kind_changed", "page.list_date", "page.retitled"})
"""Codes of the findings that say how a page is, and stand until it is otherwise."""
FEWER = "page.fewer_links"
"""Code of the finding that says what happened to a page; it is over at the next look that finds no fewer still."""


class Outline(NamedTuple):
    """What a page looks like from afar, without knowing its series."""

    kind: PageKind
    title: str | None
    links: int
    """Distinct links in publication lists, to attachments and to data sets; 0 where there is no main part."""
    unread_dates: tuple[str, ...]
    """Dates printed in the publication lists that are neither a day nor a month."""
    hosts: frozenset[str] = frozenset()
    """Where these links lead: scheme and host, `here` for the page's own."""


class PageHistory(NamedTuple):
    """Earlier accepted captures of one address."""

    address: str
    sizes: tuple[int, ...] = ()
    """Bytes of the accepted bodies, oldest first; the last ten count."""
    before: Outline | None = None
    """`outline` of the newest accepted body before this one."""


def outline(body: bytes) -> Outline:
    """The outline of a page; of bytes that are no page too, as kind `unknown`. Never raises."""
    try:
        soup = parse(body, "page")
    except PageChanged:
        return Outline("unknown", None, 0, ())
    kind, mains = kind_in(soup), main_parts(soup)
    if len(mains) != 1:
        return Outline(kind, None, 0, ())
    main = mains[0]
    links = {str(link["href"]) for link in main.select(marks.OUTLINE_LINKS)}
    dates = (without_label(words(tag)) for tag in main.select(f":is({marks.LIST_MARKS}) {marks.ITEM_DATE}"))
    unread = tuple(text for text in dates if text and not (day(text) or is_month(text)))
    return Outline(kind, first_text(main, marks.TITLE), len(links), unread, frozenset(map(_host_of, links)))


def _host_of(href: str) -> str:
    try:
        parts = urlsplit(href.strip())
    except ValueError:
        return "nowhere"
    if not parts.scheme and not parts.netloc:
        return "here" if parts.path else "nowhere"
    return f"{parts.scheme}://{parts.netloc}".lower().removesuffix(":443")


def judge_page(body: bytes, purpose: Purpose, history: PageHistory) -> tuple[Finding, ...]:
    """What a person should look at in an accepted page, beside its history; nothing for files, robots and canaries.

    `page.small`, `page.links`, `page.hosts`, `page.kind_changed` and `page.list_date` are warnings, `page.retitled` is for
    information.
    """
    if purpose in ("file", "robots", "canary"):
        return ()
    now = outline(body)
    found = (_small(len(body), history), *_unread_dates(now, history), *_beside(now, history))
    return tuple(finding for finding in found if finding)


def _small(size: int, history: PageHistory) -> Finding | None:
    usual = median(history.sizes[-SIZES:]) if history.sizes else 0
    if size >= SMALLEST_PART * usual:
        return None
    return Finding("page.small", "warning", history.address, "", f"{size} bytes", f"about {usual:.0f} bytes as before",
                   "Look whether the page lost a part; if it is right, nothing is to be done.")  # fmt: skip


def _unread_dates(now: Outline, history: PageHistory) -> list[Finding]:
    return [
        Finding("page.list_date", "warning", history.address, "publication lists", repr(text),
                "a date such as 14 October 2021", "The publication is kept with the date as printed.")
        for text in now.unread_dates
    ]  # fmt: skip


def _beside(now: Outline, history: PageHistory) -> list[Finding]:
    before, address = history.before, history.address
    if before is None:
        return []
    found = []
    if now.links < LEAST_LINKS * before.links:
        links = f"{now.links} links to publications or files" if now.links else "no links to publications or files"
        found.append(Finding("page.links", "warning", address, "", links, f"{before.links} as before",
                             "Withdrawn, or a page that changed its markup: look. Nothing counts as gone."))  # fmt: skip
    elif now.links < before.links:
        found.append(Finding(FEWER, "warning", address, "", f"{now.links} links to publications or files",
                             f"{before.links} as before", "Withdrawn, or put elsewhere: look."))  # fmt: skip
    elif now.hosts.isdisjoint(before.hosts) and before.hosts:
        found.append(Finding("page.hosts", "warning", address, "", f"links to {', '.join(sorted(now.hosts))} alone",
                             f"{', '.join(sorted(before.hosts))} as before", "Look where its files are now."))  # fmt: skip
    if before.kind not in (now.kind, "stub"):  # a stub is there to become something else
        found.append(Finding("page.kind_changed", "warning", address, "", f"a page of kind {now.kind}",
                             f"{before.kind} as before", "Look whether the publisher moved something else here."))  # fmt: skip
    if before.title and now.title != before.title:
        found.append(Finding("page.retitled", "info", address, "title", repr(now.title), repr(before.title)))
    return found
