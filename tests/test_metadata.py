"""metadata.json: everything a reader can see is described, and nothing else is."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import datasette
import pytest

from archive.metadata import metadata
from archive.reading_copy import create_reading_copy
from archive.site.compose import composed, question_sql
from archive.site.family_questions import family_questions, question_words

METADATA = metadata()
OPTOUTS = METADATA["databases"]["optouts"]
FTS_SHADOWS = ("places_fts_config", "places_fts_data", "places_fts_docsize", "places_fts_idx")

COPIED_TEMPLATES = (
    "_description_source_license.html", "_footer.html", "_table.html", "base.html", "database.html", "error.html",
    "query.html", "row.html", "table.html",
)  # fmt: skip
SHIPPED_DIGEST = "7dfd87d809b033295d5abe6f97ecc4ebe2ca21f48ed0a2583930a270207b0e0d"


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    """A fresh reading copy, opened plainly."""
    path = tmp_path_factory.mktemp("fresh") / "optouts.db"
    create_reading_copy(path, "made-up-program/1").close()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def columns_of(schema, name):
    """Names of the columns of a table or view."""
    return [row[1] for row in schema.execute(f"PRAGMA table_info([{name}])")]


def test_every_table_view_and_column_is_described_and_nothing_else(schema):
    """Names of tables, views and columns in metadata.json are exactly those of a fresh reading copy."""
    names = [row[0] for row in schema.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    present = {name: set(columns_of(schema, name)) for name in names if name not in FTS_SHADOWS}
    described = {name: set(table["columns"]) for name, table in OPTOUTS["tables"].items()}
    assert described == present


def test_every_description_says_something():
    """Title, description, licence and source stand on the whole, on the database and on every table; no text is empty."""
    for place in (METADATA, OPTOUTS, *OPTOUTS["tables"].values()):
        for key in ("title", "description", "license", "license_url", "source", "source_url"):
            assert place[key].strip(), f"{place['title']}: {key} is empty"
        assert "Open Government Licence v3.0" in place["license"]
    for name, table in OPTOUTS["tables"].items():
        assert all(len(text) > 3 for text in table["columns"].values()), name


@pytest.mark.fault("M13")
def test_no_description_is_raw_html():
    """`description_html` would be shown as it stands; nobody needs it here."""
    assert "_html" not in json.dumps(METADATA)


def test_machinery_is_hidden_and_contracts_are_not():
    """A reader's list of tables holds what may be relied on, not the spans and numbers behind it."""
    hidden = {name for name, table in OPTOUTS["tables"].items() if table.get("hidden")}
    assert {name for name in OPTOUTS["tables"] if "span" in name or name.endswith("labels")} <= hidden
    assert not hidden & {"releases", "files", "captures", "findings", "vintages", "coverage", "repairs", "places"}
    assert not any(name.endswith(("_latest", "_first", "_statements")) for name in hidden)


def test_no_table_may_be_sorted_by_a_column_that_loses_rows(schema):
    """Datasette drops rows when it sorts descending by a column that leads an index without being unique by itself."""
    for name, table in OPTOUTS["tables"].items():
        for _, index, unique, *_ in schema.execute(f"PRAGMA index_list([{name}])").fetchall():
            led_by = [row[2] for row in schema.execute(f"PRAGMA index_info([{index}])")]
            if not unique or len(led_by) > 1:
                assert led_by[0] not in table["sortable_columns"], f"{name}.{led_by[0]} leads {index}"


def test_no_table_sets_a_page_size_or_a_descending_order():
    """Both make a full CSV up to forty times slower (ecosystem note, point 3)."""
    assert not any({"size", "sort_desc"} & set(table) for table in OPTOUTS["tables"].values())


def test_every_sortable_column_and_every_facet_is_there():
    """A name that no longer exists would be an error 500 for the reader."""
    for name, table in OPTOUTS["tables"].items():
        named = {*table["sortable_columns"], *table.get("facets", []), *filter(None, [table.get("label_column")])}
        assert named <= set(table["columns"]), name


def test_questions_hold_the_sql_of_their_files():
    """After a change of archive/site/questions, `python -m archive.site.compose` puts the SQL into metadata.json."""
    assert composed(json.loads(json.dumps(METADATA)), question_sql()) == METADATA


def test_every_question_is_described_in_plain_words():
    """Title, description and every parameter, in the order in which a reader fills them in."""
    for name, query in OPTOUTS["queries"].items():
        assert query["title"], name
        assert query["description"].endswith("."), name
        assert all(f":{parameter}" in query["sql"] for parameter in query["params"]), name
        assert query["hide_sql"] is True, name


def test_questions_avoid_what_older_sqlite_lacks():
    """SQLite 3.40 has no concat_ws, no ordered aggregates and no JSONB."""
    for name, query in OPTOUTS["queries"].items():
        assert not any(word in query["sql"] for word in ("concat_ws", "jsonb")), name


def test_a_question_without_a_file_is_named():
    """Composing refuses a description without SQL, and SQL without a description, and names it."""
    with pytest.raises(KeyError, match="lonely"):
        composed({"databases": {"optouts": {"queries": {}}}}, {"lonely": "select 1"})


def test_a_family_is_asked_by_the_key_that_readers_know():
    """England as a whole has no place to name; weekly codes are found however they are written; LSOA codes are in capitals."""
    asked = {
        family: question_words(family)["place_asked"] for family in ("workbook_england", "weekly", "lsoas", "age_sex")
    }
    assert asked == {
        "workbook_england": "",
        "weekly": "\n  and (trim(:code) = '' or s.code collate nocase = trim(:code))",
        "lsoas": "\n  and (trim(:lsoa_code) = '' or s.lsoa_code = upper(trim(:lsoa_code)))",
        "age_sex": "\n  and (trim(:age_band) = '' or s.age_band = trim(:age_band))",
    }


def test_a_slip_in_a_shared_question_is_named():
    """A word that no family has is an error of ours, not a question that fails on the site."""
    with pytest.raises(ValueError, match="colour"):
        family_questions({"nth": "select {colour}"})


def test_the_templates_that_ours_are_copies_of_have_not_changed():
    """Fails when Datasette ships other templates: compare ours with them, mend ours, then write the new digest here."""
    shipped = Path(datasette.__file__).parent / "templates"
    running = hashlib.sha256()
    for name in COPIED_TEMPLATES:
        running.update((shipped / name).read_bytes())
    assert running.hexdigest() == SHIPPED_DIGEST
