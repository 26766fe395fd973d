"""Reads one schema file of ours: TOML in, Schema out, every mistake named with file, key, found and expected.

Never looks at a file of the publisher's.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection
from typing import Literal, cast, get_args

from scraper.cells import DATE_FORMS
from scraper.definition_table import Table
from scraper.errors import DefinitionError
from scraper.layout import (
    KEY_WORDS,
    KEYS,
    KINDED,
    Column,
    KindRule,
    Marker,
    RepairRule,
    Schema,
    SheetPlace,
    folded,
    key_columns,
)
from scraper.model import LABELS, MEASURES, Family, Reason

READER = 1
"""Number of the reader. To be raised by whoever changes what cells come to mean: readings are then made again, as ours."""


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
        kinds=tuple(_kind(table, family) for table in top.tables("kind")) if family in KINDED else (),
        sheet=_sheet(top.table("sheet")) if "sheet" in top.values else None,
        encoding=top.choice("encoding", ("", "cp1252"), ""),
        sha256=hashlib.sha256(b"%d\n%b" % (READER, body)).hexdigest(),
    )
    _check_whole(top, schema)
    top.end()
    return schema


def _columns(top: Table, family: Family) -> tuple[Column, ...]:
    roles = ("month", *key_columns(family), *MEASURES[family], *LABELS[family], "ignored")
    columns = []
    for table in top.tables("columns"):
        holds, header, also = table.choice("holds", roles), table.text("header"), table.texts("also", [])
        table.end()
        columns.append(Column(holds, header, frozenset(folded(name) for name in (header, *also))))
    return tuple(columns)


def _spellings(top: Table, family: Family) -> dict[str, dict[str, str]]:
    table = top.table("spellings")
    parts = [part for part in key_columns(family) if part in KEY_WORDS]
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
    return top.pattern("code_pattern", "" if worded else None).pattern


def _sheet(table: Table) -> SheetPlace:
    place = SheetPlace(table.pattern("name"), table.pattern("title"), frozenset(table.texts("beside", [])))
    table.end()
    return place


def _kind(table: Table, family: Family) -> KindRule:
    roles = (*key_columns(family), *LABELS[family])
    when, codes = table.table("when"), table.table("codes")
    rule = KindRule(
        kind=table.choice("is", KEY_WORDS[KEYS[family][0]]),
        when={role: when.pattern(role, "") for role in roles if role in when.values},
        code_from=table.choice("code_from", roles),
        codes=codes.words(),
    )
    when.end()
    table.end()
    return rule


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
    for role in ("month", *schema.key_columns, *schema.measures):
        if role not in held:
            raise top.wrong("columns", f"no column that holds {role}", "one")
    spellings = [name for column in schema.columns for name in column.folded]
    for name in (*held, *spellings):
        if max(held.count(name), spellings.count(name)) > 1:
            raise top.wrong("columns", f"{name!r} more than once", "each role and each spelling once")
    if not schema.dates or not schema.file_names:
        raise top.wrong("dates" if not schema.dates else "file_names", "an empty list", "at least one")
    if schema.family in KINDED and not schema.kinds:
        raise top.wrong("kind", "nothing", "a [[kind]] rule for every kind of row")
    given = schema.sheet.columns if schema.sheet else ()
    headers = [column.header for column in schema.columns]
    if tuple(headers[: len(given)]) != given:
        raise top.wrong("columns", str(headers), f"the title's columns first: {', '.join(given)}")
    for repair in schema.repairs:
        if schema.spellings and repair.repaired not in schema.spellings[repair.column]:
            raise top.wrong(f"repair {repair.raw!r}", repr(repair.repaired), f"a text of spellings.{repair.column}")
