"""J1 of the research on users: a campaigner finds that a figure was revised, step by step in Chromium. All figures made up.

Its "fails if" lines: a moved boundary shown as a revision of people, a gap in our looking not shown, words that accuse.
"""

from __future__ import annotations

import csv
import hashlib
import re
import zipfile
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from lxml import etree

from tests.browser.conftest import IN_CHROMIUM, checked_by_a_stranger, served
from tests.history_world import made_world
from tests.made_up import DORSET, PRACTICES, months_to, reg_geo, release_files
from tests.publisher_site import Offer

pytestmark = IN_CHROMIUM

ATOM = {"a": "http://www.w3.org/2005/Atom"}
MAY, SIZE = "2021-05-01", 312
BEFORE = {MAY: 1_650_335}
AFTER = {MAY: 1_650_335 - SIZE}
MOVED = (PRACTICES[0]._replace(sub_icb=DORSET), *PRACTICES[1:])
ACCUSING = re.compile(
    r"\b(hidden|hid|silent|quiet|secret)(ly)?\b|cover-up|tamper|falsif|\bwrong|\berror|\bmistake", re.IGNORECASE
)


def march() -> list[Offer]:
    """March 2022: England's May 2021 is 312 fewer, one practice stands under another sub-ICB, another is left out."""
    moved = reg_geo(months_to("2022-03", 12), practices=MOVED)
    lines = [line for line in moved.split(b"\r\n") if b",Z90003," not in line]
    files = release_files("2022-03", totals=AFTER)
    return [one._replace(body=b"\r\n".join(lines)) if "reg_geo" in one.file_name else one for one in files]


@pytest.fixture(scope="module")
def revised(tmp_path_factory):
    """September 2021, then nobody looks for months, then March 2022 states May 2021 otherwise: the world, and its address."""
    with (
        pytest.MonkeyPatch.context() as patch,
        made_world(tmp_path_factory.mktemp("revised"), patch, slugs=()) as world,
    ):
        publisher = world.publisher
        publisher.publish(
            "september-2021",
            "National Data Opt-Out, September 2021",
            "2021-10-14",
            release_files("2021-09", totals=BEFORE),
        )
        world.poll()
        world.at(datetime(2022, 4, 15, 8, 35, tzinfo=UTC))
        publisher.publish("march-2022", "National Data Opt-Out, March 2022", "2022-04-14", march())
        world.poll()
        with served(world.archive.directory) as address:
            yield world, address


def announced(page, form: str = "atom") -> str:
    """The feed that a page announces."""
    return page.locator(f"link[rel=alternate][type='application/{form}+xml']").first.evaluate("one => one.href")


def entries(page, address: str) -> list[dict[str, str]]:
    """Items of an Atom feed: title, id and address."""
    answer = page.request.get(address)
    assert answer.status == 200
    root = etree.fromstring(answer.body())
    return [
        {"title": one.findtext("a:title", namespaces=ATOM), "id": one.findtext("a:id", namespaces=ATOM),
         "href": one.find("a:link", ATOM).get("href")}
        for one in root.iterfind("a:entry", ATOM)
    ]  # fmt: skip


def revision(page, base: str) -> dict[str, str]:
    """The item that she is sent: England's."""
    page.goto(base + "/changes")
    found = [
        one for one in entries(page, announced(page)) if one["title"].startswith("Revised: England, 1 May 2021, −312")
    ]
    return next(one for one in found if "cells of England by age and sex" in one["title"])


def table(page, name: str | re.Pattern[str]) -> list[dict[str, str]]:
    """Rows of a table on the page, by the words of its head."""
    region = page.get_by_role("region", name=name)
    heads = [one.strip() for one in region.locator("thead th").all_inner_texts()]
    lines = [line.locator("th, td").all_inner_texts() for line in region.locator("tbody tr").all()]
    return [dict(zip(heads, line, strict=True)) for line in lines]


def test_1_the_item_says_what_where_and_how_big(phone, revised):
    """On her phone: revised, England, the month, minus 312, by which release against which; not "dataset updated"."""
    title = revision(phone, revised[1])["title"]
    assert re.fullmatch(
        r"Revised: England, 1 May 2021, −312, and \d+ more cells of England by age and sex "
        r"\(release of National Data Opt-Out, March 2022 against National Data Opt-Out, September 2021\) \(made-up figures\)",
        title,
    ), title
    assert "updated" not in title


