"""Everything that signing, backup, restore and takedown do to the disk fails once, in turn: old or new stands; a retry works."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.backup import back_up, refuse_altered
from archive.checkpoints import rotate_key, sign_log
from archive.compression import sha256_of
from archive.database import ArchiveError, open_evidence
from archive.restore import Wish, from_backup, from_mirror, restore
from archive.soundness import refuse_unsound
from archive.takedown import Grounds, withhold
from tests.archive.failing import failing
from tests.archive.made_captures import NOW, poll
from tests.archive.made_evidence import kept_archive, rows_in
from tests.archive.made_mirror import write_mirror

Act = Callable[[Path], object]
moments = itertools.count()
GROUNDS = Grounds("made up", "a test", "none: made up", "a test")


def sign(root: Path) -> None:
    with open_evidence(root / "data") as evidence:
        sign_log(evidence)


def rotate(root: Path) -> None:
    with open_evidence(root / "data") as evidence:
        rotate_key(evidence, "yearly")


def backup(root: Path) -> None:
    if not (root / "backups" / "new").exists():
        back_up(root / "data", root / "backups" / "new", with_key=True, software="made-up/1", now=NOW)


def restore_once(root: Path, fill: Callable[[Path], str], new_origin: str | None = None) -> None:
    """As a person would: restore unless that is done, then have it signed."""
    if not rows_in(root / "data")["restores"]:
        restore(root / "data", fill, Wish("a story", new_origin, [], f"2021-08-05T09:35:00.{next(moments):06}Z"))
    sign(root)


def put_back(root: Path) -> None:
    restore_once(root, from_backup(root / "backups" / "one"))


def put_back_from_mirror(root: Path) -> None:
    restore_once(root, from_mirror(root / "mirror"))


def go_on_under_another_name(root: Path) -> None:
    restore_once(root, from_backup(root / "backups" / "one"), "made-up.example/2")


def take_down(root: Path) -> None:
    with open_evidence(root / "data") as evidence:
        withhold(evidence, [sha256_of(b"two")], GROUNDS, {}, NOW)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive, a backup and a mirror of it."""
    root = tmp_path_factory.mktemp("template")
    kept_archive(root / "data")
    back_up(root / "data", root / "backups" / "one", with_key=False, software="made-up/1", now=NOW)
    with open_evidence(root / "data") as evidence:
        write_mirror(evidence.db, root / "mirror")
    return root


def notes_of(root: Path) -> dict[tuple[str, str], str]:
    """Every note there is, by name and size: in the database, and in the state of the signer."""
    notes = [str(row[3]) for row in rows_in(root / "data")["checkpoints"]]
    if (state := root / "data" / "signer" / "state.json").exists():
        notes.append(json.loads(state.read_text())["note"])
    return {(note.split("\n")[0], note.split("\n")[1]): note for note in notes}


def assert_kept(root: Path, before: dict[str, list[tuple[object, ...]]]) -> None:
    """The archive is sound and holds every fact that it held; only withheld bytes may have gone."""
    with open_evidence(root / "data"):
        pass  # rolls back what was cut short
    refuse_unsound(root / "data")
    now = rows_in(root / "data")
    for table, rows in before.items():
        width = None if table != "snapshots" else -1
        assert [row[:width] for row in now[table][: len(rows)]] == [row[:width] for row in rows]


def soak(*story: object) -> object:
    """One of the longer stories, told by the soaks."""
    return pytest.param(*story, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("act", "least", "unsigned"),
    [
        (sign, 5, 1),
        (take_down, 6, 1),
        soak(rotate, 10, 1),
        soak(backup, 15, 1),
        soak(put_back, 20, 0),
        soak(put_back_from_mirror, 20, 0),
        soak(go_on_under_another_name, 20, 0),
    ],
)
def test_every_effect_fails_once(template: Path, tmp_path: Path, act: Act, least: int, unsigned: int) -> None:
    """Failed at its 1st, 2nd, 3rd … effect, the archive is sound with all its facts; a second try does it; one note a size."""
    for number in itertools.count(1):
        root = tmp_path / str(number)
        shutil.copytree(template, root)
        if unsigned:
            with open_evidence(root / "data") as evidence:
                poll(evidence.db)
        before = rows_in(root / "data")
        with failing(root, number) as effects:
            try:
                act(root)
            except (ArchiveError, OSError, sqlite3.Error) as error:
                assert "made" in str(error) or "made-up" in repr(error.__cause__)  # noqa: PT017 - any of three kinds
        assert_kept(root, before)
        halfway = notes_of(root)
        act(root)
        assert_kept(root, before)
        assert all(notes_of(root).get(key, note) == note for key, note in halfway.items())
        leftovers = [*(root / "data").glob("restoring/archive.db*"), *(root / "backups").glob("*.backup-making")]
        assert leftovers == []
        for one in (root / "backups").iterdir():
            refuse_altered(one)
        shutil.rmtree(root)
        if effects.done < number:
            break
    assert number > least
