"""The commands that keep the evidence, as a person gives them: what they print, what they return, what they leave behind.

All figures made up.
"""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from archive.soundness import refuse_unsound
from schedules.cli import cli, run
from schedules.status import standing_of
from tests.archive.made_mirror import write_mirror
from tests.made_up import age_gen
from tests.publisher import Publisher

NAME = "NDOP_age_gen_Jul_2021.csv"
GROUNDS = (
    "--reason",
    "names of patients",
    "--asked-by",
    "the publisher",
    "--legal-ground",
    "made up",
    "--reviewed-by",
    "a test",
)


@pytest.fixture
def publisher(archive):
    """A publisher with one release."""
    with Publisher() as one:
        one.publish(
            "july-2021", "National Data Opt-out, July 2021", "2021-07-29", [("By age", NAME, age_gen(["2021-06-01"]))]
        )
        one.series_file(archive.schedules, attempts=1)
        yield one


@pytest.fixture
def optout(archive, capsys, publisher):
    """Runs the command on an archive that was polled once: (exit status, what it printed, what it told on standard error)."""

    def call(*arguments):
        status = run(["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet", *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    assert call("poll", "--all", "--create")[0] == 0
    return call


def test_backup_and_restore_by_hand(archive, optout, tmp_path):
    """The archive is lost and comes back: restored, signed, read; the next poll goes on."""
    status, out, _ = optout("backup", str(tmp_path / "backup"))
    assert status == 0
    assert "checked before and after" in out
    assert "Without the signing key" in out
    (archive.directory / "archive.db").unlink()
    status, out, _ = optout("restore", str(tmp_path / "backup"), "--reason", "the disk failed")
    assert status == 0, out
    assert "logged that they were restored" in out
    sound = refuse_unsound(archive.directory)
    assert f"Signed: {sound.size} facts" in out
    assert sound.signed == sound.size
    assert optout("poll", "--all")[0] == 0
    with archive.open() as desk:
        assert standing_of(desk.copy, desk.series[0], archive.now).is_sound
        assert desk.copy.execute("SELECT count(*) FROM age_sex_latest").fetchone()[0] > 0


def test_the_key_goes_along_with_a_plain_warning(optout, tmp_path):
    """Whoever asks for the key in the backup is told what that means."""
    status, out, _ = optout("backup", "--with-key", str(tmp_path / "backup"))
    assert status == 0
    assert "whoever can read it can sign in this archive's name" in out


def test_a_restore_that_would_fork_says_which_choices_there_are(archive, optout, tmp_path):
    """Exit status 1 and nothing changed; under a new name it goes on; from a mirror nothing is lost."""
    optout("backup", str(tmp_path / "backup"))
    optout("poll", "--all")
    with archive.open() as desk:
        write_mirror(desk.evidence.db, tmp_path / "mirror")
    (archive.directory / "archive.db").rename(tmp_path / "lost.db")
    status, _, err = optout("restore", str(tmp_path / "backup"))
    assert status == 1
    assert "--from-mirror" in err
    assert "--new-origin" in err
    status, out, _ = optout("restore", "--from-mirror", str(tmp_path / "mirror"), "--reason", "no newer backup")
    assert status == 0, out
    status, out, _ = optout(
        "restore", str(tmp_path / "backup"), "--new-origin", "made-up.example/2", "--reason", "a drill"
    )
    assert status == 0, out
    assert "Lost to this log:" in out
    assert "facts of the log made-up.example/2" in out
    assert refuse_unsound(archive.directory).origin == "made-up.example/2"


@pytest.mark.parametrize(
    "arguments",
    [
        ("restore",),
        ("restore", ".", "--from-mirror", "."),
        ("restore", ".", "--new-origin", "two words"),
        ("restore", "nowhere"),
    ],
)
def test_a_restore_that_is_not_clear_is_refused(optout, arguments):
    """Neither or both sources, a name that no log can have, a folder that is not there: exit status 2."""
    assert optout(*arguments)[0] == 2


def test_a_takedown_is_confirmed_by_typing(archive, optout):
    """The first eight characters of the hash, or nothing is done; then every page of the site says why."""
    with archive.open() as desk:
        (sha256,) = desk.copy.execute("SELECT sha256 FROM files").fetchone()
    given = [
        "--data",
        str(archive.directory),
        "--schedules",
        str(archive.schedules),
        "--quiet",
        "takedown",
        sha256,
        *GROUNDS,
    ]
    refused = CliRunner().invoke(cli, given, input="12345678\n")
    assert refused.exit_code == 2
    assert "Nothing was done" in refused.output
    done = CliRunner().invoke(cli, given, input=f"{sha256[:8]}\n", standalone_mode=False)
    assert done.return_value == 0, done.output
    assert f"{sha256}: withheld" in done.output
    assert "Backups, mirrors, packs" in done.output
    status, out, _ = optout("takedown", sha256, *GROUNDS, "--yes")
    assert (status, "withheld" in out) == (0, True)
    assert optout("takedown", "0" * 64, *GROUNDS, "--yes")[0] == 1
    assert optout("rebuild")[0] == 0
    assert optout("reread")[0] == 0
    assert refuse_unsound(archive.directory).size


def test_status_tells_of_the_disk(optout):
    """One line for people, the same for programs."""
    assert "disk: about" in optout("status")[1]
    disk = json.loads(optout("status", "--json")[1])["disk"]
    assert disk["free"] > 0
    assert disk["room"] in {"enough", "low", "out"}
