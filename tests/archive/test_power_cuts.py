"""Stories of power that goes while a poll is recorded: whatever the disk had not yet written, old or new stands."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from archive.database import open_evidence
from archive.soundness import refuse_unsound
from archive.store import end_poll
from tests.archive.forgetful_disk import Disk, can_record, recorded
from tests.archive.made_captures import NOW, contents, poll, record
from tests.archive.made_evidence import kept_archive

KEEPS = (0.0, 0.5, 1.0)
"""Of what was not synced: nothing, half of the sectors, or all of it is on the disk."""


def ingest(directory: Path) -> tuple[Disk, list[dict[str, list[tuple[object, ...]]]]]:
    """One poll of two captures, each step acknowledged; what SQLite did, and the rows after each step."""
    with recorded(directory) as disk, open_evidence(directory) as evidence:
        states = [contents(evidence.db)]
        number = poll(evidence.db)
        for step in (
            lambda: record(
                evidence.db, number, random.Random(7).randbytes(20_000), address="https://files.example/new"
            ),
            lambda: record(evidence.db, number, b"one"),
            lambda: end_poll(evidence.db, number, "complete", NOW, None, "Made up."),
            lambda: None,
        ):
            states.append(contents(evidence.db))
            disk.said(str(len(states) - 1))
            step()
    return disk, states


@pytest.mark.skipif(not can_record(), reason="the SQLite of this Python hides its functions")
@pytest.mark.fault("D17", "F14")
def test_whatever_the_disk_forgot_old_or_new_stands(tmp_path: Path) -> None:
    """Cut after every write, sync and removal: what was acknowledged is there, the rest whole or not at all."""
    disk, states = ingest(kept_archive(tmp_path / "data"))
    assert len(states) == 5
    assert len(disk.done) > 60, "hardly anything was recorded: the story told nothing"
    chance, found = random.Random(20210805), set()
    for step in range(len(disk.done) + 1):
        said = max([int(one.name) for one in disk.done[:step] if one.what == "said"], default=0)
        for keeps in KEEPS:
            directory = tmp_path / f"cut-{step}-{keeps}"
            directory.mkdir()
            for name, content in disk.after_a_cut(step, chance, keeps).items():
                (directory / name).write_bytes(content)
            with open_evidence(directory) as evidence:
                stands = states.index(contents(evidence.db))
            assert stands in (said, said + 1), (step, keeps)
            refuse_unsound(directory)
            found.add(stands)
    assert found == set(range(5))
