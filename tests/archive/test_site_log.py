"""Stories of what the site says of the log: the newest note, a feed to keep, and since when nobody outside confirmed it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from archive.anchored import anchored_words, anchoring_of, confirmed_size, signed_words
from archive.anchors import record_anchor
from archive.catalogue import mirror
from archive.checkpoints import sign_log
from archive.database import open_evidence
from archive.reading_copy import open_reading_copy, transaction
from tests.archive.made_captures import poll, record
from tests.archive.made_site import SLUG, empty_archive, filled_archive
from tests.archive.visitor import Visitor

ATOM = {"a": "http://www.w3.org/2005/Atom"}
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def signed(directory, *parties: str, rounds: int = 1):
    """Signs the log so often, has these parties anchor each checkpoint, and brings the reading copy up to date."""
    notes = []
    with open_evidence(directory) as evidence:
        for n in range(rounds):
            record(evidence.db, poll(evidence.db, SLUG), f"made up {n}".encode(), series=SLUG)
            signature = sign_log(evidence)
            notes.append(signature.note)
            for party in parties:
                kind = "git" if party.startswith("git") else "rfc3161"
                record_anchor(evidence.db, signature.size, kind, party, b"made up", f"2026-11-24T10:0{n}:00.000000Z")
        copy = open_reading_copy(directory)
        with transaction(copy):
            mirror(evidence.db, copy)
        copy.close()
    return notes


def test_the_newest_note_is_served_exactly_as_it_was_signed(tmp_path):
    """Text, not cached for long, with the headers of every page; before the first signature a 404 in words."""
    with Visitor(empty_archive(tmp_path)) as visitor:
        none = visitor.get("/checkpoint")
        assert none.status_code == 404
        assert "has not been signed yet" in none.text
    notes = signed(tmp_path, rounds=2)
    with Visitor(tmp_path) as visitor:
        answer = visitor.get("/checkpoint")
    assert answer.status_code == 200
    assert answer.content == notes[-1].encode()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.fault("S15")
def test_no_checkpoint_is_served_before_the_facts_that_it_covers(tmp_path):
    """Signed in the evidence and not yet in the copy, a note is not shown; it comes with its captures, in one step."""
    empty_archive(tmp_path)
    signed(tmp_path)
    with Visitor(tmp_path) as visitor:
        for number in range(3):
            with open_evidence(tmp_path) as evidence:
                record(evidence.db, poll(evidence.db, SLUG), f"unseen {number}".encode(), series=SLUG)
                newest = sign_log(evidence)
                before = captures_and_size(visitor)
                assert before[1] < newest.size
                copy = open_reading_copy(tmp_path)
                with transaction(copy):
                    mirror(evidence.db, copy)
                    assert captures_and_size(visitor) == before
                copy.close()
                held = evidence.db.execute("SELECT count(*) FROM captures").fetchone()[0]
            assert captures_and_size(visitor) == (held, newest.size)


def captures_and_size(visitor):
    """How many captures a reader sees, and what the newest note that he gets covers."""
    (row,) = visitor.rows("/optouts.json?sql=select+count(*)+as+n+from+captures&_shape=array")
    return row["n"], int(visitor.get("/checkpoint").text.splitlines()[1])


def test_the_feed_holds_every_note_whole(tmp_path):
    """Valid Atom: one id, title and time for the feed and for each entry, newest first, the note as its content."""
    empty_archive(tmp_path)
    notes = signed(tmp_path, rounds=3)
    with Visitor(tmp_path) as visitor:
        answer = visitor.get("/feeds/checkpoints.atom")
        again = visitor.get("/feeds/checkpoints.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert answer.content == again.content
    assert answer.headers["x-content-type-options"] == "nosniff"
    feed = etree.fromstring(answer.content)
    assert feed.tag == f"{{{ATOM['a']}}}feed"
    entries = feed.findall("a:entry", ATOM)
    assert [entry.findtext("a:content", namespaces=ATOM) for entry in entries] == notes[::-1]
    assert {entry.find("a:content", ATOM).get("type") for entry in entries} == {"text"}
    for element in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"a:{name}", ATOM)) == 1
        assert element.findtext("a:id", namespaces=ATOM).startswith("urn:uuid:")
        assert datetime.fromisoformat(element.findtext("a:updated", namespaces=ATOM)).tzinfo is not None
    assert len({element.findtext("a:id", namespaces=ATOM) for element in (feed, *entries)}) == 4
    assert feed.findtext("a:author/a:name", namespaces=ATOM) == "opt-out-archive"
    assert feed.find("a:link[@rel='self']", ATOM).get("href") == "http://localhost/feeds/checkpoints.atom"
    assert {child.tag.rpartition("}")[2] for child in feed} == {"title", "id", "updated", "author", "link", "entry"}


def test_a_feed_without_checkpoints_is_a_feed_all_the_same(tmp_path):
    """A reader that subscribes before the first poll gets no error."""
    with Visitor(empty_archive(tmp_path)) as visitor:
        feed = etree.fromstring(visitor.get("/feeds/checkpoints.atom").content)
    assert feed.findall("a:entry", ATOM) == []
    assert feed.findtext("a:updated", namespaces=ATOM)


def test_every_link_of_the_feed_leads_somewhere(tmp_path):
    """The entry's page shows the checkpoint in the tables."""
    empty_archive(tmp_path)
    signed(tmp_path)
    with Visitor(tmp_path) as visitor:
        feed = etree.fromstring(visitor.get("/feeds/checkpoints.atom").content)
        (href,) = feed.xpath("a:entry/a:link/@href", namespaces=ATOM)
        assert href.startswith("http://localhost/"), "a subscriber keeps it on another machine"
        assert visitor.get(href.removeprefix("http://localhost")).status_code == 200
        assert visitor.get("/optouts/anchors").status_code == 200


