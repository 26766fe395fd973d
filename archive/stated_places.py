"""Adds to the list of places what the release workbook and the weekly dashboard know of them, and which sources hold each place.

It merges no source with another: a place is listed once for its kind and code, and every family that states it is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sqlite_utils import Database

from archive.each_family import filled, words_of
from archive.figures import period_of

PlaceKey = tuple[str, str]
"""(kind, code)."""

ENGLAND: PlaceKey = ("england", "E92000001")
_NAMED_BY_THEIR_FILE = ("workbook_areas", "workbook_practices", "weekly")
_OF_ENGLAND = ("age_sex", "workbook_england", "workbook_age_sex")
"""Families of nothing but England; they have no place of that name, and the list has."""
_NO_PLACES = "'unallocated', 'age_band', 'sex'"
"""Kinds of rows that are not about a place."""


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the list, as far as one or more families know it."""

    name: str
    ons_code: str
    first_month: str
    last_month: str
    other_names: frozenset[str] = frozenset()
    other_codes: frozenset[str] = frozenset()
    """Other ONS codes that were published with the same kind and code."""

    def joined(self, other: Place) -> Place:
        """Both together: the name and ONS code of this one, unless it has none; months from the first to the last of either."""
        name, ons_code = self.name or other.name, self.ons_code or other.ons_code
        return Place(
            name, ons_code, min(self.first_month, other.first_month), max(self.last_month, other.last_month),
            (self.other_names | other.other_names | {other.name}) - {name, ""},
            (self.other_codes | other.other_codes | {other.ons_code}) - {ons_code, ""},
        )  # fmt: skip

    def also_coded(self, codes: Iterable[str]) -> Place:
        """The same place, with more ONS codes that it had."""
        return replace(self, other_codes=self.other_codes.union(codes) - {self.ons_code, ""})


def add_stated_places(copy: Database) -> None:
    """Add the places of these families to `places`, and to all places who holds them; the caller holds the transaction.

    Must follow the places of the monthly files; done twice it changes nothing. The names of the monthly files stand first, then
    those of the source that speaks of the newest month.
    """
    _forget_others(copy)
    news = _joined([*_stated(copy), *_england(copy)])
    former = dict(_former_ons_codes(copy))
    listed = dict(_listed(copy, news.keys() | former.keys()))
    more = {key: listed[key].joined(news[key]) if key in news else listed[key] for key in listed}
    _improve(copy, {key: place.also_coded(former.get(key, ())) for key, place in more.items()})
    _append(copy, {key: place for key, place in news.items() if key not in listed})
    copy.execute(_HOLDERS)


def _joined(stated: Iterable[tuple[str, PlaceKey, Place]]) -> dict[PlaceKey, Place]:
    """What all families together know of each place, the source first that speaks of the newest month."""
    places: dict[PlaceKey, Place] = {}
    for _, key, place in sorted(stated, key=lambda one: (one[2].last_month, one[0]), reverse=True):
        places[key] = places[key].joined(place) if key in places else place
    return places


def _forget_others(copy: Database) -> None:
    """Take out what an earlier run added and no monthly file holds."""
    copy.execute(
        "DELETE FROM places WHERE NOT EXISTS ("
        "   SELECT 1 FROM practices_places AS p WHERE places.kind = 'practice' AND p.practice_code = places.code)"
        " AND NOT EXISTS ("
        "   SELECT 1 FROM areas_places AS a WHERE a.area_kind = places.kind AND a.area_code = places.code)"
    )


def _listed(copy: Database, keys: Iterable[PlaceKey]) -> Iterator[tuple[PlaceKey, Place]]:
    """Those of the places that stand in the list."""
    rows = copy.execute(
        "SELECT x.kind, x.code, x.name, x.ons_code, x.first_month, x.last_month, x.other_names, x.other_codes"
        " FROM json_each(?) AS k JOIN places AS x"
        " ON x.kind = json_extract(k.value, '$[0]') AND x.code = json_extract(k.value, '$[1]')",
        [json.dumps(sorted(keys))],
    )
    for kind, code, name, ons_code, first, last, others, codes in rows.fetchall():
        names, other_codes = frozenset(others.split("; ")) - {""}, frozenset(codes.split("; ")) - {""}
        yield (kind, code), Place(name, ons_code, first, last, names, other_codes)


def _stated(copy: Database) -> Iterator[tuple[str, PlaceKey, Place]]:
    """By family, every place of which it says what the list does not: that there is one, a name, an ONS code."""
    for family in _NAMED_BY_THEIR_FILE:
        found = list(_unlisted(copy, family))
        months = _months(copy, family, [place_id for place_id, _, _ in found])
        for place_id, key, names in found:
            (name, ons_code), *_ = names
            first, last = months[place_id]
            place = Place(name, ons_code, first, last)
            for other_name, other_code in names:
                place = place.joined(Place(other_name, other_code, first, last))
            yield family, key, place


