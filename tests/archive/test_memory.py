"""What a running server holds over releases of full size (made-up figures): under 150 MB, whatever is asked of it.

A server in a process of its own, looked at from outside: what it held at most stands in /proc.
"""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from schedules.deposit import deposit, deposits_of
from tests.archive.hostile_sql import ENDLESS, FORBIDDEN, TOO_DEEP, TOO_LARGE
from tests.archive.test_hostile_sql import MOST_BYTES, resident
from tests.archive.test_hostile_values import VALUES
from tests.archive.test_serve import asked, served
from tests.bench_pages import full_size_archive
from tests.conftest import Archive

pytestmark = pytest.mark.slow

LARGE = 60_000_000
"""Bytes of a file that does not pack: more than all that SQLite may hold in a serving process."""
PAGES = (
    "/", "/compare", "/area/england", "/area/local_authority/E07000174", "/practice/Z10007", "/areas/local_authority",
    "/areas/local_authority.xlsx", "/areas?q=ZZ1", "/releases", "/changes", "/feeds/changes.atom", "/as-it-was?on=2021-10-20",
    "/status", "/check?q=3000000", "/breaks", "/for-researchers", "/optouts", "/practice/Z10007.xlsx", "/practice/Z10007.png",
    "/pack/day/2021-10-20.zip", "/compare?family=lsoas", "/optouts/areas_latest?_size=max", "/optouts/practices_latest?_size=max",
    "/optouts/lsoas_statements?_size=max", "/optouts/areas_latest.csv?_stream=on", "/compare",
)  # fmt: skip


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """Two releases of full size, and a large file that nobody can read."""
    top = tmp_path_factory.mktemp("full-size")
    data = full_size_archive(top, 2)
    (top / "large.zip").write_bytes(random.Random(20261125).randbytes(LARGE))
    with Archive(data, top / "schedules").open() as desk:
        deposit(
            desk, desk.series[0], deposits_of([top / "large.zip"], desk.series[0], "2021-09", "2021-09-30", "made up")
        )
    return data


@pytest.fixture
def server(directory):
    """A server that was asked nothing yet."""
    with served(directory) as (process, place):
        yield process, place


def paths(place):
    """One of every kind of page, every question, every file as page and bytes, and a release as an evidence pack."""
    yield from PAGES
    found = json.loads(asked(place, "/optouts.json")[1])
    yield from (f"/optouts/{question['name']}" for question in found["queries"])
    for file in json.loads(asked(place, "/optouts/files.json?_shape=array")[1]):
        yield from (f"/files/{file['sha256']}", f"/files/{file['sha256']}/{file['file_name']}")
    release = json.loads(asked(place, "/optouts/releases.json?_shape=array&publication=2021-10")[1])[0]
    name = f"{release['series']}/{release['publication']}"
    yield from (f"/release/{name}", f"/pack/release/{name}.zip")


@pytest.mark.fault("S02")
def test_our_own_pages_fit_in_memory(server):
    """Every page, question, file and pack one after the other, twice: each is answered, and the process never holds 150 MB."""
    process, place = server
    for path in [*paths(place)] * 2:
        status, body = asked(place, path)
        assert status == 200, (path, body[:300])
        assert resident(process) < MOST_BYTES, path


@pytest.mark.fault("S02")
def test_pages_and_hostile_readers_at_once_fit_in_memory(server):
    """Strangers send every hostile statement and value while others read the pages: nothing breaks, and it never holds 150 MB."""
    process, place = server
    statements = [f"/optouts.json?sql={quote(sql)}" for sql in (*ENDLESS, *TOO_LARGE, *TOO_DEEP, *FORBIDDEN)]
    values = [f"/{page}?q={quote(text[:500])}" for text in VALUES for page in ("areas", "check")]
    everything = [*paths(place), *statements, *values]
    random.Random(20261125).shuffle(everything)
    with ThreadPoolExecutor(4) as readers:
        answers = readers.map(lambda path: asked(place, path, patience=60), everything)
        for path, (status, body) in zip(everything, answers, strict=True):
            # 503: no room just now, or another pack is being made. 400: refused, or not answered within the limit of a question.
            assert status in {200, 400, 503}, (path, body[:300])
            assert resident(process) < MOST_BYTES, path
    assert asked(place, "/-/healthz")[0] == 200
