"""What must be so if our view is sound: each canary is silent when it should be and sings when it should. All figures made up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from schedules.poll import poll_series
from schedules.series import load_series
from scraper.errors import DefinitionError
from scraper.site_lists import listed_below, not_shown
from tests.made_up import age_gen
from tests.publisher import Publisher

SEED = "https://digital.nhs.uk/a/series"


@pytest.fixture
def publisher(archive) -> Iterator[Publisher]:
    """A publisher with two releases, and a series of another name to take canaries from."""
    archive.now = datetime.now(UTC)
    with Publisher(archive.now) as one:
        for n in (1, 2):
            files = [("By age", f"NDOP_age_gen_{n}_2021.csv", age_gen([f"2021-0{n}-01"]))]
            one.publish(f"release-{n}", f"Release {n}", (archive.now - timedelta(days=7 * n)).date(), files)
        one.series("clock", "A page with the date", summary="Monday. (made-up figures)")
        one.publish("clock-1", "Nothing", "2021-07-01", [("A", "a.csv", b"a\r\n")], series="clock")
        yield one


def look(archive, publisher, later=timedelta(hours=6)):
    """One poll; how it ended, and the codes of canaries that stand after it."""
    archive.now += later
    publisher.now = archive.now
    publisher.requests.clear()
    with archive.open() as desk:
        polled = poll_series(desk, desk.series[0], "due")
        rows = desk.evidence.db.query(
            "SELECT code, severity FROM findings WHERE code LIKE 'canary.%' ORDER BY finding_id"
        )
        newest = {row["code"]: row["severity"] for row in rows}
        assert not list(desk.copy.query("SELECT 1 FROM pages WHERE address LIKE '%sitemap%' OR address LIKE '%clock%'"))
    return polled.outcome, {code for code, severity in newest.items() if severity != "info"}


def test_sitemap_and_feed_that_agree_with_the_page_say_nothing_and_are_asked_once_a_day(archive, publisher):
    """Both are kept as captures, by their own mark, and are no pages of the series."""
    lists = {"sitemap": "/sitemap-publication.xml", "feed": "/feed/pubfeed.xml"}
    publisher.series_file(
        archive.schedules,
        attempts=1,
        canaries={name: publisher.site.pages_address + path for name, path in lists.items()},
    )
    assert look(archive, publisher) == ("complete", set())
    assert [publisher.count(path) for path in lists.values()] == [1, 1]
    assert look(archive, publisher) == ("complete", set())
    assert [publisher.count(path) for path in lists.values()] == [0, 0]
    assert look(archive, publisher, timedelta(hours=20)) == ("complete", set())
    assert [publisher.count(path) for path in lists.values()] == [1, 1]
    with archive.open() as desk:
        rows = list(
            desk.evidence.db.query("SELECT DISTINCT link_text, purpose FROM captures WHERE link_text LIKE 'canary%'")
        )
    assert {(row["link_text"], row["purpose"]) for row in rows} == {
        ("canary: sitemap", "further_page"), ("canary: feed", "further_page"),
    }  # fmt: skip


@pytest.mark.fault("C21")
def test_a_release_that_only_the_sitemap_shows_is_told_until_the_page_shows_it(archive, publisher):
    """The series page lost an entry that the site still has: that is how an empty archive of good answers begins."""
    sitemap = f"{publisher.site.pages_address}/sitemap-publication.xml"
    publisher.series_file(archive.schedules, attempts=1, canaries={"sitemap": sitemap})
    body = f"<urlset><url><loc>{publisher.address('release-3')}</loc></url></urlset>".encode()
    publisher.answer_with(sitemap, body)
    assert look(archive, publisher) == ("complete", {"canary.sitemap"})
    publisher.publish("release-3", "Release 3", (archive.now - timedelta(days=1)).date(), [])
    assert look(archive, publisher, timedelta(days=1)) == ("complete", set())


def test_a_sitemap_that_is_none_is_told_and_an_unreachable_one_does_not_fail_the_poll(archive, publisher):
    """What is watched was looked through; the canary's own trouble is an alarm of its own."""
    sitemap = f"{publisher.site.pages_address}/sitemap-publication.xml"
    publisher.series_file(archive.schedules, attempts=1, canaries={"sitemap": sitemap})
    publisher.answer_with(sitemap, b"<html><body>no map</body></html>")
    assert look(archive, publisher) == ("complete", {"canary.unread"})
    publisher.calm()
    publisher.fail(500, None, target=sitemap)
    assert look(archive, publisher, timedelta(days=1))[0] == "complete"


def test_a_page_that_should_change_and_does_not_is_told_after_a_day(archive, publisher):
    """The same bytes twice on one day are no news; a day later our path is stale, until it changes."""
    publisher.series_file(archive.schedules, attempts=1, canaries={"changes": publisher.address(series="clock")})
    assert look(archive, publisher) == ("complete", set())
    assert look(archive, publisher) == ("complete", set())
    assert look(archive, publisher, timedelta(hours=25)) == ("complete", {"canary.stale"})
    publisher.reword("clock", "Monday", "Wednesday", series="clock")
    assert look(archive, publisher) == ("complete", set())


