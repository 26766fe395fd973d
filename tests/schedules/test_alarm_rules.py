"""Whatever can be found has a rule: it alarms, or the table says why it does not."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from schedules.alarm_rules import CAUSES, FINDINGS, OUTCOMES, Cause
from scraper.model import Outcome

TOP = Path(__file__).parent.parent.parent
ROOMS = ("scraper", "archive", "schedules")
CODE = re.compile(r"[a-z]+\.[a-z_]+")
MAKERS = re.compile(r"Finding|PageChanged|FileChanged|DefinitionError|_changed|_refused|_wrong_byte|single_text")
"""What makes findings: the classes, and the functions of our own that are handed a code."""
ELSEWHERE: frozenset[str] = frozenset()
"""Codes whose makers are not in every version of the program."""


def codes_made() -> set[str]:
    """Every code that is handed to something that makes a finding, anywhere in the three rooms; `{}` for what is filled in."""
    found = set()
    for path in (path for room in ROOMS for path in (TOP / room).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            if MAKERS.fullmatch(name):
                found |= {_text(one, constants) for one in (*call.args, *(word.value for word in call.keywords))}
        if path.name != "alarm_rules.py":
            found |= {
                node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and _is_of_family(node.value)
            }
    return {one for one in found if CODE.fullmatch(one.replace("{}", "x"))}


def _is_of_family(value: object) -> bool:
    """Whether a text, wherever it stands, looks like a code of one of the families: it may be handed on by a variable."""
    families = {code.partition(".")[0] for code in FINDINGS}
    return isinstance(value, str) and value.partition(".")[0] in families and not value.endswith(".html")


def _text(node: ast.AST, constants: dict[str, object]) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.Name):
        return str(constants.get(node.id, ""))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.fault("A06")
def test_every_code_of_a_finding_has_a_rule():
    """A finding of a new kind without a rule fails here, before it could be passed over in silence."""
    made = codes_made()
    assert len(made) > 40
    for code in made:
        pattern = re.compile(re.escape(code).replace(r"\{\}", "[a-z_]+"))
        assert any(pattern.fullmatch(known) for known in FINDINGS), (
            f"{code}: found no rule; expected one in schedules/alarm_rules.py that says whether it alarms, or why not"
        )


def test_no_rule_is_about_a_code_that_nobody_makes():
    """A table that holds what is not there any more would be believed."""
    patterns = [re.compile(re.escape(code).replace(r"\{\}", "[a-z_]+")) for code in codes_made()]
    literal = " ".join(path.read_text("utf-8") for room in ROOMS for path in (TOP / room).rglob("*.py"))
    for code in FINDINGS.keys() - ELSEWHERE:
        named = literal.count(f'"{code}"') > 1  # beside the table itself
        assert named or any(one.fullmatch(code) for one in patterns), code


@pytest.mark.fault("A06")
def test_every_outcome_of_a_capture_has_a_rule():
    """The ten outcomes, no more and no fewer."""
    assert set(OUTCOMES) == set(get_args(Outcome))


@pytest.mark.fault("A06")
@pytest.mark.parametrize("table", [FINDINGS, OUTCOMES])
def test_a_rule_alarms_or_says_why_not(table):
    """Never both and never neither; and every cause has its words."""
    for code, rule in table.items():
        assert (rule.cause is None) == bool(rule.because), code
        assert rule.cause is None or rule.cause in CAUSES
    assert set(CAUSES) == set(get_args(Cause))
    assert all(words.title and words.advice for words in CAUSES.values())
