"""What a known file layout is made of, and where its columns stand in a header.

Never opens a file, ours or the publisher's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from scraper.model import LABELS, MEASURES, Family, Reason

KEYS: dict[Family, tuple[str, ...]] = {
    "age_sex": ("age_band", "sex"),
    "practices": ("practice_code",),
    "lsoas": ("lsoa_code",),
    "workbook_england": (),
    "workbook_age_sex": ("age_band", "sex"),
    "workbook_practices": ("practice_code",),
    "workbook_areas": ("area_kind", "area_code"),
    "weekly": ("group_kind", "code"),
}
"""The parts of each family's key, in order."""

KINDED: frozenset[Family] = frozenset({"workbook_areas", "weekly"})
"""Families of rows of several kinds: the first key part is found by the schema's [[kind]] rules, it has no column."""


def key_columns(family: Family) -> tuple[str, ...]:
    """Columns that make a row's key: the key's parts, but `group` in the place of a kind that no column states."""
    return ("group", *KEYS[family][1:]) if family in KINDED else KEYS[family]


_AGE_BANDS = ("0-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80-89", "90+")

KEY_WORDS: dict[str, frozenset[str]] = {
    "age_band": frozenset((*_AGE_BANDS, "all", "unknown", "deceased")),
    "sex": frozenset(("all", "female", "male", "unknown", "deceased")),
    "area_kind": frozenset(("ccg", "sub_icb", "unallocated")),
    "group_kind": frozenset(("england", "age_band", "sex", "region", "ccg", "sub_icb", "unallocated")),
}
"""Key parts that have a fixed vocabulary. Sex `deceased` may stand beside age `deceased` only, and is kept as `all`."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds (`month`, a key part, a measure, a label, `ignored`) and how its header is spelled."""

    holds: str
    header: str
    """The spelling as the publisher prints it; matched after folding."""
    folded: frozenset[str]
    """Every accepted spelling, folded."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A text that stands in a measure's column and is no plain count: a reason for none, or a number in disguise."""

    measure: str
    printed: str
    means: Reason | int
    where: Mapping[str, frozenset[str]]
    """Key part -> values for which it holds; empty: everywhere. Several parts must all agree."""


@dataclass(frozen=True, slots=True)
class RepairRule:
    """A damaged text of a key column that has one known meaning."""

    column: str
    raw: str
    repaired: str
    reason: str


@dataclass(frozen=True, slots=True)
class KindRule:
    """What makes a row one of a kind, in a family of KINDED; the first rule that holds decides."""

    kind: str
    when: Mapping[str, re.Pattern[str]]
    """Role of a column -> pattern that its text must match in full."""
    code_from: str
    """Role of the column that holds the code."""
    codes: Mapping[str, str]
    """Printed text -> code, where the column holds words; the rule holds for these words only. Empty: a code as it is."""


@dataclass(frozen=True, slots=True)
class SheetPlace:
    """Where in a workbook a table stands."""

    name: re.Pattern[str]
    """Pattern of the sheet's name, to be matched in full."""
    title: re.Pattern[str]
    """Pattern of the table's title, which stands above its header; each named group is a column put before the sheet's own."""
    beside: frozenset[str]
    """Names of sheets that hold text and no table."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Headers of the columns that the title gives."""
        return tuple(f"title: {name}" for name in self.title.groupindex)


@dataclass(frozen=True, slots=True)
class Schema:
    """One known file layout, as `scraper/schemas/<name>.toml` states it."""

    name: str
    title: str
    family: Family
    file_names: tuple[str, ...]
    """Shell-style patterns of the publisher's file names. The header decides; a strange name is only noted."""
    columns: tuple[Column, ...]
    order: Literal["exact", "any"]
    extra_columns: Literal["refused", "warning"]
    dates: tuple[str, ...]
    """Names of accepted date forms (`dd/mm/yyyy`, `yyyy-mm-dd`); one file keeps to one of them."""
    zeros: frozenset[str]
    """Measures in which a plain 0 is a count. In any other a 0 is unreadable unless a marker explains it."""
    thousands: str
    """Separator accepted inside counts; "" where none is."""
    spellings: Mapping[str, Mapping[str, str]]
    """Key part -> printed text -> word of KEY_WORDS."""
    code_pattern: str
    """Regular expression that a code must match in full; "" where the key is words."""
    markers: tuple[Marker, ...]
    repairs: tuple[RepairRule, ...]
    kinds: tuple[KindRule, ...] = ()
    sheet: SheetPlace | None = None
    """None: the layout of a CSV file. Else that of one table of a workbook."""
    encoding: str = ""
    """Encoding of the text where it is not UTF-8 throughout, e.g. `cp1252`; "" where it is."""
    sha256: str = ""
    """Fingerprint of the schema file and of the reader that uses it."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The family's key parts, in order."""
        return KEYS[self.family]

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns that make a row's key, in order."""
        return key_columns(self.family)

    @property
    def measures(self) -> tuple[str, ...]:
        """The family's measures, in order."""
        return MEASURES[self.family]

    @property
    def labels(self) -> tuple[str, ...]:
        """The family's labels, in order, also those without a column in this layout."""
        return LABELS[self.family]

    @property
    def worded(self) -> bool:
        """True where the key is words of KEY_WORDS, False where it is a code."""
        return bool(self.spellings)

    def is_code(self, text: str) -> bool:
        """True where `text` has the form of this layout's codes."""
        return re.fullmatch(self.code_pattern, text) is not None


class Fit(NamedTuple):
    """Where a schema's columns stand in one header (positions from 0)."""

    at: dict[str, int]
    extra: tuple[int, ...]
    """Positions of columns that the schema does not know."""


def folded(name: str) -> str:
    """A header name without case, blanks and underscores: one workbook spells `List size` in three ways."""
    return re.sub(r"[\s_]+", "", name).casefold()


def fit_of(schema: Schema, header: Sequence[str]) -> Fit | None:
    """Where the schema's columns stand in `header`; None where the header is not of this layout."""
    names = [folded(name) for name in header]
    if "" in names or len(set(names)) != len(names):
        return None
    return _ordered_fit(schema, names) if schema.order == "exact" else _free_fit(schema, names)


def _ordered_fit(schema: Schema, names: list[str]) -> Fit | None:
    columns = schema.columns
    if len(columns) != len(names) or any(n not in c.folded for c, n in zip(columns, names, strict=True)):
        return None
    return Fit({c.holds: i for i, c in enumerate(columns) if c.holds != "ignored"}, ())


def _free_fit(schema: Schema, names: list[str]) -> Fit | None:
    at = [(c, i) for c in schema.columns for i, name in enumerate(names) if name in c.folded]
    found = Counter(c for c, _ in at)
    extra = tuple(sorted(set(range(len(names))) - {i for _, i in at}))
    whole = all(found[c] == 1 for c in schema.columns)
    if not whole or (extra and schema.extra_columns == "refused"):
        return None
    return Fit({c.holds: i for c, i in at if c.holds != "ignored"}, extra)


def shown(names: Sequence[str]) -> str:
    """Names from outside, for a message: each printed plainly, the whole cut at 600 characters."""
    text = ", ".join(repr(name)[1:-1] for name in names)
    return text if len(text) <= 600 else text[:599] + "…"


def quoted(text: str) -> str:
    """One cell's text from outside, for a message: in quotes, unprintable characters spelled out, cut at 80."""
    return repr(text if len(text) <= 80 else text[:79] + "…")
