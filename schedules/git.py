"""Commits a folder with git, and pushes it where that is asked for: no shell, no questions, and an end after a deadline.

Never forces a push, never reads a person's name or hooks, and never raises for what git says: trouble is a value.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from scraper.manners import plain

AUTHOR = "opt-out-archive"
LEFT_BY_A_CRASH = ("index.lock", "HEAD.lock")
SETTINGS = (
    "commit.gpgsign=false", "core.hooksPath=/dev/null", "core.autocrlf=false", "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null", "core.fsync=all", "gc.autoDetach=false",
)  # fmt: skip
"""Whatever the machine's settings say, the commit holds the files byte for byte and nothing else runs."""


class Pushed(NamedTuple):
    """What came of a commit and its push."""

    commit: str | None
    """The commit that stands in the folder; None where there is none."""
    problem: str | None


class GitError(Exception):
    """git is missing, refused, or did not end in time. The message is one line for people."""


def commit_and_push(folder: Path, message: str, remote: str | None, branch: str, seconds: float) -> Pushed:
    """Commit everything in `folder`, a repository of its own, and push it to `branch` of `remote`.

    All of it takes at most `seconds`. Whoever calls is the folder's only writer.
    """
    commit = None
    try:
        git = _Git(folder, time.monotonic() + seconds)
        git.prepare(branch)
        git.run("add", "--all", "--", ".", ":(exclude,glob)**/.*.making")
        if git.run("status", "--porcelain", "--untracked-files=no"):
            git.run("commit", "--quiet", "--no-verify", "--message", message)
        commit = git.run("rev-parse", "--verify", "HEAD")
        if remote is not None:
            git.run("push", "--quiet", "--", remote, f"HEAD:refs/heads/{branch}")
    except GitError as error:
        return Pushed(commit, str(error))
    except OSError as error:
        return Pushed(commit, f"git cannot be run on the mirror: {error.strerror}")
    return Pushed(commit, None)


@dataclass(frozen=True)
class _Git:
    """git on one folder, until one deadline (on the monotonic clock)."""

    folder: Path
    deadline: float

    def prepare(self, branch: str) -> None:
        """Make a repository where there is none, and take away what a crash of git left locked."""
        if not (self.folder / ".git").exists():
            self.run("init", "--quiet", within=False)
            self.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        for name in LEFT_BY_A_CRASH:
            (self.folder / ".git" / name).unlink(missing_ok=True)

    def run(self, *arguments: str, within: bool = True) -> str:
        """What git prints. Raises GitError where it fails or takes too long."""
        program = shutil.which("git")
        if program is None:
            raise GitError("there is no git on this machine")
        settings = [part for one in SETTINGS for part in ("-c", one)]
        place = (
            [f"--git-dir={self.folder.resolve() / '.git'}", f"--work-tree={self.folder.resolve()}"] if within else []
        )
        running = subprocess.Popen(  # noqa: S603 - a fixed program, no shell; remote and branch are checked when they are read
            [program, *settings, *place, *arguments], cwd=self.folder, env=_surroundings(os.environ),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            said, errors = running.communicate(timeout=max(0.01, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            os.killpg(running.pid, signal.SIGKILL)  # git starts ssh and others: all of them end
            running.communicate()
            raise GitError(f"git {arguments[0]} did not end in time") from error
        if running.returncode != 0:
            raise GitError(f"git {arguments[0]} failed: {_reason(errors.decode(errors='replace'))}")
        return said.decode(errors="replace").strip()


def _surroundings(of_ours: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in of_ours.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_AUTHOR_NAME": AUTHOR, "GIT_AUTHOR_EMAIL": f"{AUTHOR}@localhost", "GIT_COMMITTER_NAME": AUTHOR,
        "GIT_COMMITTER_EMAIL": f"{AUTHOR}@localhost", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true",
        "GIT_SSH_COMMAND": of_ours.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes"), "LC_ALL": "C",
    }  # fmt: skip


def _reason(errors: str) -> str:
    """The line in which git says what went wrong, without paths of this machine."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "!", "remote:"))]
    return plain((telling or lines or ["it gave no reason"])[0])
