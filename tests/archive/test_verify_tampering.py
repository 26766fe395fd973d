"""Stories of history rewritten: what each tampering looks like from inside, and beside one checkpoint held elsewhere."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from archive.checkpoints import sign_log
from archive.clock import utc_now
from archive.database import open_evidence
from archive.merkle import leaf_hash
from archive.migrations import NUMBERS
from archive.signer import ForkError
from archive.store import append
from tests.archive.made_sound import (
    annotate,
    codes,
    entry_of,
    intruder,
    newest_entry,
    newest_note,
    polled,
    renumber_log,
    rewrite_leaf,
    sign_anew,
    sound_archive,
    verified,
)


def edit_a_column(directory: Path) -> None:
    """A row says something else."""
    with intruder(directory) as conn:
        conn.execute("UPDATE findings SET found = 'nothing odd'")


def edit_a_leaf(directory: Path) -> None:
    """A leaf says something else, and its hash stays."""
    with intruder(directory) as conn:
        conn.execute("UPDATE log SET leaf = replace(leaf, 'a new column', 'nothing odd')")


def edit_a_leaf_and_its_hash(directory: Path) -> None:
    """A leaf says something else, and its hash fits it."""
    with intruder(directory) as conn:
        rewrite_leaf(conn, entry_of(conn, "findings", 1), found="nothing odd")


def edit_row_leaf_and_hash(directory: Path) -> None:
    """Row, leaf and hash all fit each other."""
    edit_a_column(directory)
    edit_a_leaf_and_its_hash(directory)


def edit_and_sign_anew(directory: Path) -> None:
    """The same by whoever has the keys."""
    edit_row_leaf_and_hash(directory)
    with intruder(directory) as conn:
        sign_anew(directory, conn)


def take_out(conn: sqlite3.Connection, entry: int) -> None:
    """An entry and its fact."""
    table, number = conn.execute("SELECT fact_table, fact_number FROM log WHERE entry = ?", [entry]).fetchone()
    conn.execute(f"DELETE FROM {table} WHERE {NUMBERS[table]} = ?", [number])
    conn.execute("DELETE FROM log WHERE entry = ?", [entry])


def delete_the_newest(directory: Path) -> None:
    """The newest fact and its entry."""
    with intruder(directory) as conn:
        take_out(conn, newest_entry(conn))


def delete_the_newest_and_its_checkpoint(directory: Path) -> None:
    """The newest fact, its entry, and the checkpoint that covers it."""
    delete_the_newest(directory)
    with intruder(directory) as conn:
        conn.execute("DELETE FROM checkpoints WHERE size > (SELECT count(*) FROM log)")


def and_the_signers_file(directory: Path) -> None:
    """The same in a copy that has no signer, as a published one has none."""
    delete_the_newest_and_its_checkpoint(directory)
    shutil.rmtree(directory / "signer")


def delete_a_middle_entry(directory: Path) -> None:
    """A finding and its entry."""
    with intruder(directory) as conn:
        take_out(conn, entry_of(conn, "findings", 1))


def delete_and_renumber(directory: Path) -> None:
    """The same, and the gap is closed."""
    delete_a_middle_entry(directory)
    with intruder(directory) as conn:
        renumber_log(conn)


def delete_renumber_and_sign_anew(directory: Path) -> None:
    """The same by whoever has the keys."""
    delete_and_renumber(directory)
    with intruder(directory) as conn:
        sign_anew(directory, conn)


def swap_two_leaves(directory: Path) -> None:
    """Two entries change their leaves and hashes."""
    with intruder(directory) as conn:
        pair = [entry_of(conn, "captures", 1), entry_of(conn, "captures", 3)]
        leaves = [conn.execute("SELECT leaf FROM log WHERE entry = ?", [entry]).fetchone()[0] for entry in pair]
        conn.execute("UPDATE log SET leaf_hash = zeroblob(32) WHERE entry = ?", [pair[0]])
        for entry, leaf in zip(reversed(pair), leaves, strict=True):
            conn.execute(
                "UPDATE log SET leaf = ?, leaf_hash = ? WHERE entry = ?", [leaf, leaf_hash(leaf.encode()), entry]
            )


def swap_two_entries(directory: Path) -> None:
    """Two entries change their places, each whole."""
    with intruder(directory) as conn:
        one, other = entry_of(conn, "captures", 1), entry_of(conn, "captures", 3)
        for old, new in ((one, 999), (other, one), (999, other)):
            conn.execute("UPDATE log SET entry = ? WHERE entry = ?", [new, old])


def flip_a_byte_of_a_body(directory: Path) -> None:
    """One bit in the stored bytes of a snapshot, in the file itself."""
    with closing(sqlite3.connect(directory / "archive.db")) as conn:
        (body,) = conn.execute("SELECT body FROM snapshots ORDER BY length(body) DESC").fetchone()
    path = directory / "archive.db"
    content = bytearray(path.read_bytes())
    content[content.index(body[:60]) + 40] ^= 1
    path.write_bytes(content)


def remove_a_body(directory: Path) -> None:
    """A snapshot, whole."""
    with intruder(directory) as conn:
        conn.execute("DELETE FROM snapshots WHERE snapshot_id = (SELECT max(snapshot_id) FROM snapshots)")


def no_bytes(directory: Path) -> None:
    """A database of no bytes."""
    (directory / "archive.db").write_bytes(b"")


def invent_an_entry(directory: Path) -> None:
    """Whoever has the keys adds what never happened."""
    annotate(directory, "never happened")
    with open_evidence(directory) as evidence:
        sign_log(evidence)


NOTHING: set[str] = set()

TAMPERINGS: dict[Callable[[Path], None], tuple[set[str], set[str]]] = {
    edit_a_column: ({"E-COL-01"}, NOTHING),
    edit_a_leaf: ({"E-LOG-06"}, NOTHING),
    edit_a_leaf_and_its_hash: ({"E-COL-01", "E-CKP-06"}, {"E-ANC-02"}),
    edit_row_leaf_and_hash: ({"E-CKP-06"}, {"E-ANC-02"}),
    edit_and_sign_anew: (NOTHING, {"E-ANC-02"}),
    delete_the_newest: ({"E-CKP-05"}, {"E-ANC-01"}),
    delete_the_newest_and_its_checkpoint: ({"E-CKP-07"}, {"E-ANC-01"}),
    and_the_signers_file: (NOTHING, {"E-ANC-01"}),
    delete_a_middle_entry: ({"E-LOG-05", "E-CKP-05", "E-CKP-06"}, {"E-ANC-01"}),
    # The key that was announced later now stands an entry too early for the checkpoint before it.
    delete_and_renumber: ({"E-CKP-03", "E-CKP-05", "E-CKP-06"}, {"E-ANC-01"}),
    delete_renumber_and_sign_anew: (NOTHING, {"E-ANC-01"}),
    swap_two_leaves: ({"E-COL-03", "E-CKP-06"}, {"E-ANC-02"}),
    swap_two_entries: ({"E-CKP-06"}, {"E-ANC-02"}),
    flip_a_byte_of_a_body: ({"E-BLB-02"}, NOTHING),
    remove_a_body: ({"E-BLB-01", "E-COL-03", "E-DB-03"}, NOTHING),
    no_bytes: ({"E-DB-01"}, NOTHING),
    invent_an_entry: (NOTHING, NOTHING),
}
"""Tampering to the codes that are told from inside, and those that one checkpoint held elsewhere adds."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound archive. Stories tamper with a copy of it."""
    directory = tmp_path_factory.mktemp("sound")
    sound_archive(directory)
    return directory


