"""One poll of one series against the pretend publisher: what is asked, what is kept, and how it is told. All figures made up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from archive.history import known_addresses, newest_poll
from archive.store import AS_EXPECTED, read_snapshot
from schedules.poll import Polled, poll_series
from tests.conftest import Archive
from tests.made_up import age_gen, release_files
from tests.publisher import Publisher

OLD, NEW = "NDOP_age_gen_Jul_2021.csv", "NDOP_age_gen_Apr_2022.csv"


def figures(first: int) -> bytes:
    """A made-up file of two months, England at `first` in the earlier one."""
    return age_gen(["2021-05-01", "2021-06-01"], totals={"2021-05-01": first, "2021-06-01": first + 1000})


@pytest.fixture
def publisher(archive: Archive) -> Iterator[Publisher]:
    """A publisher with an old release and one of last week, and an archive whose clock agrees with its own."""
    archive.now = datetime.now(UTC)
    with Publisher(archive.now) as one:
        last_week = (archive.now - timedelta(days=7)).date()
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", [("By age", OLD, figures(180_000))])
        one.publish("last-week", "National Data Opt-out, last week", last_week, [("By age", NEW, figures(200_000))])
        one.series_file(archive.schedules, attempts=1)
        yield one


def poll(archive: Archive, publisher: Publisher | None = None, later: timedelta = timedelta(0)) -> Polled:
    """One poll, `later` by both clocks."""
    archive.now += later
    if publisher:
        publisher.now = archive.now
        publisher.requests.clear()
    with archive.open() as desk:
        return poll_series(desk, desk.series[0], "due")


def captured(archive: Archive) -> list[tuple[str, str, str]]:
    """(poll, outcome, last part of the address) of every capture, in order."""
    with archive.open() as desk:
        rows = list(desk.evidence.db.query("SELECT poll_id, outcome, address FROM captures ORDER BY capture_id"))
    return [(row["poll_id"], row["outcome"], row["address"].rpartition("/")[2]) for row in rows]


def of_poll(archive: Archive, number: int) -> list[tuple[str, str]]:
    """(outcome, last part of the address) of every capture of one poll, in order."""
    return [(outcome, name) for poll_id, outcome, name in captured(archive) if poll_id == number]


def findings(archive: Archive) -> list[tuple[str, str]]:
    """(code, severity) of every finding, in order, without those that settle an earlier one."""
    with archive.open() as desk:
        rows = desk.evidence.db.query("SELECT code, severity, found FROM findings")
        return [(row["code"], row["severity"]) for row in rows if row["found"] != AS_EXPECTED]


def test_a_first_poll_takes_everything_and_a_second_adds_only_captures(archive, publisher):
    """Pages and files are kept and read; looking again at what has not changed keeps no byte twice."""
    first = poll(archive, publisher)
    assert first.outcome == "complete", first.summary
    assert first.vintages == 2
    assert {name for _, outcome, name in captured(archive) if outcome == "new"} >= {OLD, NEW, "july-2021", "last-week"}
    second = poll(archive, publisher)
    assert (second.outcome, second.new_snapshots, second.vintages) == ("complete", 0, 0)
    assert ("not_modified", NEW) in of_poll(archive, 2)
    assert findings(archive) == []


def test_an_old_release_is_left_in_peace_until_its_recheck_is_due(archive, publisher):
    """Only the series page and what is recent is asked for at every poll; after a week everything is, file included."""
    poll(archive, publisher)
    poll(archive, publisher, timedelta(hours=6))
    assert publisher.count(publisher.address("july-2021")) == 0
    assert publisher.count(publisher.address("last-week")) == 1
    poll(archive, publisher, timedelta(days=8))
    assert publisher.count(publisher.address("july-2021")) == 1
    assert publisher.count(OLD) == 1


@pytest.mark.fault("H15", "H12")
def test_pages_are_asked_whole_and_files_conditionally_until_their_body_is_old(archive, publisher):
    """A page's wording is evidence; a file is asked for whole again after four re-checks, whatever its validators say."""
    poll(archive, publisher)
    poll(archive, publisher)
    asked = {seen.path.rpartition("/")[2]: "If-None-Match" in seen.headers for seen in publisher.requests}
    assert asked[NEW]
    assert not asked["last-week"]
    poll(archive, publisher, timedelta(days=29))
    assert not any("If-None-Match" in seen.headers for seen in publisher.requests)
    assert ("unchanged", NEW) in of_poll(archive, 3)


