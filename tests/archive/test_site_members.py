"""Files that were captured inside a zip archive: found, explained and handed out by the digest of their own bytes."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest

from archive.database import open_evidence
from archive.errors import ArchiveError
from archive.member_bytes import Place, copy_member
from archive.rows import Deposit
from archive.store import begin_poll, record_deposit
from tests.archive.made_site import SLUG, empty_archive, read_again
from tests.archive.visitor import Visitor
from tests.damaged_zips import METHODS, packed_and_damaged
from tests.made_up import age_gen, months_to

CSV = age_gen(months_to("2022-03", 2))
NAME = "NDOP_age_gen_Mar_2022.csv"


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def archive_of(body: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"a folder/{NAME}", (2022, 1, 1, 0, 0, 0)), body)
    return made.getvalue()


ARCHIVE = archive_of(CSV)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks an archive that was handed one zip archive."""
    directory = empty_archive(tmp_path_factory.mktemp("members"))
    with open_evidence(directory) as evidence:
        poll = begin_poll(evidence.db, SLUG, "deposit", "2022-04-01T09:00:00.000000Z", "made-up-program/1", "0" * 64)
        deposit = Deposit(SLUG, "march-2022", "2022-03-31", "everything.zip", ARCHIVE, "made up for a test")
        record_deposit(evidence.db, poll, deposit, "2022-04-01T09:00:01.000000Z")
        read_again(directory, evidence.db)
    with Visitor(directory) as one:
        yield one


def test_a_file_in_an_archive_comes_out_byte_for_byte(visitor):
    """Under its own name and digest; a name that it does not have is not found."""
    answer = visitor.get(f"/files/{sha256(CSV)}/{NAME}")
    assert (answer.status_code, answer.content) == (200, CSV)
    assert visitor.get(f"/files/{sha256(CSV)}/everything.zip").status_code == 404


def test_both_pages_lead_to_each_other(visitor):
    """The file's page says in which archive it lies; the archive's page lists what is in it."""
    page = visitor.get(f"/files/{sha256(CSV)}").text
    assert "Inside a zip archive" in page
    assert f'href="/files/{sha256(ARCHIVE)}"' in page
    page = visitor.get(f"/files/{sha256(ARCHIVE)}").text
    assert "Files in this archive" in page
    assert f'href="/files/{sha256(CSV)}"' in page


@pytest.mark.parametrize(
    "container", [archive_of(CSV + b"x"), archive_of(CSV.replace(b"1", b"2")), ARCHIVE[:-9], b"not a zip archive"]
)
def test_bytes_that_are_not_those_that_were_found_are_not_handed_out(container):
    """Whatever became of the archive, what comes out has the digest that was asked for, or nothing does."""
    with pytest.raises(ArchiveError):
        copy_member(io.BytesIO(container), Place("0" * 64, f"a folder/{NAME}", len(CSV)), sha256(CSV), io.BytesIO())


@pytest.mark.parametrize("method", METHODS)
def test_a_damaged_member_is_said_to_be_one_however_it_is_packed(method):
    """Each way of packing raises an error of its own for damaged bytes: all are the archive's one error here."""
    damaged = io.BytesIO(packed_and_damaged(NAME, CSV * 200, method))
    with pytest.raises(ArchiveError):
        copy_member(damaged, Place("0" * 64, NAME, len(CSV) * 200), sha256(CSV * 200), io.BytesIO())
