"""Which labels change when a file states some lines otherwise: the newest label of each place, and the months that differ.

It gives the same rows as reading all labels of the file, and never looks at a figure but for whether it is stated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from sqlite_utils import Database

from archive.area_changes import SharedMonth
from archive.figures import NEWEST_MONTH, month_id_of, neighbours, state_block
from archive.labels import GEOGRAPHY, LabelBook
from archive.span_tables import Newest, in_force, state_newest
from archive.spans import Span
from scraper.model import LABELS, Block, Family, Key


@dataclass(frozen=True, slots=True)
class MonthLabels:
    """Labels of one month that both files state, by place."""

    month_id: int
    touched: frozenset[int]
    """Places whose lines differ."""
    stated: Mapping[int, int]
    """Their labels in the new file; a touched place without one is not stated there."""
    exceptions: Mapping[int, Span]
    """Labels that the earlier file states in this month otherwise than in its newest."""


class HeldLabels:
    """Numbers of labels, most of which are those that their places have already: a look at the place is enough for these."""

    def __init__(self, db: Database, family: Family, vintage: int, places: Mapping[Key, int]) -> None:
        self._places = places
        self._book = LabelBook(db, family, few=True)
        self._postcode = LABELS[family].index("postcode") if "postcode" in LABELS[family] else None
        self._geography_of = itemgetter(*(at for at, name in enumerate(LABELS[family]) if name in GEOGRAPHY))
        self._geographies: dict[tuple[str, ...], int] = {}
        rows = db.execute(
            f"SELECT s.place_id, s.label_id, l.name, l.postcode, l.geography_id FROM {family}_label_spans AS s"
            " JOIN labels AS l ON l.label_id = s.label_id WHERE s.month_id = ? AND s.since <= ?"
            " AND (s.until IS NULL OR s.until > ?)",
            (NEWEST_MONTH, vintage, vintage),
        )
        self._held: dict[int, tuple[int, int, str, str, int]] = {row[0]: row for row in rows}
        self.labels = {place: row[1] for place, row in self._held.items()}
        """By place, the number of the label of the newest month that has the place, in force at the vintage."""

    def ids(self, block: Block) -> dict[int, int]:
        """By place, the numbers of the labels of a block."""
        places, held, geographies, geography_of = self._places, self._held, self._geographies, self._geography_of
        found: dict[int, int] = {}
        for key, label in block.labels.items():
            place = places[key]
            row = held.get(place)
            # Written out in the loop: a call for each of 33,000 places of a new month takes longer than the comparison.
            geography = geographies.get(geography_of(label)) or self._geography_id(label)
            postcode = "" if self._postcode is None else label[self._postcode]
            if row is not None and row[2] == label[0] and row[3] == postcode and row[4] == geography:
                found[place] = row[1]
            else:
                found[place] = self._book.label_id(label)
        return found

    def _geography_id(self, label: tuple[str, ...]) -> int:
        geography = self._geographies[self._geography_of(label)] = self._book.parts(label)[2]
        return geography


class LabelChanges:
    """The labels of one file, of which only what differs from the file before is known."""

    def __init__(self, db: Database, family: Family, newest: Newest, places: Mapping[Key, int]) -> None:
        self._db = db
        self._family = family
        self._table = f"{family}_label_spans"
        self._newest = newest
        self._places = places
        self._held = HeldLabels(db, family, newest.earlier, places)
        self._before = self._held.labels

    def state(self, whole: Sequence[Block], shared: Sequence[SharedMonth], *, drops_months: bool) -> None:
        """State the labels of months read whole and of shared ones, both newest first.

        `drops_months` tells whether the earlier file states months that the new one does not.
        """
        read = [(month_id_of(block.month), self._held.ids(block)) for block in whole]
        months = [self._month(month) for month in shared]
        base = self._base([labels for _, labels in read], months, drops_months=drops_months)
        moved = {place for place, _ in base.items() ^ self._before.items()}
        stated = {place: (base[place],) for place in moved if place in base}
        state_newest(self._db, self._table, NEWEST_MONTH, self._newest, moved, stated)
        for month in months:
            self._state_shared(month, base, moved)
        for month_id, labels in read:
            near = neighbours(self._db, self._family, month_id, self._newest.vintage)
            others = {place: (label,) for place, label in labels.items() - base.items()}
            state_block(self._db, self._table, month_id, self._newest.vintage, near, others)

    def _month(self, month: SharedMonth) -> MonthLabels:
        touched = frozenset(self._places[key] for key in month.touched)
        exceptions = in_force(self._db, self._table, month.month_id, self._newest.earlier, None)
        return MonthLabels(month.month_id, touched, self._held.ids(month.stated), exceptions)

    def _base(
        self, read: Iterable[Mapping[int, int]], months: Sequence[MonthLabels], *, drops_months: bool
    ) -> dict[int, int]:
        """By place, the label in the newest month of the new file that has it."""
        base: dict[int, int] = {}
        for labels in read:
            base = {**labels, **base}
        touched = frozenset().union(*(month.touched for month in months))
        if not drops_months:
            # A place that no line touches has its newest label where the earlier file has it.
            untouched = self._before.keys() - base.keys() - touched
            base |= {place: self._before[place] for place in untouched}
        unsettled = (self._before.keys() | touched) - base.keys()
        for month in months:
            base |= self._labels_of(month, unsettled)
            unsettled -= base.keys()
        return base

    def _labels_of(self, month: MonthLabels, places: Collection[int]) -> dict[int, int]:
        """The labels of these places in a shared month of the new file; those that it does not state are left out."""
        found = {place: month.stated[place] for place in places if place in month.stated}
        untouched = [place for place in places if place not in month.touched]
        table = f"{self._family}_spans"
        for place in in_force(self._db, table, month.month_id, self._newest.earlier, untouched) if untouched else ():
            exception = month.exceptions.get(place)
            found[place] = int(exception.value[0] or 0) if exception else self._before[place]
        return found

    def _state_shared(self, month: MonthLabels, base: Mapping[int, int], moved: Collection[int]) -> None:
        considered = month.touched.union(moved)
        labels = self._labels_of(month, considered)
        others = {place: (label,) for place, label in labels.items() if label != base[place]}
        state_newest(self._db, self._table, month.month_id, self._newest, considered, others)
