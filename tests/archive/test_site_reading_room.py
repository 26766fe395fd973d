"""Releases, comparison, quote checker and registers as pages: what people look for stands there, with its source."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from html import unescape

import pytest

from archive.database import open_evidence
from archive.promise import DOES_NOT_PROVE, PROVES
from tests.archive.made_site import DASHBOARD, filled_archive, hand_in, handed_in_archive, read_in
from tests.archive.test_site_places import words
from tests.archive.visitor import Visitor
from tests.made_up import age_gen, months_to


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks a filled archive."""
    with Visitor(filled_archive(tmp_path_factory.mktemp("filled"))) as one:
        yield one


def test_a_release_says_what_it_added_and_what_it_stated_otherwise(visitor):
    """New months, cells stated again, those that differ with a link to the comparison, and the files with their hashes."""
    answer = visitor.get("/release/made-up-series/april-2022")
    text = words(answer)
    assert "28 April 2022 (the publisher’s own date), by the word of whoever handed its files in" in text
    assert "Handed in first 4 October 2021, 09:00 UTC" in text
    assert "NDOP_age_gen_Apr_2022.csv" in text
    assert 'href="/compare?a=1&amp;b=2&amp;family=age_sex"' in answer.text
    for link in set(re.findall(r'href="(/(?:files|compare|releases|optouts)[^"]*)"', answer.text)):
        assert visitor.get(link.replace("&amp;", "&")).status_code == 200, link


def test_every_release_has_a_page(visitor):
    """The list leads to all of them."""
    found = re.findall(r'href="(/release/[^"]+)"', visitor.get("/releases").text)
    assert len(found) >= 2
    for link in found:
        assert visitor.get(link).status_code == 200


def test_a_comparison_counts_restatements_apart_from_the_rest(visitor):
    """Values, printed texts and labels are told apart, and the restated England cell stands with both figures."""
    text = words(visitor.get("/compare?a=1&b=2&family=age_sex"))
    assert "Only another value is a restatement" in text
    assert "3,264,327 3,264,300" in text
    assert "Printed otherwise" in text
    other_way = words(visitor.get("/compare?a=2&b=1&family=age_sex")).replace("a=2&b=1", "a=1&b=2")
    assert other_way == text, "the older stands first whichever was named first"


def test_a_comparison_of_what_is_not_there_shows_the_newest_two(visitor):
    """Odd numbers, words and families in the address never give an error."""
    for query in ("a=99&b=98", "a=x&b=y", "a=&b=&family=none", "a=-1&b=1e9"):
        assert "september-2021" in words(visitor.get(f"/compare?{query}"))


def test_releases_without_a_figure_in_common_are_not_laid_beside_each_other(tmp_path):
    """A dashboard export between two monthly releases is passed over, by the page itself and by the link of the later release."""
    with open_evidence(tmp_path, create=True) as evidence:
        hand_in(
            evidence.db,
            ("july-2021", "2021-07-29", "NDOP_age_gen_Jul_2021.csv", age_gen(months_to("2021-07", 12))),
            ("dashboard", "2022-03-04", "NDOP_dashboard_2022.csv", DASHBOARD),
            ("april-2022", "2022-04-28", "NDOP_age_gen_Apr_2022.csv", age_gen(months_to("2022-04", 12))),
        )
        read_in(tmp_path, evidence.db)
    with Visitor(tmp_path) as one:
        assert "restated between july-2021" in words(one.get("/compare"))
        assert 'href="/compare?a=1&amp;b=3"' in one.get("/release/made-up-series/april-2022").text
        assert "Compare with the release before" not in one.get("/release/made-up-series/dashboard").text
        assert "restated between dashboard" in words(one.get("/compare?a=2&b=3")), "who asks for the two gets the two"


def test_a_number_is_checked_on_the_page_as_on_the_command_line(visitor):
    """Found with a link to the file by its hash, not found with the nearest, or not understood, each in words."""
    answer = visitor.get("/check?q=4,097")
    assert "4,097 opt-outs, Mansfield" in words(answer)
    (link, *_) = re.findall(r'SHA-256 <a href="(/files/[0-9a-f]{64})">', answer.text)
    assert visitor.get(link).status_code == 200
    assert "Found 'ABC'" in words(visitor.get("/check?q=ABC"))
    assert "not published; nearest" in words(visitor.get("/check?q=987654"))
    assert "expected" in words(visitor.get("/check?q=abc"))


