"""One table of a schema file, read key by key, every mistake named with file, key, found and expected.

Never knows which keys a schema has.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import cast

from scraper.errors import DefinitionError


class Table:
    """One table of the TOML file, read key by key; what is left at the end was not understood."""

    def __init__(self, file: str, place: str, values: Mapping[str, object]) -> None:
        self.file, self.place, self.values = file, place, dict(values)

    def wrong(self, key: str, found: object, expected: str) -> DefinitionError:
        """The error for one key: file, key, what was found and what was expected."""
        return DefinitionError("schema.key", f"scraper/schemas/{self.file}", f"{self.place}{key}", str(found), expected)

    def take(self, key: str, kind: type, expected: str, default: object = None) -> object:
        """The key's value, of the kind; the default where it is absent, an error where that is None too."""
        value = self.values.pop(key, default)
        if value is None:
            raise self.wrong(key, "nothing", expected)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.wrong(key, repr(value), expected)
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; empty only where that is the default."""
        value = cast("str", self.take(key, str, "a text", default))
        if not value and default is None:
            raise self.wrong(key, "an empty text", "a text")
        return value

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """A list of texts, each once."""
        values = cast("list[object]", self.take(key, list, "a list of texts", default))
        if not all(isinstance(value, str) for value in values) or len(set(map(str, values))) != len(values):
            raise self.wrong(key, repr(values), "a list of texts, each once")
        return tuple(str(value) for value in values)

    def choice(self, key: str, options: Collection[str], default: str | None = None) -> str:
        """One of the words in `options`."""
        value = self.text(key, default)
        if value not in options:
            raise self.wrong(key, repr(value), f"one of {', '.join(sorted(options))}")
        return value

    def choices(self, key: str, options: Collection[str]) -> tuple[str, ...]:
        """Some of the words in `options`."""
        values = self.texts(key)
        for value in values:
            if value not in options:
                raise self.wrong(key, repr(value), f"some of {', '.join(sorted(options))}")
        return values

    def table(self, key: str) -> Table:
        """A table below this one; an empty one where it is absent."""
        value = cast("dict[str, object]", self.take(key, dict, "a table", {}))
        return Table(self.file, f"{self.place}{key}.", value)

    def tables(self, key: str) -> list[Table]:
        """A list of tables below this one."""
        values = cast("list[object]", self.take(key, list, "a list of tables", []))
        return [self._entry(key, number, value) for number, value in enumerate(values, 1)]

    def _entry(self, key: str, number: int, value: object) -> Table:
        if not isinstance(value, dict):
            raise self.wrong(f"{key} {number}", repr(value), "a table")
        return Table(self.file, f"{self.place}{key} {number}: ", value)

    def end(self) -> None:
        """Raise where a key was left over: a slip of the pen would otherwise pass for a setting."""
        if self.values:
            raise self.wrong(
                next(iter(self.values)), "a key nobody reads", "only the keys that the other schema files have"
            )

    def pattern(self, key: str, default: str | None = None) -> re.Pattern[str]:
        """A regular expression."""
        text = self.text(key, default)
        try:
            return re.compile(text)
        except re.error as error:
            raise self.wrong(key, f"{text!r} ({error})", "a regular expression") from error

    def words(self) -> dict[str, str]:
        """Every key that is left with its text: a list of words that the file itself chooses."""
        return {key: self.text(key) for key in list(self.values)}
