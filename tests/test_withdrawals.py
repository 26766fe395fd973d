"""Histories of files and pages that go, flap, move or cannot be looked at: each is told as what it is. All figures are made up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.standing_findings import standing_findings
from archive.store import settle_finding
from tests.history_world import World, figures, file_name, made_world
from tests.soaks import in_part

SEPTEMBER, AUGUST, JULY = "september-2021", "august-2021", "july-2021"
FILE = file_name(AUGUST)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Three releases, looked at once."""
    with made_world(tmp_path, monkeypatch) as one:
        one.poll()
        yield one


def withdrawn(world: World) -> set[tuple[str, str, str]]:
    """What stands as withdrawn: release, file or page, and the part of the rule that holds."""
    return set(world.rows("SELECT publication, what, rule FROM withdrawn"))


def state(world: World, name: str = FILE) -> list[str]:
    """How the addresses of a file stand, in the order in which we met them."""
    return [
        row[0] for row in world.rows("SELECT state FROM addresses WHERE file_name = ? ORDER BY first_seen_at", [name])
    ]


def days(*instants: str) -> str:
    """Columns of a question: month and day of each instant."""
    return ", ".join(f"substr({one}, 6, 5)" for one in instants)


def flap(world: World) -> None:
    world.publisher.fail(404, target=FILE)
    world.poll_daily(4)


def page_flap(world: World) -> None:
    world.publisher.fail(404, target=AUGUST)
    world.poll_daily(4)


def long_flap(world: World) -> None:
    world.publisher.forbid_until(FILE)
    world.poll_daily(4)
    world.publisher.calm(FILE)
    world.poll_daily(1)


def denied_for_good(world: World) -> None:
    world.publisher.forbid_until(FILE)
    world.poll_daily(4)


def deleted_for_good(world: World) -> None:
    world.publisher.fail(404, None, target=FILE)
    world.poll_daily(4)


def denied_twice(world: World) -> None:
    world.publisher.forbid_until(FILE)
    world.poll_daily(2)


def challenged(world: World) -> None:
    world.publisher.challenge(host="files")
    world.poll_daily(4)


def unlinked(world: World) -> None:
    """A page that lost all its files is doubted at first; only when a person says that it is right as it is are they gone."""
    world.publisher.release(AUGUST).attachments.clear()
    world.poll_daily(1)
    assert withdrawn(world) == set()
    with world.archive.open() as desk:
        db, series = desk.evidence.db, desk.series[0].slug
        for one in standing_findings(db, series):
            settle_finding(db, one.code, one.subject, one.place, series, desk.now())
    world.poll_daily(1)


def unlinked_and_put_back(world: World) -> None:
    release = world.publisher.release(AUGUST)
    kept, release.attachments = release.attachments, []
    world.poll_daily(2)
    release.attachments = kept
    world.poll_daily(1)


def taken_back(world: World) -> None:
    world.publisher.withdraw(AUGUST)
    world.poll_daily(4)


def unpublished(world: World) -> None:
    world.publisher.unpublish(AUGUST)
    world.poll_daily(4)


def host_down(world: World) -> None:
    world.publisher.go_dark()
    world.poll_daily(4)
    world.publisher.come_back()


def all_files_denied(world: World) -> None:
    world.publisher.forbid_until("files")
    world.poll_daily(4)


def denied_while_pages_are_down(world: World) -> None:
    world.publisher.forbid_until(FILE)
    world.publisher.maintenance(host="pages")
    world.poll_daily(4)


def denied_while_its_page_is_blocked(world: World) -> None:
    world.publisher.forbid_until(FILE)
    world.publisher.fail(500, None, target=AUGUST)
    world.poll_daily(4)


def redesigned(world: World) -> None:
    world.publisher.redesign()
    world.poll_daily(4)


def moved(world: World) -> None:
    world.publisher.replace(AUGUST, FILE, figures(1), old_gone=True)
    world.poll_daily(4)


def replaced(world: World) -> None:
    world.publisher.replace(AUGUST, FILE, figures(77), old_gone=True)
    world.poll_daily(4)


def page_renamed(world: World) -> None:
    world.publisher.rename(AUGUST, "august-2021-corrected")
    world.poll_daily(4)


def page_renamed_with_redirect(world: World) -> None:
    world.publisher.rename(AUGUST, "august-2021-corrected", redirect=True)
    world.poll_daily(4)


def nobody_looked_and_then_gone(world: World) -> None:
    world.publisher.forbid_until(FILE)
    world.wait(days=6)
    world.poll_daily(1)


class History(NamedTuple):
    """What happens, what stands as withdrawn afterwards, and how the addresses of August's file stand."""

    happens: Callable[[World], None]
    withdrawn: set[tuple[str, str, str]]
    file: list[str]