@pytest.mark.parametrize("name", ["breaks", "glossary", "caveats", "known-problems", "not-published"])
def test_each_register_is_a_page_of_entries_with_sources(visitor, name):
    """Every entry has an address of its own and says where it comes from."""
    answer = visitor.get(f"/{name}")
    entries = re.findall(r'<article class="entry" id="([^"]+)"', answer.text)
    assert len(entries) == len(set(entries)) > 3
    assert answer.text.count("<dt>Source</dt>") == len(entries)


def test_a_register_speaks_to_readers_and_not_to_programs(visitor):
    """Kinds, families and weights in words, days and months as people write them; no name of a column or table among the facts."""
    text = words(visitor.get("/breaks"))
    for expected in (
        "Do not compare across it.",
        "Integrated care boards (ICBs), Sub-ICB locations",
        "stated April 2024",
    ):
        assert expected in text, expected
    for page in ("/breaks", "/known-problems", "/not-published", "/glossary"):
        facts = re.findall(r"<dd>(.*?)</dd>", visitor.get(page).text)
        for raw in ("sub_icb", "age_sex, ", "local_authority", "2022-04", "2026-11", "elsewhere"):
            assert [fact for fact in facts if fact == raw or fact.startswith((f"{raw},", raw + "<"))] == [], (page, raw)


def test_the_list_of_releases_says_which_months_they_state(visitor):
    """Where the page gives no period, the months and weeks of its files stand there; nothing read is said to be so."""
    text = words(visitor.get("/releases"))
    assert "1 October 2020 to 1 September 2021" in text
    assert "1 May 2021 to 1 April 2022" in text


def test_a_release_of_the_dashboard_alone_says_what_it_states(tmp_path):
    """Weeks are told like months, with how many figures they add."""
    with Visitor(handed_in_archive(tmp_path)) as one:
        text = words(one.get("/release/made-up-series/april-2022"))
    assert "Weekly dashboard 18 August 2021 to 25 August 2021 2 2 0 nothing to compare" in text


def test_the_history_of_an_area_names_what_is_counted_and_when_a_file_came(visitor):
    """No name of a table as a heading, and a file that was handed in keeps its day."""
    text = words(visitor.get("/history?key=E07000174&month=2021-09&family=areas"))
    assert "Areas, summed by the release’s own columns" in text
    assert "4 October 2021, 09:00 UTC, handed in: made up for a test" in text


def test_the_snippets_for_researchers_work_as_they_stand(visitor):
    """Every address in them answers with a CSV whose first column is the month, and Python reads it without a key."""
    text = unescape(visitor.get("/for-researchers").text)
    addresses = set(re.findall(r"http://localhost(/optouts/[a-z_]+\.csv[^\"' ]*)", text))
    assert len(addresses) == 2
    for address in addresses:
        lines = list(csv.DictReader(io.StringIO(visitor.get(address).text)))
        assert lines, address
        assert all(re.fullmatch(r"\d{4}-\d\d-01", line["month"]) for line in lines)


def test_the_snippets_name_a_table_that_holds_something(tmp_path):
    """Where no practice file is held the first snippet is of ages and sexes: whoever pastes it gets rows."""
    directory = filled_archive(tmp_path)
    with sqlite3.connect(directory / "optouts.db") as copy:
        copy.execute("DELETE FROM coverage WHERE family = 'practices'")
    with Visitor(directory) as one:
        text = unescape(one.get("/for-researchers").text)
        (path, *_) = re.findall(r'age_sex = pd.read_csv\("http://localhost(/optouts/[^"]+)"', text)
        assert len(one.get(path).text.splitlines()) > 20


def test_the_page_about_us_uses_the_words_of_the_promise(visitor):
    """What the record proves and what not stands there in the same words as in packs and exports."""
    text = words(visitor.get("/about"))
    for one in (*PROVES, *DOES_NOT_PROVE):
        assert one in text
