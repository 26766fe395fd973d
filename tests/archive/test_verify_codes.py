"""Stories of one broken archive for each code: exactly that code is told, with what was found and what to do."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.checkpoints import sign_log
from archive.clock import utc_now
from archive.compression import pack
from archive.database import open_evidence
from archive.notes import read_verifier
from archive.rows import snapshot_row
from archive.store import append, begin_poll, end_poll
from archive.verify_anchors import Vouched
from archive.verify_codes import BROKEN, CODES, NOT_RUN, SOUND, STATUSES, UNANCHORED
from tests.archive.made_captures import SERIES
from tests.archive.made_sound import (
    ORIGIN,
    annotate,
    captured,
    codes,
    entry_of,
    intruder,
    newest_entry,
    newest_note,
    polled,
    rewrite_leaf,
    set_leaf,
    sign_anew,
    sound_archive,
    take_down,
    verified,
)

DOCS = Path(__file__).parents[2] / "docs" / "verify.md"

EARLY, LATE = "2021-01-01T00:00:00.000000Z", "2097-01-01T00:00:00.000000Z"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound archive. Stories break a copy of it."""
    directory = tmp_path_factory.mktemp("sound")
    sound_archive(directory)
    return directory


def sql(*statements: str) -> Callable[[Path], None]:
    """An intruder who runs these statements."""

    def run(directory: Path) -> None:
        with intruder(directory) as conn:
            for statement in statements:
                conn.execute(statement)

    return run


def header(*statements: str) -> Callable[[Path], None]:
    """Somebody who opens the database with another program."""

    def run(directory: Path) -> None:
        with closing(sqlite3.connect(directory / "archive.db", isolation_level=None)) as conn:
            for statement in statements:
                conn.execute(statement).fetchall()

    return run


def in_the_tail(change: Callable[[sqlite3.Connection, int], None], **columns: object) -> Callable[[Path], None]:
    """An intruder who changes the newest entry before it is signed."""

    def run(directory: Path) -> None:
        annotate(directory, "not signed yet", **columns)
        with intruder(directory) as conn:
            change(conn, newest_entry(conn))

    return run


# ---------------------------------------------------------------- one for each code


def no_file(directory: Path) -> None:
    """Somebody who removes the database."""
    (directory / "archive.db").unlink()


def cut_short(directory: Path) -> None:
    """A copy that ended too early."""
    path = directory / "archive.db"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lost_index_entry(directory: Path) -> None:
    """Damage in an index, which no row shows."""
    with closing(sqlite3.connect(directory / "archive.db")) as conn:
        (page,) = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'captures_by_address'").fetchone()
        (size,) = conn.execute("PRAGMA page_size").fetchone()
    path = directory / "archive.db"
    content = bytearray(path.read_bytes())
    content[page * size - 12] ^= 1
    path.write_bytes(content)


def anchored_checkpoint_removed(directory: Path) -> None:
    """A checkpoint that an anchor refers to is gone."""
    with open_evidence(directory) as evidence:
        (size,) = evidence.db.execute("SELECT min(size) FROM checkpoints").fetchone()
        append(
            evidence.db, "anchors", {"got_at": utc_now(), "size": size, "kind": "other", "party": "x", "evidence": b"x"}
        )
        sign_log(evidence)
    sql(f"DELETE FROM checkpoints WHERE size = {size}")(directory)


def doubled_key(conn: sqlite3.Connection, entry: int) -> None:
    """JSON that states one thing twice."""
    (leaf,) = conn.execute("SELECT CAST(leaf AS BLOB) FROM log WHERE entry = ?", [entry]).fetchone()
    set_leaf(conn, entry, leaf.replace(b'{"annotation_id"', b'{"annotation_id":1,"annotation_id"', 1))


def unlogged_fact(directory: Path) -> None:
    """A row that was put in without the log."""
    sql("INSERT INTO annotations SELECT annotation_id + 1, made_at, entry, text, made_by FROM annotations")(directory)


