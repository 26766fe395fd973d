"""What is told after polls: first the alarms, then, last of all, the heartbeat of each complete poll.

Never fails a poll: it has ended and its log is signed before anything here begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from archive.checkpoints import newest_checkpoint
from schedules.alarming import Watch, ping, tell
from schedules.desk import Desk
from schedules.poll import Polled
from schedules.reread import mirror_evidence
from schedules.signing import is_signed


def tell_and_ping(desk: Desk, watch: Watch, polled: Sequence[Polled], awake_since: datetime | None = None) -> None:
    """Tell what is wrong now, and ping for every poll that was complete and is signed; never for another."""
    try:
        _tell_and_ping(desk, watch, polled, awake_since)
    except Exception as error:  # noqa: BLE001 - a fault in telling must never cost a poll; it is logged, and tried again
        watch.log.warning("telling failed", error=f"{type(error).__name__}: {error}")


def _tell_and_ping(desk: Desk, watch: Watch, polled: Sequence[Polled], awake_since: datetime | None) -> None:
    if watch.settings.channels:
        mirror_evidence(desk.evidence.db, desk.copy)  # a poll that broke off was closed after the copy was made
    tell(watch, desk.clock(), awake_since)
    for one in polled:
        if one.outcome == "complete" and is_signed(desk, one.series):
            ping(watch, _said(desk, one))


def _said(desk: Desk, polled: Polled) -> dict[str, object]:
    checkpoint = newest_checkpoint(desk.evidence.db)
    return {
        "series": polled.series,
        "poll": polled.poll_id,
        "outcome": polled.outcome,
        "captures": polled.captures,
        "log_size": checkpoint[0] if checkpoint else None,
        "next_due_at": polled.next_due_at.isoformat(),
        "software": desk.software,
    }
