"""Pages that are reworded and files that are replaced: which words changed, when, and what the pages say of it. Figures made up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archive.page_texts import PageToWord, record_text, text_of_page
from archive.store import read_snapshot
from archive.word_differences import in_plain_text, word_difference
from schedules.page_reading import read_page_texts
from schedules.rereading import reread
from scraper.model import TextBlock
from scraper.page_text import text_of
from tests.archive.visitor import Visitor
from tests.history_world import World, figures, file_name, made_world

SEPTEMBER, AUGUST, JULY = "september-2021", "august-2021", "july-2021"
SUMMARY = "On 1 September 2021, 1,234,567 people (5.4 per cent) had opted out. Call 0300 303 5678."


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Three releases, looked at once; September's summary states figures."""
    with made_world(tmp_path, monkeypatch) as one:
        one.publisher.release(SEPTEMBER).summary = SUMMARY
        one.poll()
        yield one


def differences(world: World, slug: str) -> list[str]:
    """What changed on a publication's page, change by change, as plain text: changed lines alone."""
    with world.archive.open() as desk:
        rows = desk.copy.execute(
            "SELECT old_sha256, new_sha256, address FROM page_changes WHERE publication = ? ORDER BY new_capture_id",
            [slug],
        ).fetchall()
        pairs = [[text_of_page(desk.copy, sha256, row[2]) for sha256 in row[:2]] for row in rows]
    lines = ["\n".join(in_plain_text(word_difference(*pair)).splitlines()) for pair in pairs]
    return ["\n".join(line for line in one.splitlines() if "[-" in line or "{+" in line) for one in lines]


def page_history(world: World) -> list[list[tuple]]:
    """Everything that is derived from captured pages."""
    views = ("file_changes", "links", "presence", "page_changes", "change_notices", "figures_in_prose", "withdrawn")
    tables = ("page_texts", "wordings", "prose_figures", "page_links")
    return [sorted(world.rows(f"SELECT * FROM {name}"), key=repr) for name in (*views, *tables)]


def labels(world: World) -> dict[str, tuple[str, str]]:
    """Label and kind of each observed change of a file, by release."""
    return {row[0]: row[1:] for row in world.rows("SELECT publication, label, change FROM file_changes")}


def test_two_wordings_differ_in_exactly_the_changed_words(world):
    """The publisher says "around 1,234,576" where it said "1,234,567": those words, and nothing else on the page."""
    world.publisher.reword(SEPTEMBER, "1,234,567 people", "around 1,234,576 people")
    world.poll_daily(1)
    changed = "On 1 September 2021, [-1,234,567-] {+around 1,234,576+} people (5.4 per cent) had opted out. Call 0300 303 5678."
    assert differences(world, SEPTEMBER) == [changed]
    asked = (
        "SELECT publication, substr(not_before_at, 1, 13), substr(not_after_at, 1, 13), prose_changed FROM page_changes"
    )
    assert world.rows(f"{asked} WHERE publication IS NOT NULL") == [(SEPTEMBER, "2021-10-15T08", "2021-10-16T08", 1)]


def test_what_no_reader_sees_is_no_change(world):
    """Other markup, attributes, tokens, blanks and dates around the main part give other bytes and the same words."""
    address = world.publisher.address(SEPTEMBER)
    with world.archive.open() as desk:
        body = desk.copy.execute(
            "SELECT sha256 FROM captures WHERE address = ? AND sha256 IS NOT NULL", [address]
        ).fetchone()[0]
        page = read_snapshot(desk.evidence.db, body).decode()
    dressed = (
        page.replace(
            "<main",
            '<p>Today is 16 October 2021</p><form><input type="hidden" name="csrf" value="0badc0de"></form><main',
        )
        .replace('class="nhsd-t-body"', 'class="nhsd-t-body other" data-seen="17"')
        .replace(" people ", "\n   people&#160; ")
        .replace("<hr", "<!-- rendered 08:35:17 --><hr")
    )
    world.publisher.answer_with(SEPTEMBER, dressed.encode())
    world.poll_daily(1)
    assert world.rows("SELECT count(DISTINCT sha256) FROM looks WHERE address = ?", [address]) == [(2,)]
    assert differences(world, SEPTEMBER) == []
    assert world.rows("SELECT looks, substr(last_seen_at, 9, 2) FROM presence WHERE address = ?", [address]) == [
        (2, "16")
    ]


