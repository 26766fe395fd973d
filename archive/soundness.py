"""Refuses an archive that does not stand up: what backup, restore and rebuild ask before and after they touch anything.

Checks nothing of its own: it asks archive/verify.py, and passes over what only the clock or the signer's file has against it.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from archive.database import FILE_NAME, read_evidence
from archive.errors import ArchiveError
from archive.log import origin_of, root_at
from archive.verify import Asked, verify

PASSED_OVER = ("E-TIM-01", "E-TIM-02", "E-TIM-03", "E-TIM-04", "E-CKP-07")
"""A clock that was set back loses nothing, and an archive behind its signer is what a restore is for: neither forbids a copy."""


class Sound(NamedTuple):
    """What a sound archive holds."""

    origin: str
    size: int
    root: bytes
    signed: int
    """Leaves under the newest checkpoint; 0 where nothing was signed."""


def refuse_unsound(directory: Path) -> Sound:
    """Verify `directory`/archive.db, also while it is written, and say what it holds.

    Raises ArchiveError that names the first thing found wrong, or as `verify` does where it cannot look.
    """
    done = verify(Asked(directory, datetime.now(UTC), most=1))
    wrong = [one for one in done.problems.in_order() if one.code.startswith("E-") and one.code not in PASSED_OVER]
    if wrong or done.entries is None:
        raise ArchiveError(
            f"{directory / FILE_NAME} is not sound: {wrong[0].code} {wrong[0].sentence()} Nothing was changed: keep the file "
            f"for inspection. `optout verify` tells everything."
        )
    with closing(read_evidence(directory)) as db:
        (signed,) = db.execute(
            "SELECT coalesce(max(size), 0) FROM checkpoints WHERE size <= ?", [done.entries]
        ).fetchone()
        return Sound(origin_of(db), done.entries, root_at(db, done.entries), signed)