@pytest.mark.fault("C05")
def test_a_file_replaced_at_a_new_address_is_reissued_and_the_old_address_is_watched_on(archive, publisher):
    """The publisher's way of correcting a file gives a vintage more, and the address that no page links to stays on its beat."""
    poll(archive, publisher)
    before = publisher.file_address("last-week", NEW)
    publisher.replace("last-week", NEW, figures(300_000), notice="A figure was corrected.")
    second = poll(archive, publisher, timedelta(hours=6))
    assert (second.outcome, second.vintages) == ("complete", 1)
    assert ("reissued", NEW) in of_poll(archive, 2)
    assert ("changed", "last-week") in of_poll(archive, 2)
    poll(archive, publisher, timedelta(days=8))
    assert publisher.count(before) == 1


@pytest.mark.fault("C02")
def test_a_file_that_its_page_stops_linking_to_is_looked_at_in_the_same_poll(archive, publisher):
    """Whether it is gone or only not listed is known at once, and not a week later."""
    poll(archive, publisher)
    before = publisher.file_address("last-week", NEW)
    publisher.replace("last-week", NEW, figures(201_000), notice="A figure was corrected.")
    poll(archive, publisher, timedelta(hours=6))
    assert publisher.count(before) == 1


@pytest.mark.fault("H31", "H28")
def test_a_page_that_moved_for_good_is_followed_and_told_once(archive, publisher):
    """Nobody changes the series file by itself: the old address is asked on, and one finding says where it leads."""
    publisher.site.moved[publisher.site.collections["national-data-opt-out"].path + "/moved"] = publisher.seed
    publisher.series_file(archive.schedules, attempts=1, seed=publisher.seed + "/moved")
    assert [poll(archive, publisher).outcome, poll(archive, publisher).outcome] == ["complete", "complete"]
    assert ("page.moved", "info") in findings(archive)
    assert findings(archive).count(("page.moved", "info")) == 1
    assert publisher.count("moved") == 1


@pytest.mark.fault("C06")
def test_a_file_replaced_in_place_is_changed_and_the_old_bytes_stay(archive, publisher):
    """New bytes under an old address are kept beside the old ones."""
    poll(archive, publisher)
    publisher.replace("last-week", NEW, figures(300_000), in_place=True)
    assert poll(archive, publisher, timedelta(minutes=1)).vintages == 1
    assert ("changed", NEW) in of_poll(archive, 2)
    with archive.open() as desk:
        rows = desk.evidence.db.query("SELECT sha256 FROM captures WHERE file_name = ? AND sha256 NOT NULL", [NEW])
        assert {read_snapshot(desk.evidence.db, row["sha256"]) for row in rows} == {figures(200_000), figures(300_000)}


@pytest.mark.fault("C03")
def test_a_stub_is_looked_at_every_time_until_it_is_a_release(archive, publisher):
    """What is announced is kept as announced; when the clock passes its morning, page and files come with the next poll."""
    due_on = (archive.now + timedelta(days=2)).date()
    publisher.announce("next", "National Data Opt-out, next", due_on, files=release_files("2022-08"))
    assert poll(archive, publisher).outcome == "complete"
    poll(archive, publisher, timedelta(hours=6))
    assert publisher.count(publisher.address("next")) == 1
    third = poll(archive, publisher, timedelta(days=3))
    assert third.outcome == "complete"
    assert ("new", "NDOP_res_geo_Aug_2022.csv") in of_poll(archive, 3)


def test_files_on_data_set_and_chapter_pages_are_found(archive, publisher):
    """Pages one level below a publication are kept, and the files they offer."""
    publisher.publish("deep", "National Data Opt-out, deep", "2022-01-20", release_files("2021-12"), data_set_page=True)
    assert poll(archive, publisher).outcome == "complete"
    assert ("new", "datasets") in of_poll(archive, 1)
    assert ("new", "NDOP_reg_geo_Dec_2021.csv") in of_poll(archive, 1)
    poll(archive, publisher, timedelta(days=8))
    assert publisher.count("NDOP_reg_geo_Dec_2021.csv") == 1


