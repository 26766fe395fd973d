"""J5 of the research on users: a maintainer adds a new series, by the command and in Chromium, step by step.

Its "fails if" lines: a code change for a new address, a renamed column that passes silently, an old permalink that breaks.
All figures are made up.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.browser.conftest import IN_CHROMIUM, served
from tests.made_up import age_gen
from tests.publisher import Publisher

pytestmark = IN_CHROMIUM

OLD, NEW = "national-data-opt-out", "type-1-opt-outs"
NAME = "NDOP_age_gen_Jul_2021.csv"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def publisher(archive):
    """A publisher with the old series, which is watched, and a new one, which is not yet."""
    with Publisher() as one:
        one.publish(
            "july-2021", "National Data Opt-out, July 2021", "2021-07-29", [("By age", NAME, age_gen(["2021-06-01"]))]
        )
        one.series_file(archive.schedules, attempts=1)
        one.series(NEW, "[MI] Type 1 opt-outs")
        renamed = age_gen(["2021-07-01"]).replace(b"OPT_OUT", b"OPTED", 1)
        wrong = {("2021-07-01", "20-29", "All"): (1, 7_000_000)}
        files = [
            ("By age", "NDOP_age_gen_Aug_2021.csv", age_gen(["2021-07-01"], cells=wrong)),
            ("Renamed", "NDOP_age_gen_renamed.csv", renamed), ("Something else", "leaflet.csv", b"A,B\r\n1,2\r\n"),
        ]  # fmt: skip
        one.publish("august-2021", "Type 1 opt-outs, August 2021", "2021-08-26", files, series=NEW)
        yield one


def template(archive, publisher, **changed: str) -> Path:
    """Step 1: the old entry copied, with another seed and title; one file, no code."""
    text = (archive.schedules / f"{OLD}.toml").read_text("utf-8")
    text = text.replace(publisher.address(), publisher.address(series=NEW)).replace(
        "[MI] National Data Opt-Out", "[MI] Type 1 opt-outs"
    )
    for old, new in changed.items():
        text = re.sub(rf"^{old} = .*$", new, text, flags=re.MULTILINE)
    path = archive.schedules / f"{NEW}.toml"
    path.write_text(text, "utf-8")
    return path


def test_1_one_declarative_file_and_every_slip_in_it_is_named(archive, publisher, optout):
    """A copied template is enough; a key that is wrong, lacking or unknown is told with the file, the key and what was expected."""
    template(archive, publisher)
    assert optout("look", publisher.address(series=NEW))[0] == 0
    for wrong, told in (
        ({"licence": 'license = "OGL"'}, "licence: found nothing; expected the name of the licence"),
        ({"time_zone": 'time_zone = "Mars/North"'}, "time_zone"),
        ({"at": 'at = "25:00"'}, "at"),
    ):
        template(archive, publisher, **wrong)
        status, _, said = optout("look", publisher.address(series=NEW))
        assert status == 2
        assert f"{NEW}.toml" in said
        assert told in said


def test_2_a_dry_run_says_what_would_be_read_and_writes_nothing(archive, publisher, optout):
    """Releases found; for each file the rule that matches, or that none does; and no byte is written."""
    template(archive, publisher)
    status, out, _ = optout("look", publisher.address(series=NEW))
    assert status == 0
    assert "2021-08-26 Type 1 opt-outs, August 2021" in out
    status, out, _ = optout("look", publisher.address("august-2021", series=NEW))
    assert status == 0
    assert re.search(
        r"NDOP_age_gen_Aug_2021\.csv: NDOP_age_gen_\*\.csv, read by age_gen_2021 or age_gen_2023$", out, re.MULTILINE
    )
    assert re.search(
        r"leaflet\.csv: no rule under \[\[expects\]\] matches its name; it would be kept, unread$", out, re.MULTILINE
    )
    assert not archive.directory.exists()


def test_3_and_4_columns_and_sums_are_held_against_what_is_declared(desk, archive, publisher, optout):
    """A renamed column stops the reading and is told beside the nearest layout; what does not add up is a check that says so."""
    template(archive, publisher)
    assert optout("poll", "--create", "--all")[0] == 0
    _, out, _ = optout("status")
    assert "found the header ACH_DATE, AGE_BAND, GENDER, OPTED, LIST_SIZE, RATE" in out
    assert "nearest is age_gen_2021: missing OPT_OUT; not known OPTED" in out
    with served(archive.directory) as base:
        desk.goto(f"{base}/release/{NEW}/august-2021")
        text = desk.locator("main").inner_text()
        unread = r"NDOP_age_gen_renamed\.csv[^\n]*\n.*not read:.*not known OPTED"
        assert re.search(unread, text, re.DOTALL), "fails if: a renamed column passes silently"
        found = desk.request.get(f"{base}/optouts/checks.json?_shape=array&_size=max").json()
        results = {
            (one["month"], one["result"])
            for one in found
            if one["rule"] == "ages_add_up" and "opt-outs" in one["parts"]
        }
        assert results == {("2021-06-01", "ok"), ("2021-07-01", "fail")}
        desk.goto(f"{base}/optouts/checks?result=fail")
        assert "All age groups, unknown age included, add up to England's total" in desk.locator("main").inner_text()


def test_5_an_old_file_by_hand_is_never_passed_off_as_our_own(desk, archive, publisher, optout, tmp_path):
    """Depositor's origin and day travel with it: on the release, on the file, in its captures; as deposit, not as a look."""
    assert optout("poll", "--create")[0] == 0
    old = tmp_path / "NDOP_age_gen_Jun_2021.csv"
    old.write_bytes(age_gen(["2021-05-01"]))
    assert optout(
        "deposit", str(old), "--series", OLD, "--publication", "june-2021", "--published-on", "2021-06-29",
        "--origin", "a copy on a researcher's disk (made up)",
    )[0] == 0  # fmt: skip
    with served(archive.directory) as base:
        desk.goto(f"{base}/release/{OLD}/june-2021")
        assert "handed in: a copy on a researcher's disk (made up)" in desk.locator("main").inner_text()
        desk.get_by_role("link", name=old.name).first.click()
        text = desk.locator("main").inner_text()
        assert re.search(r"First captured\s+.*, handed in", text)
        assert re.search(r"Origin\s+a copy on a researcher's disk \(made up\)", text)
        digest = hashlib.sha256(old.read_bytes()).hexdigest()
        (row,) = desk.request.get(f"{base}/optouts/captures.json?_shape=array&sha256={digest}").json()
        assert (row["way"], row["status"], row["remote_ip"]) == ("deposit", None, None)
        desk.goto(f"{base}/as-it-was?on=2021-07-01")
        assert "not observed by us: a copy on a researcher's disk" in desk.locator("main").inner_text()


