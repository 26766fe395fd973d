"""Names, postcodes and areas of places as published: kept once each, and which one a place bore in which month.

Labels are not figures: a new name or area is never a restatement, and nothing is joined on a name.
"""

from __future__ import annotations

from sqlite_utils import Database

from scraper.model import LABELS, Block, Family, Key

GEOGRAPHY = (
    "ccg_ons_code", "ccg_name", "sub_icb_code", "sub_icb_ons_code", "sub_icb_name", "icb_code", "icb_ons_code", "icb_name",
    "region_code", "region_ons_code", "region_name", "local_authority_code", "local_authority_name",
)  # fmt: skip


class LabelBook:
    """Numbers of the labels of one family; unseen labels are written down as they come.

    With `few`, labels are looked up one by one; without, all are read at once, which pays from some thousand labels on.
    """

    def __init__(self, db: Database, family: Family, *, few: bool = False) -> None:
        self._db = db
        names = LABELS[family]
        self._name = 0
        self._postcode = names.index("postcode") if "postcode" in names else None
        self._geography = [names.index(column) if column in names else None for column in GEOGRAPHY]
        self._ids: dict[tuple[str, ...], int] = {}
        self._geographies: dict[tuple[str, ...], int] = {
            row[1:]: row[0] for row in db.execute(f"SELECT geography_id, {', '.join(GEOGRAPHY)} FROM geographies")
        }
        rows = () if few else db.execute("SELECT label_id, name, postcode, geography_id FROM labels")
        self._labels: dict[tuple[str, str, int], int] = {row[1:]: row[0] for row in rows}

    def label_id(self, label: tuple[str, ...]) -> int:
        """The number of a label, given in the order of LABELS[family]."""
        found = self._ids.get(label)
        if found is None:
            found = self._ids[label] = self._write(label)
        return found

    def parts(self, label: tuple[str, ...]) -> tuple[str, str, int]:
        """How a label is written down: its name, its postcode, and the number of its geography."""
        geography = tuple("" if at is None else label[at] for at in self._geography)
        postcode = "" if self._postcode is None else label[self._postcode]
        return label[self._name], postcode, self._geography_id(geography)

    def _write(self, label: tuple[str, ...]) -> int:
        row = self.parts(label)
        if row not in self._labels:
            self._labels[row] = self._found(row) or self._added(row)
        return self._labels[row]

    def _found(self, row: tuple[str, str, int]) -> int | None:
        sql = "SELECT label_id FROM labels WHERE name = ? AND postcode = ? AND geography_id = ?"
        found = self._db.execute(sql, row).fetchone()
        return int(found[0]) if found else None

    def _added(self, row: tuple[str, str, int]) -> int:
        cursor = self._db.execute("INSERT INTO labels (name, postcode, geography_id) VALUES (?, ?, ?)", row)
        return int(cursor.lastrowid or 0)

    def _geography_id(self, geography: tuple[str, ...]) -> int:
        if geography not in self._geographies:
            cursor = self._db.execute(
                f"INSERT INTO geographies ({', '.join(GEOGRAPHY)}) VALUES ({', '.join('?' * len(GEOGRAPHY))})",
                geography,
            )
            self._geographies[geography] = int(cursor.lastrowid or 0)
        return self._geographies[geography]


class AreaLabelBook:
    """Numbers of the names of areas."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._labels: dict[tuple[str, str], int] = {
            row[1:]: row[0] for row in db.execute("SELECT label_id, name, ons_code FROM area_labels")
        }

    def label_id(self, name: str, ons_code: str) -> int:
        """The number of an area's name and ONS code as published together."""
        row = (name, ons_code)
        if row not in self._labels:
            cursor = self._db.execute("INSERT INTO area_labels (name, ons_code) VALUES (?, ?)", row)
            self._labels[row] = int(cursor.lastrowid or 0)
        return self._labels[row]


class StatedAreaBook:
    """Numbers of the names of areas that a file states itself: its labels are (name, ONS code)."""

    def __init__(self, db: Database) -> None:
        self._areas = AreaLabelBook(db)

    def label_id(self, label: tuple[str, ...]) -> int:
        """The number of a label."""
        name, ons_code = label
        return self._areas.label_id(name, ons_code)


def label_book(db: Database, family: Family) -> LabelBook | StatedAreaBook:
    """The book in which a family's labels are numbered."""
    return StatedAreaBook(db) if LABELS[family] == ("name", "ons_code") else LabelBook(db, family)


def base_and_exceptions(
    blocks: tuple[Block, ...], book: LabelBook | StatedAreaBook
) -> tuple[dict[Key, int], dict[str, dict[Key, int]]]:
    """The label of each place in the newest month of a file that has it, and by month the labels that differ from that."""
    newest_first = sorted(blocks, key=lambda block: block.month, reverse=True)
    base: dict[Key, int] = {}
    exceptions: dict[str, dict[Key, int]] = {}
    for block in newest_first:
        of_month = exceptions[block.month] = {}
        for key, label in block.labels.items():
            label_id = book.label_id(label)
            if base.setdefault(key, label_id) != label_id:
                of_month[key] = label_id
    return base, exceptions