@pytest.mark.fault("C01")
def test_a_series_page_that_cannot_be_understood_is_no_news_of_nothing(archive, publisher):
    """A redesign is kept and told; the poll is incomplete, nothing counts as gone, and what is known is looked at all the same."""
    poll(archive, publisher)
    publisher.redesign()
    second = poll(archive, publisher, timedelta(minutes=5))
    assert second.outcome == "incomplete"
    assert "Could not understand" in second.summary
    assert second.new_snapshots >= 1
    assert any(code.startswith("page.") for code, _ in findings(archive))
    assert ("not_modified", NEW) in of_poll(archive, 2)
    publisher.restore_design()
    assert poll(archive, publisher, timedelta(minutes=15)).outcome == "complete"


@pytest.mark.fault("H20", "H21")
def test_a_challenge_is_kept_as_blocked_and_the_host_left_alone(archive, publisher):
    """One refusal that speaks for the host is enough: no second page is asked for, and files on the other host still are."""
    poll(archive, publisher)
    publisher.challenge()
    second = poll(archive, publisher, timedelta(days=8))
    assert second.outcome == "incomplete"
    assert "refused" in second.summary
    assert "robots out" in second.summary
    pages = [seen for seen in publisher.requests if seen.host == "pages" and not seen.path.endswith("robots.txt")]
    assert len(pages) <= 1
    assert publisher.count(OLD) == 1
    assert ("fetch.refused", "error") in findings(archive)


@pytest.mark.fault("N02", "N16")
def test_an_unreachable_publisher_is_told_in_one_plain_line(archive, publisher):
    """Host, reason and the next try, in the publisher's time; then a quarter of an hour, an hour, and it works again."""
    publisher.go_dark()
    first = poll(archive)
    assert first.outcome == "incomplete"
    host = f"127.0.0.1:{publisher.ports[0]}"
    assert first.summary.startswith(f"Could not reach {host}: no connection could be made.")
    assert "Next try at" in first.summary
    assert "Europe/London" in first.summary
    assert first.next_due_at - archive.now == timedelta(minutes=15)
    second = poll(archive, later=timedelta(minutes=15))
    assert second.next_due_at - archive.now <= timedelta(hours=1)
    publisher.come_back()
    assert poll(archive, publisher, timedelta(hours=1)).outcome == "complete"
    assert [code for code, _ in findings(archive)] == ["fetch.unreachable"]


@pytest.mark.fault("H01")
def test_a_file_cut_off_is_asked_again_at_the_next_poll_and_never_taken_for_whole(archive, publisher):
    """Also a file of an old release, whose page is not due: what failed is not left for a week."""
    publisher.cut_off(OLD, 500)
    first = poll(archive, publisher)
    assert first.outcome == "incomplete"
    assert OLD in first.summary
    assert ("failed", OLD) in of_poll(archive, 1)
    publisher.calm()
    second = poll(archive, publisher, timedelta(minutes=15))
    assert (second.outcome, second.vintages) == ("complete", 1)
    assert ("new", OLD) in of_poll(archive, 2)
    assert publisher.count(publisher.address("july-2021")) == 0


def test_a_file_of_this_morning_that_is_not_open_yet_is_asked_again_soon(archive, publisher):
    """Between 09:30 and 09:31 the page lists files that answer 403: that is "try again", not "withdrawn"."""
    publisher.forbid_until(NEW, count=1)
    first = poll(archive, publisher)
    assert first.outcome == "incomplete"
    assert "linked but not there" in first.summary
    assert ("absent", NEW) in of_poll(archive, 1)
    second = poll(archive, publisher, timedelta(minutes=15))
    assert (second.outcome, second.vintages) == ("complete", 1)


