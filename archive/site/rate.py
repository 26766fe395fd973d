"""How many answers one address may ask for: a bucket of leave for each that fills again as time goes by.

Never logs an address and never keeps one longer than its bucket takes to fill, nor more than a bounded number of them.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from archive.site.headers import Application, Receive, Scope, Send

MOST_ADDRESSES = 10_000
"""Buckets kept at once: some two megabytes. The one that was asked longest ago is forgotten first."""


@dataclass(slots=True)
class Buckets:
    """Leave for each address: `per_minute` requests as time goes by, and as many at once."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    held: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    """Address to leave left and when that was reckoned; the newest last."""

    def take(self, address: str) -> float:
        """Seconds to wait: 0 where there was leave, which is one less now."""
        now = self.clock()
        left, since = self.held.pop(address, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - since) * self.per_minute / 60)
        granted = left >= 1
        self.held[address] = (left - granted, now)
        while len(self.held) > MOST_ADDRESSES:
            self.held.popitem(last=False)
        return 0.0 if granted else (1 - left) * 60 / self.per_minute


def client_of(scope: Scope) -> str:
    """Whom to count: the peer, or whom a proxy named that the server was told to believe. 64 bits of IPv6 are one client."""
    peer = str((scope.get("client") or ("unknown",))[0])
    return _network(peer) or peer


def _network(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def limited(application: Application, buckets: Buckets) -> Application:
    """The application, with 429 and Retry-After for addresses that ask too often."""

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        wait = buckets.take(client_of(scope)) if scope["type"] == "http" else 0.0
        if wait:
            await _refuse(send, math.ceil(wait), buckets.per_minute)
        else:
            await application(scope, receive, send)

    return counted


async def _refuse(send: Send, seconds: int, per_minute: int) -> None:
    headers = {
        "content-type": "text/plain; charset=utf-8", "retry-after": str(seconds), "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'", "x-content-type-options": "nosniff",
        "x-frame-options": "DENY", "referrer-policy": "no-referrer",
    }  # fmt: skip
    text = f"More than {per_minute} requests in a minute came from your address. Ask again in {seconds} s.\n"
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 429, "headers": raw})
    await send({"type": "http.response.body", "body": text.encode()})
