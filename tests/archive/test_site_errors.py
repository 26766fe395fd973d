"""Error pages: plain words of ours in place of Datasette's, and a way on from each of them."""

from __future__ import annotations

import re

import pytest

from archive.site.linking import linked
from tests.archive.made_site import filled_archive
from tests.archive.visitor import Visitor

HASH = "9d8ca06f3e4a960f60b4283ebe071b8c10646dc70283b6fabc2e5a7dbe7d9bc2"


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Asks a filled archive."""
    with Visitor(filled_archive(tmp_path_factory.mktemp("filled"))) as one:
        yield one


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/nothing-here", 404, "There is no page at this address."),
        ("/optouts/nothing_here", 404, "There is no table, view or question of that name."),
        ("/area/local_authority/E0700017", 404, 'Look for it by name: <a href="/areas">/areas</a>'),
        ("/release/made-up-series/may-2020", 404, 'All that are: <a href="/releases">/releases</a>'),
        ("/page-difference?a=x", 400, "<h1>That cannot be answered</h1>"),
        ("/optouts?sql=drop+table+files", 400, "Only one statement that begins with <code>SELECT</code>"),
    ],
)
def test_an_error_says_what_is_wrong_and_leads_on(visitor, path, status, told):
    """No word of the machine's, and every link of the page answers."""
    answer = visitor.get(path)
    assert answer.status_code == status
    assert told in answer.text
    assert "Database not found" not in answer.text
    (main,) = re.findall(r"(?s)<main.*</main>", answer.text)
    links = set(re.findall(r'href="(/[^"]*)"', main))
    assert {"/", "/areas", "/optouts"} <= links
    for link in links:
        assert visitor.get(link).status_code == 200, link


def test_only_what_is_ours_becomes_a_link():
    """Markup stays text, an address outside the list stays text, a hash is shown short and leads to its file."""
    assert (
        linked("see /areas, not /etc/passwd or x/areas")
        == 'see <a href="/areas">/areas</a>, not /etc/passwd or x/areas'
    )
    assert linked("<b>/releases</b>") == '&lt;b&gt;<a href="/releases">/releases</a>&lt;/b&gt;'
    assert linked(f"SHA-256 {HASH})") == f'SHA-256 <a href="/files/{HASH}"><code>9d8ca06f3e4a…</code></a>)'
