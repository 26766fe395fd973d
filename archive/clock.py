"""The time as the archive writes it, for the few facts that belong to no poll.

Everything else is given its time by whoever calls.
"""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """This instant in UTC, ISO 8601 with six decimals and `Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
