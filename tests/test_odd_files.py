"""Stories of files with odd names and headings, from the publisher's page to the site: texts stay texts, and nothing clashes."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing

import pytest

from archive.reading_copy import FILE_NAME, tables_sql
from schedules.cli import run
from schedules.poll import poll_series
from tests.archive.visitor import Visitor
from tests.made_up import age_gen
from tests.publisher import Publisher

NAMES = ("NDOP_age_gen_Jul_2021.csv", "ndop_AGE_gen_jul_2021.CSV", "caf\u00e9.csv", "cafe\u0301.csv")
"""Two that a disk without regard to case, and two that a disk without regard to form, would take for one."""


@pytest.fixture
def publisher(archive):
    """A publisher with a series file for this archive."""
    with Publisher() as one:
        one.series_file(archive.schedules, attempts=1)
        yield one


def polled(archive) -> None:
    """One poll."""
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "asked")


@pytest.mark.fault("F12")
def test_names_that_differ_in_case_or_form_alone_are_four_files(archive, publisher, tmp_path):
    """Each is kept, served under its own name and packed under one of its own, also where a disk cannot tell the names apart."""
    bodies = {name: age_gen(["2021-06-01"], totals={"2021-06-01": 70_000 + n}) for n, name in enumerate(NAMES)}
    files = [(f"File {n}", name, body) for n, (name, body) in enumerate(bodies.items())]
    publisher.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
    polled(archive)
    with Visitor(archive.directory) as visitor:
        found = visitor.rows("/optouts/files.json?_shape=array&_size=max")
        assert sorted(row["file_name"] for row in found) == sorted(NAMES)
        for row in found:
            answer = visitor.get(f"/files/{row['sha256']}/{row['file_name']}")
            assert answer.content == bodies[row["file_name"]]
    pack = tmp_path / "pack.zip"
    assert (
        run(["--data", str(archive.directory), "pack", "release", "national-data-opt-out/july-2021", "--to", str(pack)])
        == 0
    )
    with zipfile.ZipFile(pack) as packed:
        names = packed.namelist()
        assert len({name.casefold() for name in names}) == len(names)
        assert all(name.isascii() for name in names)
        assert {packed.read(name) for name in names} >= set(bodies.values())


def headed(*more: str) -> bytes:
    """A file of figures with further columns."""
    head, *rows = age_gen(["2021-06-01"]).decode().splitlines()
    further = ",".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in more)
    return "".join(
        f"{line}\r\n" for line in (f"{head},{further}", *(f"{row}{',1' * len(more)}" for row in rows))
    ).encode()


HEADINGS = {
    "bracket": headed("[x]]; drop table files; --", 'a"b', "`c`", "d'e"),
    "nul": headed("before\0after"),
    "long": headed("x" * 10_000),
    "many": headed(*(f"column {n}" for n in range(5_000))),
    "script": headed("<script>alert(1)</script>", "\u202egnp"),
}


@pytest.mark.fault("M16", "S17")
def test_a_heading_of_a_file_is_never_a_name_in_the_database(archive, publisher):
    """Brackets, quotes, a NUL, ten thousand signs, five thousand columns: kept and told; every table and column is ours."""
    files = [(f"File {kind}", f"NDOP_age_gen_{kind}_2021.csv", body) for kind, body in HEADINGS.items()]
    publisher.publish(
        "june-2021",
        "National Data Opt-out, June 2021",
        "2021-06-24",
        [("Good", "NDOP_age_gen_Jun_2021.csv", age_gen(["2021-05-01"]))],
    )
    publisher.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
    polled(archive)
    with closing(sqlite3.connect(archive.directory / FILE_NAME)) as copy, closing(sqlite3.connect(":memory:")) as empty:
        empty.executescript(tables_sql())
        assert names_in(copy) == names_in(empty)
    with Visitor(archive.directory) as visitor:
        unread = visitor.rows("/optouts/files.json?_shape=array&_size=max&state=unread")
        assert {row["file_name"] for row in unread} == {name for _, name, _ in files}
        assert all(row["unread_because"] for row in unread)
        tables = visitor.get("/optouts.json").json()
        paths = ["/", "/optouts", "/status", "/releases", "/release/national-data-opt-out/july-2021", "/area/england"]
        paths += [f"/files/{row['sha256']}" for row in unread]
        paths += [f"/optouts/{one['name']}" for one in (*tables["tables"], *tables["views"]) if not one.get("hidden")]
        for path in paths:
            answer = visitor.get(path)
            assert answer.status_code == 200, path
            assert "<script>alert" not in answer.text, path


def names_in(database: sqlite3.Connection) -> set[tuple[str, str]]:
    """Every table with every column."""
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        (table, row[1])
        for table in tables
        if not table.startswith("sqlite_")
        for row in database.execute(f"PRAGMA table_info({table})")
    }
