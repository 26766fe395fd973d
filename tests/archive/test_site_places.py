"""A place's page: how many, since when, England beside it, what it counts, where it comes from, and what can be taken away."""

from __future__ import annotations

import csv as csv_files
import io
import re
import zipfile
from html import unescape

import pytest
from PIL import Image

from archive.site.area_pages import View, table_of
from archive.site.change import Change, sentence
from archive.site.near_names import meant
from archive.site.place import Place
from archive.site.statements import Statement
from archive.site.takeaway import Table, as_csv, as_xlsx, harmless
from tests.archive.made_site import empty_archive, filled_archive, handed_in_archive
from tests.archive.visitor import Visitor
from tests.archive.visitor import words as page_words

PRACTICES = "/optouts/practices_latest.json?_shape=array&month=2022-04-01"
MANSFIELD = "/area/local_authority/E07000174"


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks a filled archive."""
    with Visitor(filled_archive(tmp_path_factory.mktemp("filled"))) as one:
        yield one


def words(answer) -> str:
    """A page's text as a person reads it, without the space that markup leaves before a full stop or comma."""
    return page_words(answer).replace(" .", ".").replace(" ,", ",")


def csv_rows(text: str) -> list[dict[str, str]]:
    """Rows of a CSV by the names of its columns."""
    return list(csv_files.DictReader(io.StringIO(text)))


def statement(month: str, opt_outs: int | None, **fields: object) -> Statement:
    """A made-up statement of one month."""
    whole: dict[str, object] = {
        "list_size": None, "reasons": None, "release": "Made-up", "series": "s", "publication": "p", "stated_on": "2021-09-30",
        "edition": 1, "file_name": None, "sha256": None, "first_captured_at": None, "origin": None, "vintage": 1,
        "covering": 1, "nth": 1, "times_changed": 0, "last_confirmed_on": "2021-09-30", **fields,
    }  # fmt: skip
    return Statement(month=month, opt_outs=opt_outs, **whole)


def test_the_seed_story_stands_on_one_page(visitor):
    """Mansfield's figure, what was added since May, England beside it, what is counted, source, hash and history."""
    text = words(visitor.get(f"{MANSFIELD}?from=2021-05&to=2021-09"))
    for expected in (
        "4,097 people living in Mansfield had a national data opt-out on 1 September 2021",
        "Of these, 1,757 (43 %) were added since 1 May 2021",
        "England over the same months: 1,613,965 (49 % of its total",
        "It does not include GP-record (type 1) opt-outs",
        "published 30 September 2021", "NDOP_res_geo_Sep_2021.csv", "handed in 4 October 2021, 09:00 UTC",
        "Statement 1 of 2: stated in 2 releases, never changed, last confirmed 28 April 2022",
        "4,097 people living in Mansfield had opted out by 1 September 2021, 43 % of them since 1 May 2021; England 49 %.",
        "Open Government Licence v3.0", "rows must not be added up",
    ):  # fmt: skip
        assert expected in text, expected
    assert "per 100 of" not in text, "the publisher states no base for a local authority, so no rate may stand here"


def test_every_kind_of_place_has_its_page_and_says_who_is_counted(visitor):
    """Those who live there or those who are registered there: each page says which, and a rate only beside its base."""
    assert "people registered with a GP practice in" in words(visitor.get(_first(visitor, "icb")))
    assert "people living in" in words(visitor.get(_first(visitor, "local_authority")))
    england = words(visitor.get("/area/england"))
    assert "5.26 in every 100 of the 61,620,000 people registered" in england
    sizes = {row["practice_code"]: row["list_size"] for row in visitor.rows(PRACTICES)}
    for code, size in sizes.items():
        assert ("Few people" in words(visitor.get(f"/practice/{code}"))) == (size is not None and size < 1_000), code
    unknown = words(visitor.get("/area/local_authority/Unallocated"))
    assert "people whose local authority is not known to the publisher" in unknown


def _first(visitor, kind: str) -> str:
    (row, *_) = visitor.rows(f"/optouts/places.json?_shape=array&kind={kind}")
    return f"/area/{kind}/{row['code']}"


def test_a_place_is_found_by_name_code_and_postcode(visitor):
    """The beginning of a name is enough; every hit leads to a page that answers."""
    for asked in ("mans", "E07000174", "Z90001"):
        page = visitor.get(f"/areas?q={asked}")
        links = re.findall(r'href="(/(?:area|practice)/[^"]+)"', page.text)
        assert [link for link in links if link != "/area/england"], asked
        for link in links:
            assert visitor.get(link).status_code == 200


