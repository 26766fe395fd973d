"""The arrows between the rooms, and which one module may import each outside library of weight."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
ROOMS = ("scraper", "archive", "schedules")
MODULES = sorted(path for room in ROOMS for path in (TOP / room).rglob("*.py"))

ALLOWED_ROOMS = {
    "scraper": {"scraper"},
    "archive": {"archive", "scraper"},
    "schedules": {"schedules", "scraper", "archive"},
}

ONLY_IN = {
    "requests": {"scraper/fetch.py"},
    "stamina": {"scraper/fetch.py"},
    "python_calamine": {"scraper/workbooks.py"},
    "protego": {"scraper/manners.py"},
    "bs4": {"scraper/markup.py"},
    "apscheduler": {"schedules/scheduler.py"},
    "zstandard": {"archive/compression.py"},
    "cryptography": {"archive/notes.py", "archive/signer.py"},
    "datasette": {"archive/serve.py", "archive/site/"},
    "sqlite_utils": {"archive/", "schedules/"},
    "pyarrow": {"archive/table_parquet.py"},
    "click": {"schedules/"},
}
"""Library to the files, or folders, that may import it: each can be swapped by touching these alone."""


def imports_of(path: Path) -> set[str]:
    """Dotted names of everything that a module imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def name_of(path: Path) -> str:
    return path.relative_to(TOP).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrows_point_one_way(path):
    """Each room imports only the rooms it may, and the archive knows of the scraper its words alone."""
    room = name_of(path).split("/")[0]
    for imported in imports_of(path):
        first = imported.split(".")[0]
        if first in ROOMS:
            assert first in ALLOWED_ROOMS[room], f"{name_of(path)} imports {imported}"
        if room == "archive" and first == "scraper":
            assert imported == "scraper.model", f"{name_of(path)} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_library_of_weight_has_one_home(path):
    """requests, bs4, APScheduler and the like are imported by the module that owns them and by no other."""
    for imported in imports_of(path):
        homes = ONLY_IN.get(imported.split(".")[0])
        assert homes is None or any(name_of(path).startswith(home) for home in homes), (
            f"{name_of(path)} imports {imported}"
        )


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_file_says_what_it_owns_and_what_it_never_does(path):
    """A stranger learns from the first lines of a file what lives there and what must not."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert len([line for line in docstring.splitlines() if line.strip()]) >= 2, (
        f"{name_of(path)} says too little of itself"
    )


@pytest.mark.parametrize("path", [p for p in MODULES if not name_of(p).startswith("archive/")], ids=name_of)
def test_sql_lives_in_the_archive(path):
    """Outside the archive no module holds a statement of SQL."""
    statement = re.compile(
        r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.DOTALL
    )
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not statement.search(node.value), f"{name_of(path)} holds SQL: {node.value[:60]!r}"


@pytest.mark.fault("P15")
@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_forks(path):
    """A database handle must not cross a fork: our other halves are new programs, which inherit no open file."""
    assert not {one.split(".")[0] for one in imports_of(path)} & {"multiprocessing", "pty"}
    words = {"fork", "forkpty", "posix_spawn", "ProcessPoolExecutor", "preexec_fn", "close_fds", "pass_fds"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        named = {ast.Name: "id", ast.Attribute: "attr", ast.keyword: "arg", ast.alias: "name"}.get(type(node))
        assert not named or getattr(node, named) not in words, f"{name_of(path)}, line {getattr(node, 'lineno', '?')}"
