"""Lays two wordings of one text beside each other, word by word: what stayed, what was added, what was deleted.

Pure: it never says why, and blanks and markup are no words to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

Op = Literal["same", "added", "deleted"]

BREAK = "\n"
"""Stands behind each block of a text."""
_WORD = re.compile(r" ?(?:\w+(?:[.,:'\u2019&/@\u2010-\u2013-]\w+)*|\S)")
MOST_PAIRS = 25_000_000
"""Pairs of words laid beside each other in one stretch: 5,000 words against 5,000. A longer one is shown as replaced whole."""
_SHORT = 12
_ALIKE = 0.3
"""A stretch of more than a dozen words that shares fewer of them than this was written anew: odd words in common mean nothing."""


class Part(NamedTuple):
    """A run of words; blanks before a word belong to it, and BREAK stands behind each block."""

    op: Op
    text: str


def word_difference(old: Sequence[str], new: Sequence[str]) -> list[Part]:
    """How `old` became `new`; both are the blocks of a text, blanks folded.

    What is not deleted, put together, is `new`; what is not added has the words of `old`. A deletion stands before the addition
    that takes its place.
    """
    found: list[Part] = []
    blocks = SequenceMatcher(None, old, new, autojunk=False)
    for op, a, b, c, d in blocks.get_opcodes():
        before, after = _words(old[a:b]), _words(new[c:d])
        found += [Part("same", "".join(after))] if op == "equal" else _stretch(before, after)
    return list(_joined(found))


def paragraphs(parts: Iterable[Part]) -> list[list[Part]]:
    """The same, parted into the blocks in which a reader sees it, breaks left out."""
    found: list[list[Part]] = [[]]
    for part in parts:
        for n, text in enumerate(part.text.split(BREAK)):
            if n:
                found.append([])
            if text:
                found[-1].append(Part(part.op, text))
    return [paragraph for paragraph in found if paragraph]


def is_changed(parts: Iterable[Part]) -> bool:
    """Whether anything was added or deleted."""
    return any(part.op != "same" for part in parts)


def in_plain_text(parts: Iterable[Part]) -> str:
    """`The [-old-] {+new+} words`, a line for each block: the form that `wdiff` prints."""
    lines = ("".join(map(_in_marks, paragraph)) for paragraph in paragraphs(parts))
    return "".join(f"{line.strip()}\n" for line in lines)


def _in_marks(part: Part) -> str:
    marks = {"same": "{}", "deleted": "[-{}-]", "added": "{{+{}+}}"}
    blank = " " if part.text.startswith(" ") else ""
    return blank + marks[part.op].format(part.text[len(blank) :])


def _words(blocks: Iterable[str]) -> list[str]:
    return [word for block in blocks for word in (*_WORD.findall(block), BREAK)]


def _stretch(old: list[str], new: list[str]) -> list[Part]:
    """Words between two blocks that stayed."""
    if len(old) * len(new) <= MOST_PAIRS:
        words = SequenceMatcher(
            None, [one.lstrip(" ") for one in old], [one.lstrip(" ") for one in new], autojunk=False
        )
        if max(len(old), len(new)) <= _SHORT or _is_alike(words, old, new):
            return [part for opcode in words.get_opcodes() for part in _parts(opcode, old, new)]
    return [Part("deleted", "".join(old)), Part("added", "".join(new))]


def _is_alike(words: SequenceMatcher[str], old: list[str], new: list[str]) -> bool:
    shared = sum(size for _, _, size in words.get_matching_blocks())
    return shared >= _ALIKE * min(len(old), len(new))


def _parts(opcode: tuple[str, int, int, int, int], old: list[str], new: list[str]) -> list[Part]:
    op, a, b, c, d = opcode
    if op == "equal":
        return [Part("same", "".join(new[c:d]))]
    return [Part("deleted", "".join(old[a:b])), Part("added", "".join(new[c:d]))]


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """Parts without empty ones, neighbours of one kind put together."""
    last: Part | None = None
    for part in parts:
        if not part.text:
            continue
        if last and last.op == part.op:
            last = Part(part.op, last.text + part.text)
            continue
        if last:
            yield last
        last = part
    if last:
        yield last
