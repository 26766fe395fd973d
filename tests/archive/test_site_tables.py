"""Stories of the site that hands out exported tables, names answers, and tells the life of a practice. All made up."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from html import unescape
from urllib.parse import quote

import pytest

from tests.archive.made_site import empty_archive, filled_archive
from tests.archive.made_tables import exported, manifest
from tests.archive.made_vintages import Shelf
from tests.archive.visitor import Visitor
from tests.made_up import age_gen, months_to, reg_geo

FILE = "csv/practices_latest.csv.gz"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """An archive with exported tables, and a file beside them that no manifest names."""
    directory = filled_archive(tmp_path_factory.mktemp("filled"))
    exported(directory, directory / "tables")
    (directory / "tables/extra.csv").write_text("secret")
    return directory


@pytest.fixture(scope="module")
def visitor(data):
    """Asks it."""
    with Visitor(data) as one:
        yield one


@pytest.fixture
def own(data, tmp_path):
    """A copy of that archive for a story that changes it, and its visitor."""
    directory = shutil.copytree(data, tmp_path / "own")
    (directory / "tables/extra.csv").unlink()
    with Visitor(directory) as one:
        yield one


def of(data, path=FILE):
    """A file's line in the manifest."""
    return next(file for file in manifest(data / "tables")["files"] if file["path"] == path)


@pytest.mark.fault("S14")
def test_every_file_on_the_page_is_what_its_hash_says(visitor, data):
    """Each linked address gives bytes of the size and SHA-256 that stand beside it; rows are told."""
    text = unescape(visitor.get("/for-researchers").text)
    links = re.findall(r'href="/tables/([^"?]+)\?sha256=([0-9a-f]{64})"', text)
    assert len(links) > 50
    for path, sha256 in links:
        answer = visitor.get(f"/tables/{path}?sha256={sha256}")
        assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, sha256), path
        assert "immutable" in answer.headers["cache-control"]
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert answer.headers["content-disposition"].startswith("attachment")
    assert f'<td class="num">{of(data)["rows"]}</td>' in text


def test_files_by_month_are_one_line_and_all_can_be_had(visitor, data):
    """What is laid out by month is counted in one line; each part is served under its own path."""
    parts = [
        file for file in manifest(data / "tables")["files"] if file["path"].startswith("parquet/practices_statements/")
    ]
    if not parts:
        pytest.skip("pyarrow is not installed (the extra `tables`): no Parquet was exported")
    text = visitor.get("/for-researchers").text
    assert f"{len(parts)} files, each in manifest.json" in text
    for part in parts[:3]:
        answer = visitor.get(f"/tables/{part['path']}")
        assert hashlib.sha256(answer.content).hexdigest() == part["sha256"]


def test_the_manifest_and_papers_are_served(visitor, data):
    """As they lie in the folder."""
    assert visitor.get("/tables/manifest.json").json() == manifest(data / "tables")
    assert visitor.get("/tables/README.txt").text == (data / "tables/README.txt").read_text("utf-8")


def test_an_unpinned_address_is_asked_again(visitor, data):
    """Kept for minutes, with the hash as its tag; whoever has it already is told so."""
    answer = visitor.get(f"/tables/{FILE}")
    assert answer.headers["etag"] == f'"{of(data)["sha256"]}"'
    assert "immutable" not in answer.headers["cache-control"]
    again = visitor.get(f"/tables/{FILE}", if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


def test_a_pinned_address_never_gives_other_bytes(visitor, data):
    """After another export an old pin is not found, and the message names what stands there now."""
    answer = visitor.get(f"/tables/{FILE}?sha256={'0' * 64}")
    assert answer.status_code == 404
    assert of(data)["sha256"] in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "../optouts.db",
        "../archive.db",
        "csv/../../archive.db",
        "/etc/passwd",
        "csv",
        "csv/",
        "nothing.csv",
        "extra.csv",
    ],
)
def test_nothing_but_what_the_manifest_names_is_served(visitor, data, path):
    """Neither a path out of the folder nor a file that was put into it."""
    for asked in (path, quote(path, safe="")):
        answer = visitor.get(f"/tables/{asked}")
        assert answer.status_code in {302, 403, 404}, asked
        assert b"secret" not in answer.content


@pytest.mark.fault("F10")
def test_a_file_that_was_changed_or_made_a_link_is_not_served(own):
    """A link in the place of a file is not followed, and a file of another size is not sent under a hash that it has not."""
    tables = own.directory / "tables"
    size = (tables / "README.txt").stat().st_size
    (tables / "README.txt").unlink()
    (own.directory / "of the same size").write_bytes(b"x" * size)
    (tables / "README.txt").symlink_to(own.directory / "of the same size")
    (tables / FILE).write_bytes(b"short")
    for path in ("README.txt", FILE):
        assert own.get(f"/tables/{path}").status_code == 404


@pytest.mark.fault("S16")
def test_what_was_exported_before_a_takedown_is_not_given_out(own):
    """Once bytes are withheld, tables made with figures out of them are offered no longer, until they are made anew."""
    copy = sqlite3.connect(own.directory / "optouts.db")
    copy.execute("update files set state = 'withheld' where file_name = 'NDOP_odd.csv'")
    copy.commit()
    copy.close()
    assert own.get(f"/tables/{FILE}").status_code == 404
    assert "None are offered here at present" in own.get("/for-researchers").text
    exported(own.directory, own.directory / "tables")
    assert own.get(f"/tables/{FILE}").status_code == 200


