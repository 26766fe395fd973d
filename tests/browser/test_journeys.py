"""Six journeys of people who come with a question (research on users, section 4), walked in Chromium step by step.

What is still being built answers 404: the step that needs it is skipped, and says so.
"""

from __future__ import annotations

import pytest

from schedules.cli import run
from tests.archive.made_site import filled_archive
from tests.browser.conftest import IN_CHROMIUM, served
from tests.made_up import age_gen
from tests.publisher import Publisher

pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """An archive with the six authorities of the newspapers, served."""
    with served(filled_archive(tmp_path_factory.mktemp("story"), six=True)) as address:
        yield address


def built(page, address: str) -> str:
    """Visits a page that another part of the project builds, and gives its text; skips the rest while it answers 404."""
    answer = page.goto(address)
    if answer.status == 404:
        pytest.skip(f"{address.partition('//')[2].partition('/')[2]} is not built yet, so this step is not walked")
    assert answer.status == 200
    return page.locator("main").inner_text()


# ---------------------------------------------------------------- J5, the maintainer


@pytest.fixture
def optout(archive, capsys):
    """Runs the command on the archive: (exit status, what it printed, what it told on standard error)."""

    def call(*arguments):
        status = run(["--data", str(archive.directory), "--schedules", str(archive.schedules), "--quiet", *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return call


def test_a_maintainer_adds_a_series_without_code(desk, archive, optout, tmp_path):
    """One file, a look that writes nothing, a poll, an old file by hand: its page says handed in, an unknown column is told."""
    with Publisher() as publisher:
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        publisher.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        publisher.series_file(archive.schedules, attempts=1)
        status, out, _ = optout("look", publisher.seed)
        assert status == 0
        assert "July 2021" in out
        assert not (archive.directory / "archive.db").exists()
        assert optout("poll", "--create")[0] == 0
        odd, old = tmp_path / "NDOP_age_gen_May_2021.csv", tmp_path / "NDOP_age_gen_Jun_2021.csv"
        odd.write_bytes(age_gen(["2021-04-01"]).replace(b"OPT_OUT", b"OPTED", 1))
        old.write_bytes(age_gen(["2021-05-01"]))
        for path in (odd, old):
            optout("deposit", str(path), "--series", "national-data-opt-out", "--publication", "old", "--published-on",
                   "2021-06-29", "--origin", "a copy on a researcher's disk (made up)")  # fmt: skip
    with served(archive.directory) as base:
        desk.goto(f"{base}/release/national-data-opt-out/old")
        text = desk.locator("main").inner_text()
        assert "handed in: a copy on a researcher's disk (made up)" in text
        assert "not read:" in text, "a renamed column must not pass in silence"
        desk.goto(f"{base}/area/england")
        assert "1 June 2021" in desk.locator(".figure").inner_text()


# ---------------------------------------------------------------- J6, the operator


def test_an_operator_is_told_of_a_redesign_and_readers_keep_the_last_good_figures(desk, archive, optout):
    """After a redesign the poll is incomplete and says why, nothing counts as gone, figures stay, status and page agree."""
    with Publisher() as publisher:
        files = [("By age", "NDOP_age_gen_Jul_2021.csv", age_gen(["2021-06-01"]))]
        publisher.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", files)
        publisher.series_file(archive.schedules, attempts=1)
        assert optout("poll", "--create")[0] == 0
        publisher.redesign()
        assert optout("poll", "--all")[0] == 1
        status, out, _ = optout("status")
        assert status == 1
        assert "incomplete" in out or "not" in out
    with served(archive.directory) as base:
        desk.goto(base + "/")
        text = desk.locator("main").inner_text()
        assert "but not everything could be reached" in text
        assert "Not reached:" in text
        assert "1 June 2021" in desk.locator(".figure").inner_text()
        desk.goto(f"{base}/optouts/withdrawn.json?_shape=array")
        assert desk.locator("body").inner_text().strip() == "[]"
        built(desk, f"{base}/status")
