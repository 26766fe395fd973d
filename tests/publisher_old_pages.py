"""Owns the older family of the publisher's markup: its shell, legacy publication, folder and 404 page.

Never decides what is public and never reads a clock.
"""

# ruff: noqa: E501 - long lines are the publisher's own markup, one element each

from __future__ import annotations

from datetime import UTC, date
from html import escape

from tests.publisher_pages import identity_script, plain_links
from tests.publisher_site import Attachment, Collection, Notice, Release, Site
from tests.publisher_words import date_range, due_day, edited_time, notice_time, short_day, size_words, type_word

UPCOMING = "(Upcoming, not yet published)"


def shell(site: Site, title: str, path: str, main: str) -> str:
    """The page around an article of the older family."""
    words = escape(title)
    return f"""<!DOCTYPE html>
<html lang="en" class="no-js">
<head>
  <meta charset="utf-8">
  <title>{words} - NHS England Digital</title>
  <meta property="og:title" content="{words}">
  <meta property="og:url" content="{site.pages_address}{escape(path)}">
</head>
<body class="debugs">
<div class="banner banner--coronavirus"><a href="/coronavirus">Coronavirus (COVID-19)</a> Published: 1 May 2020</div>
<header><a href="/">Home</a> <a href="/data-and-information/publications">Publications</a></header>
<nav class="breadcrumb"><a class="breadcrumb__link" href="/data-and-information">Data</a></nav>
<main id="main-content">
{main}
</main>
<footer><a href="{site.files_address}/assets/privacy-notice.pdf">Privacy notice</a></footer>
</body>
</html>
"""


def detail(key: str, value: str, attributes: str) -> str:
    """One pair of the header's list."""
    return f"""<div class="grid-row"><div class="column"><dl class="detail-list">
            <dt class="detail-list__key" id="{key.lower().replace(" ", "-")}">{key}:</dt>
            <dd class="detail-list__value" {attributes}>{value}</dd>
          </dl></div></div>"""


def header(label: str, title: str, types: str, details: str) -> str:
    """The header of an article of the older family."""
    return f"""<div class="grid-wrapper grid-wrapper--full-width grid-wrapper--wide">
    <div class="local-header article-header article-header--detailed" aria-label="Series Title">
      <div class="grid-wrapper"><div class="article-header__inner">
        <span class="article-header__label">{label}</span>
        <h1 class="local-header__title" data-uipath="document.title" itemprop="name">{escape(title)}</h1>
        <span class="article-header__types article-header__types--push" data-uipath="{types}">Other reports and statistics</span>
        <div class="detail-list-grid">
          {details}
        </div>
        <meta itemprop="keywords" content="opt-out,made-up figures">
      </div></div>
    </div>
  </div>"""


def notice_boxes(notices: list[Notice]) -> str:
    """Change notices in the older look (a.9)."""
    boxes = "".join(
        f"""<div class="callout-box callout-box--information" role="complementary">
      <h2 class="callout-box__content-heading">{escape(one.title)}</h2>
      <div class="callout-box__content-description"><p>{escape(one.text)}</p></div>
      <p class="callout-box__content-description-date">{notice_time(one.at)}</p>
    </div>"""
        for one in notices
    )
    return f'<div class="callout-box-group">{boxes}</div>' if boxes else ""


def _block_link(site: Site, one: Attachment) -> str:
    return f"""<li class="attachment" itemprop="distribution" itemscope itemtype="http://schema.org/DataDownload">
      <a class="block-link" itemprop="contentUrl" title="{escape(one.name)}" href="{site.files_address}{one.upload.href}">
        <div class="block-link__header"></div>
        <div class="block-link__body">
          <span class="block-link__title" itemprop="name">{escape(one.name)}</span>
          <meta itemprop="encodingFormat" content="{escape(one.upload.content_type)}">
          <span class="nhsd-t-body">[{type_word(one.upload.content_type)}, size: <span itemprop="contentSize">{size_words(len(one.upload.body))}</span>]</span>
        </div>
      </a>
    </li>"""


