"""What a stranger's SQL can take from a running server: bounded time, bounded memory, no file, and never the server itself."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.archive.hostile_sql import ENDLESS, FORBIDDEN, TOO_DEEP, TOO_LARGE
from tests.archive.made_site import filled_archive
from tests.archive.test_serve import asked, served

LIMIT_SECONDS, GRACE_SECONDS = 2.0, 0.5
MOST_BYTES = 150_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server in a process of its own over a small archive, asked for pages once so that all of it is loaded."""
    with served(filled_archive(tmp_path_factory.mktemp("hostile"))) as (process, place):
        for path in ("/", "/optouts", "/areas?q=m", "/optouts/files"):
            assert asked(place, path)[0] == 200
        yield process, place


def resident(process, what="VmHWM"):
    """Bytes of memory that the process holds now (VmRSS), or held at most (VmHWM)."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) * 1024


@pytest.mark.fault("S01", "S02", "S03", "S09")
@pytest.mark.parametrize("sql", [*ENDLESS, *TOO_LARGE, *TOO_DEEP, *FORBIDDEN], ids=lambda sql: sql[:60])
def test_a_hostile_statement_is_refused_in_time_and_memory(server, sql):
    """A plain 400 within the limit and half a second, never more than 150 MB resident, and the next reader is answered."""
    process, place = server
    began = time.process_time(), time.monotonic()
    status, body = asked(place, f"/optouts.json?sql={quote(sql)}")
    seconds = time.monotonic() - began[1]
    assert status == 400, body[:300]
    assert seconds < LIMIT_SECONDS + GRACE_SECONDS
    assert resident(process) < MOST_BYTES
    assert asked(place, "/-/healthz")[0] == 200


def test_no_answer_shows_where_the_files_lie(server, tmp_path_factory):
    """Pages, errors, and the machine-readable pages of Datasette: the folder's path stands on none."""
    _, place = server
    folder = str(tmp_path_factory.getbasetemp()).encode()
    for path in (
        "/", "/optouts", "/optouts.json", "/-/metadata.json", "/-/settings.json", "/-/versions.json", "/-/plugins.json",
        "/-/databases.json", "/-/threads.json", "/-/actor.json", "/nothing", "/optouts?sql=select", "/optouts/files.json?_sort=x",
        "/optouts.json?sql=select+*+from+pragma_database_list", "/-/healthz", "/releases",
    ):  # fmt: skip
        body = asked(place, path)[1]
        assert folder not in body, path
        assert b"archive/site" not in body, path


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select printf('%05.2f %s %,d', 3.14159, 'x', 1234567)", "03.14 x 1,234,567"),
        ("select printf('100%% of %d rows', 4000)", "100% of 4000 rows"),
        ("select printf('%s', '12345 * 2')", "12345 * 2"),
        ("select instr('Mansfield', 'field')", 5),
        ("select instr(12345, 34)", 3),
        ("select replace('a-b-c', '-', '+')", "a+b+c"),
        ("select trim('  x ') || ltrim('0012', '0') || rtrim('1.500', '0')", "x121.5"),
        ("select replace(null, 'a', 'b')", None),
        ("select replace(1.5, '.', ',')", "1,5"),
    ],
)
def test_careful_functions_answer_as_sqlites_own(server, sql, expected):
    """The functions that were given bounds give the same answers within them."""
    import json

    _, place = server
    status, body = asked(place, f"/optouts.json?_shape=arrays&sql={quote(sql)}")
    assert status == 200, body
    assert json.loads(body)["rows"] == [[expected]]
