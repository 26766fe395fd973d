"""Stories of manners: a name, a pause, one thing at a time, patience when asked for it, an end when told.

Loopback only; every wait is well under a second.
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from raw_server import CSV, NO_ROBOTS, PAGE, SOFTWARE, RawServer, answer, dripping

from scraper.fetch import Fetcher

BUSY = answer("503 Service Unavailable", b"busy")


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server of raw bytes on loopback."""
    with RawServer() as server:
        yield server


@pytest.mark.fault("N12", "H39", "H40")
def test_the_server_learns_who_we_are_and_nothing_else(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An honest User-Agent; no cookie is kept, and neither proxies nor credentials of the machine are used."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login made password up\n", encoding="ascii")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.answers |= {"/a.csv": [answer("200 OK", CSV, "Set-Cookie: who=we; Path=/")], "/b.csv": [answer(body=CSV)]}
    with Fetcher(server.series(), SOFTWARE, threading.Event()) as fetcher:
        for path in ("/a.csv", "/b.csv"):
            assert list(fetcher.attempts(server.request(path)))[-1].verdict == "accepted"
    for seen in server.seen:
        fields = dict(line.split(": ", 1) for line in seen.head.strip().split("\r\n")[1:])
        assert fields == {
            "Host": server.host,
            "User-Agent": "opt-out-archive/0.1.0 (+operator@example.org)",
            "Accept": "*/*",
            "Accept-Language": "en-GB",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }


@pytest.mark.fault("H40")
def test_every_request_waits_for_its_pause(server: RawServer) -> None:
    """robots.txt, redirects and retries count as requests too."""
    server.answers |= {
        "/a": [BUSY, answer("302 Found", b"", "Location: /b.csv")],
        "/b.csv": [answer(body=CSV)],
    }
    captures = server.ask("/a", series=server.series(pace_seconds=0.15, attempts=2))
    assert [c.verdict for c in captures] == ["absent", "failed", "accepted"]
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(server.seen)]
    assert len(gaps) == 3
    assert min(gaps) >= 0.15


def test_crawl_delay_is_kept(server: RawServer) -> None:
    """A pause that robots.txt asks for holds for its host."""
    server.answers |= {
        "/robots.txt": [answer(body=b"User-agent: *\nCrawl-delay: 0.3\n")],
        "/a.csv": [answer(body=CSV)],
    }
    server.ask("/a.csv")
    assert server.seen[1].at - server.seen[0].at >= 0.3


@pytest.mark.fault("H27")
def test_what_passes_is_tried_again_and_every_exchange_is_yielded(server: RawServer) -> None:
    """503, then a cut body, then the file: three captures, each before the next request."""
    server.answers["/a.csv"] = [BUSY, answer(body=CSV)[:-5], answer(body=CSV)]
    with Fetcher(server.series(attempts=3), SOFTWARE, threading.Event()) as fetcher:
        captures = fetcher.attempts(server.request("/a.csv"))
        assert next(captures).request.purpose == "robots"
        for number, verdict in enumerate(["failed", "failed", "accepted"], 1):
            assert next(captures).verdict == verdict
            assert server.paths().count("/a.csv") == number
        assert list(captures) == []


@pytest.mark.fault("H27")
def test_tries_end_after_the_stated_number(server: RawServer) -> None:
    """The last capture is the answer."""
    server.answers["/a.csv"] = [BUSY]
    captures = server.ask("/a.csv", series=server.series(attempts=3))
    assert [c.error_code for c in captures] == ["status_404", "status_503", "status_503", "status_503"]


@pytest.mark.parametrize("refusal", ["403 Forbidden", "404 Not Found", "401 Unauthorized", "400 Bad Request"])
def test_a_refusal_is_not_argued_with(server: RawServer, refusal: str) -> None:
    """What was refused is asked for once."""
    server.answers["/a.csv"] = [answer(refusal, PAGE)]
    assert len(server.ask("/a.csv", series=server.series(attempts=3))) == 2


@pytest.mark.fault("H20")
def test_a_challenge_is_not_tried_again_whatever_its_status(server: RawServer) -> None:
    """A wall that answers 503 is a wall, not an outage."""
    server.answers["/a"] = [answer("503 Service Unavailable", PAGE, "cf-mitigated: challenge")]
    captures = server.ask("/a", "series_page", series=server.series(attempts=3))
    assert [c.verdict for c in captures] == ["absent", "blocked"]


@pytest.mark.fault("H24", "H26")
def test_retry_after_in_seconds_is_honoured(server: RawServer) -> None:
    """429 is a refusal for now: the same address is asked again, once the stated time is over."""
    server.answers["/a.csv"] = [answer("429 Too Many Requests", b"slow", "Retry-After: 1"), answer(body=CSV)]
    captures = server.ask("/a.csv", series=server.series(attempts=2))
    assert [(c.verdict, c.retry_after_seconds) for c in captures[1:]] == [("blocked", 1.0), ("accepted", None)]
    assert server.seen[2].at - server.seen[1].at >= 1.0


