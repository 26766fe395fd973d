"""Sends one small message to one address and hands back the answer: the way to a time-stamp authority.

Never follows a redirect, never asks a second time, and never raises for trouble on the wire: that is part of the answer.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from scraper.exchange import capture_of
from scraper.fetch import ask_once
from scraper.manners import Leave, plain, user_agent
from scraper.model import Manners, Request
from scraper.peers import target_of
from scraper.wire import Wire, instant


class Answer(NamedTuple):
    """What came back."""

    body: bytes | None
    """None where nothing came, or not all of it."""
    status: int | None
    content_type: str | None
    trouble: str | None
    """What went wrong, as a code and a sentence; None where a whole answer with status 200 came."""


def post(address: str, message: bytes, kinds: tuple[str, str], software: str, manners: Manners) -> Answer:
    """POST `message` once and wait for the answer.

    `kinds` are the media types of the message and of the answer that is asked for; `manners` state the contact, the
    deadline in seconds, the largest answer in bytes, and whether the machine asked is this one (then only loopback
    may answer, else only a public address, checked on the connected peer).
    """
    if target_of(address) is None:
        return Answer(None, None, None, "address: not a plain http or https address")
    began_at, began = instant(), time.monotonic()
    wire = Wire(
        manners.local_publisher, manners.connect_seconds, manners.read_seconds,
        deadline=began + manners.deadline_seconds,
    )  # fmt: skip
    headers = {
        "User-Agent": user_agent(software, manners), "Content-Type": kinds[0], "Accept": kinds[1],
        "Accept-Encoding": "identity", "Connection": "close",
    }  # fmt: skip
    body, trouble = ask_once(address, headers, wire, manners.max_bytes, posted=message)
    taken = capture_of(
        Request(address, "file"), address, wire, body, trouble, Leave(granted=True),
        began_at=began_at, duration_ms=round((time.monotonic() - began) * 1000), max_bytes=manners.max_bytes,
    )  # fmt: skip
    if taken.error_code:
        return Answer(None, taken.status, taken.content_type, f"{taken.error_code}: {taken.error_detail or ''}".strip())
    if taken.status != 200:
        return Answer(None, taken.status, taken.content_type, _other_than_200(taken.status))
    return Answer(taken.body, taken.status, taken.content_type, None)


def _other_than_200(status: int | None) -> str:
    if status is not None and 300 <= status < 400:
        return plain(f"status {status}: it sends us elsewhere, and redirects are not followed here")
    return f"status {status}"
