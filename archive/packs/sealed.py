"""The log up to its newest checkpoint: its leaves, and the proof of each in the form of C2SP tlog-proof.

Never signs, and gives nothing out that does not hash to the root that was signed. Source: https://c2sp.org/tlog-proof,
seen 2026-11-24.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import NamedTuple

from sqlite_utils import Database

from archive.errors import ArchiveError
from archive.log import leaf_hashes, origin_of
from archive.merkle import leaf_hash, node_hash
from archive.notes import Checkpoint, NoteError, Verifier, read_checkpoint, read_verifier, signed_by

PROOF_FORM = "c2sp.org/tlog-proof@v1"


class Anchor(NamedTuple):
    """What an outside party stated of an earlier checkpoint, or of the newest."""

    number: int
    size: int
    note: str
    kind: str
    party: str
    evidence: bytes
    got_at: str


class ProvenTree:
    """A tree of leaves under a checkpoint, in memory, so that each of many proofs costs its own length alone."""

    def __init__(self, hashes: Sequence[bytes], note: str) -> None:
        self.note = note
        self._levels = _levels(list(hashes))

    @property
    def root(self) -> bytes:
        """Root over all leaves; there is at least one."""
        return self._levels[-1][0]

    def proof(self, entry: int) -> str:
        """The proof that a leaf is part of what was signed, as a text of its own (tlog-proof)."""
        path = ((level, (entry >> height) ^ 1) for height, level in enumerate(self._levels[:-1]))
        siblings = (level[place] for level, place in path if place < len(level))
        lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in siblings)
        return f"{PROOF_FORM}\nindex {entry}\n{lines}\n{self.note}"


class SealedLog:
    """Everything that the newest checkpoint covers; what was recorded after it is as if it were not there."""

    def __init__(self, db: Database) -> None:
        """Raises ArchiveError where nothing is signed yet, or the log is not the one that was signed."""
        newest = db.execute("SELECT size, note, made_at FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
        if newest is None:
            raise ArchiveError(
                "This archive's log is not signed yet: found no checkpoint, expected one. A pack without one would prove "
                "nothing. The next `optout poll` or `optout deposit` signs it; make the pack then."
            )
        self._db = db
        self.size: int = newest[0]
        self.note: str = newest[1]
        self.made_at: str = newest[2]
        self.hashes = list(leaf_hashes(db, self.size))
        self.tree = ProvenTree(self.hashes, self.note)
        verifiers = db.execute("SELECT verifier FROM keys ORDER BY key_number").fetchall()
        self.known = tuple(read_verifier(text) for (text,) in verifiers)
        """Keys that the log announced, also those that signed earlier checkpoints alone."""
        self.keys = self._checked_keys()
        """Those that signed the newest checkpoint."""

    @property
    def origin(self) -> str:
        """The log's name."""
        return origin_of(self._db)

    def entry(self, table: str, number: int) -> int | None:
        """The entry of a fact; None where it was recorded after the checkpoint."""
        row = self._db.execute(
            "SELECT entry FROM log WHERE fact_table = ? AND fact_number = ? AND entry < ?", [table, number, self.size]
        ).fetchone()
        return int(row[0]) if row else None

    def leaf(self, entry: int) -> bytes:
        """The exact bytes of a leaf. Raises ArchiveError where they are not the ones that were logged."""
        (text,) = self._db.execute("SELECT leaf FROM log WHERE entry = ?", [entry]).fetchone()
        leaf = str(text).encode()
        if leaf_hash(leaf) != self.hashes[entry]:
            raise ArchiveError(f"Entry {entry} of the log does not hash to what was logged. Run `optout verify`.")
        return leaf

    def anchors(self) -> list[Anchor]:
        """Outside anchors of checkpoints up to the newest one, the oldest first."""
        rows = self._db.execute(
            "SELECT a.anchor_id, a.size, c.note, a.kind, a.party, a.evidence, a.got_at FROM anchors AS a"
            " JOIN checkpoints AS c ON c.size = a.size WHERE a.size <= ? ORDER BY a.size, a.anchor_id",
            [self.size],
        ).fetchall()
        return [Anchor(*row) for row in rows]

    def _checked_keys(self) -> tuple[Verifier, ...]:
        """The keys that signed the checkpoint, which must state this log. Raises ArchiveError where it does not."""
        try:
            text, signers = signed_by(self.note, self.known)
            stated = read_checkpoint(text)
        except NoteError as error:
            raise ArchiveError(f"The newest checkpoint cannot be trusted: {error}. Run `optout verify`.") from error
        if stated != Checkpoint(self.origin, self.size, self.tree.root):
            raise ArchiveError(
                f"The log is not the one that was signed at {self.size} leaves: found another root. Run `optout verify`."
            )
        return tuple(key for key in self.known if key in signers)


def _levels(hashes: list[bytes]) -> list[list[bytes]]:
    """Every level of the tree, leaves first; a node without a neighbour stands again one level up (RFC 9162 2.1)."""
    levels = [hashes]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        levels.append([*pairs, *below[len(pairs) * 2 :]])
    return levels
