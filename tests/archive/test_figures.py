"""Stories of the reading copy: any order of arrival, any replacement, the same figures; and what was not stated stays unknown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.editions import PlannedVintage, VintageKey, renumber
from archive.places import remake_places
from archive.reading_copy import create_reading_copy, digest, transaction
from archive.vintages import load_vintage, loaded_vintages, make_room, name_vintages
from scraper.model import Block, Missing, Reading
from tests.archive.made_copies import new_copy

SERIES = "national-data-opt-out"
PRACTICE_LABEL = (
    "THE SURGERY", "NG18 1AA", "", "", "02E", "E38000101", "NHS Notts ICB - 02E", "QT1", "E54000015", "NHS Notts ICB",
    "Y60", "E40000011", "Midlands",
)  # fmt: skip


def lsoa_label(authority: str) -> tuple[str, ...]:
    return ("Mansfield 001A", "02E", "E38000101", "NHS Notts ICB - 02E", "E07000174", authority)


def block(month, values, labels):
    return Block(month, values, labels, {})


def practices(months: dict[str, dict[str, tuple[int, int | None]]], name: str = "THE SURGERY") -> Reading:
    label = (name, *PRACTICE_LABEL[1:])
    blocks = tuple(
        block(month, {(code,): value for code, value in cells.items()}, {(code,): label for code in cells})
        for month, cells in months.items()
    )
    missing = tuple(
        Missing(month, (code,), "list_size", "unallocated", "Unallocated")
        for month, cells in months.items()
        for code, value in cells.items()
        if value[1] is None
    )
    return Reading("made_up_layout", "practices", blocks, missing, (), sum(map(len, months.values())), 0)


def lsoas(months: dict[str, dict[str, int]], authority: str = "Mansfield") -> Reading:
    label = lsoa_label(authority)
    blocks = tuple(
        block(month, {(code,): (count,) for code, count in cells.items()}, {(code,): label for code in cells})
        for month, cells in months.items()
    )
    return Reading("made_up_layout", "lsoas", blocks, (), (), sum(map(len, months.values())), 0)


class Copy:
    """A reading copy into which releases are put by number of the day they were published, in any order."""

    def __init__(self, folder: Path) -> None:
        self.db = new_copy(folder)
        self.plan: dict[VintageKey, PlannedVintage] = {}
        with transaction(self.db):
            self.db.execute(
                "INSERT INTO series VALUES (?, 'T', 'P', 'OGL', 'https://x', 'https://x', '', NULL, 1)", [SERIES]
            )

    def put_in(self, day: int, *readings: Reading) -> None:
        """One release published on that day of January 2022."""
        publication, stated_on = f"release-{day:02d}", f"2022-01-{day:02d}"
        with transaction(self.db):
            self.db.execute(
                "INSERT INTO releases (series, publication, title, state, published_on) VALUES (?, ?, ?, 'deposited', ?)",
                (SERIES, publication, publication, stated_on),
            )
            for reading in readings:
                self._file(publication, reading.family)
        key = VintageKey(stated_on, SERIES, publication, stated_on, 0)
        loads = {r.family: (f"{publication}-{r.family}", f"{r.family}.csv") for r in readings}
        self.plan[key] = PlannedVintage(key, loads)
        found = renumber(loaded_vintages(self.db), [self.plan[k] for k in sorted(self.plan)])
        assert found is not None
        make_room(self.db, found)
        load_vintage(self.db, found.numbers[key], self.plan[key], readings)
        with transaction(self.db):
            name_vintages(self.db)
            remake_places(self.db)

    def _file(self, publication: str, family: str) -> None:
        sha256 = f"{publication}-{family}"
        self.db.execute("INSERT INTO snapshots VALUES (?, 1, 1, '', '', 1)", [sha256])
        self.db.execute(
            "INSERT INTO files (release_id, file_name, name, sha256, bytes, first_captured_at, last_confirmed_on, state)"
            " SELECT release_id, ?, ?, ?, 1, '', '', 'unread' FROM releases WHERE publication = ?",
            (f"{family}.csv", family, sha256, publication),
        )

    def rows(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        return self.db.execute(sql, parameters).fetchall()


@pytest.fixture
def copy(tmp_path):
    made = Copy(tmp_path)
    yield made
    made.db.close()


def test_a_figure_is_told_as_first_stated_as_latest_and_with_the_vintages_between(copy):
    """A restated cell keeps both values, each with the vintages that made it."""
    copy.put_in(1, lsoas({"2021-09-01": {"E01000001": 10}}))
    copy.put_in(2, lsoas({"2021-09-01": {"E01000001": 12}}))
    assert copy.rows("SELECT since_vintage, until_vintage, opt_outs FROM lsoas_statements") == [
        (1, 2, 10),
        (2, None, 12),
    ]
    assert copy.rows("SELECT opt_outs FROM lsoas_latest") == [(12,)]
    assert copy.rows("SELECT opt_outs FROM lsoas_first") == [(10,)]
    assert copy.rows(
        "SELECT family, key, old, new, old_vintage, new_vintage FROM restatements WHERE family = 'lsoas'"
    ) == [("lsoas", "E01000001", 10, 12, 1, 2)]


def test_a_confirmation_is_counted_and_dated(copy):
    """Stated in three releases and changed in one of them is told apart from stated once."""
    for day, count in ((1, 10), (2, 10), (3, 11)):
        copy.put_in(day, lsoas({"2021-09-01": {"E01000001": count}}))
    assert copy.rows("SELECT times_stated, times_changed, last_confirmed_on FROM confirmations") == [
        (3, 1, "2022-01-03")
    ]


def test_an_older_release_put_in_between_recounts_what_the_newer_one_changed(copy):
    """What a release changed is measured against the one before it in the publisher's order, also when that comes late."""
    copy.put_in(3, lsoas({"2021-09-01": {"E01000001": 11}}))
    copy.put_in(1, lsoas({"2021-09-01": {"E01000001": 10}}))
    copy.put_in(2, lsoas({"2021-09-01": {"E01000001": 11}}))
    assert copy.rows("SELECT vintage, changed FROM coverage ORDER BY vintage") == [(1, 0), (2, 1), (3, 0)]


