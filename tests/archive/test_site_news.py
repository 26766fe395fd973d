"""Restated figures as news: on the page of changes, in the feeds, on the comparison and in the history of the cell."""

from __future__ import annotations

import json
import re
from datetime import datetime
from html import unescape
from xml.etree import ElementTree

import pytest

from archive.database import open_evidence
from archive.rows import Deposit
from archive.site.feeds import Entry, Feed, atom, json_feed
from archive.site.items import KINDS
from archive.site.news import Facts, items_of
from archive.site.news_pages import cut_at
from archive.store import begin_poll, end_poll, record_deposit
from tests.archive.made_site import APRIL, SLUG, empty_archive, filled_archive, read_again
from tests.archive.visitor import Visitor, words
from tests.made_up import age_gen, months_to, reg_geo

ATOM = {"a": "http://www.w3.org/2005/Atom"}
REVISED = "Revised: England, 1 September 2021, −27"
BOTH = "(release of april-2022 against september-2021) (made-up figures)"
HOSTILE = 'Ma<script>alert("1")</script>nsfield & \x0b\x00]]> Ω'


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks an archive of two releases, of which the later restates England and one practice."""
    with Visitor(filled_archive(tmp_path_factory.mktemp("filled"))) as one:
        yield one


def entries(answer) -> list[dict[str, str]]:
    """Entries of an Atom feed whose structure was looked at: RFC 4287, section 4.1."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    found = feed.findall("a:entry", ATOM)
    for element in (feed, *found):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"a:{name}", ATOM)) == 1
        assert element.findtext("a:id", namespaces=ATOM).startswith("urn:uuid:")
        assert datetime.fromisoformat(element.findtext("a:updated", namespaces=ATOM)).tzinfo is not None
        assert element.find("a:link[@rel='alternate']", ATOM).get("href").startswith("http")
    assert feed.findtext("a:author/a:name", namespaces=ATOM)
    assert feed.find("a:link[@rel='self']", ATOM).get("href").endswith(".atom")
    told = [
        {name: one.findtext(f"a:{name}", namespaces=ATOM) for name in ("id", "title", "updated", "content")}
        | {"href": one.find("a:link", ATOM).get("href").removeprefix("http://localhost")}
        for one in found
    ]
    assert len({one["id"] for one in told}) == len(told)
    assert [one["updated"] for one in told] == sorted((one["updated"] for one in told), reverse=True)
    return told


def test_a_restatement_is_told_everywhere_with_both_releases(visitor):
    """The page of changes, both feeds, the comparison that the item leads to, and the history of the cell say the same."""
    page = visitor.get("/changes?kind=restated")
    text = words(page)
    assert f"{REVISED}, and 26 more cells of England by age and sex {BOTH}" in text
    assert "3,264,327 before, 3,264,300 after." in text
    assert "no explanation found" in text
    (entry,) = [one for one in entries(visitor.get("/feeds/changes.atom")) if one["title"].startswith(REVISED)]
    compared = words(visitor.get(entry["href"]))
    assert "27 rows restated between september-2021 (30 September 2021) and april-2022 (28 April 2022)" in compared
    (own,) = [
        one for one in entries(visitor.get("/feeds/area/england/england.atom")) if one["title"].startswith("Revised")
    ]
    assert own["title"] == f"{REVISED} {BOTH}"
    history = words(visitor.get(own["href"]))
    assert "How England, 1 September 2021, was stated" in history
    assert "Stated in 2 editions, changed once" in history
    assert re.search(r"september-2021 30 September 2021 3,264,327 – NDOP_age_gen_Sep_2021.csv", history)
    assert re.search(r"april-2022 28 April 2022 3,264,300 −27 NDOP_age_gen_Apr_2022.csv", history)
    for path in re.findall(r'href="(/(?:history|compare|files|release)[^"]*)"', page.text):
        assert visitor.get(unescape(path)).status_code == 200, path