GONE = {(AUGUST, "file", "absent")}
HISTORIES = [
    History(flap, set(), ["present"]),
    History(page_flap, set(), ["present"]),
    History(long_flap, set(), ["present"]),
    History(denied_for_good, GONE, ["gone"]),
    History(deleted_for_good, GONE, ["gone"]),
    History(denied_twice, set(), ["gone"]),
    History(challenged, set(), ["present"]),
    History(unlinked, {(AUGUST, "file", "no longer offered")}, ["present"]),
    History(unlinked_and_put_back, set(), ["present"]),
    History(taken_back, {(AUGUST, "file", "absent")}, ["gone"]),
    History(unpublished, {(AUGUST, "file", "absent"), (AUGUST, "page", "absent")}, ["gone"]),
    History(host_down, set(), ["present"]),
    History(all_files_denied, set(), ["gone"]),
    History(denied_while_pages_are_down, set(), ["gone"]),
    History(denied_while_its_page_is_blocked, set(), ["gone"]),
    History(redesigned, set(), ["present"]),
    History(moved, set(), ["gone", "present"]),
    History(replaced, set(), ["gone", "present"]),
    History(page_renamed, set(), ["present"]),
    History(page_renamed_with_redirect, set(), ["present"]),
    History(nobody_looked_and_then_gone, set(), ["gone"]),
]


@pytest.mark.parametrize("history", in_part(HISTORIES, 4), ids=lambda one: one.happens.__name__)
def test_each_history_is_told_as_what_it_is(world, history):
    """Only what is gone, while the publisher was well, counts as withdrawn; the others' files stand as before throughout."""
    before = world.rows("SELECT count(*), sum(opt_outs) FROM age_sex_latest")
    history.happens(world)
    assert withdrawn(world) == history.withdrawn
    assert state(world) == history.file
    if history.happens is not all_files_denied:
        assert state(world, file_name(SEPTEMBER)) == state(world, file_name(JULY)) == ["present"]
    if history.happens is not replaced:
        assert world.rows("SELECT count(*), sum(opt_outs) FROM age_sex_latest") == before


def test_five_looks_within_an_afternoon_are_no_withdrawal_and_no_blindness(world):
    """A new release's file may be missing for some hours; it is asked for again and again, and each of those polls did look."""
    world.poll_daily(1)
    world.publisher.forbid_until(file_name(SEPTEMBER))
    for minutes in (0, 20, 60, 100, 100, 100):
        world.wait(minutes=minutes)
        world.poll()
    assert world.rows("SELECT DISTINCT outcome FROM polls WHERE poll_id > 2") == [("incomplete",)]
    assert state(world, file_name(SEPTEMBER)) == ["gone"]
    assert withdrawn(world) == set()
    assert world.rows("SELECT * FROM blind_periods WHERE until_at IS NOT NULL") == []


def test_the_facts_of_the_rule_stand_beside_the_verdict(world):
    """Which polls count, since when, what else was there, and between which looks it went."""
    denied_for_good(world)
    facts = (
        "SELECT polls, substr(counted_from_at, 1, 10), substr(counted_until_at, 1, 10), substr(last_seen_at, 1, 10),"
    )
    ((polls, *days, beside),) = world.rows(f"{facts} substr(first_missing_at, 1, 10), also_looked_at FROM withdrawn")
    assert (polls, days) == (4, ["2021-10-16", "2021-10-19", "2021-10-15", "2021-10-16"])
    assert beside in {world.publisher.file_address(slug, file_name(slug)) for slug in (SEPTEMBER, JULY)}


def test_releases_count_what_the_one_rule_found(world):
    """A release whose only file is gone is withdrawn as a whole; with one of two files gone, in part."""
    world.publisher.add_file(JULY, ("A second file", "NDOP_age_gen_second.csv", figures(50)))
    world.poll_daily(1)
    world.publisher.withdraw(AUGUST)
    world.publisher.forbid_until(file_name(JULY))
    world.poll_daily(4)
    asked = "SELECT publication, extent, files_withdrawn, page_withdrawn FROM withdrawn_releases ORDER BY 1"
    assert world.rows(asked) == [(AUGUST, "whole", 1, 0), (JULY, "in part", 1, 0)]


def test_a_flap_is_kept_with_its_bounds_and_its_return(world):
    """One look that missed the file stands in its history, and as a change that came back."""
    world.poll_daily(1)
    flap(world)
    asked = days("not_before_at", "first_seen_at", "last_seen_at", "not_after_at")
    assert world.rows(f"SELECT state, {asked} FROM presence WHERE file_name = ? ORDER BY spell", [FILE]) == [
        ("present", None, "10-15", "10-16", "10-17"),
        ("absent", "10-16", "10-17", "10-17", "10-18"),
        ("present", "10-17", "10-18", "10-20", None),
    ]
    changes = "SELECT change, substr(not_before_at, 6, 5), substr(not_after_at, 6, 5), substr(back_at, 6, 5) FROM file_changes"
    assert world.rows(changes) == [("gone", "10-16", "10-17", "10-18")]


