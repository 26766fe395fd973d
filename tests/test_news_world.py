"""News of a publisher that rewords, replaces, takes away, brings back and falls silent, told once each. Figures made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archive.visitor import Visitor
from tests.history_world import World, figures, file_name, made_world

SEPTEMBER, AUGUST, JULY = "september-2021", "august-2021", "july-2021"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Three releases, looked at once; September's summary states figures."""
    with made_world(tmp_path, monkeypatch) as one:
        one.publisher.release(SEPTEMBER).summary = "On 1 September 2021, 1,234,567 people had opted out."
        one.poll()
        yield one


def news(world: World, kind: str) -> list[dict]:
    """Items of one kind in the feed, newest first."""
    with Visitor(world.archive.directory) as visitor:
        found = visitor.get("/feeds/changes.json").json()["items"]
    assert len({one["id"] for one in found}) == len(found)
    return [one for one in found if one["tags"] == [kind]]


def reworded(world: World) -> list[dict]:
    """Items of September's own page; the series page repeats its summary, and has items of its own."""
    return [one for one in news(world, "Page reworded") if SEPTEMBER in one["title"]]


def page(world: World, path: str) -> str:
    """A page of the world's site."""
    with Visitor(world.archive.directory) as visitor:
        answer = visitor.get(path.removeprefix("http://localhost"))
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_a_reworded_page_is_an_item_that_leads_to_its_marked_words(world):
    """One item, with the bounds of our looks; behind it the old words are struck through and the new ones underlined."""
    world.publisher.reword(SEPTEMBER, "1,234,567 people", "around 1,234,576 people")
    world.poll_daily(1)
    item = reworded(world)[0]
    assert len(reworded(world)) == 1
    assert item["title"] == f"Page reworded: National Data Opt-Out, {SEPTEMBER} (made-up figures)"
    assert "After 15 October 2021, 08:35 UTC and not later than 16 October 2021, 08:3" in item["content_text"]
    shown = page(world, item["url"])
    assert "1,234,567" in shown.partition("<del><span")[2].partition("</del>")[0]
    assert "1,234,576" in shown.partition("<ins><span")[2].partition("</ins>")[0]
    assert item["url"].removeprefix("http://localhost").replace("&", "&amp;") in page(world, "/changes?kind=reworded")


def test_words_that_flap_are_told_once_each_way(world):
    """There, back, there, back: two items that keep their ids, not four."""
    told: list[list[str]] = []
    for n in range(4):
        old, new = ("1,234,567", "1,234,576") if n % 2 == 0 else ("1,234,576", "1,234,567")
        world.publisher.reword(SEPTEMBER, old, new)
        world.poll_daily(1)
        told.append([one["id"] for one in reworded(world)])
    assert [len(one) for one in told] == [1, 2, 2, 2]
    assert told[0][0] in told[1]
    assert told[1] == told[2] == told[3]
    assert "Seen 2 times" in reworded(world)[0]["content_text"]


def test_replaced_files_carry_their_labels(world):
    """With a notice, and in place without a word: announced, and no explanation found; both files are kept behind the item."""
    world.poll_daily(1)
    world.wait(hours=5)
    publisher = world.publisher
    publisher.replace(
        SEPTEMBER, file_name(SEPTEMBER), figures(11), notice="The age file was replaced: rows were missing."
    )
    stamp = publisher.release(JULY).last_edited
    publisher.replace(JULY, file_name(JULY), figures(13), in_place=True)
    publisher.edit(JULY, stamp)
    world.poll_daily(1)
    found = {one["title"]: one for one in news(world, "File replaced or reissued")}
    assert len(found) == 2
    (september,) = [one for title, one in found.items() if SEPTEMBER in title]
    (july,) = [one for title, one in found.items() if JULY in title]
    assert september["title"].startswith("File reissued at a new address: ")
    assert "Label: announced." in september["content_text"]
    assert "rows were missing" in september["content_text"]
    assert july["title"].startswith("File replaced in place: ")
    assert "Label: no explanation found." in july["content_text"]
    assert "Download" in page(world, july["url"])
    restated = [one for one in news(world, "Figures restated") if JULY in one["title"]]
    assert restated
    assert f"National Data Opt-Out, {JULY}, edition 2 against" in restated[0]["title"]


def test_a_file_that_flaps_between_two_bytes_is_no_stream_of_news(world):
    """A, B, A, B: one item for each way, whatever the days."""
    world.poll_daily(1)
    for n in range(4):
        world.publisher.replace(JULY, file_name(JULY), figures(13 if n % 2 == 0 else 2), in_place=True)
        world.poll_daily(1)
    assert len(news(world, "File replaced or reissued")) == 2


def test_a_file_gone_for_a_moment_is_no_news_and_one_gone_for_days_is(world):
    """One missed look yields nothing; three over two days yield one item; back again yields one that says resolved."""
    name = file_name(JULY)
    world.poll_daily(1)
    world.publisher.fail(404, target=name)
    world.poll_daily(2)
    assert news(world, "Gone") == []
    assert news(world, "Resolved") == []
    world.publisher.forbid_until(name)
    world.poll_daily(4)
    (gone,) = news(world, "Gone")
    assert gone["title"].startswith(f"Gone: {name}")
    assert "Last seen " in gone["content_text"]
    world.publisher.calm(name)
    world.poll_daily(1)
    assert [one["id"] for one in news(world, "Gone")] == [gone["id"]]
    (back,) = news(world, "Resolved")
    assert back["title"].startswith(f"There again: {name}")


def test_days_without_a_look_are_news_and_so_is_their_end(world):
    """Nobody polls for a week: an item for the period, and one when the series was looked through again."""
    world.poll_daily(1)
    world.wait(days=7)
    world.poll_daily(1)
    blind = [one for one in news(world, "Nobody could look") if "2021-10-1" in one["date_published"]]
    assert len(blind) == 1
    assert "Nothing is said to have stayed unchanged in that time." in blind[0]["content_text"]
    assert any("Looked through again" in one["title"] for one in news(world, "Resolved"))
