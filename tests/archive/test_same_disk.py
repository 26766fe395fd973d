"""A story of the temporary folder: nothing that gets its name by a rename is made anywhere but beside its place."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from archive.reading_copy import FILE_NAME
from schedules.cli import run
from tests.made_up import age_gen
from tests.publisher import Publisher

_renamed: list[tuple[Path, Path]] | None = None


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _renamed is not None and event in {"os.rename", "os.link"}:
        _renamed.append((Path(arguments[0]), Path(arguments[1])))


sys.addaudithook(_hear)  # cannot be taken away again, and does nothing while nobody listens


@contextmanager
def renames() -> Iterator[list[tuple[Path, Path]]]:
    """Every rename and link that this program makes meanwhile."""
    global _renamed  # noqa: PLW0603 - a hook has no other way to be told
    _renamed = []
    try:
        yield _renamed
    finally:
        _renamed = None


@pytest.mark.fault("F17")
def test_a_temporary_folder_on_another_disk_plays_no_part(archive, tmp_path, monkeypatch):
    """There is none at all here: polls, copies, exports and packs are made, and each rename stays inside its folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "not there"))
    common = ["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet"]
    with Publisher() as publisher, renames() as seen:
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        publisher.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        publisher.series_file(archive.schedules, attempts=1)
        for command in (
            ("poll", "--create", "national-data-opt-out"),
            ("rebuild",),
            ("mirror", "--bodies", "--to", str(tmp_path / "mirror")),
            ("backup", str(tmp_path / "backup")),
            ("restore", str(tmp_path / "backup"), "--reason", "a story"),
            ("export", "tables", "--to", str(tmp_path / "tables")),
            ("export", "tables", "--to", str(tmp_path / "tables")),
            ("export", "warc", "--to", str(tmp_path / "all.warc.gz")),
            ("pack", "release", "national-data-opt-out/july-2021", "--to", str(tmp_path / "pack.zip")),
            ("key", "rotate", "--reason", "yearly"),
        ):
            assert run([*common, *command]) == 0, command
    assert (archive.directory / FILE_NAME).exists()
    assert len(seen) > 20
    for one, other in seen:
        assert one.parent == other.parent or archive.directory in (other.parent, other.parent.parent), (one, other)
        assert tmp_path in one.parents
