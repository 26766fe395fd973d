"""Stories of evidence packs: a stranger checks one with Python and openssl alone, and whatever was changed in it is named.

All figures made up.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.checkpoints import sign_log
from archive.compare import compare
from archive.database import ArchiveError, open_evidence, read_evidence, writing
from archive.leaves import read_leaf
from archive.packs.bag import OWN
from archive.packs.build import pack_day, pack_difference, pack_file, pack_release
from archive.packs.members import csv_file, safe_name
from archive.packs.writing import checked, write_pack, zip_pieces
from archive.promise import DOES_NOT_PROVE, PROMISE, PROVES
from archive.reading_copy import open_reading_copy
from archive.store import append
from tests.archive.made_captures import NOW, contents, new_archive, poll, record
from tests.archive.made_packs import (
    FIRST,
    JULY,
    LATER,
    REVISED,
    SERIES,
    SOFTWARE,
    bagged_anew,
    every_kind,
    files_of,
    sha256,
    verify,
    written,
)

# ---------------------------------------------------------------- a stranger checks


def test_a_stranger_finds_every_kind_of_pack_sound(
    polled_evidence: Database, polled_copy: Database, tmp_path: Path
) -> None:
    """In a bare interpreter, with an empty environment, from another folder: sound, not anchored, and what that proves."""
    for kind, pack in every_kind(polled_evidence, polled_copy).items():
        status, said = verify(written(pack, tmp_path / kind))
        assert status == 0, said
        assert "SOUND, but NOT ANCHORED" in said
        assert " ".join(said.split()).count(PROMISE) == 1
        assert f"{len(pack.members)} files checked" in said


def test_a_library_finds_every_kind_of_pack_a_valid_bag(
    polled_evidence: Database, polled_copy: Database, tmp_path: Path
) -> None:
    """The Library of Congress' own tool validates each bag whole, and refuses one with a changed byte."""
    bagit = [sys.executable, str(Path(sys.executable).with_name("bagit.py")), "--validate"]
    for kind, pack in every_kind(polled_evidence, polled_copy).items():
        folder = written(pack, tmp_path / kind)
        assert subprocess.run([*bagit, folder], check=False, capture_output=True).returncode == 0
    (folder / "README.txt").write_text("other words")
    assert subprocess.run([*bagit, folder], check=False, capture_output=True).returncode == 1


def test_a_release_is_packed_with_all_that_came_and_all_that_was_asked(polled_evidence: Database) -> None:
    """Files, pages, compressed bodies and refusals lie apart, byte for byte; heads are as they went and came."""
    files = files_of(pack_release(polled_evidence, SERIES, "april-2022", SOFTWARE))
    by_folder: dict[str, list[bytes]] = {}
    for path, content in files.items():
        by_folder.setdefault("/".join(path.split("/")[:2]), []).append(content)
    assert LATER in by_folder["data/files"]
    assert b"made up, soon gone\r\n" in by_folder["data/files"]
    assert all(content.startswith(b"\x1f\x8b") for content in by_folder["data/wire"])
    assert len(by_folder["data/answers"]) == 3
    assert any(b"AccessDenied" in content for content in by_folder["data/answers"])
    heads = [content for path, content in files.items() if path.endswith("-response.txt")]
    asked = [content for path, content in files.items() if path.endswith("-request.txt")]
    assert {head.split(b"\r\n")[0][:12] for head in heads} == {b"HTTP/1.1 200", b"HTTP/1.1 403", b"HTTP/1.1 404"}
    assert len(asked) == len(heads) == 12
    assert all(b"User-Agent: opt-out-archive/" in head for head in asked)


def test_a_file_is_packed_with_the_page_that_linked_to_it(polled_evidence: Database) -> None:
    """The revised file was fetched once and confirmed once: both captures, their leaves, and the pages by which we came."""
    files = files_of(pack_file(polled_evidence, sha256(REVISED).upper(), SOFTWARE))
    rows = list(csv.DictReader(io.StringIO(files["data/captures.csv"].decode(), newline="")))
    assert [row["outcome"] for row in rows if row["file_name"] == JULY] == ["changed", "not_modified"]
    assert [row["outcome"] for row in rows if row["file_name"] == ""] == ["changed", "unchanged"]
    assert sum(path.startswith("data/pages/") for path in files) == 1
    for row in rows:
        stated = read_leaf(files[row["leaf"]])
        assert (stated["outcome"], str(stated["capture_id"])) == (row["outcome"], row["capture_id"])


