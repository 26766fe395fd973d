"""Turns one fact of the evidence into one line of canonical JSON, the leaf that the log keeps, and back into its row.

Pure: the same fact always gives the same bytes. Reads no database and no clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

VERSION = 1
"""Form of a leaf. Another form gets another number; leaves that were logged keep theirs for ever."""

INLINE_TEXT = 1_024
INLINE_BYTES = 4_096
"""Texts and bytes that take more than this in JSON stand in a leaf by their SHA-256 and length.

So that the largest fact, a capture with some thirty texts and two header blocks, all hostile, still fits a leaf."""

SHORT = INLINE_TEXT // 6
"""Characters of a text that never needs to be measured: none takes more than six bytes in JSON."""

LARGEST_LEAF = 65_535
"""Bytes of the largest leaf, as C2SP tlog-tiles allows it (https://c2sp.org/tlog-tiles, seen 2026-11-24)."""

KINDS = {
    "genesis": "genesis",
    "polls": "poll",
    "poll_ends": "poll_end",
    "captures": "capture",
    "snapshots": "snapshot",
    "findings": "finding",
    "annotations": "annotation",
    "takedowns": "takedown",
    "keys": "key",
    "anchors": "anchor",
    "restores": "restore",
}
"""Table of the evidence to the kind its leaves state. A capture whose outcome is `absent` states `absence`."""

Value = str | int | bytes | None
Row = Mapping[str, object]

NEVER_INLINE = frozenset({"body"})
"""Columns that stand in a leaf by name even where they are short: bytes that the law may one day ask to be removed."""

_SPELLING = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

MARKS = ("v", "kind")
"""Keys of a leaf that are no columns of the fact's table. A column of such a name (`kind` of an anchor) gets a low line after
it, so that it is not lost behind the mark."""


def leaf_of(table: str, row: Row) -> bytes:
    """The leaf of a fact: keys sorted, nothing that is null, no floats, UTF-8, no spaces.

    `row` maps columns to text, whole numbers, bytes or None. Raises ValueError for a table that is not logged, or a
    fact larger than LARGEST_LEAF.
    """
    if table not in KINDS:
        raise ValueError(f"found the table {table!r}, expected one of {', '.join(KINDS)}")
    stated = {
        _key(column): value if type(value) is str and len(value) <= SHORT else _stated(column, value)
        for column, value in row.items()
        if value is not None
    }
    leaf = canonical({**stated, "v": VERSION, "kind": kind_of(table, row)})
    if len(leaf) > LARGEST_LEAF:
        raise ValueError(f"a fact of {table}: found a leaf of {len(leaf)} bytes, expected at most {LARGEST_LEAF}")
    return leaf


def kind_of(table: str, row: Row) -> str:
    """What a fact is called in the log."""
    return "absence" if table == "captures" and row.get("outcome") == "absent" else KINDS[table]


def table_of(kind: str) -> str:
    """The table whose facts are of this kind. Raises ValueError for a kind that no version 1 leaf has."""
    found = next((table for table, name in KINDS.items() if name == kind), "captures" if kind == "absence" else None)
    if found is None:
        raise ValueError(f"found a leaf of kind {kind!r}, expected one of {', '.join(KINDS.values())}, absence")
    return found


def canonical(value: Mapping[str, object]) -> bytes:
    """JSON in its one spelling here: sorted keys, no spaces, characters as themselves, UTF-8."""
    return _SPELLING.encode(value).encode()


def read_leaf(leaf: bytes) -> dict[str, object]:
    """The content of a leaf. Raises ValueError where it is not JSON, or not in its one spelling, or of another form."""
    content = read_canonical(leaf)
    if content.get("v") != VERSION or not isinstance(content.get("kind"), str):
        raise ValueError(f"found a leaf of the form {content.get('v')!r}, expected {VERSION} and a kind")
    return content


def read_canonical(line: bytes) -> dict[str, object]:
    """The content of a line of JSON of any form. Raises ValueError where it is not JSON, or not in its one spelling."""
    try:
        content = json.loads(
            line.decode(), object_pairs_hook=_without_doubles, parse_float=_no_float, parse_constant=_no_float
        )
    except RecursionError as error:
        raise ValueError("found JSON that is nested without end, expected one object") from error
    if not isinstance(content, dict) or canonical(content) != line:
        raise ValueError("found a line that is not canonical JSON, expected sorted keys, no spaces, UTF-8")
    return content


def row_of(content: Mapping[str, object], kept: Mapping[str, bytes]) -> dict[str, Value]:
    """The row that a leaf's content stands for; `kept` holds by SHA-256 what was too long to stand in a leaf.

    Raises KeyError with the SHA-256 of what is missing.
    """
    columns = {_key(mark): mark for mark in MARKS}
    return {columns.get(key, key): _value(stated, kept) for key, stated in content.items() if key not in MARKS}


def named_outside(content: Mapping[str, object]) -> list[str]:
    """SHA-256 of everything that a leaf names but does not hold."""
    return [stated["sha256"] for stated in content.values() if isinstance(stated, dict) and "sha256" in stated]


def _key(column: str) -> str:
    return f"{column}_" if column in MARKS else column


def _stated(column: str, value: object) -> object:
    if isinstance(value, str):
        return value if _spelt(value) <= INLINE_TEXT else _named(value.encode(), "text")
    if isinstance(value, bytes):
        # Latin-1 maps every byte to one character, so a header block can be read in the leaf and taken out unchanged.
        fits = len(value) <= INLINE_BYTES and _spelt(value.decode("latin-1")) <= INLINE_BYTES
        fits = fits and column not in NEVER_INLINE
        return {"latin1": value.decode("latin-1")} if fits else _named(value, "bytes")
    return value


def _spelt(text: str) -> int:
    """Bytes that a text takes in JSON; for short ones a bound is enough, since no character takes more than six."""
    return len(text) if len(text) <= SHORT else len(_SPELLING.encode(text).encode())


def _named(value: bytes, of: str) -> dict[str, object]:
    return {"sha256": hashlib.sha256(value).hexdigest(), of: len(value)}


def _value(stated: object, kept: Mapping[str, bytes]) -> Value:
    if isinstance(stated, dict):
        if "latin1" in stated:
            return str(stated["latin1"]).encode("latin-1")
        value = kept[stated["sha256"]]
        return value.decode() if "text" in stated else value
    if stated is None or isinstance(stated, (str, int)):
        return stated
    raise ValueError(f"found {stated!r} in a leaf, expected text, a whole number, or bytes by name")


def _no_float(spelt: str) -> object:
    raise ValueError(f"found the number {spelt} in a leaf, expected whole numbers only: they have one spelling")


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("found a key twice in a leaf, expected each once")
    return content