def test_what_is_gone_after_a_gap_went_in_all_of_the_gap(world):
    """Six days without a look give a bound of seven days, and a blind period; nothing is said to be unchanged across it."""
    world.poll_daily(1)
    nobody_looked_and_then_gone(world)
    bounds = "SELECT substr(last_seen_at, 6, 5), substr(first_missing_at, 6, 5) FROM addresses WHERE file_name = ?"
    assert world.rows(bounds, [FILE]) == [("10-16", "10-23")]
    blind = (
        "SELECT substr(since_at, 6, 11), substr(until_at, 6, 11), because FROM blind_periods WHERE until_at IS NOT NULL"
    )
    assert world.rows(blind) == [("10-17T08:35", "10-23T08:43", "no poll began")]
    world.poll_daily(1)
    stretches = "SELECT substr(unchanged_from_at, 6, 5), substr(unchanged_until_at, 6, 5), looks FROM unchanged WHERE file_name = ?"
    assert world.rows(f"{stretches} ORDER BY 1", [file_name(JULY)]) == [("10-15", "10-16", 2), ("10-23", "10-24", 2)]


def test_polls_that_could_not_look_are_blind_too(world):
    """A challenge or a dead host for three days: polls began, and nobody saw anything."""
    world.publisher.go_dark()
    world.poll_daily(3)
    world.publisher.come_back()
    world.poll_daily(1)
    ((since, until, polls, because),) = world.rows(
        "SELECT substr(since_at, 6, 5), substr(until_at, 6, 5), polls_that_could_not_look, because FROM blind_periods"
        " WHERE until_at IS NOT NULL"
    )
    assert (since, until, polls) == ("10-16", "10-19", 3)
    assert "Could not reach 127.0.0.1" in because
    assert world.rows("SELECT max(looks_without_answer) FROM addresses") == [(3,)]


def test_before_the_first_whole_look_nobody_had_looked(tmp_path, monkeypatch):
    """An archive whose first polls fail is blind from its first poll on."""
    with made_world(tmp_path, monkeypatch) as world:
        world.publisher.go_dark()
        world.poll()
        world.publisher.come_back()
        world.poll_daily(1)
        blind = world.rows(
            "SELECT substr(since_at, 6, 5), substr(until_at, 6, 5) FROM blind_periods WHERE until_at IS NOT NULL"
        )
        assert blind == [("10-15", "10-16")]


def test_a_link_has_bounds_of_its_own(world):
    """A file added later was not offered before; one taken off the page went between two looks, whatever its address says."""
    world.poll_daily(1)
    world.publisher.add_file(JULY, ("A second file", "NDOP_age_gen_second.csv", figures(50)))
    world.poll_daily(1)
    world.publisher.release(JULY).attachments.pop()
    world.poll_daily(1)
    bounds = days("seen_after_at", "first_seen_at", "last_seen_at", "first_missing_at")
    assert world.rows(f"SELECT {bounds} FROM links WHERE file_name = 'NDOP_age_gen_second.csv'") == [
        ("10-16", "10-17", "10-17", "10-18")
    ]
    assert state(world, "NDOP_age_gen_second.csv") == ["present"]


def test_a_redesigned_page_says_nothing_of_its_links(world):
    """While we do not understand the page its links stand as they were last seen, with the day on which that was."""
    redesigned(world)
    asked = "SELECT DISTINCT state, substr(last_seen_at, 6, 5), substr(page_last_seen_at, 6, 5) FROM links"
    assert world.rows(asked) == [("offered", "10-15", "10-15")]


def test_a_file_that_was_only_handed_in_is_never_ours(world, tmp_path):
    """Its origin and the day it claims stand there; seen by us it was not, and it has no bounds."""
    path = tmp_path / "NDOP_age_gen_june_2021.csv"
    path.write_bytes(figures(60))
    world.hand_in(path, "june-2021", "2021-07-15")
    world.poll_daily(4)
    asked = "state, how_we_know, origin, claimed_published_on, first_seen_at, last_seen_at"
    assert world.rows(f"SELECT {asked} FROM files_seen WHERE file_name = ?", [path.name]) == [
        ("not seen by us", "handed in", "saved by a reader, made up", "2021-07-15", None, None)
    ]
    assert withdrawn(world) == set()
    assert world.rows("SELECT count(*) FROM looks WHERE file_name = ?", [path.name]) == [(0,)]


def test_a_copy_of_what_we_saw_is_both(world, tmp_path):
    """Handing in the same bytes adds an origin, and takes nothing from what we saw ourselves."""
    path = tmp_path / FILE
    path.write_bytes(figures(1))
    world.hand_in(path, AUGUST, "2021-08-30")
    asked = "SELECT state, how_we_know, substr(first_seen_at, 1, 10) FROM files_seen WHERE file_name = ?"
    assert world.rows(asked, [FILE]) == [("present", "our own captures, and handed in", "2021-10-15")]
