"""Stories about the pretend publisher's pages: they have the real site's hooks, traps and spellings.

Never about the scraper: pages are read here with plain selectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.publisher import Offer, Publisher
from tests.publisher_visitor import get

NAME = "NDOP_age_gen_Jul_2021.csv"
BODY = b"ACH_DATE,AGE_BAND\r\n01/07/2021,All\r\n"
FILE = ("By age and gender", NAME, BODY)


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher in May 2022 with one release of July 2021."""
    with Publisher(at("2022-05-01T12:00:00")) as made:
        made.publish("july-2021", "National Data Opt-out, July 2021", "2021-07-29", [FILE])
        yield made


def file_of(publisher: Publisher) -> str:
    """Address of the July 2021 file as its page offers it now."""
    return publisher.file_address("july-2021", NAME)


def listed(publisher: Publisher, which: str) -> list[str]:
    """Hrefs of a list of the series page."""
    links = get(publisher.seed).soup().select(f'[data-uipath="ps.series.publications-list.{which}"] > li a.cta__button')
    return [str(link["href"]).rpartition("/")[2] for link in links]


# ---------------------------------------------------------------- pages


def test_the_series_page_has_the_hooks_of_the_older_family(publisher: Publisher) -> None:
    """Article class, title, UUID, both lists and the made-up label are where the real page has them."""
    publisher.publish("april-2022", "April 2022", "2022-04-28", [FILE])
    page = get(publisher.seed)
    soup = page.soup()
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html;charset=UTF-8"
    assert soup.select_one('article.article--legacy-series[itemtype="http://schema.org/Series"]')
    title = soup.select_one('main#main-content h1[data-uipath="document.title"]')
    assert title is not None
    assert title.text == "[MI] National Data Opt-Out (made-up figures)"
    assert b'br_data.item_id = "' in page.body
    assert listed(publisher, "latest") == ["april-2022"]
    assert listed(publisher, "previous") == ["july-2021"]
    dates = [one.text for one in soup.select(".callout-box__content-description-date")]
    assert dates == ["Published: 28 April 2022", "29 July 2021"]


def test_the_publication_page_has_the_hooks_of_the_new_family(publisher: Publisher) -> None:
    """Hero, date, body, download card and Last edited are where the real page has them, and the PDF button is no file."""
    soup = get(publisher.address("july-2021")).soup()
    assert soup.select_one('article.article--publication[itemtype="http://schema.org/Dataset"]')
    assert soup.select_one('dd[data-uipath="ps.publication.publication-date"]').text == "29 Jul 2021"  # type: ignore[union-attr]
    body = soup.select_one('[data-uipath="ps.publication.body"]')
    assert body is not None
    card = body.select_one('[data-uipath="ps.publication.resources-attachment"] a.nhsd-a-box-link')
    assert card is not None
    assert card["href"] == file_of(publisher)
    assert [tag.text for tag in card.select(".nhsd-a-tag")] == ["csv", f"{len(BODY)} bytes"]
    assert soup.select_one("p#last-edited").text == "Last edited: 29 July 2021 9:31 am"  # type: ignore[union-attr]
    assert soup.select_one("a.js-print-pdf-button[href='#']")
    assert soup.select_one("[itemprop=name]").text != soup.select_one("h1").text  # type: ignore[union-attr]


def test_hostile_titles_stay_text(publisher: Publisher) -> None:
    """Markup in a title arrives as text, in page, script and feed, and every title says that figures are made up."""
    nasty = 'July </script><b onload="x()">"&amp;\' 1 < 2'
    publisher.publish("nasty", nasty, "2022-04-01", [(nasty, "a b (1)&,.CSV", b"x\r\n")])
    page = get(publisher.address("nasty"))
    assert page.soup().select_one("h1").text == f"{nasty} (made-up figures)"  # type: ignore[union-attr]
    assert b"<b onload" not in page.body
    assert b"<b onload" not in get(f"{publisher.site.pages_address}/feed/pubfeed.xml").body
    assert get(publisher.file_address("nasty", "a b (1)&,.CSV")).body == b"x\r\n"


def test_latest_is_shown_or_not(publisher: Publisher) -> None:
    """Where the latest release is not shown as such it stands among the past ones."""
    publisher.latest_shown(False)
    assert (listed(publisher, "latest"), listed(publisher, "previous")) == ([], ["july-2021"])


