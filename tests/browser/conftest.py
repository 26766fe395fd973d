"""What stories of the screen share: a real Chromium, made-up archives that are served, and the rules of axe-core.

Never reaches beyond this machine: Chromium is given nothing but the pages that are served here.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.serve import Server, address_of, listen, make_site
from schedules.cli import run
from tests.archive.made_pages import reworded_archive
from tests.archive.made_site import empty_archive, filled_archive, unreachable_archive

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"Chromium is not here (looked for {CHROMIUM})"),
]
"""Marks of every story that needs a browser."""


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serves an archive from a thread of this process, and ends with it."""
    with listen("127.0.0.1", 0) as bound:
        server = Server.of(make_site(directory).app())
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])))
        thread.start()
        try:
            yield address_of(bound).rstrip("/")
        finally:
            server.should_exit = True
            thread.join(timeout=10)


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    """Where the four made-up archives are served."""
    directory = tmp_path_factory.mktemp("screens")
    filled, empty = filled_archive(directory / "filled"), empty_archive(directory / "empty")
    unreachable, reworded = unreachable_archive(directory / "unreachable"), reworded_archive(directory / "reworded")
    with served(filled) as one, served(empty) as two, served(unreachable) as three, served(reworded) as four:
        yield {"filled": one, "empty": two, "unreachable": three, "reworded": four}


@pytest.fixture(scope="module")
def browser():
    """A real Chromium that talks to nobody but the pages it is given. Module-wide: its loop must not outlive these stories."""
    from playwright.sync_api import sync_playwright  # where Chromium is absent, nothing of it is needed

    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def phone(browser):
    """A phone without scripts, 360 pixels wide."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False, has_touch=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(browser):
    """A window on a desk."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    yield page
    page.close()


def checked_by_a_stranger(saved, directory: Path) -> Path:
    """The folder of a pack that was downloaded, found SOUND by its own verifier in a plain python3 that knows nothing of us."""
    with zipfile.ZipFile(saved.path()) as archive:
        archive.extractall(directory)
    folder = next(one for one in directory.iterdir() if (one / "verify_pack.py").is_file())
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")
    done = subprocess.run(
        [python, "-I", "verify_pack.py"], cwd=folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SOUND" in done.stdout
    return folder


@pytest.fixture
def optout(archive, capsys):
    """Runs the command on the archive: (exit status, what it printed, what it told on standard error)."""

    def call(*arguments):
        status = run(["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet", *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return call
