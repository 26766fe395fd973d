"""The command: what it prints, what it returns, and that no mistake of a user or of the publisher is a traceback.

All figures made up.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click import Context

from schedules.cli import cli, run
from tests.made_up import age_gen
from tests.publisher import Publisher

NAME = "NDOP_age_gen_Jul_2021.csv"
HANDED_IN = (
    "--series", "national-data-opt-out", "--publication", "july-2021", "--published-on", "2021-07-29", "--origin", "made up",
)  # fmt: skip
COMMANDS = (
    "up", "poll", "status", "serve", "schedule", "look", "deposit", "reread", "rebuild", "check", "key", "anchor", "mirror",
    "backup", "restore", "takedown", "pack", "export", "verify", "annotate", "alarm", "quarantine",
)  # fmt: skip


@pytest.fixture
def publisher(archive):
    """A publisher with one release."""
    with Publisher() as one:
        files = [("By age", NAME, age_gen(["2021-06-01"]))]
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        one.series_file(archive.schedules, attempts=1)
        yield one


@pytest.fixture
def optout(archive, capsys):
    """Runs the command on the archive: (exit status, what it printed, what it told on standard error)."""

    def call(*arguments, group=()):
        given = ["--data", str(archive.directory), "--schedules", str(archive.schedules), *group, *arguments]
        status = run(given)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return call


def test_every_command_explains_itself_with_an_example(capsys):
    """Help says what a command does, and shows one to type."""
    assert cli.list_commands(Context(cli)) == sorted(COMMANDS)
    for name in COMMANDS:
        assert run([name, "--help"]) == 0
        told = capsys.readouterr().out
        assert f"optout {name}" in told or f" {name} " in told
        assert "\n  Example" in told
        assert "\n    optout" in told


STARTED = """
import sys
from importlib import import_module
import schedules.cli
from schedules.commands import COMMANDS
modules = {f"schedules.{module}" for module in COMMANDS.values()}
assert not modules & set(sys.modules), "read before they are asked for"
for module in modules:
    import_module(module)
