"""Stories of `optout verify` as a person or a cron job meets it: a sentence, codes, an exit status."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive.database import open_evidence
from archive.promise import DOES_NOT_PROVE, PROMISE
from archive.store import begin_poll
from archive.verify_codes import BROKEN, CODES, NOT_RUN, SOUND, UNANCHORED
from schedules.cli import run
from schedules.verifying import MOST
from tests.archive.made_captures import SERIES
from tests.archive.made_sound import intruder, newest_note, sound_archive


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A sound archive."""
    sound_archive(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def held(archive: Path, tmp_path: Path) -> Path:
    """A letter with its newest checkpoint in it."""
    path = tmp_path / "letter.txt"
    path.write_text(f"Dear reader,\nthis is what we signed:\n\n{newest_note(archive)}\nGoodbye.\n", encoding="utf-8")
    return path


def verify(archive: Path, *arguments: str) -> int:
    """The command, run as from a shell."""
    return run(["--data", str(archive), "verify", *arguments])


def test_a_sound_archive_that_somebody_vouches_for(
    archive: Path, held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 0, who vouches for what, and in the project's own words what that proves and what not."""
    assert verify(archive, "--with", str(held)) == SOUND
    told = capsys.readouterr().out
    assert told.startswith("Sound, and anchored: letter.txt (1) vouches for the first 22 entries")
    assert "5 snapshots were read whole" in told
    assert PROMISE in told


def test_a_sound_archive_that_nobody_vouches_for(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2: whoever holds the key could have written all of it anew."""
    assert verify(archive) == UNANCHORED
    assert "no outside party vouches for it" in capsys.readouterr().out


def test_an_anchor_that_is_too_old(archive: Path, held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 where the newest anchor is older than was asked for."""
    assert verify(archive, "--with", str(held), "--max-age", "0") == UNANCHORED
    assert "not anchored lately" in capsys.readouterr().out


def test_a_quick_look_says_that_bytes_were_not_read(
    archive: Path, held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It never says that the archive was verified, or is sound."""
    assert verify(archive, "--quick", "--with", str(held)) == SOUND
    told = capsys.readouterr().out
    assert "Bodies were not read" in told
    assert "verified" not in told.lower()
    assert "sound" not in told.lower()


def test_a_broken_archive(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1, a sentence with counts, and a line for each of the first few problems of a code."""
    with intruder(archive) as conn:
        conn.execute("UPDATE captures SET etag = 'another'")
    assert verify(archive) == BROKEN
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("BROKEN: E-COL-01 (6).")
    assert sum(line.startswith("E-COL-01 entry ") for line in lines) == MOST
    assert "E-COL-01 6 in all; --json tells each." in lines
    assert CODES["E-COL-01"].advice in lines[2]


def test_a_broken_archive_for_programs(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON every problem is there, with what it means and what to do."""
    with intruder(archive) as conn:
        conn.execute("UPDATE captures SET etag = 'another'")
    assert verify(archive, "--json") == BROKEN
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (told["status"], told["counts"], told["bodies_read"]) == (BROKEN, {"E-COL-01": 6}, True)
    assert [one["code"] for one in told["problems"]] == ["E-COL-01"] * 6
    assert told["problems"][0]["found"] == "another value in etag"
    assert told["does_not_prove"] == list(DOES_NOT_PROVE)


def test_the_key_may_be_a_text_or_a_file(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The public key that you were given is one of the log's."""
    with closing(sqlite3.connect(archive / "archive.db")) as conn:
        (text,) = conn.execute("SELECT verifier FROM keys WHERE key_number = 1").fetchone()
    (tmp_path / "key.txt").write_text(text + "\n", encoding="utf-8")
    assert verify(archive, "--key", text, "--key", str(tmp_path / "key.txt")) == UNANCHORED
    assert "E-CKP-08" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--with", "/nowhere/at-all"], "found no file that can be read"),
        (["--with", __file__], "found no signed checkpoint"),
        (["--key", "not a key"], "found no file that can be read"),
        (["--key", "a+b+c"], "expected a key as name+hex+base64"),
        (["--max-age", "soon"], "not a valid float"),
        (["--fast"], "No such option"),
    ],
)
def test_wrong_usage_is_never_an_answer(
    archive: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """Exit status 3, so that nobody takes a mistyped option for an archive that is sound but unanchored."""
    assert verify(archive, *arguments) == NOT_RUN
    assert said in capsys.readouterr().err


def test_an_archive_in_need_of_recovery_is_not_called_broken(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 3 and what to do; for programs the same as JSON."""
    with closing(sqlite3.connect(archive / "archive.db", isolation_level=None)) as conn:
        conn.execute("PRAGMA user_version = 1")
    assert verify(archive, "--json") == NOT_RUN
    told = capsys.readouterr()
    assert json.loads(told.out)["status"] == NOT_RUN
    assert "Poll once with this version of the program" in told.err


def test_a_missing_archive_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """E-DB-01, and nothing is made in its place."""
    assert verify(tmp_path / "nowhere") == BROKEN
    assert "E-DB-01" in capsys.readouterr().out
    assert not (tmp_path / "nowhere").exists()


def test_a_clock_that_was_set_back_is_told_and_can_be_explained(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """E-TIM-01 until somebody says what happened; an entry that is not there, or a word of nothing, is refused."""
    with open_evidence(archive) as evidence:
        begin_poll(evidence.db, SERIES, "due", "2021-08-05T09:35:00.000000Z", "made-up-program/1", "0" * 64)
    assert verify(archive) == BROKEN
    assert "E-TIM-01 entry 22: found 2021-08-05T09:35:00.000000Z after 2" in capsys.readouterr().out
    annotate = ["--data", str(archive), "annotate", "22", "The clock was set back.", "--by", "a test"]
    assert run(annotate) == 0
    assert "Annotation 2 of entry 22" in capsys.readouterr().out
    assert verify(archive) == UNANCHORED
    assert run([*annotate[:3], "999", *annotate[4:]]) == 2
    assert run([*annotate[:4], " ", *annotate[5:]]) == 2
    assert "expected 0 to 23" in capsys.readouterr().err