def test_6_a_note_stands_on_every_page_that_it_concerns(desk, archive, publisher, optout):
    """Breaks, words and known problems are registers with sources; a break shows on the series that cross it, by itself."""
    assert optout("poll", "--create")[0] == 0
    with served(archive.directory) as base:
        for register in ("breaks", "glossary", "known-problems"):
            desk.goto(f"{base}/{register}")
            entries = desk.locator("article.entry")
            assert entries.count() > 5
            assert "Source" in entries.first.inner_text()
        touched = desk.request.get(f"{base}/optouts/breaks_by_family.json?_shape=array&_size=max").json()
        assert {one["family"] for one in touched} >= {"age_sex", "practices", "lsoas", "areas"}


def test_7_the_rules_of_a_change_are_written_down_and_held():
    """Tests run on what is kept here, without the internet; a line in the changelog is asked for where a person notices."""
    rules = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert "No test needs the internet" in rules
    assert "`optout look SEED` shows what we understand of the page" in rules
    assert "That is all: no Python." in rules
    assert (ROOT / "CHANGELOG.md").read_text("utf-8").startswith("# What changed")


def test_8_the_first_harvest_is_news_and_old_addresses_still_answer(desk, archive, publisher, optout):
    """The new series' release is an item of the feed and a line of the status page; every address of before says the same."""
    assert optout("poll", "--create")[0] == 0
    digest = hashlib.sha256(age_gen(["2021-06-01"])).hexdigest()
    old = [
        f"/release/{OLD}/july-2021", f"/files/{digest}", f"/area/england?from=2021-06&to=2021-06&pin={OLD}/july-2021@1",
    ]  # fmt: skip
    with served(archive.directory) as base:
        before = {path: _said(desk, base + path) for path in old}
    template(archive, publisher)
    assert optout("poll", "--all")[0] == 0
    with served(archive.directory) as base:
        items = desk.request.get(f"{base}/feeds/changes.json").json()["items"]
        assert any(one["title"].startswith("New release: Type 1 opt-outs, August 2021") for one in items)
        desk.goto(f"{base}/status")
        assert desk.locator(f"#{NEW}").get_by_text("[MI] Type 1 opt-outs").first.is_visible()
        after = {path: _said(desk, base + path) for path in old}
        assert after[old[0]] == before[old[0]]
        assert digest in after[old[1]]
        assert re.search(r"3,\d\d\d,\d\d\d people in England", after[old[2]])
        figure = r"([\d,]+) people in England had a national data opt-out on 1 June 2021"
        assert re.search(figure, after[old[2]])[1] == re.search(figure, before[old[2]])[1]


def _said(page, address: str) -> str:
    answer = page.goto(address)
    assert answer.status == 200, address
    return str(page.locator("main").inner_text())
