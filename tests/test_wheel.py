"""The program as it is installed elsewhere: everything it needs is in the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel, far from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=TOP, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, elsewhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", "-m", "schedules.cli", *arguments]
    return subprocess.run(
        command, cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_wheel_carries_its_data(installed):
    """Schedules, schemas, tables, views, registers, metadata, templates and styles travel with the code."""
    names = {path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()}
    for wanted in (
        "schedules/national-data-opt-out.toml", "scraper/schemas/age_gen_2021.toml", "archive/tables.sql",
        "archive/views/restatements.sql", "archive/views/each/first.sql", "archive/metadata.json",
        "archive/site/templates/base.html", "archive/site/static/site.css", "archive/site/questions/area_change.sql",
        "archive/site/questions/each/nth.sql", "archive/packs/verify_pack.py",
    ):  # fmt: skip
        assert wanted in names


def test_the_command_works_outside_the_checkout(installed, tmp_path):
    """A deposit into a new archive and a look at how it stands need nothing of the checkout."""
    made_up = tmp_path / "NDOP_age_gen_Sep_2021.csv"
    made_up.write_bytes((TOP / "tests" / "files" / "NDOP_age_gen_made_up_2021.csv").read_bytes())
    taken = run(
        installed, tmp_path, "--data", "archive", "deposit", made_up.name, "--create", "--series", "national-data-opt-out",
        "--publication", "september-2021", "--published-on", "2021-10-14", "--origin", "made-up sample",
    )  # fmt: skip
    assert taken.returncode == 0, taken.stderr
    stands = run(installed, tmp_path, "--data", "archive", "status")
    assert "National Data Opt-out" in stands.stdout, stands.stderr
