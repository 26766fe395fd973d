"""What the stories share: loopback only, the publisher's real files where they are, an archive with a clock that is set by hand."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.space import Space
from schedules.desk import Conditions, Desk, opened
from schedules.reread import no_progress
from schedules.series import load_series
from tests.receivers import MailReceiver, WebReceiver

IN_MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30
"""Where stories put their files if there is so much room: they hold small databases by the thousand, each of which waits for the
disk at every commit. That a disk keeps what it said it kept no story can tell, wherever its files lie; what a killed program leaves
behind is the same in both places."""
REAL = Path(__file__).parent.parent.parent / "shared" / "real"


def pytest_configure() -> None:
    """Temporary files go into memory where there is room for them; PYTEST_DEBUG_TEMPROOT says otherwise."""
    if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free >= ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches beyond this machine: a connection to any other address fails the test that tried it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture
def real() -> Callable[[str], bytes]:
    """Bytes of one of the publisher's real files; the test is skipped, saying so, where they are not beside the checkout."""

    def read(name: str) -> bytes:
        if not (REAL / name).exists():
            pytest.skip(f"the publisher's real file {name} is not here (looked for it in ../shared/real)")
        return (REAL / name).read_bytes()

    return read


@pytest.fixture
def hook() -> Iterator[WebReceiver]:
    """Takes webhooks."""
    with WebReceiver() as one:
        yield one


@pytest.fixture
def post_office() -> Iterator[MailReceiver]:
    """Takes mail."""
    with MailReceiver() as one:
        yield one


class Archive:
    """One archive in one folder, and the clock by which it is polled."""

    def __init__(self, directory: Path, schedules: Path) -> None:
        self.directory, self.schedules = directory, schedules
        self.now = datetime(2026, 11, 20, 9, 35, tzinfo=UTC)
        self.stop = threading.Event()
        self.space = Space(free=10**12, total=10**12)

    def open(self) -> AbstractContextManager[Desk]:
        """The archive, opened by its one writer with the series files as they are now."""
        conditions = Conditions(
            load_series(self.schedules), "opt-out-archive/test", lambda: self.now, self.stop, no_progress,
            space=lambda _: self.space,
        )  # fmt: skip
        return opened(self.directory, conditions, create=True)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An empty archive; series files go to `archive.schedules`."""
    (tmp_path / "schedules").mkdir()
    return Archive(tmp_path / "data", tmp_path / "schedules")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long soaks first, so that two workers end together: the last test to begin should be a short one."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
