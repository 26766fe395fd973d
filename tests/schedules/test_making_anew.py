"""Stories of the reading copy that is made anew: broken off, of damaged evidence, and under whoever is reading it."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from archive.reading_copy import FILE_NAME, digest
from schedules.cli import run
from schedules.poll import poll_series
from tests.archive.made_evidence import spoil
from tests.made_up import release_files
from tests.publisher import Publisher

STATED = "SELECT month, opt_outs FROM age_sex_latest ORDER BY month, age_band, sex"


@pytest.fixture
def filled(archive) -> str:
    """An archive of three polled releases; the digest of its reading copy."""
    with Publisher() as publisher:
        for month in range(1, 4):
            name = f"2022-{month:02d}"
            publisher.publish(f"release-{name}", f"National Data Opt-Out {name}", f"{name}-20", release_files(name))
        publisher.series_file(archive.schedules, attempts=1)
        with archive.open() as desk:
            poll_series(desk, desk.series[0], "asked")
            return digest(desk.copy)


def rebuilding(archive) -> list[str]:
    """`optout rebuild`, as a person types it."""
    return ["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet", "rebuild"]


def served(archive) -> str:
    """Digest of what readers are shown, read without opening the archive."""
    with closing(sqlite3.connect(f"file:{archive.directory / FILE_NAME}?mode=ro", uri=True)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return digest(copy)


@pytest.mark.fault("S06")
@pytest.mark.parametrize("kills", [4, pytest.param(12, marks=pytest.mark.slow)])
def test_broken_off_at_any_moment_the_old_copy_is_served_or_the_new_one(archive, filled, kills):
    """Again and again the making is killed, also in the middle of the swap: what readers are shown is whole; the last ends well."""
    command = [sys.executable, "-m", "schedules.cli", *rebuilding(archive)]
    began = time.monotonic()
    subprocess.run(command, check=True)
    whole, chance, killed = time.monotonic() - began, random.Random(20220120), 0
    for _ in range(kills):
        with closing(sqlite3.connect(archive.directory / FILE_NAME)) as copy, copy:
            copy.execute("UPDATE releases SET summary = 'of the old copy'")
        old = served(archive)
        assert old != filled
        with subprocess.Popen(command) as child:
            time.sleep(chance.uniform(0.4, 0.95) * whole)
            killed += child.poll() is None
            child.kill()
        assert served(archive) in (old, filled)
    assert killed, "they ended by themselves: nothing was tried"
    assert run(rebuilding(archive)) == 0
    assert served(archive) == filled
    assert not list(archive.directory.glob(f"{FILE_NAME}.new*"))


@pytest.mark.fault("S07", "F04")
def test_a_copy_is_never_made_of_bytes_that_are_not_those_of_their_hash(archive, filled, capsys):
    """A stored body is altered past the guards: the making ends in words that name it, and the good copy is served on."""
    spoil(
        archive.directory,
        "UPDATE snapshots SET body = CAST(substr(body, 1, 60) || x'00' AS BLOB) WHERE snapshot_id = 3",
    )
    assert run(rebuilding(archive)) == 1
    assert "The stored copy is damaged" in capsys.readouterr().err
    assert served(archive) == filled


@pytest.mark.fault("S05")
def test_a_question_that_is_being_answered_ends_on_the_copy_it_began_on(archive, filled):
    """The copy is made anew and swapped in between two rows of an answer: the rest is of the old one; the next answer is new."""
    path = f"file:{archive.directory / FILE_NAME}?mode=ro"
    with closing(sqlite3.connect(path, uri=True)) as reader:
        expected = reader.execute(STATED).fetchall()
        with archive.open() as desk:
            desk.copy.execute("UPDATE age_sex_spans SET opt_outs = 1")
        with closing(reader.execute(STATED)) as answer:
            began = [answer.fetchone() for _ in range(5)]
            began_at = time.monotonic()
            with archive.open() as desk:
                assert desk.rebuild().rebuilt
            assert time.monotonic() - began_at < 30, "the making waited for the reader"
            assert {opt_outs for _, opt_outs in began + answer.fetchall()} == {1}
        assert reader.execute(STATED).fetchall() == expected
