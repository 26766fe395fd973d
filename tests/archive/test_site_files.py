"""Files by hash: where they came from, and their bytes exactly as captured."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.database import open_evidence
from archive.rows import Deposit
from archive.site.file_pages import content_type, disposition
from archive.store import begin_poll, record_deposit
from tests.archive.made_site import ENGLAND, PAGE, SEPTEMBER, SLUG, filled_archive, read_again
from tests.archive.visitor import Visitor
from tests.made_up import age_gen

CSV = age_gen(SEPTEMBER, totals=ENGLAND)
NAME = "NDOP_age_gen_Sep_2021.csv"
HOSTILE = 'naïve "quoted"; file name=\u202egnp.csv'


def sha256(body):
    """The hash by which the archive keeps these bytes."""
    return hashlib.sha256(body).hexdigest()


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks a filled archive that also holds a file with a hostile name."""
    directory = filled_archive(tmp_path_factory.mktemp("filled"))
    with open_evidence(directory) as evidence:
        poll = begin_poll(evidence.db, SLUG, "deposit", "2021-10-05T09:00:00.000000Z", "made-up-program/1", "0" * 64)
        deposit = Deposit(SLUG, "september-2021", "2021-09-30", HOSTILE, b"made-up,bytes\r\n", "made up for a test")
        record_deposit(evidence.db, poll, deposit, "2021-10-05T09:00:01.000000Z")
        read_again(directory, evidence.db)
    with Visitor(directory) as one:
        yield one


def test_a_file_comes_out_byte_for_byte(visitor):
    """The bytes are those captured, to be saved and not shown, kept by browsers for ever under their hash."""
    answer = visitor.get(f"/files/{sha256(CSV)}/{NAME}")
    assert answer.status_code == 200
    assert answer.content == CSV
    assert answer.headers["etag"] == f'"{sha256(CSV)}"'
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{NAME}"')
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-length"] == str(len(CSV))


@pytest.mark.parametrize("held", ['"{}"', 'W/"{}"', '"other", "{}"', "*"])
def test_a_browser_that_holds_the_bytes_is_sent_none(visitor, held):
    """304 for the tag of these bytes, alone or among others."""
    answer = visitor.get(f"/files/{sha256(CSV)}/{NAME}", if_none_match=held.format(sha256(CSV)))
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == f'"{sha256(CSV)}"'


def test_another_tag_is_answered_with_the_bytes(visitor):
    """A tag of other bytes proves nothing about these."""
    assert visitor.get(f"/files/{sha256(CSV)}/{NAME}", if_none_match='"0000"').status_code == 200


@pytest.mark.fault("M14")
def test_a_captured_page_is_never_shown_as_a_page(visitor):
    """HTML of the publisher is bytes to be saved: its script must not run on this site."""
    digest = sha256(PAGE)
    answer = visitor.get(f"/files/{digest}/{digest[:12]}.html")
    assert answer.content == PAGE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.fault("F11", "M18")
def test_a_hostile_name_is_made_harmless(visitor):
    """Quotes, separators and marks that turn the writing round leave the header; the page links to the real name."""
    digest = sha256(b"made-up,bytes\r\n")
    page = visitor.get(f"/files/{digest}")
    assert page.status_code == 200
    assert quote(HOSTILE, safe="") in page.text
    answer = visitor.get(f"/files/{digest}/{quote(HOSTILE, safe='')}")
    assert answer.content == b"made-up,bytes\r\n"
    plain, full = answer.headers["content-disposition"].split("; ", 2)[1:]
    assert plain == 'filename="na_ve _quoted_ file name=gnp.csv"'
    assert full == "filename*=UTF-8''na%C3%AFve%20_quoted_%20file%20name%3Dgnp.csv"


