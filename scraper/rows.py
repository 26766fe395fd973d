"""One row of a data file in, its month, key, values and labels out, gathered into blocks.

Never sees bytes, and never decides whether the file as a whole can be believed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TextIO

from scraper.cells import UNREADABLE, Cell, cells_of, day_of
from scraper.errors import FileChanged
from scraper.keys import kinded_key
from scraper.layout import RepairRule, Schema, fit_of, folded, quoted, shown
from scraper.model import DAILY, Block, Finding, Key, Missing, Repair, Value
from scraper.records import rows_of

_TOLD = 20
"""Unreadable cells that get a finding of their own; the rest are told in one."""


_UNREAD = "The bytes are kept; nothing of the file is read."
_HEADING = "Another spelling of the same heading."
_BLANK = "Rows without a character in them are left out."


@dataclass(frozen=True, slots=True)
class Plan:
    """A schema laid on one file's header: where each thing stands."""

    schema: Schema
    file_name: str
    header: tuple[str, ...]
    month_at: int
    keys_at: tuple[int, ...]
    measures_at: tuple[int, ...]
    label_of: Callable[[list[str]], tuple[str, ...]]
    """Takes the family's labels out of a row with "" put at its end, which stands for labels without a column."""
    extra: tuple[int, ...]
    marked_codes: frozenset[str]
    """Codes whose rows have markers of their own."""
    names_at: frozenset[int]
    """Where labels stand: the only cells that may hold letters beyond ASCII in a file that is not in UTF-8."""
    sheet: str
    """The sheet of a workbook, in the words that go before a row's number in a message; "" for a CSV file."""
    is_short: bool
    """True where a row is its month, its code and labels, then its measures: what the short way of reading needs."""

    def respelled(self) -> list[tuple[str, str]]:
        """(as printed, as the schema has it) of the headings that are spelled otherwise than in the schema."""
        spelling = {name: column.header for column in self.schema.columns for name in column.folded}
        known = ((name, spelling.get(folded(name), name)) for name in self.header)
        return [(printed, usual) for printed, usual in known if printed != usual]


def plan_of(schema: Schema, file_name: str, header: tuple[str, ...], sheet: str = "") -> Plan:
    """The schema laid on this header. Raises FileChanged where the header is not of the schema's layout."""
    fit = fit_of(schema, header)
    if fit is None:
        expected = f"that of {schema.name}: {shown([c.header for c in schema.columns])}"
        raise FileChanged("file.header", file_name, "row 1", f"the header {shown(header)}", expected)
    keys_at = tuple(fit.at[part] for part in schema.key_columns)
    measures_at = tuple(fit.at[name] for name in schema.measures)
    last = tuple(range(len(header) - len(measures_at), len(header)))
    is_plain = len(schema.keys) == 1 and not schema.worded and not schema.sheet
    is_short = is_plain and fit.at["month"] == 0 and measures_at == last
    labels_at = [fit.at.get(label, len(header)) for label in schema.labels]
    marked = frozenset(code for m in schema.markers for part in schema.keys[:1] for code in m.where.get(part, ()))
    return Plan(
        schema, file_name, header, fit.at["month"], keys_at, measures_at, _taking(labels_at), fit.extra, marked,
        frozenset(labels_at), f"sheet {sheet}, " if sheet else "", is_short,
    )  # fmt: skip


