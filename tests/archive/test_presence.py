"""Presence and absence from looks alone: bounds hold what truly happened, and are never narrower than the looks. Made up."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.looks import record_looks
from tests.archive.made_copies import new_copy

ADDRESS = "https://files.example/AB/123456/NDOP_age_gen_made_up.csv"
START = datetime(2021, 10, 1, tzinfo=UTC)


class Look(NamedTuple):
    """One exchange: minutes after the start at which it began and ended, and what was really there (None: nothing)."""

    began: int
    ended: int
    there: str | None
    answered: bool


def text(minutes: int) -> str:
    """The instant so many minutes after the start, as the archive writes it."""
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def content_at(changes: list[tuple[int, str | None]], minute: int) -> str | None:
    """What was there at that minute, by the list of changes (minute, content from then on)."""
    return next((content for at, content in reversed(changes) if at <= minute), None)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[int, str | None]], list[Look]]:
    """A publisher's true history of one address, and looks at it that sometimes get no answer."""
    minutes = sorted(draw(st.sets(st.integers(1, 999), max_size=6)))
    changes = [(0, draw(st.sampled_from(["a", "b", None])))]
    for minute in minutes:
        changes.append((minute, draw(st.sampled_from(["a", "b", "c", None]).filter(lambda one: one != changes[-1][1]))))
    looks = []
    for minute in sorted(draw(st.sets(st.integers(0, 250), min_size=1, max_size=12))):
        began = 4 * minute  # one request in flight: a look has ended before the next begins
        there, answered = content_at(changes, began), draw(st.integers(0, 4)) > 0
        looks.append(Look(began, began + draw(st.integers(0, 3)), there, answered))
    return changes, looks


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the views say of some looks, which are taken back afterwards: one empty copy is enough for all."""
    with closing(new_copy(tmp_path_factory.mktemp("told"))) as db:
        copy = db.conn
        copy.row_factory = sqlite3.Row

        def tell(looks: list[Look]) -> dict[str, list[sqlite3.Row]]:
            copy.execute("BEGIN")
            fill(db, looks)
            found = {
                view: copy.execute(f"SELECT * FROM {view} ORDER BY first_seen_at").fetchall()
                for view in ("presence", "addresses")
            } | {"unchanged": copy.execute("SELECT * FROM unchanged ORDER BY unchanged_from_at").fetchall()}
            copy.execute("ROLLBACK")
            assert copy.execute("SELECT count(*) FROM looks").fetchone()[0] == 0
            return found

        yield tell


def fill(db: Database, looks: list[Look]) -> None:
    """One poll with one capture for each look."""
    copy = db.conn
    last: str | None = None
    for number, look in enumerate(looks, 1):
        copy.execute(
            "INSERT INTO polls (poll_id, series, reason, started_at, ended_at, outcome, software)"
            " VALUES (?, 's', 'due', ?, ?, 'complete', 'made-up/1')",
            (number, text(look.began), text(look.ended)),
        )
        outcome = "failed" if not look.answered else "absent" if look.there is None else "unchanged"
        if outcome == "unchanged":
            outcome, last = ("unchanged" if look.there == last else "new" if last is None else "changed"), look.there
        sha256 = look.there * 64 if look.answered and look.there else None
        copy.execute(
            "INSERT INTO captures (capture_id, poll_id, series, way, outcome, purpose, publication, address, requested_at,"
            " completed_at, duration_ms, sha256, file_name, complete_by, redirects, checks, software)"
            " VALUES (?, ?, 's', 'http', ?, 'file', 'p', ?, ?, ?, 1, ?, 'made_up.csv', 'length', '[]', '[]', 'made-up/1')",
            (number, number, outcome, ADDRESS, text(look.began), text(look.ended), sha256),
        )
    record_looks(db)


@settings(deadline=None, max_examples=120)
@given(histories())
def test_what_truly_happened_lies_within_the_bounds(told, history):
    """Between two spells the publisher really changed something, and it did so after the one bound and by the other."""
    changes, looks = history
    spells = told(looks)["presence"]
    for before, after in pairwise(spells):
        assert after["not_before_at"] == before["last_seen_at"]
        assert before["not_after_at"] == after["first_seen_at"]
        assert any(before["last_seen_at"] < text(at) <= after["first_seen_at"] for at, _ in changes[1:])
    assert not spells or (spells[0]["not_before_at"] is None and spells[-1]["not_after_at"] is None)


@settings(deadline=None, max_examples=120)
@given(histories())
def test_bounds_are_looks_and_every_look_is_in_one_spell(told, history):
    """No bound is an instant at which nobody looked; spells alternate, and their looks are all that had an answer."""
    _, looks = history
    answered = [look for look in looks if look.answered]
    spells = told(looks)["presence"]
    began, ended = {text(look.began) for look in answered}, {text(look.ended) for look in answered}
    for spell in spells:
        assert {spell["last_seen_at"], spell["not_before_at"]} - {None} <= began
        assert {spell["first_seen_at"], spell["not_after_at"]} - {None} <= ended
    assert sum(spell["looks"] for spell in spells) == len(answered)
    states = [(spell["state"], spell["sha256"]) for spell in spells]
    assert all(one != other for one, other in pairwise(states))


@settings(deadline=None, max_examples=120)
@given(histories())
def test_an_address_stands_as_its_last_answer_found_it(told, history):
    """First seen, last seen and first missing of an address agree with its looks; without an answer nothing is known."""
    _, looks = history
    answered = [look for look in looks if look.answered]
    (row,) = told(looks)["addresses"]
    if not answered:
        assert row["state"] == "not known"
        return
    seen = [look for look in answered if look.there]
    expected = "never seen" if not seen else "present" if answered[-1].there else "gone"
    assert row["state"] == expected
    assert row["looks_without_answer"] == len(looks) - len(answered)
    if seen:
        missing = [look for look in answered if look.began > seen[-1].began]
        assert (row["first_seen_at"], row["last_seen_at"]) == (text(seen[0].ended), text(seen[-1].began))
        assert row["first_missing_at"] == (text(missing[0].ended) if missing else None)


@settings(deadline=None, max_examples=120)
@given(histories())
def test_no_change_is_said_only_between_two_looks_that_agree(told, history):
    """Every stretch of no change begins and ends with a look that found the same, and no look between them found otherwise."""
    _, looks = history
    for stretch in told(looks)["unchanged"]:
        inside = [
            look for look in looks if look.answered
            and stretch["unchanged_from_at"] <= text(look.ended) and text(look.began) <= stretch["unchanged_until_at"]
        ]  # fmt: skip
        assert {look.there and look.there * 64 for look in inside} == {stretch["content_sha256"]}
        assert stretch["looks"] == len(inside) >= 2


def test_a_clock_that_was_set_back_widens_the_bounds(tmp_path):
    """Where our own clock jumped back between two looks, the bounds are drawn around both."""
    with closing(new_copy(tmp_path)) as db:
        fill(db, [Look(100, 101, "a", True), Look(40, 41, "b", True)])
        (spell,) = db.execute("SELECT not_before_at, first_seen_at FROM presence WHERE spell = 2").fetchall()
        assert spell[0] <= spell[1]
        (before,) = db.execute("SELECT last_seen_at, not_after_at FROM presence WHERE spell = 1").fetchall()
        assert before[0] <= before[1]


@pytest.mark.parametrize(("next_due", "whole"), [(90, True), (5, False)])
def test_a_poll_that_was_stopped_did_not_look_through_its_series(tmp_path, next_due, whole):
    """Every answer it got is good, but it ended before it had asked for everything: it is due again when it ended."""
    with closing(new_copy(tmp_path)) as db:
        fill(db, [Look(0, 5, "a", True)])
        db.execute("UPDATE polls SET outcome = 'incomplete', next_due_at = ?", [text(next_due)])
        db.execute("UPDATE captures SET purpose = 'series_page'")
        db.execute("UPDATE looks SET purpose = 'series_page'")
        db.execute("INSERT INTO pages (sha256, address, kind, notices, publications, resources)"
                   " VALUES (?, ?, 'series', '[]', '[]', '[]')", ["a" * 64, ADDRESS])  # fmt: skip
        assert (db.execute("SELECT count(*) FROM whole_polls").fetchone() == (1,)) is whole
