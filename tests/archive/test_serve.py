"""The server itself: it refuses what it cannot do, serves on loopback, and ends when it is told to."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import types
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from datasette.plugins import pm

from archive.errors import ArchiveError
from archive.metadata import metadata_path
from archive.serve import SETTINGS, address_of, listen, make_site, serve
from tests.archive.made_site import empty_archive, filled_archive
from tests.archive.test_refusals import as_an_ordinary_user
from tests.archive.visitor import Visitor

PROGRAM = """
import sys
from pathlib import Path
from archive.serve import serve
serve(Path(sys.argv[1]), "127.0.0.1", 0, announce=lambda address: print(address, flush=True))
print("ended", flush=True)
"""
TOP = Path(__file__).parent.parent.parent


@contextmanager
def served(directory):
    """A server in a process of its own; gives the process, and host and port as it announced them."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(directory)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP)},
    ) as process:
        try:
            yield process, urlsplit(process.stdout.readline().strip())
        finally:
            process.kill()


def asked(place, path, patience=10):
    """Status and body of one GET over a real socket; waits so many seconds for the next bytes."""
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=patience)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_within_two_seconds(tmp_path, number):
    """Also with a connection held open and a question of two seconds running; the caller goes on after serve()."""
    with served(empty_archive(tmp_path)) as (process, place):
        status, body = asked(place, "/-/healthz")
        assert (status, json.loads(body)["ok"]) == (200, True)
        slow = (
            "/optouts.json?sql=with+recursive+c(x)+as+(select+1+union+all+select+x%2b1+from+c)+select+count(*)+from+c"
        )
        where = (place.hostname, place.port)
        with closing(http.client.HTTPConnection(*where)) as idle, closing(socket.create_connection(where)) as busy:
            idle.connect()
            busy.sendall(f"GET {slow} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(0.3)
            started = time.monotonic()
            process.send_signal(number)
            assert process.wait(timeout=10) == 0
            assert time.monotonic() - started < 2.5
        assert process.stdout.read() == "ended\n"


def test_it_serves_pages_files_and_redirects_nobody_away_over_a_real_socket(tmp_path):
    """What the in-process stories show holds over the wire, raw paths included."""
    with served(filled_archive(tmp_path)) as (_, place):
        assert asked(place, "/")[0] == 200
        assert asked(place, "/static/site.css")[0] == 200
        assert asked(place, "/optouts/england_series.csv")[1].startswith(b"month,opt_outs")
        for path in ("//example.com/", "/\\example.com/", "/%5cexample.com/", "/%2Fexample.com/"):
            assert asked(place, path)[0] == 400, path


def test_a_missing_reading_copy_is_refused_in_plain_words(tmp_path):
    """The message names the file and what to do; nothing is created."""
    with pytest.raises(ArchiveError, match=r"optouts\.db.*optout up"):
        serve(tmp_path, "127.0.0.1", 0)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_sqlite_would_take_apart_is_refused(tmp_path):
    """Datasette opens the file by an address in which ? and # mean something else."""
    odd = tmp_path / "what?"
    odd.mkdir()
    empty_archive(odd)
    with pytest.raises(ArchiveError, match="without them"):
        make_site(odd)


def test_a_taken_port_is_refused_in_plain_words(tmp_path):
    """The message names host and port; it comes before anything is announced."""
    empty_archive(tmp_path)
    announced = []
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ArchiveError, match=f"127.0.0.1 port {port}.*--port"):
            serve(tmp_path, "127.0.0.1", port, announce=announced.append)
    assert announced == []


def test_an_address_that_is_not_this_machines_is_refused():
    """A host that cannot be bound is a message, not a traceback."""
    with pytest.raises(ArchiveError, match="cannot be used"):
        listen("192.0.2.1", 0)


def test_the_announced_address_is_one_a_browser_takes():
    """Host and the port that was really taken."""
    with listen("127.0.0.1", 0) as bound:
        assert address_of(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}/"


PAGES = ("/", "/optouts", "/area/england", "/status", "/optouts/age_sex_latest.json?_size=1")


@pytest.fixture
def read_only(tmp_path):
    """A folder of somebody else that nobody may write to, as a snapshot on a read-only disk is; the copy goes in first."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders may not be entered by others
        Path(name).chmod(0o755)
        folder = Path(name) / "read-only"
        folder.mkdir()
        yield folder
        folder.chmod(0o755)


def shut(folder):
    """Nobody may write here any more."""
    (folder / "optouts.db").chmod(0o444)
    folder.chmod(0o555)
    return as_an_ordinary_user(folder)


@pytest.mark.fault("S19")
def test_a_snapshot_is_served_from_a_folder_that_may_only_be_read(tmp_path, read_only):
    """Made as docs/operating.md says, it has no write-ahead log, so that its readers need not write beside it."""
    with closing(sqlite3.connect(filled_archive(tmp_path) / "optouts.db")) as copy:
        copy.execute("VACUUM INTO ?", [str(read_only / "optouts.db")])
    with Visitor(tmp_path) as visitor:  # what Python loads late may lie where only its owner can read
        assert {visitor.get(path).status_code for path in PAGES} == {200}
    with shut(read_only), Visitor(read_only) as visitor:
        assert {visitor.get(path).status_code for path in PAGES} == {200}
        assert [path.name for path in read_only.iterdir()] == ["optouts.db"]


@pytest.mark.fault("S19")
def test_a_copy_with_a_write_ahead_log_in_such_a_folder_is_refused_in_plain_words(tmp_path, read_only):
    """SQLite could not open it there, and every page would be an error: it is said before anything is announced."""
    shutil.copy(filled_archive(tmp_path) / "optouts.db", read_only)
    with shut(read_only), pytest.raises(ArchiveError, match=r"cannot be read there.*VACUUM INTO"):
        make_site(read_only)


@pytest.mark.fault("S13")
def test_a_plugin_that_nobody_meant_is_refused_by_name(tmp_path):
    """Datasette takes up whatever is installed beside it; a stranger could write, or send readers elsewhere."""
    directory = empty_archive(tmp_path)
    pm.register(types.ModuleType("made_up_plugin"), name="datasette-made-up")
    try:
        with pytest.raises(ArchiveError, match=r"datasette-made-up.*DATASETTE_LOAD_PLUGINS"):
            make_site(directory)
    finally:
        pm.unregister(name="datasette-made-up")
    make_site(directory).executor.shutdown()


@pytest.mark.fault("S11")
def test_settings_are_those_that_were_measured(tmp_path):
    """The settings reach Datasette, by the names it knows."""
    site = make_site(empty_archive(tmp_path))
    assert {name: site.setting(name) for name in SETTINGS} == SETTINGS
    site.executor.shutdown()


@pytest.mark.fault("S11")
def test_no_address_tells_of_the_programs_inside(tmp_path):
    """Datasette shows what a template was given for `_context`, and every statement for `_trace`: here both are ordinary pages."""
    with Visitor(filled_archive(tmp_path)) as visitor:
        for path in ("/optouts", "/optouts/files"):
            assert visitor.get(f"{path}?_context=1").text.lstrip().startswith("<!DOCTYPE html>")
            assert b"request_duration_ms" not in visitor.get(f"{path}?_trace=1").content
            assert "_trace" not in visitor.get(f"{path}.json?_trace=1").json()


def test_metadata_is_found_in_the_checkout():
    """In a checkout the file at the top is the one that is served."""
    assert metadata_path() == TOP / "metadata.json"
