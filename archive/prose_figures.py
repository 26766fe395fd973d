"""Finds the numbers that a page prints in its text, each with its sentence; dates, times and telephone numbers are none.

Pure text: it never says what a number counts, and never looks it up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from archive.quoted import read_quoted
from scraper.model import TextBlock

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_NO_FIGURES = re.compile(
    rf"\b(?:[0-9]{{1,2}}(?:st|nd|rd|th)?\s)?{_MONTH}\s[0-9]{{4}}\b"
    rf"|\b[0-9]{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}\b"
    r"|\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b|\b[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}\b|\b[0-9]{4}[/-][0-9]{2,4}\b"
    r"|\b[0-9]{1,2}[:.][0-9]{2}\s?[ap]m\b|\b[0-9]{1,2}:[0-9]{2}\b|\b[0-9]{1,2}\s?[ap]m\b"
    r"|\b0[0-9]{2,4}(?:[ -]?[0-9]{2,6}){1,3}\b"
    r"|https?://\S+|[^\s@]{1,64}@\S+",
    re.IGNORECASE,
)
"""Dates, months, clock times, telephone numbers, addresses: digits that count nothing."""
_FIGURE = re.compile(
    r"(?<![\w.,/+-])(?:[0-9]{1,3}(?:,[0-9]{3})+|[1-9][0-9]{0,14}|0)(?:\.[0-9]{1,9})?"
    r"(?:\s?(?:%|per\scent\b|percent\b|million\b|thousand\b|mn?\b|k\b))?(?![\w/-]|[.,][0-9])",
    re.IGNORECASE,
)
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9])")
_PERCENT = ("%", "cent", "percent")
_SILENT = frozenset({"edited", "file"})
"""Kinds of blocks that the site prints by itself."""


class ProseFigure(NamedTuple):
    """One number that a page prints in its text."""

    block: int
    """Block of the page's text that holds it, the first being 0."""
    nth: int
    """Its place among the figures of that block, the first being 0."""
    as_printed: str
    number: float
    """`1.6 million` is 1600000; a percentage is its number of per cent."""
    kind: Literal["count", "percent", "perhaps_a_year"]
    """`perhaps_a_year`: four digits without a comma, from 1900 to 2099."""
    sentence: str


def figures_in(blocks: Iterable[TextBlock]) -> list[ProseFigure]:
    """Every number in a page's words, in reading order."""
    return [
        ProseFigure(number, nth, *found)
        for number, block in enumerate(blocks)
        if block.kind not in _SILENT
        for nth, found in enumerate(_in_block(block.text))
    ]


def _in_block(text: str) -> Iterator[tuple[str, float, Literal["count", "percent", "perhaps_a_year"], str]]:
    for sentence in _SENTENCE_ENDS.split(text):
        counting = _NO_FIGURES.sub(lambda found: "_" * len(found[0]), sentence)
        for found in _FIGURE.finditer(counting):
            printed = found[0]
            yield printed, _whole(read_quoted(printed).value), _kind(printed), sentence


def _whole(value: float) -> float:
    return int(value) if value == int(value) else value


def _kind(printed: str) -> Literal["count", "percent", "perhaps_a_year"]:
    if printed.lower().endswith(_PERCENT):
        return "percent"
    return "perhaps_a_year" if re.fullmatch("(?:19|20)[0-9]{2}", printed) else "count"
