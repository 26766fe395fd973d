"""One poll of one series, told in order: from the series page to committed rows.

Holds no parsing and no SQL; what to ask for is decided in visits.py, how it went is said in tally.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from archive.standing_findings import by_subject, standing_findings
from archive.store import (
    KnownAddress,
    begin_poll,
    end_poll,
    known_addresses,
    last_accepted,
    newest_poll,
)
from schedules.anchoring import anchor_after
from schedules.asking import (
    Poll,
    TooLongError,
    ask,
    body_of,
    note,
    note_page,
    settle,
    settle_reading,
)
from schedules.canaries import look_at_canaries, note_age
from schedules.desk import Desk
from schedules.due import due_after, in_words, looked, text_of
from schedules.page_asking import ask_for_page, kept_body, note_lost_links
from schedules.reread import mirror_evidence
from schedules.room import refuse_full_disk
from schedules.series import definition_sha256
from schedules.signing import sign_after
from schedules.stopping import StoppedError
from schedules.tally import Tally, Trouble
from schedules.visits import (
    address_is_due,
    addresses_lost,
    findings_about_offer,
    findings_about_stub,
    is_canary,
    is_recent,
    page_is_due,
    request_for_file,
    request_for_further,
    request_for_known,
    request_for_link,
)
from scraper.errors import PageChanged
from scraper.fetch import Fetcher
from scraper.model import Finding, PublicationLink, PublicationPage, Request, Resource, Series
from scraper.pages import read_publication_page, read_series_page


class Polled(NamedTuple):
    """How one poll ended."""

    series: str
    poll_id: int
    outcome: Literal["complete", "incomplete"]
    captures: int
    new_snapshots: int
    vintages: int
    """Vintages that were read into the reading copy."""
    next_due_at: datetime
    summary: str


def poll_series(desk: Desk, series: Series, reason: Literal["due", "asked"]) -> Polled:
    """Look at a series once and keep all that is seen; bytes are committed before anyone tries to understand them.

    Raises ArchiveError where the archive does not take it, or the disk is nearly full: then nothing is asked for. Trouble
    of the publisher is recorded, never raised.
    """
    refuse_full_disk(desk, series.slug)
    db, started_at = desk.evidence.db, desk.clock()
    before = looked(newest_poll(db, series.slug))
    known = {one.address: one for one in known_addresses(db, series.slug)}
    poll_id = begin_poll(db, series.slug, reason, text_of(started_at), desk.software, definition_sha256(series))
    mirror_evidence(db, desk.copy)  # the front page says that a poll is under way
    tally = Tally()
    with Fetcher(series, desk.software, desk.stop) as fetcher:
        standing = by_subject(standing_findings(db, series.slug))
        poll = Poll(desk, series, poll_id, fetcher, known, set(), tally, set(), standing)
        try:
            _walk_in_time(poll)
            vintages = _bring_up_to_date(poll)
            note_age(poll)
        except StoppedError:
            vintages, tally.stopped = 0, True
    ended_at = desk.clock()
    due = due_after(
        series,
        started_at=started_at,
        ended_at=ended_at,
        complete=tally.complete,
        before=before,
        not_before=tally.not_before,
    )
    return _end(poll, ended_at, ended_at if tally.stopped else due, vintages)


def _walk_in_time(poll: Poll) -> None:
    """The walk, ended where it takes longer than a poll may: what was kept by then is read, the rest is for the next poll."""
    seed, most = poll.series.seed, poll.series.manners.poll_seconds
    try:
        _walk(poll)
    except TooLongError:
        advice = "What was captured is kept; the rest is asked for next time. Look which host is so slow."
        found, expected = "a poll that had not ended by then", f"an end within {most:g} seconds"
        note(poll, Finding("poll.too_long", "error", seed, "", found, expected, advice))
        poll.tally.troubles.append(Trouble(seed, "slow", f"the poll was ended after {most:g} seconds"))
    else:
        settle(poll, seed, ("poll.too_long",))


def _walk(poll: Poll) -> None:
    """Series page, publications with their files as listed, what is no longer linked, and canaries."""
    links = _look_at_series_page(poll)
    for link in links:
        _look_at_publication(poll, request_for_link(link, poll.series), link)
    for known in _not_yet_asked(poll, "publication_page"):
        _look_at_publication(poll, request_for_known(known, None, poll.series, poll.now()), None)
    for known in _not_yet_asked(poll, "further_page", "file"):
        _look_again(poll, known)
    look_at_canaries(poll, [link.address for link in links])


def _not_yet_asked(poll: Poll, *purposes: str) -> Iterator[KnownAddress]:
    return (
        one
        for one in poll.known.values()
        if one.purpose in purposes and one.address not in poll.asked and not is_canary(one)
    )


# ---------------------------------------------------------------- pages


def _look_at_series_page(poll: Poll) -> Sequence[PublicationLink]:
    """Publications that the series page lists; none where it could not be got or understood, and then nothing is gone."""
    request = Request(poll.series.seed, "series_page")
    answer = ask_for_page(poll, request)
    body = body_of(answer)
    if answer is None or body is None:
        return ()
    try:
        page = read_series_page(body, answer.capture.final_address or request.address, poll.series)
    except PageChanged as surprise:
        note_page(poll, surprise, answer)
        return ()
    settle_reading(poll, answer)
    note_lost_links(poll, answer)
    for resource in page.resources:
        _look_at_file(poll, resource, request, visited=True)
    return page.publications


def _look_at_publication(poll: Poll, request: Request, link: PublicationLink | None) -> None:
    """One publication: its page if that is due, its data set and chapter pages one level down, and the files of all."""
    known = poll.known.get(request.address)
    before = _page_kept(poll, request) if known else None
    visited = page_is_due(link, before, known, poll.series, poll.now())
    page = _look_at_page(poll, request, before) if visited else before
    poll.asked.add(request.address)
    if before is not None and page is not None:
        poll.lost.update(addresses_lost(before, page))
    if page is None:
        return
    if page.kind == "stub":
        _note_offer(poll, request, findings_about_stub(request.address, page.resources, poll.series.expects))
        return
    resources = [(request, resource) for resource in page.resources]
    for further in page.further:
        resources += _look_at_further(poll, request_for_further(further, request), visited)
    if visited:
        latest = link is not None and link.listed == "latest"
        offered = [resource for _, resource in resources]
        _note_offer(poll, request, findings_about_offer(request.address, offered, poll.series.expects, latest=latest))
    recent = (link is not None and link.listed == "latest") or is_recent(page.published_on, poll.series, poll.now())
    for parent, resource in resources:
        _look_at_file(poll, resource, parent, visited=visited, recent=recent)


def _look_at_further(poll: Poll, request: Request, visited: bool) -> list[tuple[Request, Resource]]:
    known = poll.known.get(request.address)
    if request.address in poll.asked:
        return []
    before = _page_kept(poll, request) if known else None
    due = address_is_due(known, poll.series, poll.now(), visited=visited)
    page = _look_at_page(poll, request, before) if due else before
    poll.asked.add(request.address)
    return [(request, resource) for resource in page.resources] if page else []


def _look_at_page(poll: Poll, request: Request, before: PublicationPage | None) -> PublicationPage | None:
    """The page as it is now; as it was before where it could not be got or understood, so that its files are watched on."""
    answer = ask_for_page(poll, request)
    body = body_of(answer)
    if answer is None or body is None:
        return before
    try:
        page = read_publication_page(body, answer.capture.final_address or request.address, poll.series)
    except PageChanged as surprise:
        note_page(poll, surprise, answer)
        return before
    settle_reading(poll, answer)
    return page


def _page_kept(poll: Poll, request: Request) -> PublicationPage | None:
    """What the newest accepted copy of a page says; None where there is none or it was not understood then either."""
    last = last_accepted(poll.desk.evidence.db, poll.series.slug, request.address)
    kept = kept_body(poll, last.sha256) if last else None
    if kept is None:
        return None
    try:
        return read_publication_page(kept, request.address, poll.series)
    except PageChanged:
        return None  # told when it was captured


# ---------------------------------------------------------------- files


def _look_at_file(poll: Poll, resource: Resource, parent: Request, *, visited: bool, recent: bool = True) -> None:
    known = poll.known.get(resource.address)
    if resource.address in poll.asked or not address_is_due(known, poll.series, poll.now(), visited=visited):
        return
    last = last_accepted(poll.desk.evidence.db, poll.series.slug, resource.address)
    answer = ask(poll, request_for_file(resource, parent, last, poll.series, poll.now()))
    if answer and answer.recorded.outcome == "absent" and recent:
        # A release opens at 09:30 and its files a minute later: what is linked but not there is worth another look.
        poll.tally.troubles.append(poll.tally.trouble_of(answer.capture))


def _look_again(poll: Poll, known: KnownAddress) -> None:
    """An address that no page of today links to, on its slower beat: what was captured once is watched for ever.

    One that its page stopped linking to just now is looked at just now.
    """
    if known.address in poll.lost or address_is_due(known, poll.series, poll.now(), visited=False):
        last = last_accepted(poll.desk.evidence.db, poll.series.slug, known.address)
        ask(poll, request_for_known(known, last, poll.series, poll.now()))


# ---------------------------------------------------------------- findings


def _note_offer(poll: Poll, request: Request, found: Sequence[Finding]) -> None:
    settle(poll, request.address, ("publication.",), but=[(finding.code, finding.place) for finding in found])
    for finding in found:
        note(poll, finding)


# ---------------------------------------------------------------- the end


def _bring_up_to_date(poll: Poll) -> int:
    """Read what is new into the reading copy, and keep what could not be read as findings; returns the vintages read."""
    refreshed = poll.desk.refresh()
    for finding in refreshed.findings:
        note(poll, finding)
    poll.tally.unread = refreshed.unread
    return refreshed.vintages


def _end(poll: Poll, ended_at: datetime, due: datetime, vintages: int) -> Polled:
    tally = poll.tally
    outcome: Literal["complete", "incomplete"] = "complete" if tally.complete else "incomplete"
    summary = tally.summary()
    if not tally.complete and not tally.stopped:
        summary += f" Next try at {in_words(due, poll.series, ended_at)}."
    db = poll.desk.evidence.db
    end_poll(db, poll.poll_id, outcome, text_of(ended_at), text_of(due), summary)
    sign_after(poll.desk, poll.series.slug)
    mirror_evidence(db, poll.desk.copy)
    if anchor_after(poll.desk, poll.series.slug, poll.poll_id):
        mirror_evidence(db, poll.desk.copy)
    return Polled(poll.series.slug, poll.poll_id, outcome, tally.captures, tally.new_snapshots, vintages, due, summary)