def test_words_on_the_page_of_changes_accuse_nobody(visitor):
    """Nothing is called hidden, silent, quiet, wrong, an error, a correction or tampering."""
    text = words(visitor.get("/changes")).lower()
    for word in ("hidden", "silent", "quietly", "wrong", "error", "correct", "tamper", "secret", "suspicious", "admit"):
        assert word not in text, word


def test_one_release_and_family_is_one_item_however_many_cells(visitor):
    """27 cells of England, one practice and the areas that hold it: three items, and England's sum of ours is none of them."""
    found = json.loads(visitor.get("/feeds/changes.json").text)["items"]
    restated = [one["title"] for one in found if one["tags"] == ["Figures restated"]]
    assert len(restated) == 3
    assert sum(title.startswith("Revised: England") for title in restated) == 1
    assert sum(title.startswith("Revised: MADE-UP SURGERY (Z90001), 1 September 2021, +5") for title in restated) == 1


def test_json_and_atom_tell_the_same_and_name_it_alike(visitor):
    """JSON Feed 1.1 with what it must have; ids, titles and times as in Atom."""
    for feed in ("/feeds/changes", "/feeds/area/local_authority/E07000174", "/feeds/area/practice/Z90001"):
        answer = visitor.get(f"{feed}.json")
        assert answer.headers["content-type"] == "application/feed+json; charset=utf-8"
        told = answer.json()
        assert told["version"] == "https://jsonfeed.org/version/1.1"
        assert told["title"].endswith("(made-up figures)")
        assert told["feed_url"] == f"http://localhost{feed}.json"
        assert told["home_page_url"].startswith("http://localhost/")
        assert told["items"]
        for one in told["items"]:
            assert one["content_text"]
            assert one["title"].endswith("(made-up figures)"), one["title"]
        named = [(one["id"], one["title"], one["date_published"]) for one in told["items"]]
        assert named == [(one["id"], one["title"], one["updated"]) for one in entries(visitor.get(f"{feed}.atom"))]


def test_a_place_is_told_its_new_figures_with_the_sentence(visitor):
    """Each release's newest figure of Mansfield, pinned to the release; and nothing of other places."""
    found = entries(visitor.get("/feeds/area/local_authority/E07000174.atom"))
    assert len(found) == 2
    assert "4,097 people living in Mansfield had opted out by 1 September 2021" in found[1]["title"]
    assert "pin=made-up-series/september-2021@1" in found[1]["href"]
    assert "4,097" in words(visitor.get(found[1]["href"]))
    practice = [one["title"] for one in entries(visitor.get("/feeds/area/practice/Z90001.atom"))]
    assert any(title.startswith("Revised: MADE-UP SURGERY, 1 September 2021, +5") for title in practice), practice


def test_a_feed_reader_that_holds_the_feed_gets_no_copy(visitor):
    """304 by digest and by time; another digest gets the feed, whatever time is sent with it."""
    first = visitor.get("/feeds/changes.atom")
    etag, changed = first.headers["etag"], first.headers["last-modified"]
    assert visitor.get("/feeds/changes.atom", if_none_match=etag).status_code == 304
    assert visitor.get("/feeds/changes.atom", if_modified_since=changed).status_code == 304
    assert visitor.get("/feeds/changes.atom", if_none_match='"other"', if_modified_since=changed).status_code == 200
    assert visitor.get("/feeds/changes.atom", if_modified_since="nonsense").status_code == 200
    old = visitor.get("/feeds/changes.atom", if_modified_since="Fri, 01 Jan 2021 00:00:00 GMT")
    assert old.status_code == 200
    assert visitor.get("/feeds/changes.json").headers["etag"] != etag


def test_feeds_are_linked_where_they_belong(visitor):
    """Pages of places, releases and changes name their feed for programs and for people."""
    for path, feed in (
        ("/changes", "/feeds/changes"),
        ("/release/made-up-series/april-2022", "/feeds/changes"),
        ("/area/local_authority/E07000174", "/feeds/area/local_authority/E07000174"),
        ("/area/england", "/feeds/area/england/england"),
        ("/practice/Z90001", "/feeds/area/practice/Z90001"),
    ):
        text = visitor.get(path).text
        for form in ("atom", "json"):
            assert re.search(rf'<link rel="alternate"[^>]*href="{feed}\.{form}"', text), (path, form)
            assert re.search(rf'<a href="{feed}\.{form}"', text), (path, form)
            assert visitor.get(f"{feed}.{form}").status_code == 200


