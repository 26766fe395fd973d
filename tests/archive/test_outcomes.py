"""What a capture is beside what was captured before, against a model small enough to be read at a glance."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.database import Evidence
from archive.outcomes import Decision, Earlier, outcome_of
from archive.store import Recorded
from scraper.model import Capture
from tests.archive.made_captures import exchange, new_archive, poll, record_capture

A, B = "a" * 64, "b" * 64
VERDICTS = ("accepted", "accepted", "accepted", "not_modified", "absent", "blocked", "soft_error", "suspect", "failed")
ADDRESSES = (
    "https://files.example/AA/1/made_up.csv",
    "https://files.example/BB/2/made_up.csv",
    "https://files.example/CC/3/other.csv",
)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory):
    """One archive for all examples: each watches a series of its own."""
    with new_archive(tmp_path_factory.mktemp("outcomes")) as evidence:
        yield evidence


@pytest.mark.fault("H14", "C05", "C06")
@pytest.mark.parametrize(
    ("verdict", "sha256", "last", "elsewhere", "decision"),
    [
        ("accepted", A, None, None, Decision("new", None)),
        ("accepted", A, Earlier(3, A), None, Decision("unchanged", 3)),
        ("accepted", A, Earlier(3, B), None, Decision("changed", 3)),
        ("accepted", A, None, Earlier(2, B), Decision("reissued", 2)),
        ("accepted", A, None, Earlier(2, A), Decision("reissued", 2)),
        ("accepted", A, Earlier(3, B), Earlier(2, A), Decision("changed", 3)),
        ("not_modified", None, Earlier(3, A), None, Decision("not_modified", 3)),
        ("not_modified", None, None, None, Decision("not_modified", None)),
        ("blocked", A, Earlier(3, A), None, Decision("blocked", None)),
        ("failed", None, Earlier(3, A), None, Decision("failed", None)),
    ],
)
def test_each_rule_by_itself(verdict, sha256, last, elsewhere, decision) -> None:
    """One line for each rule of the design's section 5."""
    assert outcome_of(verdict, sha256, last, elsewhere) == decision


def test_an_accepted_capture_has_a_body() -> None:
    """Anything else is a fault of ours, and is not written down as the publisher's."""
    with pytest.raises(ValueError, match="has no body"):
        outcome_of("accepted", None, None, None)


@st.composite
def exchanges(draw: st.DrawFn) -> Capture:
    """One exchange of a file: few addresses, bodies, publications and link texts, so that they meet."""
    verdict = draw(st.sampled_from(VERDICTS))
    bodies = [b"one", b"two", b"three"]
    body = draw(st.sampled_from(bodies if verdict in ("accepted", "suspect") else [None, *bodies]))
    return exchange(
        body,
        draw(st.sampled_from(ADDRESSES)),
        verdict=verdict,
        publication=draw(st.sampled_from(["july-2021", "april-2022", None])),
        link_text=draw(st.sampled_from(["Made-up figures", None])),
        purpose=draw(st.sampled_from(["file", "file", "publication_page"])),
    )


def model(history: list[tuple[Capture, Recorded]], capture: Capture) -> tuple[str, int | None]:
    """Outcome and earlier capture as a person would find them with a finger on the list, newest first."""
    accepted = [(old, done) for old, done in reversed(history) if old.verdict == "accepted"]
    request = capture.request
    same = [(old, done) for old, done in accepted if old.request.address == request.address]
    if capture.verdict == "not_modified":
        return "not_modified", same[0][1].capture_id if same else None
    if capture.verdict != "accepted":
        return capture.verdict, None
    if same:
        old, done = same[0]
        return ("unchanged" if old.body == capture.body else "changed"), done.capture_id
    for old, done in accepted:
        if (
            request.publication is not None
            and old.request.purpose == request.purpose == "file"
            and (old.request.publication, old.request.link_text) == (request.publication, request.link_text)
            and old.request.address.split("/")[-1] == request.address.split("/")[-1]
        ):
            return "reissued", done.capture_id
    return "new", None


@pytest.mark.fault("H14", "H17", "H26", "H36")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(captures=st.lists(exchanges(), min_size=1, max_size=12))
def test_any_history_is_told_as_the_model_tells_it(evidence: Evidence, captures: list[Capture]) -> None:
    """Whatever comes in whatever order, through the real database, has the outcome that the model gives it."""
    (number,) = evidence.db.execute("SELECT count(*) FROM polls").fetchone()
    series = f"made-up-{number}"
    poll_id = poll(evidence.db, series)
    history: list[tuple[Capture, Recorded]] = []
    for capture in captures:
        expected = model(history, capture)
        done = record_capture(evidence.db, poll_id, series, capture, capture.completed_at)
        (previous,) = evidence.db.execute(
            "SELECT previous_capture_id FROM captures WHERE capture_id = ?", [done.capture_id]
        ).fetchone()
        assert (done.outcome, previous) == expected
        history.append((capture, done))
