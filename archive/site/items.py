"""An item of news, its kinds, and the few words and addresses that every teller of items shares.

Pure: asks nobody, and decides of no change whether it is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple
from urllib.parse import quote, urlencode

from archive.site.reading import Row
from archive.site.wording import number

Kind = Literal["release", "file", "restated", "boundaries", "reworded", "gone", "blind", "resolved", "ours"]
KINDS: dict[Kind, str] = {
    "release": "New release", "file": "File replaced or reissued", "restated": "Figures restated",
    "boundaries": "Boundaries or rows moved", "reworded": "Page reworded", "gone": "Gone", "blind": "Nobody could look",
    "resolved": "Resolved", "ours": "Our own reader changed",
}  # fmt: skip
MADE_UP = " (made-up figures)"
LATE = 31
"""Days after the publisher's day up to which our own first capture dates a thing; later it was there before we looked."""
ONLY_MOVED = (
    "No figure of the practices or neighbourhoods that areas are summed from is stated otherwise: those were put elsewhere, "
    "added or left out. This is no revision of people."
)


class Link(NamedTuple):
    """Where an item leads."""

    words: str
    path: str


@dataclass(frozen=True, slots=True)
class Item:
    """One true change. `item_id` is made of names, hashes and capture numbers, so it stays when vintages are renumbered."""

    kind: Kind
    item_id: str
    title: str
    at: str
    """The instant (UTC) under which it is filed."""
    when: str
    """Between which bounds it happened, and how we know."""
    links: tuple[Link, ...]
    label: str | None = None
    """`announced`, `page edited the same day` or `no explanation found`, where that was looked for."""
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its place in the order of all items."""
        return f"{self.at}~{self.item_id.removeprefix('urn:uuid:')}"

    @property
    def text(self) -> str:
        """All that is said of it but its title, as plain sentences."""
        return " ".join([self.when, *([f"Label: {self.label}."] if self.label else []), *self.notes])


def newest_first(found: Iterable[Item]) -> list[Item]:
    """Items by their key, each id once."""
    return sorted({one.item_id: one for one in found}.values(), key=lambda one: one.key, reverse=True)


def labelled(title: str, is_made_up: object) -> str:
    """A title with the label that made-up figures must carry wherever they go, once, at its end."""
    return title.replace(MADE_UP, "") + MADE_UP if is_made_up else title


def titled(title: str, row: Row) -> str:
    """The same, where the row says whether its series is made up."""
    return labelled(title, row["made_up"])


def dated(stated_on: str | None, first_captured_at: str | None, origin: str | None) -> str:
    """When a thing the publisher dated came: by our first capture where that followed closely, else by the publisher's day."""
    if stated_on is None:
        return first_captured_at or "1970-01-01T00:00:00.000000Z"
    if first_captured_at and not origin:
        late = (date.fromisoformat(first_captured_at[:10]) - date.fromisoformat(stated_on)).days
        if 0 <= late <= LATE:
            return first_captured_at
    return f"{stated_on}T00:00:00.000000Z"


def signed(value: int) -> str:
    """`−312`, `+27`, with a real minus."""
    return f"−{number(-value)}" if value < 0 else f"+{number(value)}"


def release_path(row: Row) -> str:
    """Address of a release's page."""
    return f"/release/{quote(row['series'])}/{quote(row['publication'])}"


def edition_of(row: Row, side: str) -> str:
    """A release's title, and its edition where that is not the first."""
    edition = f", edition {row[f'{side}_edition']}" if row[f"{side}_edition"] > 1 else ""
    return f"{row[f'{side}_title']}{edition}"


def compare_path(row: Row, family: str) -> str:
    """Address of the comparison of two vintages, by names that never move."""
    old = f"{row['old_series']}/{row['old_publication']}@{row['old_edition']}"
    new = f"{row['series']}/{row['publication']}@{row['new_edition']}"
    return f"/compare?{urlencode({'a': old, 'b': new, 'family': family}, safe='/@')}"
