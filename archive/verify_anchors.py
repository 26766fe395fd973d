"""Checks what outside parties hold: checkpoints that whoever verifies brings along, and the anchors kept in the archive.

Asks nobody: no network. A kind of anchor that cannot be checked offline is told as not checked, never as good.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from archive.errors import ArchiveError
from archive.notes import Checkpoint, NoteError, Verifier, read_checkpoint, signed_by
from archive.verify_checkpoints import Signing
from archive.verify_codes import Problems
from archive.verify_log import Walked
from archive.verify_times import Bound, instant_of

CLOCKS_AGREE = timedelta(minutes=10)

LARGEST_FILE = 10_000_000
"""Bytes of a file with checkpoints: a year of them, one every ten minutes, is about as much."""

NOTES = re.compile(r"(?m:^)[^\n]+\n[0-9]+\n[A-Za-z0-9+/=]+\n(?:[^\n]+\n){0,100}\n(?:\N{EM DASH} [^\n]+\n)+")
"""Signed checkpoints within any text: one of them is a mirror's `checkpoint`, several are a feed or a letter.

Begun at lines alone, and with a bound on lines that extend a checkpoint: else ten megabytes of digits would take hours.
"""


class TokenCheck(Protocol):
    """What a check of a time stamp says."""

    @property
    def time(self) -> str | None:
        """The instant that the authority vouches for, UTC, ISO 8601; None where the stamp does not hold."""

    @property
    def problem(self) -> str | None:
        """Why it does not hold."""


class TokenChecker(Protocol):
    """Checks the evidence of an `rfc3161` anchor against the note of its checkpoint, offline.

    Raises ArchiveError where the means to check are not there, which says nothing about the token.
    """

    def __call__(self, evidence: bytes, note: str, /) -> TokenCheck:
        """Check one."""


class Outside(NamedTuple):
    """A checkpoint that came from elsewhere."""

    source: str
    note: str


class Anchor(NamedTuple):
    """A row of anchors, with the checkpoint that it is about."""

    number: int
    entry: int
    got_at: str
    size: int
    kind: str
    party: str
    evidence: bytes
    note: str
    made_at: str

    @property
    def place(self) -> str:
        """How a person finds it."""
        return f"anchor {self.number} ({self.kind}, {self.party})"


class Vouched(NamedTuple):
    """An outside party vouches for the first `size` entries since `at`."""

    size: int
    at: str
    """UTC, ISO 8601."""
    party: str


class Checked(NamedTuple):
    """What came of the anchors in the archive."""

    vouched: tuple[Vouched, ...]
    bounds: tuple[Bound, ...]


# ---------------------------------------------------------------- brought along


def read_outside(path: Path) -> list[Outside]:
    """The signed checkpoints in a file. Raises ArchiveError where it cannot be read or holds none."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError as error:
        raise ArchiveError(
            f"--with {path}: found no file that can be read ({error.strerror}); expected one."
        ) from error
    found = [Outside(f"{path.name} ({number})", note) for number, note in enumerate(NOTES.findall(text), start=1)]
    if not found:
        raise ArchiveError(
            f"--with {path}: found no signed checkpoint in it; expected at least one: a line each for name, size and root, "
            f"an empty line, and signatures. A mirror's file is called `checkpoint`."
        )
    return found


class Brought(NamedTuple):
    """A checkpoint that came from elsewhere, read."""

    source: str
    stated: Checkpoint


def read_brought(
    outside: Sequence[Outside], given: Sequence[Verifier], signing: Signing, problems: Problems
) -> list[Brought]:
    """What the outside checkpoints state, those told apart that are not this log's, or signed by nobody we know."""
    known = [*signing.verifiers, *given]
    brought = []
    for one in outside:
        try:
            stated = read_checkpoint(signed_by(one.note, known)[0])
        except NoteError as error:
            problems.add("E-ANC-05", one.source, f"a note that is not good ({error})")
            continue
        if stated.origin == signing.origin_at(stated.size):
            brought.append(Brought(one.source, stated))
        else:
            problems.add(
                "E-ANC-05",
                one.source,
                f"a checkpoint of {stated.origin}, while this is {signing.origin_at(stated.size)}",
            )
    return brought


def check_brought(brought: Iterable[Brought], walked: Walked, problems: Problems) -> Iterator[Vouched]:
    """Those that this log continues, with the newest instant that each covers."""
    for source, stated in brought:
        if stated.size > walked.size:
            problems.add("E-ANC-01", source, f"{stated.size} entries, while the log has {walked.size}")
        elif walked.roots[stated.size] != stated.root:
            found = (
                f"the root {walked.roots[stated.size].hex()} over {stated.size} entries, {stated.root.hex()} outside"
            )
            problems.add("E-ANC-02", source, found)
        elif instant_of(walked.instants.get(stated.size, "")):
            yield Vouched(stated.size, walked.instants[stated.size], source)


# ---------------------------------------------------------------- kept in the archive


def read_anchors(conn: sqlite3.Connection) -> list[Anchor]:
    """The anchors whose checkpoint is here; one whose checkpoint is gone is a broken reference already."""
    return [
        Anchor(*row)
        for row in conn.execute(
            "SELECT anchor_id, entry, got_at, anchors.size, kind, party, evidence, note, made_at FROM anchors"
            " JOIN checkpoints USING (size) JOIN log ON fact_table = 'anchors' AND fact_number = anchor_id ORDER BY anchor_id"
        )
    ]


def check_anchors(anchors: Iterable[Anchor], check_token: TokenChecker | None, problems: Problems) -> Checked:
    """What the anchors prove, and from which entry on nothing may claim to be older."""
    vouched, bounds = [], []
    for anchor in anchors:
        time = check_anchor(anchor, check_token, problems)
        if time is not None:
            vouched.append(Vouched(anchor.size, time, anchor.party))
            bounds += _bounds(anchor, time)
    return Checked(tuple(vouched), tuple(bounds))


def check_anchor(anchor: Anchor, check_token: TokenChecker | None, problems: Problems) -> str | None:
    """The instant that an outside party vouches for; None, and told, where that is not proved here."""
    if anchor.kind != "rfc3161" or check_token is None:
        problems.add("W-ANC-06", anchor.place, f"evidence of the kind {anchor.kind}, not checked here")
        return None
    try:
        check = check_token(anchor.evidence, anchor.note)
    except ArchiveError as error:
        problems.add("W-ANC-06", anchor.place, f"no means to check it here ({error})")
        return None
    if check.time is None:
        problems.add("E-ANC-03", anchor.place, f"a time stamp that does not hold ({check.problem})")
        return None
    ours = instant_of(anchor.got_at)
    if ours is None or abs(datetime.fromisoformat(check.time) - ours) > CLOCKS_AGREE:
        problems.add("W-ANC-04", anchor.place, f"{check.time} by the authority, {anchor.got_at} by this machine")
    return check.time


def _bounds(anchor: Anchor, time: str) -> list[Bound]:
    """Entries between the checkpoint and the anchor's own may be older than the stamp, but not than the checkpoint."""
    return [
        Bound(anchor.size, _earlier(min(time, anchor.made_at if instant_of(anchor.made_at) else time))),
        Bound(anchor.entry, _earlier(time)),
    ]


def _earlier(instant: str) -> str:
    """Ten minutes before: as far as two clocks may be apart without a word."""
    return (datetime.fromisoformat(instant) - CLOCKS_AGREE).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
