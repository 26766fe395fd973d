"""The commands that hand the record on: packs and web archive files, and what they say where they cannot be made. All made up."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from schedules.cli import run
from tests.archive.made_packs import FIRST, SERIES, polled_archive, sha256, verify

Told = tuple[int, str, str]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that has seen every kind of exchange."""
    return polled_archive(tmp_path_factory.mktemp("polled")).directory


@pytest.fixture
def optout(data: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Runs the command on that archive: exit status, what it printed, what it told on standard error."""

    def call(*arguments: object) -> Told:
        status = run(["--data", str(data), *map(str, arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return call


def test_every_kind_of_pack_is_made_by_command(optout: Callable[..., Told], tmp_path: Path) -> None:
    """A file, a release, a difference, a day: as a folder or a zip, and each is sound."""
    for number, asked in enumerate((
        ("file", sha256(FIRST)), ("release", f"{SERIES}/april-2022"), ("difference", 1, 2), ("day", "2022-05-03"),
    )):  # fmt: skip
        status, out, _ = optout("pack", *asked, "--to", tmp_path / f"{number}.zip")
        assert status == 0, out
        assert f"{number}.zip: " in out
        with zipfile.ZipFile(tmp_path / f"{number}.zip") as archive:
            archive.extractall(tmp_path / f"{number}")
        (folder,) = (tmp_path / f"{number}").iterdir()
        assert verify(folder)[0] == 0
        assert optout("pack", *asked, "--to", tmp_path / f"{number}-folder")[0] == 0
        assert (tmp_path / f"{number}-folder" / "README.txt").read_bytes() == (folder / "README.txt").read_bytes()


def test_a_web_archive_file_is_made_by_command(optout: Callable[..., Told], tmp_path: Path) -> None:
    """Compressed by the name's ending; the same records either way; a name that says neither is refused."""
    status, out, _ = optout("export", "warc", "--to", tmp_path / "all.warc.gz", "--series", SERIES)
    assert status == 0
    assert "all.warc.gz: " in out
    assert optout("export", "warc", "--to", tmp_path / "all.warc", "--series", SERIES, "--from", "2020-01-01")[0] == 0
    assert gzip.decompress((tmp_path / "all.warc.gz").read_bytes()).count(b"WARC/1.1\r\n") > 60
    status, _, err = optout("export", "warc", "--to", tmp_path / "all.zip")
    assert (status, "expected a name that ends in .warc.gz or .warc" in err) == (2, True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("pack", "file", "abc"), "no file of that SHA-256"),
        (("pack", "release", "july-2021"), "expected SERIES/PUBLICATION"),
        (("pack", "difference", 1, 99), "vintage: found 99"),
        (("pack", "day", "15.10.2021"), "expected a day of the calendar"),
        (("export", "warc", "--series", "another"), "No capture in the log fits"),
    ],
)
def test_what_cannot_be_made_is_told_and_leaves_nothing(
    optout: Callable[..., Told], tmp_path: Path, asked: tuple[object, ...], said: str
) -> None:
    """A line that says what was found and what was expected, status 1, and no file half made."""
    status, _, err = optout(*asked, "--to", tmp_path / "out.warc")
    assert (status, said in err) == (1, True), err
    assert list(tmp_path.iterdir()) == []


def test_what_stands_there_already_is_left_alone(optout: Callable[..., Told], tmp_path: Path) -> None:
    """Neither command overwrites a file."""
    for name, asked in (("a.warc", ("export", "warc")), ("a.zip", ("pack", "file", sha256(FIRST)))):
        (tmp_path / name).write_text("mine")
        status, _, err = optout(*asked, "--to", tmp_path / name)
        assert (status, "something there already" in err) == (1, True)
        assert (tmp_path / name).read_text() == "mine"
