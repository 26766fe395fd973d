"""Stories of checking a pack: a changed byte, a missing or added file, a forger and a machine without openssl.

All figures made up.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import random
import re
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.checkpoints import sign_log
from archive.merkle import inclusion_proof, leaf_hash, root_of
from archive.packs.build import VERIFIER, pack_file, pack_release
from archive.packs.sealed import ProvenTree
from archive.packs.verify_pack import main, root_from
from tests.archive.made_captures import new_archive, poll, record
from tests.archive.made_packs import (
    FIRST,
    REVISED,
    SERIES,
    SOFTWARE,
    bagged_anew,
    sha256,
    verify,
    verify_from_outside,
    written,
)

# ---------------------------------------------------------------- whatever is changed is named


def named(folder: Path, path: str) -> bool:
    """Whether the verifier calls the pack broken and names this file."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = main(str(folder))
    return status == 1 and any(line.startswith("E-") and f" {path}: " in line for line in said.getvalue().splitlines())


def changed(content: bytes, chance: random.Random) -> bytes:
    """The same with one byte changed to another value."""
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ chance.randrange(1, 256)]) + content[at + 1 :]


def assert_edits_are_named(folder: Path, paths: list[str], seed: int) -> None:
    """One random byte of each of these files is changed, one file at a time; each is named, and undone."""
    chance = random.Random(seed)
    for path in paths:
        kept = (folder / path).read_bytes()
        (folder / path).write_bytes(changed(kept, chance))
        assert named(folder, path), (path, seed)
        (folder / path).write_bytes(kept)


def test_a_changed_byte_is_named_in_every_file_of_a_pack(polled_evidence: Database, tmp_path: Path) -> None:
    """Manifests, tag files, bodies, heads, leaves, proofs, key, even the verifier: each is named when one byte of it changed."""
    folder = written(pack_release(polled_evidence, SERIES, "april-2022", SOFTWARE), tmp_path / "pack")
    assert_edits_are_named(
        folder, sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()), 1
    )


@pytest.mark.parametrize("times", [60, pytest.param(300, marks=pytest.mark.slow)])
def test_random_bytes_are_named(polled_evidence: Database, tmp_path: Path, times: int) -> None:
    """Anywhere in the pack, to any value; the manifests of manifests as often as the bodies."""
    pack = pack_file(polled_evidence, sha256(FIRST), SOFTWARE)
    folder = written(pack, tmp_path / "pack")
    assert_edits_are_named(folder, random.Random(2).choices([one.path for one in pack.members], k=times), 3)


@pytest.mark.slow
def test_two_thousand_random_bytes_are_named(polled_evidence: Database, tmp_path: Path) -> None:
    """The same, for a long time."""
    pack = pack_file(polled_evidence, sha256(REVISED), SOFTWARE)
    folder = written(pack, tmp_path / "pack")
    assert_edits_are_named(folder, random.Random(4).choices([one.path for one in pack.members], k=2000), 5)


