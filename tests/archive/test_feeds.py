"""Every feed of the site before judges who do not know it: schema, rules and readers of Atom and JSON Feed. Figures made up."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import quote

import pytest

from archive.database import open_evidence
from archive.rows import Deposit
from archive.store import begin_poll, end_poll, record_deposit
from tests.archive.made_pages import reworded_archive
from tests.archive.made_site import APRIL, SLUG, empty_archive, filled_archive, read_again, unreachable_archive
from tests.archive.visitor import Visitor
from tests.feeds.judges import faults_of_atom, faults_of_json_feed
from tests.made_up import reg_geo

HOSTILE = "<script>alert(1)</script> &amp; ]]> \u202eecalp\u2028\u0085 \U0001f642 'quoted' <!-- %00"


def hostile_archive(directory):
    """A filled archive with a release and a practice whose names try everything that a CSV and a slug can carry."""
    filled_archive(directory)
    name = HOSTILE.replace('"', "").replace("\u2028", "").replace("\u0085", "")
    body = reg_geo(APRIL, cells={("Z90001", "2021-09-01"): (999, 9_000)}).replace(b"MADE-UP SURGERY", name.encode())
    with open_evidence(directory) as evidence:
        at = "2022-05-27T09:00:00.000000Z"
        poll = begin_poll(evidence.db, SLUG, "deposit", at, "made-up-program/1", "0" * 64)
        one = Deposit(SLUG, HOSTILE, "2022-05-26", f"NDOP_reg_geo_May_2022{HOSTILE}.csv", body, HOSTILE)
        record_deposit(evidence.db, poll, one, at)
        end_poll(evidence.db, poll, "complete", at, None, "One file handed in.")
        read_again(directory, evidence.db)
    return directory


ARCHIVES = {
    "filled": filled_archive, "empty": empty_archive, "unreachable": unreachable_archive, "reworded": reworded_archive,
    "hostile": hostile_archive,
}  # fmt: skip


@pytest.fixture(scope="module", params=ARCHIVES)
def site(request, tmp_path_factory):
    """Each of the archives, asked as a reader would; its name."""
    with Visitor(ARCHIVES[request.param](tmp_path_factory.mktemp(request.param))) as visitor:
        yield visitor, request.param


@pytest.fixture(scope="module")
def signed(polled_site):
    """The feed of checkpoints of an archive whose log is signed."""
    return polled_site.get("/feeds/checkpoints.atom")


@pytest.fixture(scope="module")
def polled_site(polled):
    """Asks the archive to which everything happened."""
    with Visitor(polled) as visitor:
        yield visitor


def announced(visitor, path: str) -> set[str]:
    """Feeds that a page names for programs, as paths."""
    links = re.findall(
        r'<link rel="alternate" type="application/(?:atom\+xml|feed\+json)"[^>]* href="([^"]+)"', visitor.get(path).text
    )
    return {html.unescape(one) for one in links}


def every_feed(visitor) -> set[str]:
    """Those that the main pages announce, and those of every place that has a page."""
    found = {one for path in ("/", "/changes", "/area/england", "/releases") for one in announced(visitor, path)}
    places = visitor.rows("/optouts/places.json?_shape=array&_size=max")
    kinds = {"region", "icb", "sub_icb", "ccg", "local_authority", "practice"}
    for one in places:
        if one["kind"] in kinds and "areas" in one["held_in"] + one["held_in"].replace("practices", "areas"):
            found |= {f"/feeds/area/{one['kind']}/{quote(one['code'], safe='')}.{form}" for form in ("atom", "json")}
    return found


def test_every_feed_is_found_valid(site):
    """Whole and of each place, Atom and JSON, full and empty, with hostile names: nobody finds a fault."""
    visitor, name = site
    feeds = every_feed(visitor)
    assert {"/feeds/changes.atom", "/feeds/changes.json", "/feeds/checkpoints.atom"} <= feeds
    assert len(feeds) > 30 or name in {"empty", "unreachable"}
    for path in sorted(feeds):
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        kind = "application/atom+xml" if path.endswith("atom") else "application/feed+json"
        assert answer.headers["content-type"].startswith(kind)
        judge = faults_of_atom if path.endswith("atom") else faults_of_json_feed
        assert judge(answer.content) == [], path


def test_hostile_words_come_through_as_text(tmp_path):
    """The names of the hostile release stand in both feeds whole, but for what XML cannot hold, and open no element."""
    with Visitor(hostile_archive(tmp_path)) as visitor:
        atom = visitor.get("/feeds/changes.atom").text
        titles = [one["title"] for one in visitor.get("/feeds/changes.json").json()["items"]]
    assert "<script" not in atom
    assert any("<script>alert(1)</script> &amp; ]]>" in one for one in titles)


def test_the_feed_of_checkpoints_is_valid_when_it_is_full(signed):
    """Signed notes as content, addresses that lead somewhere from a reader's own machine."""
    assert b"<entry>" in signed.content
    assert faults_of_atom(signed.content) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<updated>", b"<updated>on "), (b"<title>", b"<title/><title>"), (b'rel="self"', b'rel="related"'),
        (b'href="http://localhost/', b'href="/'), (b"<author><name>opt-out-archive</name></author>", b""),
        (b"<id>urn:uuid:", b"<id>uuid "), (b"<category term=", b"<category label="), (b"</feed>", b""),
        (b"<content type=\"text\">", b'<content type="xhtml">'), (b"<entry>", b"<entry><unknown/>"),
    ],
)  # fmt: skip
def test_the_judges_of_atom_say_no(polled_site, old, new):
    """A feed that was spoilt in one place is found at fault."""
    body = polled_site.get("/feeds/changes.atom").content
    assert faults_of_atom(body) == []
    assert old in body
    assert faults_of_atom(body.replace(old, new)) != []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda feed: feed.update(version="https://jsonfeed.org/version/2"), lambda feed: feed.pop("title"),
        lambda feed: feed["items"][0].pop("content_text"), lambda feed: feed["items"][0].pop("id"),
        lambda feed: feed["items"][0].update(url="/somewhere"), lambda feed: feed["items"][0].update(date_published="today"),
        lambda feed: feed["items"].append(feed["items"][0]), lambda feed: feed.update(author="us"),
    ],
)  # fmt: skip
def test_the_judges_of_json_feed_say_no(polled_site, spoil):
    """The same for JSON."""
    feed = json.loads(polled_site.get("/feeds/changes.json").content)
    spoil(feed)
    assert faults_of_json_feed(json.dumps(feed).encode()) != []
