"""Stories of the page judge: a page that came whole can still be poorer than it was, and then a person should look."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scraper.model import Finding
from scraper.page_judge import Outline, PageHistory, judge_page, outline

SAMPLES = Path(__file__).parent.parent / "pages"
HERE = "https://digital.nhs.uk/some/page"


def sample(name: str) -> bytes:
    """The saved page, byte for byte."""
    return (SAMPLES / f"{name}.html").read_bytes()


def codes(findings: tuple[Finding, ...]) -> list[str]:
    """The codes, each finding proved to name the address."""
    assert all(f.subject == HERE and HERE in f.sentence() for f in findings)
    return [f.code for f in findings]


def after(body: bytes, *sizes: int) -> PageHistory:
    """The history of an address whose newest accepted body is `body`."""
    return PageHistory(HERE, sizes or (len(body),), outline(body))


@pytest.mark.parametrize("name", ["series-live", "publication-live", "data-set-live", "legacy-live", "stub-live"])
def test_the_same_page_again_is_healthy(name: str) -> None:
    """A page that looks as it did gives no finding."""
    assert judge_page(sample(name), "publication_page", after(sample(name))) == ()


def test_a_first_capture_has_nothing_to_be_compared_with() -> None:
    """Without a history only the page itself is judged."""
    assert judge_page(sample("series-live"), "series_page", PageHistory(HERE)) == ()


def test_a_page_that_shrank_is_looked_at() -> None:
    """Below sixty per cent of the median of the last ten sizes is a warning; at sixty it is not."""
    body = sample("series-live")
    size = len(body)
    assert codes(judge_page(body, "series_page", PageHistory(HERE, (size * 2,) * 3))) == ["page.small"]
    assert codes(judge_page(body, "series_page", PageHistory(HERE, (int(size / 0.6),) * 3))) == []
    old_then_new = (size * 9,) * 30 + (size,) * 10
    assert codes(judge_page(body, "series_page", PageHistory(HERE, old_then_new))) == []


@pytest.mark.fault("C01")
def test_links_that_are_all_gone_are_looked_at() -> None:
    """No file after some files is a finding, also where the page is otherwise the release it was."""
    found = judge_page(sample("publication-withdrawn"), "publication_page", after(sample("publication-live"), 1000))
    assert "page.links" in codes(found)
    assert {f.severity for f in found if f.code == "page.links"} == {"warning"}


def test_more_than_half_of_the_links_gone_is_told_apart_from_some() -> None:
    """A list that lost most of its entries has changed its markup; one entry less may have been withdrawn."""
    body = sample("series-live")
    links = outline(body).links
    assert links > 3
    for before, expected in ((2 * links, ["page.fewer_links"]), (2 * links + 1, ["page.links"])):
        known = outline(body)._replace(links=before)
        assert codes(judge_page(body, "series_page", PageHistory(HERE, (len(body),), known))) == expected


@pytest.mark.fault("C02")
def test_a_link_that_is_gone_is_looked_at() -> None:
    """One fewer is told with both numbers; one more is what pages do."""
    body = sample("publication-live")
    fewer = body.replace(b'href="https://files.digital.nhs.uk/44/555555/summary.xlsx"', b"", 1)
    (found,) = judge_page(fewer, "publication_page", after(body))
    assert (found.code, found.severity) == ("page.fewer_links", "warning")
    assert judge_page(body, "publication_page", after(fewer)) == ()


@pytest.mark.fault("C01", "M10")
def test_links_that_all_lead_elsewhere_are_looked_at() -> None:
    """As many links as before, and not one to a place where one led before."""
    body = sample("series-2019")
    moved = re.sub(rb'href="(?:https?://[^/"]+)?/', b'href="https://elsewhere.example/', body)
    assert "page.hosts" in codes(judge_page(moved, "series_page", after(body)))
    assert "page.hosts" not in codes(judge_page(body, "series_page", after(body)))


def test_a_page_without_files_before_and_after_is_no_news() -> None:
    """Nothing after nothing is not a loss."""
    body = sample("publication-withdrawn")
    assert codes(judge_page(body, "publication_page", after(body))) == []


def test_a_stub_that_becomes_a_release_is_what_stubs_do() -> None:
    """A stub may turn into anything; a release that turns into something else is looked at."""
    stub, release = sample("stub-live"), sample("publication-live")
    assert "page.kind_changed" not in codes(judge_page(release, "publication_page", after(stub)))
    assert "page.kind_changed" in codes(judge_page(stub, "publication_page", after(release, 100)))


def test_a_new_title_is_worth_knowing() -> None:
    """A retitled page is told, for information only."""
    body = sample("publication-2020")
    found = judge_page(
        body.replace(b"Opt-out, June 2020</h1>", b"Opt-out, June 2020 (revised)</h1>"), "further_page", after(body)
    )
    assert [(f.code, f.severity) for f in found] == [("page.retitled", "info")]


def test_a_list_date_that_cannot_be_read_is_a_warning() -> None:
    """The publication is still followed, and a person is told which date was not read."""
    found = judge_page(sample("series-latest-not-shown"), "series_page", PageHistory(HERE))
    assert codes(found) == ["page.list_date"]
    assert "in summer 2020" in found[0].sentence()


def test_files_and_robots_are_not_judged_as_pages() -> None:
    """Bytes that were never meant as a page have no outline to compare."""
    history = PageHistory(HERE, (10_000,), Outline("publication", "x", 5, ()))
    assert judge_page(b"a,b\n1,2\n", "file", history) == ()
    assert judge_page(b"User-agent: *\n", "robots", history) == ()


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"x" * 10_000_001, b"<main id=a></main><main id=b></main>"], ids=lambda b: str(len(b))
)
def test_anything_has_an_outline(body: bytes) -> None:
    """Bytes that are no page have the outline of an unknown page."""
    assert outline(body) == Outline("unknown", None, 0, ())
