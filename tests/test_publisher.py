"""Stories about the pretend publisher's clock, its editors and its own life.

Never about the scraper: it has to be right before anything that is tested against it can be.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.publisher import Publisher
from tests.publisher_visitor import get
from tests.publisher_words import LONDON

NAME = "NDOP_age_gen_Jul_2021.csv"
BODY = b"ACH_DATE,AGE_BAND\r\n01/07/2021,All\r\n"
FILE = ("By age and gender", NAME, BODY)


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher in May 2022 with one release of July 2021."""
    with Publisher(at("2022-05-01T12:00:00")) as made:
        made.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", [FILE])
        yield made


def file_of(publisher: Publisher) -> str:
    """Address of the July 2021 file as its page offers it now."""
    return publisher.file_address("july-2021", NAME)


def listed(publisher: Publisher, which: str) -> list[str]:
    """Hrefs of a list of the series page."""
    links = get(publisher.seed).soup().select(f'[data-uipath="ps.series.publications-list.{which}"] > li a.cta__button')
    return [str(link["href"]).rpartition("/")[2] for link in links]


# ---------------------------------------------------------------- the clock


def test_a_stub_turns_into_a_release_at_half_past_nine(publisher: Publisher) -> None:
    """Before 09:30 London time a stub stands there; then the page is out, and its files follow a minute later."""
    publisher.announce("soon", "Soon", "2022-05-19", files=[FILE])
    stub = get(publisher.address("soon"))
    assert "(Upcoming, not yet published)" in stub.body.decode()
    assert "ps.publication.body" not in stub.body.decode()
    assert listed(publisher, "upcoming") == ["soon"]
    assert listed(publisher, "latest") == ["july-2021"]
    address = publisher.file_address("soon", NAME)
    for instant, words, status in (
        (datetime(2022, 5, 19, 9, 29, 59, tzinfo=LONDON), "(Upcoming", 403),
        (datetime(2022, 5, 19, 9, 30, tzinfo=LONDON), "ps.publication.body", 403),
        (datetime(2022, 5, 19, 9, 31, tzinfo=LONDON), "ps.publication.body", 200),
    ):
        publisher.now = instant
        assert words in get(publisher.address("soon")).body.decode()
        assert get(address).status == status
    assert listed(publisher, "latest") == ["soon"]


def test_far_announcements_name_only_the_month(publisher: Publisher) -> None:
    """More than eight weeks ahead there is no day; at most four are listed, nearest first; one can be postponed."""
    for number, due in enumerate(("2022-12-20", "2022-09-08", "2022-05-19", "2022-10-06", "2022-11-03")):
        publisher.announce(f"r{number}", f"R{number}", due)
    assert listed(publisher, "upcoming") == ["r2", "r1", "r3", "r4"]
    texts = [one.text for one in get(publisher.seed).soup().select(".cta__text")]
    assert texts == ["19 May 2022", "Sep 2022", "Oct 2022", "Nov 2022"]
    publisher.spell_september("Sept")
    assert "Sept 2022" in get(publisher.seed).body.decode()
    publisher.postpone("r2", "2023-01-19")
    assert listed(publisher, "upcoming") == ["r1", "r3", "r4", "r0"]


def test_publishing_a_stub_keeps_its_identity(publisher: Publisher) -> None:
    """The stub's UUID is the release's; what is out cannot be published again."""
    publisher.announce("soon", "Soon", "2022-05-19")
    stub = get(publisher.address("soon")).body.decode()
    publisher.publish("soon", "Soon", "2022-05-01", [FILE])
    identity = stub.split('item_id = "')[1][:36]
    assert identity in get(publisher.address("soon")).body.decode()
    with pytest.raises(ValueError, match="out already"):
        publisher.publish("soon", "Soon", "2022-05-01")


def test_the_clock_refuses_an_instant_without_a_zone(publisher: Publisher) -> None:
    """An instant that could mean any zone is a mistake of the story."""
    with pytest.raises(ValueError, match="without a zone"):
        publisher.now = datetime(2022, 5, 1)  # noqa: DTZ001 - the mistake itself


# ---------------------------------------------------------------- editors