def test_a_missing_an_added_and_a_linked_file_are_named(polled_evidence: Database, tmp_path: Path) -> None:
    """Each with its own code; a link is no polled_evidence, wherever it leads."""
    pack = pack_file(polled_evidence, sha256(FIRST), SOFTWARE)
    body = next(one.path for one in pack.members if one.path.startswith("data/files/"))
    for number, path in enumerate([member.path for member in pack.members if member.path != "data/log/checkpoint.txt"]):
        folder = written(pack, tmp_path / f"{number}")
        (folder / path).unlink()
        assert named(folder, path), path
        shutil.rmtree(folder)
    folder = written(pack, tmp_path / "pack")
    for path in ("data/files/other.csv", "tagmanifest-md5.txt", ".hidden", "data/more/deep.txt"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("added")
        assert f"E-BAG-02 {path}: added" in verify(folder)[1]
        (folder / path).unlink()
    (folder / "data" / "elsewhere").symlink_to("/")
    assert "E-BAG-02 data/elsewhere: added" in verify(folder)[1]
    (folder / "data" / "elsewhere").unlink()
    shutil.copy(folder / body, tmp_path / "outside.csv")
    (folder / body).unlink()
    (folder / body).symlink_to(tmp_path / "outside.csv")
    assert f"E-BAG-03 {body}: changed" in verify(folder)[1]


@pytest.mark.parametrize(
    ("beginning", "ending", "code"),
    [
        ("data/files/", ".csv", "E-PCK-03"), ("data/pages/", ".html", "E-PCK-03"), ("data/heads/", ".txt", "E-PCK-04"),
        ("data/log/checkpoint", ".txt", "E-PCK-01"), ("data/log/", ".json", "E-PCK-01"),
        ("data/log/", ".tlog-proof", "E-PCK-01"), ("data/keys/", ".txt", "E-PCK-05"), ("data/keys/", ".pem", "E-PCK-05"),
    ],
)  # fmt: skip
def test_a_careful_forger_is_found_by_the_log(
    polled_evidence: Database, tmp_path: Path, beginning: str, ending: str, code: str
) -> None:
    """With every manifest made anew, a changed body, head, leaf, proof, checkpoint or key still does not fit the signature."""
    pack = pack_file(polled_evidence, sha256(FIRST), SOFTWARE)
    folder = written(pack, tmp_path / "pack")
    path = next(one.path for one in pack.members if one.path.startswith(beginning) and one.path.endswith(ending))
    content = (folder / path).read_bytes()
    (folder / path).write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
    bagged_anew(folder)
    status, said = verify(folder)
    assert status == 1, said
    assert code in said
    assert "E-BAG" not in said, said


def test_a_pack_that_somebody_else_signed_is_found(polled_evidence: Database, tmp_path: Path) -> None:
    """A stranger's key over the same log is no key that the log announced, and without a known key nobody has signed."""
    folder = written(pack_file(polled_evidence, sha256(FIRST), SOFTWARE), tmp_path / "pack")
    with new_archive(tmp_path / "other") as other:
        sign_log(other)
        (stranger,) = other.db.execute("SELECT verifier FROM keys").fetchone()
    key = next((folder / "data/keys").glob("*.txt"))
    key.write_text(f"{stranger}\n")
    bagged_anew(folder)
    status, said = verify(folder)
    assert status == 1
    assert "E-PCK-05" in said
    assert "E-PCK-07 data/log/checkpoint.txt: no key of this log has signed it" in said


def test_without_openssl_hashes_are_checked_and_the_signature_is_said_not_to_be(
    polled_evidence: Database, tmp_path: Path
) -> None:
    """Status 3, in plain words; with an openssl that cannot do it as without any; and what is broken is still broken."""
    folder = written(pack_file(polled_evidence, sha256(FIRST), SOFTWARE), tmp_path / "pack")
    (tmp_path / "bin").mkdir()
    for has_one in (False, True):
        if has_one:
            (tmp_path / "bin" / "openssl").write_text("#!/bin/sh\nexit 1\n")
            (tmp_path / "bin" / "openssl").chmod(0o755)
        status, said = verify(folder, path=str(tmp_path / "bin"))
        assert status == 3
        assert "The signature was NOT checked" in said
        assert "SOUND" not in said
    (folder / "README.txt").write_text("other words")
    status, said = verify(folder, path=str(tmp_path / "bin"))
    assert status == 1
    assert "E-BAG-03 README.txt" in said


def test_a_folder_that_is_no_pack_is_said_to_be_none(tmp_path: Path) -> None:
    """Status 3, and what was expected."""
    (tmp_path / "empty").mkdir()
    status, said = verify_from_outside(tmp_path / "empty")
    assert status == 3
    assert "is no evidence pack" in said


STRANGE = (
    b"[]", b"1", b'"text"', b"null", b"[[1, 2, 3]]", b'{"kind":"snapshot","sha256":{}}', b'{"a":{"sha256":[]}}', b"\xff",
    b'{"kind":"key","verifier":[]}', b"[" * 100_000,
)  # fmt: skip
"""Leaves that no archive writes."""


@pytest.mark.parametrize("leaf", STRANGE, ids=range(len(STRANGE)))
def test_a_pack_of_another_make_is_broken_and_never_a_crash(tmp_path: Path, leaf: bytes) -> None:
    """Whoever makes up a log of their own, with proofs that hold, is told what it lacks."""
    folder = tmp_path / "pack" / "data" / "log"
    folder.mkdir(parents=True)
    note = f"made-up/log\n1\n{base64.b64encode(leaf_hash(leaf)).decode()}\n\n\N{EM DASH} made-up/log {'A' * 92}\n"
    (folder / "checkpoint.txt").write_text(note, encoding="utf-8")
    (folder / "000000000.json").write_bytes(leaf)
    (folder / "000000000.tlog-proof").write_text(f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}", encoding="utf-8")
    (tmp_path / "pack" / "manifest-sha256.txt").write_text("x")
    bagged_anew(tmp_path / "pack")
    status, said = verify_from_outside(tmp_path / "pack")
    assert status == 1
    assert "E-PCK-07" in said or "BROKEN: something here has not the form" in said


TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["../../x", "=cmd|'/c calc'!A0", "a\r\nb", "\x1b[2J", "\u202egnp.exe", "%2e%2e/"]),
)
EXCHANGES = st.lists(
    st.tuples(st.sampled_from([b"", b"one", b"two"]), TEXTS, TEXTS, st.binary(max_size=40)), min_size=1, max_size=6
)


