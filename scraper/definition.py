"""Reads one schema file of ours: TOML in, Schema out, every mistake named with file, key, found and expected.

Never looks at a file of the publisher's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from typing import Literal, cast, get_args

from scraper.cells import DATE_FORMS
from scraper.errors import DefinitionError
from scraper.layout import KEY_WORDS, KEYS, Column, Marker, RepairRule, Schema, folded
from scraper.model import LABELS, MEASURES, Family, Reason


class Table:
    """One table of the TOML file, read key by key; what is left at the end was not understood."""

    def __init__(self, file: str, place: str, values: Mapping[str, object]) -> None:
        self.file, self.place, self.values = file, place, dict(values)

    def wrong(self, key: str, found: object, expected: str) -> DefinitionError:
        """The error for one key: file, key, what was found and what was expected."""
        return DefinitionError("schema.key", f"scraper/schemas/{self.file}", f"{self.place}{key}", str(found), expected)

    def take(self, key: str, kind: type, expected: str, default: object = None) -> object:
        """The key's value, of the kind; the default where it is absent, an error where that is None too."""
        value = self.values.pop(key, default)
        if value is None:
            raise self.wrong(key, "nothing", expected)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.wrong(key, repr(value), expected)
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; empty only where that is the default."""
        value = cast("str", self.take(key, str, "a text", default))
        if not value and default is None:
            raise self.wrong(key, "an empty text", "a text")
        return value

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """A list of texts, each once."""
        values = cast("list[object]", self.take(key, list, "a list of texts", default))
        if not all(isinstance(value, str) for value in values) or len(set(map(str, values))) != len(values):
            raise self.wrong(key, repr(values), "a list of texts, each once")
        return tuple(str(value) for value in values)

    def choice(self, key: str, options: Collection[str], default: str | None = None) -> str:
        """One of the words in `options`."""
        value = self.text(key, default)
        if value not in options:
            raise self.wrong(key, repr(value), f"one of {', '.join(sorted(options))}")
        return value

    def choices(self, key: str, options: Collection[str]) -> tuple[str, ...]:
        """Some of the words in `options`."""
        values = self.texts(key)
        for value in values:
            if value not in options:
                raise self.wrong(key, repr(value), f"some of {', '.join(sorted(options))}")
        return values

    def table(self, key: str) -> Table:
        """A table below this one; an empty one where it is absent."""
        value = cast("dict[str, object]", self.take(key, dict, "a table", {}))
        return Table(self.file, f"{self.place}{key}.", value)

    def tables(self, key: str) -> list[Table]:
        """A list of tables below this one."""
        values = cast("list[object]", self.take(key, list, "a list of tables", []))
        return [self._entry(key, number, value) for number, value in enumerate(values, 1)]

    def _entry(self, key: str, number: int, value: object) -> Table:
        if not isinstance(value, dict):
            raise self.wrong(f"{key} {number}", repr(value), "a table")
        return Table(self.file, f"{self.place}{key} {number}: ", value)

    def end(self) -> None:
        """Raise where a key was left over: a slip of the pen would otherwise pass for a setting."""
        if self.values:
            raise self.wrong(
                next(iter(self.values)), "a key nobody reads", "only the keys that the other schema files have"
            )


def read_definition(file: str, body: bytes) -> Schema:
    """The schema that one TOML file states; its name is the file's name without `.toml`. Raises DefinitionError."""
    try:
        values = tomllib.loads(body.decode())
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are both ValueErrors
        raise DefinitionError(
            "schema.toml", f"scraper/schemas/{file}", "", str(error), "a TOML file in UTF-8"
        ) from error
    top = Table(file, "", values)
    family = cast("Family", top.choice("family", get_args(Family)))
    schema = Schema(
        name=file.removesuffix(".toml"),
        title=top.text("title"),
        family=family,
        file_names=top.texts("file_names"),
        columns=_columns(top, family),
        order=cast("Literal['exact', 'any']", top.choice("order", ("exact", "any"))),
        extra_columns=cast("Literal['refused', 'warning']", top.choice("extra_columns", ("refused", "warning"))),
        dates=top.choices("dates", DATE_FORMS),
        zeros=frozenset(top.choices("zeros", MEASURES[family])),
        thousands=top.choice("thousands", ("", ",", " "), ""),
        spellings=_spellings(top, family),
        code_pattern=_code_pattern(top, family),
        markers=tuple(_marker(table, family) for table in top.tables("marker")),
        repairs=tuple(_repair(table, family) for table in top.tables("repair")),
    )
    _check_whole(top, schema)
    top.end()
    return schema


