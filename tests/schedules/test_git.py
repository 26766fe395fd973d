"""Stories of the mirror's commits: nobody's name, no questions asked, an end after the deadline, and nothing forced."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from schedules.git import Pushed, commit_and_push


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file."""
    made = tmp_path / "mirror"
    made.mkdir()
    (made / "checkpoint").write_text("one\r\n")
    return made


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A repository to push to."""
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "bare.git"], check=True)
    return tmp_path / "bare.git"


def git(folder: Path, *arguments: str) -> str:
    """What git says there."""
    done = subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, remote: Path | str | None = None, *, branch: str = "main", seconds: float = 30) -> Pushed:
    """One commit and push."""
    return commit_and_push(folder, "Checkpoint of 1 leaves", remote and str(remote), branch, seconds)


def test_a_commit_holds_every_file_byte_for_byte_and_is_nobody_s(folder, bare, monkeypatch, tmp_path):
    """Whatever the account's settings say: line ends stay, ignored names go in, no hook runs, no person is the author."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text(
        f"[user]\nname = A Person\nemail = person@example.org\n[core]\nautocrlf = true\nhooksPath = {tmp_path / 'hooks'}\n"
        f"excludesFile = {tmp_path / 'ignored'}\n[commit]\ngpgsign = true\n"
    )
    (tmp_path / "ignored").write_text("*.jsonl\n")
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "hooks" / "pre-commit").chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "A Person")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    (folder / "leaves.jsonl").write_bytes(b"{}\n")
    (folder / ".x.making").write_bytes(b"left by a crash")
    done = commit(folder, bare)
    monkeypatch.delenv("GIT_DIR")
    assert done == Pushed(git(bare, "rev-parse", "main"), None)
    assert git(bare, "log", "--format=%an %ae %cn %ce", "main") == " ".join(
        ["opt-out-archive", "opt-out-archive@localhost"] * 2
    )
    assert git(bare, "ls-tree", "--name-only", "main").split() == ["checkpoint", "leaves.jsonl"]
    shown = subprocess.run(["git", "-C", bare, "show", "main:checkpoint"], check=True, capture_output=True)
    assert shown.stdout == b"one\r\n"


def test_nothing_new_is_no_new_commit_and_a_push_that_failed_is_made_good(folder, bare, tmp_path):
    """The same files twice are one commit; what could not be pushed goes with the next push."""
    gone = commit(folder, tmp_path / "nowhere.git")
    assert gone.commit is not None
    assert "push failed" in gone.problem
    assert str(tmp_path) not in gone.problem
    again = commit(folder, bare)
    assert again == Pushed(gone.commit, None)
    (folder / "checkpoint").write_text("two\n")
    after = commit(folder, bare)
    assert git(bare, "rev-list", "main").split() == [after.commit, gone.commit]


def test_a_lock_that_a_crash_of_git_left_does_not_stop_it_for_ever(folder):
    """The poller is the folder's only writer, so a lock that stands before it begins is nobody's."""
    commit(folder)
    (folder / ".git" / "index.lock").write_text("")
    (folder / "checkpoint").write_text("two\n")
    assert commit(folder).problem is None


def test_a_repository_that_is_no_folder_is_told(folder):
    """Something else in the place of the repository: words, not an exception."""
    (folder / ".git").write_text("gitdir: elsewhere\n")
    done = commit(folder)
    assert done.commit is None
    assert "Not a directory" in done.problem


def test_a_folder_inside_another_repository_gets_its_own(tmp_path, folder):
    """A data folder inside somebody's checkout: their repository is left alone."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    assert commit(folder).problem is None
    assert git(tmp_path, "status", "--porcelain", "--ignored") == "?? mirror/"
    assert git(folder, "rev-parse", "--show-toplevel") == str(folder.resolve())


def test_a_remote_that_does_not_answer_is_left_at_the_deadline(folder, monkeypatch, tmp_path):
    """Ssh that hangs: all that git started ends with it."""
    hang = tmp_path / "hang"
    hang.write_text(f"#!/bin/sh\necho $$ > {tmp_path / 'process'}\nexec sleep 60\n")
    hang.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(hang))
    began = time.monotonic()
    done = commit(folder, "ssh://git.example/log.git", seconds=2)
    assert time.monotonic() - began < 10
    assert done.problem == "git push did not end in time"
    process = int((tmp_path / "process").read_text())
    until = time.monotonic() + 5
    while _runs(process) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(process)


def _runs(process: int) -> bool:
    """Whether a process still works; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_without_git_the_files_stay_and_the_words_say_so(folder, monkeypatch):
    """No git on the machine is a finding, not an end."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert commit(folder) == Pushed(None, "there is no git on this machine")
