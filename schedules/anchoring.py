"""Has outside parties confirm the newest checkpoint after a poll, a deposit, or when asked, and keeps what they say.

Never loses or delays evidence for a party's trouble: each trouble is a finding, and the other parties are asked all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archive.anchors import (
    Kind,
    accept,
    brought_news,
    clock_differs,
    ending_soon,
    git_evidence,
    is_time,
    new_query,
    newest_anchor,
    record_anchor,
)
from archive.checkpoints import newest_checkpoint
from archive.errors import ArchiveError
from archive.mirror import write_mirror
from archive.store import record_finding, settle_finding
from archive.timestamps import LARGEST_ANSWER, TokenError
from schedules.anchor_settings import Authority, Mirror
from schedules.desk import Desk
from schedules.git import commit_and_push
from scraper.manners import plain
from scraper.model import Finding, Manners
from scraper.post import post

KINDS = ("application/timestamp-query", "application/timestamp-reply")
MIRROR = "the mirror"
NEXT_TIME = "Everything recorded is kept. The next poll tries again; `optout anchor` tries now."


class Anchored(NamedTuple):
    """What came of asking one party."""

    kind: Kind
    party: str
    size: int
    """Leaves of the checkpoint in hand."""
    time: str | None
    """The time that the party states, or ours where it states none; None where it confirmed nothing."""
    finding: Finding | None
    """What a person should look at; also of an anchor that was kept."""

    @property
    def failed(self) -> bool:
        """Whether the party did not do what it is there for."""
        return self.time is None and self.finding is not None


def anchor_after(desk: Desk, series: str, poll_id: int) -> bool:
    """Anchor the newest checkpoint where that is due or the poll brought news. Returns whether anyone was asked."""
    done = False
    for one in anchor(desk, pressing=brought_news(desk.evidence.db, poll_id)):
        keep_finding(desk, one, series)
        done = True
    return done


def keep_finding(desk: Desk, one: Anchored, series: str | None) -> None:
    """Keep what a person should look at, if there is anything, and that what stood before is so no more."""
    for code, subject, place in _keys(desk, one):
        if one.finding is None or one.finding.code != code:
            settle_finding(desk.evidence.db, code, subject, place, series, desk.now())
    if one.finding is not None:
        record_finding(desk.evidence.db, one.finding, poll_id=None, capture_id=None, series=series, now=desk.now())


def _keys(desk: Desk, one: Anchored) -> list[tuple[str, str, str]]:
    """Code, subject and place of everything that may stand against a party."""
    if one.kind == "git":
        return [("mirror.unwritten", MIRROR, ""), ("mirror.unpushed", MIRROR, one.party)]
    of_it = [authority.url for authority in desk.anchoring.authorities if authority.name == one.party]
    return [(code, one.party, url) for url in of_it for code in ("anchor.authority", "W-ANC-04")]


def anchor(desk: Desk, *, pressing: bool) -> Iterator[Anchored]:
    """Ask every configured party about the newest checkpoint: authorities where it is time or `pressing`, then the mirror.

    What is confirmed is recorded as each party answers. Nobody is asked any more once the program is to end.
    """
    newest = newest_checkpoint(desk.evidence.db)
    if newest is None:
        return
    size, note = newest
    for authority in desk.anchoring.authorities:
        before = newest_anchor(desk.evidence.db, "rfc3161", authority.name)
        if not desk.stop.is_set() and is_time(before, size, desk.now(), authority.every_hours, pressing=pressing):
            desk.progress(f"asking {authority.name} for a time stamp", size, 0)
            yield _stamp(desk, authority, size, note)
    if desk.anchoring.mirror is not None and not desk.stop.is_set():
        yield _mirror(desk, desk.anchoring.mirror, size)


# ---------------------------------------------------------------- a time-stamp authority


def _stamp(desk: Desk, authority: Authority, size: int, note: str) -> Anchored:
    def failed(found: str) -> Anchored:
        return Anchored("rfc3161", authority.name, size, None, _unstamped(authority, found))

    try:
        query = new_query(note)
        answer = post(authority.url, query, KINDS, desk.software, _manners(desk, authority))
        if answer.body is None:
            return failed(answer.trouble or "no answer")
        evidence, time = accept(answer.body, query, note, authority.chain)
    except (TokenError, ArchiveError) as trouble:
        return failed(plain(str(trouble)))
    now = desk.now()
    record_anchor(desk.evidence.db, size, "rfc3161", authority.name, evidence, now)
    return Anchored(
        "rfc3161", authority.name, size, time, _clock(authority, time, now) or _ending(authority, evidence, now)
    )


def _manners(desk: Desk, authority: Authority) -> Manners:
    """Those of a visitor who asks once; the contact is that of the first series, the operator's own."""
    contact = desk.series[0].manners.contact if desk.series else ""
    most = authority.deadline_seconds
    return Manners(
        contact, connect_seconds=most, read_seconds=most, deadline_seconds=most, max_bytes=LARGEST_ANSWER - 1,
        attempts=1, local_publisher=authority.local,
    )  # fmt: skip


