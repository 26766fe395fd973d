"""Stories of releases put in by what differs: the reading copy is the same, to the last row, as when every file is read whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.differences import earlier_file, prove
from archive.editions import PlannedVintage, VintageKey
from archive.reading_copy import digest, transaction
from archive.vintages import load_vintage
from scraper.differences import difference
from scraper.errors import FileChanged
from scraper.files import read_file
from scraper.schema import load_schemas
from tests.archive.made_copies import new_copy

SCHEMAS = {schema.family: schema for schema in load_schemas() if schema.name in {"reg_geo_2021", "res_geo_2023"}}
HEADERS = {
    "practices": "ACH_DATE,GP_PRACTICE,PRACTICE_NAME,POSTCODE,ONS_CCG_CODE,CCG_NAME,OPT_OUT,LIST_SIZE",
    "lsoas": "ACH_DATE,LSOA_CODE,LSOA_NAME,SUB_ICB_LOCATION_CODE,ONS_SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_NAME,"
    "LA_CODE,LA_NAME,OPT_OUT",
}
NAMES = {"practices": "NDOP_reg_geo_made_up.csv", "lsoas": "NDOP_res_geo_made_up.csv"}


def row(family: str, month: int, place: int, area: str, size: int) -> str:
    """One made-up line; `area` is two letters: of the area's code and of its name."""
    first = f"01/{month % 12 + 1:02d}/{2020 + month // 12}"
    code, name = f"E{ord(area[0]):08d}", f"Made-up {area[1]}"
    if family == "lsoas":
        return f"{first},Z{place:08d},Made-up {place % 3},99A,E99000011,Made-up ICB,{code},{name},{size}"
    printed = "Unallocated" if place == 0 else str(size + 10)
    practice = "Unallocated" if place == 0 else f"Z{place:05d}"
    return f"{first},{practice},MADE-UP SURGERY {place % 3},ZZ1 1AA,{code},{name},{size},{printed}"


class Archive:
    """A reading copy that takes releases one after the other, by difference where it may, or always whole."""

    def __init__(self, folder: Path, *, whole: bool) -> None:
        self.db = new_copy(folder)
        self.whole = whole
        self.bodies: dict[str, bytes] = {}
        self.by_difference = 0
        with transaction(self.db):
            self.db.execute("INSERT INTO series VALUES ('s', 'T', 'P', 'OGL', 'https://x', 'https://x', '', NULL, 1)")

    def put_in(self, number: int, family: str, lines: list[str]) -> int | None:
        """Lines of one release's file, as that vintage; how many cells changed, or None where the file cannot be read."""
        body = "".join(line + "\r\n" for line in (HEADERS[family], *lines)).encode()
        publication, sha256 = f"release-{number:02d}", f"{number}-{family}"
        self.bodies[sha256] = body
        with transaction(self.db):
            self.db.execute(
                "INSERT OR IGNORE INTO releases (series, publication, title, state) VALUES ('s', ?, ?, 'deposited')",
                (publication, publication),
            )
            self.db.execute("INSERT INTO snapshots VALUES (?, 1, 1, '', '', 1)", (sha256,))
            self.db.execute(
                "INSERT INTO files (release_id, file_name, name, sha256, bytes, first_captured_at, last_confirmed_on, state)"
                " SELECT release_id, ?, ?, ?, 1, '', '', 'unread' FROM releases WHERE publication = ?",
                (NAMES[family], family, sha256, publication),
            )
        day = f"2022-01-{number:02d}"
        planned = PlannedVintage(VintageKey(day, "s", publication, day, 0), {family: (sha256, NAMES[family])})
        try:
            return load_vintage(self.db, number, planned, self.readings(number, family, body))
        except FileChanged:
            return None

    def readings(self, number: int, family: str, body: bytes):
        proved = None if self.whole else self.proof(number, family, body)
        self.by_difference += proved is not None
        yield proved if proved is not None else read_file(body, NAMES[family], SCHEMAS[family])

    def proof(self, number: int, family: str, body: bytes):
        earlier = earlier_file(self.db, family, number)
        if earlier is None:
            return None
        old = self.bodies[earlier.sha256]
        found = difference(body, NAMES[family], SCHEMAS[family], old, earlier.file_name, earlier.cells)
        return None if found is None else prove(self.db, earlier.vintage, found)


@pytest.fixture(name="both")
def both_ways(tmp_path):
    """The same releases into two archives: by difference, and whole."""
    archives = Archive(tmp_path / "fast", whole=False), Archive(tmp_path / "whole", whole=True)
    yield archives
    for archive in archives:
        archive.db.close()


def window(family: str, newest: int, areas: str = "AB", changed: dict[tuple[int, int], str] | None = None) -> list[str]:
    """Four months of eighty places, half of them in either area; `changed` has other lines, "" for none, by (month, place)."""
    found = []
    for month in range(newest, newest - 4, -1):
        for place in range(80):
            letter = areas[place % 2]
            found.append(
                (changed or {}).get((month, place), row(family, month, place, letter * 2, 100 + place + month))
            )
    return [line for line in found if line]


STORIES: dict[str, dict[tuple[int, int], tuple[str, int] | None]] = {
    "a revised count": {(5, 3): ("BB", 7)},
    "a place that moves to another area": {(5, 3): ("AA", 108)},
    "a place that founds a new area": {(4, 3): ("CC", 107)},
    "an area whose name changes for one place": {(4, 3): ("BC", 107)},
    "a place that goes from one month": {(4, 3): None},
    "a place that is new in one month": {(4, 90): ("AA", 1)},
    "a place that goes altogether": {(month, 3): None for month in range(3, 8)},
    "a place that is stated in old months only": {(6, 3): None, (5, 3): None, (4, 3): ("AA", 7)},
    "an area that is another in the newest month": {(6, 4): ("BB", 110)},
}
"""By (month, place), the area and the count that a release states otherwise; None where it does not state the place."""


