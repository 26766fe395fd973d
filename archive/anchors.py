"""What outside parties said about checkpoints: keeps it as facts of the log, and checks time-stamp tokens offline.

Never asks anybody: who does hands in what was answered. Decides when it is time to ask again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlite_utils import Database

from archive.leaves import canonical
from archive.store import append
from archive.timestamps import TokenError, first_end, query_of, refuse_unproved, time_of, token_of

Kind = Literal["rfc3161", "git", "cosignature", "other"]

FORM = "rfc3161/1"
GIT_FORM = "git/1"
LARGEST_EVIDENCE = 400_000
"""Bytes: a token and a chain of 64 KiB each, and room to spare."""

NEWS = "('new', 'changed', 'reissued', 'absent')"
"""Outcomes of captures, in SQL, that are anchored at once, however new the last anchor is."""

CLOCK_TOLERANCE = timedelta(minutes=10)
"""An authority whose time is further from ours is kept and reported (W-ANC-04): one of the two clocks is wrong."""


NOTICE = timedelta(days=90)
"""An authority's certificates that end within this time are told, so that the next ones are here before."""


class Stamp(NamedTuple):
    """A time-stamp token with the certificates by which it is checked."""

    token: bytes
    """DER: the signed content alone, without the status of the answer."""
    chain: bytes
    """PEM."""


class Checked(NamedTuple):
    """What a token says, and why it does not hold."""

    time: str | None
    """UTC, ISO 8601 with six decimals and `Z`; None where it is not proved."""
    problem: str | None


class Newest(NamedTuple):
    """The newest anchor of one party."""

    size: int
    got_at: str


# ---------------------------------------------------------------- evidence of a time stamp


def evidence_of(stamp: Stamp) -> bytes:
    """A token and its chain as one piece: canonical JSON of `form`, `token` (base64 of the DER) and `chain` (PEM)."""
    token = base64.b64encode(stamp.token).decode()
    return canonical({"form": FORM, "token": token, "chain": stamp.chain.decode("ascii")})


def read_stamp(evidence: bytes) -> Stamp:
    """The token and its chain. Raises TokenError where the evidence is of another form."""
    refused = TokenError(f"found evidence of another form, expected {FORM}: a token and its chain, in canonical JSON")
    if len(evidence) > LARGEST_EVIDENCE:
        raise refused
    try:
        stated = json.loads(evidence)
        stamp = Stamp(base64.b64decode(stated["token"], validate=True), stated["chain"].encode("ascii"))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise refused from error
    if evidence_of(stamp) != evidence:  # also where it has other keys, or says another form
        raise refused
    return stamp


def check_token(evidence: bytes, note: str) -> Checked:
    """Whether a kept time stamp is over this checkpoint's note and held at the time that it states. No network.

    `evidence` is what `anchors.evidence` holds for an anchor of kind rfc3161. Raises ArchiveError only where there is no
    `openssl` to ask: that says nothing about the token.
    """
    try:
        stamp = read_stamp(evidence)
        at = time_of(stamp.token)
        refuse_unproved(stamp.token, stamp.chain, at, sha256=digest_of(note))
    except TokenError as error:
        return Checked(None, str(error))
    return Checked(_text(at), None)


def digest_of(note: str) -> str:
    """SHA-256 in hex of a note's bytes: what authorities stamp."""
    return hashlib.sha256(note.encode()).hexdigest()


def new_query(note: str) -> bytes:
    """A query to a time-stamp authority about a note."""
    return query_of(digest_of(note))


def accept(answer: bytes, query: bytes, note: str, chain: bytes) -> tuple[bytes, str]:
    """Evidence to keep, and the time it states, out of an authority's answer to our query.

    Raises TokenError for everything but a token over this note, with our nonce, that holds by these certificates.
    """
    token = token_of(answer)
    at = time_of(token)
    refuse_unproved(token, chain, at, query=query)
    evidence = evidence_of(Stamp(token, chain))
    checked = check_token(evidence, note)
    if checked.time is None:
        raise TokenError(checked.problem or "it cannot be checked again")
    return evidence, checked.time


def clock_differs(stated: str, ours: str) -> str | None:
    """How far a party's time lies from ours, in words, where that is more than CLOCK_TOLERANCE; else None."""
    apart = datetime.fromisoformat(stated) - datetime.fromisoformat(ours)
    if abs(apart) <= CLOCK_TOLERANCE:
        return None
    # Rounded, so that a clock that stays wrong is told once and not at every poll.
    minutes = max(10, round(abs(apart) / timedelta(minutes=10)) * 10)
    return f"about {minutes:,} minutes {'ahead of' if apart > timedelta(0) else 'behind'} the clock here"


def ending_soon(evidence: bytes, ours: str) -> str | None:
    """The day on which the first certificate of a stamp ends, where that is within NOTICE of `ours`; else None.

    The stamp stays good: it is the next ones that need the authority's next certificates.
    """
    stamp = read_stamp(evidence)
    end = first_end(stamp.token, stamp.chain)
    if end is None or end - datetime.fromisoformat(ours) > NOTICE:
        return None
    return end.date().isoformat()


# ---------------------------------------------------------------- a git mirror


def git_evidence(remote: str, branch: str, commit: str) -> bytes:
    """What is kept of a push: which commit stands in which branch of which remote."""
    return canonical({"form": GIT_FORM, "remote": remote, "branch": branch, "commit": commit})


# ---------------------------------------------------------------- facts


def record_anchor(db: Database, size: int, kind: Kind, party: str, evidence: bytes, now: str) -> int:
    """Keep what a party said about the checkpoint of `size`; a fact of the log, so it comes after that checkpoint."""
    row = {"got_at": now, "size": size, "kind": kind, "party": party, "evidence": evidence}
    return append(db, "anchors", row)


def newest_anchor(db: Database, kind: Kind, party: str) -> Newest | None:
    """The newest anchor of a party; None where it never gave one."""
    row = db.execute(
        "SELECT size, got_at FROM anchors WHERE kind = ? AND party = ? ORDER BY anchor_id DESC LIMIT 1", [kind, party]
    ).fetchone()
    return Newest(*row) if row else None


def brought_news(db: Database, poll_id: int) -> bool:
    """Whether a poll brought something that must not wait to be anchored."""
    sql = f"SELECT 1 FROM captures WHERE poll_id = ? AND outcome IN {NEWS} LIMIT 1"
    return db.execute(sql, [poll_id]).fetchone() is not None


def is_time(newest: Newest | None, size: int, now: str, hours: int, *, pressing: bool) -> bool:
    """Whether a party is asked about the checkpoint of `size`: it has not seen it, and its last word is `hours` old.

    `pressing`: something came that must not wait. A last word that lies ahead of our clock does not keep us waiting.
    """
    if newest is None:
        return True
    if newest.size >= size:
        return False
    age = datetime.fromisoformat(now) - datetime.fromisoformat(newest.got_at)
    return pressing or age >= timedelta(hours=hours) or age < timedelta(0)


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
