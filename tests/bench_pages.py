"""Owns `python -m tests.bench_pages`: how long pages take beside the table page of a plain Datasette on the same full-size data.

Never asserts anything and is run by hand; every figure it shows pages of is made up.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from datasette.app import Datasette

from archive.reading_copy import FILE_NAME
from schedules.deposit import deposit, deposits_of
from tests.archive.visitor import Visitor
from tests.conftest import Archive
from tests.made_up_releases import full_size
from tests.publisher import Publisher

STOCK = "/optouts/areas_latest?_size=100"
PAGES = {
    "the same table page in our dress": STOCK,
    "home": "/",
    "area: local authority": "/area/local_authority/E07000174?from=2021-05&to=2021-09",
    "area: England": "/area/england",
    "area: ICB": "/area/icb/{icb}",
    "practice": "/practice/Z10007",
    "local authorities in order": "/areas/local_authority",
    "places at a postcode": "/areas?q=ZZ1",
    "release": "/release/{release}",
    "compare": "/compare",
    "compare, one family": "/compare?family=age_sex",
}
TIMES = 9


def full_size_archive(directory: Path, count: int) -> Path:
    """An archive that holds `count` made-up releases of the real size."""
    records = full_size(directory / "releases", count)
    with Publisher() as publisher:
        archive = Archive(directory / "archive", publisher.series_file(directory / "schedules").parent)
    with archive.open() as desk:
        for record in records:
            paths = [path for name in record.files for path in (directory / "releases").rglob(name)]
            files = deposits_of(paths, desk.series[0], record.period, record.published_on, "made up")
            deposit(desk, desk.series[0], files)
    return archive.directory


def median_of(visitor: Visitor, path: str) -> tuple[float, int]:
    """Median seconds of a page once it has been asked for, and its size in bytes."""
    taken, size = [], 0
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        answer = visitor.get(path)
        taken.append(time.perf_counter() - began)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        size = len(answer.content)
    return statistics.median(taken[1:]), size


def plain(directory: Path) -> None:
    """Median seconds of the table page of Datasette as it comes, in a process that has nothing of ours in it."""
    site, loop, taken = Datasette([str(directory / FILE_NAME)]), asyncio.new_event_loop(), []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        answer = loop.run_until_complete(site.client.get(STOCK))
        taken.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.text
    print(statistics.median(taken[1:]), len(answer.content))


def stock_of(directory: Path) -> tuple[float, int]:
    """What `plain` says, asked of another process."""
    command = [sys.executable, "-m", "tests.bench_pages", "--plain", str(directory)]
    seconds, size = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), int(size)


def main(directory: Path) -> None:
    """Print a line for each page: median time, how many times the stock table page's, and size."""
    with Visitor(directory) as visitor:
        (icb, *_) = visitor.rows("/optouts/places.json?_shape=array&kind=icb&code__not=Unallocated")
        (release, *_) = visitor.rows("/optouts/releases.json?_shape=array&_sort=release_id")
        words = {"icb": icb["code"], "release": f"{release['series']}/{release['publication']}"}
        stock, size = stock_of(directory)
        print(f"{'table page of plain Datasette':32} {stock * 1000:8.1f} ms           {size / 1000:7.1f} KB")
        for name, path in PAGES.items():
            taken, size = median_of(visitor, path.format(**words))
            print(f"{name:32} {taken * 1000:8.1f} ms {taken / stock:6.2f} x  {size / 1000:7.1f} KB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--plain"]:
        plain(Path(sys.argv[2]))
    elif len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory(prefix="opt-out-bench-pages-") as made:
            main(full_size_archive(Path(made), 6))