@pytest.mark.fault("F08", "D11", "D12", "D13", "D14")
@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda one: one.__name__)
def test_what_a_tampering_shows(sound: Path, tmp_path: Path, tampering: Callable[[Path], None]) -> None:
    """The codes from inside; and with one checkpoint from elsewhere even what the holder of the keys has rewritten."""
    held, inside_and_outside = newest_note(sound), TAMPERINGS[tampering]
    directory = Path(shutil.copytree(sound, tmp_path / "copy"))
    tampering(directory)
    assert codes(verified(directory)) == inside_and_outside[0]
    assert codes(verified(directory, held)) == inside_and_outside[0] | inside_and_outside[1]


@pytest.mark.fault("D14")
def test_a_longer_history_without_a_middle_entry_is_another_one(sound: Path, tmp_path: Path) -> None:
    """Taken out, renumbered, signed anew and grown beyond what is held outside: then the roots differ (E-ANC-02)."""
    directory = Path(shutil.copytree(sound, tmp_path / "copy"))
    delete_renumber_and_sign_anew(directory)
    with open_evidence(directory) as evidence:
        polled(evidence, b"and on")
        sign_log(evidence)
    assert codes(verified(directory)) == NOTHING
    assert codes(verified(directory, newest_note(sound))) == {"E-ANC-02"}


def test_an_old_backup_that_is_put_in_place_is_not_signed_on(sound: Path, tmp_path: Path) -> None:
    """The signer refuses to go on (E-CKP-02), and verification says why (E-CKP-07); beside what others hold, E-ANC-01 or 02."""
    directory = Path(shutil.copytree(sound, tmp_path / "copy"))
    shutil.copy(directory / "archive.db", tmp_path / "backup.db")
    with open_evidence(directory) as evidence:
        polled(evidence, b"seen and signed")
        sign_log(evidence)
    held = newest_note(directory)
    shutil.copy(tmp_path / "backup.db", directory / "archive.db")
    assert codes(verified(directory)) == {"E-CKP-07"}
    assert codes(verified(directory, held)) == {"E-CKP-07", "E-ANC-01"}
    with open_evidence(directory) as evidence:
        polled(evidence, b"another history")
        for number in range(3):
            append(evidence.db, "annotations", {"made_at": utc_now(), "text": str(number), "made_by": "a test"})
        with pytest.raises(ForkError, match="E-CKP-02"):
            sign_log(evidence)
    assert codes(verified(directory, held)) == {"E-CKP-07", "E-ANC-02"}