@pytest.mark.fault("M25")
def test_a_readme_says_what_is_proved_in_the_words_of_the_promise(polled_evidence: Database) -> None:
    """Every line of the promise stands in it, both halves, and the key that signed."""
    readme = files_of(pack_file(polled_evidence, sha256(FIRST), SOFTWARE))["README.txt"].decode()
    assert all(f"- {line}\n" in readme for line in (*PROVES, *DOES_NOT_PROVE))
    (key,) = polled_evidence.execute("SELECT verifier FROM keys").fetchone()
    assert key in readme
    assert "no time stamp of an outside party" in readme


def test_the_steps_by_hand_work_as_the_readme_prints_them(polled_evidence: Database, tmp_path: Path) -> None:
    """Whoever trusts no program of ours pastes the README's own lines into a shell, and they say that all is well."""
    folder = written(pack_file(polled_evidence, sha256(FIRST), SOFTWARE), tmp_path / "pack")
    lines = (folder / "README.txt").read_text().splitlines()
    commands = [line.strip().replace("/tmp/", f"{tmp_path}/") for line in lines if line.startswith(" " * 7)]
    by_hand = [one for one in commands if one.startswith(("sha256sum", "sed", "tail", "openssl"))]
    assert len(by_hand) == 4
    script = "\n".join(["set -eu", by_hand[0], "cd data/log", *by_hand[1:]])
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert verify(folder)[0] == 0


