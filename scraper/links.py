"""Owns what the links of a page lead to: publications, files, further pages, the page above.

Never follows one, and never takes a link for a file by its looks: host and path decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Literal, cast

from scraper import landmarks as marks
from scraper.addresses import absolute, file_name_of, host_of, is_file, page_address, path_below, publication_of
from scraper.dates import day, is_month
from scraper.errors import PageChanged
from scraper.markup import ADVICE, Tag, first_text, words
from scraper.model import FurtherPage, PageKind, PublicationLink, Resource, Series
from scraper.wording import fold, visible

Listed = Literal["latest", "previous", "upcoming"]

_ORDER: tuple[Listed, ...] = ("latest", "previous", "upcoming")
_TYPE = re.compile(r"\[([^\[\],;]{1,40}),\s*size:")


# ---------------------------------------------------------------- publications that a series lists


def publications(main: Tag, address: str, series: Series) -> tuple[tuple[PublicationLink, ...], tuple[str, ...]]:
    """Publications in the page's lists, each address once, and the fallbacks by which they were found.

    Raises PageChanged (`page.list`) for a page without lists and without any link below the series, for a list
    without items, for an item without exactly one publication, and for a list of a name we do not know.
    """
    lists, fallbacks = _lists(main, address)
    found = [link for listed, box in lists for link in _listed(listed, box, address, series)]
    if not lists:
        found, fallbacks = _below_series(main, address, series), ("main a[href]",)
    if not found:
        raise PageChanged("page.list", address, "publication lists", "none with a publication", "at least one", ADVICE)
    once: dict[str, PublicationLink] = {}
    for link in sorted(found, key=lambda link: _ORDER.index(link.listed)):
        once.setdefault(link.address, link)
    return tuple(once.values()), fallbacks


def _lists(main: Tag, address: str) -> tuple[list[tuple[Listed, Tag]], tuple[str, ...]]:
    """The page's lists with what each lists: by hook, and by section id where a hook is missing."""
    lists: list[tuple[Listed, Tag]] = []
    for box in main.select(marks.LIST_MARKS):
        hook = str(box["data-uipath"])
        if hook not in marks.LISTS:
            known = ", ".join(marks.LISTS)
            raise PageChanged("page.list", address, "publication lists", f"a list {hook!r}", f"one of {known}", ADVICE)
        lists.append((cast("Listed", marks.LISTS[hook]), box))
    hooked = {listed for listed, _ in lists}
    fallbacks = []
    for name, listed in marks.LIST_IDS.items():
        section = main.select_one(f"#{name}")
        if section and listed not in hooked and not section.select_one(marks.LIST_MARKS):
            lists.append((cast("Listed", listed), section))
            fallbacks.append(f"#{name}")
    return lists, tuple(fallbacks)


def _listed(listed: Listed, box: Tag, address: str, series: Series) -> list[PublicationLink]:
    nested = {id(item) for item in box.select(":scope li li, .inset-text li")}
    items = [item for item in box.select("li") if id(item) not in nested]
    if not items and not box.select_one(marks.REPLACED):
        raise PageChanged("page.list", address, f"list of {listed} publications", "no items", "at least one", ADVICE)
    return [_publication(listed, item, address, series) for item in items]


def _publication(listed: Listed, item: Tag, address: str, series: Series) -> PublicationLink:
    link = _item_link(listed, item, address)
    href = visible(str(link["href"]))
    target = page_address(href, address)
    title = words(link) or fold(str(link.get("title", "")))
    if target is None or target == page_address(address, address) or not title:
        raise PageChanged("page.list", address, f"list of {listed} publications", f"a link {title!r} to {href!r}",
                          "a title and a web address", ADVICE)  # fmt: skip
    date_text = _item_date(listed, item)
    return PublicationLink(
        address=target,
        publication=publication_of(target, series),
        href=href,
        title=title,
        listed=listed,
        date_text=date_text,
        dated_on=day(date_text) if date_text else None,
    )


def _item_link(listed: Listed, item: Tag, address: str) -> Tag:
    """The one link of an item that names its publication; summaries and supplementary information may hold others."""
    traps = {id(link) for link in item.select(marks.ITEM_TRAPS)}
    links = [link for link in item.select(marks.ITEM_BUTTON) if id(link) not in traps]
    links = links or [link for link in item.select("a[href]") if id(link) not in traps]
    by_href = {str(link["href"]): link for link in links}
    if len(by_href) != 1:
        raise PageChanged("page.list", address, f"list of {listed} publications", f"an item with {len(by_href)} links",
                          "one link in each item", ADVICE)  # fmt: skip
    return by_href.popitem()[1]


def _item_date(listed: Listed, item: Tag) -> str | None:
    """The item's date as printed. Before 2021 its place held a summary, so a text that is no date is left out there."""
    if text := without_label(first_text(item, (marks.ITEM_DATE,))):
        return text
    text = without_label(first_text(item, (marks.ITEM_TEXT,)))
    return text if text and (listed == "upcoming" or day(text) or is_month(text)) else None