@settings(max_examples=30, deadline=None)
@given(EXCHANGES)
def test_whatever_was_captured_its_packs_are_sound(
    tmp_path_factory: pytest.TempPathFactory, exchanges: list[tuple[bytes, str, str, bytes]]
) -> None:
    """Hostile names, words, publications and heads: each file and release packs and checks; all lies inside its folder."""
    place = tmp_path_factory.mktemp("hostile")
    with new_archive(place / "data") as evidence:
        number = poll(evidence.db)
        for body, name, words, head in exchanges:
            more = {"publication": words or None, "link_text": words, "link_href": name, "response_head": head}
            record(evidence.db, number, body, address=f"https://files.example/{name}", **more)
        sign_log(evidence)
        packs = [pack_file(evidence.db, one, SOFTWARE) for one in sorted({sha256(body) for body, *_ in exchanges})]
        publications = sorted({words for _, _, words, _ in exchanges} - {""})
        packs += [pack_release(evidence.db, "made-up-series", one, SOFTWARE) for one in publications]
        for at, pack in enumerate(packs):
            folder = written(pack, place / f"{at}")
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                assert main(str(folder)) == 0, said.getvalue()
            assert all(
                re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9./_-]*", one.path) and ".." not in one.path for one in pack.members
            )
            assert re.fullmatch(r"[a-z0-9-]+", pack.name)
            assert (folder / "bag-info.txt").read_text(encoding="utf-8").count("\n") == 6
    assert {one.name for one in place.iterdir()} == {"data", *(str(at) for at in range(len(packs)))}


# ---------------------------------------------------------------- proofs


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.data())
def test_proofs_are_those_of_the_tree_and_the_verifier_follows_them(size: int, draw: st.DataObject) -> None:
    """The quick tree gives the proofs of archive/merkle.py, and the verifier's few lines lead each to the root."""
    leaves = [f"leaf {number}".encode() for number in range(size)]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    index = draw.draw(st.integers(0, size - 1))
    tree = ProvenTree(hashes, "note\n")
    assert tree.root == root_of(hashes)
    siblings = inclusion_proof(hashes, index)
    assert len(tree.proof(index).split("\n\n")[0].splitlines()) == 2 + len(siblings)
    assert root_from(leaves[index], index, size, siblings) == tree.root
    assert root_from(leaves[index] + b"x", index, size, siblings) != tree.root
    assert root_from(leaves[index], (index + 1) % size, size, siblings) != tree.root or size == 1
    assert root_from(leaves[index], index, size, [*siblings, b"\0" * 32]) is None


def test_the_verifier_is_python_that_older_machines_read() -> None:
    """Its syntax is Python 3.9's, and it imports nothing but the standard library."""
    source = VERIFIER.read_text()
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert imported <= set(sys.stdlib_module_names)
