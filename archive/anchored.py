"""Says in words and values how far outside parties have confirmed the log: one text for the front page and `optout status`.

Reads the reading copy's rows only, and claims nothing that archive/promise.py does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.errors import in_plain_words

CHECKPOINT_SQL = "select size, made_at from checkpoints order by size desc limit 1"
PARTIES_SQL = """
select party, kind, max(size) as size, max(got_at) as got_at from anchors group by kind, party order by kind, party
"""
AFTER_SQL = "select min(made_at) as made_at from checkpoints where size > :size"

OUTSIDE = ("rfc3161", "cosignature")
"""Kinds whose party is somebody else. A mirror that we push ourselves is useful, and no outside party."""

PARTIES_NEEDED = 2
LATEST = timedelta(hours=25)
"""What stands longer than this without two outside parties is called unanchored."""

Row = Mapping[str, Any]


class Anchoring(NamedTuple):
    """How far the log is confirmed from outside. Sizes in leaves, instants in UTC; None where there is none."""

    size: int | None
    """Of the newest checkpoint."""
    signed_at: str | None
    anchored_at: str | None
    """When the newest anchor came, from whatever party."""
    party: str | None
    confirmed_size: int
    """Leaves that two outside parties have confirmed."""
    unanchored_since: str | None
    """When the first checkpoint was signed that two outside parties have not confirmed; None where there is none."""
    is_anchored: bool
    """Whether nothing stands unconfirmed for longer than 25 hours."""


def confirmed_size(parties: Sequence[Row]) -> int:
    """Leaves that as many outside parties as are needed have confirmed, each directly or by a later checkpoint."""
    sizes = sorted((row["size"] for row in parties if row["kind"] in OUTSIDE), reverse=True)
    return int(sizes[PARTIES_NEEDED - 1]) if len(sizes) >= PARTIES_NEEDED else 0


def anchoring_of(checkpoint: Row | None, parties: Sequence[Row], since: str | None, now: datetime) -> Anchoring:
    """The state out of the rows of the three statements above; `since` answers AFTER_SQL at `confirmed_size`."""
    newest = max(parties, key=lambda row: str(row["got_at"]), default=None)
    waits = since is not None and now - datetime.fromisoformat(since) > LATEST
    return Anchoring(
        checkpoint["size"] if checkpoint else None, checkpoint["made_at"] if checkpoint else None,
        newest["got_at"] if newest else None, newest["party"] if newest else None,
        confirmed_size(parties), since, checkpoint is not None and not waits,
    )  # fmt: skip


def standing_anchoring(copy: Database, now: datetime) -> Anchoring:
    """The state of the log by the reading copy. Raises ArchiveError where the copy cannot be read."""
    with in_plain_words("optouts.db"):
        checkpoint, parties = next(copy.query(CHECKPOINT_SQL), None), list(copy.query(PARTIES_SQL))
        (after,) = copy.query(AFTER_SQL, {"size": confirmed_size(parties)})
    return anchoring_of(checkpoint, parties, after["made_at"], now)


def signed_words(state: Anchoring, when: Mapping[str, str]) -> str:
    """What was signed last. `when` holds instants as the reader is shown them, by the text that is stored."""
    if state.size is None or state.signed_at is None:
        return "The log of this archive has not been signed yet."
    return f"The log has {state.size:,} entries, signed on {when.get(state.signed_at, state.signed_at)}."


def anchored_words(state: Anchoring, when: Mapping[str, str]) -> str:
    """How far that is confirmed from outside, or since when it is not."""
    if state.size is None:
        return "Not anchored yet: there is nothing to anchor."
    newest = ""
    if state.anchored_at is not None:
        newest = f" The newest anchor came on {when.get(state.anchored_at, state.anchored_at)}, from {state.party}."
    if state.unanchored_since is None:
        return f"Two outside parties have confirmed all of it.{newest}"
    since = when.get(state.unanchored_since, state.unanchored_since)
    if state.is_anchored:
        return f"Two outside parties have not yet confirmed what was signed since {since}.{newest}"
    if state.anchored_at is None:
        return f"Not anchored yet: unanchored since {since}. No outside party has confirmed this log."
    return (
        f"Unanchored since {since}: fewer than two outside parties have confirmed what was signed from then on.{newest}"
    )
