"""A thousand kills during polling, signing, backup and restore: sound afterwards, nothing lost, no size signed twice.

A part of them by default, to keep the soaks short; `OPTOUT_KILLS=1000 make soak` tells the whole story.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = int(os.environ.get("OPTOUT_KILLS", "120"))


@pytest.mark.parametrize("kills", [16, pytest.param(KILLS, marks=pytest.mark.slow)])
def test_kills_during_polling_signing_backup_and_restore(tmp_path: Path, kills: int) -> None:
    """After each kill: what was said to be kept is there, all of it checks, and every note of one size is the same note."""
    command = [sys.executable, "-m", "tests.kept_until_killed", str(tmp_path), "20261124", str(kills)]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    print(seen)
    assert sum(seen[act] for act in ("poll", "sign", "backup", "restore")) == kills
    left_behind = ("journals", "leftovers") if kills > 100 else ()  # a few kills need not hit upon either
    for kind in ("capture", "note", "backed up", "restored", "backups", *left_behind):
        assert seen.get(kind, 0) > 0, f"no {kind}: the story told nothing"
    assert seen["sizes signed"] > kills // 2
