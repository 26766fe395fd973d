"""Releases of full size (made-up figures): whatever the order in which they come, and made anew, the content is one.

Four by default, to keep the soaks short; `OPTOUT_FULL_SIZE=12 make soak` tells the story with twelve.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from archive.reading_copy import digest, open_reading_copy
from schedules.deposit import deposit, deposits_of
from tests.conftest import Archive
from tests.made_up_releases import Record, full_size
from tests.publisher import Publisher

RELEASES = int(os.environ.get("OPTOUT_FULL_SIZE", "4"))


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Record]]:
    """A folder of made-up releases of the real size, and what is true of them."""
    folder = tmp_path_factory.mktemp("releases")
    return folder, full_size(folder, RELEASES)


def deposited(archive: Archive, folder: Path, records: list[Record]) -> str:
    """Digest of an archive to which the releases were handed in one by one, in the order given."""
    with archive.open() as desk:
        for record in records:
            files = [path for name in record.files for path in folder.rglob(name)]
            found = deposit(
                desk, desk.series[0], deposits_of(files, desk.series[0], record.period, record.published_on, "made up")
            )
            assert found.vintages == 1
        return digest(desk.copy)


@pytest.mark.slow
def test_two_orders_of_arrival_and_a_rebuild_have_one_content(tmp_path, releases):
    """Full-size releases in order, the same in a shuffled order, and the second made anew: one digest, true restatements."""
    folder, records = releases
    with Publisher() as publisher:
        archives = [
            Archive(tmp_path / name, publisher.series_file(tmp_path / "schedules").parent)
            for name in ("forwards", "shuffled")
        ]
    shuffled = random.Random(20261122).sample(records, len(records))
    forwards = deposited(archives[0], folder, records)
    assert deposited(archives[1], folder, shuffled) == forwards
    with archives[1].open() as desk:
        desk.rebuild()
        assert digest(desk.copy) == forwards

    copy = open_reading_copy(archives[0].directory)
    for family in ("lsoas", "practices", "age_sex"):
        told = copy.execute("SELECT sum(changed) FROM coverage WHERE family = ?", [family]).fetchone()[0]
        assert told == sum(record.restated_in(family) for record in records), family
    copy.close()
