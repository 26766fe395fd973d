"""Stories of reading pages: every saved sample says what its expectation says, and nothing else is ever taken for a page."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.errors import PageChanged
from scraper.model import Manners, PublicationPage, Series, SeriesPage
from scraper.page_text import text_of
from scraper.pages import MOST_BYTES_REMEMBERED, kind_of, read_publication_page, read_series_page

SAMPLES = Path(__file__).parent.parent / "pages"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.html"))
SEED = "https://digital.nhs.uk/data-and-information/publications/statistical/national-data-opt-out"
SERIES = Series(
    slug="national-data-opt-out",
    title="National Data Opt-out",
    publisher="NHS England",
    licence="Open Government Licence v3.0",
    licence_url="https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    seed=SEED,
    page_hosts=("digital.nhs.uk",),
    file_hosts=("files.digital.nhs.uk",),
    title_pattern="(?i)national data opt-?out",
    time_zone="Europe/London",
    when=(),
    recent_days=60,
    recheck_days=7,
    expects=(),
    manners=Manners(contact="tests@example.org"),
)


def sample(name: str) -> bytes:
    """The saved page, byte for byte."""
    return (SAMPLES / f"{name}.html").read_bytes()


def read(body: bytes, kind: str, address: str = SEED) -> SeriesPage | PublicationPage:
    """Reads a page with the reader that its kind is due to; an unknown kind is tried as a series page."""
    if kind in ("publication", "stub", "chapter", "data_set", "legacy"):
        return read_publication_page(body, address, SERIES)
    return read_series_page(body, address, SERIES)


def changed(name: str, *swaps: tuple[str, str]) -> bytes:
    """The sample with each text swapped for another; a swap that finds nothing is a broken test."""
    text = sample(name).decode()
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def refusal(body: bytes, kind: str = "publication") -> str:
    """The code with which a page is refused; the message names the address."""
    with pytest.raises(PageChanged) as caught:
        read(body, kind)
    assert SEED in str(caught.value)
    return caught.value.code


def test_a_page_read_before_is_known_by_bytes_address_and_series() -> None:
    """The same bytes elsewhere, or under another series, are read anew; what is refused is refused each time."""
    name = next(name for name in NAMES if json.loads((SAMPLES / f"{name}.json").read_text())["kind"] == "publication")
    body, elsewhere = sample(name), SEED.replace("digital.nhs.uk", "elsewhere.example")
    page = read_publication_page(body, SEED, SERIES)
    assert read_publication_page(bytes(bytearray(body)), SEED, SERIES) is page
    assert read_publication_page(body, elsewhere, SERIES) is not page
    nowhere = replace(SERIES, page_hosts=("elsewhere.example",), file_hosts=("elsewhere.example",))
    assert page.resources
    assert read_publication_page(body, SEED, nowhere).resources == ()
    assert refusal(b"<html></html>") == refusal(b"<html></html>")


def test_a_page_of_megabytes_is_not_remembered() -> None:
    """What a publisher sends does not fill our memory: only pages of usual size stay in it."""
    name = next(name for name in NAMES if json.loads((SAMPLES / f"{name}.json").read_text())["kind"] == "publication")
    body = sample(name) + b" " * MOST_BYTES_REMEMBERED
    page = read_publication_page(body, SEED, SERIES)
    again = read_publication_page(body, SEED, SERIES)
    assert page == again
    assert page is not again


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_reads_as_its_expectation_says(name: str) -> None:
    """Every saved page has an expectation beside it, and reads as exactly that."""
    expectation = SAMPLES / f"{name}.json"
    assert expectation.exists(), f"{expectation.name} is missing: read {name}.html and write down what it says."
    expected = json.loads(expectation.read_text())
    assert kind_of(sample(name)) == expected["kind"]
    if "error" in expected:
        for kind in ("series", "publication"):
            assert refusal(sample(name), kind) == expected["error"]
    else:
        page = read(sample(name), expected["kind"], expected["address"])
        assert json.loads(json.dumps(asdict(page))) == expected["page"]


def test_no_expectation_stands_alone() -> None:
    """An expectation whose page is gone is noticed."""
    assert sorted(path.stem for path in SAMPLES.glob("*.json")) == NAMES


def test_a_page_is_not_read_by_the_wrong_reader() -> None:
    """A series page where a publication is due, and the other way round, is a surprise and no empty release."""
    assert refusal(sample("series-live"), "publication") == "page.kind"
    assert refusal(sample("publication-live"), "series") == "page.kind"


@pytest.mark.fault("C01")
@pytest.mark.parametrize(
    ("swaps", "code"),
    [
        ([("National Data Opt-Out</h1>", "Something Else</h1>")], "page.title"),
        ([("[MI] National Data Opt-Out</h1>", "</h1>")], "page.title"),
        ([("publications-list.latest", "publications-list.elsewhere")], "page.list"),
        ([('href="/data-and-information/publications/statistical/national-data-opt-out/december-2021"', "")], "page.list"),
        ([('href="/data-and-information/publications/statistical/national-data-opt-out/december-2021"', 'href="#"')], "page.list"),
        ([('href="/data-and-information/publications/statistical/national-data-opt-out/december-2021"',
           'href="javascript:void(0)"')], "page.list"),
        ([("<li><div", "<div><div"), ("</div></li>", "</div></div>")], "page.list"),
        ([("</script>", "")], "page.cut"),
        ([("<h2>Upcoming", "<script><h2>Upcoming")], "page.cut"),
        ([("</main>", ""), ("</body>", ""), ("</html>", "")], "page.cut"),
        ([("</main>", '<a href="</main>')], "page.cut"),
        ([("</main>", "<script></main>")], "page.cut"),
        ([("<footer>", '<main id="main-content"></main>')], "page.kind"),
    ],
)  # fmt: skip
def test_a_series_page_that_lost_its_marks_is_refused(swaps: list[tuple[str, str]], code: str) -> None:
    """A title, list, item or main part that is not as it was has a code of its own and yields no list."""
    assert refusal(changed("series-live", *swaps), "series") == code


@pytest.mark.fault("C01")
def test_a_list_that_lost_its_items_is_not_an_empty_list() -> None:
    """A past list whose items are gone is refused, although the latest release is still there."""
    body = sample("series-live").decode()
    start, end = (
        body.index("publications-list.previous") + 28,
        body.index('<div class="article-section" id="resources">'),
    )
    assert refusal((body[:start] + "</ul></div>" + body[end:]).encode(), "series") == "page.list"


def test_links_in_summaries_and_requests_are_no_publications() -> None:
    """Also where the publications' own links lost their class, other links in an item are not taken for them."""
    body = changed("series-live", ('class="cta__button"', ""), ('itemprop="url"', ""))
    page, before = read(body, "series"), read(sample("series-live"), "series")
    assert isinstance(page, SeriesPage)
    assert isinstance(before, SeriesPage)
    assert page.publications == before.publications