def test_a_publication_may_lie_one_level_deeper(publisher: Publisher) -> None:
    """The folder between answers 200 and says that nothing was found: the soft listing of the real site."""
    publisher.publish(
        "october-2018/ndop-oct-18", "October 2018", "2018-10-23", [FILE], covers=("2018-10-01", "2018-10-01")
    )
    page = get(publisher.address("october-2018/ndop-oct-18"))
    assert "Snapshot on  01 Oct 2018" in page.body.decode()
    folder = get(publisher.address("october-2018"))
    assert folder.status == 200
    assert "Page not found" in folder.body.decode()
    assert get(publisher.address("october-2019")).status == 404


def test_data_set_and_chapter_pages_hold_files_of_their_own(publisher: Publisher) -> None:
    """With a data set page the publication itself lists no file, and a chapter's free text may link to one."""
    extra = Offer("Quality", "quality.pdf", b"%PDF-", "chapter:quality")
    wrong = Offer(*FILE, content_type="application/vnd.ms-excel")
    publisher.publish(
        "may-2021",
        "May 2021",
        "2021-05-27",
        [wrong, extra],
        data_set_page=True,
        chapters=[("quality", "Quality", "Words")],
    )
    page = get(publisher.address("may-2021")).soup()
    assert page.select_one('[data-uipath="ps.publication.datasets"] a')["href"].endswith("/may-2021/datasets")  # type: ignore[index, union-attr]
    assert not page.select('[data-uipath="ps.publication.resources-attachment"]')
    data_set = get(publisher.address("may-2021/datasets")).soup()
    assert data_set.select_one("a[itemprop=contentUrl]")["href"] == publisher.file_address("may-2021", NAME)  # type: ignore[index]
    assert "[xls, size:" in data_set.text
    chapter = get(publisher.address("may-2021/quality")).soup()
    assert chapter.select_one('h2[data-uipath="ps.publication.page-title"]').text == "Quality"  # type: ignore[union-attr]
    assert any(str(link["href"]).endswith("/quality.pdf") for link in chapter.select("main a[href]"))


def test_a_legacy_publication_keeps_the_older_look(publisher: Publisher) -> None:
    """Article class, published date as microdata, block links, and Last edited in GMT."""
    publisher.publish("june-2017", "June 2017", "2017-06-16", [FILE], legacy=True)
    soup = get(publisher.address("june-2017")).soup()
    assert soup.select_one("article.article--legacy-publication")
    assert soup.select_one("dd[itemprop=datePublished]").text == "16 Jun 2017"  # type: ignore[union-attr]
    assert soup.select_one("li.attachment > a.block-link[itemprop=contentUrl]")
    assert soup.select_one("div#last-edited").text == "Last edited: 16 June 2017 8:31 am"  # type: ignore[union-attr]


def test_traps_of_the_real_series_page_are_there(publisher: Publisher) -> None:
    """A replaced series with an unquoted href, supplementary links inside an item, a plain page, a file of the series."""
    publisher.publish("may-2021", "May 2021", "2021-05-27", [], supplementary=[("Extra", "/extra", "2022-05-01")])
    publisher.replaced_series("Other series", "/other", "2022-05-01")
    publisher.plain_page("data-quality-statement", "Data quality statement")
    method = publisher.offer_on_series(("Method", "method.pdf", b"%PDF-"))
    page = get(publisher.seed)
    assert b"href=/other>" in page.body
    assert page.soup().select_one("li .inset-text a[href='/extra']")
    assert page.soup().select_one(f'[data-uipath="ps.series.resources"] a[href="{method}"]')
    assert "article--general" in get(publisher.address("data-quality-statement")).body.decode()


def test_same_document_at_content_and_with_a_query(publisher: Publisher) -> None:
    """`/content`, a trailing slash and `?key=` lead to the same bytes."""
    plain = get(publisher.address("july-2021")).body
    for ending in ("/content", "/", "?key="):
        assert get(publisher.address("july-2021") + ending).body == plain


def test_pages_do_not_change_by_themselves(publisher: Publisher) -> None:
    """Two requests at different times give the same bytes while nobody edits."""
    before = get(publisher.seed).body, get(publisher.address("july-2021")).body
    publisher.now += timedelta(days=40)
    assert (get(publisher.seed).body, get(publisher.address("july-2021")).body) == before
