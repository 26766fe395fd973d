"""Every code that `optout verify` can say: what it means, what was expected, what to do. Codes are permanent.

Holds words, and counts what others find; checks nothing. A code never gets another meaning; one that is dropped stays unused.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple


class Code(NamedTuple):
    """What a code means."""

    means: str
    expected: str
    advice: str


class Problem(NamedTuple):
    """One thing that does not hold, or that should be known."""

    code: str
    place: str
    """File, table, entry, snapshot or note that it is about."""
    found: str

    def sentence(self) -> str:
        """What was found, what was expected, and what to do."""
        told = CODES[self.code]
        return f"{self.place}: found {self.found}; expected {told.expected}. {told.advice}"


KEEP = "Keep the file for inspection and restore a backup in its place; nothing was changed."
COMPARE = (
    "Somebody or something changed it after it was recorded: keep the file for inspection, compare it with a backup or "
    "a mirror, and restore what agrees with a checkpoint held elsewhere."
)
FORKED = (
    "This archive does not show the history that was signed and given out before. Keep both, ask who held the key, and "
    "trust the checkpoint that you got from somebody else."
)

CODES = {
    "E-DB-01": Code("the file is missing or empty", "an opt-out archive", KEEP),
    "E-DB-02": Code(
        "the file cannot be read whole, or SQLite's own check finds it damaged", "a sound SQLite file",
        f"It is damaged; what else it holds was not looked at. {KEEP}",
    ),
    "E-DB-03": Code("a row refers to a row that is not there", "every reference to lead to a row", COMPARE),
    "E-DB-04": Code(
        "a table, an index or an append-only guard is missing, altered or not ours",
        "the tables and guards that this program makes, and no others",
        "Something else has changed the archive, and without its guards rows can be changed unseen: keep the file for "
        "inspection and restore a backup.",
    ),
    "E-DB-05": Code(
        "the file is another program's database", "an opt-out archive",
        "Name another directory; the file was left as it is.",
    ),
    "E-DB-06": Code(
        "a newer version of the program has written here", "tables of a version that this program knows",
        "Use the newer version to check it.",
    ),
    "E-DB-07": Code(
        "the file was switched to a write-ahead log", "a rollback journal, as this program sets it",
        "Another program opened the archive for writing. Copy it with its -wal file, keep that copy, and restore a backup.",
    ),
    "E-LOG-05": Code("entries of the log are missing or doubled", "entries numbered 0, 1, 2 … without a gap", COMPARE),
    "E-LOG-06": Code("an entry's hash is not the hash of its leaf", "SHA-256 of the leaf (RFC 9162)", COMPARE),
    "E-LOG-07": Code(
        "a leaf is not written in its one spelling", "canonical JSON: sorted keys, each once, no spaces, no floats", COMPARE
    ),
    "E-LOG-08": Code(
        "a leaf is of an unknown version or kind, or lacks a required field",
        "version 1, a kind that this program knows, and every required field",
        f"Where a newer version of the program wrote it, check it with that one. {COMPARE}",
    ),
    "E-COL-01": Code("a row differs from its leaf", "the row as its leaf states it", COMPARE),
    "E-COL-02": Code("a fact stands in no leaf", "one leaf for each fact", COMPARE),
    "E-COL-03": Code("a leaf stands for a fact that is not there, or for another", "the fact that the leaf states", COMPARE),
    "E-COL-04": Code("the numbers of a table have a gap", "numbers 1, 2, 3 … without a gap", COMPARE),
    "E-TIM-01": Code(
        "a recorded instant lies more than two seconds before the one recorded ahead of it", "instants that never fall",
        "The machine's clock was set back, or the entry was put in later. If it was the clock, say so with "
        "`optout annotate ENTRY TEXT`; the entry itself stays as it is.",
    ),
    "E-TIM-02": Code(
        "a capture's instants are out of order, or more than a day apart",
        "asked for, then received, then recorded, all within a day",
        "The machine's clock was set during the exchange, or the row is not genuine. If it was the clock, say so with "
        "`optout annotate ENTRY TEXT`.",
    ),
    "E-TIM-03": Code(
        "an entry that came after an outside anchor claims an earlier instant", "an instant after that anchor",
        "It was back-dated, or the clock was far behind: do not rely on its instant, and ask who ran the machine.",
    ),
    "E-TIM-04": Code(
        "a checkpoint claims to be older than the newest entry it covers", "a checkpoint made after what it covers",
        "Its row was altered, or the clock was set back. What it signs is not touched by that: only do not rely on the instant.",
    ),
    "E-CKP-03": Code(
        "a checkpoint is no signed note, or not signed by the key in force",
        "a note signed by the newest announced key, and by the old and the new where a key was replaced", COMPARE,
    ),
    "E-CKP-04": Code("a checkpoint's row says something else than its note", "origin, size and root as signed", COMPARE),
    "E-CKP-05": Code(
        "a checkpoint covers more entries than the log has", "a log at least as long as every checkpoint of it",
        f"The newest entries were removed, or an older copy was put in place. {KEEP}",
    ),
    "E-CKP-06": Code("the log's root is not the one that was signed", "the signed root, made again from the entries", COMPARE),
    "E-CKP-07": Code(
        "the signer has signed a log that this one does not continue", "a log that continues what was signed last",
        "An older copy of archive.db was put beside the signer's folder, or the log was altered: bring back the newer one.",
    ),
    "E-CKP-08": Code(
        "none of the keys you gave is a key of this log", "a key that the log announces",
        "Check that the key is the right archive's. If it is, this is not the archive that it signs.",
    ),
    "W-CKP-09": Code(
        "entries are not yet covered by a checkpoint", "every entry signed after its poll",
        "Poll once, or wait for the poll under way to end.",
    ),
    "W-CKP-10": Code(
        "the signer's last checkpoint could not be compared, or is not kept in the archive yet",
        "the signer's last checkpoint among those of the archive",
        "A crash between signing and keeping does this, and the next poll puts it right; a copy has no signer.",
    ),
    "E-ANC-01": Code(
        "a checkpoint held outside covers more entries than the log has", "a log at least as long", FORKED
    ),
    "E-ANC-02": Code(
        "a checkpoint held outside has another root than the log at its size", "the same root", FORKED
    ),
    "E-ANC-03": Code(
        "a time stamp does not hold", "a token over this checkpoint, signed by its authority",
        "The anchor proves nothing. Compare it with a backup; where it is the same there, ask the authority and anchor anew.",
    ),
    "W-ANC-04": Code(
        "a time stamp lies more than ten minutes from our own clock", "two clocks that agree within ten minutes",
        "One of the two clocks is wrong: look at this machine's first.",
    ),
    "E-ANC-05": Code(
        "a checkpoint held outside is another log's, or signed by no key of this log and none that you gave",
        "a checkpoint of this log",
        "Check that it belongs to this archive. If it does, the archive has been replaced: keep both.",
    ),
    "W-ANC-06": Code(
        "an anchor that cannot be checked here", "a kind that can be checked without network",
        "Compare by hand: get the checkpoint from that party and give it with --with.",
    ),
    "E-BLB-01": Code("bytes that a capture refers to are not there", "a snapshot for every body that was captured", COMPARE),
    "E-BLB-02": Code(
        "bytes do not agree with their name", "bytes with the length and the digests under which they were kept",
        "The stored copy is damaged or was changed: keep the file for inspection and restore this snapshot from a backup.",
    ),
    "W-BLB-03": Code("bytes that no capture refers to", "a capture for every snapshot", "Nothing is lost: look whence they came."),
    "T-BLB-05": Code(
        "bytes withheld after a takedown that is logged", "bytes, or a takedown that says why they went",
        "Not damage: the takedown says who asked and on which ground; every hash stays.",
    ),
    "W-RUN-01": Code(
        "polls that never ended", "an end for every poll but the one under way",
        "The program was ended in the middle; what those polls captured is kept, what they would have seen is not.",
    ),
}  # fmt: skip

SOUND, BROKEN, UNANCHORED, NOT_RUN = 0, 1, 2, 3
"""Exit statuses of `optout verify`."""

STATUSES = {
    SOUND: "sound, and an outside party vouches for it",
    BROKEN: "broken: at least one code that begins with E",
    UNANCHORED: "sound inside, but no outside party vouches for it, or none lately",
    NOT_RUN: "could not run: wrong usage, a file that may not be read, an archive in use or in need of recovery",
}


LONGEST = 600
"""Characters of what was found that are told: a leaf that is not genuine may hold 65,535."""


def printable(text: str) -> str:
    """Text out of a damaged or hostile file, so that it can do nothing to a terminal."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text[:LONGEST])


class Problems:
    """Problems as they are met: all are counted, so many of each code are kept."""

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.counts: Counter[str] = Counter()
        self.kept: list[Problem] = []

    def add(self, code: str, place: str, found: str) -> None:
        """Note one problem. Raises KeyError for a code that is not in the registry."""
        if code not in CODES:
            raise KeyError(code)
        self.counts[code] += 1
        if self.most is None or self.counts[code] <= self.most:
            self.kept.append(Problem(code, printable(place), printable(found)))

    def take(self, other: Problems) -> None:
        """Add what another part of the work has met."""
        self.counts += other.counts
        self.kept += other.kept

    @property
    def are_errors(self) -> bool:
        """Whether one of them means that the evidence does not hold."""
        return any(code.startswith("E") for code in self.counts)

    def in_order(self) -> list[Problem]:
        """Those kept, by code in the order of the registry."""
        order = list(CODES)
        return sorted(self.kept, key=lambda one: order.index(one.code))