def test_the_front_page_says_how_far_the_log_is_confirmed(tmp_path):
    """Nothing signed; signed and nobody has seen it; confirmed by two: three different sentences."""
    filled_archive(tmp_path)
    with Visitor(tmp_path) as visitor:
        text = visitor.get("/").text
        assert "has not been signed yet. Not anchored yet" in text
        assert 'href="/checkpoint"' not in text
    signed(tmp_path)
    with Visitor(tmp_path) as visitor:
        text = visitor.get("/").text
        assert "Two outside parties have not yet confirmed" in text
        assert 'href="/checkpoint"' in text
    signed(tmp_path, "one", "two")
    with Visitor(tmp_path) as visitor:
        text = visitor.get("/").text
    assert "Two outside parties have confirmed all of it. The newest anchor came on 24 November 2026, 10:00 UTC" in text


def rows(*anchors: tuple[str, str, int]) -> list[dict[str, object]]:
    """Newest anchors by party: kind, party, size."""
    return [{"kind": k, "party": p, "size": s, "got_at": "2026-11-24T10:00:00.000000Z"} for k, p, s in anchors]


@pytest.mark.parametrize(
    ("parties", "expected"),
    [
        (rows(), 0),
        (rows(("rfc3161", "one", 9)), 0),
        (rows(("rfc3161", "one", 9), ("rfc3161", "two", 5)), 5),
        (rows(("rfc3161", "one", 9), ("git", "ours", 9)), 0),
        (rows(("rfc3161", "one", 9), ("cosignature", "two", 7), ("rfc3161", "three", 8)), 8),
    ],
)
def test_two_outside_parties_are_the_least_that_counts(parties, expected):
    """One party can err or be bought, and a mirror that we push ourselves is nobody else's word."""
    assert confirmed_size(parties) == expected


@pytest.mark.fault("S08")
@pytest.mark.parametrize(
    ("checkpoint", "parties", "waits", "expected"),
    [
        (False, rows(), None, "Not anchored yet: there is nothing to anchor."),
        (True, rows(), 4, "Two outside parties have not yet confirmed what was signed since AFTER."),
        (True, rows(), 26, "Not anchored yet: unanchored since AFTER. No outside party has confirmed this log."),
        (
            True, rows(("rfc3161", "one", 5)), 26,
            (
                "Unanchored since AFTER: fewer than two outside parties have confirmed what was signed from then on. The "
                "newest anchor came on ANCHOR, from one."
            ),
        ),
        (
            True, rows(("rfc3161", "one", 5), ("rfc3161", "two", 5)), None,
            "Two outside parties have confirmed all of it. The newest anchor came on ANCHOR, from one.",
        ),
    ],
)  # fmt: skip
def test_the_sentence_says_since_when_and_by_whom(checkpoint, parties, waits, expected):
    """Never a claim that is not so: a day and an hour without two parties is called unanchored."""
    since = None if waits is None else (NOW - timedelta(hours=waits)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    row = {"size": 7, "made_at": "2026-11-24T09:00:00.000000Z"} if checkpoint else None
    state = anchoring_of(row, parties, since, NOW)
    when = {since: "AFTER", "2026-11-24T10:00:00.000000Z": "ANCHOR", "2026-11-24T09:00:00.000000Z": "SIGNED"}
    assert anchored_words(state, when) == expected
    assert signed_words(state, when) == (
        "The log has 7 entries, signed on SIGNED." if checkpoint else "The log of this archive has not been signed yet."
    )
    assert state.is_anchored == (checkpoint and waits != 26)