@pytest.mark.parametrize("asked", ["zzzz", '"', "*", "a OR b", "NEAR(", "%00", "x" * 500, "<script>alert(1)</script>"])
def test_what_is_not_found_says_what_there_is(visitor, asked):
    """Nothing found, odd signs and scripts: words that help, nothing run, no error."""
    answer = visitor.get(f"/areas?q={asked}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("typed", ["Mansfeild", "mansfied", "NEWARC", "Newark and Sherwod"])
def test_a_misspelt_name_is_asked_back(visitor, typed):
    """One or two letters wrong: the page asks whether the right one was meant, and the link finds it."""
    answer = visitor.get(f"/areas?q={typed}")
    (link, *_) = re.findall(r'href="(/areas[?]q=[^"]+)"', answer.text)
    assert "Was it" in words(answer)
    assert re.search(r'href="/area/local_authority/E0700017[45]"', visitor.get(unescape(link)).text)


def test_what_is_near_nothing_is_not_guessed(visitor):
    """No suggestion for what resembles no place; known words, however few find something together, are left as they are."""
    for typed in ("zzzz", "Mansfield Sherwood", "qx", "x" * 100):
        assert "Was it" not in words(visitor.get(f"/areas?q={typed}"))
    assert meant("ashfeild surgry", ["ASHFIELD SURGERY"]) == ["ashfield surgery"]
    assert meant("", []) == []


def test_months_that_are_not_stated_fall_back_to_those_that_are(visitor):
    """A hand-made address with another month shows the newest and a year before, and never an error."""
    for query in ("from=1999-01&to=2099-01", "from=x&to=y", "to=2021-09", "from=&to="):
        assert "had a national data opt-out on" in words(visitor.get(f"{MANSFIELD}?{query}"))


def test_a_pinned_page_goes_on_saying_the_same_and_says_what_changed(visitor):
    """The pin names release and edition; England's September, restated in April, stands as first stated, and is told so."""
    pinned = "/area/england?from=2021-05&to=2021-09&pin=made-up-series/september-2021@1"
    text = words(visitor.get(pinned))
    assert "3,264,327 people in England" in text
    assert "Later releases state them otherwise: 3,264,300 on 1 September 2021" in text
    assert "3,264,300 people in England" in words(visitor.get("/area/england?from=2021-05&to=2021-09"))
    unmoved = words(visitor.get(f"{MANSFIELD}?from=2021-05&to=2021-09&pin=made-up-series/september-2021@1"))
    assert "No later release has changed them" in unmoved
    for wrong in ("made-up-series/september-2021@9", "x", "a/b@c", "made-up-series/september-2021@" + "9" * 99):
        assert visitor.get(f"/area/england?pin={wrong}").status_code == 404


def test_every_page_says_its_own_pinned_address(visitor):
    """Following it shows the same sentence."""
    page = visitor.get(f"{MANSFIELD}?from=2021-05&to=2021-09")
    address = unescape(re.search(r'goes on saying the same: <a href="([^"]+)"', page.text).group(1))
    again = visitor.get(address.partition("localhost")[2] or address)
    assert "4,097 people living in Mansfield had opted out by 1 September 2021" in words(again)


def test_a_place_can_be_taken_away(visitor):
    """CSV, JSON, a workbook with a README sheet, and pictures, each under a readable name, each with its source."""
    csv = visitor.get(f"{MANSFIELD}.csv")
    assert csv.text.startswith("month,opt_outs,list_size,")
    lines = {row["month"]: row for row in csv_rows(csv.text)}
    september, august = lines["2021-09-01"], lines["2021-08-01"]
    assert int(september["change_since_row_above"]) == 4097 - int(august["opt_outs"])
    assert (september["opt_outs"], september["list_size"], september["place_name"]) == ("4097", "", "Mansfield")
    assert 'filename="opt-outs Mansfield E07000174.csv"' in csv.headers["content-disposition"]
    told = visitor.get(f"{MANSFIELD}.json").json()
    assert told["made_up"] is True
    assert {row["month"]: row["opt_outs"] for row in told["rows"]}["2021-09-01"] == 4097
    book = zipfile.ZipFile(io.BytesIO(visitor.get(f"{MANSFIELD}.xlsx").content))
    assert "Made-up figures" in book.read("xl/sharedStrings.xml").decode()
    picture = Image.open(io.BytesIO(visitor.get(f"{MANSFIELD}.png").content))
    assert picture.width > 900
    drawn = visitor.get(f"{MANSFIELD}.svg").text
    assert picture.height == 2 * int(re.search(r'viewBox="0 0 \d+ (\d+)"', drawn).group(1)), "both are the same picture"
    written = " ".join(re.findall(r">([^<]+)</text>", drawn))
    for told in ("Made-up figures", "on 1 April 2022. Source: ", "Open Government Licence"):
        assert told in written, told
    assert "<title" in drawn


def test_the_words_inside_a_picture_are_not_cut_off_at_its_edge(visitor):
    """A picture travels without its page: the strip along its right edge is blank from top to bottom."""
    for path in (MANSFIELD, "/area/england", _first(visitor, "icb")):
        picture = Image.open(io.BytesIO(visitor.get(f"{path}.png").content)).convert("L")
        edge = picture.crop((picture.width - 6, 0, picture.width, picture.height))
        assert edge.getextrema() == (255, 255), path


def test_no_change_is_given_across_a_month_that_is_not_stated():
    """From July to September two months went by: that is no monthly change. Over the turn of a year it is one."""
    months = ("2021-06-01", "2021-07-01", "2021-09-01", "2021-12-01", "2022-01-01")
    found = [statement(month, 100 + at) for at, month in enumerate(months)]
    view = View(found, None, [], None, [], pin=None, now=None, newest=None)
    table = table_of(Place("practice", "Z1", "MADE-UP", "", "", ""), view, is_made_up=True)
    assert [line[3] for line in table.rows] == [None, 1, None, None, 1]


@pytest.mark.fault("M15")
def test_formulas_are_made_harmless_in_csv_and_kept_as_text_in_a_workbook():
    """A name that begins like a formula is run by no spreadsheet; a number below zero stays a number."""
    table = Table("made up", ("name", "change"), [("=HYPERLINK(1)", -5), ("@SUM(A1)", 3)])
    assert as_csv(table).decode().splitlines()[1:] == ["'=HYPERLINK(1),-5", "'@SUM(A1),3"]
    assert harmless(-5) == -5
    sheet = zipfile.ZipFile(io.BytesIO(as_xlsx(table))).read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in sheet


@pytest.mark.parametrize("path", ["/area/xx/1", "/area/icb/none", "/practice/none", "/release/a/b"])
def test_what_is_not_there_is_404_in_words(visitor, path):
    """An unknown kind, code or release is not found, and the page says where to look."""
    answer = visitor.get(path)
    assert answer.status_code == 404


def test_an_empty_archive_has_pages_that_help(tmp_path):
    """Before anything is captured England's page, releases, compare and check explain themselves."""
    with Visitor(empty_archive(tmp_path)) as one:
        assert "No file held here states opt-outs" in words(one.get("/area/england"))
        assert "No release is known here yet" in words(one.get("/releases"))
        assert "nothing can be compared yet" in words(one.get("/compare"))
        assert "not published in any file held here" in words(one.get("/check?q=4097"))


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """Asks an archive that holds a release workbook and a dashboard export, and no monthly file."""
    with Visitor(handed_in_archive(tmp_path_factory.mktemp("handed-in"))) as one:
        yield one


def test_a_place_of_the_workbook_alone_shows_what_the_workbook_states(handed_in):
    """A practice that no monthly file states is no dead end: figure, day, base, source and hash stand on its page."""
    (row, *_) = handed_in.rows(
        "/optouts/workbook_practices_latest.json?_shape=array&opt_outs__gt=0&practice_code__not=Unallocated"
    )
    text = words(handed_in.get(f"/practice/{row['practice_code']}"))
    for expected in (
        "The monthly files held here state nothing of", "Another source does", "Workbook: GP practices",
        f"{row['opt_outs']:,} people registered with", "had a national data opt-out on 1 April 2022",
        f"of the {row['list_size']:,} people registered", "NDOP_sum_Apr_2022.xlsx", "(type 1) opt-outs",
    ):  # fmt: skip
        assert expected in text, expected
    assert "No file held here" not in text


def test_a_table_of_areas_that_only_the_workbook_states_leads_there(handed_in):
    """The ranked table is made of monthly files; where there is none the page names the other source, and the link answers."""
    answer = handed_in.get("/areas/ccg")
    (path,) = re.findall(r'href="(/optouts/workbook_areas_latest[^"]+)"', answer.text)
    assert "The monthly files held here state no opt-outs by this kind of area. Other sources do" in words(answer)
    assert handed_in.get(path).status_code == 200


def test_a_kind_of_place_keeps_its_capitals(visitor):
    """ICB stays ICB at the head of a page."""
    assert "Integrated care board (ICB), code" in words(visitor.get(_first(visitor, "icb")))


def test_a_fall_is_told_in_plain_words(visitor):
    """Months in the other order make every rise a fall: fewer than on a day, and by how much."""
    text = words(visitor.get(f"{MANSFIELD}?from=2021-09&to=2021-05"))
    assert "That is 1,757 fewer than on 1 September 2021: growth −43 %." in text
    assert "England over the same months: 1,613,965 fewer (−49 %)." in text


def test_what_was_stated_once_is_not_said_to_be_confirmed(visitor):
    """The newest month stands in one release: nothing has confirmed it yet, so no such day is given."""
    text = words(visitor.get("/area/england"))
    assert "Stated in 1 release so far: no other one here states this day." in text
    assert "last confirmed" not in text


def test_what_is_unknown_has_no_change_and_no_share():
    """A month without a figure gives neither net change nor percentage, and a fall is told as one."""
    unknown = Change(statement("2021-05-01", None), statement("2021-09-01", 10))
    assert (unknown.net, unknown.share, unknown.growth) == (None, None, None)
    assert sentence("people", unknown, None) == "10 people had opted out by 1 September 2021."
    fall = Change(statement("2021-05-01", 12), statement("2021-09-01", 10))
    assert sentence("people", fall, None) == "10 people had opted out by 1 September 2021, 2 fewer than on 1 May 2021."
    nothing = Change(statement("2021-05-01", 0), statement("2021-09-01", 0))
    assert (nothing.net, nothing.share, nothing.growth) == (0, None, None)
    gone = Change(statement("2021-05-01", 3), statement("2021-09-01", None))
    assert "was not stated" in sentence("people", gone, None)
