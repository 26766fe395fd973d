"""Stories of polls whose checkpoints others confirm, and of authorities that do not do what they should. Figures made up."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.anchored import standing_anchoring
from archive.anchors import check_token
from archive.reading_copy import open_reading_copy
from schedules.anchor_settings import load_anchoring
from schedules.desk import Conditions, Desk, opened
from schedules.poll import Polled, poll_series
from schedules.reread import no_progress
from schedules.series import load_series
from tests.conftest import Archive
from tests.made_up import age_gen
from tests.publisher import Publisher
from tests.time_stamper import TimeStamper, html, other_digest, refuses, slow, too_large


class Scene:
    """A publisher with one release, two authorities, and an archive that asks them."""

    def __init__(self, archive: Archive, publisher: Publisher, one: TimeStamper, two: TimeStamper) -> None:
        self.archive, self.publisher, self.one, self.two = archive, publisher, one, two
        self.stated = ""

    def configure(self, *tables: str) -> None:
        """Write anchors.toml."""
        self.archive.directory.mkdir(exist_ok=True)
        (self.archive.directory / "anchors.toml").write_text("\n".join(tables))

    def open(self) -> Desk:
        """The archive with what anchors.toml says."""
        anchoring = load_anchoring(self.archive.directory)
        conditions = Conditions(
            load_series(self.archive.schedules), "opt-out-archive/test", lambda: self.archive.now, self.archive.stop,
            no_progress, anchoring=anchoring,
        )  # fmt: skip
        return opened(self.archive.directory, conditions, create=True)

    def poll(self, later: timedelta = timedelta(0)) -> Polled:
        """One poll, `later`."""
        self.archive.now += later
        self.publisher.now = self.archive.now
        with self.open() as desk:
            return poll_series(desk, desk.series[0], "due")

    def rows(self, sql: str) -> list[tuple]:
        """Rows of the evidence."""
        with self.archive.open() as desk:
            return desk.evidence.db.execute(sql).fetchall()

    def anchors(self) -> list[tuple]:
        """(party, kind, size) of every anchor, in order."""
        return self.rows("SELECT party, kind, size FROM anchors ORDER BY anchor_id")

    def findings(self) -> list[tuple[str, str, str]]:
        """(code, subject, found) of every finding about anchors."""
        return self.rows(
            "SELECT code, subject, found FROM findings WHERE code GLOB '*anchor*' OR code GLOB '[mW][i-]*'"
        )


@pytest.fixture
def scene(archive: Archive, tmp_path: Path) -> Iterator[Scene]:
    """Everything on loopback, clocks that agree."""
    archive.now = datetime.now(UTC)
    with ExitStack() as stack:
        publisher = stack.enter_context(Publisher(archive.now))
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        publisher.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        publisher.series_file(archive.schedules, attempts=1)
        one = stack.enter_context(TimeStamper(tmp_path / "one", "ec"))
        two = stack.enter_context(TimeStamper(tmp_path / "two", "rsa"))
        scene = Scene(archive, publisher, one, two)
        scene.configure(one.settings("one"), two.settings("two"))
        yield scene


def test_a_poll_has_both_authorities_confirm_its_checkpoint(scene):
    """Each stamp is a fact of the log that stands after its checkpoint, and is good against that note offline."""
    assert scene.poll().outcome == "complete"
    assert [party for party, *_ in scene.anchors()] == ["one", "two"]
    for size, evidence, entry, note in scene.rows(
        "SELECT a.size, a.evidence, l.entry, c.note FROM anchors a JOIN checkpoints c USING (size)"
        " JOIN log l ON l.fact_table = 'anchors' AND l.fact_number = a.anchor_id"
    ):
        assert entry >= size
        assert check_token(evidence, note).problem is None
    copy = open_reading_copy(scene.archive.directory)
    state = standing_anchoring(copy, scene.archive.now)
    copy.close()
    assert state.is_anchored
    assert state.unanchored_since is None
    assert state.party in {"one", "two"}
    assert scene.findings() == []


def test_without_news_an_authority_is_asked_again_only_after_its_hours(scene):
    """An hour later nothing new was seen, so nobody is asked; after four hours the new checkpoint is stamped."""
    scene.poll()
    scene.poll(timedelta(hours=1))
    assert len(scene.one.queries) == 1
    scene.poll(timedelta(hours=3, minutes=1))
    assert len(scene.one.queries) == len(scene.two.queries) == 2
    sizes = {size for *_, size in scene.anchors()}
    assert len(sizes) == 2


def test_news_is_stamped_at_once(scene):
    """A file that was replaced in place is what a dispute will be about: it does not wait for the hours to pass."""
    scene.poll()
    name = "NDOP_age_gen_Jul_2021.csv"
    scene.publisher.replace("july-2021", name, age_gen(["2021-06-01"], totals={"2021-06-01": 77_000}))
    with scene.archive.open() as desk:
        recheck = timedelta(days=desk.series[0].recheck_days, minutes=1)
    scene.configure(scene.one.settings("one", every_hours=24 * 31), scene.two.settings("two", every_hours=24 * 31))
    scene.poll(recheck)
    assert len(scene.one.queries) == len(scene.two.queries) == 2


@pytest.mark.fault("K10")
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (other_digest, "another query than ours|another text"),
        (refuses, "it refused"),
        (html, "no time-stamp"),
        (too_large, "too_large"),
    ],
)
def test_an_authority_that_answers_wrongly_is_told_and_the_other_one_is_used(scene, fault, said):
    """The evidence is whole, the other authority's stamp is kept, the finding says what was wrong, and later it is made good."""
    scene.one.fault = fault
    assert scene.poll().outcome == "complete"
    assert [party for party, *_ in scene.anchors()] == ["two"]
    ((code, subject, found),) = scene.findings()
    assert (code, subject) == ("anchor.authority", "one")
    assert any(word in found for word in said.split("|"))
    scene.one.fault = None
    scene.poll(timedelta(minutes=15))
    assert [party for party, *_ in scene.anchors()] == ["two", "one"]


