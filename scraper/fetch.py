"""Asks for addresses, politely and one at a time, and turns every exchange into a Capture.

Never raises for trouble on the wire, never alters a body, never asks a host that the series does not allow.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from http.client import HTTPException
from types import TracebackType
from typing import Self
from urllib.parse import urldefrag, urljoin

import requests
import stamina
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from scraper.exchange import after_redirects, capture_of, location_of, refused
from scraper.judge import judged, redirect_refused
from scraper.manners import (
    LONGEST_BACKOFF_SECONDS,
    Leave,
    Pace,
    RobotsCopy,
    is_passing,
    leave_for,
    plain,
    read_robots,
    robots_name,
    user_agent,
)
from scraper.model import Capture, Hop, Request, Series
from scraper.peers import address_refusal, listed, redirect_refusal, target_of
from scraper.trouble import PeerError, Trouble, library_trouble
from scraper.wire import WatchedPools, Wire, instant

READ_BYTES = 65_536


class _PassingError(Exception):
    """What stamina sees of a capture that may go better at the next try."""


class _Adapter(HTTPAdapter):
    """The adapter of requests, over connections that report to a Wire.

    It is used by itself: what requests puts around it would bring cookies, netrc, proxies and redirects of its own.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__()

    def init_poolmanager(self, *_args: object, **_kwargs: object) -> None:
        """Makes the pools; called by HTTPAdapter."""
        self.poolmanager = WatchedPools(self._wire)


class Fetcher:
    """Fetches the addresses of one series; a context manager, to be used by one thread.

    `software` is name and version, e.g. `opt-out-archive/0.1.0`; once `stop` is set no further exchange begins.
    """

    def __init__(self, series: Series, software: str, stop: threading.Event) -> None:
        self._series, self._software = series, software
        self._pace = Pace(series.manners, stop)
        self._robots: dict[str, RobotsCopy] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Every connection is closed with its exchange; what is left to forget is what robots.txt said.
        self._robots.clear()

    def attempts(self, request: Request) -> Iterator[Capture]:
        """Every exchange that the request needs, each as soon as it has ended; the last one is the answer.

        First the host's robots.txt where it is not known (its captures have purpose `robots`), then up to
        `manners.attempts` exchanges of the address. A refusal of ours is a capture too, without status. Once the stop
        event is set no further exchange begins: the last capture may then be that of a robots.txt, or there is none.
        """
        yield from self._attempts(request)

    def _attempts(self, request: Request) -> Generator[Capture, None, Capture | None]:
        last: Capture | None = None
        with contextlib.suppress(_PassingError):
            for attempt in self._tries():
                last = yield from self._visit(request)
                if last is None:
                    return None
                # Outside the attempt: stamina would take the consumer's leaving (GeneratorExit) for a failed try.
                yield last
                again = self._comes_again(last, attempt.next_wait)
                with attempt:
                    if again:
                        raise _PassingError(last.error_code)
        return last

    def _tries(self) -> Iterator[stamina.Attempt]:
        manners = self._series.manners
        # stamina counts the tries and doubles the wait, but its own sleep cannot be interrupted. So its hook asks for
        # no wait at all, and Pace waits, where a stop ends it.
        return iter(
            stamina.retry_context(
                on=lambda error: 0.0 if isinstance(error, _PassingError) else False,
                attempts=max(1, manners.attempts),
                timeout=None,
                wait_initial=manners.pace_seconds,
                wait_max=LONGEST_BACKOFF_SECONDS,
                wait_jitter=0,
            )
        )

    def _comes_again(self, capture: Capture, seconds: float) -> bool:
        """Whether another try may help; if so its host is left alone for `seconds`, or for as long as it asks."""
        origin = _origin(capture.final_address or capture.request.address)
        if not is_passing(capture):
            return False
        self._pace.hold(origin, max(seconds, capture.retry_after_seconds or 0.0))
        return self._pace.held_too_long(origin) is None

    def _visit(self, request: Request) -> Generator[Capture, None, Capture | None]:
        """One exchange, its redirects followed by hand; None where the stop event is set before it begins."""
        trail: tuple[Hop, ...] = ()
        before: Capture | None = None
        address = _normal(request.address)
        while True:
            leave = yield from self._leave(request, address)
            if isinstance(leave, Capture):
                return redirect_refused(before, leave.error_code, leave.error_detail) if before else leave
            if leave is None or not self._pace.wait(_origin(address)):
                return redirect_refused(before, "stopped", "stopped before following it") if before else None
            capture = after_redirects(self._exchange(request, address, leave, before), before, trail)
            location = location_of(capture)
            if location is None:
                return self._judged(capture, address)
            trail += (Hop(address, capture.status or 0, location),)
            before = replace(capture, redirects=trail)
            address = _normal(urljoin(address, location))
            refusal = redirect_refusal(address, trail, request.purpose, self._series)
            if refusal:
                return redirect_refused(before, refusal[0], plain(refusal[1]))

    def _judged(self, capture: Capture, address: str) -> Capture:
        target = target_of(address)
        return judged(capture, from_file_host=target is not None and listed(target, self._series.file_hosts))

    def _leave(self, request: Request, address: str) -> Generator[Capture, None, Leave | Capture | None]:
        """Leave to ask for an address, or the capture of our refusal; None where the stop event came in between."""
        refusal = address_refusal(address, request.purpose, self._series)
        if refusal:
            return refused(request, *refusal)
        held = self._pace.held_too_long(_origin(address))
        if held is not None:
            return refused(request, "retry_after", f"the server asked to be left alone for {held:.0f} more seconds")
        if request.purpose == "robots":
            return Leave(granted=True)
        copy = yield from self._robots_of(address)
        if copy is None:
            return None
        leave = leave_for(request, address, copy, self._series, robots_name(self._software))
        return leave if leave.granted else refused(request, "robots", leave.rule or "", leave)

    def _robots_of(self, address: str) -> Generator[Capture, None, RobotsCopy | None]:
        """The robots.txt that rules an address, fetched where we have no fresh copy; None where we were stopped."""
        origin, name = _origin(address), robots_name(self._software)
        copy = self._robots.get(origin)
        if copy is not None and copy.good_until > time.monotonic():
            return copy
        answer = yield from self._attempts(Request(f"{origin}/robots.txt", "robots", via_address=address))
        if answer is None:
            return None
        copy = self._robots[origin] = read_robots(answer, time.monotonic())
        self._pace.slow_down(origin, float((copy.rules.crawl_delay(name) if copy.rules else None) or 0.0))
        return copy

    def _exchange(self, request: Request, address: str, leave: Leave, before: Capture | None) -> Capture:
        """One request on the wire. The deadline holds for the whole chain, without the pauses between its requests."""
        manners = self._series.manners
        began_at, began = instant(), time.monotonic()
        spent = before.duration_ms / 1000 if before else 0.0
        wire = Wire(
            manners.local_publisher, manners.connect_seconds, manners.read_seconds,
            deadline=began + manners.deadline_seconds - spent,
        )  # fmt: skip
        body, trouble = ask_once(address, self._headers(request), wire, manners.max_bytes)
        self._pace.ended()
        duration_ms = round((time.monotonic() - began + spent) * 1000)
        return capture_of(
            request, address, wire, body, trouble, leave,
            began_at=began_at, duration_ms=duration_ms, max_bytes=manners.max_bytes,
        )  # fmt: skip

    def _headers(self, request: Request) -> dict[str, str]:
        conditional = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
        return {
            "User-Agent": user_agent(self._software, self._series.manners),
            "Accept": "*/*",
            "Accept-Language": "en-GB",
            "Accept-Encoding": "identity",
            # One connection for one request: each has its peer checked, and bytes beyond the declared end show.
            "Connection": "close",
            **{name: value for name, value in conditional.items() if value is not None},
        }


