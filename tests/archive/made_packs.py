"""An archive of the pretend publisher with every kind of exchange in it, and ways to check what is made of it.

All figures made up; the checks run the pack's own verifier as a stranger would, with nothing of the project in reach.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from archive.packs.bag import ALGORITHMS
from archive.packs.build import VERIFIER, Pack, pack_day, pack_difference, pack_file, pack_release
from archive.packs.writing import checked, write_pack
from schedules.poll import poll_series
from tests.conftest import Archive
from tests.made_up import age_gen
from tests.publisher import Publisher

SERIES = "national-data-opt-out"
JULY, APRIL = "NDOP_age_gen_Jul_2021.csv", "NDOP_age_gen_Apr_2022.csv"
MONTHS = ["2021-05-01", "2021-06-01"]
FIRST, REVISED, LATER = (
    age_gen(MONTHS, totals={MONTHS[0]: england, MONTHS[1]: england + 1000}) for england in (100_000, 100_500, 100_700)
)
SOFTWARE = "opt-out-archive/test"


def polled_archive(directory: Path) -> Archive:
    """Three polls: all is new, one file came compressed and one page in chunks; one file is replaced, one cut, one gone."""
    (directory / "schedules").mkdir()
    archive = Archive(directory / "data", directory / "schedules")
    archive.now = datetime(2022, 5, 3, 9, 35, tzinfo=UTC)
    with Publisher(archive.now) as publisher:
        publisher.publish("july-2021", "National Data Opt-Out, July 2021", "2022-04-20", [("By age", JULY, FIRST)])
        publisher.publish(
            "april-2022", "National Data Opt-Out, April 2022", "2022-04-28",
            [("By age", APRIL, LATER), ("Gone soon", "gone.csv", b"made up, soon gone\r\n"), ("=1+1", "cut.csv", b"x" * 900)],
        )  # fmt: skip
        publisher.series_file(archive.schedules, attempts=1, recheck_days=1)
        publisher.gzipped(APRIL)
        publisher.chunked("july-2021")
        publisher.cut_off("cut.csv", 400)
        _poll(archive, publisher)
        publisher.calm()
        publisher.replace("july-2021", JULY, REVISED, notice="Figures corrected (made up).", in_place=True)
        publisher.withdraw("april-2022")
        publisher.redirect(publisher.address("april-2022"), publisher.address("april-2022") + "/moved")
        _poll(archive, publisher)
        publisher.calm()
        _poll(archive, publisher)
    return archive


def _poll(archive: Archive, publisher: Publisher) -> None:
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "asked")
    archive.now += timedelta(days=2)
    publisher.now = archive.now


def sha256(content: bytes) -> str:
    """Lower-case hex."""
    return hashlib.sha256(content).hexdigest()


def written(pack: Pack, to: Path) -> Path:
    """The pack as a folder."""
    write_pack(pack, to)
    return to


def verify(folder: Path, *, path: str = "/usr/bin:/bin") -> tuple[int, str]:
    """Run the pack's own verifier in a bare interpreter, from elsewhere, with an empty environment: status and words."""
    return _run(folder / VERIFIER.name, [], folder, path)


def verify_from_outside(folder: Path) -> tuple[int, str]:
    """The same with the project's own copy of the verifier, as for a pack whose copy is not trusted."""
    return _run(VERIFIER, [str(folder)], folder, "/usr/bin:/bin")


def _run(script: Path, arguments: list[str], folder: Path, path: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", str(script), *arguments], cwd=folder.parent,
        env={"PYTHONPATH": "", "PATH": path}, capture_output=True, check=False, text=True, encoding="utf-8",
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def bagged_anew(folder: Path) -> None:
    """Make every manifest again, as somebody would who changed a pack with care."""
    for kind in ("manifest", "tagmanifest"):
        for path in folder.glob(f"{kind}-*.txt"):
            path.unlink()
        files = sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())
        covered = [one for one in files if one.startswith("data/") == (kind == "manifest")]
        for name in ALGORITHMS:
            lines = [f"{hashlib.new(name, (folder / one).read_bytes()).hexdigest()}  {one}\n" for one in covered]
            (folder / f"{kind}-{name}.txt").write_text("".join(lines))


def every_kind(evidence: Database, copy: Database) -> dict[str, Pack]:
    """One pack of each kind; the release is the one to which everything happened."""
    (day,) = evidence.execute("SELECT substr(requested_at, 1, 10) FROM captures WHERE capture_id = 1").fetchone()
    return {
        "file": pack_file(evidence, sha256(FIRST), SOFTWARE),
        "release": pack_release(evidence, SERIES, "april-2022", SOFTWARE),
        "difference": pack_difference(evidence, copy, 2, 1, SOFTWARE),
        "day": pack_day(evidence, day, SOFTWARE),
    }


def files_of(pack: Pack) -> dict[str, bytes]:
    """Every file of a pack by its path."""
    found = {}
    for member in pack.members:
        with checked(member) as content:
            found[member.path] = content.read()
    return found