def gap_in_numbers(conn: sqlite3.Connection, entry: int) -> None:
    """The last fact with a number that is not its turn, in its row and its leaf."""
    conn.execute("UPDATE annotations SET annotation_id = 7 WHERE annotation_id = 2")
    conn.execute("UPDATE log SET fact_number = 7 WHERE entry = ?", [entry])
    rewrite_leaf(conn, entry, annotation_id=7)


def clock_set_back(directory: Path) -> None:
    """A poll that is recorded with yesterday's clock."""
    with open_evidence(directory) as evidence:
        begin_poll(evidence.db, SERIES, "due", EARLY, "made-up-program/1", "0" * 64)


def slow_exchange(directory: Path) -> None:
    """An exchange that claims to have taken five years."""
    with open_evidence(directory) as evidence:
        poll_id = begin_poll(evidence.db, SERIES, "due", utc_now(), "made-up-program/1", "0" * 64)
        captured(evidence, poll_id, requested_at=EARLY)
        end_poll(evidence.db, poll_id, "complete", utc_now(), None, "Made up.")


def longer_checkpoint(directory: Path) -> None:
    """A checkpoint was signed and the newest, harmless fact was taken out again; the signer's file with it."""
    with open_evidence(directory) as evidence:
        append(evidence.db, "annotations", {"made_at": utc_now(), "text": "goes", "made_by": "a test"})
        sign_log(evidence)
    sql(
        "DELETE FROM annotations WHERE annotation_id = 2",
        "DELETE FROM log WHERE entry = (SELECT max(entry) FROM log)",
    )(directory)
    (directory / "signer" / "state.json").unlink()


def older_database(directory: Path) -> None:
    """Yesterday's archive.db beside today's signer."""
    shutil.copy(directory / "archive.db", directory / "old.db")
    annotate(directory, "of today")
    with open_evidence(directory) as evidence:
        sign_log(evidence)
    (directory / "old.db").replace(directory / "archive.db")


def wire_never_kept(directory: Path) -> None:
    """A capture that names encoded bytes which nobody kept."""
    with open_evidence(directory) as evidence:
        poll_id = begin_poll(evidence.db, SERIES, "due", utc_now(), "made-up-program/1", "0" * 64)
        captured(evidence, poll_id, wire_sha256=hashlib.sha256(b"gone").hexdigest(), content_encoding="br")
        end_poll(evidence.db, poll_id, "complete", utc_now(), None, "Made up.")


def stray_snapshot(directory: Path) -> None:
    """Bytes that no capture names."""
    with open_evidence(directory) as evidence:
        append(evidence.db, "snapshots", snapshot_row(pack(b"made-up stray"), 1))


def withheld(directory: Path) -> None:
    """A takedown, as the law may ask for it."""
    with open_evidence(directory) as evidence:
        (sha256,) = evidence.db.execute("SELECT sha256 FROM snapshots WHERE snapshot_id = 1").fetchone()
    take_down(directory, sha256)


def unended_poll(directory: Path) -> None:
    """A poll that was cut off, and one after it."""
    with open_evidence(directory) as evidence:
        begin_poll(evidence.db, SERIES, "due", utc_now(), "made-up-program/1", "0" * 64)
        polled(evidence)


def signed_by_the_old_key_alone(directory: Path) -> None:
    """The signature of the new key is missing where both were due."""
    with intruder(directory) as conn:
        size, note = conn.execute("SELECT size, note FROM checkpoints WHERE note LIKE '%— %— %'").fetchone()
        conn.execute("UPDATE checkpoints SET note = ? WHERE size = ?", [note[: note.rindex("— ")], size])


def state_signed_before_the_crash(directory: Path) -> None:
    """The signer has signed, and the archive does not hold it."""
    sql("DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)")(directory)


