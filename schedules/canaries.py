"""Looks at what must be so if our view of a series is sound: its canaries, as the series file states them.

Never decides anything about the series itself: a canary that is silent is a finding, and nothing is marked gone by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from archive.standing import newest_release_on
from archive.standing_findings import accepted_before
from archive.store import last_accepted
from schedules.asking import Answer, Poll, ask, body_of, note, settle
from schedules.due import instant_of, text_of
from schedules.visits import CANARY, UNSETTLED, is_canary
from scraper.model import Finding, Request
from scraper.site_lists import listed_below, not_shown

LIST_BEAT = timedelta(hours=20)
"""A sitemap or a feed is asked for once a day: the slots of one day share it."""

STALE_AFTER = timedelta(days=1)
"""A page that carries the date has other bytes a day later."""


def look_at_canaries(poll: Poll, shown: Sequence[str]) -> None:
    """Ask for what the series file names, at the end of the walk; `shown` are the addresses that the series page lists."""
    canaries = poll.series.canaries
    for code, address in (("canary.sitemap", canaries.sitemap), ("canary.feed", canaries.feed)):
        if address and shown and _is_due(poll, address):
            _compare_list(poll, code, address, shown)
    if canaries.changes:
        _expect_change(poll, canaries.changes)
    if canaries.stays and canaries.stays_sha256:
        _expect_the_same(poll, canaries.stays, canaries.stays_sha256)


def note_age(poll: Poll) -> None:
    """Say where the newest release is older than expected: all requests may be well answered, and the source dead."""
    most, seed = poll.series.canaries.newest_release_days, poll.series.seed
    newest = newest_release_on(poll.desk.copy, poll.series.slug)
    if most is None or newest is None or date.fromisoformat(newest) >= poll.now().date() - timedelta(days=most):
        settle(poll, seed, ("canary.age",))
        return
    advice = (
        "Look at the publisher's site: releases may have moved or stopped; the series file states how long is usual."
    )
    found, expected = f"a newest release of {newest}", f"one no older than {most} days"
    note(poll, Finding("canary.age", "warning", seed, "", found, expected, advice))


def _ask(poll: Poll, name: str, address: str) -> Answer | None:
    """Ask for an address of ours; one that belongs to the series too was asked for as what it is there."""
    known = poll.known.get(address)
    if address in poll.asked or (known is not None and not is_canary(known)):
        return None
    return ask(poll, Request(address, "canary", link_text=CANARY + name))


def _is_due(poll: Poll, address: str) -> bool:
    known = poll.known.get(address)
    if known is None or known.last_outcome in UNSETTLED:
        return True
    age = poll.now() - instant_of(known.last_at)
    return age >= LIST_BEAT or age < -LIST_BEAT  # seen in the future: the clock has been set back since


def _compare_list(poll: Poll, code: str, address: str, shown: Sequence[str]) -> None:
    name = code.partition(".")[2]
    body = body_of(_ask(poll, name, address))
    if body is None:
        return
    listed = listed_below(body, poll.series.seed)
    if listed is None:
        settle(poll, address, ("canary.",), but=[("canary.unread", "")])
        advice = "Name the address of the list itself in the series file."
        note(
            poll,
            Finding("canary.unread", "warning", address, "", "no address at all", f"a {name} of addresses", advice),
        )
        return
    pages = ("publication_page", "further_page")
    known = (one.address for one in poll.known.values() if one.purpose in pages and not is_canary(one))
    missing = not_shown(listed, (*shown, *known))
    if not missing:
        settle(poll, address, ("canary.",))
        return
    settle(poll, address, ("canary.",), but=[(code, "")])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    found = f"pages of the series that its own page does not list: {', '.join(missing[:5])}{more}"
    advice = "Look at the series page: its lists may have changed their markup."
    note(poll, Finding(code, "warning", address, "", found, "no page that the series page does not list", advice))


def _expect_change(poll: Poll, address: str) -> None:
    answer = _ask(poll, "changes", address)
    if body_of(answer) is None or answer is None:
        return
    db, until = poll.desk.evidence.db, text_of(poll.now() - STALE_AFTER)
    before = accepted_before(db, poll.series.slug, address, answer.recorded.capture_id, until)
    if before != answer.recorded.sha256:
        settle(poll, address, ("canary.stale",))
        return
    advice = "Something between us and the publisher hands out old copies: what came since may be old too."
    found = "the same bytes as more than a day ago"
    note(poll, Finding("canary.stale", "warning", address, "", found, "other bytes than a day ago", advice))


def _expect_the_same(poll: Poll, address: str, sha256: str) -> None:
    answer = _ask(poll, "stays", address)
    last = last_accepted(poll.desk.evidence.db, poll.series.slug, address)
    if last is None or (answer is not None and body_of(answer) is None):
        return
    if last.sha256 == sha256:
        settle(poll, address, ("canary.altered",))
        return
    advice = "Suspect our own way to the publisher first: a proxy, a login page, an encoding."
    found, expected = f"bytes with the SHA-256 {last.sha256}", f"those with {sha256}, as ever"
    note(poll, Finding("canary.altered", "warning", address, "", found, expected, advice))