def test_three_replaced_files_get_three_labels(world):
    """One with a notice, one under an edit date, one in silence: announced, page edited the same day, no explanation found."""
    world.poll_daily(1)
    world.wait(hours=5)
    publisher = world.publisher
    publisher.replace(
        SEPTEMBER, file_name(SEPTEMBER), figures(11), notice="The age file was replaced: rows were missing."
    )
    publisher.replace(AUGUST, file_name(AUGUST), figures(12))
    stamp = publisher.release(JULY).last_edited
    publisher.replace(JULY, file_name(JULY), figures(13), in_place=True)
    publisher.edit(JULY, stamp)
    world.poll_daily(2)
    assert labels(world) == {
        SEPTEMBER: ("announced", "reissued at a new address"),
        AUGUST: ("page edited the same day", "reissued at a new address"),
        JULY: ("no explanation found", "replaced in place"),
    }
    evidence = "publication, noticed_on, notice_text, last_edited_text, substr(not_before_at, 6, 5), substr(not_after_at, 6, 5)"
    assert sorted(world.rows(f"SELECT {evidence} FROM file_changes")) == [
        (AUGUST, None, None, "16 October 2021 2:36 pm", "10-16", "10-17"),
        (JULY, None, None, None, "10-16", "10-17"),
        (
            SEPTEMBER,
            "2021-10-16",
            "The age file was replaced: rows were missing.",
            "16 October 2021 2:36 pm",
            "10-16",
            "10-17",
        ),
    ]
    ((old, new),) = world.rows("SELECT old_sha256, new_sha256 FROM file_changes WHERE publication = ?", [JULY])
    assert len({old, new}) == 2
    pages = world.rows("SELECT page_capture_id FROM file_changes WHERE label <> 'no explanation found'")
    assert world.rows(
        "SELECT DISTINCT purpose FROM captures WHERE capture_id IN (?, ?)", [one for (one,) in pages]
    ) == [("publication_page",)]


def test_the_page_of_a_replaced_file_says_so_before_anything_else(world):
    """Whoever holds an old file's address learns at once that other bytes stand in its place; the newer page says no such thing."""
    world.poll_daily(1)
    world.publisher.replace(JULY, file_name(JULY), figures(13), in_place=True)
    world.poll_daily(1)
    ((old, new),) = world.rows("SELECT old_sha256, new_sha256 FROM file_changes WHERE publication = ?", [JULY])
    with Visitor(world.archive.directory) as one:
        before, after = one.get(f"/files/{old}").text, one.get(f"/files/{new}").text
    told = before.index("Not the newest:")
    assert before.index("Download") < told < before.index("<dt>SHA-256</dt>")
    assert f'<a href="/files/{new}">other bytes</a>' in before
    assert "Not the newest" not in after


def test_a_notice_of_another_time_explains_nothing(world):
    """A notice that stood there long before, dated long before, is no announcement; nor is an edit we had seen already."""
    world.publisher.notify(JULY, "Correction", "A column was renamed.", world.archive.now - timedelta(days=40))
    world.publisher.edit(JULY, world.archive.now - timedelta(minutes=30))
    world.poll_daily(2)
    stamp = world.publisher.release(JULY).last_edited
    world.publisher.replace(JULY, file_name(JULY), figures(13), in_place=True)
    world.publisher.edit(JULY, stamp)
    world.poll_daily(1)
    assert labels(world) == {JULY: ("no explanation found", "replaced in place")}


def test_a_notice_with_a_wrong_date_that_came_with_the_change_announces_it(world):
    """Editors date notices by hand: one dated months ago that came with the change still fits, by when we saw it come."""
    world.poll_daily(1)
    stamp = world.publisher.release(JULY).last_edited
    world.publisher.replace(JULY, file_name(JULY), figures(13), in_place=True)
    world.publisher.notify(JULY, "File replaced", "Replaced.", world.archive.now - timedelta(days=200))
    world.publisher.edit(JULY, stamp)
    world.poll_daily(1)
    assert labels(world)[JULY][0] == "announced"


