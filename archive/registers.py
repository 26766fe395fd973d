"""Owns the registers: what is known about the figures beside the figures, from archive/registers/*.csv into the reading copy.

Never guesses and never writes a figure: a cell that breaks its column's rule stops the load, named by file, line and column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NamedTuple, NoReturn

from sqlite_utils import Database

from archive.errors import ArchiveError

Value = str | int | float | None
Rule = Callable[[str], Value]
"""Turns the text of a cell that is not empty into its value. Raises ValueError, saying what was expected."""


class Column(NamedTuple):
    """What the cells of one column must be."""

    rule: Rule
    required: bool = True


class Register(NamedTuple):
    """One file of the folder and the table of the same name; its first column is its key."""

    name: str
    columns: Mapping[str, Column]


# ---------------------------------------------------------------- rules for cells


def text(cell: str) -> Value:
    """Words as they stand, without space around them."""
    if cell != cell.strip():
        raise ValueError("no space before or after the words")
    return cell


def slug(cell: str) -> Value:
    """A short name to link to: lower case, digits and hyphens."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cell):
        raise ValueError("a short name of lower-case letters, digits and hyphens")
    return cell


def day(cell: str) -> Value:
    """A day, YYYY-MM-DD."""
    with suppress(ValueError):
        if date.fromisoformat(cell).isoformat() == cell:
            return cell
    raise ValueError("a day that exists, written YYYY-MM-DD")


def day_or_part(cell: str) -> Value:
    """A day, or a month or a year where no more is known: YYYY-MM-DD, YYYY-MM or YYYY."""
    whole = cell + "-01-01"[len(cell) - 4 :] if len(cell) in {4, 7} else cell
    try:
        day(whole)
    except ValueError:
        raise ValueError("a day, month or year that exists, written YYYY-MM-DD, YYYY-MM or YYYY") from None
    return cell


def number(cell: str) -> Value:
    """A number without separators; whole ones stay whole."""
    if re.fullmatch(r"\d+", cell):
        return int(cell)
    if re.fullmatch(r"\d+(\.\d+)?(e-?\d+)?", cell):
        return float(cell)
    raise ValueError("a number without separators, such as 3264327 or 5.41")


def address(cell: str) -> Value:
    """An address on the web."""
    if not re.fullmatch(r"https?://[^\s/]+/\S*", cell):
        raise ValueError("an address that begins with http:// or https://")
    return cell


def one_of(*words: str) -> Rule:
    """One of a few words."""

    def rule(cell: str) -> Value:
        if cell not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return cell

    return rule


def some_of(*words: str) -> Rule:
    """One or more of a few words, each once, separated by a comma and a space."""

    def rule(cell: str) -> Value:
        parts = cell.split(", ")
        if len(set(parts)) < len(parts) or not set(parts) <= set(words):
            raise ValueError(f"some of {', '.join(words)}, each once, separated by a comma and a space")
        return cell

    return rule


def flag(cell: str) -> Value:
    """0 or 1."""
    if cell not in {"0", "1"}:
        raise ValueError("0 or 1")
    return int(cell)


# ---------------------------------------------------------------- the registers

_KINDS = ("england", "region", "icb", "sub_icb", "ccg", "local_authority")
_FAMILIES = ("age_sex", "practices", "lsoas", "areas", "weekly", "care_information_choices")
_SOURCE = {
    "source": Column(text),
    "source_address": Column(address, required=False),
    "stated_on": Column(day_or_part, required=False),
    "seen_on": Column(day_or_part),
    "known_from": Column(one_of("publisher", "measured", "reported", "inferred", "ours")),
}
"""The columns that every register ends with: where it stands, when it was stated and seen, on what footing."""

_WORDS = Column(text)
_MAYBE = Column(text, required=False)


def _register(name: str, columns: Mapping[str, Column]) -> Register:
    return Register(name, {**columns, **_SOURCE})


REGISTERS = (
    _register("breaks", {
        "break_id": Column(slug), "title": _WORDS, "from_on": Column(day), "to_on": Column(day, required=False),
        "dated_by": Column(one_of("month", "release")), "families": Column(some_of(*_FAMILIES)),
        "area_kinds": Column(some_of(*_KINDS), required=False),
        "measures": Column(some_of("opt_outs", "list_size", "rate")),
        "severity": Column(one_of("break", "care", "note")), "what_changed": _WORDS, "how_sure": _WORDS,
    }),
    _register("caveats", {
        "caveat_id": Column(slug), "topic": _WORDS, "dispute": Column(slug, required=False),
        "is_quotation": Column(flag), "words": _WORDS, "in_plain_words": _WORDS,
    }),
    _register("published_figures", {
        "figure_id": Column(slug), "figure": Column(number), "as_printed": _WORDS, "number": Column(number),
        "step": Column(number), "relation": Column(one_of("equal", "about", "more_than", "fewer_than")), "unit": _WORDS,
        "what": _WORDS, "measure": _WORDS,
        "family": Column(one_of("age_sex", "deceased", "areas", "practices", "weekly"), required=False),
        "area_kind": Column(one_of(*_KINDS), required=False), "area_code": _MAYBE, "area_name": _MAYBE,
        "age_band": _MAYBE, "sex": Column(one_of("all", "female", "male", "unknown"), required=False),
        "from_on": Column(day_or_part, required=False), "to_on": Column(day_or_part, required=False),
        "recomputed": Column(one_of("yes", "no_file", "no")), "expected": Column(number, required=False),
        "note": _MAYBE,
    }),
    _register("not_published", {
        "gap_id": Column(slug), "what": _WORDS, "last_figure": Column(number, required=False),
        "last_figure_on": Column(day_or_part, required=False), "unit": _WORDS, "what_is_known": _WORDS,
        "what_there_is_instead": _WORDS,
    }),
    _register("glossary", {"term": _WORDS, "meaning": _WORDS, "not_the_same_as": _MAYBE}),
    _register("area_changes", {
        "change_id": Column(slug), "effective_on": Column(day_or_part), "area_kind": Column(one_of(*_KINDS, "lsoa")),
        "change": Column(one_of("name", "ons_code", "boundary", "merger", "split")),
        "old_kind": Column(one_of(*_KINDS), required=False), "old_code": _MAYBE, "old_ons_code": _MAYBE, "old_name": _MAYBE,
        "new_code": _MAYBE, "new_ons_code": _MAYBE, "new_name": _MAYBE, "what_changed": _WORDS,
        "how_sure": _WORDS,
    }),
    _register("known_problems", {
        "problem_id": Column(slug), "kind": Column(one_of("file", "figure", "label", "page", "note", "elsewhere")),
        "title": _WORDS, "evidence": _WORDS, "seen_in": _WORDS, "what_this_archive_does": _WORDS,
    }),
)  # fmt: skip