@pytest.mark.fault("K10")
def test_a_slow_authority_is_left_at_its_deadline(scene):
    """Nobody waits longer than the file says."""
    scene.one.fault = slow
    scene.configure(scene.one.settings("one", deadline_seconds=0.5), scene.two.settings("two"))
    began = time.monotonic()
    scene.poll()
    assert time.monotonic() - began < 10
    assert [party for party, *_ in scene.anchors()] == ["two"]
    assert "deadline" in scene.findings()[0][2]


def test_trouble_with_tls_is_a_finding(scene):
    """A certificate that nobody vouches for: the stamp would be signed all the same, but the operator should know."""
    scene.one.with_tls()
    scene.configure(scene.one.settings("one"), scene.two.settings("two"))
    scene.poll()
    assert [party for party, *_ in scene.anchors()] == ["two"]
    assert "tls" in scene.findings()[0][2]


def test_a_standing_fault_is_told_once(scene):
    """The same authority, the same fault: one finding, however many polls."""
    scene.two.fault = html
    for _ in range(3):
        scene.poll(timedelta(minutes=15))
    assert [code for code, subject, _ in scene.findings() if subject == "two"] == ["anchor.authority"]


@pytest.mark.fault("K08")
def test_an_authority_whose_clock_differs_is_kept_and_told(scene):
    """W-ANC-04: an hour between its time and ours means that one clock is wrong; the stamp proves something all the same."""
    scene.poll(timedelta(hours=1))
    assert len(scene.anchors()) == 2
    assert [code for code, *_ in scene.findings()] == ["W-ANC-04", "W-ANC-04"]


@pytest.mark.fault("K09")
def test_certificates_that_end_soon_are_told_once(scene, tmp_path):
    """Within 90 days the operator has to look for the authority's next ones; the stamp itself is kept and stays good."""
    with TimeStamper(tmp_path / "short", ends=datetime.now(UTC) + timedelta(days=30)) as short:
        scene.configure(short.settings("short", every_hours=1), scene.two.settings("two"))
        scene.poll()
        scene.poll(timedelta(minutes=5))
        scene.archive.now += timedelta(minutes=56)
        scene.poll()
    assert [party for party, *_ in scene.anchors()].count("short") == 2
    told = [(code, subject) for code, subject, _ in scene.findings() if code == "anchor.ending"]
    assert told == [("anchor.ending", "short")]


