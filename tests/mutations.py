"""Takes one guard at a time out of a copy of the program, runs the tests that depend on it there, and wants them to fail.

`python -m tests.mutations [WORD …]` runs all, or those whose row, guard or file holds a word, and keeps the results.
Never touches the checkout but for tests/mutations.json.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parent.parent
LIST, RESULTS = TOP / "tests" / "mutations.toml", TOP / "tests" / "mutations.json"
COPIED = ("scraper", "archive", "schedules", "tests", "pyproject.toml", "metadata.json")
SECONDS = 300
TESTS_FAILED = 1
"""What pytest ends with where tests ran and one of them failed; anything else is a broken mutation."""


class Mutation(NamedTuple):
    """One guard, and the program without it."""

    fault: str
    guard: str
    file: str
    old: str
    """Stands in the file once."""
    new: str
    tests: tuple[str, ...]

    @property
    def key(self) -> str:
        """Changes with everything that decides the outcome but the program itself."""
        return hashlib.sha256(json.dumps(self).encode()).hexdigest()[:16]


def load_mutations(path: Path = LIST) -> list[Mutation]:
    """Every mutation of the list, in its order."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))["mutation"]
    return [Mutation(**{**one, "tests": tuple(one["tests"])}) for one in found]


def load_results(path: Path = RESULTS) -> dict[str, str]:
    """How each mutation went when it was last run, by key."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def without(text: str, mutation: Mutation) -> str:
    """The file's text without the guard. Raises ValueError where the guard does not stand in it exactly once."""
    count = text.count(mutation.old)
    if count != 1:
        raise ValueError(f"{mutation.file}: found {count} times {mutation.old!r}, expected it once ({mutation.guard})")
    return text.replace(mutation.old, mutation.new)


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the program and its tests in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            source, target = TOP / name, Path(folder) / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)
        yield Path(folder)


def run(copy: Path, tests: Iterable[str]) -> subprocess.CompletedProcess[str]:
    """The tests against the copy."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", "--tb=line", *tests]
    place = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=copy, env=place, capture_output=True, text=True, timeout=SECONDS, check=False)


def outcome(copy: Path, mutation: Mutation) -> str:
    """`failed` where the tests notice that the guard is gone, `passed` where they do not, else what went wrong."""
    path = copy / mutation.file
    before = path.read_text(encoding="utf-8")
    path.write_text(without(before, mutation), encoding="utf-8")
    try:
        done = run(copy, mutation.tests)
    except subprocess.TimeoutExpired:
        return "failed"  # a guard against waiting for ever was taken out
    finally:
        path.write_text(before, encoding="utf-8")
    if done.returncode == TESTS_FAILED:
        return "failed"
    return "passed" if done.returncode == 0 else f"broken: {done.stdout.strip().splitlines()[-1:]}"


def _fits(one: Mutation, words: list[str]) -> bool:
    return any(word in (one.fault, one.file) or word in one.guard for word in words)


def main(words: list[str]) -> int:
    """Run the mutations that fit the words; 1 where one of them was not noticed."""
    chosen = [one for one in load_mutations() if not words or _fits(one, words)]
    results = load_results()
    with copied() as copy:
        sound = run(copy, dict.fromkeys(test for one in chosen for test in one.tests))
        if sound.returncode != 0:
            print(f"The tests fail with every guard in place:\n{sound.stdout[-3000:]}")
            return 1
        for one in chosen:
            results[one.key] = outcome(copy, one)
            print(f"{results[one.key]:8} {one.fault} {one.file}: {one.guard}", flush=True)
    known = {one.key for one in load_mutations()}
    kept = {key: results[key] for key in sorted(results) if key in known}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return int(any(results[one.key] != "failed" for one in chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
