"""Stories of a disk that fills up: warned before it is too late, refused while there is still room to say so."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.database import ArchiveError, open_evidence
from archive.soundness import refuse_unsound
from archive.space import GB, MB, Space, space_of
from schedules.poll import poll_series
from schedules.room import in_line
from tests.archive.made_captures import new_archive, poll, record
from tests.archive.made_evidence import rows_in, signed_poll
from tests.made_up import age_gen
from tests.publisher import Publisher


@pytest.mark.fault("F03")
@pytest.mark.parametrize(
    ("free", "total", "room"),
    [
        (50 * GB, 100 * GB, "enough"),
        (5 * GB, 100 * GB, "enough"),
        (5 * GB - 1, 100 * GB, "low"),
        (2 * GB - 1, 10 * GB, "low"),
        (1 * GB, 100 * GB, "low"),
        (1 * GB - 1, 100 * GB, "out"),
        (200 * MB, 2 * GB, "low"),
        (200 * MB - 1, 2 * GB, "out"),
        (0, 0, "out"),
    ],
)
def test_share_and_bytes_both_count(free, total, room):
    """Below 5 % or 2 GB a disk is low; below 1 % or 200 MB nothing is begun."""
    assert Space(free, total).room == room


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.integers(0, 10**15))
def test_less_room_is_never_called_more(free, less, total):
    """The verdict follows the free bytes in one direction."""
    order = ["out", "low", "enough"]
    assert order.index(Space(min(free, less), total).room) <= order.index(Space(max(free, less), total).room)


def test_the_real_disk_is_asked(tmp_path):
    """What the system says of the folder's disk, in bytes."""
    space = space_of(tmp_path)
    assert 0 < space.free <= space.total


@pytest.fixture
def publisher(archive):
    """A publisher with one release."""
    with Publisher() as one:
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        one.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        one.series_file(archive.schedules, attempts=1)
        yield one


def found(desk):
    return desk.evidence.db.execute("SELECT severity, found FROM findings WHERE code = 'disk.low'").fetchall()


@pytest.mark.fault("F03")
def test_a_low_disk_is_a_finding_and_the_poll_goes_on(archive, publisher):
    """Told once while it stays as it is, and again when it has moved."""
    archive.space = Space(1_520 * MB, 20 * GB)
    with archive.open() as desk:
        for _ in range(2):
            assert poll_series(desk, desk.series[0], "asked").outcome == "complete"
        assert found(desk) == [("warning", "about 1.5 GB free of 20 GB")]
        archive.space = Space(840 * MB, 20 * GB)
        poll_series(desk, desk.series[0], "asked")
        assert found(desk)[1:] == [("warning", "about 800 MB free of 20 GB")]


@pytest.mark.fault("F03")
def test_a_disk_with_no_room_refuses_the_poll_before_anything_is_asked(archive, publisher):
    """Nobody is asked, a finding says why, what is kept is as it was, and with room again the next poll completes."""
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "asked")
        before, asked = rows_in(archive.directory), sum(publisher.counts.values())
        archive.space = Space(150 * MB, 20 * GB)
        with pytest.raises(ArchiveError, match=r"about 100 MB free of 20 GB, expected at least 1 % and 200 MB"):
            poll_series(desk, desk.series[0], "asked")
        assert sum(publisher.counts.values()) == asked
        after = rows_in(archive.directory)
        assert [table for table in after if after[table] != before[table]] == ["findings", "log"]
        assert found(desk) == [("error", "about 100 MB free of 20 GB")]
        archive.space = Space(50 * GB, 100 * GB)
        assert poll_series(desk, desk.series[0], "asked").outcome == "complete"


def test_status_says_how_much_room_there_is():
    """One line, and it shouts where it has to."""
    assert in_line(Space(50 * GB, 100 * GB)) == "disk: about 50.0 GB free of 100 GB"
    assert in_line(Space(4 * GB, 100 * GB)).endswith("LOW, make room")
    assert "FULL" in in_line(Space(0, 100 * GB))


CAPTURE = """
import resource, sys
from pathlib import Path
from archive.database import ArchiveError, open_evidence
from tests.archive.made_captures import record
import random
with open_evidence(Path(sys.argv[1])) as evidence:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    try:
        record(evidence.db, 1, random.Random(1).randbytes(300_000))
    except ArchiveError as error:
        print(error)
        sys.exit(3)
"""


@pytest.mark.parametrize("more", [-8_192, 0, 4_096, 40_960, 200_000])
def test_a_disk_that_takes_no_more_in_mid_capture_loses_nothing(tmp_path: Path, more: int) -> None:
    """The system refuses to let any file grow: the capture in hand is told and not kept, everything before it is sound."""
    with new_archive(tmp_path) as evidence:
        record(evidence.db, poll(evidence.db), b"one")
        signed_poll(evidence, b"two")
    with open_evidence(tmp_path):
        pass
    before, size = rows_in(tmp_path), (tmp_path / "archive.db").stat().st_size
    assert resource.RLIM_INFINITY in resource.getrlimit(resource.RLIMIT_FSIZE)
    top = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", CAPTURE, str(tmp_path), str(size + more)],
        cwd=top, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(top)},
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "Everything before is safe" in done.stdout
    with open_evidence(tmp_path) as evidence:
        assert rows_in(tmp_path) == before
        record(evidence.db, poll(evidence.db), random.Random(1).randbytes(300_000))
    assert refuse_unsound(tmp_path).size > len(before["log"])