def _unstamped(authority: Authority, found: str) -> Finding:
    return Finding(
        "anchor.authority", "warning", authority.name, authority.url, found, "a time stamp over the newest checkpoint",
        f"{NEXT_TIME} Where it stays so, look at the authority's own pages, and at its certificates in anchors.toml.",
    )  # fmt: skip


def _clock(authority: Authority, time: str, now: str) -> Finding | None:
    apart = clock_differs(time, now)
    if apart is None:
        return None
    return Finding(
        "W-ANC-04", "warning", authority.name, authority.url,
        f"a time stamp {apart}", "the two within ten minutes of each other",
        "The time stamp was kept. One of the two clocks is wrong: look at this machine's first.",
    )  # fmt: skip


def _ending(authority: Authority, evidence: bytes, now: str) -> Finding | None:
    day = ending_soon(evidence, now)
    if day is None:
        return None
    return Finding(
        "anchor.ending", "info", authority.name, authority.url, f"a certificate that ends on {day}", "one that stays good",
        "Stamps that were kept stay good. Take the authority's next certificates into the chain file of anchors.toml.",
    )  # fmt: skip


# ---------------------------------------------------------------- the mirror


def _mirror(desk: Desk, mirror: Mirror, size: int) -> Anchored:
    db, party = desk.evidence.db, mirror.remote or MIRROR
    try:
        write_mirror(db, mirror.folder, bodies=mirror.bodies)
    except ArchiveError as trouble:
        return Anchored("git", party, size, None, _unwritten(plain(str(trouble))))
    if not mirror.git:
        return Anchored("git", party, size, None, None)
    seconds = mirror.deadline_seconds
    pushed = commit_and_push(mirror.folder, f"Checkpoint of {size} leaves", mirror.remote, mirror.branch, seconds)
    if pushed.problem is not None or pushed.commit is None:
        return Anchored("git", party, size, None, _unpushed(party, pushed.problem or "no commit"))
    if mirror.remote is None:
        return Anchored("git", party, size, None, None)
    before, now = newest_anchor(db, "git", party), desk.now()
    if before is None or before.size < size:
        record_anchor(db, size, "git", party, git_evidence(party, mirror.branch, pushed.commit), now)
    return Anchored("git", party, size, now, None)


def _unwritten(found: str) -> Finding:
    return Finding(
        "mirror.unwritten",
        "error",
        MIRROR,
        "",
        found,
        "a mirror brought up to the newest checkpoint",
        f"{NEXT_TIME} docs/anchoring.md says what to do.",
    )


def _unpushed(party: str, found: str) -> Finding:
    return Finding(
        "mirror.unpushed", "warning", MIRROR, party, found, "a commit of the newest checkpoint, pushed where asked",
        f"The files are written. {NEXT_TIME} A push that is refused because the branch has other commits is never forced.",
    )  # fmt: skip
