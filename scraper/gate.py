"""Decides whether one look at a file is enough: bytes that nothing proves whole, or that shrank, must come the same twice.

Never fetches, never reads a figure, and never throws a body away: what is doubted is held as suspect.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import NamedTuple

from scraper.completeness import Check
from scraper.model import Capture

SMALLEST_PART = 0.75
"""A known file below this part of its last size is looked at twice; the publisher's own files vary by a few per cent."""

UNCONFIRMED, UNSTABLE = "unconfirmed", "unstable"
"""Error codes of files that wait for a second look, and of those that came otherwise at the second."""


class Before(NamedTuple):
    """The last body of the same address that was accepted."""

    sha256: str
    bytes: int


def reason_to_doubt(capture: Capture, before: Before | None) -> str | None:
    """Why one look at this answer is not enough, in words; None where it is, and for anything that is no accepted file."""
    if capture.request.purpose != "file" or capture.verdict != "accepted" or capture.body is None:
        return None
    if before and sha256_of(capture) == before.sha256:
        return None
    if capture.complete_by == "unproved":
        return "nothing proves that the body is whole"
    if before and len(capture.body) < SMALLEST_PART * before.bytes:
        return f"{len(capture.body)} bytes came where {before.bytes} were before"
    return None


def weighed_first(capture: Capture, before: Before | None) -> Capture:
    """The answer to the first look: as it is, or held as suspect until a second look brings the same bytes."""
    doubt = reason_to_doubt(capture, before)
    if doubt is None:
        return capture
    return _held(capture, UNCONFIRMED, f"{doubt}; a second look has to bring the same bytes", ("TWICE", "warn"))


def weighed_second(capture: Capture, first: Capture, before: Before | None) -> Capture:
    """The answer to the second look: accepted where it brings the bytes of the first, or where nothing is to doubt in it."""
    doubt = reason_to_doubt(capture, before)
    if doubt is None:
        return capture
    if sha256_of(capture) == sha256_of(first):
        return replace(capture, checks=(*capture.checks, ("TWICE", "ok")))
    return _held(capture, UNSTABLE, f"{doubt}, and two looks brought different bytes", ("TWICE", "fail"))


def released(capture: Capture) -> Capture:
    """A suspect file whose bytes a person has released: accepted, with a check that says by what."""
    return replace(
        capture, verdict="accepted", error_code=None, error_detail=None, checks=(*capture.checks, ("RELEASED", "ok"))
    )


def sha256_of(capture: Capture) -> str:
    """SHA-256 of the body, of no bytes where there is none."""
    return hashlib.sha256(capture.body or b"").hexdigest()


def _held(capture: Capture, code: str, detail: str, check: Check) -> Capture:
    return replace(capture, verdict="suspect", error_code=code, error_detail=detail, checks=(*capture.checks, check))
