"""Names for what goes wrong on the wire: an error code and a sentence for every exception of the libraries below us.

Never catches anything itself and never decides whether to try again.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import urllib3.exceptions

TLS_CODES = {
    9: "tls_expired", 10: "tls_expired", 18: "tls_issuer", 19: "tls_issuer", 20: "tls_issuer",
    62: "tls_name", 64: "tls_name",
}  # fmt: skip
"""OpenSSL's verify codes: not yet valid, expired, self-signed (alone, in chain), unknown issuer, wrong name, wrong IP."""


class Trouble(NamedTuple):
    """What went wrong: a permanent code and one sentence."""

    code: str
    detail: str


class PeerError(Exception):
    """The machine that a name leads to may not be asked. Raised before any request byte is sent."""


class DeadlineError(TimeoutError):
    """The total deadline of the exchange has passed."""


def socket_trouble(error: Exception, step: str) -> Trouble:
    """Trouble of one step on a socket: `connect`, `tls`, `send` or `read`."""
    detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, DeadlineError):
        return Trouble("deadline", "the total deadline passed")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Trouble(TLS_CODES.get(error.verify_code, "tls"), f"certificate refused: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return Trouble("tls", f"TLS failed: {error.reason or detail}")
    if isinstance(error, socket.gaierror):
        return Trouble("dns", f"the name does not resolve: {detail}")
    if isinstance(error, TimeoutError):
        return Trouble(f"{step}_timeout", "no answer in time")
    return Trouble(step if step in ("connect", "tls") else "disconnect", detail)


LIBRARY_TROUBLE: tuple[tuple[type[BaseException], str, str], ...] = (
    (PeerError, "private_address", "{}"),
    (http.client.RemoteDisconnected, "disconnect", "the server closed the connection without an answer"),
    (http.client.IncompleteRead, "short", "the connection ended before the body did"),  # urllib3's own is one of these
    (urllib3.exceptions.InvalidHeader, "framing", "the response contradicts itself about its length: {}"),
    (http.client.BadStatusLine, "protocol", "the answer does not begin with an HTTP status line"),
    (http.client.HTTPException, "header", "the response head cannot be read: {}"),
)
"""From the more to the less particular: class, code, sentence."""


def library_trouble(error: Exception) -> Trouble:
    """Trouble that the libraries name themselves, found in an exception or in those that it wraps."""
    for link in _chain(error):
        for kind, code, sentence in LIBRARY_TROUBLE:
            if isinstance(link, kind):
                return Trouble(code, sentence.format(link))
    return Trouble("protocol", f"{type(error).__name__}: {error}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and those that it wraps, however the libraries wrapped them."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and link not in seen:
            seen.append(link)
            waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
            yield link
