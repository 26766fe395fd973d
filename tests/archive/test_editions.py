"""Stories of editions: the publisher's order is found from captures and deposits, whenever they came."""

from __future__ import annotations

from itertools import permutations

import pytest

from archive.editions import PlannedVintage, Statement, VintageKey, plan_vintages, renumber

SERIES = "national-data-opt-out"


def captured(publication, sha256, published_on, seen_at, poll_id, family="age_sex", file_name="a.csv"):
    return Statement(SERIES, publication, family, sha256, file_name, published_on, None, seen_at, poll_id)


def deposited(publication, sha256, published_on, family="age_sex", file_name="a.csv"):
    return Statement(SERIES, publication, family, sha256, file_name, published_on, published_on, "", 0)


def numbered(plan):
    return [(v.key.publication, v.key.stated_on, v.key.nth, dict(v.loads)) for v in plan]


def test_releases_are_numbered_by_their_publication_day_not_by_arrival():
    """A release that we got last but that was published first is vintage 1, in every order of arrival."""
    statements = [
        deposited("april-2022", "c", "2022-04-28"),
        deposited("july-2021", "a", "2021-07-29"),
        deposited("september-2021", "b", "2021-10-14"),
    ]
    plans = {str(plan_vintages(order)) for order in permutations(statements)}
    assert len(plans) == 1
    assert [v.key.publication for v in plan_vintages(statements)] == ["july-2021", "september-2021", "april-2022"]


def test_all_families_of_a_release_make_one_vintage():
    """The three files of a release are one edition of its figures."""
    plan = plan_vintages(
        [
            captured("july-2021", "a", "2021-07-29", "2026-11-20T09:35:10Z", 1, "age_sex", "a.csv"),
            captured("july-2021", "b", "2021-07-29", "2026-11-20T09:35:20Z", 1, "lsoas", "b.csv"),
        ]
    )
    assert numbered(plan) == [
        ("july-2021", "2021-07-29", 0, {"age_sex": ("a", "a.csv"), "lsoas": ("b", "b.csv")}),
    ]


@pytest.mark.fault("C18")
def test_a_file_replaced_later_is_a_second_edition_dated_when_it_was_seen():
    """Bytes that changed under a release's page state it anew on the day that we saw them."""
    plan = plan_vintages(
        [
            captured("july-2021", "a", "2021-07-29", "2026-11-20T09:35:10Z", 1),
            captured("july-2021", "b", "2021-07-29", "2026-11-23T09:35:10Z", 2),
        ]
    )
    assert [(v.key.stated_on, v.loads["age_sex"][0]) for v in plan] == [("2021-07-29", "a"), ("2026-11-23", "b")]


def test_a_file_put_back_is_a_third_edition():
    """The old bytes served again after others are a statement of their own, so that as-of answers stay right."""
    plan = plan_vintages(
        [
            captured("july-2021", "a", "2021-07-29", "2026-11-20T09:35:10Z", 1),
            captured("july-2021", "b", "2021-07-29", "2026-11-23T09:35:10Z", 2),
            captured("july-2021", "a", "2021-07-29", "2026-11-24T09:35:10Z", 3),
        ]
    )
    assert [v.loads["age_sex"][0] for v in plan] == ["a", "b", "a"]


def test_the_same_bytes_deposited_and_captured_are_one_edition():
    """A file handed in that we also captured adds no vintage."""
    plan = plan_vintages(
        [
            captured("july-2021", "a", "2021-07-29", "2026-11-20T09:35:10Z", 1),
            deposited("july-2021", "a", "2021-07-29"),
        ]
    )
    assert len(plan) == 1


def test_renumbering_makes_room_for_an_older_release():
    """Loaded vintages move up by one where an older release comes in before them."""
    newer = PlannedVintage(VintageKey("2022-04-28", SERIES, "april-2022", "2022-04-28", 0), {"age_sex": ("c", "c.csv")})
    older = PlannedVintage(VintageKey("2021-07-29", SERIES, "july-2021", "2021-07-29", 0), {"age_sex": ("a", "a.csv")})
    found = renumber({1: newer}, [older, newer])
    assert found is not None
    assert found.moves == {1: 2}


def test_a_plan_that_takes_something_back_asks_for_a_rebuild():
    """Spans cannot forget a vintage, so a loaded file that is no longer in the plan is not mended in place."""
    loaded = PlannedVintage(
        VintageKey("2022-04-28", SERIES, "april-2022", "2022-04-28", 0), {"age_sex": ("c", "c.csv")}
    )
    assert renumber({1: loaded}, []) is None


def test_an_old_release_replaced_today_does_not_overrule_newer_releases():
    """A second edition stands after its own release and before the next one, however late it was found."""
    plan = plan_vintages(
        [
            captured("july-2021", "a", "2021-07-29", "2026-11-20T09:35:10Z", 1),
            captured("april-2022", "c", "2022-04-28", "2026-11-20T09:35:20Z", 1),
            captured("july-2021", "b", "2021-07-29", "2026-11-23T09:35:10Z", 2),
        ]
    )
    assert [v.loads["age_sex"][0] for v in plan] == ["a", "b", "c"]
