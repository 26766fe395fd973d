"""Stories about `make demo`: it says that figures are made up, publishes one more release, and leaves nothing behind.

Never runs the archive itself: any command can stand in its place.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.demo import MARKER, corrected, fresh

HERE = Path(__file__).parent.parent
LOOK = """
import pathlib, sys, time, tomllib, urllib.request
stated = tomllib.loads(next(pathlib.Path(sys.argv[1]).glob("*.toml")).read_text())
for _ in range(200):
    page = urllib.request.urlopen(stated["seed"]).read().decode()
    print(page.count("Published: "), page.count("upcoming-publications"), stated["made_up"], flush=True)
    if "upcoming-publications" not in page:
        sys.exit(5)
    time.sleep(0.05)
"""
WAIT = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nprint('ready', flush=True)\ntime.sleep(60)"


def demo(tmp_path: Path, *command: str) -> subprocess.Popen[str]:
    """The demonstration with a command of ours in place of the archive."""
    ours = ["--data", str(tmp_path / "data"), "--later", "2", "--releases", "3", "--lsoas", "60"]
    line = [sys.executable, "-m", "tests.demo", *ours, "--", sys.executable, *command]
    places = os.environ | {"PYTHONPATH": str(HERE)}
    return subprocess.Popen(line, cwd=HERE, stdout=subprocess.PIPE, text=True, env=places)


def test_a_release_comes_out_while_one_watches(tmp_path: Path) -> None:
    """First a stub is announced, then it is out; the command's status is the demonstration's; made-up is said first."""
    with demo(tmp_path, "-c", LOOK, "{schedules}") as running:
        said = running.communicate(timeout=30)[0].splitlines()
    assert running.returncode == 5
    assert "ALL FIGURES ARE MADE UP" in said[0]
    # The banner above every page says "Published: " too: it is one of the real site's traps.
    assert "2 1 True" in said
    assert said[-1] == "2 0 True"
    assert (tmp_path / "data" / MARKER).exists()


def test_a_signal_is_passed_on_and_both_end(tmp_path: Path) -> None:
    """SIGTERM reaches the command once; the demonstration ends with the command's status, within a moment."""
    with demo(tmp_path, "-c", WAIT) as running:
        assert running.stdout is not None
        while "ready" not in running.stdout.readline():
            pass
        started = time.monotonic()
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=10)
    assert running.returncode == 7
    assert time.monotonic() - started < 3


def test_a_folder_that_is_no_demonstrations_is_left_alone(tmp_path: Path) -> None:
    """A folder that holds anything else is refused; a demonstration's own is emptied."""
    (tmp_path / "archive.db").write_text("precious")
    with pytest.raises(SystemExit, match="no demonstration's folder"):
        fresh(tmp_path)
    assert (tmp_path / "archive.db").read_text() == "precious"
    ours = tmp_path / "demo"
    fresh(ours)
    (ours / "old").write_text("old")
    fresh(ours)
    assert [one.name for one in ours.iterdir()] == [MARKER]


def test_the_replaced_file_differs_in_one_figure() -> None:
    """The correction halves the first row's count and touches nothing else."""
    assert corrected(b'H\r\na,"b, c",8\r\nd,e,9\r\n') == b'H\r\na,"b, c",4\r\nd,e,9\r\n'
