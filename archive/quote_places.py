"""What the places of each family are called in an answer about a quoted number, and how likely a newspaper means them.

The same place has the same words whichever source states it, so that sources that agree can be seen to. Reads no figure.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from archive.figures import FAMILY_KEYS

ENGLAND, ENGLAND_PART, AREA, SMALL = range(4)
"""How likely a newspaper means it: England's total, one group of England, an area, one practice or LSOA."""

SOURCE_WORDS = {
    "age_sex": "the monthly file by age and sex",
    "practices": "the monthly file by practice",
    "lsoas": "the monthly file by LSOA",
    "workbook_england": "Table 1 of the release workbook",
    "workbook_age_sex": "Table 2 of the release workbook",
    "workbook_practices": "Table 3 of the release workbook",
    "workbook_areas": "Table 4 of the release workbook",
    "weekly": "the weekly dashboard export",
}
"""Families that a file states, as people call them."""

DECEASED = "deceased people"
SMALL_FAMILIES = {"practices": "practice", "lsoas": "LSOA", "workbook_practices": "practice"}
"""Families of so many places that they are searched for the number itself alone, and what one of them is."""


class Called(NamedTuple):
    """A place of a family, in words."""

    place_id: int
    source: str
    """Family of the file that states it: areas are summed from practices or LSOAs."""
    place: str
    scope: int


def places_called(copy: Database, family: str) -> list[Called]:
    """Every place of a family that is not one of SMALL_FAMILIES."""
    columns = "".join(f", {name}" for name in FAMILY_KEYS[family])
    names = dict(copy.execute("SELECT kind || ' ' || code, name FROM places WHERE kind <> 'practice'").fetchall())
    rows = copy.execute(f"SELECT place_id{columns} FROM {family}_places").fetchall()
    return [Called(place_id, _source(family, key), *_called(family, key, names)) for place_id, *key in rows]


def _source(family: str, key: list[str]) -> str:
    if family != "areas":
        return family
    return "lsoas" if key[0] == "local_authority" else "practices"


def _called(family: str, key: list[str], names: dict[str, str]) -> tuple[str, int]:
    if FAMILY_KEYS[family] == ("age_band", "sex"):
        return _part(key[0], key[1])
    kind, code = key or ("england", "")
    if kind == "england":
        return "England", ENGLAND
    if kind in {"age_band", "sex"}:
        return _part(code, "all") if kind == "age_band" else _part("all", code)
    if kind == "unallocated":
        return "England, people with no open practice", ENGLAND_PART
    return f"{names.get(f'{kind} {code}') or code} ({kind.replace('_', ' ')} {code})", AREA


def _part(age_band: str, sex: str) -> tuple[str, int]:
    if (age_band, sex) == ("all", "all"):
        return "England", ENGLAND
    if age_band == "deceased":
        return f"England, {DECEASED if sex == 'all' else f'{DECEASED}, {sex} sex'}", ENGLAND_PART
    age = {"all": "all ages", "unknown": "unknown age"}.get(age_band, f"aged {age_band}")
    return f"England, {age if sex == 'all' else f'{sex} sex, {age}'}", ENGLAND_PART
