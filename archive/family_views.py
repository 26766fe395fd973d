"""Writes the views that every family has, …_statements, …_first and …_latest, each from one text in views/each/.

People who have died stand in files by age and sex as a group of age; they have views of their own, and are in no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archive.each_family import Words, filled, measures_of, words_of
from archive.figures import FAMILY_KEYS


class Stated(NamedTuple):
    """What a group of views is about: a family, or a part of it."""

    family: str
    keys: tuple[str, ...]
    measures: tuple[str, ...]
    only: str = ""
    """Condition on the place, called p, that parts it from the rest of its family."""
    of_whom: str = ""


_DEAD = ", of people who have died: never inside a total"


def _groups() -> dict[str, Stated]:
    """By the name with which the names of its views begin."""
    by_age = [family for family, keys in FAMILY_KEYS.items() if "age_band" in keys]
    living = dict.fromkeys(by_age, "p.age_band <> 'deceased'")
    groups = {f: Stated(f, keys, measures_of(f), living.get(f, "")) for f, keys in FAMILY_KEYS.items()}
    for family in by_age:
        name = family.replace("age_sex", "deceased")
        groups[name] = Stated(family, ("sex",), ("opt_outs",), "p.age_band = 'deceased'", _DEAD)
    return groups


def family_views(texts: Mapping[str, str]) -> dict[str, str]:
    """SELECT by name of view, GROUP_TEXT. `texts` are those of views/each by their names; `reason` is a part of the others.

    Raises ValueError for a word in braces that there is none of.
    """
    views = {}
    for name, stated in _groups().items():
        words = _words(name, stated, texts["reason"])
        _, _, body = filled(texts["statements"], words).strip().partition("\n")
        for text in ("statements", "first", "latest"):
            views[f"{name}_{text}"] = filled(texts[text], {**words, "statements": body}).strip()
    return views


def _words(name: str, stated: Stated, reason: str) -> Words:
    words, measures = words_of(stated.family), stated.measures
    own = [*(f"p.{key}" for key in stated.keys), "s.since AS since_vintage", "s.until AS until_vintage"]
    reasons = [filled(reason, {**words, "measure": measure}).rstrip("\n") for measure in measures]
    return {
        **words,
        "name": name,
        "of_whom": stated.of_whom,
        "keys_and_since": "\n".join(f"  {column}," for column in own),
        "measures_and_reasons": ",\n".join([*(f"  s.{measure}" for measure in measures), *reasons]),
        "join_place": f"\nJOIN {stated.family}_places AS p ON p.place_id = s.place_id" if stated.keys else "",
        "only_these": f"\nWHERE {stated.only}" if stated.only else "",
        "and_where": "  AND" if stated.only else "WHERE",
    }