def test_2_behind_it_stand_first_and_latest_and_every_vintage_in_order(phone, revised):
    """Two columns, difference, per cent; then all vintages, each with publication and capture time; a picture of them."""
    phone.goto(revision(phone, revised[1])["href"])
    (row,) = [
        one
        for one in table(phone, "England by age and sex: Restated")
        if one["Place or group"] == "all, all" and one["What"] == "opt outs"
    ]
    assert row["Earlier"] == "1,650,335"
    assert row["Later"] == "1,650,023"
    assert row["Difference"] == "−312"
    assert row["Per cent"] == "−0.0189 %"
    phone.get_by_role("region", name="England by age and sex: Restated").get_by_role(
        "link", name="all, all", exact=True
    ).first.click()
    (both,) = table(phone, "First published and latest: England by age and sex")
    assert both["First published"].startswith("1,650,335")
    assert both["Latest"].startswith("1,650,023")
    assert (both["Difference"], both["Per cent"]) == ("−312", "−0.0189 %")
    vintages = table(phone, "Every edition, as a table: England by age and sex")
    assert [one["Opt-outs"] for one in vintages] == ["1,650,335", "1,650,023"]
    assert [one["Stated on"] for one in vintages] == ["14 October 2021", "14 April 2022"]
    assert [one["First captured"].partition(",")[0] for one in vintages] == ["15 October 2021", "15 April 2022"]
    assert all(one["First captured"].endswith("UTC") for one in vintages)
    assert phone.locator("figure svg[role=img]").count() == 1


def test_3_only_england_the_whole_release_is_told_by_geography_and_cause(desk, revised):
    """All families: changed, removed and added rows; what only moved is named so, and no revision of people; "not known" may be."""
    desk.goto(revision(desk, revised[1])["href"])
    desk.get_by_label("Figures", exact=True).select_option("")
    desk.get_by_role("button", name="Compare").click()
    heads = desk.locator("main h2").all_inner_texts()
    assert {"England by age and sex", "GP practices", "Neighbourhoods (LSOA) of residence"} <= set(heads)
    assert any(one.startswith("Areas, summed") for one in heads)
    for words, of in (("Restated", 4), ("Put elsewhere", 1), ("Not stated any more", 4), ("Newly stated", 4)):
        assert desk.locator("dt", has_text=words).count() >= of, words
    for summary in desk.locator("details:not([open]) > summary").element_handles():
        summary.click()
    assert desk.locator("details:not([open])").count() == 0, "opening one part must not close the others"
    england = table(desk, "England by age and sex: Restated")
    assert {one["Cause"] for one in england} == {"not known"}
    gone = table(desk, "GP practices: Not stated any more")
    assert {one["Place or group"] for one in gone} == {"Z90003"}
    assert {one["Cause"] for one in gone} == {"gone from the newest month too; whether closed or merged is not stated"}
    named = table(desk, "GP practices: Named otherwise")
    assert {one["Cause"] for one in named if one["Place or group"] == "Z90001"} == {"put under another area"}
    moved = table(desk, re.compile("^Areas, .*: Put elsewhere"))
    assert {"sub_icb 52R", "sub_icb 11J"} <= {one["Place or group"] for one in moved}
    assert {one["Cause"] for one in moved} == {"members put elsewhere, added or left out"}
    # Fails if: a re-mapped boundary shows as a revision of people.
    assert desk.get_by_role("region", name=re.compile("^Areas, .*: Restated")).count() == 0
    assert "no revision of people" in desk.locator("main").inner_text()


def test_4_did_they_say_so(desk, revised):
    """No explanation found, in so many words; both page texts side by side with marks, both workbooks' notes, and the gap."""
    desk.goto(revision(desk, revised[1])["href"])
    text = desk.locator("main").inner_text()
    assert "No explanation found in the release page or workbook." in text
    notes = desk.get_by_role("link", name="Notes of both workbooks side by side").get_attribute("href")
    desk.get_by_role("link", name="Both release pages side by side, changed words marked").click()
    sides = desk.locator(".sides .side").all_inner_texts()
    assert "15 October 2021" in sides[0]
    assert "15 April 2022" in sides[1]
    assert "September" in " ".join(desk.locator("del").all_inner_texts())
    assert "March" in " ".join(desk.locator("ins").all_inner_texts())
    # Fails if: a capture gap is not shown.
    assert re.search(r"nobody looked, or could not look, in \d+ periods?:", desk.locator("main").inner_text())
    desk.goto(urlsplit(desk.url)._replace(path="", query="").geturl() + notes)
    assert desk.get_by_role("heading", name="What changed in a workbook’s notes").is_visible()


