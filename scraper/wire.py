"""One connection: peer checked before a byte leaves, every read under the total deadline, all heads kept as received.

Never decides what a response means, and never keeps a connection for a second request.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import queue
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from urllib3 import HTTPConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from scraper.peers import peer_refusal
from scraper.trouble import DeadlineError, PeerError, Trouble, socket_trouble

SURPLUS_SECONDS = 0.2
"""How long a server that was asked to close may take to do so, or to show bytes beyond its own declared end."""

MOST_HEAD_BYTES = 8 << 20
"""More than http.client reads of one head (100 lines of 64 KiB); interim heads without end are not all kept."""


def instant() -> str:
    """The wall clock: UTC with six decimals and `Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(slots=True)
class Wire:
    """What one connection did; filled in by the connection while it works, read once it has ended."""

    local_publisher: bool
    connect_seconds: float
    read_seconds: float
    deadline: float
    """On the monotonic clock."""
    request_head: bytes = b""
    received: bytearray = field(default_factory=bytearray)
    """Bytes as they came, until the response head had been read (so it may hold the beginning of the body)."""
    head_ended: bool = False
    taken: int = 0
    """All bytes received, framing included."""
    first_byte_at: str | None = None
    remote_ip: str | None = None
    tls_version: str | None = None
    tls_cipher: str | None = None
    tls_certificate_sha256: str | None = None
    trouble: Trouble | None = None
    """The first thing that went wrong on the socket."""
    surplus: bool = False
    """Bytes came after the declared end of the body."""
    tail: socket.SocketIO | None = None
    sock: socket.socket | None = None

    def seconds(self, most: float) -> float:
        """Seconds that one step may take. Raises DeadlineError when none are left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise DeadlineError("the total deadline has passed")
        return min(most, left)

    def note_bytes(self, data: memoryview) -> None:
        """Keeps what the head needs, counts the rest."""
        if self.first_byte_at is None and len(data):
            self.first_byte_at = instant()
        self.taken += len(data)
        if not self.head_ended and len(self.received) < MOST_HEAD_BYTES:
            self.received += data

    def note_trouble(self, error: Exception, step: str) -> None:
        """Names what went wrong at a step on the socket, unless an earlier thing has a name already."""
        if self.trouble is None:
            late = isinstance(error, TimeoutError) and self.deadline <= time.monotonic()
            self.trouble = socket_trouble(DeadlineError() if late else error, step)

    def look_for_surplus(self) -> None:
        """Sees whether the server sends bytes beyond the end that it declared; waits a moment for it to close."""
        if self.tail is None or self.sock is None:
            return
        with contextlib.suppress(OSError):
            self.sock.settimeout(self.seconds(SURPLUS_SECONDS))
            self.surplus = bool(self.tail.read(1))

    def close(self) -> None:
        """Lets go of the socket."""
        if self.tail is not None:
            self.tail.close()


def resolve(host: str, port: int, seconds: float) -> list[tuple[Any, ...]]:
    """Addresses of a name, in the resolver's order. Raises socket.gaierror, or TimeoutError after `seconds`.

    In a thread of its own, since a resolver that hangs cannot be interrupted.
    """
    answers: queue.SimpleQueue[list[tuple[Any, ...]] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else socket.gaierror(str(error)))

    threading.Thread(target=ask, daemon=True, name="resolve").start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("the resolver did not answer") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def connect(wire: Wire, host: str, port: int) -> socket.socket:
    """A socket to the first address of `host` that may be asked and answers.

    Raises PeerError where none may be asked, OSError where none answers.
    """
    refusal: str | None = None
    failure: OSError | None = None
    for family, kind, protocol, _, where in resolve(host, port, wire.seconds(wire.connect_seconds)):
        refusal = peer_refusal(where[0], local_publisher=wire.local_publisher)
        if refusal is not None:
            continue
        sock = socket.socket(family, kind, protocol)
        try:
            return _connected(wire, sock, where)
        except OSError as error:
            sock.close()
            failure = error
        except PeerError:
            sock.close()
            raise
    raise failure or PeerError(f"{host}: {refusal or 'no address'}")


def _connected(wire: Wire, sock: socket.socket, where: tuple[Any, ...]) -> socket.socket:
    sock.settimeout(wire.seconds(wire.connect_seconds))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.connect(where)
    wire.remote_ip = sock.getpeername()[0]
    refusal = peer_refusal(sock.getpeername()[0], local_publisher=wire.local_publisher)
    if refusal is not None:
        raise PeerError(refusal)
    return sock


class Tap(io.RawIOBase):
    """The receiving end of a socket, with the deadline checked before each read and every byte counted."""

    def __init__(self, sock: socket.socket, wire: Wire) -> None:
        super().__init__()
        self._sock, self._wire = sock, wire
        self._source = sock.makefile("rb", buffering=0)
        wire.tail, wire.sock = sock.makefile("rb", buffering=0), sock

    def readable(self) -> bool:
        """A file object may be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """One read of the socket. Raises DeadlineError and OSError, both noted."""
        try:
            self._sock.settimeout(self._wire.seconds(self._wire.read_seconds))
            count = self._source.readinto(buffer) or 0
        except OSError as error:
            self._wire.note_trouble(error, "read")
            raise
        self._wire.note_bytes(memoryview(buffer)[:count])
        return count

    def close(self) -> None:
        """Closes this end only; the wire's own handle is closed by the wire."""
        self._source.close()
        super().close()


class WatchedResponse(http.client.HTTPResponse):
    """The standard library's response, read through a Tap."""

    def __init__(self, sock: socket.socket, *args: Any, wire: Wire, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        unwatched, self.fp = self.fp, io.BufferedReader(Tap(sock, wire))
        unwatched.close()
        self._wire = wire

    def begin(self) -> None:
        """Reads the head."""
        super().begin()
        self._wire.head_ended = True


class WatchedConnection(HTTPConnection):
    """Plain connection whose socket is made by `connect` and whose sent and received bytes are kept."""

    def __init__(self, *args: Any, wire: Wire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wire = wire
        # http.client makes its response through this attribute; that is the only way to hand it the wire.
        self.response_class = partial(WatchedResponse, wire=wire)  # type: ignore[assignment]

    def _new_conn(self) -> socket.socket:
        try:
            return connect(self.wire, self.host, self.port or self.default_port)
        except OSError as error:
            self.wire.note_trouble(error, "connect")
            raise

    def send(self, data: Any) -> None:
        """Sends, and keeps what was sent once it is out."""
        if self.sock is None:
            self.connect()
        try:
            super().send(data)
        except OSError as error:
            self.wire.note_trouble(error, "send")
            raise
        self.wire.request_head += bytes(data)


class WatchedTLSConnection(WatchedConnection, HTTPSConnection):
    """The same under TLS, with what was negotiated."""

    def connect(self) -> None:
        """Connects and shakes hands."""
        try:
            super().connect()
        except OSError as error:
            self.wire.note_trouble(error, "tls")
            raise
        if isinstance(self.sock, ssl.SSLSocket):
            cipher, certificate = self.sock.cipher(), self.sock.getpeercert(binary_form=True)
            self.wire.tls_version = self.sock.version()
            self.wire.tls_cipher = cipher[0] if cipher else None
            self.wire.tls_certificate_sha256 = hashlib.sha256(certificate).hexdigest() if certificate else None


class WatchedPools(PoolManager):
    """Makes pools whose connections report to one wire."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(num_pools=1, maxsize=1)
        self._wire = wire

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        kind = WatchedTLSConnection if scheme == "https" else WatchedConnection
        pool.ConnectionCls = partial(kind, wire=self._wire)  # type: ignore[assignment]  # called, never subclassed
        return pool
