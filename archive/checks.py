"""Cross-checks of what each vintage states, as rows: parts that must add up, rates that must fit, falls worth knowing of.

A rule is one file of archive/rules; none ever refuses, mends or hides a figure.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from typing import NamedTuple

from sqlite_utils import Database


class Rule(NamedTuple):
    """One cross-check, as its file in archive/rules states it."""

    name: str
    severity: str
    """error: a broken rule is a failure; warning, info: it is worth knowing, and can be right."""
    what: str
    """What holds where all is well, as a sentence without its full stop."""
    sql: str
    """Selects family, month_id, parts, expected, found and agrees (1, 0, or null where a part is unknown) for `:vintage`."""


_AGE_SEX_NOW = """
CREATE TEMP TABLE age_sex_now AS
SELECT s.month_id, p.age_band, p.sex, s.opt_outs, s.list_size, s.rate,
  coalesce(json_extract(x.reasons, '$.opt_outs') <> 'not_applicable', 0) AS opt_outs_unknown,
  coalesce(json_extract(x.reasons, '$.list_size') <> 'not_applicable', 0) AS list_size_unknown
FROM coverage AS c
CROSS JOIN age_sex_spans AS s ON s.month_id = c.month_id AND s.since <= :vintage AND (s.until IS NULL OR s.until > :vintage)
JOIN age_sex_places AS p ON p.place_id = s.place_id
LEFT JOIN age_sex_missing_spans AS x ON x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= :vintage
  AND coalesce(x.until, :vintage + 1) > :vintage
WHERE c.family = 'age_sex' AND c.vintage = :vintage
"""
"""What one vintage states of England by age and sex: nearly every rule starts from it, so it is gathered once."""

_RECORD = """
INSERT INTO checks (rule, family, month, vintage, parts, expected, found, difference, result, severity, sentence)
SELECT :rule, r.family, m.month, :vintage, r.parts, r.expected, r.found, r.found - r.expected,
  CASE WHEN r.agrees THEN 'ok' WHEN r.agrees IS NULL OR :severity <> 'error' THEN 'warn' ELSE 'fail' END,
  :severity,
  :what || CASE
    WHEN r.agrees IS NULL THEN ': could not be checked, because a part of it is not known.'
    WHEN r.agrees THEN ': holds for ' || r.parts || printf(' (%,d).', r.found)
    ELSE printf(': does not hold for %s. Expected %,d, found %,d, a difference of %,d.', r.parts, r.expected, r.found,
      r.found - r.expected)
  END
FROM ({sql}) AS r JOIN months AS m ON m.month_id = r.month_id
"""

_RECORD_ACROSS = _RECORD.replace("r.family, m.month, :vintage", "r.family, r.month, r.vintage").replace(
    "JOIN months AS m ON m.month_id = r.month_id", ""
)
"""The same for rules that lay sources beside each other: they name the month or week, and the later of the two vintages."""


def rules(folder: str = "rules") -> tuple[Rule, ...]:
    """Every rule, by name; the first line of its file is `-- severity: sentence`."""
    files = resources.files("archive").joinpath(folder).iterdir()
    texts = {f.name.removesuffix(".sql"): f.read_text(encoding="utf-8") for f in files if f.name.endswith(".sql")}
    return tuple(_rule(name, text) for name, text in sorted(texts.items()))


def remake_checks_across(copy: Database) -> int:
    """Check sources against each other as they stand latest; the caller holds the transaction. Returns rows written.

    Done when all loads are in, because what is compared may come in either order.
    """
    written = 0
    for rule in rules("rules/across"):
        copy.execute("DELETE FROM checks WHERE rule = ?", [rule.name])
        asked = {"rule": rule.name, "severity": rule.severity, "what": rule.what}
        written += copy.execute(_RECORD_ACROSS.format(sql=rule.sql), asked).rowcount
    return written


def _rule(name: str, text: str) -> Rule:
    severity, _, what = text.partition("\n")[0].removeprefix("-- ").partition(": ")
    return Rule(name, severity, what, text)


def remake_checks(copy: Database, vintages: Iterable[int] | None) -> int:
    """Check these vintages anew, or all where None is given, and the ones whose forerunner they are; returns rows written.

    The caller holds the transaction. Must follow a renumbering of vintages with None, or find `checks` renumbered with them.
    """
    asked = _all_vintages(copy) if vintages is None else _with_followers(copy, set(vintages))
    known = rules()
    return sum(_check(copy, vintage, known) for vintage in sorted(asked))


def _all_vintages(copy: Database) -> set[int]:
    return {row[0] for row in copy.execute("SELECT vintage FROM vintages")}


def _with_followers(copy: Database, vintages: set[int]) -> set[int]:
    """The same and the next vintage that covers any of their months: what it moved is measured against them."""
    found = set(vintages)
    for vintage in vintages:
        rows = copy.execute(
            "SELECT DISTINCT (SELECT min(n.vintage) FROM coverage AS n WHERE n.family = c.family AND n.month_id = c.month_id"
            " AND n.vintage > c.vintage) FROM coverage AS c WHERE c.vintage = ?",
            [vintage],
        )
        found |= {row[0] for row in rows if row[0] is not None}
    return found


def _check(copy: Database, vintage: int, known: Iterable[Rule]) -> int:
    copy.execute("DROP TABLE IF EXISTS temp.age_sex_now")
    copy.execute(_AGE_SEX_NOW, {"vintage": vintage})
    written = 0
    for rule in known:
        copy.execute("DELETE FROM checks WHERE vintage = ? AND rule = ?", [vintage, rule.name])
        asked = {"vintage": vintage, "rule": rule.name, "severity": rule.severity, "what": rule.what}
        written += copy.execute(_RECORD.format(sql=rule.sql), asked).rowcount
    copy.execute("DROP TABLE temp.age_sex_now")
    return written
