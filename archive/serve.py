"""Serves the reading copy through Datasette: settings, metadata, plugin, and a server that ends when it is told to.

Never writes to either database and never polls.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, Self

import uvicorn
from datasette.app import Datasette
from datasette.plugins import DEFAULT_PLUGINS, pm

from archive.errors import ArchiveError
from archive.metadata import metadata
from archive.site import csv_cells, hooks
from archive.site.leave import Settled, remember_leave
from archive.site.limits import bind_process
from archive.site.rate import Buckets, limited
from archive.site.reading import DATABASE
from archive.site.reading_database import ReadingDatabase

READING_COPY = "optouts.db"
PLUGIN = "opt-out-archive"

SETTINGS: dict[str, int | bool] = {
    "suggest_facets": False,  # 50 times faster table pages
    "allow_facet": False,  # crawlers combine facets without end; the facets that metadata.json names stay
    "default_cache_ttl": 300,
    "sql_time_limit_ms": 2_000,
    "facet_time_limit_ms": 500,
    "max_returned_rows": 1_000,
    "max_csv_mb": 0,  # at a limit Datasette writes the error into a 200 answer, so there is no limit
    "num_sql_threads": 3,
    "truncate_cells_html": 200,
    "allow_download": False,  # a database that is being written cannot be downloaded whole
    "template_debug": False,
    "trace_debug": False,
}


def make_site(directory: Path) -> Datasette:
    """The Datasette application over `directory`/optouts.db, not yet listening.

    Raises ArchiveError where there is no reading copy, its path would not reach SQLite as it is written, it cannot be read where
    it lies, or Datasette has taken up a plugin that is not ours.
    """
    copy = _reading_copy(directory)
    _refuse_unreadable(copy)
    _refuse_strange_plugins()
    if not pm.is_registered(hooks):
        pm.register(hooks, name=PLUGIN)
    csv_cells.put_in()
    site = Path(str(files("archive.site")))
    made = Datasette(
        [],
        metadata=Settled(metadata()),
        settings=SETTINGS,
        template_dir=str(site / "templates"),
        static_mounts=[("static", str(site / "static"))],
    )
    remember_leave(made)
    made.remove_database("_memory")  # Datasette adds it where it is given no file
    made.add_database(ReadingDatabase(made, str(copy)), name=DATABASE)
    return made


def _reading_copy(directory: Path) -> Path:
    copy = directory.resolve() / READING_COPY
    if not copy.is_file():
        raise ArchiveError(
            f"{directory / READING_COPY}: found no such file; expected the reading copy of an archive. "
            "Run `optout up` or `optout poll --create` first, or name the right place with --data."
        )
    if any(sign in str(copy) for sign in "?#%"):
        # Datasette opens the file through an SQLite URI without escaping these.
        raise ArchiveError(f"{copy}: found one of ? # % in the path; expected a path without them. Move the archive.")
    return copy


def _refuse_unreadable(copy: Path) -> None:
    """A copy that no page could be made of is refused before anybody asks for one."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            f"{copy}: found that it cannot be read there ({error}); expected a folder that this user may write to, because readers "
            "of a write-ahead log share memory in it, or a snapshot made with VACUUM INTO (docs/operating.md). Where the file "
            "itself is damaged, `optout rebuild` makes it anew."
        ) from error


def _refuse_strange_plugins() -> None:
    """Datasette takes up every plugin that is installed beside it, and a plugin may do anything that this server may."""
    strange = {str(name) for name, _ in pm.list_name_plugin()} - {*DEFAULT_PLUGINS, PLUGIN}
    if strange:
        raise ArchiveError(
            f"Datasette: found the plugin {', '.join(sorted(strange))}; expected its own and this program's. Uninstall it, or set "
            "DATASETTE_LOAD_PLUGINS= (to nothing) so that none is taken up."
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address, so that a taken port is known before anything starts. Raises ArchiveError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ArchiveError(
            f"{host} port {port}: found that it cannot be used ({error.strerror or error}); expected a free port on this "
            "machine. Another copy may be serving already: end it, or choose another port with --port."
        ) from error


def address_of(bound: socket.socket) -> str:
    """What a person types into a browser to see what this socket serves."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class Rate(NamedTuple):
    """How often one address may ask."""

    per_minute: int = 0
    """0: as often as it likes."""
    proxies: frozenset[str] = frozenset()
    """Addresses of proxies whose X-Forwarded-For is believed."""


UNLIMITED = Rate()


def serve(
    directory: Path, host: str, port: int, *, rate: Rate = UNLIMITED, announce: Callable[[str], None] | None = None
) -> None:
    """Serves until SIGTERM or SIGINT, then ends within two seconds, also while somebody is still loading a page.

    `announce` is told the address once the port is held; port 0 takes any free one. Raises ArchiveError where there is no
    reading copy or the port is taken.
    """
    application = make_site(directory).app()
    if rate.per_minute:
        application = limited(application, Buckets(rate.per_minute))
    with listen(host, port) as bound:
        bind_process()
        if announce is not None:
            announce(address_of(bound))
        asyncio.run(_run(Server.of(application, rate.proxies), bound))


async def _run(server: Server, bound: socket.socket) -> None:
    await server.serve(sockets=[bound])


class Server(uvicorn.Server):
    """uvicorn's server, which on its own raises the signal again after a clean end, so that the process dies of it."""

    @classmethod
    def of(cls, application: Any, proxies: frozenset[str] = frozenset()) -> Self:
        """A server for an application. Whoever is still loading a second after the end was asked for is cut off.

        X-Forwarded-For and X-Forwarded-Proto are believed of `proxies` alone; uvicorn by itself believes everybody on this machine.
        """
        return cls(
            uvicorn.Config(
                application, log_level="warning", access_log=False, timeout_graceful_shutdown=1, ws="none",
                proxy_headers=bool(proxies), forwarded_allow_ips=sorted(proxies),
            )
        )  # fmt: skip

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends the server on SIGTERM or SIGINT, and leaves the exit status to the caller."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        held = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in held.items():
                signal.signal(number, handler)
