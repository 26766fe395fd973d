"""Owns telling kinds of page apart: publication from stub, series from a folder's soft listing, page from challenge.

Never reads what a page says beyond that, and never settles on a kind by its address.
"""

from __future__ import annotations

from scraper import landmarks as marks
from scraper.markup import BeautifulSoup, Tag, first_text, words
from scraper.model import PageKind


def main_parts(soup: BeautifulSoup) -> list[Tag]:
    """The page's main part: one, or else the page is none that we know. Takes the furniture out of pages of 2018."""
    for selector in marks.MAIN:
        if found := soup.select(selector):
            return list(found)
    if soup.body and soup.select_one(marks.ERA_2018):
        for furniture in soup.body.select(marks.FURNITURE):
            furniture.extract()
        return [soup.body]
    return []


def kind_in(soup: BeautifulSoup) -> PageKind:
    """The kind of page, by the article's class and the publisher's hooks, else by its words; `unknown` is an answer."""
    mains = main_parts(soup)
    if len(mains) == 1:
        for kind, selector in marks.KINDS:
            if mains[0].select_one(selector):
                return "stub" if kind == "publication" and _is_stub(soup, mains[0]) else kind
    return _kind_by_words(soup, bool(mains))


def _is_stub(soup: BeautifulSoup, main: Tag) -> bool:
    """Announced, not yet out. The words are looked for in the whole page: the stub's unbalanced divs can end `main`."""
    return not main.select_one(marks.NEW_BODY) and marks.STUB_WORDS in words(soup).casefold()


def _kind_by_words(soup: BeautifulSoup, has_main: bool) -> PageKind:
    title = (first_text(soup, ("title",)) or "").casefold()
    if title.startswith(marks.CHALLENGE_TITLES):
        return "challenge"
    # A healthy page behind the same shield may carry the script too, but has a main part.
    scripts = "" if has_main else "".join(map(str, soup.select("script")))
    if any(mark in scripts for mark in marks.CHALLENGE_MARKS):
        return "challenge"
    text = words(soup).casefold()
    if marks.SOFT_LISTING_WORDS in text:
        return "soft_listing"
    return "not_found" if any(w in text or w in title for w in marks.NOT_FOUND_WORDS) else "unknown"
