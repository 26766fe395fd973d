"""Goal G2: a page that breaks is told in the poll that sees it, and nothing is gone; a page that is only dressed anew is no news.

The saved pages of tests/pages are served on loopback, their files beside them. All figures made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schedules.desk import Conditions, Desk, opened
from schedules.poll import Polled, poll_series
from schedules.reread import no_progress
from scraper.model import At, ExpectedFile
from tests.conftest import Archive
from tests.made_up import age_gen
from tests.page_mutations import COSMETIC, PUBLICATION_BREAKS, SERIES_BREAKS, Mutation
from tests.scraper.raw_server import RawServer, answer
from tests.soaks import in_part

PAGES = Path(__file__).parent / "pages"
PATH = "/data-and-information/publications/statistical/national-data-opt-out"
RELEASE = f"{PATH}/september-2021"
SERVED = {
    PATH: "series-live", RELEASE: "publication-live", f"{RELEASE}/datasets": "data-set-live", f"{RELEASE}/by-age": "chapter-live",
    f"{PATH}/july-2021": "publication-july-2021", f"{PATH}/december-2021": "stub-live",
    f"{PATH}/october-2018/ndop-oct-18": "publication-2018-late",
}  # fmt: skip
AGES = age_gen(["2021-08-01", "2021-09-01"], totals={"2021-08-01": 100_000, "2021-09-01": 101_000})


def _body_of(path: str) -> bytes:
    """A made-up body that is what its name says."""
    kind = path.lower().rpartition(".")[2]
    bodies = {"csv": AGES, "pdf": b"%PDF-1.4 made up\n%%EOF\n", "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1made up"}
    return bodies.get(kind, b"PK\x05\x06" + b"\x00" * 18)


class Stage:
    """Two servers with the saved pages and their files, and one archive that looks at them again and again."""

    def __init__(self, pages: RawServer, files: RawServer, desk: Desk, archive: Archive) -> None:
        self.pages, self.desk, self.archive = pages, desk, archive
        self.good = {path: self._placed(name, files) for path, name in SERVED.items()}

    def _placed(self, name: str, files: RawServer) -> bytes:
        """A saved page that links to these servers; every file that it links to is there."""
        text = (PAGES / f"{name}.html").read_text()
        text = re.sub(r"(?i)https://files\.digital\.nhs\.uk(:443)?", files.root, text)
        text = re.sub(r"(?i)https://digital\.nhs\.uk", self.pages.root, text)
        for path in re.findall(rf'{files.root}([^"#]*)["#]', text):
            files.answers[path.replace(" ", "%20").replace("%2c", "%2C")] = [answer("200 OK", _body_of(path))]
        for path in re.findall(r'href="(/binaries/[^"#]*)["#]', text):
            self.pages.answers[path] = [answer("200 OK", _body_of(path))]
        return text.encode()

    def poll(self, path: str = "", body: bytes = b"") -> tuple[Polled, list[tuple[str, str]]]:
        """One poll, one page replaced by `body`; and (code, severity) of what it found."""
        for place, good in self.good.items():
            self.pages.answers[place] = [answer("200 OK", body if place == path else good, "Content-Type: text/html")]
        self.archive.now += timedelta(hours=1)
        done = poll_series(self.desk, self.desk.series[0], "asked")
        rows = self.desk.evidence.db.execute(
            "SELECT code, severity FROM findings WHERE poll_id = ? ORDER BY finding_id", [done.poll_id]
        )
        return done, rows.fetchall()

    def stands(self) -> set[tuple[object, ...]]:
        """What a reader is told of releases, files and figures."""
        queries = (
            "SELECT 'release', publication, state FROM releases",
            "SELECT 'file', file_name, sha256, state FROM files",
            "SELECT 'vintage', vintage, label FROM vintages",
        )
        return {row for query in queries for row in self.desk.copy.execute(query).fetchall()}

    def is_gone(self) -> list[tuple[object, ...]]:
        """What a reader is told to be withdrawn."""
        return self.desk.copy.execute("SELECT publication, what FROM withdrawn").fetchall()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stage, looked at until nothing is new any more."""
    archive = Archive(tmp_path_factory.mktemp("pages"), tmp_path_factory.mktemp("none"))
    with ExitStack() as stack:
        pages, files = stack.enter_context(RawServer()), stack.enter_context(RawServer())
        series = replace(
            pages.series(), seed=pages.root + PATH, page_hosts=(pages.host,), file_hosts=(files.host,),
            title_pattern="(?i)national data opt-?out", when=(At(("mon",), 9, 30),),
            expects=(ExpectedFile("NDOP_age_gen_*.csv", ("age_gen_2021",), required=False, rows=None),
                     ExpectedFile("*", (), required=False, rows=None)),
        )  # fmt: skip
        conditions = Conditions((series,), "opt-out-archive/test", lambda: archive.now, archive.stop, no_progress)
        desk = stack.enter_context(opened(archive.directory / "data", conditions, create=True))
        one = Stage(pages, files, desk, archive)
        one.poll()
        done, found = one.poll()
        assert (done.outcome, found) == ("complete", []), done.summary
        assert any(row[0] == "vintage" for row in one.stands()), "no figure is read: nothing could be lost"
        yield one


def breaks() -> list[object]:
    """Every change that has to be told, with the page that it befalls."""
    return [
        pytest.param(path, change, id=f"{what} {name}")
        for what, path, changes in (("release:", RELEASE, PUBLICATION_BREAKS), ("series:", PATH, SERIES_BREAKS))
        for name, change in changes.items()
    ]


@pytest.mark.fault("C01", "C02", "H21", "H22", "C20", "C23")
@pytest.mark.parametrize(("path", "change"), in_part(breaks(), 4))
def test_a_page_that_breaks_is_told_at_once_and_takes_nothing_away(stage: Stage, path: str, change: Mutation) -> None:
    """An error or a warning in the same poll; releases, files and figures stand as they did, and nothing is called withdrawn."""
    before = stage.stands()
    try:
        _, found = stage.poll(path, change(stage.good[path]))
        assert [code for code, severity in found if severity != "info"], "nobody is told"
        assert stage.stands() >= before
        assert stage.is_gone() == []
    finally:
        done, _ = stage.poll()
    assert done.outcome == "complete", done.summary
    assert stage.stands() >= before


@pytest.mark.fault("C23")
@pytest.mark.parametrize("change", in_part((pytest.param(change, id=name) for name, change in COSMETIC.items()), 4))
def test_a_page_that_is_only_dressed_anew_is_no_news(stage: Stage, change: Mutation) -> None:
    """The new bytes are kept, the poll is complete, and nothing is told."""
    body = change(stage.good[RELEASE])
    assert body != stage.good[RELEASE]
    before = stage.stands()
    done, found = stage.poll(RELEASE, body)
    assert (done.outcome, found, done.new_snapshots) == ("complete", [], 1), done.summary
    assert stage.stands() == before


def test_there_are_enough_of_both() -> None:
    """The lists did not shrink by accident: fifty that have to be told, thirty that must not."""
    assert len(breaks()) >= 50
    assert len(COSMETIC) >= 30
