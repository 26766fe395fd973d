"""Who may see a table is worked out once for each, and what the description says of it holds all the same."""

from __future__ import annotations

import copy

import pytest

from tests.archive.made_site import filled_archive
from tests.archive.visitor import Visitor


@pytest.fixture
def visitor(tmp_path):
    """Asks a site of its own, whose description a story may change before the first question."""
    with Visitor(filled_archive(tmp_path)) as one:
        yield one


def test_the_page_of_all_tables_asks_once_for_each(visitor):
    """Not at every mention of it, and the description is not copied for it: a page of two thirds of a second takes a tenth."""
    tables = visitor.get("/optouts.json").json()
    names = {one["name"] for one in tables["tables"]} | {one["name"] for one in tables["views"]}
    asked = visitor.site._table_permission_allows.cache_info()
    assert len(names) > 100
    assert asked.misses <= len(names) + 20  # and some that are not listed
    visitor.get("/optouts")
    again = visitor.site._table_permission_allows.cache_info()
    assert (again.misses, again.hits > asked.hits) == (asked.misses, True)
    assert copy.deepcopy(visitor.site._metadata_local) is visitor.site._metadata_local


def test_a_table_that_the_description_denies_is_denied(visitor):
    """At every question anew, page and data; the tables beside it stay open."""
    visitor.site._metadata_local["databases"]["optouts"]["tables"]["files"]["allow"] = False
    for path in ("/optouts/files", "/optouts/files.json", "/optouts/files"):
        assert visitor.get(path).status_code == 403, path
    assert visitor.get("/optouts/releases").status_code == 200
    assert "files" not in {one["name"] for one in visitor.get("/optouts.json").json()["tables"]}
