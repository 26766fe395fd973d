"""What the site refuses, and what every answer carries."""

from __future__ import annotations

import itertools
import re

import bs4
import pytest

from archive.site.headers import content_security_policy, leads_away
from tests.archive.made_site import empty_archive, filled_archive
from tests.archive.visitor import Visitor

BANNER = "this archive watches a pretend publisher."
PAGES = (
    "/", "/optouts", "/optouts/files", "/optouts/captures/1", "/optouts/areas_latest", "/optouts/area_change?area=Mansfield",
    "/optouts?sql=select+1", "/optouts/find_place?q=mans", "/-/metadata", "/-/versions", "/-/settings",
)  # fmt: skip
BROKEN = ("/nothing", "/optouts/nothing", "/optouts?sql=select", "/optouts/files?_sort=nothing", "/files/" + "0" * 64)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks a filled archive."""
    with Visitor(filled_archive(tmp_path_factory.mktemp("filled"))) as one:
        yield one


@pytest.mark.fault("S01", "S02", "S03")
@pytest.mark.parametrize(
    "sql",
    [
        "select zeroblob(100000000)",
        "select length(hex(zeroblob(400000000)))",
        "select replace(hex(zeroblob(9000000)), '0', 'long')",
        f"select 'a' like '{'%' * 300}'",
        f"select {'+'.join(['1'] * 400)}",
        " union all ".join(["select 1"] * 60),
        "select 1 /* " + "x" * 60_000 + " */",
        "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c",
        "insert into series values (1)",
        "attach database 'x' as y",
        "pragma journal_mode = delete",
        "select load_extension('x')",
        "select readfile('/etc/passwd')",
    ],
)
def test_sql_that_costs_too_much_or_writes_is_refused(visitor, sql):
    """Each is a plain 400 within the time limit, not gigabytes of memory and not a write."""
    answer = visitor._loop.run_until_complete(visitor.site.client.get("/optouts.json", params={"sql": sql}))
    assert answer.status_code == 400


@pytest.mark.fault("S12")
@pytest.mark.parametrize(
    "path", ["//example.com/", "/\\example.com/", "/%5cexample.com/", "/%5Cexample.com", "/%2fexample.com/", "/%09/x/"]
)
def test_no_path_leads_a_browser_elsewhere(path):
    r"""A redirect to `//host` or `/\host` would leave this site, so such paths are refused before Datasette sees them."""
    assert leads_away(path.encode())


@pytest.mark.parametrize("path", ["/", "/optouts", "/files/abc", "/-/healthz", "/?x=//y", "/~"])
def test_our_own_paths_are_let_through(path):
    """The guard looks at the first two characters of the path alone."""
    assert not leads_away(path.encode())


def test_the_guard_answers_before_any_redirect(visitor):
    """The address that redirects on stock Datasette 0.65.5 is answered by 400, with the headers of every answer."""
    answer = visitor.get("/%5cexample.com/")
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert visitor.get("/optouts/").headers["location"] == "/optouts"


@pytest.mark.fault("S10")
@pytest.mark.parametrize(
    "path", [*PAGES, *BROKEN, "/static/site.css", "/-/static/table.js", "/-/healthz", "/optouts/files.csv"]
)
def test_every_answer_carries_the_headers_once(visitor, path):
    """Pages, errors, data, style sheets: none may be framed, guessed at, or send anything to others."""
    headers = visitor.get(path).headers
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers.get_list("x-frame-options") == ["DENY"]
    assert headers.get_list("referrer-policy") == ["no-referrer"]
    (policy,) = headers.get_list("content-security-policy")
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


@pytest.mark.parametrize("path", PAGES)
def test_every_inline_script_of_a_page_is_allowed_by_its_policy(visitor, path):
    """A script that the policy forbids would be dead code, and a sign that Datasette's templates changed."""
    page = visitor.get(path)
    for script in re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL):
        digest = content_security_policy([script]).split("script-src 'self' ")[1].split(";")[0]
        assert digest in page.headers["content-security-policy"], script[:80]


@pytest.mark.parametrize("path", [*PAGES, *BROKEN])
def test_every_page_of_a_pretence_says_so(visitor, path):
    """Also Datasette's own pages and every error: nobody can take a made-up figure for a real one."""
    page = visitor.get(path)
    assert "<strong>Made-up figures:</strong> " + BANNER in page.text
    assert "(made-up figures)" in page.text.split("</title>")[0]


def test_a_real_archive_says_nothing_of_the_kind(tmp_path):
    """The banner stands only where a series is a pretence."""
    with Visitor(empty_archive(tmp_path, made_up=False)) as real:
        assert all(BANNER not in real.get(path).text for path in ("/", "/optouts", "/nothing"))


@pytest.mark.parametrize("path", [*PAGES, *BROKEN])
def test_pages_can_be_read_without_seeing_them(visitor, path):
    """Language, one main part, one h1, headings in order, a skip link, a name on every field, no third party."""
    page = bs4.BeautifulSoup(visitor.get(path).text, "lxml")
    assert page.html
    assert page.html["lang"] == "en-GB"
    assert len(page.find_all("main")) == len(page.find_all("h1")) == 1
    assert page.select_one("a.skip[href='#main']")
    levels = [int(heading.name[1]) for heading in page.find_all(re.compile(r"^h[1-6]$"))]
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels)), levels
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for field in page.select("input:not([type=hidden]):not([type=submit]), select, textarea"):
        named = (
            field.get("aria-label") or page.select_one(f"label[for='{field.get('id')}']") or field.find_parent("label")
        )
        assert named, field
    assert all(link.get_text(strip=True) or link.get("aria-label") for link in page.find_all("a", href=True))
    loaded = [tag.get("src") or tag.get("href") for tag in page.select("script[src], link[rel=stylesheet], img")]
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)


def test_the_database_itself_is_not_handed_out_half_written(visitor):
    """A file that is being written cannot be downloaded whole, and the evidence is not served at all."""
    assert visitor.get("/optouts.db").status_code == 403
    assert [one["name"] for one in visitor.get("/-/databases.json").json()] == ["optouts"]
    assert visitor.get("/archive").status_code == 404


@pytest.mark.fault("M12")
def test_publishers_text_is_shown_as_text(tmp_path):
    """A finding that holds HTML stands on the page as text, also inside links that we make."""
    directory = filled_archive(tmp_path)
    with Visitor(directory) as one:
        text = "<script>alert(1)</script>"
        page = one._loop.run_until_complete(
            one.site.client.get("/optouts", params={"sql": f"select '{text}' as found"})
        )
        assert text not in page.text.split("</textarea>")[1]
        page = one._loop.run_until_complete(
            one.site.client.get(
                "/optouts", params={"sql": "select '/optouts/x?y=\"onclick=' as a, '/optouts//evil.example?x=1' as b"}
            )
        )
        assert '<a href="/optouts/x?y=' not in page.text
        assert '<a href="/optouts//evil' not in page.text


def test_a_page_that_found_no_time_asks_to_come_again(tmp_path):
    """Where others take all of it: 503 and when to ask again, which a proxy answers from what it holds, and no error of ours."""
    with Visitor(filled_archive(tmp_path)) as visitor:
        assert visitor.get("/releases").status_code == 200
        visitor.site.sql_time_limit_ms = 0.001
        answer = visitor.get("/releases")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["cache-control"] == "no-store"
    assert "ask again" in answer.text
