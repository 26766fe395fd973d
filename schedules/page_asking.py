"""Asks for one page and judges it beside its last healthy capture, so that a page that grew poor is told.

Never reads what a page says, and never decides what to ask for next.
"""

from __future__ import annotations

from dataclasses import replace

from archive.errors import WithheldError
from archive.standing import page_sizes
from archive.standing_findings import accepted_before
from archive.store import read_snapshot
from schedules.asking import Answer, Poll, ask, body_of, note, settle
from schedules.tally import Trouble
from schedules.visits import findings_about_moves
from scraper.model import Request
from scraper.page_judge import CODES as JUDGED
from scraper.page_judge import FEWER, Outline, PageHistory, judge_page, outline


def ask_for_page(poll: Poll, request: Request) -> Answer | None:
    """A page, judged beside its last healthy capture where it is not the same bytes again, or something stands against it.

    Against the same bytes too: our reader may have been mended since.
    """
    answer = ask(poll, request)
    body = body_of(answer)
    for finding in findings_about_moves(answer.capture) if answer and body is not None else ():
        note(poll, finding)
    if answer and answer.recorded.outcome == "unchanged":
        settle(poll, request.address, (FEWER,))
    doubted = any(code in JUDGED for code, _ in poll.standing.get(request.address, {}))
    if answer and body is not None and (doubted or answer.recorded.outcome in {"new", "changed"}):
        sizes = page_sizes(poll.desk.copy, poll.series.slug, request.address)
        before = _last_healthy(poll, request.address, answer.recorded.capture_id)
        found = judge_page(body, request.purpose, PageHistory(request.address, sizes, before))
        settle(poll, request.address, (*JUDGED, FEWER), but=[(finding.code, finding.place) for finding in found])
        for finding in found:
            note(poll, replace(finding, sha256=answer.recorded.sha256), answer)
    return answer


def _last_healthy(poll: Poll, address: str, capture_id: int) -> Outline | None:
    """How a page looked when nothing was wrong with it: a page that lost its links is no measure for the next one."""
    db, standing = poll.desk.evidence.db, poll.standing.get(address, {})
    since = (at for (code, _), at in standing.items() if code.startswith("page.") and code != FEWER and at is not None)
    sha256 = accepted_before(db, poll.series.slug, address, min(since, default=capture_id))
    kept = kept_body(poll, sha256) if sha256 else None
    before = outline(kept) if kept is not None else None
    return before if before and before.kind != "unknown" else None  # back from a page nobody understood: no news


def kept_body(poll: Poll, sha256: str) -> bytes | None:
    """The bytes of a snapshot; None where they are withheld, so that the page is looked at as one never seen."""
    try:
        return read_snapshot(poll.desk.evidence.db, sha256)
    except WithheldError:
        return None


def note_lost_links(poll: Poll, answer: Answer) -> None:
    """A series page that lost its links was not looked through, however well the rest of it reads, until a person says so."""
    address = answer.capture.request.address
    if ("page.links", "") in poll.standing.get(address, {}):
        poll.tally.troubles.append(
            Trouble(address, "page", f"{address}: most of the links it had are not found on it.")
        )
