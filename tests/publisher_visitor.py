"""Owns a plain visitor of the pretend publisher: one request, and every byte of what came back.

Never the archive's own fetcher: the publisher is tested without it.
"""

from __future__ import annotations

import http.client
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from bs4 import BeautifulSoup


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def soup(self) -> BeautifulSoup:
        """The page, parsed as leniently as browsers do."""
        return BeautifulSoup(self.body, "lxml")


def get(address: str, method: str = "GET", **headers: str) -> Answer:
    """One request on a connection of its own; header names with underscores for hyphens."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def raw(address: str) -> bytes:
    """Every byte that comes back on a raw socket until the other side ends."""
    parts = urlsplit(address)
    with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=5) as wire:
        wire.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        pieces = iter(lambda: wire.recv(65536), b"")
        return b"".join(pieces)