def _taking(positions: Sequence[int]) -> Callable[[list[str]], tuple[str, ...]]:
    """Takes the cells at these positions out of a row."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda row: tuple(row[at] for at in positions)


Place = tuple[Key, tuple[str, ...]]
"""A key and its label."""


class Tally:
    """What has been read of one file so far. Rows are counted as a spreadsheet counts them: the header is row 1."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.blocks: dict[str, Block] = {}
        self.months: dict[str, Block] = {}
        """Printed month -> its block."""
        self.places: dict[str, Place] = {}
        """Code -> its key and its label as last seen: one object for all months of the file."""
        self.missing: list[Missing] = []
        self.repaired: Counter[RepairRule] = Counter()
        self.unreadable: list[Finding] = []
        """Findings for the first unreadable cells."""
        self.unreadable_rows = self.unreadable_cells = self.blank_rows = 0
        self.blank_row = ""
        """The first blank row as it stands."""
        self._form: tuple[str, str, int] | None = None
        self._words: dict[str, str] = {}
        self._code = re.compile(plan.schema.code_pattern)

    def read_row(self, number: int, row: list[str]) -> None:
        """Read one row in full. Raises FileChanged where it is ragged, or its month or key is not understood."""
        if not "".join(row).strip():
            self.blank_row = self.blank_row or ",".join(row)
            self.blank_rows += 1
            return
        if len(row) != len(self.plan.header):
            place, expected = f"{self.plan.sheet}row {number}", f"{len(self.plan.header)}, as in row 1"
            raise FileChanged("file.width", self.plan.file_name, place, f"{len(row)} cells", expected, _UNREAD)
        block = self.block_of(number, row[self.plan.month_at])
        key = self.key_of(number, row)
        self._read_measures(number, row, block, key)
        if self.plan.schema.labels:
            self._read_names(row, block, key)

    def read_plain(self, number: int, row: list[str], block: Block, value: Value) -> None:
        """Read a row of whole width and of known month whose measures are known to be plain counts, as `value` has them."""
        key, label = self.place_of(number, row)
        block.values[key], block.labels[key] = value, label

    def place_of(self, number: int, row: list[str]) -> Place:
        """Key and label of a row whose key is one code. Raises FileChanged where that is not one the schema knows."""
        code = row[at := self.plan.keys_at[0]]
        known = self.places.get(code)
        label = self.plan.label_of([*row, ""])
        if known is not None and known[1] == label:
            return known
        key = (self._code_of(number, code, at),) if known is None else known[0]
        found = self.places[code] = (key, tuple(map(self._words.setdefault, label, label)))
        return found

    def block_of(self, number: int, text: str) -> Block:
        """The block of the month that `text` states. Raises FileChanged where it is no 1st, or in another form."""
        block = self.months.get(text)
        if block is None:
            month = self._month_of(number, text)
            block = self.months[text] = self.blocks.setdefault(month, Block(month, {}, {}, {}))
        return block

    def _month_of(self, number: int, text: str) -> str:
        days = ((form, day_of(text, form)) for form in self.plan.schema.dates)
        form, day = next(((form, day) for form, day in days if day), ("", None))
        if day is None or (day.day != 1 and self.plan.schema.family not in DAILY):
            what = "a day" if self.plan.schema.family in DAILY else "the first day of a month"
            expected = f"{what} as {' or '.join(self.plan.schema.dates)}"
            raise self._changed("file.date", number, self.plan.month_at, quoted(text), expected)
        first = self._form = self._form or (form, text, number)
        if form != first[0]:
            expected = f"a date as {first[0]}, as row {first[2]} has it ({first[1]}): one form in a file"
            raise self._changed("file.date", number, self.plan.month_at, quoted(text), expected)
        return day.isoformat()

    def key_of(self, number: int, row: list[str]) -> Key:
        """The row's key. Raises FileChanged where a word or a code of it is not one the schema knows."""
        schema, at = self.plan.schema, self.plan.keys_at
        if not schema.keys:
            return ()
        if schema.kinds:
            return self._kinded_key(number, row)
        if not schema.worded:
            known = self.places.get(row[at[0]])
            return known[0] if known else (self._code_of(number, row[at[0]], at[0]),)
        words = tuple(self._word_of(number, part, row[i], i) for part, i in zip(schema.keys, at, strict=True))
        age_band, sex = words
        if sex != "deceased":
            return words
        if age_band != "deceased":
            found = f"{quoted(row[at[1]])} beside {quoted(row[at[0]])}"
            raise self._changed("file.key", number, at[1], found, "a sex, or deceased in both columns")
        return (age_band, "all")

    def _kinded_key(self, number: int, row: list[str]) -> Key:
        """The key of a row whose kind its cells tell together. Raises FileChanged where no rule of the schema holds."""
        cells = dict(zip((*self.plan.schema.key_columns, *self.plan.schema.labels), self._told(row), strict=True))
        key = kinded_key(self.plan.schema, cells)
        if key is None:
            found = f"a row of no known kind: {shown(tuple(cells.values()))}"
            raise self._changed("file.key", number, self.plan.keys_at[-1], found, "one that a [[kind]] rule is for")
        return key

    def _told(self, row: list[str]) -> tuple[str, ...]:
        return (*[row[i] for i in self.plan.keys_at], *self.plan.label_of([*row, ""]))

    def _code_of(self, number: int, text: str, at: int) -> str:
        if not self._code.fullmatch(text):
            expected = f"a code like {self.plan.schema.code_pattern}"
            raise self._changed("file.key", number, at, quoted(text), expected)
        return text

    def _word_of(self, number: int, part: str, text: str, at: int) -> str:
        """The word for a key's text, repaired first where it is known damage."""
        repair = next((r for r in self.plan.schema.repairs if (r.column, r.raw) == (part, text)), None)
        if repair:
            self.repaired[repair] += 1
        words = self.plan.schema.spellings[part]
        word = words.get(repair.repaired if repair else text)
        if word is None:
            expected = f"one of {shown(list(words))}"
            raise self._changed("file.key", number, at, quoted(text), expected)
        return word

    def _read_measures(self, number: int, row: list[str], block: Block, key: Key) -> None:
        schema, texts = self.plan.schema, [row[i] for i in self.plan.measures_at]
        cells = cells_of(texts, dict(zip(schema.keys, key, strict=True)), schema)
        block.values[key] = tuple([cell.value for cell in cells])
        if schema.worded or texts != [str(cell.value) for cell in cells]:
            block.printed[key] = (*[row[i] for i in self.plan.keys_at], *texts)
            self._note_missing(number, block.month, key, cells, texts)

    def _note_missing(self, number: int, month: str, key: Key, cells: Sequence[Cell], texts: Sequence[str]) -> None:
        for measure, cell, text in zip(self.plan.schema.measures, cells, texts, strict=True):
            if cell.reason:
                self.missing.append(Missing(month, key, measure, cell.reason, text))
        if UNREADABLE in cells:
            self._note_unreadable(number, texts, cells)

    def _note_unreadable(self, number: int, texts: Sequence[str], cells: Sequence[Cell]) -> None:
        self.unreadable_rows += 1
        for measure, text, cell in zip(self.plan.schema.measures, texts, cells, strict=True):
            if cell.reason == "unreadable":
                self.unreadable_cells += 1
                if self.unreadable_cells <= _TOLD:
                    self.unreadable.append(self._unreadable(number, measure, text))

    def _unreadable(self, number: int, measure: str, text: str) -> Finding:
        schema = self.plan.schema
        column = next(column.header for column in schema.columns if column.holds == measure)
        expected = "a rate in percent, 0 or more" if measure == "rate" else "a whole number of people, 0 or more"
        if text == "0":
            expected = "a whole number above 0: no marker of the schema says what 0 means here"
        place = f"{self.plan.sheet}row {number}, column {column}"
        return Finding("file.cell", "error", self.plan.file_name, place, quoted(text), expected)

    def _read_names(self, row: list[str], block: Block, key: Key) -> None:
        label = self.plan.label_of([*row, ""])
        place = "\n".join(key)
        old = self.places.get(place)
        if old is None or old[1] != label:
            old = self.places[place] = (key, tuple(map(self._words.setdefault, label, label)))
        block.labels[key] = old[1]

    def repairs(self) -> tuple[Repair, ...]:
        """Every kind of repair that was made, with how often: damaged words, headings spelled otherwise, blank rows."""
        found = [Repair(r.column, r.raw, r.repaired, r.reason, times) for r, times in self.repaired.items()]
        found += [Repair("header", *names, _HEADING, 1) for names in self.plan.respelled()]
        if self.blank_rows:
            found.append(Repair("row", self.blank_row, "", _BLANK, self.blank_rows))
        return tuple(found)

    def _changed(self, code: str, number: int, at: int, found: str, expected: str) -> FileChanged:
        place = f"{self.plan.sheet}row {number}, column {self.plan.header[at]}"
        return FileChanged(code, self.plan.file_name, place, found, expected, _UNREAD)


def read_full(lines: TextIO, tally: Tally) -> int:
    """Read every row into the tally, each in full; returns the number of the last one."""
    number = 1
    for number, row in rows_of(lines, tally.plan.file_name, 2):
        tally.read_row(number, row)
    return number
