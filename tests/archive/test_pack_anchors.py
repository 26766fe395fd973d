"""Stories of packs with outside anchors: a time-stamp authority on this machine says when, and what it says is checked.

All figures and parties made up; openssl itself is the authority, so that nothing leaves the machine.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.checkpoints import rotate_key, sign_log
from archive.database import Evidence
from archive.packs.build import pack_file
from archive.store import append
from tests.archive.made_captures import NOW, new_archive, poll, record
from tests.archive.made_packs import SOFTWARE, bagged_anew, files_of, sha256, verify, written

SETTINGS = """
[tsa]
default_tsa = made_up
[made_up]
dir = .
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
certs = ./ca.pem
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
accuracy = secs:1
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a root, a time-stamp authority under it, and its settings."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "settings").write_text(SETTINGS)
    (folder / "serial").write_text("01\n")
    (folder / "use").write_text("extendedKeyUsage = critical,timeStamping\n")
    for name, subject in (("ca", "/CN=Made-up root"), ("tsa", "/CN=Made-up authority")):
        key = ["-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-subj", subject]
        _openssl(
            folder, "req", *(["-x509", "-days", "30", "-out", "ca.pem"] if name == "ca" else ["-out", "tsa.csr"]), *key
        )
    signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "use"]
    _openssl(folder, "x509", "-req", "-in", "tsa.csr", "-out", "tsa.pem", *signing)
    return folder


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def anchor(evidence: Evidence, authority: Path, party: str = "made-up authority") -> int:
    """Sign the log, have the checkpoint stamped, keep the token as an anchor; the size that was stamped."""
    signature = sign_log(evidence)
    (authority / "note").write_text(signature.note)
    _openssl(authority, "ts", "-query", "-data", "note", "-sha256", "-cert", "-out", "query")
    _openssl(authority, "ts", "-reply", "-config", "settings", "-queryfile", "query", "-token_out", "-out", "token")
    token = base64.b64encode((authority / "token").read_bytes()).decode()
    stated = {"form": "rfc3161/1", "token": token, "chain": (authority / "ca.pem").read_text()}
    kept = json.dumps(stated, sort_keys=True, separators=(",", ":")).encode()
    append(
        evidence.db,
        "anchors",
        {"got_at": NOW, "size": signature.size, "kind": "rfc3161", "party": party, "evidence": kept},
    )
    return signature.size


def anchored(db: Database, sha: str) -> dict[str, list[str]]:
    """Folder of each anchor in the pack to the leaves that are proved in it."""
    paths = [path.split("/") for path in files_of(pack_file(db, sha, SOFTWARE)) if path.startswith("data/anchors/")]
    return {
        one[2]: [path[3][:9] for path in paths if path[2] == one[2] and path[3].endswith("-proof")] for one in paths
    }


def test_a_stamped_pack_says_when_at_the_latest(authority: Path, tmp_path: Path) -> None:
    """The token is checked by its chain at the time that it states; the pack is sound and no longer said to be unanchored."""
    with new_archive(tmp_path / "data") as evidence:
        record(evidence.db, poll(evidence.db), b"made-up body")
        anchor(evidence, authority)
        folder = written(pack_file(evidence.db, sha256(b"made-up body"), SOFTWARE), tmp_path / "pack")
    status, said = verify(folder)
    assert status == 0, said
    assert "Anchor: rfc3161 made-up authority stamped the checkpoint over 2 of these leaves at" in said
    assert "\nSOUND.\n" in said
    assert "time stamps in data/anchors say when" in (folder / "README.txt").read_text()


def test_the_first_stamp_after_a_body_is_the_one_that_is_packed(authority: Path, tmp_path: Path) -> None:
    """Later stamps add nothing for a leaf that an earlier one covers; of each party the first counts, rotations of keys or not."""
    with new_archive(tmp_path / "data") as evidence:
        db, number = evidence.db, poll(evidence.db)
        anchor(evidence, authority)
        record(db, number, b"first")
        anchor(evidence, authority)
        anchor(evidence, authority, "another made-up authority")
        rotate_key(evidence, "yearly")
        record(db, number, b"second")
        anchor(evidence, authority)
        record(db, number, b"third")
        sign_log(evidence)
        rows = db.execute("SELECT entry FROM log WHERE fact_table IN ('captures', 'snapshots') ORDER BY entry")
        entries = [f"{entry:09}" for (entry,) in rows.fetchall()]
        first, second = entries[:2], entries[2:4]
        assert anchored(db, sha256(b"first")) == {"2": first, "3": first}
        assert anchored(db, sha256(b"second")) == {"4": second}
        assert anchored(db, sha256(b"third")) == {}
        for name in (b"first", b"second", b"third"):
            status, said = verify(written(pack_file(db, sha256(name), SOFTWARE), tmp_path / name.decode()))
            assert status == 0, said
            assert (
                said.count("stamped the checkpoint over 2 of these leaves")
                == {b"first": 2, b"second": 1, b"third": 0}[name]
            )


@pytest.mark.parametrize("spoilt", ["token.der", "chain.pem", "checkpoint.txt", "another checkpoint"])
def test_a_stamp_that_does_not_hold_is_named(authority: Path, tmp_path: Path, spoilt: str) -> None:
    """A changed token, another root, a changed or a strange checkpoint: with every manifest made anew the stamp is refused."""
    with new_archive(tmp_path / "data") as evidence:
        record(evidence.db, poll(evidence.db), b"made-up body")
        anchor(evidence, authority)
        pack = pack_file(evidence.db, sha256(b"made-up body"), SOFTWARE)
        folder = written(pack, tmp_path / "pack")
        record(evidence.db, 1, b"later")
        later = sign_log(evidence).note
    place = folder / "data/anchors/1"
    if spoilt == "chain.pem":
        _openssl(
            tmp_path,
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "key",
            "-subj",
            "/CN=x",
            "-out",
            "x.pem",
        )
        shutil.copy(tmp_path / "x.pem", place / spoilt)
    elif spoilt == "another checkpoint":
        (place / "checkpoint.txt").write_text(later)
    else:
        content = (place / spoilt).read_bytes()
        (place / spoilt).write_bytes(content[:-40] + bytes([content[-40] ^ 1]) + content[-39:])
    bagged_anew(folder)
    status, said = verify(folder)
    assert status == 1, said
    # A changed character may be one that base64 has not: then no signature is found at all.
    codes = ("E-PCK-06", "E-PCK-07") if spoilt == "checkpoint.txt" else ("E-PCK-08",)
    assert any(f"{code} data/anchors/1/" in said for code in codes), said
    assert "BROKEN" in said


def test_an_anchor_of_another_kind_is_handed_on_and_said_not_to_be_proved_here(tmp_path: Path) -> None:
    """A mirror or a witness has to be asked: the pack names it, and still says that it is not anchored."""
    with new_archive(tmp_path / "data") as evidence:
        record(evidence.db, poll(evidence.db), b"made-up body")
        size = sign_log(evidence).size
        row = {"got_at": NOW, "size": size, "kind": "git", "party": "made-up\nmirror", "evidence": b"commit 1234"}
        append(evidence.db, "anchors", row)
        folder = written(pack_file(evidence.db, sha256(b"made-up body"), SOFTWARE), tmp_path / "pack")
    status, said = verify(folder)
    assert status == 0, said
    assert "git made-up mirror is said to hold the checkpoint over 2 of these leaves; ask there" in said
    assert "NOT ANCHORED" in said
    assert (folder / "data/anchors/1/evidence.bin").read_bytes() == b"commit 1234"
