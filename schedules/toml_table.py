"""Reads one table of a TOML file key by key, and says what is wrong in the file's own words.

Never knows what the keys mean, and never lets an unknown key pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from scraper.errors import DefinitionError

_MISSING = object()


class TomlTable:
    """One table of a TOML file. Every key that is asked for is ticked off; `finish` refuses what is left.

    With `secret` no error shows a value: the file may hold passwords, also under a misspelt key.
    """

    def __init__(self, file: str, place: str, values: Mapping[str, object], *, secret: bool = False) -> None:
        self.file, self.place, self._values, self._secret = file, place, values, secret
        self._asked: list[str] = []

    @property
    def is_stated(self) -> bool:
        """Whether the file holds anything in this table."""
        return bool(self._values)

    def wrong(self, key: str, found: object, expected: str, advice: str = "") -> DefinitionError:
        """The error to raise about `key`: names file, key, what was found and what was expected."""
        shown = "nothing" if found is _MISSING else "another value, not shown here" if self._secret else _shown(found)
        return DefinitionError("definition.key", self.file, self._path(key), shown, expected, advice)

    def _path(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def _take(self, key: str, default: object) -> object:
        self._asked.append(key)
        return self._values.get(key, default)

    def text(self, key: str, expected: str, default: str | None = None) -> str:
        """A text that is not blank; `default` where the key is missing, an error where there is no default."""
        value = self._take(key, _MISSING if default is None else default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self.wrong(key, value, expected)
        return value.strip()

    def texts(self, key: str, expected: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts, none blank; a missing key gives `default`, or an error where there is none."""
        value = self._take(key, _MISSING if default is None else list(default))
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.wrong(key, value, expected)
        if not value and default is None:
            raise self.wrong(key, value, expected)
        return tuple(item.strip() for item in value)

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(key, value, f"a whole number from {least} to {most}")
        return value

    def seconds(self, key: str, default: float, least: float, most: float, advice: str = "") -> float:
        """A number of seconds from `least` to `most`."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(key, value, f"a number of seconds from {least:g} to {most:g}", advice)
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value, "true or false, without quotes")
        return value

    def pair(self, key: str) -> tuple[int, int] | None:
        """Two whole numbers, least and most; None where the key is missing."""
        value = self._take(key, None)
        if value is None:
            return None
        if isinstance(value, list) and len(value) == 2 and all(type(n) is int and n >= 0 for n in value):
            least, most = value
            if least <= most:
                return least, most
        raise self.wrong(key, value, "two whole numbers, the least and the most, such as [400, 600]")

    def table(self, key: str) -> TomlTable:
        """The table under `key`; an empty one where it is missing."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, value, f"a table, written [{self._path(key)}]")
        return TomlTable(self.file, self._path(key), value, secret=self._secret)

    def tables(self, key: str) -> tuple[TomlTable, ...]:
        """The list of tables under `key`; empty where it is missing."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, value, f"tables, each written [[{self._path(key)}]]")
        places = (f"{self._path(key)}[{n}]" for n in range(1, len(value) + 1))
        return tuple(
            TomlTable(self.file, place, item, secret=self._secret) for place, item in zip(places, value, strict=True)
        )

    def finish(self) -> None:
        """Refuse keys that nobody asked for: a misspelt key must not be passed over in silence."""
        for key in self._values:
            if key not in self._asked:
                close = get_close_matches(key, self._asked, 1)
                advice = f"Did you mean {close[0]!r}?" if close else "Remove it."
                raise self.wrong(key, self._values[key], f"only these keys: {', '.join(self._asked)}", advice)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