def rewritten_finding(directory: Path) -> None:
    """A fact, its leaf and its hash, all changed so that they fit each other."""
    with intruder(directory) as conn:
        conn.execute("UPDATE findings SET found = 'nothing odd'")
        rewrite_leaf(conn, entry_of(conn, "findings", 1), found="nothing odd")


NEWEST_BODY = "(SELECT max(snapshot_id) FROM snapshots)"

BREAKING: dict[str, Callable[[Path], None]] = {
    "E-DB-01": no_file,
    "E-DB-02": lost_index_entry,
    "E-DB-03": anchored_checkpoint_removed,
    "E-DB-04": header("DROP TRIGGER captures_no_update"),
    "E-DB-05": header("PRAGMA application_id = 7"),
    "E-DB-06": header("PRAGMA user_version = 99"),
    "E-DB-07": header("PRAGMA journal_mode = wal"),
    "E-LOG-05": in_the_tail(lambda conn, entry: conn.execute("UPDATE log SET entry = 999 WHERE entry = ?", [entry])),
    "E-LOG-06": sql("UPDATE log SET leaf = replace(leaf, 'row 1', 'row 2') WHERE fact_table = 'findings'"),
    "E-LOG-07": in_the_tail(doubled_key),
    "E-LOG-08": in_the_tail(lambda conn, entry: rewrite_leaf(conn, entry, v=2)),
    "E-COL-01": sql("UPDATE captures SET etag = 'another' WHERE capture_id = 1"),
    "E-COL-02": unlogged_fact,
    "E-COL-03": in_the_tail(lambda conn, entry: conn.execute("DELETE FROM annotations WHERE annotation_id = 2")),
    "E-COL-04": in_the_tail(gap_in_numbers),
    "E-TIM-01": clock_set_back,
    "E-TIM-02": slow_exchange,
    "E-TIM-04": sql(f"UPDATE checkpoints SET made_at = '{EARLY}' WHERE size = (SELECT min(size) FROM checkpoints)"),
    "E-CKP-03": signed_by_the_old_key_alone,
    "E-CKP-04": sql("UPDATE checkpoints SET root = zeroblob(32) WHERE size = (SELECT min(size) FROM checkpoints)"),
    "E-CKP-05": longer_checkpoint,
    "E-CKP-06": rewritten_finding,
    "E-CKP-07": older_database,
    "W-CKP-10": state_signed_before_the_crash,
    "E-BLB-01": wire_never_kept,
    "E-BLB-02": sql(f"UPDATE snapshots SET body = CAST(body || x'00' AS BLOB) WHERE snapshot_id = {NEWEST_BODY}"),
    "W-BLB-03": stray_snapshot,
    "T-BLB-05": withheld,
    "W-RUN-01": unended_poll,
}


@pytest.fixture
def broken(sound: Path, tmp_path: Path) -> Path:
    """A copy of the sound archive."""
    return Path(shutil.copytree(sound, tmp_path / "broken"))


def test_a_sound_archive_is_sound(sound: Path) -> None:
    """Nothing is told of an archive with which nothing is wrong, but that nobody outside vouches for it."""
    done = verified(sound)
    assert (dict(done.problems.counts), done.status) == ({}, UNANCHORED)
    assert done.bodies is not None
    assert done.bodies.snapshots == 5


@pytest.mark.fault("F08", "D11", "D12", "D16")
@pytest.mark.parametrize("code", BREAKING)
def test_each_code_is_told_of_what_it_means_and_nothing_else(broken: Path, code: str) -> None:
    """An archive that is broken in one way brings the code of that way alone, in a sentence that says what to do."""
    BREAKING[code](broken)
    before = {path: path.read_bytes() for path in broken.rglob("*") if path.is_file()}
    done = verified(broken)
    assert codes(done) == {code}
    assert done.status == (BROKEN if code.startswith("E") else UNANCHORED)
    for one in done.problems.kept:
        assert CODES[one.code].expected in one.sentence()
        assert CODES[one.code].advice in one.sentence()
    assert {path: path.read_bytes() for path in before if path.exists()} == before