def test_5_it_is_not_our_own_slip(desk, revised):
    """The row as both files print it, hash, layout and fingerprint of the reader, repairs; and each file byte for byte."""
    desk.goto(revision(desk, revised[1])["href"])
    desk.get_by_role("region", name="England by age and sex: Restated").get_by_role(
        "link", name="all, all", exact=True
    ).first.click()
    vintages = table(desk, "Every edition, as a table: England by age and sex")
    assert [re.findall(r"165\d{4}", one["In the file"]) for one in vintages] == [["1650335"], ["1650023"]]
    for one in vintages:
        assert re.fullmatch(r"age_gen_2021\s+[0-9a-f]{12}…\s+no repairs", one["Read by"]), one["Read by"]
    region = desk.get_by_role("region", name="Every edition, as a table: England by age and sex")
    for at in (0, 1):
        digest = region.locator("td a[href^='/files/']").nth(at).get_attribute("href").rpartition("/")[2]
        desk.goto(f"{revised[1]}/files/{digest}")
        with desk.expect_download() as saved:
            desk.locator("a.download").first.click()
        body = saved.value.path().read_bytes()
        assert hashlib.sha256(body).hexdigest() == digest
        assert (b",1650335,", b",1650023,")[at] in body
        desk.go_back()


def test_6_she_takes_an_evidence_pack_that_a_stranger_can_check(desk, revised, tmp_path):
    """Downloaded from the page: both files, both pages, the difference as CSV, a README with hashes, times and citation; SOUND."""
    desk.goto(revision(desk, revised[1])["href"])
    with desk.expect_download() as saved:
        desk.get_by_role("link", name="Evidence pack of this comparison").click()
    folder = checked_by_a_stranger(saved.value, tmp_path)
    files = sorted(one.name for one in (folder / "data/files").iterdir())
    assert sum("ndop-age-gen" in one for one in files) == 2
    assert len(list((folder / "data/pages").iterdir())) >= 2
    rows = list(csv.DictReader((folder / "data/differences.csv").read_text("utf-8").splitlines()))
    assert any(
        (one["key"], one["stated_before"], one["stated_after"]) == ("all, all", "1650335", "1650023") for one in rows
    )
    captures = list(csv.DictReader((folder / "data/captures.csv").read_text("utf-8").splitlines()))
    assert all(one["requested_at"].endswith("Z") and one["software"] for one in captures)
    readme = (folder / "README.txt").read_text("utf-8")
    cited = readme.partition("To cite it\n")[2]
    assert re.search(r"root\s+[0-9a-f]{64}", cited)
    assert re.search(r"signed at \d{4}-\d\d-\d\dT", cited)
    assert "sha256sum -c manifest-sha256.txt" in readme
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert archive.testzip() is None


def test_7_she_watches_it(desk, revised):
    """The page of the cell announces its feed; a later release that restates England adds one item, and renames none."""
    world, base = revised
    desk.goto(f"{base}/history?key=all%2C+all&month=2021-05&family=age_sex")
    watched = desk.get_by_role("link", name="Atom feed").get_attribute("href")
    assert announced(desk).endswith(watched)
    before = entries(desk, base + watched)
    assert any(one["title"].startswith("Revised: England, 1 May 2021, −312") for one in before)
    world.at(datetime(2022, 4, 29, 8, 35, tzinfo=UTC))
    world.publisher.publish(
        "april-2022", "National Data Opt-Out, April 2022", "2022-04-28",
        release_files("2022-04", totals={MAY: AFTER[MAY] + 100}),
    )  # fmt: skip
    world.poll()
    after = entries(desk, base + watched)
    new = [one["title"] for one in after if one["id"] not in {old["id"] for old in before}]
    assert {one["id"] for one in before} <= {one["id"] for one in after}
    assert any(one.startswith("Revised: England, 1 May 2021, +100") for one in new), new


def test_no_page_on_her_way_accuses(desk, revised):
    """Fails if: the words accuse. Changes, comparison, history, both texts side by side, the feed."""
    base = revised[1]
    item = revision(desk, base)
    desk.goto(item["href"])
    pages = [base + "/changes", item["href"], base + "/history?key=all%2C+all&month=2021-05&family=age_sex"]
    pages.append(base + desk.get_by_role("link", name="Both release pages side by side").get_attribute("href"))
    for address in pages:
        desk.goto(address)
        text = desk.locator("main").inner_text()
        assert not ACCUSING.search(text), (address, ACCUSING.search(text))
    assert not any(ACCUSING.search(one["title"]) for one in entries(desk, base + "/feeds/changes.atom"))
