"""Stories of writers that die, disks that fill up and statements that fail: nothing acknowledged is ever lost."""

from __future__ import annotations

import itertools
import math
import random
import sqlite3
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.database import ArchiveError, Evidence, open_evidence, writing
from archive.store import append, close_interrupted, read_snapshot
from tests.archive.made_captures import NOW, SERIES, contents, exchange, new_archive, poll, record, record_capture

CHECKOUT = Path(__file__).parents[2]
ROW = {
    "series": "made-up",
    "reason": "due",
    "started_at": NOW,
    "software": "made-up-program/1",
    "definition_sha256": "0" * 64,
}


# ---------------------------------------------------------------- killed


def killed_while_recording(directory: Path, seed: int, after: float) -> list[list[str]]:
    """What a writer acknowledged before it was killed, `after` so many seconds from its first word."""
    command = [sys.executable, "-m", "tests.archive.record_until_killed", str(directory), str(seed)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        clock = threading.Timer(after, child.kill)
        clock.start()
        rest = child.stdout.readlines()
        clock.cancel()
    assert first.startswith("poll"), "the writer could not open what the one before it left"
    return [line.split() for line in (first, *rest) if line.endswith("\n")]


def is_whole(evidence: Evidence, acknowledged: list[list[str]]) -> None:
    """Everything acknowledged is there, every snapshot hashes to its name, and no row points to nothing."""
    db = evidence.db
    captures = dict(db.execute("SELECT capture_id, sha256 FROM captures").fetchall())
    polls = {number for (number,) in db.execute("SELECT poll_id FROM polls").fetchall()}
    for kind, number, *sha256 in acknowledged:
        assert int(number) in polls if kind == "poll" else captures[int(number)] == sha256[0]
    for (sha256,) in db.execute("SELECT sha256 FROM snapshots").fetchall():
        read_snapshot(db, sha256)
    assert sorted(captures) == list(range(1, len(captures) + 1))
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def survives(directory: Path, kills: int, seed: int) -> None:
    """One archive, so many writers, each killed; then everything they said is looked for."""
    chance = random.Random(seed)
    new_archive(directory).close()
    acknowledged: list[list[str]] = []
    for kill in range(kills):
        acknowledged += killed_while_recording(directory, seed + kill, chance.uniform(0.0, 0.12))
    with open_evidence(directory) as evidence:
        is_whole(evidence, acknowledged)
        assert close_interrupted(evidence.db, NOW) == [kills]
        rows = contents(evidence.db)
    assert [row[2] for row in rows["poll_ends"]] == [NOW] * kills
    assert len(rows["captures"]) >= len(acknowledged) - kills
    assert len(acknowledged) > 2 * kills, "the writers were killed before they wrote: the story told nothing"


@pytest.mark.fault("P01", "F07")
def test_nothing_acknowledged_is_lost_to_kills(tmp_path: Path) -> None:
    """Fifteen writers of one archive, each killed at a random moment: every word they gave holds."""
    survives(tmp_path, kills=15, seed=20210805)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_to_many_kills(tmp_path: Path) -> None:
    """The same, a hundred times over."""
    survives(tmp_path, kills=100, seed=20220428)


# ---------------------------------------------------------------- one thing fails


def fail_at(evidence: Evidence, step: int, times: float) -> None:
    """Break off what SQLite does at its so many-th step from now, once or for ever."""
    steps = itertools.count(1)
    evidence.db.conn.set_progress_handler(lambda: step <= next(steps) < step + times, 1)


def record_or_fail(evidence: Evidence) -> str | None:
    """Two new snapshots and their capture; what was said where that was not possible."""
    body = exchange(b"two", wire=b"wire", wire_sha256="0" * 64)
    try:
        record_capture(evidence.db, 1, SERIES, body, NOW)
    except ArchiveError as error:
        return str(error)
    return None


@pytest.mark.fault("D02", "F07")
def test_any_step_may_fail_and_old_or_new_stands(tmp_path: Path) -> None:
    """Recording is broken off at its 1st, 2nd, 3rd … step, until it passes: all of it is kept, or nothing is."""
    with new_archive(tmp_path) as evidence:
        record(evidence.db, poll(evidence.db), b"one")
        before = contents(evidence.db)
        for step in itertools.count(1):
            fail_at(evidence, step, times=1)
            told = record_or_fail(evidence)
            evidence.db.conn.set_progress_handler(None, 1)
            if told is None:
                break
            assert "interrupted" in told
            assert not evidence.db.conn.in_transaction
            if contents(evidence.db) != before:
                break  # the commit itself was done, and what came after it failed
        after = contents(evidence.db)
    assert step > 100
    assert (len(after["captures"]), len(after["snapshots"])) == (2, 3)


@pytest.mark.fault("D02")
def test_where_not_even_undoing_works_the_archive_is_closed(tmp_path: Path) -> None:
    """From some step on everything fails, the rollback too: no later fact can slip in behind the half that stands."""
    new_archive(tmp_path).close()
    with open_evidence(tmp_path) as evidence:
        record(evidence.db, poll(evidence.db), b"one")
        before = contents(evidence.db)
    for step in itertools.count(1, 7):
        with open_evidence(tmp_path) as evidence:
            fail_at(evidence, step, times=math.inf)
            record_or_fail(evidence)
            with suppress(sqlite3.ProgrammingError):  # closed
                evidence.db.conn.set_progress_handler(None, 1)
                assert not evidence.db.conn.in_transaction
        with open_evidence(tmp_path) as evidence:
            after = contents(evidence.db)
            if after != before:
                break
    assert step > 100
    assert (len(after["captures"]), len(after["snapshots"])) == (2, 3)


@pytest.mark.fault("F01", "F02")
def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    """At whatever page the disk fills up, the capture in hand is refused in plain words and nothing before it is hurt."""
    body = random.Random(1).randbytes(60_000)
    with new_archive(tmp_path) as evidence:
        db, number = evidence.db, poll(evidence.db)
        record(db, number, b"one")
        before = contents(db)
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        refused = 0
        while True:
            db.execute(f"PRAGMA max_page_count = {pages + refused}").fetchone()
            try:
                record(db, number, body)
            except ArchiveError as error:
                told = str(error)
            else:
                break
            refused += 1
            assert "database or disk is full. Everything before is safe" in told
            assert not db.conn.in_transaction
            assert contents(db) == before
    assert refused >= 10
    with open_evidence(tmp_path) as evidence:
        is_whole(evidence, [["kept", "2", str(contents(evidence.db)["snapshots"][1][2])]])


@pytest.mark.fault("D02", "F02")
def test_after_a_full_disk_nothing_commits_by_itself(tmp_path: Path) -> None:
    """SQLite ends the transaction on its own there; the part that comes after must not be kept one by one."""
    with new_archive(tmp_path) as evidence:
        db, number = evidence.db, poll(evidence.db)
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}").fetchone()
        for _ in range(3):
            with pytest.raises(ArchiveError, match="disk is full"):
                record(db, number, random.Random(2).randbytes(90_000))
        db.execute("PRAGMA max_page_count = 1000000").fetchone()
        assert contents(db)["captures"] == []
        assert record(db, number, b"one").capture_id == 1