# ---------------------------------------------------------------- reading and loading


def read_register(register: Register, body: bytes) -> list[dict[str, Value]]:
    """The rows of one file, checked. Raises ArchiveError naming file, line and column."""
    file = f"archive/registers/{register.name}.csv"
    try:
        lines = io.StringIO(body.decode("utf-8"), newline="")
    except UnicodeDecodeError as error:
        raise ArchiveError(f"{file}, byte {error.start}: found no UTF-8; expected UTF-8; save it as such") from error
    reader = csv.reader(lines, strict=True)
    keys: dict[Value, int] = {}
    rows = []
    for line, cells in _records(reader, file, tuple(register.columns)):
        row = {name: _value(file, line, name, register.columns[name], cell) for name, cell in cells.items()}
        _refuse_backwards(file, line, row)
        key = next(iter(row.values()))
        if key in keys:
            _refuse(file, line, next(iter(row)), str(key), f"a name of its own; line {keys[key]} has this one")
        keys[key] = line
        rows.append(row)
    return rows


def load_registers(copy: Database, directory: Traversable | None = None) -> None:
    """Replace the rows of every register's table with those of its file; None means the package's own files.

    The caller holds the transaction. Every file is checked before the first row is replaced. Raises ArchiveError naming file,
    line and column of the first cell that breaks a rule.
    """
    read = _own() if directory is None else _all_in(directory)
    for register in REGISTERS:
        copy.execute(f"DELETE FROM {register.name}")
        names = tuple(register.columns)
        marks = ", ".join("?" * len(names))
        insert = f"INSERT INTO {register.name} ({', '.join(names)}) VALUES ({marks})"
        copy.conn.executemany(insert, [tuple(row.values()) for row in read[register.name]])


def _all_in(folder: Traversable) -> dict[str, list[dict[str, Value]]]:
    return {register.name: read_register(register, _bytes(folder, register.name)) for register in REGISTERS}


@cache
def _own() -> dict[str, list[dict[str, Value]]]:
    """The package's own, read once: they change with the program alone."""
    return _all_in(resources.files("archive") / "registers")


def _bytes(folder: Traversable, name: str) -> bytes:
    try:
        return (folder / f"{name}.csv").read_bytes()
    except FileNotFoundError as error:
        raise ArchiveError(f"archive/registers/{name}.csv: found no such file; expected one; install again") from error


def _records(reader: Iterator[list[str]], file: str, names: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each record after the header with the number of its record line, its cells by column."""
    line = 0
    try:
        for line, cells in enumerate(reader, start=1):
            if line == 1:
                _refuse_header(file, cells, names)
            elif len(cells) != len(names):
                _refuse(file, line, "all", f"{len(cells)} cells", f"{len(names)} cells, as in the header")
            else:
                yield line, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        _refuse(file, line + 1, "all", str(error), "sound CSV; look for a quotation mark that is not closed")
    if line == 0:
        _refuse(file, 1, "all", "nothing", f"the header {','.join(names)}")


def _refuse_header(file: str, cells: Sequence[str], names: Sequence[str]) -> None:
    for at in range(max(len(cells), len(names))):
        found, expected = (row[at] if at < len(row) else "nothing" for row in (cells, names))
        if found != expected:
            _refuse(file, 1, str(at + 1), found, expected)


def _value(file: str, line: int, name: str, column: Column, cell: str) -> Value:
    if not cell:
        if column.required:
            _refuse(file, line, name, "an empty cell", "words: this column is never empty")
        return None
    try:
        return column.rule(cell)
    except ValueError as error:
        _refuse(file, line, name, cell, str(error))


def _refuse_backwards(file: str, line: int, row: Mapping[str, Value]) -> None:
    """A period that ends before it begins is a slip."""
    begins, ends = row.get("from_on"), row.get("to_on")
    if begins is not None and ends is not None and str(ends) < str(begins):
        _refuse(file, line, "to_on", str(ends), f"{begins} or later, since the period begins then")


def _refuse(file: str, line: int, column: str, found: str, expected: str) -> NoReturn:
    raise ArchiveError(f"{file}, line {line}, column {column}: found {found}; expected {expected}; correct the file")
