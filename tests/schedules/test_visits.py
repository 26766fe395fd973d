"""Which addresses a poll asks for, decided from values alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.history import KnownAddress, LastAccepted
from schedules.due import text_of
from schedules.series import load_series, series_named
from schedules.visits import address_is_due, findings_about_offer, findings_about_stub, page_is_due, validators_of
from scraper.model import PublicationLink, PublicationPage, Resource

NOW = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
SERIES = series_named(load_series(), "national-data-opt-out")


def known(days_ago: float, outcome: str = "unchanged") -> KnownAddress:
    """An address last asked so many days ago."""
    at = text_of(NOW - timedelta(days=days_ago))
    return KnownAddress("https://digital.nhs.uk/x", "publication_page", "x", None, None, None, None, at, at, outcome)


def link(listed: str = "previous", dated_on: str | None = None) -> PublicationLink:
    """How the series page lists a publication."""
    return PublicationLink("https://digital.nhs.uk/x", "x", "/x", "X", listed, None, dated_on)


def page(kind: str = "publication", published_on: str | None = None) -> PublicationPage:
    """What a kept page says."""
    nothing = dict.fromkeys(
        ("identity", "part_of_title", "part_of_address", "date_text", "date_range_text", "period_from", "period_to",
         "last_edited_text", "last_edited_at"))  # fmt: skip
    return PublicationPage(
        kind=kind,
        title="X",
        published_on=published_on,
        summary="",
        notices=(),
        resources=(),
        further=(),
        landmarks=(),
        **nothing,
    )


@pytest.mark.parametrize(
    ("listed", "before", "record", "due"),
    [
        (link(), None, None, True),  # never seen
        (link("latest"), page(), known(0.1), True),
        (link("upcoming"), page("stub"), known(0.1), True),
        (None, page("stub"), known(0.1), True),  # announced, off the list, no date: still waited for
        (link(), page(), known(0.1), False),
        (link(dated_on="2026-06-01"), page(), known(0.1), True),
        (link(dated_on="2021-06-01"), page(), known(0.1), False),
        (link(), page(published_on="2026-06-01"), known(0.1), True),
        (link(), page(), known(7), True),
        (None, page(), known(6.9), False),
        (None, page(), known(7), True),
        (link(), page(), known(0.1, "failed"), True),
        (None, page(), known(0.1, "blocked"), True),
        (link(), page(), known(0.1, "absent"), True),
        (None, page(), known(0.1, "absent"), False),
    ],
)
def test_which_publication_pages_are_due(listed, before, record, due):
    """New, announced, latest, recent, unsettled and long unseen ones are; an old one in order is left in peace."""
    assert page_is_due(listed, before, record, SERIES, NOW) is due


@pytest.mark.parametrize(
    ("record", "visited", "due"),
    [
        (None, False, True),
        (known(0.1), True, True),
        (known(0.1), False, False),
        (known(7), False, True),
        (known(0.1, "suspect"), False, True),
        (known(0.1, "absent"), False, False),
        (known(-400), False, True),  # the clock ran ahead when it was seen, and was set back
        (known(-0.01), False, False),
    ],
)
def test_which_files_are_due(record, visited, due):
    """New ones, those of publications looked at, unsettled ones, and every one on its slower beat."""
    assert address_is_due(record, SERIES, NOW, visited=visited) is due


def test_validators_are_sent_while_the_body_is_not_too_old():
    """Without a body to fall back on nothing conditional is asked; after four re-checks the whole file is."""
    last = LastAccepted(1, "0" * 64, '"e"', "Thu, 01 Jan 2026 00:00:00 GMT", text_of(NOW - timedelta(days=27)))
    assert validators_of(last, SERIES, NOW) == ('"e"', "Thu, 01 Jan 2026 00:00:00 GMT")
    assert validators_of(last, SERIES, NOW + timedelta(days=1)) == (None, None)
    assert validators_of(None, SERIES, NOW) == (None, None)


def test_required_kinds_are_asked_of_the_latest_release_alone():
    """The offer has changed over the years: an old release without today's files is not odd."""
    offered = [Resource("https://f/x", "x", "X", "ndop_AGE_gen_x.CSV", None, None, "resources")]
    series = replace(SERIES, expects=SERIES.expects[:3])
    assert findings_about_offer("a", offered, series.expects, latest=False) == ()
    missing = findings_about_offer("a", offered, series.expects, latest=True)
    assert [finding.place for finding in missing] == ["NDOP_reg_geo*.csv", "NDOP_res_geo*.csv"]


def test_an_announcement_that_offers_the_figures_is_odd_and_one_with_a_list_of_readers_is_not():
    """A stub with a file that we would read is a release under markup we do not know; other documents stand there by right."""
    offered = [
        Resource("https://f/x", "x", "X", name, None, None, "resources")
        for name in ("readers.pdf", "NDOP_age_gen_x.csv")
    ]
    assert findings_about_stub("a", offered[:1], SERIES.expects) == ()
    (odd,) = findings_about_stub("a", offered, SERIES.expects)
    assert (odd.code, odd.severity) == ("publication.stub_with_files", "warning")
    assert "NDOP_age_gen_x.csv" in odd.found
