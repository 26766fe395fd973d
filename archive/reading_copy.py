"""Opens, makes and swaps optouts.db, the reading copy, and says by a digest whether two of them hold the same.

It never writes a figure and never touches archive.db: whatever is here can be thrown away and made anew from there.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from sqlite_utils import Database

from archive.each_family import written_out
from archive.errors import ArchiveError
from archive.family_views import family_views
from archive.sql_texts import sql_texts

FILE_NAME = "optouts.db"
APPLICATION_ID = 0x4F50544F
""""OPTO" in ASCII: tells the reading copy from archive.db and from a stranger's database."""


@cache
def tables_sql() -> str:
    """The statements that make the empty tables. Read once."""
    return (resources.files("archive") / "tables.sql").read_text(encoding="utf-8")


@cache
def view_statements() -> Mapping[str, str]:
    """Every view's name and its SELECT, from archive/views/*.sql, with what it says of each family written out. Read once.

    Views that every family has are written from one text each, archive/views/each/*.sql.
    """
    views = {name: written_out(text).strip() for name, text in sql_texts("views").items()}
    return MappingProxyType({**views, **family_views(sql_texts("views/each"))})


@cache
def definition_sha256() -> str:
    """Fingerprint of tables and views together; a copy made with another one is made anew."""
    views = "\n".join(f"{name}\n{sql}" for name, sql in sorted(view_statements().items()))
    return hashlib.sha256(f"{tables_sql()}\n{views}".encode()).hexdigest()


def create_reading_copy(path: Path, software: str) -> Database:
    """A new, empty reading copy at `path`, which must not exist; write-ahead log, so that readers never wait for the loader."""
    if path.exists():
        raise ArchiveError(f"{path} exists already; a reading copy is only made where none is")
    db = _connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.conn.executescript(f"BEGIN IMMEDIATE;\n{tables_sql()}\nPRAGMA application_id = {APPLICATION_ID};\nCOMMIT;")
    with transaction(db):
        for name, sql in sorted(view_statements().items()):
            db.execute(f"CREATE VIEW {name} AS\n{sql}")
        db.execute("INSERT INTO made_with (software, tables_sha256) VALUES (?, ?)", (software, definition_sha256()))
    return db


def open_reading_copy(directory: Path) -> Database:
    """The reading copy in `directory`, for writing.

    Raises ArchiveError where there is none, where it is not one of ours, or where it was made with other tables (then it has to
    be made anew: `optout rebuild`).
    """
    path = directory / FILE_NAME
    if not path.exists():
        raise ArchiveError(f"{path} does not exist; `optout rebuild` makes it from archive.db")
    db = _connect(path)
    try:
        _refuse_stranger(db, path)
    except BaseException:
        db.close()
        raise
    return db


def mark_stale(directory: Path) -> None:
    """Have the reading copy made anew when the archive is next opened: what it was made from has been replaced or withheld.

    Raises ArchiveError where another program holds it.
    """
    path = directory / FILE_NAME
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=30.0)) as copy, copy:
            copy.execute("UPDATE made_with SET tables_sha256 = 'to be made anew'")
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise ArchiveError(
                f"{path} is in use ({error}); end what holds it, then try again. Nothing was changed."
            ) from error
        # Otherwise it is none that anybody could open, and is made anew all the same.


def _refuse_stranger(db: Database, path: Path) -> None:
    try:
        found = db.execute("PRAGMA application_id").fetchone()[0]
        made = db.execute("SELECT tables_sha256 FROM made_with").fetchone() if found == APPLICATION_ID else None
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            f"{path} cannot be read ({error}); `optout rebuild` makes it anew from archive.db"
        ) from error
    if made is None:
        raise ArchiveError(f"{path} is not a reading copy of this program; move it away, then run `optout rebuild`")
    if made[0] != definition_sha256():
        raise ArchiveError(
            f"{path} was made with other tables, or from an archive that was replaced since; `optout rebuild` makes it anew"
        )


