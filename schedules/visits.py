"""Decides which pages and files one poll asks for, and how: whole or conditionally.

Pure: never fetches, never reads a database or a clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import cast

from archive.store import KnownAddress, LastAccepted
from schedules.due import instant_of
from scraper.model import (
    Capture,
    ExpectedFile,
    Finding,
    FurtherPage,
    PublicationLink,
    PublicationPage,
    Purpose,
    Request,
    Resource,
    Series,
)

HEALTHY = frozenset({"new", "changed", "reissued", "unchanged", "not_modified"})
"""Outcomes that answer the question; `absent` answers it too, but not with the thing."""

UNSETTLED = frozenset({"blocked", "soft_error", "suspect", "failed"})
"""Outcomes that leave the question open: such an address is asked again at every poll."""

CANARY = "canary: "
"""How the evidence marks an address of a canary, as its link text; the kind of canary follows."""

WHOLE_AFTER_RECHECKS = 4
"""A file is asked for whole once its last body is so many re-checks old: a server may send new bytes under old validators."""


def is_recent(dated_on: str | None, series: Series, now: datetime) -> bool:
    """Whether a publication of that day (YYYY-MM-DD; one in the future too) is looked at in every poll."""
    return dated_on is not None and date.fromisoformat(dated_on) >= now.date() - timedelta(days=series.recent_days)


def is_recheck_due(known: KnownAddress, series: Series, now: datetime) -> bool:
    """Whether an address has not been looked at for so long that it is due again, linked or not."""
    age = now - instant_of(known.last_at)
    # Seen in the future: the clock has been set back since, and says nothing about how long ago that was.
    return age >= timedelta(days=series.recheck_days) or age < -timedelta(days=1)


def page_is_due(
    link: PublicationLink | None,
    before: PublicationPage | None,
    known: KnownAddress | None,
    series: Series,
    now: datetime,
) -> bool:
    """Whether a publication's page is fetched in this poll.

    `link` is how the series page lists it (None: no longer), `before` what its newest kept page says, `known` its record.
    """
    if known is None or known.last_outcome in UNSETTLED:
        return True
    if link and (link.listed != "previous" or known.last_outcome == "absent" or is_recent(link.dated_on, series, now)):
        return True
    if before and (before.kind == "stub" or is_recent(before.published_on, series, now)):
        return True
    return is_recheck_due(known, series, now)


def address_is_due(known: KnownAddress | None, series: Series, now: datetime, *, visited: bool) -> bool:
    """Whether a file or further page is fetched; `visited`: its publication is looked at in this poll and links to it."""
    if known is None or visited or known.last_outcome in UNSETTLED:
        return True
    return is_recheck_due(known, series, now)


def addresses_lost(before: PublicationPage, page: PublicationPage) -> set[str]:
    """Addresses of files that a publication's page offered before and offers no more."""
    return {one.address for one in before.resources} - {one.address for one in page.resources}


def request_for_link(link: PublicationLink, series: Series) -> Request:
    """How a listed publication is asked for: whole, as every page."""
    return Request(link.address, "publication_page", link.publication, series.seed, link.title, link.href)


def request_for_further(further: FurtherPage, parent: Request) -> Request:
    """How a chapter or data set page of a publication is asked for."""
    return Request(further.address, "further_page", parent.publication, parent.address, further.title, further.href)


def request_for_file(
    resource: Resource, parent: Request, last: LastAccepted | None, series: Series, now: datetime
) -> Request:
    """How a file that a page links to is asked for: conditionally if we hold a body that is not too old."""
    etag, last_modified = validators_of(last, series, now)
    return Request(
        resource.address, "file", parent.publication, parent.address, resource.name, resource.href, etag, last_modified
    )


def request_for_known(known: KnownAddress, last: LastAccepted | None, series: Series, now: datetime) -> Request:
    """How an address is asked for that no page of today links to, by what we remember of it."""
    etag, last_modified = validators_of(last, series, now) if known.purpose == "file" else (None, None)
    return Request(
        known.address, cast("Purpose", known.purpose), known.publication, known.via_address, known.link_text, known.link_href,
        etag, last_modified,
    )  # fmt: skip


def validators_of(last: LastAccepted | None, series: Series, now: datetime) -> tuple[str | None, str | None]:
    """ETag and Last-Modified to send; neither where there is no body to fall back on, or where it is too old."""
    if last is None or now - instant_of(last.requested_at) >= WHOLE_AFTER_RECHECKS * timedelta(
        days=series.recheck_days
    ):
        return None, None
    return last.etag, last.last_modified


def findings_about_offer(
    address: str, resources: Iterable[Resource], expects: Iterable[ExpectedFile], *, latest: bool
) -> tuple[Finding, ...]:
    """What is odd about the files a publication offers: none at all, one of an unknown kind, a required kind missing.

    Required kinds are asked of the latest publication only: the offer has changed over the years.
    """
    names = [resource.file_name for resource in resources]
    expects = tuple(expects)
    if not names:
        advice = "Look at the page; its files may stand elsewhere."
        return (
            Finding(
                "publication.no_files", "warning", address, "", "a page without any file", "at least one file", advice
            ),
        )
    strange = [name for name in names if not any(_fits(name, kind) for kind in expects)]
    missing = [kind.pattern for kind in expects if latest and kind.required and not any(_fits(n, kind) for n in names)]
    return tuple(_strange(address, name) for name in strange) + tuple(_missing(address, p, names) for p in missing)


def findings_about_stub(
    address: str, resources: Iterable[Resource], expects: Iterable[ExpectedFile]
) -> tuple[Finding, ...]:
    """What is odd about a page that says its release is not out: that it offers the figures all the same."""
    wanted = tuple(kind for kind in expects if kind.schemas)
    names = [one.file_name for one in resources if any(_fits(one.file_name, kind) for kind in wanted)]
    if not names:
        return ()
    advice = "Look at the page: it may be out, under markup that we take for an announcement."
    found = f"a page that announces a release, and offers {', '.join(names[:6])}"
    return (
        Finding("publication.stub_with_files", "warning", address, "", found, "no figures before the release", advice),
    )


def is_canary(known: KnownAddress) -> bool:
    """Whether an address was asked for only to see whether our way to the publisher is sound."""
    return (known.link_text or "").startswith(CANARY)


def findings_about_moves(capture: Capture) -> tuple[Finding, ...]:
    """That a page has moved for good, as the server says: it is followed, and a person decides what the series file is to say."""
    if not any(hop.status in {301, 308} for hop in capture.redirects):
        return ()
    advice = "It is followed at every poll. If the move is right, write the new address where the old one stands."
    found = f"a page that moved for good, to {capture.final_address}"
    return (Finding("page.moved", "info", capture.request.address, "", found, "the page at its own address", advice),)


def _fits(name: str, kind: ExpectedFile) -> bool:
    return fnmatchcase(name.casefold(), kind.pattern.casefold())


def _strange(address: str, name: str) -> Finding:
    advice = "It is kept. Add an [[expects]] to the series file that says whether to read it."
    expected = "a name that one of the series' file patterns fits"
    return Finding(
        "publication.unexpected_file", "info", address, name, "a file of a kind not met before", expected, advice
    )


def _missing(address: str, pattern: str, names: list[str]) -> Finding:
    advice = "Look at the page; if the publisher has stopped or renamed it, say so in the series file."
    found = "only " + ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
    return Finding("publication.missing_file", "warning", address, pattern, found, f"a file named {pattern}", advice)
