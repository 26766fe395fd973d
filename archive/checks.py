"""Cross-checks of what each vintage states, as rows: parts that must add up, rates that must fit, falls worth knowing of.

A rule is one file of archive/rules; none ever refuses, mends or hides a figure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database

from archive.figures import MONTHS, WEEKS
from archive.sql_texts import sql_texts


class Rule(NamedTuple):
    """One cross-check, as its file in archive/rules states it."""

    name: str
    severity: str
    """error: a broken rule is a failure; warning, info: it is worth knowing, and can be right."""
    what: str
    """What holds where all is well, as a sentence without its full stop."""
    sql: str
    """Selects family, month_id (or week_id), parts, expected, found and agrees (1, 0, or null where a part is unknown) for
    `:vintage`, and where it has to explain itself a `note`, which ends the sentence."""
    folder: str


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

_WORKBOOK_NOW = """
CREATE TEMP TABLE workbook_now AS
""" + "\nUNION ALL\n".join(
    f"SELECT c.family, s.month_id, s.opt_outs, s.list_size, s.rate FROM coverage AS c"
    f" CROSS JOIN {family}_spans AS s ON s.month_id = c.month_id AND s.since <= :vintage"
    f" AND (s.until IS NULL OR s.until > :vintage) WHERE c.family = '{family}' AND c.vintage = :vintage"
    for family in ("workbook_england", "workbook_age_sex", "workbook_practices", "workbook_areas")
)
"""Every row of the workbook's tables that one vintage states; a vintage without a workbook has none."""

_WEEKLY_NOW = """
CREATE TEMP TABLE weekly_now AS
SELECT s.week_id, p.group_kind, p.code, s.opt_outs, s.population, s.rate,
  coalesce(json_extract(x.reasons, '$.population') NOT IN ('not_applicable', 'unallocated'), 0) AS is_unknown
FROM weekly_coverage AS c
CROSS JOIN weekly_spans AS s ON s.week_id = c.week_id AND s.since <= :vintage AND (s.until IS NULL OR s.until > :vintage)
JOIN weekly_places AS p ON p.place_id = s.place_id
LEFT JOIN weekly_missing_spans AS x ON x.week_id = s.week_id AND x.place_id = s.place_id AND x.since <= :vintage
  AND coalesce(x.until, :vintage + 1) > :vintage
WHERE c.vintage = :vintage
"""
"""Every row of every week of the dashboard that one vintage states."""

_GATHERED = {"age_sex_now": _AGE_SEX_NOW, "workbook_now": _WORKBOOK_NOW, "weekly_now": _WEEKLY_NOW}

_RECORD = """
INSERT INTO checks (rule, family, month, vintage, parts, expected, found, difference, result, severity, sentence)
SELECT :rule, r.family, {day}, {vintage}, r.parts, r.expected, r.found,
  iif(typeof(r.found - r.expected) = 'real', round(r.found - r.expected, 9), r.found - r.expected),
  CASE WHEN r.agrees THEN 'ok' WHEN r.agrees IS NULL OR :severity <> 'error' THEN 'warn' ELSE 'fail' END,
  :severity,
  :what || CASE
    WHEN r.agrees IS NULL THEN ': could not be checked, because a part of it is not known.'
    WHEN r.agrees THEN ': holds for ' || r.parts || ' (' || {found} || ').'
    ELSE ': does not hold for ' || r.parts || '. Expected ' || {expected} || ', found ' || {found} || ', a difference of '
      || {difference} || '.'
  END || coalesce(' ' || nullif({note}, ''), '')
FROM ({sql}) AS r {periods}
"""

_FOLDERS = {
    "rules": ("m.month", ":vintage", "JOIN months AS m ON m.month_id = r.month_id"),
    "rules/weekly": ("m.week", ":vintage", "JOIN weeks AS m ON m.week_id = r.week_id"),
    "rules/across": ("r.month", "r.vintage", ""),
}
"""How the rules of each folder name their day and vintage. Those across sources name the day, and the later of two vintages."""


def _number(value: str) -> str:
    """SQL that writes a count with its thousands, and a rate to four decimals."""
    return f"iif(typeof({value}) = 'real', printf('%.4f', {value}), printf('%,d', {value}))"


def _recording(folder: str, sql: str) -> str:
    day, vintage, periods = _FOLDERS[folder]
    return _RECORD.format(
        day=day, vintage=vintage, periods=periods, sql=sql, found=_number("r.found"), expected=_number("r.expected"),
        difference=_number("(r.found - r.expected)"), note="r.note" if " as note" in sql else "''",
    )  # fmt: skip


def rules(folder: str = "rules") -> tuple[Rule, ...]:
    """Every rule, by name; the first line of its file is `-- severity: sentence`."""
    return tuple(_rule(name, text, folder) for name, text in sorted(sql_texts(folder).items()))


def remake_checks_across(copy: Database) -> int:
    """Check sources against each other as they stand latest; the caller holds the transaction. Returns rows written.

    Done when all loads are in, because what is compared may come in either order.
    """
    written = 0
    for rule in rules("rules/across"):
        copy.execute("DELETE FROM checks WHERE rule = ?", [rule.name])
        asked = {"rule": rule.name, "severity": rule.severity, "what": rule.what}
        written += copy.execute(_recording(rule.folder, rule.sql), asked).rowcount
    return written


def _rule(name: str, text: str, folder: str) -> Rule:
    severity, _, what = text.partition("\n")[0].removeprefix("-- ").partition(": ")
    return Rule(name, severity, what, text, folder)


def remake_checks(copy: Database, vintages: Iterable[int] | None) -> int:
    """Check these vintages anew, or all where None is given, and the ones whose forerunner they are; returns rows written.

    The caller holds the transaction. Must follow a renumbering of vintages with None, or find `checks` renumbered with them.
    """
    asked = _all_vintages(copy) if vintages is None else _with_followers(copy, set(vintages))
    known = rules() + rules("rules/weekly")
    return sum(_check(copy, vintage, known) for vintage in sorted(asked))


def _all_vintages(copy: Database) -> set[int]:
    return {row[0] for row in copy.execute("SELECT vintage FROM vintages")}


def _with_followers(copy: Database, vintages: set[int]) -> set[int]:
    """The same and the next vintage that covers any of their months or weeks: what it moved is measured against them."""
    found = set(vintages)
    for period in (MONTHS, WEEKS):
        following = (
            f"SELECT DISTINCT (SELECT min(n.vintage) FROM {period.coverage} AS n WHERE n.family = c.family"
            f" AND n.{period.column} = c.{period.column} AND n.vintage > c.vintage) FROM {period.coverage} AS c WHERE c.vintage = ?"
        )
        for vintage in vintages:
            found |= {row[0] for row in copy.execute(following, [vintage]) if row[0] is not None}
    return found


def _check(copy: Database, vintage: int, known: Iterable[Rule]) -> int:
    for name, gather in _GATHERED.items():
        copy.execute(f"DROP TABLE IF EXISTS temp.{name}")
        copy.execute(gather, {"vintage": vintage})
    written = 0
    for rule in known:
        copy.execute("DELETE FROM checks WHERE vintage = ? AND rule = ?", [vintage, rule.name])
        asked = {"vintage": vintage, "rule": rule.name, "severity": rule.severity, "what": rule.what}
        written += copy.execute(_recording(rule.folder, rule.sql), asked).rowcount
    for name in _GATHERED:
        copy.execute(f"DROP TABLE temp.{name}")
    return written
