"""Places beside one another: ranked tables, others on a page, ages and sexes, postcodes; and how caches keep pages."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from lxml import html

from archive.site.charts import BOTTOM, HEIGHT, LEFT, TOP, BreakAt, Series, line_chart
from archive.site.drawing import Dot, Words
from archive.site.find_pages import postcode_of
from archive.site.kind_pages import Ranked, between, in_order, ranks
from tests.archive.made_site import filled_archive
from tests.archive.test_site_places import words
from tests.archive.visitor import Visitor

MANSFIELD = "/area/local_authority/E07000174?from=2021-05&to=2021-09"


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks a filled archive."""
    with Visitor(filled_archive(tmp_path_factory.mktemp("filled"))) as one:
        yield one


def lines_of(answer) -> list[list[str]]:
    """Cells of the rows of a page's first plain table, as a person reads them."""
    (table, *_) = html.fromstring(answer.text).xpath("//table[starts-with(@class, 'plain')]")
    return [[" ".join(cell.text_content().split()) for cell in line] for line in table.xpath(".//tbody/tr")]


def test_local_authorities_stand_in_the_order_of_their_growth(visitor):
    """Ashfield rose fastest from May to September 2021, England stands first, those without a place last and without a rank."""
    answer = visitor.get("/areas/local_authority?from=2021-05&to=2021-09&by=growth")
    found = lines_of(answer)
    assert [line[0] for line in found][:2] == ["England", "Ashfield"]
    assert found[1] == ["Ashfield", "1", "3,463", "1,250", "+2,213", "64 %", "+177 %"]
    assert found[-1][:2] == ["Unallocated", "–"]
    text = words(answer)
    assert "a large area is high in this list because it is large" in text
    assert "SHA-256" in text
    assert "Per 100" not in text, "the publisher states no base for a local authority"


def test_icbs_are_ranked_by_rate_beside_their_base(visitor):
    """Where the same file states how many are registered the rate may be asked for, and its base stands beside it."""
    rates = [float(line[-1]) for line in lines_of(visitor.get("/areas/icb?by=per_hundred"))[1:] if line[-1] != "–"]
    assert rates == sorted(rates, reverse=True)
    assert len(rates) >= 2
    assert "Registered" in words(visitor.get("/areas/icb"))


@pytest.mark.parametrize("kind", ["practice", "england", "nowhere"])
def test_practices_are_never_ranked(visitor, kind):
    """No table in order for practices or unknown kinds: the page says why and where all of them are."""
    answer = visitor.get(f"/areas/{kind}")
    assert answer.status_code == 404
    assert "Practices are not ranked" in answer.text


@pytest.mark.parametrize("query", ["by=x", "from=1999-01&to=2099-12", "from=%00&to=", "by=per_hundred"])
def test_odd_questions_of_a_ranked_table_fall_back(visitor, query):
    """What is not stated or not known gives the newest months and the order of stock, never an error."""
    assert "1 April 2022" in words(visitor.get(f"/areas/local_authority?{query}"))


def test_a_ranked_table_can_be_taken_away(visitor):
    """CSV, JSON and a workbook, with what it counts and its sources."""
    csv = visitor.get("/areas/local_authority.csv?from=2021-05&to=2021-09&by=name").text.splitlines()
    assert csv[0].startswith("code,name,opt_outs_before,opt_outs,net_change")
    assert any(line.startswith("E07000174,Mansfield,2340,4097,1757,42.88") for line in csv)
    told = visitor.get("/areas/local_authority.json").json()
    assert told["made_up"] is True
    assert any("SHA-256" in line for line in told["about"])
    book = zipfile.ZipFile(io.BytesIO(visitor.get("/areas/local_authority.xlsx").content))
    assert "Made-up figures" in book.read("xl/sharedStrings.xml").decode()


def test_unknown_is_last_in_any_order():
    """An area whose earlier figure is not known has no change and stands after all that have one, before the unallocated."""
    found = [Ranked("a", "A", None, 9, None), Ranked("Unallocated", "U", 1, 99, None), Ranked("b", "B", 5, 4, None)]
    assert [one.code for one in in_order(found, "net")] == ["b", "a", "Unallocated"]
    assert [one.code for one in in_order(found, "opt_outs")] == ["a", "b", "Unallocated"]
    assert (found[0].net, found[0].share, found[0].growth, found[0].per_hundred) == (None, None, None, None)
    assert between(["2021-01-01", "2021-02-01"], "", "") == ("2021-01-01", "2021-02-01")
    assert between([], "2021-01", "") == ("", "")


def test_others_stand_beside_a_place(visitor):
    """Those with neighbourhoods in the same sub-ICB location, or others by name or code; unknown ones are told."""
    near = words(visitor.get(MANSFIELD))
    assert "have neighbourhoods in the same sub-ICB location" in near
    assert "Number 4 of 4 in the order of net change" in near
    assert "Bournemouth" not in near
    asked = words(visitor.get(f"{MANSFIELD}&beside=E06000058,ashfield,nowhere"))
    assert "Bournemouth, Christchurch and Poole 27,144 +9,056 33 %" in asked
    assert "Ashfield 3,463 +2,213 64 %" in asked
    assert "Not found among places of this kind: nowhere" in asked
    assert visitor.get(f"{MANSFIELD}&beside=%3Cscript%3Ealert(1)%3C/script%3E").text.count("<script>alert") == 0


