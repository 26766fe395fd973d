"""A visitor who asks a site for pages, inside this process, as a browser would over a socket.

Starts no server; the few stories that need one start it themselves.
"""

from __future__ import annotations

import asyncio
import re
from html import unescape
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from archive.serve import make_site


class Visitor:
    """One site and one event loop, both closed at the end."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.site = make_site(directory)
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.site.executor.shutdown()
        for database in self.site.databases.values():
            database.close()
        self._loop.close()

    def get(self, path: str, **headers: str) -> Any:
        """The answer (an httpx.Response) to one GET; `if_none_match=` becomes the header If-None-Match."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._loop.run_until_complete(self.site.client.get(path, headers=named))

    def rows(self, path: str) -> list[dict[str, Any]]:
        """Rows of a JSON answer; fails where the answer is an error."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found


def words(answer: Any) -> str:
    """A page's text as a person reads it, without charts; fails where the answer is an error."""
    assert answer.status_code == 200, answer.text
    text = re.sub(r"(?s)<svg.*?</svg>|<script.*?</script>|<head>.*?</head>", " ", answer.text)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))
