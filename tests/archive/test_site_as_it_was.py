"""One day as it was: what was public, how we know, where nobody looked; and evidence packs that a page hands out."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from html import unescape

import pytest

from archive.site import pack_pages
from archive.site.as_it_was import bounds_of
from archive.site.wording import both_times
from tests.archive.made_packs import FIRST, SERIES, polled_archive, sha256, verify_from_outside
from tests.archive.made_site import empty_archive, filled_archive
from tests.archive.visitor import Visitor, words
from tests.history_world import figures, file_name, made_world


@pytest.fixture(scope="module")
def polled(tmp_path_factory):
    """Asks an archive of three polls whose log is signed."""
    archive = polled_archive(tmp_path_factory.mktemp("polled"))
    with Visitor(archive.directory) as one:
        yield one


def test_a_day_in_london_is_told_in_both_clocks():
    """In summer London is an hour ahead, and a day with a change of the clock has another length."""
    assert both_times("2021-09-30T23:30:15.000000Z") == "30 September 2021, 23:30 UTC (1 October, 00:30 UK time)"
    assert both_times("2021-12-30T23:30:15.000000Z") == "30 December 2021, 23:30 UTC (30 December, 23:30 UK time)"
    assert both_times(None) == ""
    assert bounds_of(date(2021, 10, 31)) == ("2021-10-30T23:00:00.000000Z", "2021-11-01T00:00:00.000000Z")


def test_a_day_between_two_looks_lists_what_was_there_with_its_bounds(tmp_path, monkeypatch):
    """The bytes of before the replacement, first and last seen, the look that found others, in both clocks, with the hash."""
    with made_world(tmp_path, monkeypatch) as world:
        world.poll()
        world.publisher.replace("july-2021", file_name("july-2021"), figures(50), in_place=True)
        world.wait(hours=2)
        world.poll_daily(1)
        with Visitor(world.archive.directory) as visitor:
            text = words(visitor.get("/as-it-was?on=2021-10-15"))
    there = text.partition("There on that day")[2].partition("Not observed by us")[0]
    assert f"{file_name('july-2021')} National Data Opt-Out, july-2021" in there
    assert sha256(figures(2)) in there
    assert sha256(figures(50)) not in there
    row = there.partition(file_name("july-2021"))[2].partition("National Data Opt-Out, september-2021")[0]
    assert "15 October 2021, 08:35 UTC (15 October, 09:35 UK time)" in row
    assert "16 October 2021, 08:36 UTC (16 October, 09:36 UK time): other bytes our own captures" in row
    assert "England, as then known 3,000,000 on 1 September 2021" in text
    assert "stated on 30 September 2021 by the publisher’s own date" in text


def test_before_our_first_look_there_are_only_the_publishers_dates(polled):
    """Nothing is said to have been seen; what the publisher dates earlier stands apart, and says so."""
    text = words(polled.get("/as-it-was?on=2022-04-29"))
    assert "Not observed by us; publisher’s date only. Our first look was on " in text
    assert "Nothing is known to have been there by our own captures." in text
    assert re.search(r"not observed by us: the publisher dates this release 2\d April 2022", text)


def test_days_without_a_look_are_told_on_the_page(tmp_path):
    """A blind period around the day stands there with both clocks, and so does that no poll began."""
    with Visitor(filled_archive(tmp_path)) as visitor:
        text = words(visitor.get("/as-it-was?on=2021-10-07"))
    assert (
        "nobody looked, or could look, from 5 October 2021, 08:35 UTC (5 October, 09:35 UK time) to now (no poll began)"
        in text
    )
    assert "No poll within two days of it." in text


def test_a_day_that_is_none_is_refused_and_none_gives_the_form(tmp_path):
    """400 with what was expected; the page without a day asks for one, also where nothing was captured yet."""
    with Visitor(empty_archive(tmp_path)) as visitor:
        for wrong in ("yesterday", "2021-02-30", "20211015", "2021-W41-5", "0001-01-01", "9999-12-31", "<script>"):
            answer = visitor.get(f"/as-it-was?on={wrong}")
            assert answer.status_code == 400, wrong
            assert "<script>" not in answer.text.partition("<main")[2].partition("</main>")[0]
        assert "Choose a day" in words(visitor.get("/as-it-was"))
        assert "This archive has never looked yet." in words(visitor.get("/as-it-was?on=2021-10-15"))


def test_the_statement_prints_without_what_is_for_screens(polled):
    """The style sheet has rules for paper, and the page links the pack, the table and the command."""
    assert "@media print" in polled.get("/static/site.css").text
    text = polled.get("/as-it-was?on=2022-05-04").text
    assert 'href="/pack/day/2022-05-04.zip"' in text
    assert "optout pack day 2022-05-04 --to 2022-05-04.zip" in text


def packed(answer, to):
    """The folder of a pack that a page handed out."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(to)
    (folder,) = to.iterdir()
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{folder.name}.zip"')
    return folder