@pytest.mark.fault("H19")
def test_a_withdrawn_file_is_absent_and_stays_kept(archive, publisher):
    """The object store's refusal is an answer: a warning, the poll complete, the figures still there."""
    poll(archive, publisher)
    publisher.withdraw("july-2021", notice="Withdrawn for review.")
    second = poll(archive, publisher, timedelta(days=8))
    assert second.outcome == "complete"
    assert ("absent", OLD) in of_poll(archive, 2)
    assert ("fetch.absent", "warning") in findings(archive)
    with archive.open() as desk:
        assert desk.copy.table("vintages").count == 2


@pytest.mark.fault("C02")
def test_a_publication_taken_off_the_list_is_still_looked_at(archive, publisher):
    """Nothing is marked gone: its address stays on the slower beat, and the first answer "not there" is only a warning."""
    poll(archive, publisher)
    publisher.unpublish("july-2021")
    assert poll(archive, publisher, timedelta(hours=6)).outcome == "complete"
    assert publisher.count(publisher.address("july-2021")) == 0
    third = poll(archive, publisher, timedelta(days=8))
    assert third.outcome == "complete"
    assert ("absent", "july-2021") in of_poll(archive, 3)


@pytest.mark.fault("H24")
def test_retry_after_is_respected(archive, publisher):
    """A server that asks for two hours is not asked again for two hours."""
    publisher.too_many(7200, times=None, target="pages")
    first = poll(archive, publisher)
    assert first.outcome == "incomplete"
    assert first.next_due_at - archive.now >= timedelta(hours=1, minutes=59)


@pytest.mark.fault("P02", "P12")
def test_a_poll_told_to_stop_finishes_the_capture_in_hand_and_the_next_goes_on(archive, publisher):
    """Everything captured is kept; what was linked and not yet fetched comes first thing next time, old releases too."""

    def stop_after_three(what: str, done: int, of: int) -> None:
        if done == 4 and of == 0:
            archive.stop.set()

    archive.now, publisher.now = datetime.now(UTC), datetime.now(UTC)
    with archive.open() as desk:
        first = poll_series(_with_progress(desk, stop_after_three), desk.series[0], "due")
        record = newest_poll(desk.evidence.db, desk.series[0].slug)
    assert first.outcome == "incomplete"
    assert first.captures == 4
    assert record.summary.startswith("Stopped")
    assert first.next_due_at <= datetime.now(UTC)
    archive.stop.clear()
    second = poll(archive, publisher)
    assert second.outcome == "complete"
    assert {name for _, outcome, name in captured(archive) if outcome == "new"} >= {OLD, NEW, "july-2021", "last-week"}


def _with_progress(desk, progress):
    from dataclasses import replace

    return replace(desk, progress=progress)


def test_files_left_behind_by_a_stop_are_fetched_though_their_page_is_not_due(archive, publisher):
    """A page fetched just before the stop is not fetched again for a week; its files are, at the next poll."""
    order = []

    def stop_at_old_page(what: str, done: int, of: int) -> None:
        order.append(what)
        if what.endswith("/july-2021"):
            archive.stop.set()

    with archive.open() as desk:
        poll_series(_with_progress(desk, stop_at_old_page), desk.series[0], "due")
    assert ("new", "july-2021") in of_poll(archive, 1)
    assert ("new", OLD) not in of_poll(archive, 1)
    archive.stop.clear()
    assert poll(archive, publisher, timedelta(minutes=1)).outcome == "complete"
    assert publisher.count(publisher.address("july-2021")) == 0
    assert ("new", OLD) in of_poll(archive, 2)


@pytest.mark.fault("P12")
def test_each_exchange_is_kept_before_the_next_begins(archive, publisher):
    """At every request but the first, the one before it is already in the evidence."""
    with archive.open() as desk:
        seen = []

        def count(what: str, done: int, of: int) -> None:
            if of == 0:
                seen.append((len(publisher.requests), desk.evidence.db.table("captures").count))

        poll_series(_with_progress(desk, count), desk.series[0], "due")
    assert len(seen) >= 7
    assert all(requests == captures for requests, captures in seen)


