"""Asks for one address in one poll: each exchange recorded before the next, and every surprise kept as a finding.

Decides nothing about what to ask for next, and reads no page.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from archive.quarantine import Ruling, ruling_of
from archive.store import KnownAddress, Recorded, last_accepted, record_capture, record_finding, settle_finding
from schedules.desk import Desk
from schedules.stopping import StoppedError
from schedules.tally import Tally, Trouble, finding_of
from schedules.visits import HEALTHY
from scraper import gate
from scraper.errors import ScraperError
from scraper.fetch import Fetcher
from scraper.model import Capture, Finding, Request, Series
from scraper.page_judge import CODES as JUDGED


class TooLongError(Exception):
    """The poll has taken as long as a poll of this series may: it is ended, and the rest is for the next one."""


class Answer(NamedTuple):
    """The last exchange of an address, and what the archive made of it."""

    capture: Capture
    recorded: Recorded

    @property
    def is_healthy(self) -> bool:
        """Whether the address answered with what it is for, or said that nothing has changed."""
        return self.recorded.outcome in HEALTHY


@dataclass(frozen=True, slots=True)
class Poll:
    """What the steps of one poll share."""

    desk: Desk
    series: Series
    poll_id: int
    fetcher: Fetcher
    known: dict[str, KnownAddress]
    """Every address captured before this poll."""
    asked: set[str]
    """Addresses asked in this poll."""
    tally: Tally
    lost: set[str]
    """Addresses of files that a page offered at its last look and offers no more."""
    standing: dict[str, dict[tuple[str, str], int | None]] = field(default_factory=dict)
    """Findings that stand, by subject: (code, place) to the capture in which they were first found."""
    began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The time, read at the desk's clock."""
        return self.desk.clock()


def ask(poll: Poll, request: Request) -> Answer | None:
    """Fetch one address, each exchange committed before the next begins. None: its host is left alone for this poll."""
    poll.asked.add(request.address)
    if poll.desk.stop.is_set():
        raise StoppedError
    if time.monotonic() - poll.began > poll.series.manners.poll_seconds:
        raise TooLongError
    if poll.tally.is_silent(request.address):
        poll.tally.left += 1
        return None
    answer = _exchanges(poll, request, None)
    if answer is not None and answer.capture.error_code == gate.UNCONFIRMED:
        # The second look is as polite as the first, and asks for the bytes, not whether they changed.
        whole = replace(request, etag=None, last_modified=None)
        answer = _exchanges(poll, whole, answer.capture)
    if answer is None or answer.capture.error_code == "stopped" or answer.capture.request.purpose == "robots":
        raise StoppedError
    _judge(poll, answer)
    return answer


def _exchanges(poll: Poll, request: Request, first: Capture | None) -> Answer | None:
    """One look at an address, each exchange through the gate and recorded; `first` is the answer that it is to confirm."""
    answer = None
    for fetched in poll.fetcher.attempts(request):
        capture = _gated(poll, fetched, first)
        recorded = record_capture(poll.desk.evidence.db, poll.poll_id, poll.series.slug, capture, poll.desk.now())
        poll.tally.note(capture, recorded)
        poll.desk.progress(f"{recorded.outcome}: {capture.request.address}", poll.tally.captures, 0)
        answer = Answer(capture, recorded)
    return answer


def _gated(poll: Poll, capture: Capture, first: Capture | None) -> Capture:
    """The capture as the gate lets it into the archive: accepted, or held until it is confirmed or released."""
    if capture.request.purpose != "file":
        return capture
    last = last_accepted(poll.desk.evidence.db, poll.series.slug, capture.request.address)
    before = gate.Before(last.sha256, last.bytes) if last else None
    weighed = gate.weighed_second(capture, first, before) if first else gate.weighed_first(capture, before)
    ruled = _ruling_about(poll, weighed)
    return gate.released(weighed) if ruled and ruled.ruling == "released" else weighed


def _ruling_about(poll: Poll, capture: Capture) -> Ruling | None:
    if capture.verdict != "suspect" or capture.body is None:
        return None
    return ruling_of(poll.desk.evidence.db, gate.sha256_of(capture))


def _judge(poll: Poll, answer: Answer) -> None:
    """Note what an unhealthy answer means: for the host, for the poll, and for whoever reads the findings."""
    poll.tally.note_answer(answer.capture)
    address = answer.capture.request.address
    if answer.is_healthy:
        settle(poll, address, ("fetch.",))
        return
    trouble = poll.tally.trouble_of(answer.capture)
    finding = finding_of(trouble, answer.capture)
    settle(poll, address, ("fetch.",), but=[(finding.code, finding.place)])
    note(poll, finding, answer)
    if answer.capture.request.purpose == "file" and _ruling_about(poll, answer.capture):
        return  # a person has seen these bytes and refused them: that they come again is no news
    absent = answer.recorded.outcome == "absent" and answer.capture.request.purpose != "series_page"
    if absent:
        settle(poll, address, ("page.", "publication."))  # of a page that is not there nothing else is to be said
    # An absent address and a host of another are answers; a canary that cannot be asked is told, but is not what is watched.
    if not absent and answer.capture.error_code != "host" and answer.capture.request.purpose != "canary":
        poll.tally.troubles.append(trouble)


def body_of(answer: Answer | None) -> bytes | None:
    """The body of a healthy answer; None for any other, and where nothing was asked."""
    return answer.capture.body if answer and answer.is_healthy else None


def note(poll: Poll, finding: Finding, answer: Answer | None = None) -> None:
    """Keep a finding of this poll, with the capture it is about."""
    capture_id = answer.recorded.capture_id if answer else None
    db, now = poll.desk.evidence.db, poll.desk.now()
    record_finding(db, finding, poll_id=poll.poll_id, capture_id=capture_id, series=poll.series.slug, now=now)
    if finding.severity != "info":
        poll.standing.setdefault(finding.subject, {}).setdefault((finding.code, finding.place), capture_id)


def settle(poll: Poll, subject: str, codes: tuple[str, ...], *, but: Collection[tuple[str, str]] = ()) -> None:
    """Record that findings about `subject` are no longer so: those whose code begins with one of `codes`, `but` these."""
    standing = poll.standing.get(subject, {})
    for code, place in [key for key in standing if key[0].startswith(codes) and key not in but]:
        settle_finding(poll.desk.evidence.db, code, subject, place, poll.series.slug, poll.desk.now())
        del standing[code, place]


def settle_reading(poll: Poll, answer: Answer, *, but: Collection[tuple[str, str]] = ()) -> None:
    """A page was read: whatever its reader did not understand before is settled; what was judged beside earlier ones is not."""
    for subject in {answer.capture.request.address, answer.capture.final_address or ""}:
        judged = [key for key in poll.standing.get(subject, {}) if key[0] in JUDGED]
        settle(poll, subject, ("page.",), but=[*judged, *but])


def note_page(poll: Poll, surprise: ScraperError, answer: Answer) -> None:
    """A page that is not what its place promises: the one place where a reader's surprise becomes a finding."""
    finding = surprise.finding(answer.recorded.sha256)
    settle_reading(poll, answer, but=[(finding.code, finding.place)])
    note(poll, finding, answer)
    poll.tally.troubles.append(Trouble(answer.capture.request.address, "page", finding.sentence()))