def _unlisted(copy: Database, family: str) -> Iterator[tuple[int, PlaceKey, list[tuple[str, str]]]]:
    """By place, its (name, ONS code) pairs as published, the newest first.

    Only places of which something is not in the list: nearly all of seven thousand practices bear one name everywhere.
    """
    words = words_of(family)
    kind, ons_code = words["kind"], "l.ons_code" if words["book"] == "area_labels" else "''"
    named = (
        f"FROM {family}_label_spans AS s JOIN {family}_places AS p ON p.place_id = s.place_id"
        f" JOIN {words['book']} AS l ON l.label_id = s.label_id"
    )
    rows = copy.execute(
        f"SELECT s.place_id, {kind} AS kind, {words['code']} AS code, l.name, {ons_code} {named} WHERE s.place_id IN ("
        f"   SELECT s.place_id {named} LEFT JOIN places AS x ON x.kind = {kind} AND x.code = {words['code']}"
        f"   WHERE {kind} NOT IN ({_NO_PLACES}) AND (x.place IS NULL"
        "      OR instr('; ' || x.name || '; ' || x.other_names || '; ', '; ' || l.name || '; ') = 0"
        f"     OR instr('; ' || x.ons_code || '; ' || x.other_codes || '; ; ', '; ' || {ons_code} || '; ') = 0))"
        f" ORDER BY s.place_id, s.{words['period']} > 0, coalesce(s.until, 1000000000) DESC, s.since DESC"
    )
    found: dict[tuple[int, PlaceKey], list[tuple[str, str]]] = {}
    for place_id, kind_of_place, code, name, code_of_ons in rows:
        found.setdefault((place_id, (kind_of_place, code)), []).append((name, code_of_ons))
    for (place_id, key), names in found.items():
        yield place_id, key, names


def _months(copy: Database, family: str, places: list[int]) -> dict[int, tuple[str, str]]:
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
        f" WHERE s.{at.column} = d.value AND s.place_id = p.value) LIMIT 1)"
    )
    rows = copy.execute(
        f"SELECT p.value, {nearest}, {nearest} FROM json_each(?) AS p",
        [json.dumps(list(days)), json.dumps(list(reversed(days))), json.dumps(places)],
    )
    return {place_id: (_month(days[first]), _month(days[last])) for place_id, first, last in rows}


def _month(day: str) -> str:
    return f"{day[:7]}-01"


def _england(copy: Database) -> Iterator[tuple[str, PlaceKey, Place]]:
    for family in _OF_ENGLAND:
        row = copy.execute(
            "SELECT min(m.month), max(m.month) FROM coverage AS c JOIN months AS m USING (month_id) WHERE c.family = ?",
            [family],
        ).fetchone()
        if row[0]:
            yield family, ENGLAND, Place("England", ENGLAND[1], row[0], row[1])


def _former_ons_codes(copy: Database) -> Iterator[tuple[PlaceKey, set[str]]]:
    """ONS codes that the monthly files printed beside an area's own code, former ones among them."""
    rows = copy.execute(
        "SELECT p.area_kind, p.area_code, json_group_array(DISTINCT l.ons_code) FROM (SELECT DISTINCT place_id, label_id"
        " FROM areas_label_spans) AS s JOIN areas_places AS p ON p.place_id = s.place_id"
        " JOIN area_labels AS l ON l.label_id = s.label_id GROUP BY p.place_id HAVING count(DISTINCT l.ons_code) > 1"
    )
    for kind, code, codes in rows:
        yield (kind, code), set(json.loads(codes))


def _improve(copy: Database, places: Mapping[PlaceKey, Place]) -> None:
    """Names and codes of places that stand in the list. Months stay: what is asked of the monthly files reckons with them."""
    copy.conn.executemany(
        "UPDATE places SET name = ?, ons_code = ?, other_names = ?, other_codes = ? WHERE kind = ? AND code = ?",
        [(place.name, place.ons_code, *_others(place), *key) for key, place in places.items()],
    )


def _append(copy: Database, places: Mapping[PlaceKey, Place]) -> None:
    copy.conn.executemany(
        "INSERT INTO places (kind, code, name, ons_code, first_month, last_month, other_names, other_codes, postcode)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')",
        [
            (*key, place.name, place.ons_code, place.first_month, place.last_month, *_others(place))
            for key, place in sorted(places.items())
        ],
    )


def _others(place: Place) -> tuple[str, str]:
    return "; ".join(sorted(place.other_names)), "; ".join(sorted(place.other_codes))


def _holders() -> str:
    """The statement that writes beside every place which families hold it."""
    held = [
        "SELECT 'practice' AS kind, practice_code AS code, 'practices' AS family FROM practices_places",
        "SELECT area_kind, area_code, 'areas' FROM areas_places",
        *(filled("SELECT {kind}, {code}, '{family}' FROM {family}_places AS p", words_of(name)) for name in _NAMED_BY_THEIR_FILE),
        *(
            f"SELECT '{ENGLAND[0]}', '{ENGLAND[1]}', '{name}' WHERE EXISTS (SELECT 1 FROM coverage WHERE family = '{name}')"
            for name in _OF_ENGLAND
        ),
    ]  # fmt: skip
    return (
        "UPDATE places SET held_in = h.families FROM (SELECT kind, code, json_group_array(family) AS families FROM"
        f" ({' UNION ALL '.join(held)} ORDER BY kind, code, family) GROUP BY kind, code) AS h"
        " WHERE h.kind = places.kind AND h.code = places.code"
    )


_HOLDERS = _holders()