@pytest.mark.parametrize("what", ["file", "release", "day"])
def test_a_page_hands_out_a_pack_that_a_stranger_can_check(polled, tmp_path, what):
    """The pack's own verifier, run outside, finds nothing wrong; the page of the file and of the release link to it."""
    path = {
        "file": f"/pack/file/{sha256(FIRST)}.zip", "release": f"/pack/release/{SERIES}/july-2021.zip",
        "day": "/pack/day/2022-05-04.zip",
    }[what]  # fmt: skip
    page = {
        "file": f"/files/{sha256(FIRST)}",
        "release": f"/release/{SERIES}/july-2021",
        "day": "/as-it-was?on=2022-05-04",
    }[what]
    assert f'href="{path}"' in polled.get(page).text
    folder = packed(polled.get(path), tmp_path / what)
    code, said = verify_from_outside(folder)
    assert code == 0, said


def test_what_is_not_in_the_signed_log_has_no_pack(polled, tmp_path):
    """Unknown bytes, releases and days are 404 in words; before anything is signed there is no pack at all."""
    for path in (f"/pack/file/{'0' * 64}.zip", f"/pack/release/{SERIES}/nothing.zip", "/pack/day/2022-13-01.zip"):
        answer = polled.get(path)
        assert answer.status_code == 404
        assert answer.text.startswith("There is no such pack. ")
    with Visitor(filled_archive(tmp_path)) as visitor:
        answer = visitor.get("/pack/day/2021-10-04.zip")
    assert answer.status_code == 404
    assert "log is not signed yet" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_too_big_a_pack_is_refused_with_the_command_and_the_next_is_made(polled, monkeypatch):
    """Over the bound: 403 that names the size, the bound and the command. The refusal holds up nobody after it."""
    path = f"/pack/file/{sha256(FIRST)}.zip"
    with monkeypatch.context() as bounded:
        bounded.setattr(pack_pages, "MOST_BYTES", 1_000)
        answer = polled.get(path)
    assert answer.status_code == 403
    assert re.search(r"This pack has [\d,]+ bytes; from here up to 1,000 are sent", answer.text)
    assert f"optout pack file {sha256(FIRST)} --to PACK.zip" in answer.text
    assert polled.get(path).status_code == 200


def test_a_difference_of_too_many_rows_is_refused_with_the_command(polled, monkeypatch):
    """Its table is held in memory: over the bound 403 that names it and the command; within it the pack comes."""
    page = polled.get("/compare").text
    path = unescape(re.search(r'href="(/pack/difference\.zip[^"]+)"', page).group(1))
    with monkeypatch.context() as bounded:
        bounded.setattr(pack_pages, "MOST_ROWS", 1)
        answer = polled.get(path)
    assert answer.status_code == 403
    assert answer.text.startswith(
        "More than 1 rows differ between the two. Make the pack with `optout pack difference "
    )
    assert polled.get(path).status_code == 200
    for wrong in ("", "?a=x&b=y", path.partition("zip")[2].replace("b=", "c=")):
        assert polled.get(f"/pack/difference.zip{wrong}").status_code == 404


def test_one_pack_is_made_at_a_time(polled):
    """While one is being made another asker is told to come again, and when."""
    assert pack_pages.MAKING.acquire(blocking=False)
    try:
        answer = polled.get("/pack/day/2022-05-04.zip")
    finally:
        pack_pages.MAKING.release()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert polled.get("/pack/day/2022-05-04.zip").status_code == 200
