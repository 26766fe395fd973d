"""Owns the pretend publisher: one object with two loopback servers, a clock, a desk of editors and a box of troubles.

Never reaches beyond loopback, and leaves neither thread nor socket behind. Every title says that figures are made up.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from tests.publisher_answers import answer
from tests.publisher_definition import as_toml, definition, overridden
from tests.publisher_desk import MADE_UP, NDOP, Desk
from tests.publisher_site import Chapter, Notice, Offer, Pointer, Site
from tests.publisher_trouble import Troubles
from tests.publisher_wire import LOOPBACK, Asked, Reply, Wire

__all__ = ["MADE_UP", "NDOP", "Chapter", "Notice", "Offer", "Pointer", "Publisher", "Seen"]


class Seen(NamedTuple):
    """One request that reached the publisher; the headers answer without regard to case."""

    host: str
    path: str
    headers: Message


class Publisher(Troubles, Desk):
    """Two loopback servers, one for pages and one for files, and everything that stands on them.

    `now` is None for the machine's clock, else a fixed instant that a story moves on by setting it.
    `label` is put behind every title that lacks it.
    """

    def __init__(self, now: datetime | None = None, *, label: str = MADE_UP, ports: tuple[int, int] = (0, 0)) -> None:
        super().__init__()
        self._label = label
        self._now: datetime | None = None
        if now is not None:
            self.now = now
        self._wires: list[Wire] = []
        self.requests: list[Seen] = []
        self._listen(ports)
        self.site = Site(f"http://{LOOPBACK}:{self.ports[0]}", f"http://{LOOPBACK}:{self.ports[1]}")
        self.series()

    # ------------------------------------------------------------ servers

    def _listen(self, ports: tuple[int, int]) -> None:
        try:
            for kind, port in zip(("pages", "files"), ports, strict=True):
                self._wires.append(Wire(kind, self._answer, port))
        except OSError:
            self.close()  # the second port was taken: do not leave the first one open
            raise
        self.ports = (self._wires[0].port, self._wires[1].port)

    def _answer(self, asked: Asked) -> Reply:
        with self._lock:
            self.requests.append(Seen(asked.host, asked.target, asked.headers))
            return self._troubled(asked, answer(self.site, asked, self.now))

    def __enter__(self) -> Publisher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End both servers and every thread; raise what went wrong inside them, if anything did."""
        wires, self._wires = self._wires, []
        for wire in wires:
            wire.close()
        failures = [failure for wire in wires for failure in wire.failures]
        if failures:
            raise RuntimeError("the pretend publisher itself failed") from failures[0]

    def go_dark(self) -> None:
        """Refuse connections on both hosts until `come_back`."""
        self.close()

    def come_back(self) -> None:
        """Answer again, at the same addresses."""
        self._listen(self.ports)

    # ------------------------------------------------------------ clock, addresses, what was asked

    @property
    def now(self) -> datetime:
        """The publisher's clock, with its zone."""
        return self._now or datetime.now(UTC)

    @now.setter
    def now(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError(
                f"publisher.now: found {instant!r} without a zone; expected an aware datetime, e.g. in UTC"
            )
        self._now = instant

    @property
    def seed(self) -> str:
        """Absolute address of the first series' page."""
        return self.address()

    def count(self, name: str) -> int:
        """How often an address, path, file name or slug was asked for, robots and all."""
        path = name.removeprefix(self.site.pages_address).removeprefix(self.site.files_address)
        paths = [unquote(seen.path.partition("?")[0]) for seen in self.requests]
        return sum(one == unquote(path) or one.endswith("/" + unquote(path).lstrip("/")) for one in paths)

    @property
    def counts(self) -> Counter[str]:
        """Number of requests by path."""
        return Counter(seen.path for seen in self.requests)

    def series_file(self, directory: Path, *, series: str = NDOP, slug: str | None = None, **overrides: Any) -> Path:
        """Write `SLUG.toml`, a series file that points at this publisher; overrides as `overridden` says."""
        collection = self._series(series)
        base = definition(collection.title, self.address(series=series), self.ports)
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{slug or series}.toml"
        path.write_text(as_toml(overridden(base, overrides)), encoding="utf-8")
        return path
