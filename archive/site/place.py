"""A place that has a page: its kind in words, whose opt-outs are counted there, and its address.

Asks no database and holds no figure.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlencode

from archive.site.statements import SOURCES

KIND_WORDS = {
    "england": "country", "region": "NHS region", "icb": "integrated care board (ICB)",
    "sub_icb": "sub-ICB location", "ccg": "clinical commissioning group (CCG, until June 2022)",
    "local_authority": "local authority", "practice": "GP practice",
}  # fmt: skip
KINDS_WORDS = {
    "region": "NHS regions", "icb": "Integrated care boards (ICBs)", "sub_icb": "Sub-ICB locations",
    "ccg": "Clinical commissioning groups (CCGs, until June 2022)", "local_authority": "Local authorities",
}  # fmt: skip
"""Kinds of area that have a ranked table. Practices have none: a few people move a small one to either end."""
COUNTS = (
    "Counts living people with an NHS number who told the NHS not to use their confidential data beyond their own care. "
    "It does not include GP-record (type 1) opt-outs, last published for March 2018."
)
WHOM = {
    "england": "people in England",
    "local_authority": "people living in {name}",
    "practice": "people registered with {name}",
}
REGISTERED = "people registered with a GP practice in {name}"
UNALLOCATED = "Unallocated"


class Place(NamedTuple):
    """A place that has a page."""

    kind: str
    code: str
    name: str
    ons_code: str
    other_names: str
    postcode: str

    @property
    def whom(self) -> str:
        """Whose opt-outs are counted: those who live there or those who are registered there."""
        if self.code == UNALLOCATED:
            return f"people whose {KIND_WORDS[self.kind]} is not known to the publisher (“Unallocated”)"
        return WHOM.get(self.kind, REGISTERED).format(name=self.name)

    @property
    def path(self) -> str:
        """The page's address."""
        return path_of(self.kind, self.code)

    @property
    def feed(self) -> str:
        """Address of its feeds, without their ending."""
        return f"/feeds/area/{self.kind}/{quote(self.code, safe='')}"

    def history(self, month: str) -> str:
        """Address of the history of one of its cells."""
        return history_of(self.kind, self.code, month)


ENGLAND = Place("england", "england", "England", "E92000001", "", "")


def path_of(kind: str, code: str) -> str:
    """Address of a place's page."""
    if kind == "england":
        return "/area/england"
    return f"/practice/{quote(code, safe='')}" if kind == "practice" else f"/area/{kind}/{quote(code, safe='')}"


def history_of(kind: str, code: str, month: str) -> str:
    """Address of the history of a place's cell."""
    family = SOURCES[kind].family
    key = {"england": "all, all", "practice": code}.get(kind, f"{kind} {code}")
    return f"/history?{urlencode({'key': key, 'month': month[:7], 'family': family})}"