def no_such_day(conn: sqlite3.Connection, entry: int) -> None:
    """A fact, and its leaf, of the 31st of February."""
    day = "2026-02-31T00:00:00.000000Z"
    conn.execute("UPDATE annotations SET made_at = ? WHERE annotation_id = 2", [day])
    rewrite_leaf(conn, entry, made_at=day)


MORE = {
    "a file of no bytes": ("E-DB-01", lambda directory: (directory / "archive.db").write_bytes(b"")),
    "half a file": ("E-DB-02", cut_short),
    "a text": ("E-DB-02", lambda directory: (directory / "archive.db").write_text("made-up text, no database" * 9)),
    "an empty database": ("E-DB-05", lambda directory: header("VACUUM")(no_file(directory) or directory)),
    "a guard that lets through": (
        "E-DB-04",
        header("DROP TRIGGER log_no_delete", "CREATE TRIGGER log_no_delete BEFORE DELETE ON log BEGIN SELECT 1; END"),
    ),
    "a trigger of somebody": ("E-DB-04", header("CREATE TRIGGER x AFTER INSERT ON polls BEGIN SELECT 1; END")),
    "a table of somebody": ("E-DB-04", header("CREATE TABLE x (y)")),
    "a view of somebody": ("E-DB-04", header("CREATE VIEW x AS SELECT 1")),
    "an index gone": ("E-DB-04", header("DROP INDEX captures_by_sha256")),
    "a table gone": ("E-DB-04", header("DROP TABLE findings")),
    "a column added": ("E-DB-04", header("ALTER TABLE polls ADD COLUMN mood TEXT")),
    "another note of a migration": ("E-DB-04", header("UPDATE _sqlite_migrations SET name = 'm000' WHERE id = 1")),
    "a body gone": ("E-BLB-02", sql("UPDATE snapshots SET body = x'' WHERE snapshot_id = 1")),
    "a body that is none": ("E-BLB-02", sql("UPDATE snapshots SET body = x'00112233' WHERE snapshot_id = 1")),
    "a hash of an entry": ("E-LOG-06", sql("UPDATE log SET leaf_hash = zeroblob(32) WHERE entry = 3")),
    "a note that is none": (
        "E-CKP-03",
        sql("UPDATE checkpoints SET note = 'made up' WHERE size = (SELECT max(size) FROM checkpoints)"),
    ),
    "a leaf without a field": (
        "E-LOG-08",
        in_the_tail(lambda conn, entry: rewrite_leaf(conn, entry, text=None)),
    ),
    "a leaf of no kind": ("E-LOG-08", in_the_tail(lambda conn, entry: rewrite_leaf(conn, entry, kind="x"))),
    "a leaf of another fact": (
        "E-COL-03",
        in_the_tail(lambda conn, entry: rewrite_leaf(conn, entry, annotation_id=1)),
    ),
    "an instant that no calendar has": ("E-TIM-01", in_the_tail(no_such_day)),
}


@pytest.mark.fault("F04")
@pytest.mark.parametrize("way", MORE)
def test_other_ways_to_break_it_have_the_same_codes(broken: Path, way: str) -> None:
    """A code stands for a kind of damage: other damage of that kind brings it as well."""
    code, breaking = MORE[way]
    breaking(broken)
    done = verified(broken)
    assert code in codes(done)
    assert codes(done) <= {code, "E-CKP-06"}
    assert done.status == BROKEN


def test_what_is_not_signed_yet_is_told(broken: Path) -> None:
    """Entries after the newest checkpoint are no fault: W-CKP-09 says how many they are."""
    annotate(broken, "not signed yet")
    done = verified(broken, newest_note(broken))
    assert dict(done.problems.counts) == {"W-CKP-09": 1}
    assert done.status == SOUND


