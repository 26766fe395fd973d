"""Owns how the pretend publisher misbehaves: refusals, cuts, drips, silences, wrong headers, each for a target and a while.

Never changes what the publisher holds: take the trouble away, and the good answer is there again.
"""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote, urlsplit

from tests.publisher_answers import DENIED, XML, html_reply
from tests.publisher_wire import Asked, Reply

Hosts = Literal["pages", "files", "both"]
Change = Callable[[Reply], Reply]

CHALLENGE = """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
<meta name="robots" content="noindex,nofollow"></head><body><div class="main-wrapper" role="main"><div class="main-content">
<noscript><span id="challenge-error-text">Enable JavaScript and cookies to continue</span></noscript></div></div>
<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>
"""
MAINTENANCE = """<!DOCTYPE html><html><head><title>Maintenance</title></head>
<body><h1>We are down for maintenance</h1></body></html>
"""


@dataclass(slots=True)
class Trouble:
    """One kind of misbehaviour: whom it reaches, what it does to the good reply, and when it is over."""

    target: str
    change: Change
    name: str
    times: int | None = None
    ends: float | None = None
    """On the monotonic clock."""

    def reaches(self, asked: Asked) -> bool:
        """Whether this request meets the trouble: by host kind, address, path, file name or slug.

        A host's trouble spares its robots.txt, so that `times` counts what a test counts; name `robots.txt` to hit it.
        """
        path = unquote(asked.target.partition("?")[0])
        if self.target in ("pages", "files", "both"):
            return self.target in (asked.host, "both") and path != "/robots.txt"
        wanted = unquote(urlsplit(self.target).path) if "://" in self.target else self.target
        return path == wanted or path.endswith("/" + wanted.lstrip("/"))

    def is_over(self) -> bool:
        """Whether it has been met often enough, or its time has passed."""
        return self.times == 0 or (self.ends is not None and time.monotonic() >= self.ends)


