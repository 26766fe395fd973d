"""Decides from free and total bytes whether a disk has room, is low, or must not be written to; asks the system at one place.

Never frees anything, and never stops anybody: whoever writes asks first.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

GB, MB = 1_000_000_000, 1_000_000
LOW_SHARE, LOW_BYTES = 0.05, 2 * GB
OUT_SHARE, OUT_BYTES = 0.01, 200 * MB
"""Below either of two a disk is low; below either of the other two nothing is begun that may fill it (reliability, F03)."""

Room = Literal["enough", "low", "out"]


class Space(NamedTuple):
    """Bytes of the file system in which an archive lies: free for this program, and in all."""

    free: int
    total: int

    @property
    def room(self) -> Room:
        """What may still be done with it."""
        if self.free < OUT_BYTES or self.free < OUT_SHARE * self.total:
            return "out"
        if self.free < LOW_BYTES or self.free < LOW_SHARE * self.total:
            return "low"
        return "enough"

    def in_words(self) -> str:
        """Free and total, rounded so that a finding about it is told again only when it has moved."""
        free = f"{self.free / GB:.1f} GB" if self.free >= GB else f"{self.free // (100 * MB) * 100} MB"
        return f"about {free} free of {self.total / GB:.0f} GB"


def space_of(directory: Path) -> Space:
    """Space of the file system that holds `directory`. Raises OSError where there is no such directory."""
    found = os.statvfs(directory)
    return Space(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)
