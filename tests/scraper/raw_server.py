"""A loopback server that answers with exactly the bytes, pauses and breaks that a test states.

Never speaks more HTTP than finding out which path was asked for, and never leaves loopback.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from scraper.fetch import Fetcher
from scraper.model import Capture, Manners, Purpose, Request, Series

Answer = bytes | Callable[[socket.socket], None]
SOFTWARE = "opt-out-archive/0.1.0"
NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
CSV = b"ACH_DATE,AGE_BAND,GENDER,OPT_OUT\n01/07/2021,0-9,Female,1\n"
PAGE = b"<!DOCTYPE html><html><head><title>Made up</title></head><body>page</body></html>\n"


class Seen(NamedTuple):
    """One request as the server saw it."""

    path: str
    head: str
    at: float


@dataclass
class RawServer:
    """`answers` maps a path to its answers in turn, the last one for ever; robots.txt is missing unless given."""

    tls: ssl.SSLContext | None = None
    answers: dict[str, Sequence[Answer]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.root = f"{'https' if self.tls else 'http'}://{self.host}"
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self.threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(5)

    def paths(self) -> list[str]:
        """Paths asked for, in order."""
        return [seen.path for seen in self.seen]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,))
            self.threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(5)
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(sock)
            if self.tls:
                sock = stack.enter_context(self.tls.wrap_socket(sock, server_side=True))
            head = b""
            while b"\r\n\r\n" not in head:
                more = sock.recv(65_536)
                if not more:
                    return
                head += more
            path = head.split(b" ", 2)[1].decode()
            before = self.paths().count(path)
            self.seen.append(Seen(path, head.decode("latin-1"), time.monotonic()))
            answers = self.answers.get(path, [NO_ROBOTS])
            answer = answers[min(before, len(answers) - 1)]
            if callable(answer):
                answer(sock)
            else:
                sock.sendall(answer)

    # ------------------------------------------------------------ what a test asks

    def series(self, *, hosts: tuple[str, ...] = (), **manners: object) -> Series:
        """A series of this server's own: local, without pauses, with short limits."""
        local = Manners("operator@example.org", 0.0, 1.0, 1.0, 2.0, 1_000_000, 1, local_publisher=True)
        kept = {name: getattr(local, name) for name in local.__dataclass_fields__} | manners
        allowed = (self.host, *hosts)
        return Series(
            "made-up", "Made up", "Nobody", "OGL", "", f"{self.root}/series", allowed, allowed, ".", "UTC",
            (), 60, 7, (), Manners(**kept), made_up=True,
        )  # fmt: skip

    def ask(
        self, path: str, purpose: Purpose = "file", *, series: Series | None = None, **request: object
    ) -> list[Capture]:
        """All captures of one request by a new Fetcher."""
        with Fetcher(series or self.series(), SOFTWARE, threading.Event()) as fetcher:
            return list(fetcher.attempts(self.request(path, purpose, **request)))

    def request(self, path: str, purpose: Purpose = "file", **request: object) -> Request:
        """A request for a path of this server, or for a whole address."""
        return Request(path if "//" in path else self.root + path, purpose, **request)


def answer(status: str = "200 OK", body: bytes = b"", *fields: str, length: bool = True) -> bytes:
    """A whole HTTP answer; `length=False` leaves its end to the closing of the connection."""
    lines = [f"HTTP/1.1 {status}", *fields, *([f"Content-Length: {len(body)}"] if length else []), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def chunked(body: bytes, *fields: str, end: bytes = b"0\r\n\r\n") -> bytes:
    """An answer in two chunks."""
    half = len(body) // 2
    parts = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:]) if part)
    return answer("200 OK", b"", "Transfer-Encoding: chunked", *fields, length=False) + parts + end


def dripping(
    data: bytes, pause: float, ending: threading.Event, *, at_once: bytes = b""
) -> Callable[[socket.socket], None]:
    """Sends `at_once`, then `data` byte by byte with a pause before each."""

    def drip(sock: socket.socket) -> None:
        sock.sendall(at_once)
        for at in range(len(data)):
            if ending.wait(pause):
                return
            sock.sendall(data[at : at + 1])

    return drip


def reset_after(data: bytes) -> Callable[[socket.socket], None]:
    """Sends `data` and then resets the connection instead of closing it."""

    def reset(sock: socket.socket) -> None:
        sock.sendall(data)
        time.sleep(0.1)  # so that the data is read before the reset throws it away
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return reset


@contextlib.contextmanager
def closed_port() -> Iterator[str]:
    """Host and port of a loopback port where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{sock.getsockname()[1]}"