def test_a_clock_that_was_set_back_is_explained_by_an_annotation(broken: Path) -> None:
    """The entry stays as it is; once an annotation names it, it is no fault any more."""
    clock_set_back(broken)
    with closing(sqlite3.connect(broken / "archive.db")) as conn:
        entry = newest_entry(conn)
    annotate(broken, "The clock was set back.", entry=entry)
    assert codes(verified(broken)) == set()


# ---------------------------------------------------------------- beside what others hold


class Stamp(NamedTuple):
    """What a made-up authority says of a note."""

    time: str | None
    problem: str | None


def made_up_authority(evidence: bytes, note: str) -> Stamp:
    """Checks a made-up time stamp: an instant, and the SHA-256 of the note it is over."""
    time, digest = evidence.decode().split()
    good = digest == hashlib.sha256(note.encode()).hexdigest()
    return Stamp(time, None) if good else Stamp(None, "it is over another text than this checkpoint")


def stamped(directory: Path, time: str, note: str | None = None) -> None:
    """Have the newest checkpoint stamped by the made-up authority, whose clock shows this."""
    over = newest_note(directory)
    evidence = f"{time} {hashlib.sha256((note or over).encode()).hexdigest()}".encode()
    with open_evidence(directory) as evidence_db:
        size = int(over.split("\n")[1])
        row = {"got_at": utc_now(), "size": size, "kind": "rfc3161", "party": "made up", "evidence": evidence}
        append(evidence_db.db, "anchors", row)
        sign_log(evidence_db)


def test_a_time_stamp_anchors_the_archive(broken: Path) -> None:
    """A token that holds makes a sound archive sound and anchored, until it is older than was asked for."""
    now = utc_now()
    stamped(broken, now)
    done = verified(broken, check_token=made_up_authority)
    assert (codes(done), done.status, done.vouched) == (set(), SOUND, (Vouched(22, now, "made up"),))
    later = verified(broken, check_token=made_up_authority, now=datetime.now(UTC) + timedelta(hours=26))
    assert later.status == UNANCHORED


def test_a_time_stamp_that_does_not_hold_is_a_fault(broken: Path) -> None:
    """E-ANC-03: the token is over something else."""
    stamped(broken, utc_now(), note="another text")
    done = verified(broken, check_token=made_up_authority)
    assert (codes(done), done.status) == ({"E-ANC-03"}, BROKEN)