def _normal(address: str) -> str:
    """The address as requests will ask for it, without fragment; as it was where it is not plain http(s)."""
    if target_of(address) is None:
        return address
    try:
        return requests.Request("GET", urldefrag(address).url).prepare().url or address
    except (requests.RequestException, ValueError):
        return ""


def _origin(address: str) -> str:
    target = target_of(address)
    return target.origin if target else address


def ask_once(
    address: str, headers: dict[str, str], wire: Wire, max_bytes: int, posted: bytes | None = None
) -> tuple[bytes, Trouble | None]:
    """One GET, or one POST of `posted`; the body as sent, also where it was cut, and what went wrong. No redirects."""
    body = bytearray()
    with contextlib.closing(wire), contextlib.closing(_Adapter(wire)) as adapter:
        try:
            method = "GET" if posted is None else "POST"
            prepared = requests.Request(method, address, headers=headers, data=posted).prepare()
            seconds = (wire.connect_seconds, wire.read_seconds)
            with contextlib.closing(adapter.send(prepared, stream=True, timeout=seconds)) as response:
                trouble = _read(response, body, max_bytes)
                wire.look_for_surplus()
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError, PeerError) as error:
            trouble = wire.trouble or library_trouble(error)
    return bytes(body), trouble


def _read(response: requests.Response, body: bytearray, max_bytes: int) -> Trouble | None:
    """Reads the body as sent, neither decoded nor beyond `max_bytes`."""
    declared = response.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared[:16]) > max_bytes:
        return Trouble("too_large", f"{declared} bytes are declared, more than the {max_bytes} allowed")
    # read1 hands over what came so far, so that a cut body is kept to its last byte.
    while chunk := response.raw.read1(READ_BYTES, decode_content=False):
        body += chunk
        if len(body) > max_bytes:
            del body[max_bytes:]
            return Trouble("too_large", f"more than the {max_bytes} bytes allowed")
    return None
