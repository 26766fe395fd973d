"""Stories of zip archives: what lies in them is hashed and read within bounds, and what is out of bounds is refused by name."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import FileChanged
from scraper.zips import Bounds, is_workbook, is_zip, member_body, members_of, repacked
from tests.damaged_zips import METHODS, packed_and_damaged
from tests.made_up import summary_workbook

CSV = b"ACH_DATE,MADE_UP\r\n01/05/2021,1\r\n"


def packed(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return made.getvalue()


def refusal_of(body: bytes, bounds: Bounds | None = None) -> FileChanged:
    """What is said of an archive that is not opened."""
    with pytest.raises(FileChanged) as refusal:
        members_of(body, "made-up.zip", bounds or Bounds())
    return refusal.value


def test_every_member_is_hashed_and_can_be_had_again():
    """Names as they stand, folders left out; the digest is that of the member's own bytes."""
    body = packed(("2021/a.csv", CSV), ("2021/", b""), ("b.csv", CSV + b"x"))
    members = members_of(body, "made-up.zip")
    assert [member.name for member in members] == ["2021/a.csv", "b.csv"]
    assert members[0].sha256 == hashlib.sha256(CSV).hexdigest()
    assert member_body(body, "made-up.zip", "2021/a.csv") == CSV


def test_an_archive_and_a_workbook_are_told_apart_by_what_is_in_them():
    """Both begin alike; a workbook has a main part."""
    assert is_zip(packed(("a.csv", CSV)))
    assert not is_workbook(packed(("a.csv", CSV)))
    assert is_workbook(summary_workbook("2022-04"))
    assert not is_workbook(b"PK\x03\x04 not really")


@pytest.mark.fault("M03")
@pytest.mark.parametrize(
    ("code", "body", "bounds"),
    [
        ("zip.size", packed(("a", b"0" * 5000)), Bounds(total_bytes=4999)),
        ("zip.members", packed(("a", b""), ("b", b"")), Bounds(members=1)),
        ("zip.ratio", packed(("a", b"0" * 100_000)), Bounds(free_bytes=1000, ratio=20)),
        ("zip.nested", packed(("a.zip", packed(("b", b"x")))), Bounds()),
        ("zip.empty", packed(), Bounds()),
        ("zip.empty", packed(("folder/", b"")), Bounds()),
        ("zip.broken", packed(("a", CSV))[:-30], Bounds()),
        ("zip.broken", b"PK\x03\x04", Bounds()),
    ],
)
def test_an_archive_out_of_bounds_is_refused_by_name(code, body, bounds):
    """Too large, too many, too dense, an archive inside, nothing in it, damaged: each has its own code."""
    assert refusal_of(body, bounds).code == code


@pytest.mark.parametrize("method", METHODS)
def test_a_damaged_member_is_refused_however_it_is_packed(method):
    """Each way of packing raises an error of its own for damaged bytes: all are the same refusal here."""
    assert refusal_of(packed_and_damaged("a.csv", CSV * 200, method)).code == "zip.broken"


@pytest.mark.fault("M03")
def test_a_size_that_the_archive_plays_down_is_counted_all_the_same():
    """The directory claims ten bytes; what comes out is measured, or the checksum gives the lie away."""
    body = bytearray(packed(("a", b"0" * 100_000)))
    at = body.index(b"PK\x01\x02")
    body[at + 24 : at + 28] = struct.pack("<I", 10)
    assert refusal_of(bytes(body), Bounds(total_bytes=1000)).code in {"zip.size", "zip.broken"}


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_two_members_of_one_name_are_refused():
    """Which of them would be read is anybody's guess."""
    assert refusal_of(packed(("a.csv", CSV), ("a.csv", b"x"))).code == "zip.names"


@pytest.mark.fault("C19")
def test_a_locked_member_is_refused_without_asking_for_a_password():
    """A flag in the directory says so."""
    body = bytearray(packed(("a.csv", CSV)))
    at = body.index(b"PK\x01\x02")
    body[at + 8] |= 1
    assert refusal_of(bytes(body)).code == "zip.locked"


@pytest.mark.fault("F11")
@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\a.csv", "/abs.csv", "a\u202ecsv.exe", "x" * 500, "~/.a.csv"])
def test_absurd_names_are_words_and_never_paths(name, tmp_path, monkeypatch):
    """A member's name is kept as it stands, and nothing is written anywhere."""
    monkeypatch.chdir(tmp_path)
    (member,) = members_of(packed((name, CSV)), "made-up.zip")
    assert member_body(packed((name, CSV)), "made-up.zip", member.name) == CSV
    assert list(tmp_path.iterdir()) == []


@given(st.binary(max_size=200))
def test_whatever_follows_the_magic_is_refused_by_name(tail):
    """Noise is a damaged archive: a refusal that names the file, and never another exception."""
    assert refusal_of(b"PK\x03\x04" + tail).subject == "made-up.zip"


def test_a_workbook_is_packed_anew_without_what_holds_no_cells():
    """Macros, links to other files and drawings never reach the library that reads cells."""
    with zipfile.ZipFile(io.BytesIO(summary_workbook("2022-04"))) as old:
        parts = [(name, old.read(name)) for name in old.namelist()]
    odd = [("xl/vbaProject.bin", b"macro"), ("xl/externalLinks/externalLink1.xml", b"<x/>"), ("xl/media/a.png", b"x")]
    with zipfile.ZipFile(io.BytesIO(repacked(packed(*parts, *odd), "made-up.xlsx"))) as new:
        assert set(new.namelist()) == {name for name, _ in parts}


@pytest.mark.fault("M04", "M05")
def test_a_workbook_that_defines_entities_is_refused():
    """A few lines of them can unfold to gigabytes."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>'
    with pytest.raises(FileChanged) as refusal:
        repacked(packed(("xl/workbook.xml", b"<w/>"), ("xl/worksheets/sheet1.xml", bomb)), "made-up.xlsx")
    assert refusal.value.code == "workbook.doctype"


def test_a_member_without_a_name_is_refused():
    """Found by fuzzing: the standard library stumbles over an empty name with an error of its own."""
    body = bytearray(packed(("a", CSV), method=zipfile.ZIP_STORED))
    at = body.index(b"PK\x01\x02")
    body[at + 28 : at + 32] = b"\x00\x00\x01\x00"  # the name's letter becomes the entry's extra field
    assert refusal_of(bytes(body)).code == "zip.broken"