def test_unknown_places_and_kinds_are_refused_in_words(visitor):
    """404 for a place that no file states, 400 for a kind of change that there is not and for a history of nothing."""
    assert visitor.get("/feeds/area/local_authority/E00000000.atom").status_code == 404
    assert visitor.get("/feeds/area/planet/E07000174.json").status_code == 404
    assert visitor.get("/changes?kind=rumour").status_code == 400
    assert visitor.get("/history").status_code == 400
    assert visitor.get("/history?key=England&month=yesterday").status_code == 400
    assert visitor.get("/history?key=England&month=1999-01").status_code == 404


def test_a_hostile_title_stays_text(visitor):
    """Marks of XML and HTML are escaped, characters that XML cannot hold are left out, and both feeds still parse."""
    entry = Entry(
        "urn:uuid:1", HOSTILE, "2021-10-04T08:35:00.000000Z", "http://localhost/?a=1&b=2", HOSTILE, (HOSTILE[:20],)
    )
    feed = Feed(HOSTILE, "urn:uuid:2", "http://localhost/x.atom", [entry])
    found = ElementTree.fromstring(atom(feed).encode())
    assert found.findtext("a:entry/a:title", namespaces=ATOM) == HOSTILE.replace("\x0b", "").replace("\x00", "")
    assert found.find("a:entry/a:link", ATOM).get("href") == "http://localhost/?a=1&b=2"
    assert json.loads(json_feed(feed))["items"][0]["title"] == HOSTILE


def test_an_empty_archive_has_a_page_and_feeds_all_the_same(tmp_path):
    """A reader that subscribes before the first poll gets no error, and the page says that nothing is known yet."""
    with Visitor(empty_archive(tmp_path)) as visitor:
        assert "Nothing of this kind is known here yet." in words(visitor.get("/changes"))
        assert entries(visitor.get("/feeds/changes.atom")) == []
        assert visitor.get("/feeds/changes.json").json()["items"] == []
        assert visitor.get("/feeds/area/england/england.atom").status_code == 200


def deposited(directory, publication: str, published_on: str, name: str, body: bytes) -> None:
    """Hands in one more file and brings the reading copy up to date."""
    with open_evidence(directory) as evidence:
        poll = begin_poll(evidence.db, SLUG, "deposit", "2026-10-05T09:00:00.000000Z", "made-up-program/1", "0" * 64)
        one = Deposit(SLUG, publication, published_on, name, body, "made up for a test")
        record_deposit(evidence.db, poll, one, "2026-10-05T09:00:01.000000Z")
        end_poll(evidence.db, poll, "complete", "2026-10-05T09:01:00.000000Z", None, "1 file handed in.")
        read_again(directory, evidence.db)


def test_ids_stay_when_an_older_release_moves_the_vintages(tmp_path):
    """A release of before all others is handed in later: every vintage gets another number, and no item another id."""
    filled_archive(tmp_path)
    with Visitor(tmp_path) as visitor:
        before = {one["id"]: one["title"] for one in entries(visitor.get("/feeds/changes.atom"))}
    old = age_gen(months_to("2019-09", 12))
    deposited(tmp_path, "september-2019", "2019-09-30", "NDOP_age_gen_Sep_2019.csv", old)
    with Visitor(tmp_path) as visitor:
        assert len(visitor.rows("/optouts/vintages.json?_shape=array")) == 3
        after = {one["id"]: one["title"] for one in entries(visitor.get("/feeds/changes.atom"))}
    assert before.items() <= after.items()
    assert [after[one] for one in after.keys() - before.keys()] != []


