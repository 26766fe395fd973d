"""J3 of the research on users: a researcher loads the practice panel with vintages and citations, step by step in Chromium.

Its "fails if" lines: a sign or a spreadsheet's damage in the typed table, a pinned address that changes, breaks only in prose.
All figures are made up.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from archive.database import open_evidence
from archive.rows import Deposit
from archive.store import begin_poll, end_poll, record_deposit
from tests.archive.made_site import SLUG, filled_archive, read_again
from tests.archive.made_tables import exported
from tests.browser.conftest import IN_CHROMIUM, served
from tests.made_up import age_gen, months_to, reg_geo

pytestmark = IN_CHROMIUM
FAMILIES = ("age_sex", "practices", "lsoas", "areas", "weekly")
DAMAGED = ("october-2021", "2021-10-28", months_to("2021-10", 3))


def hand_in(directory, publication: str, published_on: str, name: str, body: bytes) -> None:
    """One more release, as somebody hands it in."""
    with open_evidence(directory) as evidence:
        at = f"{published_on}T12:00:00.000000Z"
        poll = begin_poll(evidence.db, SLUG, "deposit", at, "made-up-program/1", "0" * 64)
        record_deposit(
            evidence.db, poll, Deposit(SLUG, publication, published_on, name, body, "made up for a test"), at
        )
        end_poll(evidence.db, poll, "complete", at, None, "One file handed in.")
        read_again(directory, evidence.db)


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """An archive with a file that a spreadsheet damaged, its tables exported: where it is served, and where it lies."""
    directory = filled_archive(tmp_path_factory.mktemp("panel"))
    publication, published_on, months = DAMAGED
    body = age_gen(months, damaged=months, blank_rows=3)
    assert b"Oct-19" in body
    hand_in(directory, publication, published_on, "NDOP_age_gen_Oct_2021.csv", body)
    exported(directory, directory / "tables")
    with served(directory) as address:
        yield address, directory


def get(page, address: str):
    """An answer that is well."""
    answer = page.request.get(address)
    assert answer.status == 200, (answer.status, address)
    return answer


def table(page, address: str) -> list[dict[str, str]]:
    """Rows of a CSV."""
    return list(csv.DictReader(io.StringIO(get(page, address).text())))


def test_1_the_page_for_researchers_says_where_to_start(desk, panel):
    """Grain and rows of each table, sizes, licence, breaks, known problems; which to start with, which are raw; every column."""
    desk.goto(panel[0] + "/")
    desk.get_by_role("link", name="For researchers").click()
    text = desk.locator("main").inner_text()
    for told in ("Start with practice_months", "Raw, as captured and read, are files, captures", "Open Government Licence v3.0",
                 "What one row is", "never add months up"):  # fmt: skip
        assert told in text, told
    grains = desk.get_by_role("region", name="Families of figures").locator("tbody tr")
    assert re.search(r"one GP practice, one month.*114", grains.nth(1).inner_text(), re.DOTALL)
    sizes = desk.get_by_role("region", name="Tables to take away").inner_text()
    assert re.search(r"csv/practices_latest.csv.gz\s+114\s+[\d,]+ bytes", sizes)
    assert re.search(r"optouts\.db", sizes), "the whole database"
    for name in ("Breaks", "Known problems", "Caveats", "Every table, column by column"):
        assert desk.locator("main").get_by_role("link", name=name, exact=True).count() == 1, name
    desk.locator("main").get_by_role("link", name="practice_months").first.click()
    desk.locator("summary", has_text="What the columns mean").click()
    told = desk.locator("details.columns").inner_text()
    assert "rates move by chance" in told
    package = get(desk, panel[0] + "/tables/datapackage.json").json()
    fields = [one for resource in package["resources"] for one in resource["schema"]["fields"]]
    assert all(one["type"] and one["description"] for one in fields)


def test_2_the_panel_has_the_columns_that_a_study_needs(desk, panel):
    """Date, code, name and parents as published, both counts, release, vintage, latest, first, flags, reason; a stock."""
    rows = table(desk, f"{panel[0]}/optouts/practice_months.csv?_stream=on")
    wanted = (
        "month practice_code practice_name opt_outs list_size reasons ccg_ons_code sub_icb_code icb_code region_code release"
        " stated_on since_vintage is_latest is_first flags"
    )
    assert set(wanted.split()) <= rows[0].keys()
    restated = [one for one in rows if (one["practice_code"], one["month"]) == ("Z90001", "2021-09-01")]
    assert [(one["opt_outs"], one["is_first"], one["is_latest"]) for one in restated] == [
        ("340", "1", "0"),
        ("345", "0", "1"),
    ]
    assert {one["practice_name"] for one in restated} == {"MADE-UP SURGERY"}
    desk.goto(f"{panel[0]}/optouts/practice_months")
    assert "never add months up" in desk.locator("main").inner_text()


def test_3_one_parameter_chooses_the_vintage_and_is_echoed(desk, panel):
    """Latest, first, as known on a day: in the address; the file's name and its rows repeat it."""
    base = f"{panel[0]}/optouts/practice_months.csv?_stream=on"
    latest, first = table(desk, f"{base}&is_latest=1"), table(desk, f"{base}&is_first=1")
    assert len(latest) == len(first) == 114
    changed = [
        (a["opt_outs"], b["opt_outs"]) for a, b in zip(first, latest, strict=True) if a["opt_outs"] != b["opt_outs"]
    ]
    assert changed == [("340", "345")]
    answer = get(desk, f"{panel[0]}/optouts/practices_as_of.csv?as_of=2021-10-15")
    assert "as_of 2021-10-15" in answer.headers["content-disposition"]
    known = list(csv.DictReader(io.StringIO(answer.text())))
    assert {one["as_of_vintage"] for one in known} == {"1"}
    assert "2022-04-01" not in {one["month"] for one in known}


