"""Owns HTML: bytes into a tree, tags into words. The only file that knows Beautiful Soup.

Never knows the publisher: which tags matter is the business of its callers.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from itertools import islice

from bs4 import BeautifulSoup, ParserRejectedMarkup, Tag, XMLParsedAsHTMLWarning

from scraper.errors import PageChanged
from scraper.wording import fold, label_of

__all__ = [
    "ADVICE", "BeautifulSoup", "Tag", "blocks", "first_text", "holder",
    "is_whole", "leave_out", "parse", "single_text", "stated", "words",
]  # fmt: skip

MAX_PAGE_BYTES = 10_000_000
MAX_PAGE_TAGS = 200_000
"""A series page of ten years has some ten thousand tags in half a megabyte; six million tags took minutes."""
MAX_PAGE_LINKS = 5_000
"""A series page of ten years has some hundreds; each link is looked at with what stands round it, so that 99,000 took minutes."""
ADVICE = "The bytes are kept. If the page is right, save it under tests/pages and teach scraper/landmarks.py its marks."

_LINK = re.compile(rb"<[aA][\s/>]")
_END = "end-of-page-as-received"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")  # the parser stops at the first NUL
_MAIN_ENDS = re.compile(r"</main\s{0,9}>", re.IGNORECASE)
_INLINE = frozenset({"a", "abbr", "b", "code", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"})


def parse(body: bytes, address: str) -> BeautifulSoup:
    """The page's tree. Raises PageChanged (`page.size`, `page.markup`) for what cannot be parsed at all.

    A mark is put behind the last byte; `is_whole` looks where it ended up.
    """
    size, tags, links = len(body), body.count(b"<"), len(_LINK.findall(body))
    if size > MAX_PAGE_BYTES or tags > MAX_PAGE_TAGS or links > MAX_PAGE_LINKS:
        most = f"at most {MAX_PAGE_BYTES} bytes, {MAX_PAGE_TAGS} tags and {MAX_PAGE_LINKS} links"
        raise PageChanged("page.size", address, "", f"{size} bytes, {tags} tags and {links} links", most, ADVICE)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:  # saved copies of 2018 went through other hands
        text = body.decode("cp1252", errors="replace")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XML is no page of ours: its kind is unknown
            return BeautifulSoup(f'{_up_to_main(_CONTROL.sub(" ", text))}<i id="{_END}"></i>', "lxml")
    except (ParserRejectedMarkup, RecursionError, AssertionError, ValueError) as error:
        raise PageChanged(
            "page.markup", address, "", f"{type(error).__name__} while parsing", "HTML", ADVICE
        ) from error


def _up_to_main(text: str) -> str:
    """The page without what follows its main part.

    Where the publisher forgot a closing div (stubs do), the parser ignores `</main>` and takes the footer for its content.
    """
    ends = [found.end() for found in _MAIN_ENDS.finditer(text)]
    return f"{text[: ends[-1]]}</body></html>" if ends else text


def is_whole(soup: BeautifulSoup, parts: str) -> bool:
    """Whether the page was read to its last byte and none of `parts` (a selector) was still open there."""
    return soup.find(id=_END) is not None and not soup.select_one(f":is({parts}) #{_END}")


def words(tag: Tag) -> str:
    """The tag's words as a browser shows them: inline tags join, block tags and line breaks part; scripts left out."""
    return fold(" ".join(text for _, text in _runs(tag)))


def blocks(region: Tag) -> list[tuple[Tag, str]]:
    """The region's words in reading order, parted where a browser begins a new block, each with the tag that holds it.

    Put together they are the region's `words`; a block without words is left out.
    """
    found = ((tag, fold(text)) for tag, text in _runs(region))
    return [(tag, text) for tag, text in found if text]


def holder(tag: Tag) -> Tag:
    """The block tag in whose run of words `tag` stands: itself, or the nearest around it that is not inline."""
    return next((one for one in (tag, *islice(tag.parents, 30)) if one.name not in _INLINE), tag)


def leave_out(region: Tag, selector: str) -> None:
    """Take out of the tree what `selector` finds in it, with all that stands inside."""
    for tag in region.select(selector):
        tag.extract()


def _runs(region: Tag) -> list[tuple[Tag, str]]:
    """Strings that follow one another in the same block tag, joined as they stand; a line break counts as a blank."""
    runs: list[tuple[Tag, list[str]]] = []
    for string in region.strings:
        block = holder(string.parent) if string.parent else region
        if not runs or runs[-1][0] is not block:
            runs.append((block, []))
        elif getattr(string.previous_sibling, "name", None) == "br":
            runs[-1][1].append(" ")
        runs[-1][1].append(string)
    return [(block, "".join(strings)) for block, strings in runs]


def first_text(region: Tag, selectors: Iterable[str]) -> str | None:
    """Words of the first tag that the first fitting selector finds; a tag without words counts as not found."""
    texts = (words(tag) for selector in selectors for tag in region.select(selector, limit=1))
    return next((text for text in texts if text), None)


def single_text(region: Tag, selectors: Iterable[str], code: str, address: str) -> str:
    """Words that must stand there once. Raises PageChanged with `code` where there are none, or two different ones."""
    tried = tuple(selectors)
    for selector in tried:
        found = {text for tag in region.select(selector) if (text := words(tag))}
        if len(found) == 1:
            return found.pop()
        if found:
            raise PageChanged(code, address, selector, f"{len(found)} different texts", "one", ADVICE)
    raise PageChanged(code, address, "", "nothing", f"one of {', '.join(tried)}", ADVICE)


def stated(region: Tag, hooks: tuple[str, ...], labels: tuple[str, ...], last_resort: str | None) -> str | None:
    """A field of the page's head: by `data-uipath`, else by its label in a dt, else by the selector of last resort."""
    if text := first_text(region, (f'[data-uipath="{hook}"]' for hook in hooks)):
        return text
    for label in region.select("dt"):
        value = label.find_next_sibling("dd")
        if isinstance(value, Tag) and label_of(words(label)) in labels:
            return words(value) or None
    found = region.select_one(last_resort) if last_resort else None
    return (words(found) or fold(str(found.get("content", ""))) or None) if found else None
