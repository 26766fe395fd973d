"""Decides what a capture is beside what was captured before: new, changed, reissued, unchanged.

Pure: asks no database, reads no clock.
"""

from __future__ import annotations

from typing import NamedTuple

from scraper.model import Outcome, Verdict

ACCEPTED: tuple[Outcome, ...] = ("new", "changed", "reissued", "unchanged")
"""Outcomes of captures whose body was taken for what was asked: only these move the baseline."""

CONFIRMING: tuple[Outcome, ...] = (*ACCEPTED, "not_modified")
"""Outcomes after which the next request may be conditional."""


class Earlier(NamedTuple):
    """An earlier accepted capture to compare with."""

    capture_id: int
    sha256: str


class Decision(NamedTuple):
    """The outcome, and the earlier capture that it was compared with (None where there was none to compare)."""

    outcome: Outcome
    previous_capture_id: int | None


def outcome_of(verdict: Verdict, sha256: str | None, last: Earlier | None, elsewhere: Earlier | None) -> Decision:
    """Outcome of a capture (design section 5).

    `last` is the newest accepted capture of the same address in the series, `elsewhere` the newest accepted one of a
    file with the same publication, link text and file name at another address: the publisher gives a corrected file
    a new address, so an address is not a file's identity (reliability, finding 1).
    Raises ValueError for an accepted capture without a body, which is a fault of ours.
    """
    if verdict == "not_modified":
        return Decision("not_modified", last.capture_id if last else None)
    if verdict != "accepted":
        return Decision(verdict, None)
    if sha256 is None:
        raise ValueError("an accepted capture has no body: expected the bytes that were accepted")
    if last is not None:
        return Decision("unchanged" if sha256 == last.sha256 else "changed", last.capture_id)
    if elsewhere is not None:
        return Decision("reissued", elsewhere.capture_id)
    return Decision("new", None)
