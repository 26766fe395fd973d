"""`/breaks`, `/glossary`, `/caveats`, `/known-problems`, `/not-published`: what is known about the figures beside the figures.

Shows the registers as they are; each entry has an address of its own, its source and how sure it is.
"""

from __future__ import annotations

from typing import NamedTuple

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.site.page import page
from archive.site.place import KINDS_WORDS
from archive.site.reading import rows
from archive.site.release_pages import FAMILIES
from archive.site.wording import day, number


class Register(NamedTuple):
    """How one register is shown."""

    table: str
    title: str
    intro: str
    key: str
    heading: str
    """Column that names an entry."""
    text: tuple[str, ...]
    """Columns that stand as paragraphs, in order."""
    facts: tuple[tuple[str, str], ...]
    """Columns that stand as name and value: (column, name)."""
    order: str


REGISTERS = {
    "breaks": Register(
        "breaks", "Breaks in the series",
        "Changes of method, coverage or boundary across which figures must not simply be compared. Every series and comparison "
        "here says which of them it crosses.",
        "break_id", "title", ("what_changed",),
        (("from_on", "From"), ("to_on", "To"), ("families", "Touches"), ("area_kinds", "Kinds of area"),
         ("severity", "What to do"), ("how_sure", "How sure")),
        "from_on desc, break_id",
    ),
    "glossary": Register(
        "glossary", "Words explained", "What the words on this site and in the publisher’s files mean.", "term", "term",
        ("meaning",), (("not_the_same_as", "Not the same as"),), "term",
    ),
    "caveats": Register(
        "caveats", "What the publisher says of its figures",
        "Caveats in the publisher’s own words, each with the place and day, and what they come to in plain words.",
        "caveat_id", "topic", ("words", "in_plain_words"), (), "topic, stated_on, caveat_id",
    ),
    "known-problems": Register(
        "known_problems", "Known problems",
        "What is wrong or odd in the publisher’s files and pages, the evidence for it, and what this archive does about it.",
        "problem_id", "title", ("evidence", "what_this_archive_does"), (("kind", "Concerns"), ("seen_in", "Seen in")),
        "kind, problem_id",
    ),
    "not-published": Register(
        "not_published", "What is not published",
        "Numbers that people ask for and that the publisher does not state, with the last known value and what there is instead.",
        "gap_id", "what", ("what_is_known", "what_there_is_instead"),
        (("last_figure", "Last known figure"), ("last_figure_on", "For"), ("unit", "Counts")), "gap_id",
    ),
}  # fmt: skip
"""By the last part of the address."""
WORDS = {
    "families": {**FAMILIES, "areas": "areas", "care_information_choices": "Care Information Choices (the series before 2018)"},
    "area_kinds": {**KINDS_WORDS, "england": "England"},
    "severity": {
        "break": "Do not compare across it.", "care": "Compare with care.", "note": "Worth knowing; no figure is said to change.",
    },
    "kind": {
        "file": "a file", "figure": "a figure", "label": "a name or label", "page": "a page of the publisher’s",
        "note": "a note of the publisher’s", "elsewhere": "what others printed",
    },
}  # fmt: skip
"""What a column's own words mean to a reader, by column."""


def in_words(value: object, column: str) -> str:
    """A fact of an entry as people read it: codes as words, days as days, numbers with their thousands set apart."""
    if column.endswith("_on"):
        return day(str(value))
    if column not in WORDS:
        return number(value)
    return ", ".join(WORDS[column].get(one.strip(), one.strip()) for one in str(value).split(","))


async def register_page(datasette: Datasette, request: Request) -> Response:
    """One register, all of it on one page."""
    register = REGISTERS.get(request.url_vars["register"])
    if register is None:
        raise NotFound(f"There is no register of that name. There are: {', '.join(REGISTERS)}.")
    entries = await rows(datasette, f"select * from {register.table} order by {register.order}")
    return await page(
        datasette, request, "register.html", {"register": register, "entries": entries, "in_words": in_words}
    )