class Troubles:
    """The methods that make a publisher misbehave. Targets: `pages`, `files`, `both`, an address, a path, a file name, a slug.

    `times=None` lasts until `calm` (or the method's own off switch); several troubles of one target add up, oldest first.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._troubles: list[Trouble] = []

    def _make(
        self, name: str, target: str, change: Change, times: int | None = None, ends: float | None = None
    ) -> None:
        with self._lock:
            self._troubles.append(Trouble(target, change, name, times, ends))

    def _troubled(self, asked: Asked, reply: Reply) -> Reply:
        """The reply after every trouble that this request meets."""
        for trouble in [one for one in self._troubles if not one.is_over() and one.reaches(asked)]:
            reply = trouble.change(reply)
            trouble.times = None if trouble.times is None else trouble.times - 1
        return reply

    def calm(self, target: str | None = None, *, name: str | None = None) -> None:
        """End all trouble, or that of one target, or of one kind (named as the method that made it)."""
        with self._lock:
            self._troubles = [
                one for one in self._troubles
                if (target is not None and one.target != target) or (name is not None and one.name != name)
            ]  # fmt: skip

    # ------------------------------------------------------------ refusals

    def challenge(self, on: bool = True, *, host: Hosts = "pages") -> None:
        """Answer with a content-delivery network's challenge: 403, `cf-mitigated: challenge`, an HTML body."""
        self.calm(name="challenge")
        headers = (
            ("Content-Type", "text/html; charset=UTF-8"),
            ("Server", "cloudflare"),
            ("cf-mitigated", "challenge"),
        )
        if on:
            self._make("challenge", host, lambda _: Reply(403, CHALLENGE.encode(), headers))

    def maintenance(self, on: bool = True, *, status: int = 503, host: Hosts = "both") -> None:
        """Answer everything with a maintenance page; `status=200` is the treacherous kind."""
        self.calm(name="maintenance")
        if on:
            self._make("maintenance", host, lambda _: html_reply(MAINTENANCE, status))

    def too_many(self, retry_after: int | str | None = 1, *, times: int | None = 1, target: str = "files") -> None:
        """Answer 429, with Retry-After in seconds or as any text, or without."""
        headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
        self._make(
            "too_many",
            target,
            lambda _: Reply(429, b"Too many requests", (("Content-Type", "text/plain"), *headers)),
            times,
        )

    def fail(
        self, status: int = 500, times: int | None = 1, *, target: str = "both", body: bytes = b"<h1>Error</h1>"
    ) -> None:
        """Answer with a bare status."""
        self._make("fail", target, lambda _: Reply(status, body, (("Content-Type", "text/html"),)), times)

    def forbid_until(self, target: str, *, count: int | None = None, seconds: float | None = None) -> None:
        """Answer the object store's XML 403, so many times or for so long, then the file."""
        ends = None if seconds is None else time.monotonic() + seconds
        self._make("forbid_until", target, lambda _: Reply(403, DENIED, XML), count, ends)

    def soft_404(self, target: str, *, times: int | None = None) -> None:
        """Answer 200 with a page that says it was not found, also in place of a file."""
        text = (
            "<!DOCTYPE html><html><head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>"
        )
        self._make("soft_404", target, lambda _: html_reply(text), times)

    def redirect(self, target: str, location: str, *, status: int = 302, times: int | None = None) -> None:
        """Send the visitor elsewhere."""
        self._make("redirect", target, lambda _: Reply(status, b"", (("Location", location),)), times)

    # ------------------------------------------------------------ the wire

    def cut_off(self, target: str, after_bytes: int, *, times: int | None = None, reset: bool = False) -> None:
        """End the connection in mid-body; the head still promises the whole."""
        self._make("cut_off", target, lambda one: replace(one, stop_after=after_bytes, reset=reset), times)

    def drip(self, target: str, bytes_per_second: float, *, times: int | None = None) -> None:
        """Send the body slowly."""
        self._make("drip", target, lambda one: replace(one, bytes_per_second=bytes_per_second), times)

    def drip_head(self, target: str, bytes_per_second: float, *, times: int | None = None) -> None:
        """Send the status line and headers slowly."""
        self._make("drip_head", target, lambda one: replace(one, head_bytes_per_second=bytes_per_second), times)

    def slow(self, target: str, seconds: float, *, times: int | None = None) -> None:
        """Be silent before answering; very long is: never answer (the publisher's end ends the wait)."""
        self._make("slow", target, lambda one: replace(one, wait_seconds=seconds), times)

    def chunked(self, target: str, *, times: int | None = None) -> None:
        """Send the body in chunks instead of with a length."""
        self._make("chunked", target, lambda one: replace(one, framing="chunked"), times)

    def without_length(self, target: str, *, times: int | None = None) -> None:
        """Send no Content-Length: only the end of the connection ends the body."""
        self._make("without_length", target, lambda one: replace(one, framing="close"), times)

    def wrong_length(self, target: str, declared: int, *, times: int | None = None) -> None:
        """Promise another length than is sent."""
        self._make("wrong_length", target, lambda one: replace(one, declared_bytes=declared), times)

    # ------------------------------------------------------------ headers and bodies

    def header(self, target: str, name: str, value: str | None, *, times: int | None = None) -> None:
        """Replace a header (`ETag`, `Content-Type`, …); None leaves it out."""

        def changed(one: Reply) -> Reply:
            kept = tuple(pair for pair in one.headers if pair[0].lower() != name.lower())
            return replace(one, headers=kept if value is None else (*kept, (name, value)))

        self._make("header", target, changed, times)

    def content_type(self, target: str, media: str, *, times: int | None = None) -> None:
        """Send a wrong Content-Type."""
        self.header(target, "Content-Type", media, times=times)

    def gzipped(self, target: str, *, keep_bytes: int | None = None, times: int | None = None) -> None:
        """Encode the body although nobody asked; `keep_bytes` cuts the encoded body and promises no more."""

        def changed(one: Reply) -> Reply:
            wire = gzip.compress(one.body, mtime=0)[:keep_bytes]
            return replace(one, body=wire, headers=(*one.headers, ("Content-Encoding", "gzip")))

        self._make("gzipped", target, changed, times)

    def answer_with(self, target: str, body: bytes, *, times: int | None = None) -> None:
        """Send other bytes with the same headers: the file host gone wrong under an unchanged ETag."""
        self._make("answer_with", target, lambda one: replace(one, body=body), times)