def _columns(top: Table, family: Family) -> tuple[Column, ...]:
    roles = ("month", *KEYS[family], *MEASURES[family], *LABELS[family], "ignored")
    columns = []
    for table in top.tables("columns"):
        holds, header, also = table.choice("holds", roles), table.text("header"), table.texts("also", [])
        table.end()
        columns.append(Column(holds, header, frozenset(folded(name) for name in (header, *also))))
    return tuple(columns)


def _spellings(top: Table, family: Family) -> dict[str, dict[str, str]]:
    table = top.table("spellings")
    parts = [part for part in KEYS[family] if part in KEY_WORDS]
    found = {part: _words(table.table(part), KEY_WORDS[part]) for part in parts}
    table.end()
    return found


def _words(table: Table, options: Collection[str]) -> dict[str, str]:
    """Printed text -> one of the words in `options`."""
    words = {printed: table.choice(printed, options) for printed in list(table.values)}
    if not words:
        raise table.wrong("", "nothing", 'a line `printed = "word"` for every text that may stand there')
    return words


def _code_pattern(top: Table, family: Family) -> str:
    worded = all(part in KEY_WORDS for part in KEYS[family])
    pattern = top.text("code_pattern", "" if worded else None)
    try:
        re.compile(pattern)
    except re.error as error:
        raise top.wrong("code_pattern", f"{pattern!r} ({error})", "a regular expression") from error
    return pattern


def _marker(table: Table, family: Family) -> Marker:
    where = table.table("where")
    marker = Marker(
        measure=table.choice("measure", MEASURES[family]),
        printed=cast("str", table.take("printed", str, "the text as the file prints it")),
        means=_meaning(table),
        where={part: _key_values(where, part) for part in KEYS[family] if part in where.values},
    )
    table.text("why")
    where.end()
    table.end()
    return marker


def _key_values(where: Table, part: str) -> frozenset[str]:
    return frozenset(where.choices(part, KEY_WORDS[part]) if part in KEY_WORDS else where.texts(part))


def _meaning(table: Table) -> Reason | int:
    """A reason for no value, or a whole number that the text stands for."""
    value = table.values.pop("means", None)
    if value in get_args(Reason) or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return cast("Reason | int", value)
    raise table.wrong("means", repr(value), f"a count, or one of {', '.join(get_args(Reason))}")


def _repair(table: Table, family: Family) -> RepairRule:
    repair = RepairRule(
        table.choice("column", KEYS[family]), table.text("raw"), table.text("repaired"), table.text("reason")
    )
    table.end()
    return repair


def _check_whole(top: Table, schema: Schema) -> None:
    """Raise where the parts do not make a layout: a column missing or twice, one spelling for two columns."""
    held = [column.holds for column in schema.columns if column.holds != "ignored"]
    for role in ("month", *schema.keys, *schema.measures):
        if role not in held:
            raise top.wrong("columns", f"no column that holds {role}", "one")
    spellings = [name for column in schema.columns for name in column.folded]
    for name in (*held, *spellings):
        if max(held.count(name), spellings.count(name)) > 1:
            raise top.wrong("columns", f"{name!r} more than once", "each role and each spelling once")
    if not schema.dates or not schema.file_names:
        raise top.wrong("dates" if not schema.dates else "file_names", "an empty list", "at least one")
    for repair in schema.repairs:
        if schema.spellings and repair.repaired not in schema.spellings[repair.column]:
            raise top.wrong(f"repair {repair.raw!r}", repr(repair.repaired), f"a text of spellings.{repair.column}")