def _below_series(main: Tag, address: str, series: Series) -> list[PublicationLink]:
    """Last resort: every link in the main part to a page below the series."""
    traps = {id(link) for link in main.select(marks.NOT_PUBLICATIONS)}
    seed = page_address(series.seed, series.seed) or series.seed
    found = []
    for link in main.select("a[href]"):
        href = visible(str(link["href"]))
        target = page_address(href, address)
        title = words(link) or fold(str(link.get("title", "")))
        if id(link) not in traps and target and title and path_below(target, seed):
            found.append(PublicationLink(target, publication_of(target, series), href, title, "previous", None, None))
    return found


def without_label(text: str | None) -> str | None:
    """`Published: 14 October 2021` without its label; None for no text."""
    for label in marks.DATE_LABELS:
        text = _after(text, label)
    return text


def _after(text: str | None, label: str) -> str | None:
    return (text[len(label) :].strip() or None) if text and text.casefold().startswith(label) else text


# ---------------------------------------------------------------- files that a page offers


def resources(main: Tag, address: str, series: Series) -> tuple[Resource, ...]:
    """Links to files, in page order, each address once; of two links to one file the attachment tells name and size."""
    found: dict[str, tuple[bool, Resource]] = {}
    for link in main.select("a[href]"):
        target = absolute(str(link["href"]), address)
        if target is None or not (is_file(target, series) or _is_misled_attachment(link, target, series)):
            continue
        attached = _holder(link) is not link
        if target not in found or (attached and not found[target][0]):
            found[target] = attached, _resource(link, target)
    return tuple(resource for _, resource in found.values())


def _is_misled_attachment(link: Tag, target: str, series: Series) -> bool:
    """In July and August 2021 attachments carried internal page addresses for some days: saved copies still do."""
    attached = any(
        tag.get("data-uipath") == marks.ATTACHMENT_MARK or marks.ATTACHMENT_CLASS in _classes(tag)
        for tag in _above(link)
    )
    in_page = str(link["href"]).startswith("#")
    return attached and not in_page and host_of(target) in series.page_hosts and bool(file_name_of(target))


def _resource(link: Tag, target: str) -> Resource:
    claimed_type, claimed_size = _claims(_holder(link))
    return Resource(
        address=target,
        href=visible(str(link["href"])),
        name=_name(link) or file_name_of(target),
        file_name=file_name_of(target),
        claimed_type=claimed_type,
        claimed_size=claimed_size,
        section=_section(link),
    )


def _name(link: Tag) -> str:
    """A card's heading, the name in the link, the link's title, its words: the first of these that says anything.

    The words of a card's link are its type and size, so a card without a heading has no name but the file's.
    """
    holder = _holder(link)
    heading = first_text(holder, (marks.CARD_NAME,)) or first_text(link, ('[itemprop="name"]',))
    name = heading or fold(str(link.get("title", "")))
    return name if name or marks.CARD in _classes(holder) else words(link)


def _holder(link: Tag) -> Tag:
    """The card or list item that tells type and size of this link alone; the link itself where there is none."""
    for tag in _above(link):
        if marks.CARD in _classes(tag) or tag.name == "li":
            return tag if len(tag.select("a[href]", limit=2)) == 1 else link
    return link


def _claims(holder: Tag) -> tuple[str | None, str | None]:
    """Type and size as the page announces them: claims, never facts."""
    size = first_text(holder, marks.CLAIMED_SIZE)
    bracket = _TYPE.search(words(holder))
    meta = holder.select_one('meta[itemprop="encodingFormat"]')
    kind = first_text(holder, (marks.CARD_TYPE,)) or (bracket[1].strip() if bracket else None)
    return kind or (fold(str(meta.get("content", ""))) if meta else None) or None, _after(size, "size:")


def _section(link: Tag) -> str:
    """Nearest mark above the link: a data-uipath or an id."""
    found = (fold(str(tag.get("data-uipath") or tag.get("id") or "")) for tag in _above(link))
    return next((mark for mark in found if mark), "")


def _above(link: Tag) -> Iterator[Tag]:
    return islice(link.parents, 40)


def _classes(tag: Tag) -> list[str]:
    return list(tag.get_attribute_list("class"))


# ---------------------------------------------------------------- pages above and below


def part_of(kind: PageKind, main: Tag, address: str) -> tuple[str | None, str | None]:
    """Title and address of the page above: the series, or for chapters and data sets the publication."""
    if kind == "chapter":
        link = main.select_one(marks.OVERVIEW)
        above = page_address(str(link["href"]), address) if link else address.rpartition("/")[0]
        return first_text(main, marks.TITLE[:2]), above
    for selector in marks.PART_OF:
        if link := main.select_one(selector):
            return words(link) or None, page_address(str(link.get("href", "")), address)
    return None, None


def further_pages(main: Tag, address: str, series: Series) -> tuple[FurtherPage, ...]:
    """Chapters and data sets that a publication links to, each once; never the page itself or one above it."""
    here = page_address(address, address) or address
    found: dict[str, FurtherPage] = {}
    kinds: tuple[tuple[Literal["chapter", "data_set"], str], ...] = (
        ("data_set", marks.DATA_SETS),
        ("chapter", marks.CHAPTERS),
    )
    for kind, selector in kinds:
        for link in main.select(selector):
            target = page_address(str(link["href"]), address)
            if target is None or host_of(target) not in series.page_hosts or f"{here}/".startswith(f"{target}/"):
                continue
            found.setdefault(target, FurtherPage(target, visible(str(link["href"])), words(link), kind))
    return tuple(found.values())
