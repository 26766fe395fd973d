"""Which bytes may not be given out, and why: what a takedown names, and the same body in its other form.

Reads only; never decides on a takedown, and never removes a byte.
"""

from __future__ import annotations

from sqlite_utils import Database

QUERY = (
    "SELECT t.takedown_id, t.sha256, t.reason FROM takedowns AS t"
    " UNION SELECT t.takedown_id, c.sha256, t.reason FROM takedowns AS t JOIN captures AS c ON c.wire_sha256 = t.sha256"
    " UNION SELECT t.takedown_id, c.wire_sha256, t.reason FROM takedowns AS t JOIN captures AS c ON c.sha256 = t.sha256"
    " ORDER BY 1 DESC"
)


def withheld_forms(db: Database) -> dict[str, str]:
    """SHA-256 of every body that is withheld, and the reason of its first takedown.

    A body that came compressed is kept in two forms, each with its own hash: a takedown of one is a takedown of both. It
    counts from the moment it was recorded, signed or not.
    """
    return {sha256: reason for _, sha256, reason in db.execute(QUERY).fetchall() if sha256}
