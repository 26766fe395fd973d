"""The key of a row whose kind no column states: a practice area, a region, an age band, told by the row's cells together.

Never sees a number, and never makes a key of what no rule of the schema names.
"""

from __future__ import annotations

from collections.abc import Mapping

from scraper.layout import KindRule, Schema
from scraper.model import Key


def kinded_key(schema: Schema, cells: Mapping[str, str]) -> Key | None:
    """(kind, code) by the first rule that holds; None where none does. `cells` is column role -> text."""
    for rule in schema.kinds:
        if all(pattern.fullmatch(cells[role]) for role, pattern in rule.when.items()):
            code = _code(rule, cells[rule.code_from], schema)
            if code is not None:
                return (rule.kind, code)
    return None


def _code(rule: KindRule, text: str, schema: Schema) -> str | None:
    if rule.codes:
        return rule.codes.get(text)
    return text if schema.is_code(text) else None