def test_areas_are_summed_by_the_releases_own_columns(copy):
    """Local authorities come from where people live, the other areas from where they are registered."""
    copy.put_in(
        1,
        lsoas({"2021-09-01": {"E01000001": 10, "E01000002": 5}}),
        practices({"2021-09-01": {"C84001": (7, 100), "Unallocated": (3, None)}}),
    )
    found = copy.rows("SELECT area_kind, area_code, opt_outs, list_size, list_size_reason FROM areas_latest ORDER BY 1")
    assert found == [
        ("england", "E92000001", 10, 100, None),
        ("icb", "QT1", 10, 100, None),
        ("local_authority", "E07000174", 15, None, "not_published"),
        ("region", "Y60", 10, 100, None),
        ("sub_icb", "02E", 10, 100, None),
    ]


def test_an_unknown_list_size_is_null_with_its_reason(copy):
    """People without a practice have no list size; that is not zero."""
    copy.put_in(1, practices({"2021-09-01": {"Unallocated": (3, None)}}))
    assert copy.rows("SELECT opt_outs, list_size, list_size_reason FROM practices_latest") == [(3, None, "unallocated")]


def test_a_sum_over_an_unreadable_part_is_unknown_too(copy):
    """One cell that could not be read makes the authority's sum null with that reason, and England's too."""
    reading = lsoas({"2021-09-01": {"E01000001": 10, "E01000002": 5}})
    values = dict(reading.blocks[0].values) | {("E01000002",): (None,)}
    broken = Reading(
        reading.schema, "lsoas", (Block("2021-09-01", values, reading.blocks[0].labels, {}),),
        (Missing("2021-09-01", ("E01000002",), "opt_outs", "unreadable", "n/k"),), (), 2, 0,
    )  # fmt: skip
    copy.put_in(1, broken)
    assert copy.rows("SELECT opt_outs, opt_outs_reason FROM areas_latest") == [(None, "unreadable")]


def test_a_new_name_is_no_restatement(copy):
    """A practice that is renamed keeps its figures; both names can be found."""
    copy.put_in(1, practices({"2021-09-01": {"C84001": (7, 100)}}, "OAK SURGERY"))
    copy.put_in(2, practices({"2021-09-01": {"C84001": (7, 100)}}, "ELM SURGERY"))
    assert copy.rows("SELECT count(*) FROM restatements") == [(0,)]
    assert copy.rows("SELECT name, other_names FROM places WHERE kind = 'practice'") == [("ELM SURGERY", "OAK SURGERY")]
    assert copy.rows(
        "SELECT places.code FROM places JOIN places_fts ON places.place = places_fts.rowid WHERE places_fts MATCH 'oak'"
    ) == [("C84001",)]