def test_replacing_gives_a_new_address_and_leaves_the_old(publisher: Publisher) -> None:
    """As the CMS does: another opaque path, the old object still there, Last edited moved, no notice."""
    old = file_of(publisher)
    new = publisher.replace("july-2021", NAME, b"new\r\n")
    assert new != old
    assert new.rpartition("/")[2] == old.rpartition("/")[2] == NAME
    assert (get(old).body, get(new).body) == (BODY, b"new\r\n")
    page = get(publisher.address("july-2021")).body.decode()
    assert new in page
    assert old not in page
    assert "Last edited: 1 May 2022 1:00 pm" in page
    assert "File replaced" not in page
    publisher.replace("july-2021", NAME, b"newer\r\n", notice="Wrong.", old_gone=True)
    assert get(new).status == 403
    assert "Wrong." in get(publisher.address("july-2021")).body.decode()


def test_bytes_can_be_swapped_in_place(publisher: Publisher) -> None:
    """The treacherous kind of replacement keeps the address; the ETag follows the bytes."""
    address, before = file_of(publisher), get(file_of(publisher))
    publisher.replace("july-2021", NAME, b"swapped\r\n", in_place=True)
    after = get(address)
    assert file_of(publisher) == address
    assert after.body == b"swapped\r\n"
    assert after.headers["ETag"] != before.headers["ETag"]


def test_notices_stand_outside_the_body_newest_first(publisher: Publisher) -> None:
    """A notice prints the publisher's impossible clock and comes before the page's body."""
    publisher.notify("july-2021", "First", "One", datetime(2021, 8, 13, 0, 0, tzinfo=LONDON))
    publisher.notify("july-2021", "Second", "Two", datetime(2021, 8, 14, 14, 30, tzinfo=LONDON))
    soup = get(publisher.address("july-2021")).soup()
    boxes = [box for box in soup.select(".nhsd-m-emphasis-box") if not box.find_parent(class_="js-publication-body")]
    assert [box.select("p")[-1].text for box in boxes] == ["14 August 2021 14:30 PM", "13 August 2021 00:00 AM"]


def test_rewording_changes_words_and_nothing_else(publisher: Publisher) -> None:
    """Last edited stays; words that are not there are a mistake of the story; the series' own summary can change too."""
    publisher.reword("july-2021", "how many", "roughly how many")
    page = get(publisher.address("july-2021")).body.decode()
    assert "roughly how many" in page
    assert "Last edited: 29 July 2021 9:31 am" in page
    with pytest.raises(ValueError, match="found no 'never said'"):
        publisher.reword("july-2021", "never said", "x")
    publisher.reword("national-data-opt-out", "How many", "How few")
    assert "How few" in get(publisher.seed).body.decode()
    publisher.edit("july-2021", at("2021-08-13T12:31:00"))
    assert "Last edited: 13 August 2021 1:31 pm" in get(publisher.address("july-2021")).body.decode()


def test_withdrawn_keeps_the_page_and_unpublished_does_not(publisher: Publisher) -> None:
    """Withdrawn: page without files, files refused as the object store does. Unpublished: 404, and gone from the lists."""
    address = file_of(publisher)
    publisher.withdraw("july-2021", notice="Removed.")
    page = get(publisher.address("july-2021"))
    assert page.status == 200
    assert address not in page.body.decode()
    refused = get(address)
    assert (refused.status, refused.headers["Content-Type"]) == (403, "application/xml")
    assert b"<Code>AccessDenied</Code>" in refused.body
    publisher.unpublish("july-2021")
    assert get(publisher.address("july-2021")).status == 404
    assert listed(publisher, "latest") == []


def test_a_file_added_later_and_a_slug_changed(publisher: Publisher) -> None:
    """An added file is offered beside the first; a renamed page keeps its UUID and may redirect from its old address."""
    publisher.add_file("july-2021", ("More", "more.xlsx", b"PK"))
    before = get(publisher.address("july-2021")).body.decode()
    assert before.count('resources-attachment"') == 2
    old = publisher.address("july-2021")
    new = publisher.rename("july-2021", "july-2021-v2", redirect=True)
    moved = get(old)
    assert (moved.status, moved.headers["Location"]) == (301, new)
    assert before.split('item_id = "')[1][:36] in get(new).body.decode()