def test_a_series_page_without_lists_and_links_is_refused() -> None:
    """No list, no link below the series: that is not a series without publications."""
    assert (
        refusal(changed("series-links-only", ("national-data-opt-out/may-2021", "elsewhere")), "series") == "page.list"
    )


@pytest.mark.fault("C01")
@pytest.mark.parametrize(
    ("swaps", "code"),
    [
        ([('data-uipath="ps.publication.body"', ""), (" js-publication-body", "")], "page.body"),
        ([("14 Oct 2021", "the fourteenth")], "page.date"),
        ([("14 Oct 2021", "31 Feb 2021")], "page.date"),
        ([("14 Oct 2021", "")], "page.date"),
        ([("National Data Opt-Out, September 2021</h1>", "</h1>")], "page.title"),
        ([("<hr ", '<h1 data-uipath="document.title">Another title</h1><hr ')], "page.title"),
        ([("article--publication", "article--news"), ("ps.publication.", "ps2.")], "page.kind"),
        ([('<div id="resources">', '</div></div></div></div></div><div id="resources">')], "page.main"),
    ],
)
def test_a_publication_page_that_lost_its_marks_is_refused(swaps: list[tuple[str, str]], code: str) -> None:
    """Without its body, title or date a publication page is a finding and never a release without files."""
    assert refusal(changed("publication-live", *swaps)) == code


@pytest.mark.fault("C01")
def test_hooks_outside_the_main_part_are_refused() -> None:
    """A page of which a part was moved out of its main part is one that we would read by halves."""
    body = changed("publication-live", ("<main", '<p data-uipath="ps.publication.more">More</p><main'))
    assert refusal(body) == "page.main"


def test_a_forgotten_closing_tag_does_not_let_the_footer_in() -> None:
    """The parser ignores the end of the main part where a division in it is still open; the footer is no content even so."""
    body = changed("publication-live", ("</article>\n</main>", "<div></article>\n</main>"))
    page = read_publication_page(body, SEED, SERIES)
    assert [r.file_name for r in page.resources] == [
        r.file_name for r in read(sample("publication-live"), "stub").resources
    ]
    assert not any("Footer" in block.text for block in text_of(body))


def test_hooks_are_found_whatever_tag_carries_them() -> None:
    """The hooks stay when a redesign turns a list into divisions: only the attribute counts."""
    body = changed(
        "data-set-live", ("<dd ", "<strong "), ("</dd>", "</strong>"), ("<ul ", "<section "), ("</ul>", "</section>")
    )
    page = read_publication_page(body, SEED, SERIES)
    assert (page.published_on, page.period_from, len(page.resources)) == ("2021-10-14", "2021-09-01", 1)


def test_a_label_stands_in_for_a_missing_hook() -> None:
    """The publication date is found by its label where the hook is gone."""
    body = changed("publication-live", ('data-uipath="ps.publication.publication-date"', ""))
    assert read_publication_page(body, SEED, SERIES).published_on == "2021-10-14"