def test_england_stands_by_age_and_sex_as_the_pinned_release_has_it(visitor):
    """Bars and a table beside them, of the month that is chosen and the vintage that is pinned; the total is the stated one."""
    text = words(visitor.get("/area/england?from=2021-05&to=2021-09&pin=made-up-series/september-2021@1"))
    assert "By age and sex" in text
    assert re.search(r"all ages [\d,]+ [\d,]+ [\d,–]+ 3,264,327", text)
    newest = words(visitor.get("/area/england?from=2021-05&to=2021-09"))
    assert re.search(r"all ages [\d,]+ [\d,]+ [\d,–]+ 3,264,300", newest)
    assert visitor.get("/area/england").text.count('<svg class="chart"') == 3
    assert "By age and sex" not in words(visitor.get(MANSFIELD))


@pytest.mark.parametrize(
    ("typed", "postcode"),
    [("ng18 1aa", "NG18 1AA"), ("NG181AA", "NG18 1AA"), ("ng18", "NG18"), ("E1W 2", "E1W 2"), ("M1", "M1"),
     ("Mansfield", None), ("E07000174", None), ("52R", None), ("Z90001", None), ("", None)],
)  # fmt: skip
def test_a_postcode_is_known_by_its_form(typed, postcode):
    """With or without a blank, in any case, whole or its beginning; names and codes are no postcodes."""
    assert postcode_of(typed) == postcode


def test_a_postcode_leads_to_areas_and_to_candidates(visitor):
    """Practices at it, their areas by the releases' own labels, and local authorities of the same location, called candidates."""
    text = words(visitor.get("/areas?q=zz1 1"))
    around, _, candidates = text.partition("Local authorities that may be meant")
    assert "NHS Nottingham and Nottinghamshire" in around
    assert "Midlands" in around
    assert "Candidates, not a match" in candidates
    for name in ("Mansfield", "Ashfield", "Newark and Sherwood"):
        assert name in candidates
    assert "Dorset" not in text
    found = candidates.partition("Found by the words")[2]
    assert "Z90001" in found
    assert "Z90003" not in found, "ZZ1 2 is another sector"
    assert "Candidates" not in words(visitor.get("/areas?q=mansfield"))


@pytest.mark.parametrize(
    "path",
    ["/", "/area/england", MANSFIELD, "/practice/Z90001", "/releases", "/release/made-up-series/april-2022", "/compare",
     "/areas/local_authority", "/areas?q=ma", "/breaks", "/glossary"],
)  # fmt: skip
def test_a_page_is_small_and_can_be_kept(visitor, path):
    """Under 60 KB; a tag by which the same page is not sent twice; an age, or the order to ask first."""
    answer = visitor.get(path)
    assert len(answer.content) < 60_000
    assert answer.headers["cache-control"] in {"public, max-age=300", "no-cache"}
    again = visitor.get(path, if_none_match=answer.headers["etag"])
    assert again.status_code == 304
    assert again.content == b""
    assert visitor.get(path, if_none_match='"another"').status_code == 200


def test_a_long_name_fits_into_its_picture():
    """A heading that would run over the edge is made smaller, and cut where even that is not enough; the words keep all of it."""
    for length in (10, 57, 200):
        title = "W" * length
        picture = line_chart(title, [Series("one", {"2021-01-01": 1.0, "2021-02-01": 2.0}, "area")])
        heading = next(mark for mark in picture.marks if isinstance(mark, Words) and mark.colour == "ink")
        assert len(heading.text) * heading.size * 0.55 < picture.width
        assert picture.title == title


def test_a_break_at_the_left_edge_is_not_written_over_the_scale():
    """In the second of twenty months its words stand right of the dashed line; in the middle, left of it."""
    points = {f"{2020 + at // 12}-{at % 12 + 1:02}-01": 1_000_000.0 + at for at in range(20)}
    for month, anchor in (("2020-02-01", "start"), ("2020-12-01", "end")):
        picture = line_chart("made up", [Series("one", points, "area")], [BreakAt(month, "made up")])
        (label,) = [mark for mark in picture.marks if getattr(mark, "text", "") == "break 1"]
        assert label.anchor == anchor
        assert label.x - (40 if anchor == "end" else 0) >= LEFT


def test_equals_share_a_rank_and_the_unknown_have_none():
    """Two areas that grew alike are both second, whatever they are called, and the next is fourth."""
    found = [
        Ranked(code, code.upper(), before, opt_outs, None)
        for code, before, opt_outs in (
            ("c", 0, 9), ("b", 1, 6), ("a", 2, 7), ("d", 3, 4), ("new", None, 99), ("Unallocated", 0, 50),
        )
    ]  # fmt: skip
    assert ranks(found, "net") == {"c": 1, "a": 2, "b": 2, "d": 4}
    assert ranks(found, "opt_outs")["new"] == 1
    assert ranks(found, "name") == {}


@pytest.mark.parametrize("ends", [(277.0, 198.0), (198.0, 277.0), (60.0, 198.0)])
def test_no_line_leaves_the_picture(ends):
    """A place that grew faster than England, or fell, stays within the scale, whichever of the two lines is drawn last."""
    lines = [
        Series(name, {"2021-05-01": 100.0, "2021-09-01": end}, "area") for name, end in zip("ab", ends, strict=True)
    ]
    dots = [mark for mark in line_chart("made up", lines).marks if isinstance(mark, Dot)]
    assert len(dots) == 4
    assert all(TOP <= dot.y <= HEIGHT - BOTTOM for dot in dots)
