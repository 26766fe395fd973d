"""Stories of a rereading that reads only what differs: made-up releases through the evidence, beside a copy made anew."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from archive.database import writing
from archive.reading_copy import digest, open_reading_copy
from archive.rows import Deposit
from archive.store import begin_poll, end_poll, record_deposit
from schedules.desk import Conditions, opened
from schedules.reread import no_progress
from schedules.series import load_series
from tests.made_up_releases import releases

NOW = "2026-01-01T00:00:00.000000Z"


def test_later_releases_are_read_by_what_differs_and_the_copy_is_the_same_when_made_anew(tmp_path):
    """Of three made-up releases the large files of the last two are compared with those before; a rebuild gives the same."""
    series = next(one for one in load_series() if one.slug == "national-data-opt-out")
    conditions = Conditions((series,), "test", lambda: datetime.now(UTC), threading.Event(), no_progress)
    with opened(tmp_path, conditions, create=True) as desk:
        by_difference = []
        for release in releases(3, lsoas=300, practices=60):
            with writing(desk.evidence.db):
                poll = begin_poll(desk.evidence.db, series.slug, "deposit", NOW, "test", "")
                for name, body in release.files.items():
                    day = release.record.published_on
                    one = Deposit(series.slug, release.slug, day, name, body, "made-up figures")
                    record_deposit(desk.evidence.db, poll, one, NOW)
                end_poll(desk.evidence.db, poll, "complete", NOW, None, "made up")
            by_difference.append(desk.refresh().by_difference)
        before = digest(desk.copy)
        rebuilt = desk.rebuild()
    copy = open_reading_copy(tmp_path)
    assert by_difference == [0, 2, 2]
    assert rebuilt.by_difference == 4
    assert digest(copy) == before
    copy.close()
