"""A practice put under another area is no revision of people, also in a release that revises others. All figures made up."""

from __future__ import annotations

import pytest

from archive.database import open_evidence
from archive.rows import Deposit
from archive.site.moved_areas import touched_areas
from archive.store import begin_poll, end_poll, record_deposit
from tests.archive.made_site import APRIL, SLUG, filled_archive, read_again
from tests.archive.made_vintages import Shelf
from tests.archive.visitor import Visitor, words
from tests.made_up import AUTHORITIES, DORSET, PRACTICES, months_to, reg_geo, res_geo

MONTHS = months_to("2021-09", 2)
MOVED = (PRACTICES[0]._replace(sub_icb=DORSET), *PRACTICES[1:])
"""The first practice stands under Dorset instead of Nottingham and Nottinghamshire."""
REVISED = {("Z90005", "2021-09-01"): (777, 9_000)}
"""A practice of Dorset's, revised in one month only."""


@pytest.fixture
def shelf(tmp_path):
    """An empty reading copy."""
    made = Shelf(tmp_path / "optouts.db")
    yield made
    made.db.close()


def test_only_areas_of_members_that_were_restated_are_touched(shelf):
    """Dorset's practice is revised for September: Dorset is touched then, and not in August; Nottingham never."""
    shelf.put_in("2021-09-30", {"NDOP_reg_geo_Sep_2021.csv": reg_geo(MONTHS)})
    later = reg_geo(MONTHS, practices=MOVED, cells=REVISED)
    shelf.put_in("2021-10-30", {"NDOP_reg_geo_Oct_2021.csv": later})
    found = touched_areas(shelf.db.conn, 1, 2)
    assert {(month, key) for month, key, measure in found if measure == "opt_outs"} == {
        ("2021-09-01", key) for key in ("sub_icb 11J", "icb QVV", "region Y58", "england E92000001")
    }  # fmt: skip


def test_a_member_that_moved_and_was_restated_touches_both_its_areas(shelf):
    """Nobody can tell from the file how much of either is which, so neither is called a mere move."""
    shelf.put_in("2021-09-30", {"NDOP_reg_geo_Sep_2021.csv": reg_geo(MONTHS)})
    later = reg_geo(MONTHS, practices=MOVED, cells={("Z90001", "2021-09-01"): (400, 8_100)})
    shelf.put_in("2021-10-30", {"NDOP_reg_geo_Oct_2021.csv": later})
    keys = {key for _, key, _ in touched_areas(shelf.db.conn, 1, 2)}
    assert {"sub_icb 52R", "sub_icb 11J"} <= keys


def test_authorities_are_touched_by_their_neighbourhoods(shelf):
    """And by no practice; an authority whose neighbourhoods are stated as before is not."""
    shelf.put_in("2021-09-30", {"NDOP_res_geo_Sep_2021.csv": res_geo(MONTHS)})
    later = res_geo(MONTHS, cells={("Mansfield", "2021-09-01"): 4_097})
    shelf.put_in("2021-10-30", {"NDOP_res_geo_Oct_2021.csv": later})
    assert AUTHORITIES[0].name == "Mansfield"
    assert touched_areas(shelf.db.conn, 1, 2) == {("2021-09-01", "local_authority E07000174", "opt_outs")}


def test_list_sizes_are_looked_at_by_themselves(shelf):
    """A new list size of one practice touches the list size of its areas, and not their opt-outs."""
    shelf.put_in(
        "2021-09-30", {"NDOP_reg_geo_Sep_2021.csv": reg_geo(MONTHS, cells={("Z90005", MONTHS[0]): (500, 9_000)})}
    )
    shelf.put_in(
        "2021-10-30", {"NDOP_reg_geo_Oct_2021.csv": reg_geo(MONTHS, cells={("Z90005", MONTHS[0]): (500, 9_001)})}
    )
    assert {measure for _, _, measure in touched_areas(shelf.db.conn, 1, 2)} == {"list_size"}


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks an archive whose newest release moves one practice and revises another one."""
    directory = filled_archive(tmp_path_factory.mktemp("moved"))
    held = {("Z90001", "2021-09-01"): (345, 9_000)}
    body = reg_geo(APRIL, practices=MOVED, cells=held | REVISED)
    with open_evidence(directory) as evidence:
        at = "2022-05-27T09:00:00.000000Z"
        poll = begin_poll(evidence.db, SLUG, "deposit", at, "made-up-program/1", "0" * 64)
        one = Deposit(SLUG, "may-2022", "2022-05-26", "NDOP_reg_geo_May_2022.csv", body, "made up for a test")
        record_deposit(evidence.db, poll, one, at)
        end_poll(evidence.db, poll, "complete", at, None, "One file handed in.")
        read_again(directory, evidence.db)
    with Visitor(directory) as made:
        yield made


PAIR = "a=made-up-series/april-2022@1&b=made-up-series/may-2022@1"


def test_the_comparison_counts_no_moved_area_as_restated(visitor):
    """Nottingham lost a practice and no people: its rows stand apart as moved, Dorset's September alone as restated."""
    text = words(visitor.get(f"/compare?{PAIR}&family=areas"))
    restated, moved = text.split("Put elsewhere: ")[0], text.split("Put elsewhere: ")[1]
    assert "sub_icb 52R" not in restated
    assert "sub_icb 11J" in restated
    assert "sub_icb 52R" in moved
    assert "no revision of people" in text


def test_the_feed_of_an_area_tells_a_move_apart_in_a_release_that_revises_others(visitor):
    """Nottingham's feed says that boundaries or rows moved; Dorset's September is a revision."""
    moved = [one["title"] for one in visitor.get("/feeds/area/sub_icb/52R.json").json()["items"]]
    assert any(one.startswith("Boundaries or rows moved: ") and "may-2022 against" in one for one in moved)
    assert not any(one.startswith("Revised: ") and "may-2022 against" in one for one in moved)
    revised = [one["title"] for one in visitor.get("/feeds/area/sub_icb/11J.json").json()["items"]]
    assert any(one.startswith("Revised: ") and "1 September 2021" in one for one in revised if "may-2022" in one)


def test_the_news_of_all_tell_moves_and_revisions_of_one_release_apart(visitor):
    """One item for each, and the revision's own number of cells counts no area that only moved."""
    titles = [
        one["title"] for one in visitor.get("/feeds/changes.json").json()["items"] if "may-2022 against" in one["title"]
    ]
    moved = [one for one in titles if one.startswith("Boundaries or rows moved: ")]
    revised = [one for one in titles if one.startswith("Revised: NHS Dorset")]
    assert len(moved) == 1
    assert len(revised) == 1
    assert "and 2 more cells of areas" in revised[0]