def _connect(path: Path) -> Database:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30.0, check_same_thread=False)
    # NORMAL: a power cut may cost the last load, never the file; the load is repeated from archive.db.
    connection.executescript("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536;")
    return Database(connection, execute_plugins=False)


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """All or nothing. IMMEDIATE, because a deferred one fails at once where another connection commits in between."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise
    db.conn.execute("COMMIT")


def settle(db: Database) -> None:
    """After a load: statistics for the query planner, and the write-ahead log folded into the file."""
    db.execute("PRAGMA analysis_limit = 1000")
    db.execute("ANALYZE")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def swap_in(new: Path, directory: Path) -> None:
    """Put a finished copy in the place of the old one, under readers that stay connected, and remove `new`.

    The content is written into the living file by SQLite's backup: replacing the file would leave Datasette reading the old one
    for ever (its connections stay open; measured on 0.65.5).
    """
    target = directory / FILE_NAME
    source = sqlite3.connect(new)
    destination = sqlite3.connect(target, timeout=60.0)
    try:
        destination.execute("PRAGMA journal_mode = WAL")
        source.backup(destination)
        # A reader in the middle of an answer keeps the log from being folded in; whoever loads next does it.
        destination.execute("PRAGMA busy_timeout = 1000")
        destination.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        source.close()
        destination.close()
    remove(new)


def remove(path: Path) -> None:
    """Remove a database file and what SQLite keeps beside it."""
    for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        name.unlink(missing_ok=True)


def digest(db: Database) -> str:
    """SHA-256 over every figure, label, release, file and vintage, in the order of their own names.

    Internal numbers, times of capture and origins stay out: two archives that were given the same files and pages in any order
    have the same digest. Findings, captures and the words of captured pages are one archive's own history, and stay out too.
    """
    running = hashlib.sha256()
    for name, sql in _CONTENT.items():
        running.update(f"\n{name}\n".encode())
        for row in db.execute(sql):
            running.update(repr(tuple(row)).encode())
    return running.hexdigest()


def _spans(table: str, place: str, keys: str, columns: str, joins: str = "", *, period: str = "month_id") -> str:
    return (
        f"SELECT s.{period}, {keys}, s.since, s.until, {columns} FROM {table} AS s"
        f" JOIN {place} AS p ON p.place_id = s.place_id {joins} ORDER BY s.{period}, {keys}, s.since"
    )


def _family(family: str, keys: str, columns: str, label: str = "", *, period: str = "month_id") -> dict[str, str]:
    """A family that a file states whole: its values, reasons, printed texts and, where it has them, names."""
    places = f"{family}_places"
    parts = {"": columns, "_missing": "s.reasons", "_printed": "s.printed"}
    found = {
        f"{family}{part}": _spans(f"{family}{part}_spans", places, keys, held, period=period)
        for part, held in parts.items()
    }
    if label:
        table, names = label.split(": ")
        join = f"JOIN {table} AS l ON l.label_id = s.label_id"
        found[f"{family}_labels"] = _spans(f"{family}_label_spans", places, keys, names, join, period=period)
    return found


_LABEL_JOINS = "JOIN labels AS l ON l.label_id = s.label_id JOIN geographies AS g ON g.geography_id = l.geography_id"
_GEOGRAPHY = (
    "g.ccg_ons_code, g.ccg_name, g.sub_icb_code, g.sub_icb_ons_code, g.sub_icb_name, g.icb_code, g.icb_ons_code, g.icb_name,"
    " g.region_code, g.region_ons_code, g.region_name, g.local_authority_code, g.local_authority_name"
)
_AGE, _PRACTICE, _LSOA, _AREA = "p.age_band, p.sex", "p.practice_code", "p.lsoa_code", "p.area_kind, p.area_code"

_CONTENT = {
    "releases": "SELECT series, publication, title, state, published_on, published_text, period_from, period_to, summary"
    " FROM releases ORDER BY series, publication",
    "files": "SELECT r.series, r.publication, f.file_name, f.sha256, f.bytes, f.member_of, f.state, f.unread_because,"
    " f.family, f.schema, f.rows, f.blank_rows FROM files AS f JOIN releases AS r USING (release_id)"
    " ORDER BY r.series, r.publication, f.file_name, f.sha256",
    "vintages": "SELECT v.vintage, r.series, r.publication, v.stated_on, v.nth, v.edition, v.label FROM vintages AS v"
    " JOIN releases AS r USING (release_id) ORDER BY v.vintage",
    "loads": "SELECT l.vintage, l.family, f.sha256, l.schema, l.schema_sha256, l.rows, l.blank_rows"
    " FROM loads AS l JOIN files AS f USING (file_id)"
    " ORDER BY l.vintage, l.family",
    "repairs": "SELECT f.sha256, x.family, x.schema, x.field, x.raw, x.repaired, x.reason, x.count FROM repairs AS x"
    " JOIN files AS f USING (file_id) ORDER BY f.sha256, x.family, x.field, x.raw, f.file_name",
    "coverage": "SELECT family, month_id, vintage, cells, changed FROM coverage ORDER BY family, month_id, vintage",
    "age_sex": _spans("age_sex_spans", "age_sex_places", _AGE, "s.opt_outs, s.list_size, s.rate"),
    "age_sex_missing": _spans("age_sex_missing_spans", "age_sex_places", _AGE, "s.reasons"),
    "age_sex_printed": _spans("age_sex_printed_spans", "age_sex_places", _AGE, "s.printed"),
    "practices": _spans("practices_spans", "practices_places", _PRACTICE, "s.opt_outs, s.list_size"),
    "practices_missing": _spans("practices_missing_spans", "practices_places", _PRACTICE, "s.reasons"),
    "practices_printed": _spans("practices_printed_spans", "practices_places", _PRACTICE, "s.printed"),
    "practices_labels": _spans(
        "practices_label_spans", "practices_places", _PRACTICE, f"l.name, l.postcode, {_GEOGRAPHY}", _LABEL_JOINS
    ),
    "lsoas": _spans("lsoas_spans", "lsoas_places", _LSOA, "s.opt_outs"),
    "lsoas_missing": _spans("lsoas_missing_spans", "lsoas_places", _LSOA, "s.reasons"),
    "lsoas_printed": _spans("lsoas_printed_spans", "lsoas_places", _LSOA, "s.printed"),
    "lsoas_labels": _spans(
        "lsoas_label_spans", "lsoas_places", _LSOA, f"l.name, l.postcode, {_GEOGRAPHY}", _LABEL_JOINS
    ),
    "areas": _spans("areas_spans", "areas_places", _AREA, "s.opt_outs, s.list_size"),
    "areas_missing": _spans("areas_missing_spans", "areas_places", _AREA, "s.reasons"),
    "areas_labels": _spans(
        "areas_label_spans", "areas_places", _AREA, "l.name, l.ons_code",
        "JOIN area_labels AS l ON l.label_id = s.label_id",
    ),
    "weekly_coverage": "SELECT family, week_id, vintage, cells, changed FROM weekly_coverage"
    " ORDER BY family, week_id, vintage",
    **_family("workbook_england", "p.place_id", "s.opt_outs, s.list_size, s.rate, s.deceased"),
    **_family("workbook_age_sex", _AGE, "s.opt_outs, s.list_size, s.rate"),
    **_family("workbook_practices", _PRACTICE, "s.opt_outs, s.list_size, s.rate", "labels: l.name"),
    **_family("workbook_areas", _AREA, "s.opt_outs, s.list_size, s.rate, s.deceased", "area_labels: l.name, l.ons_code"),
    **_family(
        "weekly", "p.group_kind, p.code", "s.opt_outs, s.population, s.rate", "area_labels: l.name, l.ons_code",
        period="week_id",
    ),
    "workbook_facts": "SELECT sha256, sheet, place, fact, text FROM workbook_facts ORDER BY sha256, sheet, place",
    "members": "SELECT container_sha256, member, sha256, bytes FROM members ORDER BY container_sha256, member",
    "layouts": "SELECT sha256, part, family, schema, unread_because FROM layouts ORDER BY sha256, part",
    "checks": "SELECT vintage, rule, family, month, parts, expected, found, difference, result, severity, sentence FROM checks"
    " ORDER BY vintage, rule, family, month, parts",
    "places": "SELECT kind, code, ons_code, name, other_names, postcode, first_month, last_month, other_codes, held_in"
    " FROM places ORDER BY kind, code",
}  # fmt: skip
"""What two reading copies must agree on, in an order that does not depend on how they came about."""
