"""Loads the known file layouts from schemas/*.toml, and finds the one that a header fits.

Never looks into a file below its header, and never guesses a layout that no schema states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import combinations
from pathlib import Path

from scraper.definition import read_definition
from scraper.errors import DefinitionError, FileChanged
from scraper.layout import Schema, fit_of, folded, shown

__all__ = ["Schema", "load_schemas", "schema_for"]


def load_schemas(directory: Path | None = None) -> tuple[Schema, ...]:
    """Every schema in `directory` (None: the package's own), in the order of their names.

    The package's own are read once. Raises DefinitionError where a file is broken, where there is none, or where one header
    would fit two of them.
    """
    return _loaded(directory) if directory else _own()


@cache
def _own() -> tuple[Schema, ...]:
    return _loaded(Path(__file__).parent / "schemas")


def _loaded(place: Path) -> tuple[Schema, ...]:
    files = sorted(place.glob("*.toml"))
    if not files:
        raise DefinitionError("schema.none", str(place), "", "no *.toml file", "one for each known file layout")
    schemas = tuple(read_definition(file.name, file.read_bytes()) for file in files)
    _check_apart(schemas, place)
    return schemas


def schema_for(header: tuple[str, ...], file_name: str, schemas: Sequence[Schema]) -> Schema:
    """The one schema that the header fits.

    Raises FileChanged where none does, naming the header and the nearest schema, and DefinitionError where two do.
    `file_name` is for the message only: names are the publisher's to change, the header decides.
    """
    fitting = [schema for schema in schemas if fit_of(schema, header)]
    if len(fitting) > 1:
        raise _two_fit(fitting[0], fitting[1], header)
    if not fitting:
        raise _none_fits(header, file_name, schemas)
    return fitting[0]


def _check_apart(schemas: Sequence[Schema], directory: Path) -> None:
    """Raise DefinitionError where a header that one schema states also fits another."""
    for one, other in combinations(schemas, 2):
        for schema in (one, other):
            header = tuple(c.header for c in schema.columns)
            if fit_of(one, header) and fit_of(other, header):
                raise _two_fit(one, other, header, str(directory))


def _two_fit(one: Schema, other: Schema, header: Sequence[str], subject: str = "scraper/schemas") -> DefinitionError:
    return DefinitionError(
        "schema.ambiguous", subject, "columns",
        f"two schemas, {one.name} and {other.name}, for the header {shown(header)}", "exactly one",
        "Make the columns of one of them more exact.",
    )  # fmt: skip


def _none_fits(header: tuple[str, ...], file_name: str, schemas: Sequence[Schema]) -> FileChanged:
    names = {folded(name) for name in header}
    nearest = max(schemas, key=lambda schema: _likeness(schema, names), default=None)
    expected = "the header of a known layout, and none is known"
    if nearest:
        expected = f"the header of a known layout; nearest is {nearest.name}: {_difference(nearest, header)}"
    advice = "The file is kept unread. Add a schema for this layout, with a saved sample, and run `optout reread`."
    return FileChanged("file.header", file_name, "row 1", f"the header {shown(header)}", expected, advice)


def _likeness(schema: Schema, names: set[str]) -> float:
    """Share of columns that a header and a schema have in common, 0 to 1."""
    known = [c for c in schema.columns if c.folded & names]
    return len(known) / (len(schema.columns) + len(names) - len(known))


def _difference(schema: Schema, header: Sequence[str]) -> str:
    """What stands between a header and a schema, in words."""
    counts = Counter(folded(name) for name in header)
    missing = [c.header for c in schema.columns if not any(name in counts for name in c.folded)]
    known = frozenset[str]().union(*(c.folded for c in schema.columns))
    unknown = [name for name in header if folded(name) not in known]
    twice = [name for name in header if counts[folded(name)] > 1]
    parts = (("missing", missing), ("not known", unknown), ("repeated", twice))
    told = "; ".join(f"{word} {shown(names)}" for word, names in parts if names)
    return told or f"the same columns in the order {shown([c.header for c in schema.columns])}"
