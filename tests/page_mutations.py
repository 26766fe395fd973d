"""What can happen to a page: changes that a person has to hear of, and changes that nobody should be bothered with.

Functions from bytes to bytes, each named by what it does; a change that finds nothing to change is a broken test.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.publisher_trouble import CHALLENGE, MAINTENANCE

Mutation = Callable[[bytes], bytes]

SHELL = "<!DOCTYPE html><html lang=en><head><title>{}</title></head><body>{}</body></html>"


def swap(old: str, new: str, *, every: bool = False, flags: int = 0) -> Mutation:
    """Replaces a pattern once, or wherever it stands."""

    def mutate(body: bytes) -> bytes:
        text, count = re.subn(old, new, body.decode(), count=0 if every else 1, flags=flags | re.DOTALL)
        assert count, f"nothing to change: {old}"
        return text.encode()

    return mutate


def whole(title: str, inside: str) -> Mutation:
    """Another page altogether."""
    return lambda _: SHELL.format(title, inside).encode()


def cut(part: float) -> Mutation:
    """Only the first part of the page, though the server says that it is all."""
    return lambda body: body[: int(len(body) * part)]


def both(first: Mutation, second: Mutation) -> Mutation:
    """One after the other."""
    return lambda body: second(first(body))


def without(selector: str) -> Mutation:
    """Takes every tag out that carries these words in its opening, with all that is in it."""

    def mutate(body: bytes) -> bytes:
        from bs4 import BeautifulSoup  # the tests' own copy: a mutation must not use the reader that it is to try

        soup = BeautifulSoup(body.decode(), "lxml")
        found = soup.select(selector)
        assert found, f"nothing to take out: {selector}"
        for tag in found:
            tag.decompose()
        return str(soup).encode()

    return mutate


def emptied(selector: str) -> Mutation:
    """Takes out what is in the tags, and leaves the tags."""

    def mutate(body: bytes) -> bytes:
        from bs4 import BeautifulSoup

        soup = BeautifulSoup(body.decode(), "lxml")
        found = soup.select(selector)
        assert found, f"nothing to empty: {selector}"
        for tag in found:
            tag.clear()
        return str(soup).encode()

    return mutate


FILES = "div.nhsd-m-download-card, #resources, #highlights, #data-sets, #related-links"
LINKS = 'href="[^"#]*"'
PLACES = r'href="(?:[a-z]+://[^/"]+)?/([^"#]*)'

PUBLICATION_BREAKS: dict[str, Mutation] = {
    "removed: every file, data set and card": without(FILES),
    "removed: the body": without('[data-uipath="ps.publication.body"]'),
    "removed: the publication date": without('[data-uipath="ps.publication.publication-date"]'),
    "removed: the title": without("h1"),
    "removed: main": swap("</?main[^>]*>", "", every=True),
    "removed: every hook and class": swap(' (?:class|data-uipath|id|itemprop)="[^"]*"', "", every=True),
    "renamed: hooks and article": both(
        swap('data-uipath="ps.', 'data-test="new.', every=True), swap("article--publication", "c-article")
    ),
    "renamed: hooks, and the body's class": both(
        swap('data-uipath="ps.', 'data-test="new.', every=True), swap("js-publication-body", "c-body")
    ),
    "removed: some of the files": without("div.nhsd-m-download-card"),
    "removed: one file": without('[data-uipath="ps.publication.resources-attachment"]:first-child'),
    "wrapped: the hero moved out of main": swap("(<main[^>]*>)(.*?</article>)", r"\2\1"),
    "script-rendered: an empty root": whole("National Data Opt-Out", '<div id="root"></div><script src="/app.js"></script>'),
    "script-rendered: main with a root": whole("National Data Opt-Out", '<main id="main-content"><div id="app"></div></main>'),
    "script-rendered: links by script": swap(LINKS, 'data-go="1"', every=True),
    "challenge: by title": lambda _: CHALLENGE.encode(),
    "challenge: by script alone": whole("One moment", "<script>window._cf_chl_opt={cType:'managed'}</script>"),
    "challenge: another wall": whole("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>"),
    "soft 404: a bare page": whole("Page not found", "<h1>Page not found</h1>"),
    "soft 404: in the site's own dress": whole(
        "Page not found", '<main id="main-content"><article class="article--404"><h1>Page not found</h1></article></main>'
    ),
    "soft 404: with other content offered": whole(
        "National Data Opt-Out", '<main id="main-content"><h1>Sorry</h1><p>We did find some other content</p></main>'
    ),
    "maintenance: bare": lambda _: MAINTENANCE.encode(),
    "maintenance: temporarily unavailable": whole("Service", "<h1>This service is temporarily unavailable</h1>"),
    "maintenance: an empty body": lambda _: b"",
    "maintenance: words without a page": lambda _: b"Back soon.\n",
    "other language: hooks gone with the words": both(
        swap('data-uipath="[^"]*"', "", every=True), swap("Publication Date:", "Dyddiad cyhoeddi:")
    ),
    "other language: a date nobody can read": swap("14 Oct 2021", "14 Hydref 2021"),
    "cut: after a tenth": cut(0.1),
    "cut: after a third": cut(1 / 3),
    "cut: after two thirds": cut(2 / 3),
    "cut: before the end of main": lambda body: body[: body.rindex(b"</main>")],
    "empty: the list of resources": both(emptied("#resources"), without("#highlights, #data-sets, #related-links")),
    "empty: a page without a word": whole("National Data Opt-Out", '<main id="main-content"></main>'),
    "links: all to another host": swap(PLACES, r'href="https://elsewhere.example/\1', every=True, flags=re.IGNORECASE),
    "links: all by ftp": swap(LINKS, 'href="ftp://files.example/file.csv"', every=True),
    "links: all to no address": swap(LINKS, 'href="#"', every=True),
    "links: all into data": swap(LINKS, 'href="data:text/csv,a"', every=True),
    "replaced: a picture": lambda _: b"\x89PNG\r\n\x1a\n" + b"\x00" * 200,
    "replaced: data for programs": lambda _: b'{"publication": "National Data Opt-Out"}',
    "replaced: a feed": lambda _: b'<?xml version="1.0"?><rss><channel/></rss>',
    "replaced: a login": whole("Sign in", '<main><h1>Sign in</h1><form action="/login"></form></main>'),
    "replaced: a consent wall": whole("Cookies", "<h1>Cookies on this site</h1><button>Accept</button>"),
}  # fmt: skip
"""Changes of a publication page after which a person has to be told."""

SERIES_BREAKS: dict[str, Mutation] = {
    "removed: every list": without('[data-uipath^="ps.series.publications-list"]'),
    "removed: the title": without("h1"),
    "renamed: another title": swap("(<h1[^>]*>).*?</h1>", r"\1Something else</h1>"),
    "renamed: hooks and classes": both(
        swap('data-uipath="ps.', 'data-test="new.', every=True), swap("article--legacy-series", "c-series", every=True)
    ),
    "empty: every list": emptied('[data-uipath^="ps.series.publications-list"]'),
    "links: all to another host": swap(PLACES, r'href="https://elsewhere.example/\1', every=True, flags=re.IGNORECASE),
    "script-rendered: an empty root": whole("National Data Opt-Out", '<div id="root"></div>'),
    "challenge: by title": lambda _: CHALLENGE.encode(),
    "soft 404: a bare page": whole("Page not found", "<h1>Page not found</h1>"),
    "maintenance: bare": lambda _: MAINTENANCE.encode(),
    "cut: after half": cut(0.5),
    "cut: before the end of main": lambda body: body[: body.rindex(b"</main>")],
    "empty: no byte": lambda _: b"",
}
"""Changes of the series page after which a person has to be told, and after which nothing may count as gone."""

COSMETIC: dict[str, Mutation] = {
    "whitespace: lines joined": swap(r">\n\s*<", "> <", every=True),
    "whitespace: lines parted": swap("</div>", "</div>\n\n", every=True),
    "whitespace: line ends of another machine": swap("\n", "\r\n", every=True),
    "whitespace: at the end": lambda body: body + b"\n\n\n",
    "whitespace: no-break space in the title": swap("Opt-Out, September", "Opt-Out,\u00a0September"),
    "attributes: turned round": swap(r'<dd (class="[^"]*") (data-uipath="[^"]*")', r"<dd \2 \1", every=True),
    "attributes: one more on every div": swap("<div", '<div data-v="7"', every=True),
    "attributes: in single quotes": swap('class="([^"\']*)"', r"class='\1'", every=True),
    "token: a csrf field": swap("</article>", '<input type="hidden" name="_csrf" value="8f3a"></article>'),
    "token: a nonce on scripts": swap("<script", '<script nonce="r4nd0m"', every=True),
    "token: a cache buster on a style sheet": swap("</head>", '<link rel="stylesheet" href="/s.css?v=17"></head>'),
    "stamp: today's date in the footer": swap("<footer>", "<footer><p>24 November 2026</p>"),
    "stamp: a comment with the time": swap("<body>", "<body><!-- rendered 2026-11-24T09:30:00Z by node 7 -->"),
    "stamp: a time in the head": swap("</head>", '<meta name="generated" content="1764000000"></head>'),
    "classes: utility classes renamed": swap("nhsd-!t-margin", "x-margin", every=True),
    "classes: grid renamed": swap("nhsd-t-grid", "grid", every=True),
    "classes: one more on the article": swap('class="article article--publication', 'class="u-new article article--publication'),
    "footer: gone": swap("<footer>.*?</footer>", ""),
    "footer: a file more": swap("<footer>", '<footer><a href="/files/terms.pdf">Terms</a>'),
    "nav: gone": swap('<nav class="nhsd-m-breadcrumbs".*?</nav>', ""),
    "nav: a menu more": swap("<main", '<nav><a href="/a">A</a><a href="/b">B</a></nav><main'),
    "nav: a banner of the site": swap("<body>", '<body><div class="banner">New look</div>'),
    "text: a paragraph more in the summary": swap("Second paragraph", "One more sentence.</p><p>Second paragraph"),
    "text: a note at the end": swap(r'(<p [^>]*id="last-edited">)', r"<p>See also our blog.</p>\1"),
    "text: edited a minute later": swap("2:31 pm", "2:32 pm"),
    "text: entities for letters": swap("How many people", "How&#32;many people"),
    "head: another title bar": swap(" - NHS England Digital</title>", " - NHS England</title>"),
    "head: a script of the wall": swap(
        "</head>", '<script src="/cdn-cgi/challenge-platform/h/g/scripts/jsd/x/main.js"></script></head>'
    ),
    "head: a base character set in capitals": swap('charset="utf-8"', 'charset="UTF-8"'),
    "case: tags in capitals": swap("<hr ", "<HR "),
    "shape: one more wrapping div": swap("(<main[^>]*>)", r'\1<div class="w">'),
    "shape: another main before it": swap("<main", '<main class="outer"><p>New</p></main><main'),
    "shape: cards of another class": swap("nhsd-m-download-card__", "c-card__", every=True),
    "shape: sizes told otherwise": swap("42 KB", "43 kB"),
}  # fmt: skip
"""Changes of a publication page that are nobody's news."""