def snippet(page, heading: str) -> str:
    """The lines below a heading, as somebody copies them."""
    return (
        page.locator("h3", has_text=re.compile(f"^{re.escape(heading)}$"))
        .locator("xpath=following-sibling::pre[1]")
        .inner_text()
    )


def pasted(program: list[str], directory) -> str:
    """What a program printed that was given pasted lines."""
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(program, check=False, capture_output=True, text=True, cwd=directory, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_4_three_lines_that_work_when_pasted(desk, panel, tmp_path):
    """Python without anything installed, from the page's own address, no key; limits, paging, compressed files, one database."""
    desk.goto(panel[0] + "/for-researchers")
    lines = snippet(desk, "Python, nothing to install, from this site")
    assert len(lines.splitlines()) == 3
    assert pasted([sys.executable, "-I", "-c", f"{lines}\nprint(len(practices))"], tmp_path) == "114"
    text = desk.locator("main").inner_text()
    for told in ("_stream=on", "JSON pages by _next", "two seconds and a thousand rows a page"):
        assert told in text, told
    first = get(desk, f"{panel[0]}/optouts/practices_latest.json?_size=50").json()
    again = get(desk, first["next_url"]).json()
    assert len(first["rows"]) == 50
    assert first["rows"][0] != again["rows"][0]
    packed = get(desk, f"{panel[0]}/tables/csv/practices_latest.csv.gz").body()
    assert len(gzip.decompress(packed).splitlines()) == 115
    (tmp_path / "optouts.db").write_bytes(get(desk, f"{panel[0]}/tables/optouts.db").body())
    with closing(sqlite3.connect(tmp_path / "optouts.db")) as whole:
        assert whole.execute("select count(*) from practice_months where is_latest").fetchone() == (114,)


def test_4_three_lines_that_work_in_r(desk, panel, tmp_path):
    """The same for R, where R is."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not on this machine: the snippet for R was not pasted")
    desk.goto(panel[0] + "/for-researchers")
    lines = snippet(desk, "R, from this site")
    assert pasted(["Rscript", "-e", f"{lines}\ncat(nrow(practices))"], tmp_path) == "114"


def test_5_closures_stand_apart_from_the_figures(desk, panel):
    """The life of a practice is a table of its own, which says that nothing was moved; flags for what to look at."""
    rows = table(desk, f"{panel[0]}/optouts/practice_life.csv")
    assert {"first_month", "last_month", "months_list_under_1000", "months_rate_over_100", "practices_at_postcode",
            "months_missing"} <= rows[0].keys()  # fmt: skip
    desk.goto(panel[0] + "/for-researchers")
    text = desk.locator("main").inner_text()
    assert "does not say which practice followed which; none is guessed, and no figure is moved" in text
    flags = {
        one["flags"]
        for one in table(desk, f"{panel[0]}/optouts/practice_months.csv?_stream=on&practice_code=Unallocated")
    }
    assert flags == {"no_practice"}


def test_6_what_to_join_with_and_what_is_not_kept_here(desk, panel):
    """Code lists with their source; which generation of LSOAs; and that deprivation and constituencies come from elsewhere."""
    desk.goto(panel[0] + "/for-researchers")
    text = desk.locator("main").inner_text()
    assert "LSOA codes are those of 2011 up to the break of 2025" in text
    assert "Deprivation (IMD), constituencies and boundaries are not in the publisher’s files and not kept here" in text
    changes = table(desk, f"{panel[0]}/optouts/area_changes.csv?_size=5")
    assert all(one["source"] for one in changes)
    desk.locator("main").get_by_role("link", name="2025").click()
    assert desk.locator("#lsoa-2025").is_visible()


def test_7_a_pinned_address_gives_the_same_bytes_after_later_releases(desk, panel):
    """Fails if: the address of the page with ?sha256= changes. A release comes in; the same bytes and hash come out."""
    desk.goto(panel[0] + "/for-researchers")
    offered = desk.get_by_role("region", name="Tables to take away")
    links = offered.locator("a[href*='practices_latest'], a[href*='practices_statements']")
    pinned = links.evaluate_all("all => all.map(one => one.href)")
    before = {one: get(desk, one).body() for one in pinned}
    assert len(before) >= 2
    known = get(desk, f"{panel[0]}/optouts/practices_as_of.csv?as_of=2022-04-30").body()
    months = months_to("2022-05", 12)
    later = reg_geo(months, cells={("Z90002", months[3]): (1, 2_000)})
    hand_in(panel[1], "may-2022", "2022-05-26", "NDOP_reg_geo_May_2022.csv", later)
    for address, body in before.items():
        assert get(desk, address).body() == body
        assert hashlib.sha256(body).hexdigest() == re.search(r"sha256=([0-9a-f]{64})", address)[1]
    assert get(desk, f"{panel[0]}/optouts/practices_as_of.csv?as_of=2022-04-30").body() == known


def test_8_both_the_release_and_the_archive_can_be_cited(desk, panel):
    """The tables as a whole: day, vintages, hash; one figure: the publisher's release with file and hash; BibTeX for both."""
    desk.goto(panel[0] + "/for-researchers")
    cited = (
        desk.locator("h3", has_text="Cite these tables")
        .locator("xpath=following-sibling::*[position()<=2]")
        .all_inner_texts()
    )
    assert re.search(r"tables of vintages 1 to 3, newest .*, made 20\d\d-\d\d-\d\dT.*SHA-256 [0-9a-f]{64}", cited[0])
    assert cited[1].startswith("@misc{optouts-tables-3,")
    desk.goto(f"{panel[0]}/practice/Z90001")
    desk.locator("summary", has_text="Cite").click()
    told = desk.locator("details").inner_text()
    assert re.search(r"\(edition 1\), published \d+ \w+ 20\d\d, NDOP_reg_geo_\w+\.csv, SHA-256 [0-9a-f]{12}…", told)
    assert "@misc{optouts-" in told


def test_no_sign_stands_for_a_number_in_any_typed_table(desk, panel):
    """Fails if: Oct-19, a marker, a blank row or a zero for unknown; what is empty has its reason."""
    for family in FAMILIES:
        address = f"{panel[0]}/optouts/{family}_latest.csv?_stream=on"
        body = get(desk, address).body()
        assert get(desk, address).body() == body
        rows = list(csv.DictReader(io.StringIO(body.decode())))
        assert rows
        for line in rows:
            assert any(line.values())
            assert not {"Oct-19", "z", "-", "Oct 19", "19-Oct"} & set(line.values()), line
            for measure in ("opt_outs", "list_size", "population"):
                if measure in line:
                    assert line[measure].isdigit() or line[f"{measure}_reason"], line
    practices = table(desk, f"{panel[0]}/optouts/practices_latest.csv?_stream=on")
    lost = [one for one in practices if one["practice_code"] == "Unallocated"]
    assert {(one["list_size"], one["list_size_reason"]) for one in lost} == {("", "unallocated")}
    bands = {one["age_band"] for one in table(desk, f"{panel[0]}/optouts/age_sex_latest.csv?_stream=on")}
    assert bands == {"all", "unknown", "0-9", *(f"{n}-{n + 9}" for n in range(10, 90, 10)), "90+"}


def test_breaks_come_with_the_data(desk, panel):
    """Fails if: they stand only in prose. Every answer about areas and practices has a column of them; they are a table too."""
    for question in ("practices_as_of", "areas_as_of", "age_sex_as_of"):
        head = get(desk, f"{panel[0]}/optouts/{question}.csv?as_of=2022-04-30").text().partition("\r\n")[0]
        assert "breaks_in_range" in head.split(",")
    regions = table(desk, f"{panel[0]}/optouts/areas_as_of.csv?as_of=2022-04-30&area_code=Y60")
    assert any("Two regions have new ONS codes" in one["breaks_in_range"] for one in regions)
    rows = table(desk, f"{panel[0]}/tables/csv/breaks.csv")
    assert all(one["from_on"] and one["families"] and one["source"] for one in rows)
