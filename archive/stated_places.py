"""Adds to the list of places what the release workbook and the weekly dashboard know of them, and which sources hold each place.

It merges no source with another: a place is listed once for its kind and code, and every family that states it is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sqlite_utils import Database

from archive.each_family import words_of
from archive.figures import period_of

PlaceKey = tuple[str, str]
"""(kind, code)."""

ENGLAND: PlaceKey = ("england", "E92000001")
_NAMED_BY_THEIR_FILE = ("workbook_areas", "workbook_practices", "weekly")
_OF_ENGLAND = ("age_sex", "workbook_england", "workbook_age_sex")
"""Families of nothing but England; they have no place of that name, and the list has."""
_NO_PLACES = {"unallocated", "age_band", "sex"}
"""Kinds of rows that are not about a place."""


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the list, as far as one or more families know it."""

    name: str
    ons_code: str
    first_month: str
    last_month: str
    other_names: set[str] = field(default_factory=set)
    other_codes: set[str] = field(default_factory=set)
    """Other ONS codes that were published with the same kind and code."""
    held_in: set[str] = field(default_factory=set)

    def joined(self, other: Place) -> Place:
        """Both together: the name and ONS code of this one, unless it has none; months from the first to the last of either."""
        name, ons_code = self.name or other.name, self.ons_code or other.ons_code
        return Place(
            name, ons_code, min(self.first_month, other.first_month), max(self.last_month, other.last_month),
            (self.other_names | other.other_names | {other.name}) - {name, ""},
            (self.other_codes | other.other_codes | {other.ons_code}) - {ons_code, ""},
            self.held_in | other.held_in,
        )  # fmt: skip


def add_stated_places(copy: Database) -> None:
    """Add the places of these families to `places`, and to all places who holds them; the caller holds the transaction.

    Must follow the places of the monthly files; done twice it changes nothing. The names of the monthly files stand first, then
    those of the source that speaks of the newest month.
    """
    held = "UPDATE places SET held_in = iif(kind = 'practice', '[\"practices\"]', '[\"areas\"]') WHERE held_in = '[]'"
    copy.execute(held)
    places = dict(_of_monthly_files(copy))
    known = set(places)
    before = {key: _row(key, place) for key, place in places.items()}
    _forget_others(copy, known)
    stated = [*_stated(copy), *_england(copy)]
    for key, place in sorted(stated, key=lambda one: (one[1].last_month, sorted(one[1].held_in)), reverse=True):
        places[key] = places[key].joined(place) if key in places else place
    for key, codes in _former_ons_codes(copy):
        if key in places:
            places[key] = replace(places[key], other_codes=places[key].other_codes | codes - {places[key].ons_code, ""})
    _write(copy, [row for key, place in sorted(places.items()) if (row := _row(key, place)) != before.get(key)], known)


def _of_monthly_files(copy: Database) -> Iterator[tuple[PlaceKey, Place]]:
    """Entries that stand in the list because practices or areas of the monthly CSV files are named so."""
    rows = copy.execute(
        "SELECT x.kind, x.code, x.name, x.ons_code, x.first_month, x.last_month, x.other_names,"
        " x.other_codes, x.held_in FROM places AS x"
        " LEFT JOIN practices_places AS p ON x.kind = 'practice' AND p.practice_code = x.code"
        " LEFT JOIN areas_places AS a ON a.area_kind = x.kind AND a.area_code = x.code"
        " WHERE p.place_id IS NOT NULL OR a.place_id IS NOT NULL"
    ).fetchall()
    for kind, code, name, ons_code, first, last, others, codes, held_in in rows:
        names, other_codes = set(others.split("; ")) - {""}, set(codes.split("; ")) - {""}
        yield (kind, code), Place(name, ons_code, first, last, names, other_codes, set(json.loads(held_in)))


def _forget_others(copy: Database, known: Iterable[PlaceKey]) -> None:
    """Take out what an earlier run added and no monthly file holds."""
    listed = {tuple(row) for row in copy.execute("SELECT kind, code FROM places")}
    copy.conn.executemany("DELETE FROM places WHERE kind = ? AND code = ?", sorted(listed - set(known)))


def _stated(copy: Database) -> Iterator[tuple[PlaceKey, Place]]:
    for family in _NAMED_BY_THEIR_FILE:
        months = _months(copy, family)
        for place_id, key, names in _names(copy, family):
            (name, ons_code), *_ = names
            first, last = months[place_id]
            place = Place(name, ons_code, first, last, held_in={family})
            for other_name, other_code in names:
                place = place.joined(Place(other_name, other_code, first, last))
            yield key, place