@pytest.mark.parametrize("family", ["lsoas", "practices"])
@pytest.mark.parametrize("story", STORIES)
def test_each_kind_of_change_gives_the_same_content_either_way(both, family, story):
    """Counts, moves, new and lost areas, names, places that come and go: digest and changed cells are those of the whole way."""
    changed = {where: row(family, *where, *cell) if cell else "" for where, cell in STORIES[story].items()}
    releases = [window(family, 5), window(family, 6, changed=changed), window(family, 6), window(family, 7)]
    found = [[archive.put_in(n, family, lines) for n, lines in enumerate(releases, 1)] for archive in both]
    assert found[0] == found[1]
    assert None not in found[0]
    assert digest(both[0].db) == digest(both[1].db)
    assert both[0].by_difference >= 2, (
        "all but the first are small changes; what founds or empties an area is read whole"
    )


def test_the_last_member_of_an_area_leaves_with_the_area(both):
    """An area of one place is gone with it: only the whole file can show that no other place is left in it."""
    lone = {(month, 3): row("lsoas", month, 3, "CC", 50) for month in range(2, 7)}
    gone = lone | {(4, 3): row("lsoas", 4, 3, "AA", 50)}
    for archive in both:
        archive.put_in(1, "lsoas", window("lsoas", 5, changed=lone))
        archive.put_in(2, "lsoas", window("lsoas", 6, changed=gone))
    assert digest(both[0].db) == digest(both[1].db)
    assert both[0].by_difference == 0


def test_a_key_stated_twice_is_refused_either_way(both):
    """A second line for a place whose first line both files have: the difference alone would not show it."""
    twice = [*window("lsoas", 6), row("lsoas", 5, 3, "BB", 1)]
    for archive in both:
        archive.put_in(1, "lsoas", window("lsoas", 5))
        assert archive.put_in(2, "lsoas", twice) is None
    assert digest(both[0].db) == digest(both[1].db)


def test_an_older_release_that_comes_late_is_read_whole(both):
    """Only the newest vintage of a family may be put in by difference: what follows would have to be looked at too."""
    for archive in both:
        archive.put_in(1, "lsoas", window("lsoas", 4))
        archive.put_in(3, "lsoas", window("lsoas", 6))
        archive.put_in(2, "lsoas", window("lsoas", 5, changed={(4, 3): row("lsoas", 4, 3, "AA", 1)}))
    assert digest(both[0].db) == digest(both[1].db)
    assert both[0].by_difference == 1


EDIT = st.tuples(
    st.sampled_from(("size", "area", "name", "gone", "twice", "odd", "added", "moved")),
    st.integers(0, 3),
    st.integers(0, 11),
    st.sampled_from(("AA", "AB", "BA", "BB", "CC")),
    st.integers(0, 9),
)
HISTORY = st.lists(st.tuples(st.integers(0, 2), st.lists(EDIT, max_size=5)), min_size=2, max_size=5)


def edited(cells: dict[tuple[int, int], tuple[str, int]], newest: int, edits) -> list[tuple[int, int, str, int, str]]:
    """Rows of a file after some edits of the standing cells; rarer damage is of this one file only."""
    damage: list[tuple[int, int, str, int, str]] = []
    for kind, back, place, area, size in edits:
        where = (newest - back, place)
        letters, held = cells.get(where, ("AA", 100 + place))
        if kind == "gone":
            cells.pop(where, None)
        elif kind in {"twice", "odd", "moved"}:
            damage.append((*where, letters, size, kind))
        else:
            cells[where] = (area if kind in {"area", "added"} else letters[0] + area[1] if kind == "name" else letters,
                            size if kind in {"size", "added"} else held)  # fmt: skip
    return damage


def file_of(family: str, cells, newest: int, damage) -> list[str]:
    months = range(newest, newest - 4, -1)
    lines = [row(family, *where, *cells[where]) for m in months for where in sorted(w for w in cells if w[0] == m)]
    for month, place, letters, size, kind in damage:
        if kind == "moved":
            lines.append(lines.pop(0))
        elif kind == "twice":
            lines.append(row(family, month, place, letters, size))
        else:
            lines.append(row(family, month, place + 50, letters, size).rsplit(",", 1)[0] + ",?")
    return lines


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(("lsoas", "practices")), HISTORY)
def test_random_histories_have_one_digest_either_way(tmp_path_factory, family, history):
    """Windows that move by none to two months, and any edits between: by difference or whole, the content is the same."""
    directory = tmp_path_factory.mktemp("ways")
    both = Archive(directory / "fast", whole=False), Archive(directory / "whole", whole=True)
    cells = {(month, place): ("AABB"[place % 2 * 2 :][:2], 100 + place) for month in range(4) for place in range(12)}
    newest = 3
    for number, (moved, edits) in enumerate(history, 1):
        for month in range(newest + 1, newest + moved + 1):
            cells |= {(month, place): value for (before, place), value in cells.items() if before == month - 1}
        newest += moved
        damage = edited(cells, newest, edits)
        lines = file_of(family, cells, newest, damage)
        found = [archive.put_in(number, family, lines) for archive in both]
        assert found[0] == found[1]
    assert digest(both[0].db) == digest(both[1].db)
    for archive in both:
        archive.db.close()
