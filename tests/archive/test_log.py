"""Stories of the log: every fact gets its leaf or is not kept, old archives are logged, and no second history is signed."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.checkpoints import newest_checkpoint, rotate_key, sign_log, signer_of
from archive.database import ArchiveError, open_evidence, writing
from archive.leaves import leaf_of, read_leaf
from archive.log import entry_of, leaf_hashes, log_size, origin_of, root_at, stored_row
from archive.merkle import leaf_hash
from archive.migrations import APPLICATION_ID, MIGRATIONS, NUMBERS
from archive.notes import read_checkpoint, read_verifier, signed_by
from archive.signer import ForkError
from archive.store import append, begin_poll, end_poll, record_finding
from scraper.model import Finding
from tests.archive.made_captures import NOW, SERIES, contents, new_archive, poll, record

FINDING = Finding("file.header", "error", "made_up.csv", "row 1", "a new column", "the known ones")


def facts(db: Database) -> set[tuple[str, int]]:
    """Every fact that is kept, by table and number."""
    return {(table, n) for table, number in NUMBERS.items() for (n,) in db.execute(f"SELECT {number} FROM {table}")}


def assert_logged(db: Database) -> None:
    """Every fact has one leaf, made from its row as it stands, in a log without gaps."""
    rows = db.execute("SELECT entry, fact_table, fact_number, leaf, leaf_hash FROM log ORDER BY entry").fetchall()
    assert [row[0] for row in rows] == list(range(len(rows)))
    assert {(row[1], row[2]) for row in rows} == facts(db)
    for _, table, number, leaf, digest in rows:
        assert leaf.encode() == leaf_of(table, stored_row(db, table, number))
        assert digest == leaf_hash(leaf.encode())


def test_every_fact_is_logged_as_it_is_kept(tmp_path: Path) -> None:
    """Polls, captures, snapshots, findings, ends and keys stand in the log in the order in which they came."""
    with new_archive(tmp_path) as evidence:
        db, number = evidence.db, poll(evidence.db)
        record(db, number, b"one")
        record(db, number, None, verdict="absent", status=404)
        record_finding(db, FINDING, poll_id=number, capture_id=1, series=SERIES, now=NOW)
        end_poll(db, number, "complete", NOW, None, "Made up.")
        sign_log(evidence)
        kinds = [read_leaf(leaf.encode())["kind"] for (leaf,) in db.execute("SELECT leaf FROM log ORDER BY entry")]
        assert kinds == ["genesis", "poll", "capture", "snapshot", "absence", "finding", "poll_end", "key"]
        assert_logged(db)
        assert entry_of(db, "captures", 2) == 4
        assert entry_of(db, "captures", 3) is None


def test_a_fact_whose_leaf_cannot_be_kept_is_not_kept_either(tmp_path: Path) -> None:
    """Where the log takes no more, the fact itself is rolled back: none stands outside the log."""
    with new_archive(tmp_path) as evidence:
        evidence.db.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'no more'); END")
        before = contents(evidence.db)
        with pytest.raises(sqlite3.IntegrityError, match="no more"):
            poll(evidence.db)
        assert contents(evidence.db) == before


def test_an_archive_that_is_older_than_the_log_is_logged_when_it_is_opened(tmp_path: Path) -> None:
    """Everything that stood before is in the log afterwards, and the genesis says that it was logged only then."""
    with closing(Database(tmp_path / "archive.db", recursive_triggers=False)) as old:
        old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        MIGRATIONS.apply(old, stop_before="m002_the_log")
    with new_archive(tmp_path / "today") as evidence:
        number = poll(evidence.db)
        for body in (b"one", b"two", b"one"):
            record(evidence.db, number, body)
        record_finding(evidence.db, FINDING, poll_id=None, capture_id=None, series=SERIES, now=NOW)
        end_poll(evidence.db, number, "complete", NOW, None, "Made up.")
        poll(evidence.db)
    with closing(sqlite3.connect(tmp_path / "archive.db", isolation_level=None)) as old:
        old.execute("ATTACH ? AS today", [str(tmp_path / "today" / "archive.db")])
        old.execute("PRAGMA foreign_keys = off")
        for table in ("polls", "captures", "snapshots", "findings", "poll_ends"):
            old.execute(f"INSERT INTO main.{table} SELECT * FROM today.{table} WHERE {NUMBERS[table]} < 2")
            old.execute(f"INSERT INTO main.{table} SELECT * FROM today.{table} WHERE {NUMBERS[table]} >= 2") if (
                table != "captures"
            ) else [
                old.execute("INSERT INTO main.captures SELECT * FROM today.captures WHERE capture_id = ?", [n])
                for n in (2, 3)
            ]
    with open_evidence(tmp_path, origin="made-up.example/log") as evidence:
        assert_logged(evidence.db)
        assert origin_of(evidence.db) == "made-up.example/log"
        genesis = stored_row(evidence.db, "genesis", 1)
        assert genesis["stood_before"] == '{"captures": 3, "findings": 1, "poll_ends": 1, "polls": 2, "snapshots": 2}'
        size = log_size(evidence.db)
    with open_evidence(tmp_path) as evidence:
        assert log_size(evidence.db) == size


def test_a_checkpoint_states_the_log_and_is_signed_by_its_announced_key(tmp_path: Path) -> None:
    """A stranger reads the key from the log, and the note is good for the root over all leaves."""
    with new_archive(tmp_path) as evidence:
        record(evidence.db, poll(evidence.db))
        signature = sign_log(evidence)
        assert signature.new_key
        (text,) = evidence.db.execute("SELECT verifier FROM keys").fetchone()
        stated = read_checkpoint(signed_by(signature.note, [read_verifier(text)])[0])
        assert stated == (origin_of(evidence.db), log_size(evidence.db), root_at(evidence.db, log_size(evidence.db)))
        assert sign_log(evidence) == (signature.size, signature.note, False)
        assert (signer_of(evidence).folder / "key.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.fault("M26")
def test_a_rotation_is_announced_and_signed_by_both_keys(tmp_path: Path) -> None:
    """The checkpoint that brings a new key is signed by the old and the new; the next one by the new alone."""
    with new_archive(tmp_path) as evidence:
        number = poll(evidence.db)
        sign_log(evidence)
        turned = rotate_key(evidence, "yearly")
        known = [
            read_verifier(text) for (text,) in evidence.db.execute("SELECT verifier FROM keys ORDER BY key_number")
        ]
        assert signed_by(turned.note, known)[1] == set(known)
        record(evidence.db, number)
        assert signed_by(sign_log(evidence).note, known)[1] == {known[1]}
        assert len(list((tmp_path / "signer").glob("retired-*.pem"))) == 1


@pytest.mark.fault("D07")
def test_an_older_copy_of_the_archive_is_not_signed_again(tmp_path: Path) -> None:
    """Whoever puts an old backup in place and polls on would show two histories: the signer refuses, nothing is signed."""
    with new_archive(tmp_path) as evidence:
        number = poll(evidence.db)
        sign_log(evidence)
        shutil.copy(tmp_path / "archive.db", tmp_path / "old.db")
        record(evidence.db, number, b"seen and signed")
        sign_log(evidence)
        state = (tmp_path / "signer" / "state.json").read_bytes()
    shutil.copy(tmp_path / "old.db", tmp_path / "archive.db")
    with open_evidence(tmp_path) as evidence:
        for body in (b"another", b"history", b"altogether"):
            with pytest.raises(ForkError, match=r"E-CKP-02.*Nothing was signed"):
                sign_log(evidence)
            record(evidence.db, number, body)
        with pytest.raises(ForkError, match="E-CKP-02"):
            sign_log(evidence)
    assert (tmp_path / "signer" / "state.json").read_bytes() == state


@pytest.mark.fault("D18", "P16")
def test_a_note_that_was_signed_before_a_crash_is_kept_after_it(tmp_path: Path) -> None:
    """Signed, and then the power went before the database had it: the very same note is kept, not another one."""
    with new_archive(tmp_path) as evidence:
        number = poll(evidence.db)
        sign_log(evidence)
        record(evidence.db, number)
        signer, size = signer_of(evidence), log_size(evidence.db)
        lost = signer.sign(size, lambda leaves: root_at(evidence.db, leaves))
        record(evidence.db, number, b"after the crash")
        sign_log(evidence)
        kept = evidence.db.execute("SELECT note FROM checkpoints WHERE size = ?", [size]).fetchone()
        assert kept == (lost.note,)


def test_the_wrong_signer_beside_an_archive_is_told(tmp_path: Path) -> None:
    """A folder of keys that belongs to another log signs nothing here, and neither does a damaged one."""
    with new_archive(tmp_path / "a") as one:
        sign_log(one)
    with new_archive(tmp_path / "b") as other:
        shutil.copytree(tmp_path / "a" / "signer", tmp_path / "b" / "signer")
        with pytest.raises(ArchiveError, match=r"has not announced|cannot be trusted"):
            sign_log(other)
        (tmp_path / "b" / "signer" / "key.pem").write_text("not a key")
        with pytest.raises(ArchiveError, match="Restore"):
            sign_log(other)
        assert newest_checkpoint(other.db) is None


def test_the_bytes_of_a_snapshot_go_only_after_a_takedown_that_is_logged(tmp_path: Path) -> None:
    """Without a logged reason the guard holds; with one the bytes may go, and nothing else of the row can change."""
    with new_archive(tmp_path) as evidence:
        db = evidence.db
        sha256 = record(db, begin_poll(db, SERIES, "due", NOW, "made-up/1", "0" * 64), b"personal data, made up").sha256
        empty = "UPDATE snapshots SET body = x'' WHERE sha256 = ?"
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), writing(db):
            db.execute(empty, [sha256])
        reason = {"reason": "made up", "asked_by": "x", "legal_ground": "x", "reviewed_by": "x"}
        append(db, "takedowns", {"made_at": NOW, "sha256": sha256, **reason})
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), writing(db):
            db.execute("UPDATE snapshots SET body = x'', bytes = 0 WHERE sha256 = ?", [sha256])
        with writing(db):
            db.execute(empty, [sha256])
        assert len(list(leaf_hashes(db))) == len(facts(db))