def test_words_that_changed_in_the_same_days_are_an_edit(world):
    """No notice and no edit date, but the page's text changed between the same two looks: the difference is the evidence."""
    world.poll_daily(1)
    stamp = world.publisher.release(JULY).last_edited
    world.publisher.replace(JULY, file_name(JULY), figures(13), in_place=True)
    world.publisher.reword(JULY, "how many people", "how many patients")
    world.publisher.edit(JULY, stamp)
    world.poll_daily(1)
    ((label, difference),) = world.rows("SELECT label, difference FROM file_changes")
    assert label == "page edited the same day"
    assert difference.startswith("/page-difference?a=")


def test_the_size_of_a_new_file_on_its_page_is_no_edit(world):
    """The site prints a file's size by itself: the page's words change, but nobody edited them."""
    world.poll_daily(1)
    stamp = world.publisher.release(JULY).last_edited
    world.publisher.replace(JULY, file_name(JULY), figures(13) + b"\r\n" * 5_000, in_place=True)
    world.publisher.edit(JULY, stamp)
    world.poll_daily(1)
    assert world.rows("SELECT prose_changed FROM page_changes WHERE publication = ?", [JULY]) == [(0,)]
    assert labels(world)[JULY][0] == "no explanation found"


def test_a_withdrawal_with_a_notice_is_announced(world):
    """Files that go with a notice on their page are gone, and announced."""
    world.publisher.withdraw(AUGUST, notice="This publication was withdrawn.")
    world.poll_daily(2)
    assert labels(world) == {AUGUST: ("announced", "gone")}


def test_figures_of_an_earlier_wording_stay(world):
    """A page that becomes a pointer still says here what it said, sentence and all; dates and telephone numbers are no figures."""
    world.publisher.reword(SEPTEMBER, SUMMARY, "These figures have moved.")
    world.poll_daily(1)
    asked = "SELECT as_printed, number, kind, sentence, substr(last_seen_at, 1, 10) FROM figures_in_prose WHERE publication = ?"
    sentence = "On 1 September 2021, 1,234,567 people (5.4 per cent) had opted out."
    assert sorted(world.rows(asked, [SEPTEMBER])) == [
        ("1,234,567", 1_234_567, "count", sentence, "2021-10-15"),
        ("5.4 per cent", 5.4, "percent", sentence, "2021-10-15"),
    ]


def test_a_notice_is_kept_with_when_it_came(world):
    """Its own date is the editor's; when it came is ours, with bounds."""
    world.poll_daily(1)
    world.publisher.notify(JULY, "Correction", "A column was renamed.")
    world.poll_daily(1)
    asked = "publication, noticed_on, title, text, substr(seen_after_at, 1, 10), substr(first_seen_at, 1, 10)"
    assert world.rows(f"SELECT {asked} FROM change_notices") == [
        (JULY, "2021-10-16", "Correction", "A column was renamed.", "2021-10-16", "2021-10-17")
    ]


def test_page_history_is_the_same_after_a_rebuild(world):
    """Words, figures, links and labels come from the evidence alone; and a page is read once, not at every poll."""
    test_three_replaced_files_get_three_labels(world)
    before = page_history(world)
    with world.archive.open() as desk:
        read: list[str] = []
        read_page_texts(desk.evidence.db, desk.copy, lambda what, done, of: read.append(what))
        assert read == []
        desk.rebuild()
    assert page_history(world) == before
    assert all(before[:5])


def test_another_reader_of_ours_is_told_as_ours(world):
    """Where a new page reader finds other words in the same bytes that is a finding about us, and no change of the page."""
    held = page_history(world)
    with world.archive.open() as desk:
        sha256, address, series = desk.copy.execute(
            "SELECT sha256, address, series FROM captures WHERE publication = ? AND purpose = 'publication_page'",
            [SEPTEMBER],
        ).fetchone()
        older = (*text_of(read_snapshot(desk.evidence.db, sha256)), TextBlock("text", "Menu"))
        record_text(desk.copy, PageToWord(sha256, address, series, None), older, 0)
        reread(desk)
    assert page_history(world) == held
    assert world.rows("SELECT count(*) FROM page_changes") == [(0,)]
    with world.archive.open() as desk:
        told = [
            tuple(row)
            for row in desk.copy.execute("SELECT family, cells, read_before_by, read_now_by FROM reader_changes")
        ]
    assert told == [
        ("page_text", 1, "what page reader 0 read", "Page reader 1 reads it now: our change, not the publisher's.")
    ]
