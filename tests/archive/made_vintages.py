"""A reading copy into which whole files are put as releases, in any order, by the day each was published.

Figures are made up, but where a story says that it reads the publisher's real files.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from archive.editions import PlannedVintage, VintageKey, renumber
from archive.places import remake_places
from archive.reading_copy import transaction
from archive.vintages import load_vintage, loaded_vintages, make_room, name_vintages
from scraper.files import read_file
from scraper.model import Reading
from scraper.records import header_of
from scraper.schema import load_schemas, schema_for
from tests.archive.made_copies import new_copy

SERIES = "made-up-series"
SCHEMAS = load_schemas()


def read(file_name: str, body: bytes) -> Reading:
    """What a file states, by whichever schema fits it."""
    return read_file(body, file_name, schema_for(header_of(body, file_name), file_name, SCHEMAS))


class Shelf:
    """One reading copy and the releases put into it."""

    def __init__(self, folder: Path) -> None:
        self.db = new_copy(folder)
        self._plan: dict[VintageKey, PlannedVintage] = {}
        with transaction(self.db):
            self.db.execute(
                "INSERT INTO series (series, title, publisher, licence, licence_url, seed, schedule, made_up)"
                " VALUES (?, 'T', 'P', 'OGL', 'https://licence.example', 'https://pages.example', '', 1)",
                [SERIES],
            )

    def put_in(self, published_on: str, files: dict[str, bytes]) -> int:
        """One release: file names and bytes. Returns the number of its vintage as it now is."""
        readings = {name: read(name, body) for name, body in files.items()}
        with transaction(self.db):
            self.db.execute(
                "INSERT INTO releases (series, publication, title, state, published_on) VALUES (?, ?, ?, 'deposited', ?)",
                (SERIES, published_on, f"Release of {published_on}", published_on),
            )
            for name, body in files.items():
                self._keep(published_on, name, body)
        key = VintageKey(published_on, SERIES, published_on, published_on, 0)
        loads = {readings[name].family: (_sha256(published_on, body), name) for name, body in files.items()}
        self._plan[key] = PlannedVintage(key, loads)
        found = renumber(loaded_vintages(self.db), [self._plan[k] for k in sorted(self._plan)])
        assert found is not None
        make_room(self.db, found)
        load_vintage(self.db, found.numbers[key], self._plan[key], readings.values())
        with transaction(self.db):
            name_vintages(self.db)
            remake_places(self.db)
        return found.numbers[key]

    def _keep(self, published_on: str, name: str, body: bytes) -> None:
        sha256 = _sha256(published_on, body)
        self.db.execute(
            "INSERT INTO snapshots (sha256, bytes, stored_bytes, sha512, sha1_b32, first_capture_id) VALUES (?, 1, 1, '', '', 1)",
            [sha256],
        )
        self.db.execute(
            "INSERT INTO files (release_id, file_name, name, sha256, bytes, first_captured_at, last_confirmed_on, state)"
            " SELECT release_id, ?, ?, ?, 1, '', '', 'unread' FROM releases WHERE publication = ?",
            (name, name, sha256, published_on),
        )

    def rows(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """What a statement of SQL gives."""
        return self.db.execute(sql, parameters).fetchall()


def _sha256(published_on: str, body: bytes) -> str:
    """A hash for each release, so that the same bytes may be issued twice."""
    return hashlib.sha256(published_on.encode() + body).hexdigest()