def legacy(site: Site, series: Collection, release: Release, today: date, *, out: bool) -> str:
    """A legacy publication (a.8), or its stub (a.5): times in GMT, two lists of the same data-uipath."""
    on = short_day(release.published_on, site.september)
    details = detail("Publication date", on, 'itemprop="datePublished" data-uipath="ps.publication.publication-date"')
    if out:
        details += detail("Geographic Coverage", "England", 'data-uipath="ps.publication.geographic-coverage"')
        details += detail(
            "Date Range", date_range(release.covers, site.september), 'data-uipath="ps.publication.date-range"'
        )
        body = _legacy_body(site, release)
    else:
        due = due_day(release.published_on, today, site.september)
        details = detail("Publication date", due, 'data-uipath="ps.publication.nominal-publication-date"')
        body = f'<p class="strong" data-uipath="ps.publication.upcoming-disclaimer">{UPCOMING}</p>'
    label = f'Publication, Part of <a href="{escape(series.path)}">{escape(series.title)}</a>'
    main = f"""<article class="article article--legacy-publication" itemscope itemtype="http://schema.org/Dataset">
  {identity_script(release.identity, release.title)}
  {header(label, release.title, "ps.publication.information-types", details)}
  <div class="grid-wrapper grid-wrapper--article" aria-label="Document Content">
    {notice_boxes(release.notices)}
    {body}
  </div>
</article>"""
    return shell(site, release.title, f"{series.path}/{release.slug}", main)


def _legacy_body(site: Site, release: Release) -> str:
    files = "".join(_block_link(site, one) for one in release.at("resources"))
    links = "".join(f'<li><a href="{escape(href)}">{escape(words)}</a></li>' for words, href in release.links)
    return f"""<div class="article-section article-section--summary" id="summary"><h2>Summary</h2>
      <div class="rich-text-content" itemprop="description"><p data-uipath="ps.publication.summary">{escape(release.summary)}</p></div></div>
    <div class="article-section" id="highlights"><h2>Highlights</h2>{plain_links(site, release, "text")}</div>
    <div class="article-section" id="key-facts"><h2>Key facts</h2><p>{escape(release.key_facts)}</p></div>
    <div class="article-section" id="resources"><h2>Resources</h2>
      <ul data-uipath="ps.publication.resources" class="list list--reset">{files}</ul>
      <ul data-uipath="ps.publication.resources" class="list">{links}</ul>
    </div>
    <div class="article-section muted no-border no-top-padding" id="last-edited">Last edited: {edited_time(release.last_edited, UTC)}</div>"""


def plain_page(site: Site, series: Collection, slug: str) -> str:
    """An ordinary page below the series' address that is no publication (b.1)."""
    words = series.plain_pages[slug]
    main = f'<article class="article article--general"><h1 data-uipath="document.title">{escape(words)}</h1><p>Made-up text.</p></article>'
    return shell(site, words, f"{series.path}/{slug}", main)


def soft_folder(site: Site, path: str) -> str:
    """A folder without a document (a.10): says it was not found, and offers other items, with status 200."""
    items = [(r.title, f"{s.path}/{r.slug}") for s in site.collections.values() for r in s.releases.values()][:20]
    others = "".join(
        f'<li><a class="cta__button" href="{escape(href)}">{escape(words)}</a></li>' for words, href in items
    )
    main = f"""<article class="article article--folder"><h1>Page not found</h1>
  <p>The page you are looking for could not be found. But we did find some other content:</p><ul class="list">{others}</ul></article>"""
    return shell(site, "Page not found", path, main)


def not_found(site: Site, path: str) -> str:
    """The 404 page."""
    main = '<article class="article article--404"><h1>Page not found</h1><p>Error code 404</p><p><a href="/">Home</a></p></article>'
    return shell(site, "Page not found", path, main)