def test_what_is_odd_about_a_publications_files_is_a_finding(archive, publisher):
    """No file at all, a kind not met before, a required kind missing in the newest release: told once, the poll complete."""
    expects = [
        {"files": "NDOP_age_gen_*.csv", "schemas": ["age_gen_2021"], "required": True},
        {"files": "NDOP_res_geo*.csv", "schemas": ["res_geo_2023"], "required": True},
    ]
    publisher.series_file(archive.schedules, attempts=1, expects=expects)
    publisher.add_file("last-week", ("A note", "about_the_data.pdf", b"%PDF-1.4 made up\n%%EOF\n"))
    publisher.publish("empty", "National Data Opt-out, empty", "2021-01-29")
    assert poll(archive, publisher).outcome == "complete"
    assert poll(archive, publisher).outcome == "complete"
    ours = [(code, severity) for code, severity in findings(archive) if code.startswith("publication.")]
    assert sorted(ours) == [
        ("publication.missing_file", "warning"),
        ("publication.no_files", "warning"),
        ("publication.unexpected_file", "info"),
    ]
    assert ("new", "about_the_data.pdf") in of_poll(archive, 1)


@pytest.mark.fault("C10")
def test_a_file_nobody_can_read_is_kept_and_told_and_does_not_make_the_look_incomplete(archive, publisher):
    """An unknown header is a finding of the reading; the poll itself saw everything."""
    publisher.add_file("last-week", ("By age", "NDOP_age_gen_May_2022.csv", b"WHO,WHAT\r\n1,2\r\n"))
    first = poll(archive, publisher)
    assert (first.outcome, first.vintages) == ("complete", 2)
    assert any(code.startswith("file.") and severity == "error" for code, severity in findings(archive))
    with archive.open() as desk:
        unread = list(desk.copy.query("SELECT file_name FROM unread_files WHERE state = 'unread'"))
    assert [row["file_name"] for row in unread] == ["NDOP_age_gen_May_2022.csv"]


def test_a_series_needs_no_python(archive):
    """An older series, its files only kept: pages and files are captured and served, no figure is read."""
    archive.now = datetime.now(UTC)
    series = "care-information-choices"
    with Publisher(archive.now) as publisher:
        publisher.series(series, "Care Information Choices")
        files = [("Choices", "care_info_choices_june_2017.csv", b"practice,type_2\r\nX,1\r\n")]
        publisher.publish(
            "choices-june-2017", "Care Information Choices, June 2017", "2017-06-16", files, series=series, legacy=True
        )
        publisher.series_file(archive.schedules, series=series, expects=[{"files": "*", "keep_only": True}])
        done = poll(archive, publisher)
    assert (done.outcome, done.vintages) == ("complete", 0)
    assert ("new", "care_info_choices_june_2017.csv") in of_poll(archive, 1)
    assert findings(archive) == []


@pytest.mark.fault("M10")
def test_a_host_that_the_series_does_not_name_is_not_asked(archive, publisher):
    """With another file host in the series file the pages offer no file of ours: that is told, and no byte goes there."""
    publisher.series_file(archive.schedules, file_hosts=["127.0.0.1:9"])
    first = poll(archive, publisher)
    assert first.outcome == "complete"
    assert [code for code, _ in findings(archive)] == ["publication.no_files", "publication.no_files"]
    assert not [seen for seen in publisher.requests if seen.host == "files"]


def test_a_page_that_shrinks_is_looked_at_by_a_person(archive, publisher):
    """The series page loses most of its words: read all the same, and a warning."""
    publisher.reword("national-data-opt-out", _summary(publisher), "word " * 8000)
    poll(archive, publisher)
    publisher.reword("national-data-opt-out", "word " * 8000, "word")
    assert poll(archive, publisher).outcome == "complete"
    assert ("page.small", "warning") in findings(archive)


def _summary(publisher: Publisher) -> str:
    return publisher.site.collections["national-data-opt-out"].summary


def test_every_address_ever_captured_is_known(archive, publisher):
    """The evidence's own list of addresses is what the next poll goes by."""
    poll(archive, publisher)
    with archive.open() as desk:
        known = {one.purpose for one in known_addresses(desk.evidence.db, desk.series[0].slug)}
    assert known == {"robots", "series_page", "publication_page", "file"}
