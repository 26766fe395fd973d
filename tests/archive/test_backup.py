"""Stories of backups: whole or not there, made while the archive is written, never over another, never of what is not sound."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from archive.backup import back_up, refuse_altered
from archive.database import ArchiveError, open_evidence
from archive.log import leaf_hashes
from archive.soundness import refuse_unsound
from tests.archive.made_captures import NOW
from tests.archive.made_evidence import kept_archive, rows_in, signed_poll, spoil


def backed_up(directory: Path, destination: Path, *, with_key: bool = False) -> Path:
    """A backup, made now."""
    return back_up(directory, destination, with_key=with_key, software="made-up/1", now=NOW).folder


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """An archive with every kind of fact."""
    return kept_archive(tmp_path / "data")


def test_a_backup_holds_every_row_and_what_a_stranger_needs_to_check_it(kept: Path, tmp_path: Path) -> None:
    """Rows, keys and newest checkpoint are there, the manifest names every file, and no private key is among them."""
    folder = backed_up(kept, tmp_path / "backups" / "one")
    assert rows_in(folder) == rows_in(kept)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert [name.split("/")[0] for name in files] == ["archive.db", "checkpoint", "keys", "manifest.json"]
    assert sorted(json.loads((folder / "manifest.json").read_text())["files"]) == [
        n for n in files if n != "manifest.json"
    ]
    assert refuse_unsound(folder).size == refuse_unsound(kept).size
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert list((tmp_path / "backups").iterdir()) == [folder]


def test_the_private_key_goes_along_only_where_it_is_asked_for(kept: Path, tmp_path: Path) -> None:
    """Key and state are copied as they are, readable by their owner alone."""
    folder = backed_up(kept, tmp_path / "one", with_key=True)
    for name in ("key.pem", "state.json"):
        assert (folder / "signer" / name).read_bytes() == (kept / "signer" / name).read_bytes()
        assert (folder / "signer" / name).stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    shutil.rmtree(kept / "signer")
    with pytest.raises(ArchiveError, match="no signing key"):
        backed_up(kept, tmp_path / "two", with_key=True)


def test_a_backup_is_never_written_over(kept: Path, tmp_path: Path) -> None:
    """A second one of the same name is refused in plain words, and the first is as it was."""
    folder = backed_up(kept, tmp_path / "one")
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(ArchiveError, match="never written over"):
        backed_up(kept, tmp_path / "one")
    assert (folder / "manifest.json").read_bytes() == before


def test_what_is_not_sound_is_not_backed_up(kept: Path, tmp_path: Path) -> None:
    """An altered archive would push the good backups out: it is refused, and nothing is left behind."""
    spoil(kept, "UPDATE captures SET status = 404 WHERE capture_id = 2")
    with pytest.raises(ArchiveError, match="captures 2"):
        backed_up(kept, tmp_path / "backups" / "one")
    assert not (tmp_path / "backups").exists()


@pytest.mark.fault("F15")
def test_a_backup_that_was_altered_later_is_refused(kept: Path, tmp_path: Path) -> None:
    """Every file is held against the manifest, a missing one too."""
    folder = backed_up(kept, tmp_path / "one")
    (folder / "checkpoint").write_text("altered")
    with pytest.raises(ArchiveError, match=r"checkpoint altered"):
        refuse_altered(folder)
    (folder / "checkpoint").unlink()
    with pytest.raises(ArchiveError, match="no whole backup"):
        refuse_altered(folder)


def test_leftovers_of_a_backup_that_was_cut_short_are_swept(kept: Path, tmp_path: Path) -> None:
    """What a crash left is removed by the next backup; what somebody is filling at this moment is not."""
    left, filling = tmp_path / "old.backup-making", tmp_path / "other.backup-making"
    for folder in (left, filling):
        folder.mkdir()
        (folder / "archive.db").write_bytes(b"half")
    handle = os.open(filling, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        backed_up(kept, tmp_path / "one")
    finally:
        os.close(handle)
    assert not left.exists()
    assert filling.exists()


@pytest.mark.fault("D06")
def test_a_backup_made_while_the_archive_is_written_is_a_beginning_of_it(kept: Path, tmp_path: Path) -> None:
    """Four backups beside a writer that never rests: each is sound, and its log is the beginning of the log as it is later."""
    done = threading.Event()
    failures: list[BaseException] = []

    def write() -> None:
        try:
            with open_evidence(kept) as evidence:
                while not done.is_set():
                    signed_poll(evidence, os.urandom(3_000))
        except BaseException as error:  # noqa: BLE001 - told by the thread that looks
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        folders = [backed_up(kept, tmp_path / str(number)) for number in range(4)]
    finally:
        done.set()
        writer.join()
    assert failures == []
    with open_evidence(kept) as evidence:
        whole = list(leaf_hashes(evidence.db))
    sizes = [refuse_unsound(folder).size for folder in folders]
    for folder, size in zip(folders, sizes, strict=True):
        with open_evidence(folder) as copy:
            assert list(leaf_hashes(copy.db)) == whole[:size]
    assert sizes == sorted(sizes)
    assert len(whole) > sizes[0], "nothing was written meanwhile: the story told nothing"