@pytest.mark.fault("C25")
def test_a_known_good_address_that_differs_is_told(archive, publisher):
    """Something on our way changes bytes: that is suspected before the publisher is."""
    clock = publisher.address(series="clock")
    publisher.series_file(archive.schedules, attempts=1, canaries={"stays": clock, "stays_sha256": "0" * 64})
    assert look(archive, publisher) == ("complete", {"canary.altered"})
    with archive.open() as desk:
        (row,) = desk.evidence.db.query("SELECT sha256 FROM captures WHERE address = ?", [clock])
    publisher.series_file(archive.schedules, attempts=1, canaries={"stays": clock, "stays_sha256": row["sha256"]})
    assert look(archive, publisher) == ("complete", set())


@pytest.mark.fault("C25")
def test_a_file_of_the_series_may_be_the_known_good_one(archive, publisher):
    """It stays a file of the series, asked for as one; its digest is looked at in every poll."""
    name = "NDOP_age_gen_2_2021.csv"
    address, body = publisher.file_address("release-2", name), age_gen(["2021-02-01"])
    canaries = {"stays": address, "stays_sha256": hashlib.sha256(body).hexdigest()}
    publisher.series_file(archive.schedules, attempts=1, canaries=canaries)
    assert look(archive, publisher) == ("complete", set())
    publisher.replace("release-2", name, age_gen(["2021-03-01"]), in_place=True)
    assert look(archive, publisher) == ("complete", {"canary.altered"})
    with archive.open() as desk:
        rows = desk.evidence.db.query("SELECT DISTINCT purpose FROM captures WHERE address = ?", [address])
        assert [row["purpose"] for row in rows] == ["file"]


@pytest.mark.fault("C22")
def test_a_newest_release_that_is_too_old_is_told_and_a_quiet_month_is_not(archive, publisher):
    """All answers are good, and nothing has come out for longer than the series file expects."""
    publisher.series_file(archive.schedules, attempts=1, canaries={"newest_release_days": 60})
    assert look(archive, publisher) == ("complete", set())
    assert look(archive, publisher, timedelta(days=40)) == ("complete", set())
    assert look(archive, publisher, timedelta(days=20)) == ("complete", {"canary.age"})
    publisher.publish("release-3", "Release 3", archive.now.date(), [])
    assert look(archive, publisher, timedelta(days=1)) == ("complete", set())


def test_canaries_that_are_taken_out_of_the_series_file_are_not_asked_again(archive, publisher):
    """Nor taken for a page of the series that has changed its kind."""
    sitemap = f"{publisher.site.pages_address}/sitemap-publication.xml"
    publisher.series_file(archive.schedules, attempts=1, canaries={"sitemap": sitemap})
    look(archive, publisher)
    publisher.series_file(archive.schedules, attempts=1)
    assert look(archive, publisher, timedelta(days=30)) == ("complete", set())
    assert publisher.count("/sitemap-publication.xml") == 0


@pytest.mark.parametrize(("stated", "place"), [
    ({"sitemap": "https://elsewhere.example/sitemap.xml"}, "canaries.sitemap"),
    ({"stays": "http://127.0.0.1:1/x"}, "canaries.stays"),
    ({"newest_release_days": -1}, "canaries.newest_release_days"),
    ({"newest": 3}, "canaries.newest"),
])  # fmt: skip
def test_a_mistake_in_the_canaries_is_named(archive, publisher, stated, place):
    """Only the series' own hosts are asked, canaries too."""
    publisher.series_file(archive.schedules, canaries=stated)
    with pytest.raises(DefinitionError, match=place):
        load_series(archive.schedules)


def test_stays_needs_its_digest(archive, publisher):
    """One without the other says nothing."""
    publisher.series_file(archive.schedules, canaries={"stays": publisher.address(series="clock")})
    with pytest.raises(DefinitionError, match="stays_sha256"):
        load_series(archive.schedules)


def test_lists_are_read_without_parsing_xml():
    """Sitemap, feed, CDATA and entities; what lies elsewhere is left out, and a page is no list."""
    body = (
        f"<loc>{SEED}/june-2021</loc><loc> {SEED}/june-2021/chapter </loc><link><![CDATA[{SEED}/a?x=1&amp;y]]></link>"
        f"<loc>https://digital.nhs.uk/other</loc><loc>{SEED}</loc><loc>{SEED}/june-2021</loc>"
    )
    assert listed_below(body.encode(), SEED) == (f"{SEED}/june-2021", f"{SEED}/june-2021/chapter", f"{SEED}/a")
    assert listed_below(b"<html><a href='x'>x</a></html>", SEED) is None
    assert listed_below(b"<urlset></urlset>", SEED) is None


def test_chapters_and_folders_of_a_shown_page_are_shown():
    """Only what lies on no line with a shown page is missing."""
    shown = (f"{SEED}/2018/june",)
    listed = (f"{SEED}/2018", f"{SEED}/2018/june", f"{SEED}/2018/june/chapter", f"{SEED}/2018/july", f"{SEED}/20")
    assert not_shown(listed, shown) == (f"{SEED}/2018/july", f"{SEED}/20")