def test_a_crate_describes_every_file_and_every_capture(polled_evidence: Database, polled_copy: Database) -> None:
    """ro-crate-metadata.json is well-formed JSON-LD of RO-Crate 1.2: each file once, with its hash; each capture an action."""
    for pack in every_kind(polled_evidence, polled_copy).values():
        files = files_of(pack)
        graph = json.loads(files["ro-crate-metadata.json"])["@graph"]
        entities = {entity["@id"]: entity for entity in graph}
        assert len(entities) == len(graph)
        assert entities["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
        root = entities["./"]
        assert {"name", "description", "datePublished", "license"} <= set(root)
        described = {part["@id"] for part in root["hasPart"]}
        assert described == set(files) - {"ro-crate-metadata.json"}
        for path in described - set(OWN):
            assert entities[path]["sha256"] == sha256(files[path])
            assert entities[path]["contentSize"] == str(len(files[path]))
        actions = [entity for entity in graph if entity["@type"] == "CreateAction"]
        captures = [
            path
            for path in files
            if path.endswith(".json") and b'"capture_id"' in files[path] and b'"way"' in files[path]
        ]
        assert {action["subjectOf"]["@id"] for action in actions} == set(captures)
        for action in actions:
            assert all(
                reference["@id"] in entities
                for reference in (action["instrument"], action["object"], *action["result"])
            )
            assert ("error" in action) == action["actionStatus"]["@id"].endswith("FailedActionStatus")


# ---------------------------------------------------------------- the same polled_evidence, the same bytes


def test_the_same_evidence_gives_the_same_pack_to_the_byte(polled: Path, tmp_path: Path) -> None:
    """Packed twice, by other readers, as folders and zips: nothing differs; what is recorded later changes nothing."""
    shutil.copytree(polled, tmp_path / "data")
    made = []
    for number in range(2):
        db, copy = read_evidence(tmp_path / "data"), open_reading_copy(tmp_path / "data")
        kinds = every_kind(db, copy)
        made.append({kind: (files_of(pack), b"".join(zip_pieces(pack))) for kind, pack in kinds.items()})
        write_pack(kinds["release"], tmp_path / f"{number}.zip")
        db.close()
        copy.close()
        with open_evidence(tmp_path / "data") as evidence:
            record(evidence.db, poll(evidence.db, SERIES), FIRST, series=SERIES, publication="april-2022")
    assert made[0] == made[1]
    assert (tmp_path / "0.zip").read_bytes() == (tmp_path / "1.zip").read_bytes() == made[0]["release"][1]
    with zipfile.ZipFile(tmp_path / "0.zip") as archive:
        name = "evidence-release-national-data-opt-out-april-2022"
        assert {one.partition("/")[0] for one in archive.namelist()} == {name}
        assert {one.removeprefix(f"{name}/"): archive.read(one) for one in archive.namelist()} == made[0]["release"][0]


def test_a_place_that_is_taken_is_left_alone(polled_evidence: Database, tmp_path: Path) -> None:
    """Neither a folder nor a file is overwritten, and a place that cannot be written to keeps no half of a pack."""
    pack = pack_file(polled_evidence, sha256(FIRST), SOFTWARE)
    (tmp_path / "mine.zip").write_text("mine")
    with pytest.raises(ArchiveError, match="something there already"):
        write_pack(pack, tmp_path / "mine.zip")
    assert (tmp_path / "mine.zip").read_text() == "mine"
    with pytest.raises(ArchiveError, match="cannot be written"):
        write_pack(pack, tmp_path / "nowhere" / "pack.zip")
    broken = pack._replace(members=(*pack.members, pack.members[0]._replace(path="z.txt", sha256="0" * 64)))
    for name in ("pack.zip", "pack"):
        with pytest.raises(ArchiveError, match=r"z\.txt: found other bytes"):
            write_pack(broken, tmp_path / name)
    assert [one.name for one in tmp_path.iterdir()] == ["mine.zip"]


# ---------------------------------------------------------------- what may not be, or not yet, in a pack


def test_nothing_is_packed_before_it_is_signed(tmp_path: Path) -> None:
    """Without a checkpoint there is no pack; what was recorded after the newest one is in none. Packing writes nothing."""
    with new_archive(tmp_path) as evidence:
        number = poll(evidence.db)
        record(evidence.db, number, b"first")
        with pytest.raises(ArchiveError, match=r"not signed yet.*optout poll"):
            pack_file(evidence.db, sha256(b"first"), SOFTWARE)
        sign_log(evidence)
        record(evidence.db, number, b"second", publication="later")
        before = contents(evidence.db)
        assert files_of(pack_file(evidence.db, sha256(b"first"), SOFTWARE))
        with pytest.raises(ArchiveError, match="no file of that SHA-256 in the signed log"):
            pack_file(evidence.db, sha256(b"second"), SOFTWARE)
        with pytest.raises(ArchiveError, match="no capture of that publication"):
            pack_release(evidence.db, "made-up-series", "later", SOFTWARE)
        with pytest.raises(ArchiveError, match="expected a day of the calendar"):
            pack_day(evidence.db, "20211015", SOFTWARE)
        assert contents(evidence.db) == before


def test_a_log_that_is_not_the_signed_one_is_not_packed(tmp_path: Path) -> None:
    """A leaf that was altered past the guards gives no pack, but the advice to verify."""
    with new_archive(tmp_path) as evidence:
        record(evidence.db, poll(evidence.db), b"first")
        sign_log(evidence)
        evidence.db.execute("DROP TRIGGER log_no_update")
        with writing(evidence.db):
            evidence.db.execute(
                "UPDATE log SET leaf = replace(leaf, '200', '404') || ' ' WHERE fact_table = 'captures'"
            )
        with pytest.raises(ArchiveError, match="optout verify"):
            pack_file(evidence.db, sha256(b"first"), SOFTWARE)
        with writing(evidence.db):
            evidence.db.execute("UPDATE log SET leaf_hash = randomblob(32) WHERE entry = 0")
        with pytest.raises(ArchiveError, match="found another root"):
            pack_file(evidence.db, sha256(b"first"), SOFTWARE)


@pytest.mark.fault("S16")
@pytest.mark.parametrize("form", ["decoded", "wire"])
@pytest.mark.parametrize("is_signed", [True, False])
def test_withheld_bytes_are_in_a_pack_by_hash_and_reason_only(
    polled: Path, tmp_path: Path, form: str, is_signed: bool
) -> None:
    """A takedown of one form of a body withholds both, from the moment it is recorded; the pack is sound all the same."""
    shutil.copytree(polled, tmp_path / "data")
    with open_evidence(tmp_path / "data") as evidence:
        db = evidence.db
        (wire,) = db.execute("SELECT wire_sha256 FROM captures WHERE sha256 = ?", [sha256(LATER)]).fetchone()
        taken = {"decoded": sha256(LATER), "wire": wire}[form]
        why = {"reason": "made-up reason", "asked_by": "x", "legal_ground": "x", "reviewed_by": "x"}
        append(db, "takedowns", {"made_at": NOW, "sha256": taken, **why})
        if is_signed:
            sign_log(evidence)
            with writing(db):
                db.execute("UPDATE snapshots SET body = x'' WHERE sha256 = ?", [taken])
        pack = pack_release(db, SERIES, "april-2022", SOFTWARE)
        files, folder = files_of(pack), written(pack, tmp_path / "pack")
    assert not any(content == LATER or path.startswith("data/wire/") for path, content in files.items())
    readme = files["README.txt"].decode()
    assert f"{sha256(LATER)}  withheld: made-up reason" in readme
    assert f"{wire}  withheld: made-up reason" in readme
    status, said = verify(folder)
    assert status == 0, said
    assert f"Named by its hash alone: {taken}" in said
    assert ("(withheld: made-up reason)" in said) == is_signed


def test_what_is_too_long_for_a_leaf_is_in_the_pack_and_checked(tmp_path: Path) -> None:
    """A head of many cookies and a link of many words stand in the leaf by SHA-256; their files are checked against it."""
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: " + b"c" * 6_000
    with new_archive(tmp_path / "data") as evidence:
        record(evidence.db, poll(evidence.db), b"body", link_text="words " * 500, status=200, response_head=head)
        sign_log(evidence)
        folder = written(pack_file(evidence.db, sha256(b"body"), SOFTWARE), tmp_path / "pack")
    assert verify(folder)[0] == 0
    (text,), (kept,) = (folder / "data/long").iterdir(), (folder / "data/heads").iterdir()
    assert (text.read_text(), kept.read_bytes()) == ("words " * 500, head)
    for path, code in ((text, "E-PCK-03"), (kept, "E-PCK-04")):
        content = path.read_bytes()
        path.write_bytes(content + b"x")
        bagged_anew(folder)
        assert f"{code} {path.relative_to(folder).as_posix()}" in verify(folder)[1]
        path.write_bytes(content)


# ---------------------------------------------------------------- tables


def test_a_difference_is_packed_as_a_table_of_every_cell(polled_evidence: Database, polled_copy: Database) -> None:
    """As many rows as the comparison tells cells, with both values; files and pages of both sides are there."""
    files = files_of(pack_difference(polled_evidence, polled_copy, 1, 2, SOFTWARE))
    rows = list(csv.DictReader(io.StringIO(files["data/differences.csv"].decode(), newline="")))
    told = compare(polled_copy, "age_sex", 1, 2)
    assert len(rows) == len(told.value.cells) + len(told.text.cells) > 0
    england = [row for row in rows if row["key"] == "all, all" and row["field"] == "opt_outs"]
    assert [(row["stated_before"], row["stated_after"]) for row in england] == [
        ("100000", "100500"),
        ("101000", "101500"),
    ]
    assert {FIRST, REVISED} <= {content for path, content in files.items() if path.startswith("data/files/")}
    assert sum(path.startswith("data/pages/") for path in files) == 2
    with pytest.raises(ArchiveError, match="vintage: found 99"):
        pack_difference(polled_evidence, polled_copy, 1, 99, SOFTWARE)


def test_no_table_holds_a_formula() -> None:
    """A publisher's text that a spreadsheet would run stands behind an apostrophe; numbers stay numbers."""
    rows = [["=1+1", "+x", "-x", "@x", "\tx", "\rx", "plain", -5, None]]
    with checked(csv_file("t.csv", ["a"] * 9, rows)) as written:
        content = written.read().decode()
    assert next(csv.reader(io.StringIO(content.partition("\r\n")[2], newline=""))) == [
        "'=1+1", "'+x", "'-x", "'@x", "'\tx", "'\rx", "plain", "-5", "",
    ]  # fmt: skip


@given(
    st.one_of(
        st.text(max_size=200),
        st.sampled_from(["0.0:0", "../x", "/etc/passwd", "CON", "a\0b", "~", "\u202egnp.exe", "", ".", "x." * 300]),
    )
)
def test_a_publishers_file_name_never_becomes_a_path(name: str) -> None:
    """Whatever the name, ours is short, of lower-case letters, digits and hyphens, and holds the beginning of the hash."""
    ours = safe_name(name, "ab" * 32)
    stem, _, ending = ours.partition(".")
    assert stem.endswith("-" + "ab" * 8)
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert ending.isascii()
    assert ending.isalnum()
    assert len(ours) < 90
