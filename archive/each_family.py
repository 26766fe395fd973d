"""Writes out SQL that says a thing once for many families: a marked part of a statement becomes one part for each of them.

Plain substitution in our own texts, and no templates beyond it; no word of a publisher's or a reader's ever comes in here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from archive.figures import FAMILY_KEYS, VALUE_COLUMNS, period_of
from scraper.model import LABELS, Family

_PART = re.compile(r"^[ ]*-- for each ([A-Za-z ]+):\n(.*?)^[ ]*-- end\n", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"\{([a-z_]+)\}")
_MOST_MEASURES = 4
"""No family has more; in unions of families those that have fewer are filled up with nulls."""

_COUNTED = {
    "opt_outs": "opt-outs", "list_size": "list size", "population": "list size", "deceased": "people who have died",
}  # fmt: skip
_ENGLAND = {
    "age_sex": "p.age_band = 'all' and p.sex = 'all'",
    "workbook_england": "p.place_id = 1",
    "weekly": "p.group_kind = 'england'",
}
"""Which place of a family is England as a whole, where the publisher states it."""

Words = dict[str, str]


def written_out(sql: str, only: str | None = None) -> str:
    """The statement with each part between `-- for each GROUP:` and `-- end` once for every member, joined by union all.

    `only` writes it for the members of one family, where the statement is asked for no other: it is prepared in a fraction of
    the memory. A group that has none of that family keeps its first member, whose rows the statement itself has to leave out.

    Words in braces are replaced: `{family}`, `{period}` (the column of its months or weeks), `{key}` (its key as text) and the
    others of `words_of`. Raises ValueError for a group or a word that there is none of.
    """
    return _PART.sub(lambda part: _joined(part[1], part[2], only), sql)


def _joined(group: str, body: str, only: str | None) -> str:
    members = _GROUPS.get(group)
    if members is None:
        raise ValueError(f"-- for each {group}: found no such group, expected one of {', '.join(sorted(_GROUPS))}")
    if only is not None:
        members = [words for words in members if words["family"] == only] or members[:1]
    indent = " " * (len(body) - len(body.lstrip(" ")))
    union = "UNION ALL" if body.startswith("SELECT") else "union all"
    return f"{indent}{union}\n".join(filled(body, words) for words in members)


def filled(body: str, words: Words) -> str:
    """The text with every word in braces replaced. Raises ValueError for a word that there is none of."""

    def word(found: re.Match[str]) -> str:
        if found[1] not in words:
            raise ValueError(f"{found[0]}: found no such word, expected one of {', '.join(sorted(words))}")
        return words[found[1]]

    return _WORD.sub(word, body)


def measures_of(family: str) -> tuple[str, ...]:
    """Columns of a family's figures, in order."""
    return VALUE_COLUMNS[f"{family}_spans"]


def has_own_labels(family: str) -> bool:
    """Whether the family's file names its places itself; names of `areas` are those of their members' file."""
    return bool(LABELS.get(cast("Family", family)))


def words_of(family: str) -> Words:
    """What stands for each word in braces, for one family: SQL of columns and tables. Tables of places are called p."""
    keys, measures, period = FAMILY_KEYS[family], measures_of(family), period_of(family)
    columns = [*(f"{{}}.{name}" for name in measures), *["null"] * (_MOST_MEASURES - len(measures))]
    summed = family == "areas"
    return {
        "family": family,
        "source": "iif(p.area_kind = 'local_authority', 'lsoas', 'practices')" if summed else f"'{family}'",
        # An area can come where its members' file has no row more than before: it is looked for in every month.
        "growing": "pairs" if summed else "grown",
        "period": period.column, "periods": period.table, "day": period.name, "coverage": period.coverage,
        "keys": str(len(keys)),
        "kind": _kind(keys),
        "code": f"p.{keys[-1]}" if keys else "'E92000001'",
        "key": _key(keys),
        "old_values": ", ".join(column.format("o") for column in columns),
        "new_values": ", ".join(column.format("n") for column in columns),
        "book": "area_labels" if has_own_labels(family) and "ons_code" in LABELS[cast("Family", family)] else "labels",
        "counts": ", ".join(f"s.{name}" for name in measures if name in _COUNTED),
        "counted": " ".join(f"when s.{name} then '{_COUNTED[name]}'" for name in measures if name in _COUNTED),
        "is_england": _ENGLAND.get(family, "0"),
    }  # fmt: skip


def _kind(keys: tuple[str, ...]) -> str:
    """The kind of a place as the list of places has it, where it has the place at all."""
    if not keys:
        return "'england'"
    return "'practice'" if keys == ("practice_code",) else f"p.{keys[0]}"


def _key(keys: tuple[str, ...]) -> str:
    """A family's key as one text: kind and code, or age group and sex, or the code alone."""
    if not keys:
        return "'England'"
    between = " || ', ' || " if keys == ("age_band", "sex") else " || ' ' || "
    return between.join(f"p.{name}" for name in keys)


def _each(names: tuple[str, ...], word: str, family: str) -> Iterator[Words]:
    for at, name in enumerate(names, 1):
        yield {**words_of(family), word: name, "at": str(at)}


_FAMILIES = {family: words_of(family) for family in FAMILY_KEYS}
_GROUPS: dict[str, list[Words]] = {
    "family": list(_FAMILIES.values()),
    "measure": [one for family in FAMILY_KEYS for one in _each(measures_of(family), "measure", family)],
    "part of a key": [one for family, keys in FAMILY_KEYS.items() for one in _each(keys, "part", family)],
    "family with printed texts": [w for f, w in _FAMILIES.items() if f"{f}_printed_spans" in VALUE_COLUMNS],
    "family with labels": [w for f, w in _FAMILIES.items() if has_own_labels(f)],
    "family by age and sex": [w for f, w in _FAMILIES.items() if FAMILY_KEYS[f] == ("age_band", "sex")],
    "family by practice": [w for f, w in _FAMILIES.items() if FAMILY_KEYS[f] == ("practice_code",)],
    "family with England": [_FAMILIES[family] for family in _ENGLAND],
    "family by area": [w for f, w in _FAMILIES.items() if FAMILY_KEYS[f][:1] in {("area_kind",), ("group_kind",)}],
}