MONTH_NAMES = ["2021-07-01", "2021-08-01", "2021-09-01"]
CODES = ["E01000001", "E01000002", "E01000003"]
CELLS = st.dictionaries(st.sampled_from(CODES), st.integers(0, 3), max_size=3)
RELEASES = st.dictionaries(
    st.integers(1, 9),
    st.tuples(st.dictionaries(st.sampled_from(MONTH_NAMES), CELLS, min_size=1, max_size=3), st.sampled_from("AB")),
    min_size=2,
    max_size=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RELEASES, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_content(tmp_path_factory, releases, random):
    """Random histories of releases, put in forwards and shuffled, have one digest and answer as a dictionary model does."""
    directory = tmp_path_factory.mktemp("copies")
    shuffled = list(releases)
    random.shuffle(shuffled)
    digests = []
    for name, order in (("forwards", sorted(releases)), ("shuffled", shuffled)):
        copy = Copy(directory / name)
        for day in order:
            months, authority = releases[day]
            copy.put_in(
                day,
                lsoas(months, authority),
                practices({m: {c: (n, 9) for c, n in cells.items()} for m, cells in months.items()}),
            )
        digests.append(digest(copy.db))
        for number, day in enumerate(sorted(releases), start=1):
            for month, cells in releases[day][0].items():
                stated = copy.rows(
                    "SELECT lsoa_code, opt_outs FROM lsoas_statements WHERE month = ? AND since_vintage <= ?"
                    " AND (until_vintage IS NULL OR until_vintage > ?)",
                    month, number, number,
                )  # fmt: skip
                assert dict(stated) == cells
                total = copy.rows(
                    "SELECT sum(opt_outs) FROM areas_statements WHERE area_kind = 'local_authority' AND month = ?"
                    " AND since_vintage <= ? AND (until_vintage IS NULL OR until_vintage > ?)",
                    month, number, number,
                )  # fmt: skip
                assert total == [(sum(cells.values()) if cells else None,)]
        copy.db.close()
    assert digests[0] == digests[1]


def test_no_view_adds_up_a_stock_over_months(tmp_path):
    """A count of people on a day is not to be added to that of another day: no view sums it, whatever it groups by."""
    copy = create_reading_copy(tmp_path / "optouts.db", "made-up-program/1")
    views = copy.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'").fetchall()
    copy.close()
    assert len(views) > 40
    adding = re.compile(
        r"\b(sum|total|avg)\s*\(\s*(\w+\.)?(opt_outs|list_size|population|deceased)\s*\)", re.IGNORECASE
    )
    assert [name for name, sql in views if adding.search(sql)] == []
    assert adding.search("SELECT sum(x.opt_outs) FROM areas_latest AS x")


NAMED = st.tuples(
    st.dictionaries(
        st.sampled_from(MONTH_NAMES), st.sets(st.sampled_from(["C84001", "C84002"]), min_size=1), min_size=1
    ),
    st.sampled_from(["ASH SURGERY", "ELM SURGERY", "OAK SURGERY"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.integers(1, 9), NAMED, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_places_are_listed_by_their_newest_name_with_the_months_they_were_ever_stated_in(
    tmp_path_factory, releases, random
):
    """Practices that come, go and change names, in any order of arrival, are listed as a dictionary model lists them."""
    copy = Copy(tmp_path_factory.mktemp("copies"))
    for day in random.sample(sorted(releases), len(releases)):
        months, name = releases[day]
        copy.put_in(
            day, practices({month: dict.fromkeys(sorted(codes), (1, 9)) for month, codes in months.items()}, name)
        )
    names: dict[str, list[str]] = {}
    stated: dict[str, set[str]] = {}
    for _, (months, name) in sorted(releases.items()):
        for code in set().union(*months.values()):
            names.setdefault(code, []).append(name)
            stated.setdefault(code, set()).update(month for month, codes in months.items() if code in codes)
    ends = [min(map(min, stated.values())), max(map(max, stated.values()))]
    assert copy.rows(
        "SELECT code, name, other_names, first_month, last_month FROM places WHERE kind = 'practice' ORDER BY place"
    ) == [
        (code, told[-1], "; ".join(sorted(set(told) - {told[-1]})), min(stated[code]), max(stated[code]))
        for code, told in sorted(names.items())
    ]
    assert copy.rows("SELECT first_month, last_month FROM places WHERE kind = 'england'") == [tuple(ends)]
    copy.db.close()
