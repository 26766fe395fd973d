"""Stories of the commands about key, anchors and mirror: what they print, what they return. All figures made up."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from archive.checkpoints import announced_keys
from archive.database import open_evidence, read_evidence
from archive.notes import read_checkpoint, read_verifier, signed_by
from schedules.cli import run
from tests.made_up import age_gen
from tests.publisher import Publisher
from tests.time_stamper import TimeStamper, html


@pytest.fixture
def optout(archive, capsys):
    """Runs the command on the archive: (exit status, what it printed, what it told on standard error)."""

    def call(*arguments):
        status = run(["--data", str(archive.directory), "--schedules", str(archive.schedules), *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return call


@pytest.fixture
def polled(archive, optout):
    """An archive that was polled once."""
    with Publisher() as one:
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        one.series_file(archive.schedules, attempts=1)
        assert optout("poll", "--create")[0] == 0
        yield one


def keys(archive):
    """Verifiers that the log has announced."""
    with closing(read_evidence(archive.directory)) as db:
        return [read_verifier(text) for text in announced_keys(db)]


def test_the_key_is_shown_with_where_it_lies_and_how_to_keep_it(archive, polled, optout):
    """Name, ID, verifier, files, back-up in plain words; the private key is nowhere in it."""
    status, out, _ = optout("key", "show")
    assert status == 0
    (verifier,) = keys(archive)
    secret = (archive.directory / "signer" / "key.pem").read_text().splitlines()[1]
    for expected in (verifier.text(), verifier.name, verifier.key_id.hex(), "key.pem", "back it up", "Stolen key"):
        assert expected in out
    assert secret not in out
    status, out, _ = optout("key", "show", "--json")
    assert json.loads(out)["verifier"] == verifier.text()
    assert secret not in out


def test_before_the_first_signature_there_is_no_key_and_that_is_said(archive, optout):
    """An archive that was never signed, and none at all: said in words, exit status 1."""
    status, _, err = optout("key", "show")
    assert status == 1
    assert "archive.db" in err
    open_evidence(archive.directory, create=True).close()
    status, out, _ = optout("key", "show")
    assert status == 1
    assert "has no key yet" in out


def test_a_rotation_announces_the_new_key(archive, polled, optout):
    """The new verifier is printed, and stands in the log with its reason; without a reason nothing is done."""
    status, out, _ = optout("key", "rotate", "--reason", "yearly")
    assert status == 0
    old, new = keys(archive)
    assert new.text() in out
    status, out, _ = optout("key", "show")
    assert new.text() in out
    assert f"earlier    {old.text()}" in out
    assert optout("key", "rotate", "--reason", "yearly")[0] == 0
    assert len(keys(archive)) == 2
    for odd in ((), ("--reason", " "), ("--reason", "two\nlines")):
        assert optout("key", "rotate", *odd)[0] == 2
    assert len(keys(archive)) == 2


def test_anchoring_now_says_what_each_party_answered(archive, polled, optout, tmp_path):
    """Nobody configured, one that confirms, one that does not: three endings, in words and in the exit status."""
    status, out, _ = optout("anchor")
    assert status == 1
    assert "Nobody is asked yet" in out
    settings = archive.directory / "anchors.toml"
    with TimeStamper(tmp_path / "one") as one, TimeStamper(tmp_path / "two") as two:
        settings.write_text(one.settings("one") + two.settings("two"))
        status, out, _ = optout("anchor")
        assert status == 0
        assert "one: confirmed, 20" in out
        two.fault = html
        optout("deposit", str(settings), "--series", "national-data-opt-out", "--publication", "made-up", "--published-on",
               "2021-07-29", "--origin", "made up")  # fmt: skip
        status, out, _ = optout("anchor", "--json")
        assert status == 1
        told = {item["party"]: item for item in json.loads(out)["anchored"]}
        assert told["two"]["time"] is None
        assert "no time-stamp answer" in told["two"]["finding"]["found"]
    status, out, _ = optout("status", "--json")
    assert json.loads(out)["log"]["party"] in {"one", "two"}
    status, out, _ = optout("status")
    assert "  anchored      Two outside parties have not yet confirmed" in out


def test_a_mistake_in_anchors_toml_stops_the_command_before_it_begins(archive, polled, optout):
    """The file, the key and what was expected, exit status 2; also for a file that was named and is not there."""
    (archive.directory / "anchors.toml").write_text('[[authority]]\nname = "one"\nurl = "http://10.0.0.8/"\n')
    status, _, err = optout("poll")
    assert status == 2
    assert "authority[1].url" in err
    status, _, err = optout("--anchors", "nowhere.toml", "poll")
    assert status == 2
    assert "nowhere.toml" in err


def test_a_mirror_is_written_where_it_is_wanted(archive, polled, optout, tmp_path):
    """A stranger reads the checkpoint from the folder; a mirror that is another's is refused in words."""
    status, out, _ = optout("mirror", "--to", str(tmp_path / "mirror"), "--bodies")
    assert status == 0
    assert "files written" in out
    note = (tmp_path / "mirror" / "checkpoint").read_text()
    stated = read_checkpoint(signed_by(note, keys(archive))[0])
    status, out, _ = optout("mirror", "--to", str(tmp_path / "mirror"), "--json")
    assert json.loads(out) == {"folder": str(tmp_path / "mirror"), "size": stated.size, "files": 0, "checkpoint": note}
    (archive.directory / "anchors.toml").write_text(f'[mirror]\nfolder = "{tmp_path / "mirror"}"\n')
    assert optout("mirror", "--to", str(tmp_path / "mirror"))[0] == 2
    (archive.directory / "anchors.toml").unlink()
    (tmp_path / "mirror" / "checkpoint").write_text("another's\n")
    status, _, err = optout("mirror", "--to", str(tmp_path / "mirror"))
    assert status == 1
    assert "E-MIR-01" in err
