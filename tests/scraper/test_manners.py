"""Stories of waiting: how long a server may make us wait, and what is worth another try."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.manners import LONGEST_RETRY_AFTER_SECONDS, Pace, is_passing, plain, retry_after, robots_name, user_agent
from scraper.model import Capture, Manners, Request

NOW = datetime(2021, 7, 1, 8, 31, tzinfo=UTC)


def capture(**fields: object) -> Capture:
    """A capture of a file that failed, unless stated otherwise."""
    request = Request("https://files.example/a.csv", "file")
    return Capture(request, "", "", 0, **({"verdict": "failed", "complete_by": "none"} | fields))


@pytest.mark.fault("H25")
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("99999999999", LONGEST_RETRY_AFTER_SECONDS),
        ("Thu, 01 Jul 2021 08:33:00 GMT", 120.0),
        ("Thu, 01 Jul 2021 08:33:00", 120.0),
        ("Thu, 01 Jul 2031 08:31:00 GMT", LONGEST_RETRY_AFTER_SECONDS),
        ("Thu, 01 Jul 2021 08:30:59 GMT", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Thu, 99 Jul 2021 08:31:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str | None, seconds: float | None) -> None:
    """Seconds and dates are honoured up to seven days; what is past or unreadable is no request at all."""
    assert retry_after(value, NOW) == seconds


@pytest.mark.fault("H25")
@given(st.text(max_size=60))
def test_any_retry_after_is_none_or_within_reason(value: str) -> None:
    """No text of a server makes us crash, or wait a negative or endless time."""
    seconds = retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_RETRY_AFTER_SECONDS


@given(st.integers(1, 600_000))
def test_date_and_seconds_say_the_same(seconds: int) -> None:
    """One instant, two notations."""
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(date, NOW) == retry_after(str(seconds), NOW)


@pytest.mark.parametrize(
    "code", ["dns", "connect", "connect_timeout", "read_timeout", "deadline", "short", "disconnect"]
)
def test_trouble_on_the_wire_passes(code: str) -> None:
    """It may be gone in a moment."""
    assert is_passing(capture(error_code=code))


@pytest.mark.parametrize(
    "fields",
    [
        {"error_code": "tls_expired"},
        {"error_code": "too_large", "status": 200},
        {"error_code": "redirects", "status": 302},
        {"error_code": "challenge", "status": 503, "verdict": "blocked"},
        {"error_code": "challenge", "status": 429, "verdict": "blocked"},
        {"error_code": "private_address", "verdict": "blocked"},
        {"error_code": "status_501", "status": 501},
        {"error_code": "status_404", "status": 404, "verdict": "absent"},
        {"error_code": "html", "status": 200, "verdict": "soft_error"},
        {"status": 200, "verdict": "accepted"},
    ],
)
def test_what_will_not_pass_is_not_tried_again(fields: dict[str, object]) -> None:
    """A bad certificate, a refusal, a wrong body: asking again at once only annoys."""
    assert not is_passing(capture(**fields))


@pytest.mark.fault("H40")
def test_only_a_local_publisher_may_be_visited_faster_than_every_five_seconds() -> None:
    """Whatever the configuration says, a public host has five seconds of rest."""
    for local in (True, False):
        stop = threading.Event()
        pace = Pace(Manners("x", pace_seconds=0.0, local_publisher=local), stop)
        assert pace.wait("https://a.example")
        pace.ended()
        timer = threading.Timer(0.1, stop.set)
        timer.start()
        assert pace.wait("https://b.example") is local
        timer.join()


def test_a_hold_is_for_its_own_host_and_only_ever_grows() -> None:
    """A longer wait is not shortened by a later, shorter one; other hosts are not held."""
    pace = Pace(Manners("x", pace_seconds=0.0, local_publisher=True), threading.Event())
    pace.hold("https://a.example", 1000)
    pace.hold("https://a.example", 1)
    assert 990 < (pace.held_too_long("https://a.example") or 0) <= 1000
    assert pace.held_too_long("https://b.example") is None
    began = time.monotonic()
    pace.hold("https://b.example", 0.1)
    assert pace.wait("https://b.example")
    assert time.monotonic() - began >= 0.1


def test_the_user_agent_is_one_line_of_ascii() -> None:
    """A contact with odd characters cannot break the header."""
    assert user_agent("opt-out-archive/1.2", Manners("a@b.example")) == "opt-out-archive/1.2 (+a@b.example)"
    odd = user_agent("opt-out-archive/1.2", Manners("Jos\u00e9\r\nX: y"))
    assert odd.isascii()
    assert odd.isprintable()
    assert robots_name("opt-out-archive/1.2") == "opt-out-archive"


@given(st.text(max_size=400))
def test_details_are_always_one_printable_line(text: str) -> None:
    """No control characters reach a log or a page, and the line stays short."""
    line = plain(text)
    assert line.isprintable()
    assert len(line) <= 300


def test_details_name_no_path_of_this_machine() -> None:
    """Addresses stay readable, local paths and memory addresses go."""
    text = "cannot load /home/someone/ca/bundle.pem for https://a.example/data/x.csv <urllib3.Conn object at 0x7f00aa11bb22>"
    assert plain(text) == "cannot load [path] for https://a.example/data/x.csv [object]"
