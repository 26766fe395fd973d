"""What stories of the archive share: an empty archive for each, and one to which everything happened, made once and only read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.database import open_evidence, read_evidence
from archive.reading_copy import open_reading_copy
from tests.archive.made_deposits import Deposits
from tests.archive.made_packs import polled_archive


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Deposits]:
    """An archive without files, for a story to hand some in."""
    with open_evidence(tmp_path / "evidence", create=True) as evidence:
        made = Deposits(evidence, tmp_path)
        yield made
        made.copy.close()


@pytest.fixture(scope="session")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an archive that has seen every kind of exchange. Nobody writes to it."""
    return polled_archive(tmp_path_factory.mktemp("polled")).directory


@pytest.fixture(scope="session")
def polled_evidence(polled: Path) -> Iterator[Database]:
    """Its evidence, read-only."""
    db = read_evidence(polled)
    yield db
    db.close()


@pytest.fixture(scope="session")
def polled_copy(polled: Path) -> Iterator[Database]:
    """Its reading copy."""
    opened = open_reading_copy(polled)
    yield opened
    opened.close()