def test_a_redesign_hides_every_landmark(publisher: Publisher) -> None:
    """In a new design nothing known is left, although the page still works for people; then the old design comes back."""
    known = get(publisher.seed).body
    publisher.redesign()
    for address in (publisher.seed, publisher.address("july-2021")):
        page = get(address).body.decode()
        assert "data-uipath" not in page
        assert "<main" not in page
        assert " id=" not in page
    assert file_of(publisher) in page
    publisher.restore_design()
    assert get(publisher.seed).body == known


def test_a_second_series_stands_beside_the_first(publisher: Publisher) -> None:
    """Series have pages and publications of their own, and one can be given another title."""
    seed = publisher.series("care-information-choices", "Care Information Choices")
    publisher.publish("mi-june-2018", "June 2018", "2018-07-02", [FILE], series="care-information-choices")
    assert "mi-june-2018" in get(seed).body.decode()
    assert "mi-june-2018" not in get(publisher.seed).body.decode()
    publisher.series("care-information-choices", "Choices & more")
    assert "Choices &amp; more (made-up figures)" in get(seed).body.decode()


# ---------------------------------------------------------------- its own life


def test_nothing_is_left_running() -> None:
    """Closing ends threads at once, also with a visitor connected, one being dripped to and one waiting in silence."""
    before = set(threading.enumerate())
    publisher = Publisher()
    publisher.publish("july-2021", "July 2021", "2021-07-29", [FILE])
    publisher.drip(NAME, 1)
    publisher.slow("july-2021", 3600)
    idle = socket.create_connection(("127.0.0.1", publisher.ports[0]))
    visitors = [
        threading.Thread(target=_swallow, args=(one,)) for one in (file_of(publisher), publisher.address("july-2021"))
    ]
    for visitor in visitors:
        visitor.start()
    while len(publisher.requests) < 2:
        time.sleep(0.01)
    started = time.monotonic()
    publisher.close()
    idle.close()
    for visitor in visitors:
        visitor.join(5)
    assert time.monotonic() - started < 2
    assert set(threading.enumerate()) <= before


def _swallow(address: str) -> None:
    try:
        get(address)
    except (OSError, http.client.HTTPException):
        return


def test_a_mistake_inside_the_publisher_is_not_swallowed() -> None:
    """If the publisher itself fails while answering, closing it raises, so that no story passes by accident."""
    publisher = Publisher()
    publisher.publish("july-2021", "July 2021", "2021-07-29")
    publisher.release("july-2021").notices.append("not a notice")  # type: ignore[arg-type]
    _swallow(publisher.address("july-2021"))
    with pytest.raises(RuntimeError, match="pretend publisher itself failed"):
        publisher.close()


def test_a_taken_port_leaves_nothing_open(publisher: Publisher) -> None:
    """Asked for ports of which one is taken, the publisher fails and holds neither."""
    before = set(threading.enumerate())
    with pytest.raises(OSError, match="in use"):
        Publisher(ports=(0, publisher.ports[1]))
    assert set(threading.enumerate()) <= before


def test_the_series_file_points_at_the_publisher(publisher: Publisher, tmp_path: Path) -> None:
    """Hosts and seed are the loopback servers, manners are those of a local publisher, and every key can be overridden."""
    path = publisher.series_file(tmp_path)
    stated = tomllib.loads(path.read_text())
    assert path.name == "national-data-opt-out.toml"
    assert stated["seed"] == publisher.seed
    assert stated["file_hosts"] == [f"127.0.0.1:{publisher.ports[1]}"]
    assert (stated["made_up"], stated["manners"]["local_publisher"], stated["manners"]["pace_seconds"]) == (
        True,
        True,
        0,
    )
    assert stated["expects"][0]["files"] == "NDOP_age_gen_*.csv"
    other = publisher.series_file(
        tmp_path,
        slug="other",
        attempts=5,
        recheck_days=1,
        robots_exception=None,
        title='A "b" \x7f é',
        licence=None,
        odd={"k": [1]},
    )
    changed = tomllib.loads(other.read_text())
    assert changed["manners"] == stated["manners"] | {"attempts": 5}
    assert changed["revisit"] == {"recent_days": 60, "recheck_days": 1}
    assert (changed["title"], changed["odd"]) == ('A "b" \x7f é', {"k": [1]})
    assert "robots" not in changed
    assert "licence" not in changed
