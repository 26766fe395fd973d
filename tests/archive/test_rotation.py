"""Stories of the key's rotation that is cut at every step and begun again, and of two programs that want to sign at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from archive.checkpoints import announced_keys, rotate_key, sign_log, signer_of
from archive.database import ArchiveError, Evidence, WriterConnection, open_evidence
from archive.log import log_size, root_at
from archive.notes import read_checkpoint, read_verifier, signed_by
from tests.archive.made_captures import new_archive, poll, record

STEPS = ("open", "fsync", "replace", "link")
"""Calls by which the signer touches the disk."""


class PowerCut(BaseException):
    """The machine stops here."""


class Cuts:
    """Stops the machine right after step `at` of all that touches the disk, which is just before the next one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self.at, self.step, self.names = at, 0, []
        for name in STEPS:
            monkeypatch.setattr(os, name, self._watched(name, getattr(os, name)))
        execute = WriterConnection.execute

        def watched(connection, sql, *values):
            if sql != "COMMIT":
                return execute(connection, sql, *values)
            return self._do("commit", lambda: execute(connection, sql))

        monkeypatch.setattr(WriterConnection, "execute", watched)

    def _watched(self, name, call):
        def watched(*given, **named):
            if name == "open" and "signer" not in str(given[0]):
                return call(*given, **named)
            return self._do(name, lambda: call(*given, **named))

        return watched

    def _do(self, name, work):
        step, self.step = self.step, self.step + 1
        self.names.append(name)
        done = work()
        if self.at == step:
            raise PowerCut
        return done


def assert_rotated_once(evidence: Evidence) -> None:
    """Two keys announced, a checkpoint signed by both, the new one in place, the old one kept aside; the next by the new."""
    known = [read_verifier(text) for text in announced_keys(evidence.db)]
    assert len(known) == 2
    notes = [note for (note,) in evidence.db.execute("SELECT note FROM checkpoints ORDER BY size")]
    by = [signed_by(note, known)[1] for note in notes]
    assert set(known) in by
    signer = signer_of(evidence)
    assert signer.verifier() == known[1]
    assert not signer.has_next_key
    retired = list(signer.folder.glob("retired-*.pem"))
    assert [path.name for path in retired] == [f"retired-{known[0].key_id.hex()}.pem"]
    record(evidence.db, poll(evidence.db), b"after the rotation")
    assert signed_by(sign_log(evidence).note, known)[1] == {known[1]}
    for size, note in evidence.db.execute("SELECT size, note FROM checkpoints").fetchall():
        assert read_checkpoint(signed_by(note, known)[0]).root == root_at(evidence.db, size)


@pytest.mark.parametrize(
    "poll_between", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["at-once", "after-a-poll"]
)
def test_a_rotation_cut_at_any_step_and_begun_again_comes_to_the_same(tmp_path, monkeypatch, poll_between):
    """After each touch of the disk, also with a poll that signs in between: one rotation, never two, never half."""
    at, seen = 0, []
    with new_archive(tmp_path / "start") as evidence:
        record(evidence.db, poll(evidence.db))
        sign_log(evidence)
        record(evidence.db, poll(evidence.db), b"not signed yet")
    while True:
        folder = tmp_path / f"cut-{at}"
        shutil.copytree(tmp_path / "start", folder)
        with open_evidence(folder) as evidence, monkeypatch.context() as patched:
            cuts = Cuts(patched, at)
            try:
                rotate_key(evidence, "yearly")
            except PowerCut:
                pass
            else:
                seen = cuts.names
                break
        with open_evidence(folder) as evidence:
            if poll_between and signer_of(evidence).has_next_key:
                record(evidence.db, poll(evidence.db), b"a poll between")
                known = [read_verifier(text) for text in announced_keys(evidence.db)]
                assert signed_by(sign_log(evidence).note, known)[1] == set(known)
            rotate_key(evidence, "yearly")
            assert_rotated_once(evidence)
        at += 1
    assert {"replace", "link", "commit", "fsync", "open"} <= set(seen)
    assert at == len(seen) > 20


def test_a_next_key_that_was_not_announced_signs_nothing(tmp_path):
    """Cut after the key was made and before the log named it: nobody could check what it signed."""
    with new_archive(tmp_path) as evidence:
        record(evidence.db, poll(evidence.db))
        sign_log(evidence)
        signer_of(evidence).make_key("next-key.pem")
        record(evidence.db, poll(evidence.db), b"one more")
        note = sign_log(evidence).note
        assert note.count("\N{EM DASH} ") == 1


def test_another_reason_later_is_another_rotation(tmp_path):
    """A second rotation is made when it is meant: for another reason, or after something was recorded."""
    with new_archive(tmp_path) as evidence:
        record(evidence.db, poll(evidence.db))
        for count, reason in ((2, "yearly"), (2, "yearly"), (3, "stolen")):
            rotate_key(evidence, reason)
            assert len(announced_keys(evidence.db)) == count
        record(evidence.db, poll(evidence.db), b"a year later")
        rotate_key(evidence, "stolen")
        assert len(announced_keys(evidence.db)) == 4


SIGNER = """
import sys, time
from pathlib import Path
from archive.checkpoints import sign_log
from archive.database import open_evidence
from archive.errors import ArchiveError
from tests.archive.made_captures import poll, record
done = refused = 0
while done < 5:
    try:
        with open_evidence(Path(sys.argv[1])) as evidence:
            record(evidence.db, poll(evidence.db), f"{sys.argv[2]} {done}".encode())
            sign_log(evidence)
            done += 1
            time.sleep(0.05)
    except ArchiveError as error:
        assert "is being written by" in str(error), error
        refused += 1
        time.sleep(0.01)
print(refused)
"""


def test_of_two_programs_that_want_to_sign_one_waits(tmp_path):
    """The writer's lock lets one in at a time: every checkpoint is a prefix of the log, no note is lost, none is signed twice."""
    with new_archive(tmp_path) as evidence:
        sign_log(evidence)
    top = Path(__file__).parent.parent.parent
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SIGNER, str(tmp_path), name], cwd=top, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for name in ("one", "two")
    ]
    said = [process.communicate(timeout=60) for process in running]
    assert [errors for _, errors in said] == [b"", b""]
    assert sum(int(out) for out, _ in said) > 0
    with open_evidence(tmp_path) as evidence:
        known = [read_verifier(text) for text in announced_keys(evidence.db)]
        notes = evidence.db.execute("SELECT size, root, note FROM checkpoints ORDER BY size").fetchall()
        assert len(notes) == 11
        for size, root, note in notes:
            assert read_checkpoint(signed_by(note, known)[0])[1:] == (size, root)
            assert root == root_at(evidence.db, size)
        assert signer_of(evidence).last().checkpoint.size == notes[-1][0] == log_size(evidence.db)


def test_threads_of_one_program_sign_in_turn(tmp_path):
    """Two heads at once, one signer: exactly one note for each size, whoever comes first."""
    with new_archive(tmp_path) as evidence:
        sign_log(evidence)
        troubles: list[BaseException] = []

        def work(name: int) -> None:
            with suppress(ArchiveError):
                for n in range(15):
                    try:
                        record(evidence.db, poll(evidence.db), f"{name} {n}".encode())
                        sign_log(evidence)
                    except BaseException as error:  # noqa: BLE001 - whatever a thread dies of is what this looks for
                        troubles.append(error)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert troubles == []
        for size, root in evidence.db.execute("SELECT size, root FROM checkpoints").fetchall():
            assert root == root_at(evidence.db, size)
        assert signer_of(evidence).last().checkpoint.size == log_size(evidence.db)