assert not {"datasette", "uvicorn"} & set(sys.modules), "read by commands that serve nothing"
"""


def test_a_command_waits_for_nothing_that_only_others_need():
    """A command is read when it is asked for, and none but `serve`, once it runs, loads the web server."""
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_runs_as_a_module_too():
    """`python -m schedules.cli` is the same command."""
    done = subprocess.run(
        [sys.executable, "-m", "schedules.cli", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("opt-out-archive/")


def test_from_an_empty_directory_to_status(publisher, optout):
    """One look into a new archive, told in a line with progress; then how it stands."""
    status, out, err = optout("poll", "--create")
    assert status == 0
    assert out.startswith("national-data-opt-out: complete. Asked 3 times: 3 new.")
    assert NAME in err
    status, out, _ = optout("status")
    assert status == 0
    assert "last success" in out
    status, out, _ = optout("status", "--json")
    assert json.loads(out)["series"][0]["sound"] is True


def test_what_is_not_due_is_not_asked_unless_named(publisher, optout):
    """A second look says when the next is due; by name, or with --all, it is made."""
    optout("poll", "--create")
    publisher.requests.clear()
    status, out, _ = optout("poll")
    assert (status, publisher.requests) == (0, [])
    assert "not due until" in out
    assert optout("poll", "national-data-opt-out", group=["--quiet"])[0] == 0
    status, out, err = optout("poll", "--all", "--json", group=["--quiet"])
    assert (status, err) == (0, "")
    assert json.loads(out)[0]["outcome"] == "complete"


def test_an_incomplete_look_is_status_one_and_says_why(publisher, optout):
    """Out of reach: exit status 1, host and reason and next try, in `poll` and in `status`."""
    publisher.go_dark()
    status, out, _ = optout("poll", "--create")
    assert status == 1
    assert "Could not reach 127.0.0.1" in out
    assert "Next try at" in out
    status, out, _ = optout("status")
    assert status == 1
    assert "Could not reach 127.0.0.1" in out


def test_an_archive_is_not_begun_by_a_misspelt_directory(publisher, optout, archive):
    """Without --create nothing is made, and the message says what to do."""
    for command in (["poll"], ["schedule"], ["status"], ["reread"], ["rebuild"]):
        status, _, err = optout(*command)
        assert status == 1, command
        assert str(archive.directory) in err
    assert not archive.directory.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["poll", "nothing-like-it"], "national-data-opt-out"),
        (["poll", "national-data-opt-out", "--all"], "not both"),
        (["pol"], "No such command"),
        (["look", "https://elsewhere.example.org/"], "expected an address on one of"),
        (["deposit"], "Missing argument"),
        (["deposit", "no-such.csv", *HANDED_IN], "no-such.csv"),
        (["serve", "--port", "70000"], "70000"),
    ],
)  # fmt: skip
def test_wrong_usage_is_status_two(publisher, optout, arguments, says):
    """It is said in one place what was wrong and what was expected."""
    status, _, err = optout(*arguments)
    assert status == 2
    assert says in err


def test_a_broken_series_file_is_told_and_nothing_is_asked(publisher, optout, archive):
    """File, key, what was found, what was expected; status 2."""
    path = archive.schedules / "national-data-opt-out.toml"
    path.write_text(path.read_text().replace('"mon"', '"monday"', 1))
    status, _, err = optout("poll", "--create")
    assert status == 2
    assert "national-data-opt-out.toml, when[1].weekdays: found 'monday'" in err
    assert publisher.requests == []


def test_the_operators_contact_reaches_the_publisher(publisher, optout, monkeypatch):
    """By option or from the environment it stands in the User-Agent; what is no address is refused."""
    optout("poll", "--create", group=["--contact", "someone@example.org"])
    assert all("(+someone@example.org)" in seen.headers["User-Agent"] for seen in publisher.requests)
    publisher.requests.clear()
    monkeypatch.setenv("OPTOUT_CONTACT", "https://example.org/us")
    optout("poll", "--all")
    assert publisher.requests
    assert all("(+https://example.org/us)" in seen.headers["User-Agent"] for seen in publisher.requests)
    assert optout("status", group=["--contact", "me"])[0] == 2


def test_look_explains_one_address_and_writes_nothing(publisher, optout, archive):
    """For people and for programs; status 1 where it is not understood."""
    status, out, _ = optout("look", publisher.seed)
    assert status == 0
    assert "kind: series" in out
    assert publisher.address("july-2021") in out
    status, out, _ = optout("look", publisher.address("july-2021"), "--json")
    assert (status, json.loads(out)["kind"]) == (0, "publication")
    assert optout("look", publisher.address("nowhere"))[0] == 1
    assert not archive.directory.exists()


def test_deposit_reread_and_rebuild_agree(publisher, optout, archive, tmp_path):
    """A file handed in is read; made anew, the reading copy has the same content."""
    path = tmp_path / NAME
    path.write_bytes(age_gen(["2021-06-01"]))
    status, out, _ = optout("deposit", str(path), *HANDED_IN, "--create")
    assert status == 0
    assert out.startswith(f"{NAME}: new, SHA-256 ")
    digests = {
        json.loads(optout(command, "--json", group=["--quiet"])[1])["digest"]
        for command in ("reread", "rebuild", "rebuild")
    }
    assert len(digests) == 1
    status, out, _ = optout("rebuild")
    assert (status, out.startswith("Made the reading copy anew: 1 files read")) == (0, True)
    assert json.loads(optout("deposit", str(path), *HANDED_IN, "--json")[1])["files"][0]["outcome"] == "unchanged"


def test_what_was_polled_and_handed_in_verifies(publisher, optout, tmp_path):
    """After polls and a deposit the evidence is sound from end to end, and only somebody outside is missing."""
    path = tmp_path / "made_up.csv"
    path.write_bytes(b"made,up\n1,2\n")
    optout("poll", "--create")
    optout("deposit", str(path), *HANDED_IN)
    optout("poll", "--all")
    status, out, _ = optout("verify", "--json")
    assert (status, json.loads(out)["counts"]) == (2, {})
    assert json.loads(out)["snapshots"] > 3


def test_an_unreadable_deposit_is_status_one_and_reread_tries_again(publisher, optout, tmp_path):
    """Kept, with the reason; it stays unread until a schema comes."""
    path = tmp_path / NAME
    path.write_bytes(b"WHO,WHAT\r\n1,2\r\n")
    status, out, _ = optout("deposit", str(path), *HANDED_IN, "--create")
    assert status == 1
    assert "error: " in out
    assert optout("reread")[0] == 1


def test_a_thrown_away_reading_copy_comes_back(publisher, optout, archive):
    """Without optouts.db the next command makes it from the evidence."""
    optout("poll", "--create")
    for path in archive.directory.glob("optouts.db*"):
        path.unlink()
    assert optout("rebuild")[0] == 0
    with archive.open() as desk:
        assert desk.copy.table("vintages").count == 1


def test_a_reader_that_goes_away_is_no_mistake(publisher, archive, optout):
    """`optout status | head -1` ends quietly."""
    optout("poll", "--create")
    command = [
        sys.executable,
        "-m",
        "schedules.cli",
        "--data",
        str(archive.directory),
        "--schedules",
        str(archive.schedules),
        "status",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.close()
        told = child.stderr.read()
        child.wait(30)
    assert b"Traceback" not in told
    assert b"Exception" not in told