@pytest.mark.fault("H25")
def test_retry_after_as_a_date_is_honoured(server: RawServer) -> None:
    """The date form means the same."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    server.answers["/a.csv"] = [answer("503 Unavailable", b"", f"Retry-After: {date}"), answer(body=CSV)]
    captures = server.ask("/a.csv", series=server.series(attempts=2))
    assert [c.verdict for c in captures[1:]] == ["failed", "accepted"]
    assert 0 < (captures[1].retry_after_seconds or 0) <= 2
    # A date has whole seconds only, so up to one of the two may have been cut off.
    assert server.seen[2].at - server.seen[1].at >= 0.8


@pytest.mark.fault("H24")
def test_a_host_that_asks_for_an_hour_is_left_alone(server: RawServer) -> None:
    """No waiting for an hour inside a poll, and no request to that host either: the next address is refused by us."""
    server.answers |= {"/a.csv": [answer("429 Too Many", b"", "Retry-After: 3600")], "/b.csv": [answer(body=CSV)]}
    with Fetcher(server.series(attempts=3), SOFTWARE, threading.Event()) as fetcher:
        first = list(fetcher.attempts(server.request("/a.csv")))
        second = list(fetcher.attempts(server.request("/b.csv")))
    assert [c.error_code for c in first] == ["status_404", "too_many_requests"]
    assert [(c.verdict, c.error_code, c.status) for c in second] == [("blocked", "retry_after", None)]
    assert "/b.csv" not in server.paths()


def test_a_stop_ends_the_waiting_at_once(server: RawServer) -> None:
    """Waiting of any kind is cut short, and nothing more is asked."""
    server.answers["/a.csv"] = [answer("503 Unavailable", b"", "Retry-After: 60"), answer(body=CSV)]
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    began = time.monotonic()
    with Fetcher(server.series(attempts=2), SOFTWARE, stop) as fetcher:
        captures = list(fetcher.attempts(server.request("/a.csv")))
    timer.join()
    assert time.monotonic() - began < 2
    assert [c.error_code for c in captures] == ["status_404", "status_503"]


def test_a_stop_before_the_first_request_asks_nothing(server: RawServer) -> None:
    """No exchange begins once the stop is set."""
    stop = threading.Event()
    stop.set()
    with Fetcher(server.series(), SOFTWARE, stop) as fetcher:
        assert list(fetcher.attempts(server.request("/a.csv"))) == []
    assert server.connections == 0


def test_a_stop_lets_the_exchange_in_hand_finish(server: RawServer) -> None:
    """A body on its way is taken whole."""
    stop = threading.Event()

    def stopped_on_the_way(sock: socket.socket) -> None:
        sock.sendall(answer(body=CSV)[: -len(CSV)])
        stop.set()
        dripping(CSV, 0.001, server.ending)(sock)

    server.answers["/a.csv"] = [stopped_on_the_way]
    with Fetcher(server.series(deadline_seconds=60.0, read_seconds=30.0), SOFTWARE, stop) as fetcher:
        captures = list(fetcher.attempts(server.request("/a.csv")))
    assert [c.verdict for c in captures] == ["absent", "accepted"]


def test_a_stop_between_redirects_keeps_the_redirect(server: RawServer) -> None:
    """What was seen before the stop stays seen."""
    stop = threading.Event()

    def redirect_and_stop(sock: object) -> None:
        stop.set()
        sock.sendall(answer("302 Found", b"", "Location: /b.csv"))  # type: ignore[attr-defined]

    server.answers["/a.csv"] = [redirect_and_stop]
    with Fetcher(server.series(), SOFTWARE, stop) as fetcher:
        capture = list(fetcher.attempts(server.request("/a.csv")))[-1]
    assert (capture.verdict, capture.error_code, capture.status) == ("failed", "stopped", 302)


def test_a_consumer_may_leave_after_any_capture(server: RawServer) -> None:
    """Leaving early asks for nothing more and raises nothing."""
    server.answers["/a.csv"] = [BUSY]
    with Fetcher(server.series(attempts=3), SOFTWARE, threading.Event()) as fetcher:
        captures = fetcher.attempts(server.request("/a.csv"))
        next(captures)
        assert next(captures).error_code == "status_503"
        captures.close()  # type: ignore[attr-defined]
    assert server.paths() == ["/robots.txt", "/a.csv"]


@pytest.mark.fault("M17")
def test_error_texts_are_one_clean_line(server: RawServer) -> None:
    """Whatever a hostile Location says, the detail has no control characters and no paths of this machine."""
    server.answers["/a.csv"] = [answer("302 Found", b"", "Location: http://evil.example/\x1b[31mred\x07")]
    detail = server.ask("/a.csv")[-1].error_detail or ""
    assert detail.isprintable()
    assert "evil.example" in detail


def test_the_robots_answer_is_kept_for_the_fetcher_only(server: RawServer) -> None:
    """A new Fetcher asks again."""
    server.answers |= {"/robots.txt": [NO_ROBOTS], "/a.csv": [answer(body=CSV)]}
    server.ask("/a.csv")
    server.ask("/a.csv")
    assert server.paths().count("/robots.txt") == 2