@given(st.text())
def test_every_name_gives_one_safe_header(name):
    """Whatever the publisher calls a file: one line of ASCII, no path, no quote inside, never empty, not hidden."""
    value = disposition(name)
    assert value.isascii()
    assert value.isprintable()
    plain, full = re.fullmatch(
        r"attachment; filename=\"([^\"\\/]+)\"; filename\*=UTF-8''([A-Za-z0-9%._~-]+)", value
    ).groups()
    assert not plain.startswith(".")
    assert not set(unquote(full)) & set('\\/:*?"<>|\r\n\x00\u202e')
    assert len(plain) <= 150


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.CSV", "text/csv; charset=utf-8"),
        ("a.csv.html", "application/octet-stream"),
        ("a.xlsx", "application/octet-stream"),
        ("a.svg", "application/octet-stream"),
    ],
)
def test_only_a_csv_has_a_type_of_its_own(name, kind):
    """No type is ever named that a browser would show or run."""
    assert content_type(name) == kind


@pytest.mark.parametrize(
    "path",
    [
        f"/files/{sha256(CSV)}/setup.exe",
        f"/files/{sha256(CSV)}/..%2f..%2farchive.db",
        f"/files/{sha256(b'cut')}",
        f"/files/{sha256(b'cut')}/cut.csv",
        "/files/" + "0" * 64,
        "/files/" + "0" * 64 + "/x.csv",
        "/files/abc",
        f"/files/{sha256(CSV).upper()}",
    ],
)
def test_other_names_refused_bodies_and_unknown_hashes_are_not_found(visitor, path):
    """A link cannot give our bytes another name, and what was cut or refused is not handed out as a file."""
    answer = visitor._loop.run_until_complete(visitor.site.client.get(path, follow_redirects=True))
    assert answer.status_code == 404


@pytest.mark.fault("S14")
def test_the_page_of_a_file_tells_where_it_came_from(visitor):
    """Names, hash, size, addresses, release, first and last capture, and how it was read."""
    text = visitor.get(f"/files/{sha256(CSV)}").text
    for expected in (
        NAME, sha256(CSV), f"{len(CSV):,} bytes", "https://files.example/AB/123456/NDOP_age_gen_Sep_2021.csv",
        "4 October 2021, 08:35 UTC", "september-2021", "age_gen_2021", f'href="/files/{sha256(CSV)}/{NAME}"',
    ):  # fmt: skip
        assert expected in text, expected


def test_a_file_replaced_in_place_points_to_its_other_bytes(tmp_path):
    """The same name in the same release with other content: each page shows the other."""
    directory = filled_archive(tmp_path)
    later = age_gen(SEPTEMBER, totals={**ENGLAND, "2021-08-01": 3_206_000})
    with open_evidence(directory) as evidence:
        poll = begin_poll(evidence.db, SLUG, "deposit", "2021-10-05T09:00:00.000000Z", "made-up-program/1", "0" * 64)
        record_deposit(
            evidence.db,
            poll,
            Deposit(SLUG, "september-2021", "2021-10-05", NAME, later, "made up"),
            "2021-10-05T09:00:01.000000Z",
        )
        read_again(directory, evidence.db)
    with Visitor(directory) as one:
        assert sha256(later) in one.get(f"/files/{sha256(CSV)}").text
        assert sha256(CSV) in one.get(f"/files/{sha256(later)}").text


def test_a_copy_without_the_evidence_says_so_and_names_no_folder(tmp_path):
    """A snapshot of the reading copy may be served elsewhere: everything but the bytes is there, and no path is shown."""
    directory = filled_archive(tmp_path)
    (directory / "archive.db").unlink()
    with Visitor(directory) as one:
        sha256 = one.rows("/optouts/files.json?_shape=array&_size=1")[0]["sha256"]
        page = one.get(f"/files/{sha256}")
        assert page.status_code == 200
        path = re.search(f'/files/{sha256}/[^"]+', page.text).group()
        answer = one.get(path)
        assert answer.status_code == 404
        assert "cannot be had at this copy" in answer.text
        assert str(tmp_path) not in answer.text
