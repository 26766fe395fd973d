"""Writes the questions that are asked alike of many families, …_as_of and …_nth, each from one text in questions/each/.

Areas are not among them: their figures go by kind of area, and their questions are files of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from archive.each_family import Words, filled, measures_of, words_of
from archive.figures import FAMILY_KEYS

FAMILIES = tuple(family for family, keys in FAMILY_KEYS.items() if "area_kind" not in keys)
_DAY_ASKED = {"month": "substr(trim(:month), 1, 7) || '-01'", "week": "trim(:week)"}
_HOW_ASKED = {"age_band": "{} = trim(:age_band)", "code": "{} collate nocase = trim(:code)"}
"""Comparisons of keys that are not codes in capitals, as codes of practices and LSOAs are."""


def family_questions(texts: Mapping[str, str]) -> dict[str, str]:
    """SQL by name of question, FAMILY_TEXT, of each family and each text. Raises ValueError for a word that there is none of."""
    return {
        f"{family}_{name}": filled(text, question_words(family)) for family in FAMILIES for name, text in texts.items()
    }


def question_words(family: str) -> Words:
    """What stands for each word in braces: those of `words_of`, and what a question shows, asks and sorts by."""
    keys, measures, words = FAMILY_KEYS[family], measures_of(family), words_of(family)
    places = f"{family}_places"
    reasons = ", ".join(f"s.{name}_reason" for name in measures)
    known = f"exists (select 1 from {places} p where {_is_asked('p', keys)})" if keys else ""
    return {
        **words,
        "day_asked": _DAY_ASKED[words["day"]],
        "keys_and_measures": "".join(f"  s.{name},\n" for name in (*keys, *measures)),
        "nulls": "  null,\n" * (len(keys) + len(measures)),
        "why_empty": f"coalesce({reasons})" if len(measures) > 1 else reasons,
        "join_place": f" join {places} q on q.place_id = x.place_id" if keys else "",
        "same_place": "".join(f" and q.{name} = s.{name}" for name in keys),
        "known_place_asked": f"\n    and ({_is_left_empty(keys)} or {known})" if keys else "",
        "place_asked": f"\n  and {_place_asked(keys)}" if keys else "",
        "where_place_asked": f"\nwhere {_place_asked(keys)}" if keys else "",
        "then_by": "".join(f", {at}" for at, _ in enumerate(keys, 2)),
        "then_by_keys": "".join(f", s.{name}" for name in keys),
    }


def _place_asked(keys: tuple[str, ...]) -> str:
    return f"({_is_left_empty(keys)} or {_is_asked('s', keys)})"


def _is_left_empty(keys: tuple[str, ...]) -> str:
    return f"trim(:{_asked(keys)}) = ''"


def _is_asked(table: str, keys: tuple[str, ...]) -> str:
    name = _asked(keys)
    return _HOW_ASKED.get(name, f"{{}} = upper(trim(:{name}))").format(f"{table}.{name}")


def _asked(keys: tuple[str, ...]) -> str:
    """The key that a reader gives: the age group, or the code."""
    return "age_band" if "age_band" in keys else keys[-1]