def _names(copy: Database, family: str) -> Iterator[tuple[int, PlaceKey, list[tuple[str, str]]]]:
    """By place, its (name, ONS code) pairs as published, the newest first."""
    words = words_of(family)
    kind = "'practice'" if family == "workbook_practices" else words["kind"]
    ons_code = "l.ons_code" if words["book"] == "area_labels" else "''"
    rows = copy.execute(
        f"SELECT s.place_id, {kind} AS kind, {words['code']} AS code, l.name, {ons_code} FROM {family}_label_spans AS s"
        f" JOIN {family}_places AS p ON p.place_id = s.place_id JOIN {words['book']} AS l ON l.label_id = s.label_id"
        f" ORDER BY s.place_id, s.{words['period']} > 0, coalesce(s.until, 1000000000) DESC, s.since DESC"
    )
    found: dict[tuple[int, PlaceKey], list[tuple[str, str]]] = {}
    for place_id, kind_of_place, code, name, code_of_ons in rows:
        if kind_of_place not in _NO_PLACES:
            found.setdefault((place_id, (kind_of_place, code)), []).append((name, code_of_ons))
    for (place_id, key), names in found.items():
        yield place_id, key, names


def _months(copy: Database, family: str) -> dict[int, tuple[str, str]]:
    """By place, the first and the last month with figures; a week stands for the month it lies in.

    Looked up from either end: nearly every place is there in the first and the last, and reading all spans would cost more.
    """
    at = period_of(family)
    days = dict(
        copy.execute(
            f"SELECT DISTINCT {at.column}, {at.name} FROM {at.coverage} JOIN {at.table} USING ({at.column})"
            f" WHERE family = ? ORDER BY {at.column}",
            [family],
        ).fetchall()
    )
    nearest = (
        f"(SELECT d.value FROM json_each(?) AS d WHERE EXISTS (SELECT 1 FROM {family}_spans AS s"
        f" WHERE s.{at.column} = d.value AND s.place_id = p.place_id) LIMIT 1)"
    )
    rows = copy.execute(
        f"SELECT p.place_id, {nearest}, {nearest} FROM {family}_places AS p",
        [json.dumps(list(days)), json.dumps(list(reversed(days)))],
    )
    return {place_id: (_month(days[first]), _month(days[last])) for place_id, first, last in rows if first is not None}


def _month(day: str) -> str:
    return f"{day[:7]}-01"


def _england(copy: Database) -> Iterator[tuple[PlaceKey, Place]]:
    for family in _OF_ENGLAND:
        row = copy.execute(
            "SELECT min(m.month), max(m.month) FROM coverage AS c JOIN months AS m USING (month_id) WHERE c.family = ?",
            [family],
        ).fetchone()
        if row[0]:
            yield ENGLAND, Place("England", ENGLAND[1], row[0], row[1], held_in={family})


def _former_ons_codes(copy: Database) -> Iterator[tuple[PlaceKey, set[str]]]:
    """ONS codes that the monthly files printed beside an area's own code, former ones among them."""
    rows = copy.execute(
        "SELECT p.area_kind, p.area_code, json_group_array(DISTINCT l.ons_code) FROM (SELECT DISTINCT place_id, label_id"
        " FROM areas_label_spans) AS s JOIN areas_places AS p ON p.place_id = s.place_id"
        " JOIN area_labels AS l ON l.label_id = s.label_id GROUP BY p.place_id HAVING count(DISTINCT l.ons_code) > 1"
    )
    for kind, code, codes in rows:
        yield (kind, code), set(json.loads(codes))


Row = tuple[str, ...]
"""name, ons_code, first_month, last_month, other_names, other_codes, held_in, kind, code."""


def _row(key: PlaceKey, place: Place) -> Row:
    return (
        place.name, place.ons_code, place.first_month, place.last_month, "; ".join(sorted(place.other_names)),
        "; ".join(sorted(place.other_codes)), json.dumps(sorted(place.held_in)), *key,
    )  # fmt: skip


def _write(copy: Database, rows: list[Row], known: set[PlaceKey]) -> None:
    # Months of the monthly files stay as they are: what is asked of those files reckons with them.
    copy.conn.executemany(
        "UPDATE places SET name = ?1, ons_code = ?2, other_names = ?5, other_codes = ?6, held_in = ?7"
        " WHERE kind = ?8 AND code = ?9",
        [row for row in rows if row[-2:] in known],
    )
    copy.conn.executemany(
        "INSERT INTO places (name, ons_code, first_month, last_month, other_names, other_codes, held_in, kind, code, postcode)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
        [row for row in rows if row[-2:] not in known],
    )
