"""Thirty hostile texts of the publisher, served: on no page, feed or file do they become more than text."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from urllib.parse import quote

import bs4
import pytest

from tests.archive.made_site import filled_archive
from tests.archive.visitor import Visitor

VALUES = (
    "<script>alert(1)</script>", "</script><script>alert(2)</script>", "<img src=x onerror=alert(3)>", "<svg/onload=alert(4)>",
    "\"><script>alert(5)</script>", "' onmouseover='alert(6)", "\" onfocus=\"alert(7)\" autofocus=\"", "javascript:alert(8)",
    "data:text/html,<script>alert(9)</script>", "{{ 7 * 7 }}", "{% raw %}", "${7*7}", "]]><script>alert(10)</script>", "<!-- --!>",
    "=HYPERLINK(\"https://evil.example\")", "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1",  # noqa: E501
    "a\u202etxt.exe", "\u2066isolated", "../../../etc/passwd", "..\\..\\boot.ini", "[x]](y", "a\x1b[31mred", "a\r\nSet-Cookie: x=1",
    "%00%0d%0a", "x" * 5_000, "https://evil.example/\"onclick=\"alert(11)", "/optouts/x?y=<script>alert(12)</script>",
    "'; drop table files; --", "&lt;script&gt;",
)  # fmt: skip
TEXTS = {
    "series": ("title", "publisher", "licence"),
    "releases": ("title", "summary", "published_text", "last_edited_text"),
    "files": ("file_name", "name", "unread_because", "origin"),
    "captures": ("link_text", "file_name", "content_type", "etag", "server"),
    "places": ("name", "other_names"),
    "labels": ("name",),
    "area_labels": ("name",),
    "findings": ("subject", "place", "found", "expected"),
    "vintages": ("label",),
    "workbook_facts": ("sheet", "text"),
    "pages": ("title", "summary"),
}
"""Columns that hold what the publisher wrote, its pages, headers, sheets and file names."""


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks an archive in which hostile texts stand wherever the publisher's words do."""
    directory = filled_archive(tmp_path_factory.mktemp("hostile"))
    _plant(directory / "optouts.db")
    with Visitor(directory) as one:
        yield one


def _plant(path):
    """Written past our own readers, so that pages are tried with what readers would have cleaned, too."""
    database = sqlite3.connect(path)
    number = 0
    for table, wanted in TEXTS.items():
        columns = {row[1] for row in database.execute(f"pragma table_info({table})")}
        keys = "rowid" if table not in {"pages", "workbook_facts"} else "sha256"
        for column in (one for one in wanted if one in columns):
            for (key,) in database.execute(f"select distinct {keys} from {table} order by 1 limit 40").fetchall():
                text = VALUES[number % len(VALUES)]
                number += 1
                database.execute(f"update or ignore {table} set {column} = ? where {keys} = ?", (text, key))
    database.commit()
    database.close()
    assert number > 3 * len(VALUES)


def paths(visitor):
    """One of every page type, and every table as page, JSON and CSV."""
    found = visitor.get("/optouts.json").json()
    tables = [one["name"] for one in found["tables"] if not one["hidden"]] + [one["name"] for one in found["views"]]
    hashes = [row["sha256"] for row in visitor.rows("/optouts/files.json?_shape=array&_size=3")]
    places = visitor.rows("/optouts/places.json?_shape=array&_size=max")
    kinds = {row["kind"]: row["code"] for row in places}
    yield from (
        "/",
        "/releases",
        "/areas?q=a",
        "/check?q=1650335",
        "/compare",
        "/optouts",
        "/area/england",
        "/-/healthz",
    )
    yield from ("/breaks", "/glossary", "/caveats", "/known-problems", "/not-published")
    yield from (f"/areas?q={quote(text[:60])}" for text in VALUES)
    yield from (f"/check?q={quote(text[:60])}" for text in VALUES)
    yield from (
        f"/optouts?sql={quote('select ' + repr('x') + ' as [' + text[:20].replace(']', '') + ']')}"
        for text in VALUES[:6]
    )
    yield from (f"/files/{sha256}" for sha256 in hashes)
    yield from (f"/release/made-up-series/{name}" for name in ("september-2021", "april-2022"))
    yield from (f"/area/{kind}/{code}" for kind, code in kinds.items() if kind not in {"practice", "england"})
    yield f"/practice/{kinds['practice']}"
    for table in tables:
        yield from (f"/optouts/{table}{form}" for form in ("?_size=50", ".json?_size=50", ".csv?_size=50"))


def _sinks(text):
    """Whatever in a page would run a value, or lead away by it."""
    soup = bs4.BeautifulSoup(text, "lxml")
    for tag in soup.find_all(True):
        yield from (f"{tag.name} {name}" for name in tag.attrs if name.startswith("on"))
        for name in ("href", "src", "action"):
            target = re.sub(r"\s", "", str(tag.get(name, ""))).lower()
            if target.startswith(("javascript:", "data:", "vbscript:")):
                yield f"{tag.name} {name}={target[:60]}"
        if tag.name == "script" and "alert(" in tag.get_text():
            yield str(tag)[:80]
        if tag.name in {"svg", "img"} and "alert" in str(tag.attrs):
            yield str(tag)[:80]


@pytest.mark.fault("S17")
def test_hostile_texts_stay_text_on_every_page_and_file(visitor):
    """No 500, no header from a value, no script, handler or script address on a page, no formula at the start of a CSV cell."""
    seen = 0
    for path in paths(visitor):
        answer = visitor.get(path)
        assert answer.status_code in {200, 400}, (path, answer.text[:500])
        assert "set-cookie" not in answer.headers or "x=1" not in answer.headers["set-cookie"], path
        kind = answer.headers["content-type"]
        if kind.startswith("text/html"):
            assert not list(_sinks(answer.text)), path
            assert "{{ 49 }}" not in answer.text
            seen += "alert(" in answer.text
        elif path.endswith(".csv?_size=50"):
            cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
            runs = [
                cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r", "\n")) or re.match(r"-\D", cell)
            ]
            assert not runs, (path, runs[:3])
        else:
            assert kind.startswith(("application/json", "text/plain")), (path, kind)
    assert seen > 10, "hardly a page showed a planted text: the story looks at the wrong pages"


def test_a_place_with_a_hostile_name_can_be_taken_away(visitor):
    """CSV, JSON, workbook and pictures of places whose names are hostile: saved under a harmless name, without a formula."""
    for row in visitor.rows("/optouts/places.json?_shape=array&_size=40"):
        if row["kind"] == "england":
            continue
        place = f"/practice/{row['code']}" if row["kind"] == "practice" else f"/area/{row['kind']}/{row['code']}"
        for ending in ("csv", "json", "xlsx", "svg", "png"):
            answer = visitor.get(f"{place}.{ending}")
            assert answer.status_code == 200, (place, ending)
            saved = answer.headers["content-disposition"]
            assert saved.isascii()
            assert not re.search(r"[\r\n/\\]", saved.replace("UTF-8''", "")), saved
            assert ending != "svg" or not list(_sinks(answer.text)), place
