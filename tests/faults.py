"""Writes tests/faults.md: every row of the fault matrix with the tests that prove it, and what happens when a guard is taken out.

`python -m tests.faults` writes it, `--check` only says whether it is up to date. Runs no test.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.mutations import Mutation, load_mutations, load_results

HERE = Path(__file__).parent
TABLE = HERE / "faults.md"
ROWS = HERE / "faults.toml"
GROUPS = {
    "N": "Network", "H": "HTTP", "C": "Content", "F": "Files and disk", "P": "Process", "D": "Database", "K": "Clock",
    "M": "Malicious or careless input", "S": "Serving", "A": "Alarms",
}  # fmt: skip


class Mark(NamedTuple):
    """One test and one row that it says it proves."""

    row: str
    test: str
    """File and name, as pytest takes them from the top of the checkout."""


class Matrix(NamedTuple):
    """What tests/faults.toml states."""

    rows: dict[str, str]
    gaps: dict[str, str]
    """Why a row has no test; or, beside one that has, what of it is not done or not tried."""


def load_matrix(path: Path = ROWS) -> Matrix:
    """Rows with their words, and reasons for rows without a test."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return Matrix(found["rows"], found["gaps"])


def marks(folder: Path = HERE) -> list[Mark]:
    """Every `@pytest.mark.fault(…)` on a test function below the folder, read from the source."""
    return [mark for path in sorted(folder.rglob("test_*.py")) for mark in _marks_in(path, folder.parent)]


def _marks_in(path: Path, top: Path) -> Iterator[Mark]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.fault":
                    for row in decorator.args:
                        yield Mark(ast.literal_eval(row), f"{path.relative_to(top).as_posix()}::{node.name}")


def unknown(found: list[Mark], matrix: Matrix) -> list[Mark]:
    """Marks of rows that the matrix does not have."""
    return [mark for mark in found if mark.row not in matrix.rows]


def unexplained(found: list[Mark], matrix: Matrix) -> list[str]:
    """Rows that neither a test proves nor a reason explains."""
    proved = {mark.row for mark in found}
    return [row for row in matrix.rows if row not in proved and row not in matrix.gaps]


def written(found: list[Mark], matrix: Matrix, mutations: list[Mutation], results: dict[str, str]) -> str:
    """The whole table as Markdown."""
    proved = {row: sorted({mark.test for mark in found if mark.row == row}) for row in matrix.rows}
    count = sum(bool(tests) for tests in proved.values())
    guarded = {one.fault for one in mutations}
    lines = [
        "# What can go wrong, and the tests that prove what happens then",
        "",
        "Written by `python -m tests.faults` from the marks of the tests and from `tests/faults.toml`; not edited by hand.",
        f"{count} of {len(matrix.rows)} rows have a test; the others say why not.",
        f"For {len(guarded)} rows a guard was taken out, so that a test had to fail. The others have no one piece of code for it.",
    ]
    for letter, title in GROUPS.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| row | what goes wrong | proved by | guards taken out |",
            "|---|---|---|---|",
        ]
        for row in (row for row in matrix.rows if row[0] == letter):
            proof, out = _proof(proved[row], matrix.gaps.get(row)), _guards(row, mutations, results)
            lines.append(f"| {row} | {matrix.rows[row]} | {proof} | {out} |")
    return "\n".join(lines + _taken_out(mutations, results)) + "\n"


def _proof(tests: list[str], gap: str | None) -> str:
    if not tests:
        return f"*no test*: {gap or 'no reason given'}"
    return "<br>".join(
        [*(f"`{test.removeprefix('tests/')}`" for test in tests), *([f"*not proved*: {gap}"] if gap else [])]
    )


def _guards(row: str, mutations: list[Mutation], results: dict[str, str]) -> str:
    mine = [one for one in mutations if one.fault == row]
    return "<br>".join(
        f"{one.guard}: {'noticed' if results.get(one.key) == 'failed' else '*not noticed*'}" for one in mine
    )


def _taken_out(mutations: list[Mutation], results: dict[str, str]) -> list[str]:
    failed = sum(results.get(one.key) == "failed" for one in mutations)
    lines = [
        "",
        "## Guards taken out",
        "",
        "`python -m tests.mutations` takes one guard out of a copy of the program at a time and runs the tests that depend on it.",
        f"They have to fail: {failed} of {len(mutations)} did when they were last run.",
        "",
        "| row | guard | in | without it |",
        "|---|---|---|---|",
    ]
    for one in mutations:
        tests = ", ".join(f"`{test.rpartition('::')[2]}`" for test in one.tests)
        told = {"failed": "failed as it should"}.get(
            results.get(one.key, ""), results.get(one.key, "not run since it changed")
        )
        lines.append(f"| {one.fault} | {one.guard} | `{one.file}` | {tests}: {told} |")
    return lines


def current() -> str:
    """The table as it has to stand now."""
    return written(marks(), load_matrix(), load_mutations(), load_results())


def main(arguments: list[str]) -> int:
    """Write or check the table; 1 where a mark names no row, a row has neither test nor reason, or the table is old."""
    found, matrix = marks(), load_matrix()
    for mark in unknown(found, matrix):
        print(f"{mark.test}: found the row {mark.row!r}, which tests/faults.toml does not have")
    for row in unexplained(found, matrix):
        print(f"{row}: found neither a test nor a reason under [gaps]")
    if unknown(found, matrix) or unexplained(found, matrix):
        return 1
    if "--check" in arguments:
        return int(TABLE.read_text(encoding="utf-8") != current())
    TABLE.write_text(current(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