def test_moved_boundaries_are_no_revision_of_people(tmp_path):
    """A release puts a practice under another sub-ICB and states its people as before: told as moved, and as no revision."""
    filled_archive(tmp_path)
    body = reg_geo(APRIL, cells={("Z90001", "2021-09-01"): (345, 9_000)})
    deposited(tmp_path, "may-2022", "2022-05-26", "NDOP_reg_geo_May_2022.csv", _under_another_parent(body))
    with Visitor(tmp_path) as visitor:
        found = [one for one in entries(visitor.get("/feeds/changes.atom")) if "may-2022 against" in one["title"]]
        assert found
        assert all(one["title"].startswith("Boundaries or rows moved: ") for one in found), found
        assert all("no revision of people" in one["content"] for one in found)
        area = entries(visitor.get("/feeds/area/sub_icb/52R.atom"))
        assert any(one["title"].startswith("Boundaries or rows moved: ") for one in area)
        assert not any(one["title"].startswith("Revised: ") and "may-2022 against" in one["title"] for one in area)


def test_names_alone_are_no_news_of_figures(tmp_path):
    """A release that states every number again under another name of a practice restates nothing and moves nothing."""
    filled_archive(tmp_path)
    body = reg_geo(APRIL, cells={("Z90001", "2021-09-01"): (345, 9_000)})
    assert b"MADE-UP SURGERY" in body
    renamed = body.replace(b"MADE-UP SURGERY", b"MADE-UP HEALTH CENTRE")
    deposited(tmp_path, "may-2022", "2022-05-26", "NDOP_reg_geo_May_2022.csv", renamed)
    with Visitor(tmp_path) as visitor:
        titles = [one["title"] for one in entries(visitor.get("/feeds/changes.atom"))]
        assert any(title.startswith("New release: may-2022") for title in titles)
        assert not [title for title in titles if "may-2022 against" in title]


def test_pages_of_changes_hold_every_item_once():
    """Going on from page to page by its key tells each item once, also when a newer one comes in between."""
    rows = [_release_row(n) for n in range(120)]
    found = items_of(Facts(releases=rows))
    first = cut_at(found, "")
    assert first.before is not None
    later = items_of(Facts(releases=[*rows, _release_row(121)]))
    second = cut_at(later, first.before)
    third = cut_at(later, second.before or "")
    told = [one.item_id for part in (first, second, third) for one in part.items]
    assert told == [one.item_id for one in found]
    assert third.before is None


def _release_row(number: int) -> dict[str, object]:
    at = f"2021-{number // 28 + 1:02d}-{number % 28 + 1:02d}T08:00:00.000000Z"
    return {
        "series": "s", "publication": f"p{number}", "title": f"Made-up {number}", "published_on": at[:10], "first_captured_at": at,
        "made_up": 1, "month": None, "opt_outs": None, "origin": None, "not_before_at": None, "first_seen_at": at,
    }  # fmt: skip


def test_what_our_own_reader_changed_is_ours():
    """A change of our reader is told as ours, and says that the publisher restated nothing."""
    row = {
        "series": "s", "file_name": "NDOP.csv", "sha256": "a" * 64, "family": "age_sex", "read_now_by": "2",
        "what_changed": "3 cells", "changed_at": "2026-11-24T10:00:00.000000Z", "made_up": 0,
    }  # fmt: skip
    (item,) = items_of(Facts(reader=[row]))
    assert item.kind == "ours"
    assert KINDS[item.kind] == "Our own reader changed"
    assert "nothing was restated by the publisher" in item.text


def _under_another_parent(body: bytes) -> bytes:
    """The same practices and numbers; Z90001 stands under the sub-ICB of Z90004."""
    lines = body.decode().split("\r\n")
    other = next(line for line in lines if ",Z90004," in line).split(",")[4:13]
    moved = [_with_parents(line, other) if ",Z90001," in line else line for line in lines]
    return "\r\n".join(moved).encode()


def _with_parents(line: str, parents: list[str]) -> str:
    parts = line.split(",")
    return ",".join([*parts[:4], *parents, *parts[13:]])