# ---------------------------------------------------------------- transactions


def append_and_fail(db: Database) -> int:
    """A fact that is written, inside a part that is finished, before something goes wrong."""
    with writing(db):
        append(db, "polls", ROW)
    raise RuntimeError("made-up fault")


def test_a_transaction_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    """Whatever ends it early takes everything inside along, an inner part that was finished too."""
    with new_archive(tmp_path) as evidence:
        before = contents(evidence.db)
        with pytest.raises(RuntimeError, match="made-up"), writing(evidence.db):
            append_and_fail(evidence.db)
        assert not evidence.db.conn.in_transaction
        assert contents(evidence.db) == before
        assert poll(evidence.db) == 1


def test_threads_take_turns(tmp_path: Path) -> None:
    """Four threads with one connection: no transaction takes up another's rows, and no number is given twice."""
    numbers: list[int] = []
    failures: list[str] = []

    def write(fails: bool) -> None:
        for _ in range(15):
            try:
                with writing(evidence.db):
                    numbers.append(append_and_fail(evidence.db) if fails else poll(evidence.db))
            except RuntimeError:
                failures.append("made-up fault")

    with new_archive(tmp_path) as evidence:
        threads = [threading.Thread(target=write, args=(fails,)) for fails in (False, True, False, True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = [row[0] for row in contents(evidence.db)["polls"]]
    assert kept == numbers
    assert len(failures) == 30


def test_threads_that_bring_the_same_bytes_keep_them_once(tmp_path: Path) -> None:
    """Two threads meet with the same bodies, packed before either has its turn: one snapshot each, and no complaint."""
    meeting = threading.Barrier(2, timeout=20)
    new: list[bool] = []

    def bring(address: str) -> None:
        for index in range(20):
            meeting.wait()
            new.append(record(evidence.db, number, str(index).encode() * 20_000, address=address).is_new_snapshot)

    with new_archive(tmp_path) as evidence:
        number = poll(evidence.db)
        threads = [threading.Thread(target=bring, args=(f"https://files.example/{name}",)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(contents(evidence.db)["snapshots"]) == 20
    assert sorted(new) == [False] * 20 + [True] * 20