@pytest.mark.fault("M10")
def test_files_belong_to_the_hosts_that_the_series_names() -> None:
    """For a publisher on other hosts the same links are no files: host and path decide, never the card."""
    elsewhere = Series(**{**{f: getattr(SERIES, f) for f in SERIES.__slots__}, "file_hosts": ("127.0.0.1:4444",)})
    page = read_publication_page(changed("publication-live", ("https://files.digital.nhs.uk/44/", "http://127.0.0.1:4444/44/")),
                                 "https://digital.nhs.uk/x", elsewhere)  # fmt: skip
    assert [r.file_name for r in page.resources] == ["summary.xlsx", "old.pdf"]


@pytest.mark.fault("M06")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00" * 1000,
        b"\xff\xfe\xfa" * 50,
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        b"PK\x03\x04" + bytes(range(256)) * 10,
        b"<![CDATA[" * 100,
        b"<!DOCTYPE " * 100,
        b"<div>" * 20_000,
        b"<main id='main-content'>" + b"<b>" * 5_000 + b"x",
        b"<a href='" * 10_000,
        b"&#xD800;&#0;" * 100,
        b"<!--",
        b"x" * 10_000_001,
        b"<p>" * 200_001,
    ],
    ids=lambda body: body[:12].hex(),
)
def test_hostile_bytes_are_of_unknown_kind(body: bytes) -> None:
    """Depth, control characters, other formats and sheer size neither crash the reader nor pass for a page."""
    assert kind_of(body) == "unknown"
    for kind in ("series", "publication"):
        assert refusal(body, kind) in ("page.kind", "page.size", "page.markup")


@pytest.mark.fault("M06")
def test_depth_does_not_hide_what_follows() -> None:
    """A real page with five thousand nested tags in its summary still reads as the same page."""
    body = changed("publication-live", ("Second paragraph.", "<i>" * 5_000 + "deep" + "</i>" * 5_000))
    assert len(read_publication_page(body, SEED, SERIES).resources) == 5


def test_text_never_carries_what_cannot_be_stored() -> None:
    """Surrogates and control characters that a page smuggles in by reference are left out of names and addresses."""
    body = changed("publication-live", ("by age and gender ", "by&#xD800; age&#7; and&#8203; gender&#x202E; "),
                   ("AB/CDEF01/", "AB/&#xDFFF;CDEF01&#0;/"))  # fmt: skip
    page = read_publication_page(body, SEED, SERIES)
    json.dumps(asdict(page), ensure_ascii=False).encode("utf-8")
    assert page.resources[0].name.replace("\ufffd", "") == "National Data Opt-Out by age and gender"


def test_latin_letters_of_an_older_encoding_are_read() -> None:
    """A saved copy that is not UTF-8 is read as Windows-1252, not refused."""
    body = changed("publication-withdrawn", ("withdrawn.", "withdrawn – sorry.")).decode().encode("cp1252")
    assert read_publication_page(body, SEED, SERIES).summary.endswith("withdrawn – sorry.")


WHOLE = [name for name in NAMES if "page" in json.loads((SAMPLES / f"{name}.json").read_text())]


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(WHOLE), st.data())
def test_a_damaged_page_is_read_or_refused_and_never_a_crash(name: str, data: st.DataObject) -> None:
    """Cut, doubled, overwritten or interleaved pages raise nothing but PageChanged, and never lose all publications."""
    body = bytearray(sample(name))
    for _ in range(data.draw(st.integers(1, 4))):
        at, length = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, 400))
        body[at : at + length] = data.draw(st.one_of(st.binary(max_size=30), st.sampled_from(
            [b"", b"<", b"</div>", b"</main>", b"<script>", b"<!--", b'"', b"&#xD800;", b"<li>", b"<a href='http://[:'>x", b"</ul>"]
        )))  # fmt: skip
    kind_of(bytes(body))
    text_of(bytes(body))
    for kind in ("series", "publication"):
        with suppress(PageChanged):
            page = read(bytes(body), kind)
            json.dumps(asdict(page), ensure_ascii=False).encode("utf-8")
            assert isinstance(page, PublicationPage) or page.publications


@pytest.mark.fault("C02")
@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["series-live", "publication-live"]), st.floats(0, 0.999))
def test_a_cut_page_never_yields_fewer_links_in_silence(name: str, part: float) -> None:
    """A page cut before the end of its main part is refused, or read with every publication and file it offers."""
    body = sample(name)
    kind = "series" if name.startswith("series") else "publication"
    whole = read(body, kind)
    try:
        page = read(body[: int(len(body) * part)], kind)
    except PageChanged:
        return
    assert page.resources == whole.resources
    if isinstance(page, SeriesPage) and isinstance(whole, SeriesPage):
        assert page.publications == whole.publications


def test_a_head_without_a_main_part_is_refused() -> None:
    """Found by fuzzing: a page whose kind is told by its head alone, the rest standing in its footer, was an IndexError."""
    body = b'<p data-uipath="ps.publication."></p><footer><section class="document-content"></section></footer>'
    assert refusal(body, "publication") == "page.main"
