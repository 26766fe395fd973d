"""Every table and view walked to its last row: by pages, in both orders of every column that can be sorted, and as CSV."""

from __future__ import annotations

import csv
import io
import sqlite3
from urllib.parse import urlsplit

import pytest

from tests.archive.made_site import filled_archive
from tests.archive.visitor import Visitor


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks a filled archive: nulls and ties stand in most columns."""
    with Visitor(filled_archive(tmp_path_factory.mktemp("walked"))) as one:
        yield one


def names(visitor):
    """Every table and view that is shown, with its number of rows."""
    database = sqlite3.connect(visitor.directory / "optouts.db")
    try:
        found = visitor.get("/optouts.json").json()
        shown = [one["name"] for one in found["tables"] if not one["hidden"]] + [one["name"] for one in found["views"]]
        return {name: database.execute(f"select count(*) from [{name}]").fetchone()[0] for name in shown}
    finally:
        database.close()


def walked(visitor, path):
    """Rows of all pages, as tuples, by following each page's own link to the next."""
    rows = []
    while path:
        page = visitor.get(path)
        assert page.status_code == 200, (path, page.text[:300])
        rows += [tuple(map(repr, row)) for row in page.json()["rows"]]
        address = urlsplit(page.json()["next_url"] or "")
        path = f"{address.path}?{address.query}" if address.path else ""
    return rows


def test_pages_lose_no_row_in_their_own_order(visitor):
    """A hundred rows at a time or as many as there may be: as many as there are, none twice where rows differ."""
    for name, count in names(visitor).items():
        size = 100 if count < 3_000 else 1_000
        rows = walked(visitor, f"/optouts/{name}.json?_shape=arrays&_size={size}")
        assert len(rows) == count, name


@pytest.mark.slow
def test_pages_lose_no_row_sorted_by_any_column_either_way(visitor):
    """Stock Datasette skips the rest of a tie where a sorted column is indexed and not unique: no such column can be sorted."""
    sorted_walks = 0
    for name, count in names(visitor).items():
        if count > 3_000:
            continue
        size = 7 if count < 200 else 100
        for column in visitor.get(f"/optouts/{name}.json?_size=1").json()["columns"]:
            for way in ("_sort", "_sort_desc"):
                path = f"/optouts/{name}.json?_shape=arrays&_size={size}&{way}={column}"
                if "Cannot sort" in visitor.get(path).text:
                    continue
                assert len(walked(visitor, path)) == count, (name, column, way)
                sorted_walks += 1
    assert sorted_walks > 20


@pytest.mark.fault("S09")
def test_a_csv_stream_holds_every_row(visitor):
    """Also beyond the thousand rows of a page, and without an error written into a 200."""
    for name, count in names(visitor).items():
        answer = visitor.get(f"/optouts/{name}.csv?_stream=on&_size=max")
        rows = list(csv.reader(io.StringIO(answer.text)))
        assert len(rows) - 1 == count, name
        assert {len(row) for row in rows} == {len(rows[0])}, name