def test_no_one_is_asked_once_the_program_is_to_end(scene):
    """A stop does not wait for strangers: the next poll asks."""
    with scene.open() as desk:
        scene.archive.stop.set()
        poll_series(desk, desk.series[0], "due")
    assert scene.one.queries == []
    scene.archive.stop.clear()
    scene.poll()
    assert len(scene.one.queries) == 1


@pytest.mark.fault("K10")
def test_with_one_authority_the_log_is_called_unanchored(scene):
    """Two parties without a common master is the least that is claimed; before 25 hours it waits, after them it says so."""
    scene.configure(scene.one.settings("one"))
    scene.poll()
    copy = open_reading_copy(scene.archive.directory)
    states = [standing_anchoring(copy, scene.archive.now + timedelta(hours=hours)) for hours in (1, 26)]
    copy.close()
    assert [state.is_anchored for state in states] == [True, False]
    assert states[1].unanchored_since is not None


# ---------------------------------------------------------------- the mirror


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A repository to push to, on disk."""
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "bare.git"], check=True)
    return tmp_path / "bare.git"


def test_each_checkpoint_is_pushed_and_the_push_is_an_anchor(scene, bare, tmp_path):
    """A clone holds the checkpoint, the leaves and the authorities' tokens; the log says which commit was pushed where."""
    remote = f'[mirror]\nfolder = "mirror"\nremote = "{bare}"\n'
    scene.configure(scene.one.settings("one"), remote)
    scene.poll()
    ((size, evidence),) = scene.rows("SELECT size, evidence FROM anchors WHERE kind = 'git'")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--branch", "main", bare, clone], check=True)
    assert (clone / "checkpoint").read_text().splitlines()[1] == str(size)
    assert (clone / "anchors" / "00000001.token.der").exists()
    log = ["git", "-C", clone, "log", "--format=%H %an <%ae> %s"]
    said = subprocess.run(log, check=True, capture_output=True, text=True).stdout.split(" ", 1)
    stated = json.loads(evidence)
    assert stated == {"form": "git/1", "remote": str(bare), "branch": "main", "commit": said[0]}
    assert said[1] == f"opt-out-archive <opt-out-archive@localhost> Checkpoint of {size} leaves\n"
    scene.poll(timedelta(minutes=15))
    assert len(scene.rows("SELECT size FROM anchors WHERE kind = 'git'")) == 2
    assert scene.findings() == []


def test_a_push_that_is_refused_is_told_and_never_forced(scene, bare, tmp_path):
    """Somebody else's commits stand in the branch: the finding says so, their commits stay, our files are written."""
    other = tmp_path / "other"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", other], check=True)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *identity, "-C", other, "commit", "--quiet", "--allow-empty", "-m", "another's"], check=True)
    subprocess.run(["git", "-C", other, "push", "--quiet", bare, "main"], check=True)
    scene.configure(f'[mirror]\nfolder = "mirror"\nremote = "{bare}"\n')
    assert scene.poll().outcome == "complete"
    ((code, _, found),) = scene.findings()
    assert code == "mirror.unpushed"
    assert "push failed" in found
    assert scene.anchors() == []
    last = subprocess.run(["git", "-C", bare, "log", "--format=%s", "main"], check=True, capture_output=True, text=True)
    assert last.stdout == "another's\n"
    assert (scene.archive.directory / "mirror" / "checkpoint").exists()


@pytest.mark.fault("D19")
def test_a_mirror_that_is_ahead_is_told_and_the_poll_goes_on(scene):
    """E-MIR-01 becomes a finding; what was captured is kept and signed."""
    scene.configure('[mirror]\nfolder = "mirror"\n')
    scene.poll()
    mirror = scene.archive.directory / "mirror"
    (mirror / "checkpoint").write_text("another's\n")
    assert scene.poll(timedelta(minutes=15)).outcome == "complete"
    ((code, _, found),) = scene.findings()
    assert code == "mirror.unwritten"
    assert "E-MIR-01" in found
    assert str(mirror) not in found
    assert (mirror / "checkpoint").read_text() == "another's\n"
