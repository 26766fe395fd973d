"""Owns the wire of the pretend publisher: one real loopback HTTP/1.1 server, and how a reply is sent, well or badly.

Never knows what a page or a file is; it sends the Reply it is given, to the byte, and ends every thread it started.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Literal, NamedTuple

LOOPBACK = "127.0.0.1"
PHRASES = {status.value: status.phrase for status in HTTPStatus}
STEP_SECONDS = 0.02
"""How often a drip sends: short enough to stop at once, long enough not to burn the processor."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, and how it travels. Headers for length, date and framing are added by the wire."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    framing: Literal["length", "chunked", "close"] = "length"
    declared_bytes: int | None = None
    """A Content-Length that does not agree with the body; None tells the truth."""
    stop_after: int | None = None
    """Body bytes sent before the connection ends."""
    reset: bool = False
    """End with a reset instead of a plain close."""
    wait_seconds: float = 0.0
    """Silence before the status line."""
    bytes_per_second: float | None = None
    head_bytes_per_second: float | None = None


class Asked(NamedTuple):
    """One request as it came in."""

    host: str
    method: str
    target: str
    headers: Message


def head_of(reply: Reply, sent_body: bytes) -> bytes:
    """Status line and header lines of a reply; `sent_body` decides the honest Content-Length."""
    phrase = PHRASES.get(reply.status, "Unknown")
    lines = [f"HTTP/1.1 {reply.status} {phrase}", f"Date: {formatdate(usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if reply.framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
    elif reply.framing == "close":
        lines.append("Connection: close")
    elif reply.status not in (204, 304):
        length = len(sent_body) if reply.declared_bytes is None else reply.declared_bytes
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def framed(reply: Reply) -> bytes:
    """The body as it goes over the wire; a cut chunked body has no last chunk."""
    body = reply.body if reply.stop_after is None else reply.body[: reply.stop_after]
    if reply.framing != "chunked":
        return body
    pieces = [body[i : i + 65536] for i in range(0, len(body), 65536)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return chunks if reply.stop_after is not None else chunks + b"0\r\n\r\n"


def ends_connection(reply: Reply) -> bool:
    """Whether nothing may follow on this connection after the reply."""
    lied = reply.declared_bytes not in (None, len(reply.body))
    return reply.framing == "close" or reply.stop_after is not None or reply.reset or lied


class _Exchange(BaseHTTPRequestHandler):
    """One connection; every request on it is answered by the server's `answer`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Wire

    def do_GET(self) -> None:
        """Answer a GET or a HEAD."""
        asked = Asked(self.server.kind, self.command, self.path, self.headers)
        reply = self.server.answer(asked)
        try:
            self._send(reply)
        except OSError:  # the visitor went away, or we are closing: both are part of the story, not an error
            self.close_connection = True

    do_HEAD = do_GET  # noqa: N815 - the names are those of http.server

    def _send(self, reply: Reply) -> None:
        body = b"" if self.command == "HEAD" or reply.status in (204, 304) else framed(reply)
        head = head_of(reply, reply.body)
        if reply.wait_seconds and self.server.closing.wait(reply.wait_seconds):
            raise ConnectionAbortedError
        if reply.head_bytes_per_second or reply.bytes_per_second:
            self._drip(head, reply.head_bytes_per_second)
            self._drip(body, reply.bytes_per_second)
        else:
            self.connection.sendall(head + body if len(body) < 65536 else head)
            if len(body) >= 65536:
                self.connection.sendall(body)
        if ends_connection(reply):
            self.close_connection = True
        if reply.reset:
            self._reset()

    def _drip(self, data: bytes, bytes_per_second: float | None) -> None:
        step = len(data) if bytes_per_second is None else max(1, int(bytes_per_second * STEP_SECONDS))
        for start in range(0, len(data), step or 1):
            self.connection.sendall(data[start : start + step])
            if bytes_per_second is not None and self.server.closing.wait(step / bytes_per_second):
                raise ConnectionAbortedError

    def _reset(self) -> None:
        # Lingering for no time makes close() send RST; detach(), because http.server would send FIN first.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing: the tests read `Publisher.requests`."""


class Wire(HTTPServer):
    """One loopback server in threads of its own; `close` ends them all and drops every connection."""

    request_queue_size = 64

    def __init__(self, kind: str, answer: Callable[[Asked], Reply], port: int = 0) -> None:
        self.kind, self.answer = kind, answer
        self.closing = threading.Event()
        self.failures: list[BaseException] = []
        self._open: dict[threading.Thread, socket.socket] = {}
        self._guard = threading.Lock()
        super().__init__((LOOPBACK, port), _Exchange)
        self._loop = threading.Thread(target=self.serve_forever, args=(0.02,), name=f"pretend {kind}", daemon=True)
        self._loop.start()

    @property
    def port(self) -> int:
        """The port that the system chose, or that was asked for."""
        return int(self.server_address[1])

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the name that http.server does: no DNS in tests."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection in a thread that `close` can find again."""
        thread = threading.Thread(target=self._serve, args=(request, client_address), daemon=True)
        with self._guard:
            self._open[thread] = request
        thread.start()

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # a connection dropped by either side
        except Exception as error:  # noqa: BLE001 - kept, and raised when the publisher closes
            self.failures.append(error)
        finally:
            with self._guard:
                self._open.pop(threading.current_thread(), None)
            self.shutdown_request(request)

    def close(self) -> None:
        """Refuse new connections, drop the open ones, and wait for every thread."""
        self.closing.set()
        self.shutdown()
        self._loop.join()
        self.server_close()
        with self._guard:
            still_open = dict(self._open)
        for request in still_open.values():
            try:
                request.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the other side was first
        for thread in still_open:
            thread.join(timeout=5)
