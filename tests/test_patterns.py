"""Every pattern of the program against text made to slow it down: none takes time that grows beyond measure."""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.test_rooms import MODULES, TOP, name_of

LONG = 20_000
SECONDS = 0.5
"""A pattern that looks at each sign once takes a hundredth of this; one that begins anew at each sign, several times as long."""

SCANS, WHOLE = ("search",), ("fullmatch", "match")
WAYS = {
    "search": SCANS, "findall": SCANS, "finditer": SCANS, "sub": SCANS, "split": SCANS, "fullmatch": ("fullmatch",),
    "match": ("match",), "compile": SCANS + WHOLE,
}  # fmt: skip
BITS = (
    "<a ", "<a href=", "ab ", "1 ", "<!--", "&", "a-", "-1", "\r\n", "a@", "a.", "1\n", "1,000", "a a", "..", "::", "==",
)  # fmt: skip


class Used(NamedTuple):
    """One pattern, and how it is asked."""

    place: str
    pattern: re.Pattern[Any]
    ways: tuple[str, ...]


def written_in(path) -> Iterator[Used]:
    """Patterns that stand as plain text in a call of `re`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and node.args:
            name = ast.unparse(node.func).removeprefix("re.")
            if name in WAYS and name != "compile" and isinstance(node.args[0], ast.Constant):
                flags = [ast.unparse(one) for one in (*node.args[1:], *(key.value for key in node.keywords))]
                given = [one for one in flags if re.fullmatch(r"re\.[A-Z]+(?: \| re\.[A-Z]+)*", one)]
                kept = re.compile(node.args[0].value, eval(given[0], {"re": re}) if given else 0)
                yield Used(f"{name_of(path)}:{node.lineno}", kept, WAYS[name])


def compiled_in(path) -> Iterator[Used]:
    """Patterns that a module holds, also inside tuples and dicts, asked as its text asks them."""
    source, name = path.read_text(encoding="utf-8"), name_of(path).removesuffix(".py").replace("/", ".")
    module = importlib.import_module(name.removesuffix(".__init__"))
    for variable, value in vars(module).items():
        said = {way for how in re.findall(rf"\b{re.escape(variable)}\.(\w+)\(", source) for way in WAYS.get(how, ())}
        for pattern in patterns_of(value):
            yield Used(f"{name_of(path)}: {variable}", pattern, tuple(sorted(said)) or asked_in(source))


def asked_in(source: str) -> tuple[str, ...]:
    """How a module asks patterns that it holds in a table."""
    return (
        tuple(sorted({way for how in re.findall(r"\bpattern\.(\w+)\(", source) for way in WAYS.get(how, ())})) or SCANS
    )


def patterns_of(value: Any) -> Iterator[re.Pattern[Any]]:
    """Patterns in a value."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | set | frozenset | dict) and not hasattr(value, "_fields"):
        for one in value.values() if isinstance(value, dict) else value:
            yield from patterns_of(one)


def attacks(pattern: re.Pattern[Any]) -> Iterator[Any]:
    """Each sign of the pattern, and bits of markup and numbers, again and again, with an end that nothing fits."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    for bit in sorted({one for one in text if one.isprintable()} | set(" a0<-\n.,\t") | set(BITS)):
        whole = bit * (LONG // len(bit)) + "\x01"
        yield whole if isinstance(pattern.pattern, str) else whole.encode("latin-1", "replace")


def slowest(one: Used) -> tuple[float, str]:
    """Seconds of the worst attack, and how it began."""
    worst = (0.0, "")
    for text in attacks(one.pattern):
        for way in one.ways:
            began = time.process_time()
            getattr(one.pattern, way)(text)
            worst = max(worst, (time.process_time() - began, f"{way} {text[:8]!r}"))
        if worst[0] > SECONDS:
            break
    return worst


@pytest.mark.fault("M19")
@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_pattern_is_slowed_down_by_a_text_that_is_made_for_it(path):
    """Titles, fields, cells and addresses of strangers meet these patterns: twenty thousand signs take no half second."""
    for one in (*written_in(path), *compiled_in(path)):
        seconds, how = slowest(one)
        assert seconds < SECONDS, f"{one.place}: {one.pattern.pattern!r} took {seconds:.1f} s for {how}"


def test_there_are_patterns_to_try():
    """The search for them did not come to nothing by accident."""
    assert sum(1 for path in MODULES for _ in (*written_in(path), *compiled_in(path))) > 80
    assert (TOP / "scraper").is_dir()