@pytest.mark.fault("K08")
def test_an_authority_with_another_clock_is_told(broken: Path) -> None:
    """W-ANC-04: eleven minutes are more than two clocks should differ."""
    stamped(broken, (datetime.now(UTC) - timedelta(minutes=11)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    done = verified(broken, check_token=made_up_authority)
    assert (codes(done), done.status) == ({"W-ANC-04"}, SOUND)


def test_an_entry_that_is_older_than_an_anchor_before_it_is_back_dated(broken: Path) -> None:
    """E-TIM-03: what comes after a stamped checkpoint cannot have been recorded long before the stamp."""
    stamped(broken, (datetime.now(UTC) + timedelta(minutes=11)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    annotate(broken, "recorded just now, and the stamp is from the future")
    done = verified(broken, check_token=made_up_authority)
    assert codes(done) == {"E-TIM-03", "W-ANC-04"}
    assert done.problems.counts["E-TIM-03"] == 2


def test_an_anchor_that_cannot_be_checked_is_never_called_good(broken: Path) -> None:
    """W-ANC-06: without means to check it, an anchor counts for nothing."""
    stamped(broken, utc_now())
    done = verified(broken)
    assert (dict(done.problems.counts), done.status) == ({"W-ANC-06": 1}, UNANCHORED)


def test_a_checkpoint_held_outside_anchors_the_archive(broken: Path) -> None:
    """What somebody else holds and what the archive shows agree; later entries are no matter."""
    note = newest_note(broken)
    with open_evidence(broken) as evidence:
        polled(evidence, b"later")
        sign_log(evidence)
    done = verified(broken, note)
    assert (codes(done), done.status, [one.size for one in done.vouched]) == (set(), SOUND, [22])


def test_a_checkpoint_of_a_longer_log_is_held_outside(broken: Path, tmp_path: Path) -> None:
    """E-ANC-01: an older copy of the archive is shown, complete with its own checkpoints and signer."""
    shutil.copytree(broken, tmp_path / "old")
    with open_evidence(broken) as evidence:
        polled(evidence, b"later")
        sign_log(evidence)
    assert codes(verified(tmp_path / "old")) == set()
    done = verified(tmp_path / "old", newest_note(broken))
    assert (codes(done), done.status) == ({"E-ANC-01"}, BROKEN)


@pytest.mark.fault("D13", "M26")
def test_a_checkpoint_of_another_history_is_held_outside(broken: Path) -> None:
    """E-ANC-02: history was written and signed anew by whoever has the keys; the copy inside agrees with itself."""
    note = newest_note(broken)
    rewritten_finding(broken)
    with intruder(broken) as conn:
        sign_anew(broken, conn)
    assert codes(verified(broken)) == set()
    done = verified(broken, note)
    assert (codes(done), done.status) == ({"E-ANC-02"}, BROKEN)


def test_a_checkpoint_of_nobody_we_know_is_no_anchor(broken: Path, tmp_path: Path) -> None:
    """E-ANC-05: another archive's checkpoint is refused, and so is one under our name by a key that we do not know."""
    sound_archive(tmp_path / "other")
    foreign = newest_note(tmp_path / "other")
    assert foreign.startswith(ORIGIN)
    done = verified(broken, foreign)
    assert (codes(done), done.status) == ({"E-ANC-05"}, BROKEN)


def test_a_key_from_elsewhere_has_to_be_a_key_of_the_log(broken: Path, tmp_path: Path) -> None:
    """E-CKP-08: an archive made anew under the same name announces other keys than the one you were given."""
    sound_archive(tmp_path / "other")
    theirs, ours = (
        tuple(read_verifier(row[0]) for row in rows(directory, "SELECT verifier FROM keys"))
        for directory in (tmp_path / "other", broken)
    )
    assert codes(verified(broken, keys=ours[:1])) == set()
    assert codes(verified(broken, keys=theirs)) == {"E-CKP-08"}
    assert codes(verified(broken, newest_note(tmp_path / "other"), keys=theirs)) == {"E-CKP-08", "E-ANC-02"}


def rows(directory: Path, query: str) -> list[tuple[str, ...]]:
    """What the database answers."""
    with closing(sqlite3.connect(directory / "archive.db")) as conn:
        return conn.execute(query).fetchall()


# ---------------------------------------------------------------- the registry


ELSEWHERE = {
    "W-CKP-09", "E-CKP-08", "E-TIM-03", "E-ANC-01", "E-ANC-02", "E-ANC-03", "W-ANC-04", "E-ANC-05", "W-ANC-06",
}  # fmt: skip
"""Codes that need something held outside, or are no fault: each has a story of its own above."""


def test_every_code_has_a_broken_archive() -> None:
    """A code without a fixture would be a promise that nobody has seen kept."""
    assert set(BREAKING) | ELSEWHERE == set(CODES)
    source = Path(__file__).read_text(encoding="utf-8")
    assert all(f'{{"{code}"' in source or f'"{code}"}}' in source or f'"{code}": 1' in source for code in ELSEWHERE)


def test_the_documentation_lists_every_code_in_the_words_of_the_registry() -> None:
    """docs/verify.md holds the table that the registry gives, and the exit statuses."""
    text = DOCS.read_text(encoding="utf-8")
    for code, told in CODES.items():
        assert f"| `{code}` | {told.means} | {told.expected} | {told.advice} |\n" in text
    assert text.count("\n| `") == len(CODES)
    for status, meaning in STATUSES.items():
        assert f"| {status} | {meaning} |\n" in text
    assert NOT_RUN in STATUSES