def test_without_tables_the_page_says_how_they_are_made(tmp_path):
    """No folder, or one that is no export: words and no links."""
    empty_archive(tmp_path)
    with Visitor(tmp_path) as visitor:
        for content in (None, "not json", json.dumps({"form": "another"})):
            if content is not None:
                (tmp_path / "tables").mkdir(exist_ok=True)
                (tmp_path / "tables/manifest.json").write_text(content)
            assert "optout export tables --to data/tables" in visitor.get("/for-researchers").text
            assert visitor.get("/tables/manifest.json").status_code == 404


# ---------------------------------------------------------------- names of answers


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("practices_as_of.csv?as_of=2022-04-28&month=2021-09", "practices_as_of as_of 2022-04-28 month 2021-09.csv"),
        ("practices_as_of.csv?month=2021-09&as_of=1", "practices_as_of as_of 1 month 2021-09.csv"),
        ("age_sex_as_of.csv", "age_sex_as_of as_of newest.csv"),
        ("england_series.csv", "england_series.csv"),
        (
            "practices_as_of.csv?as_of=1&month=a%0d%0aSet-Cookie:%20x/..%22",
            "practices_as_of as_of 1 month aSet-Cookie_ x_.._.csv",
        ),
    ],
)
def test_the_csv_of_a_question_is_named_after_what_was_asked(visitor, address, name):
    """Day or vintage stand in the file's name, in the order of the question; saved or shown, as was asked."""
    for save, way in (("", "inline"), ("_dl=1", "attachment")):
        answer = visitor.get(f"/optouts/{address}{'&' if '?' in address else '?'}{save}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith(f'{way}; filename="{name}"')


def test_other_answers_keep_their_own_names(visitor):
    """Tables, JSON and errors are none of this."""
    for path in ("/optouts/breaks.csv", "/optouts/england_series.json", "/optouts/no_such_question.csv", "/"):
        assert "content-disposition" not in visitor.get(path).headers


# ---------------------------------------------------------------- the life of a practice


def test_the_life_of_a_practice(tmp_path):
    """First and last month, months left out, small lists, rates above 100 per cent; no figure is moved."""
    shelf = Shelf(tmp_path)
    months = months_to("2021-09", 4)
    lines = reg_geo(months, cells={("Z90001", "2021-07-01"): (1_500, 1_200), ("Z90001", "2021-08-01"): (10, 900)})
    gone = [
        line
        for line in lines.splitlines(keepends=True)
        if not (b"Z90002" in line and (b"07/2021" in line or b"09/2021" in line))
    ]
    shelf.put_in(
        "2021-09-30", {"NDOP_reg_geo_Sep_2021.csv": b"".join(gone), "NDOP_age_gen_Sep_2021.csv": age_gen(months)}
    )
    life = {
        row[0]: row[1:]
        for row in shelf.rows(
            "select practice_code, first_month, last_month, in_newest_month, months_held, months_missing, months_list_under_1000,"
            " months_rate_over_100 from practice_life"
        )
    }
    assert life["Z90001"] == ("2021-06-01", "2021-09-01", 1, 4, 0, 1, 1)
    assert life["Z90002"][:5] == ("2021-06-01", "2021-08-01", 0, 2, 1)
    shelf.db.close()


def test_the_panel_tells_each_statement_with_its_release_and_its_vintage(tmp_path):
    """Name and areas as the stating release has them, latest and first marked, reasons and flags; one parameter picks a vintage."""
    shelf = Shelf(tmp_path / "optouts.db")
    month = months_to("2021-09", 1)
    before = reg_geo(month, cells={("Z90001", month[0]): (1_500, 1_200), ("Z90002", month[0]): (10, 900)})
    after = reg_geo(month, cells={("Z90001", month[0]): (1_500, 1_200), ("Z90002", month[0]): (11, 900)})
    shelf.put_in("2021-09-30", {"NDOP_reg_geo_Sep_2021.csv": before})
    shelf.put_in(
        "2021-10-30", {"NDOP_reg_geo_Oct_2021.csv": after.replace(b"MADE-UP MEDICAL CENTRE", b"RENAMED CENTRE")}
    )
    asked = (
        "select practice_name, opt_outs, sub_icb_code, since_vintage, is_latest, is_first, flags from practice_months"
    )
    assert shelf.rows(f"{asked} where practice_code = 'Z90002' order by since_vintage") == [
        ("MADE-UP MEDICAL CENTRE, NORTH", 10, "52R", 1, 0, 1, "list_under_1000"),
        ("RENAMED CENTRE, NORTH", 11, "52R", 2, 1, 0, "list_under_1000"),
    ]
    assert shelf.rows(f"{asked} where practice_code = 'Z90001'")[0][3:] == (1, 1, 1, "rate_over_100")
    lost = shelf.rows("select list_size, reasons, flags from practice_months where practice_code = 'Unallocated'")
    assert lost == [(None, '{"list_size":"unallocated"}', "no_practice")]
    assert shelf.rows("select count(*) from practice_months where is_latest") == shelf.rows(
        "select count(*) from practices_latest"
    )
    shelf.db.close()
