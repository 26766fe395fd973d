"""Owns the new family of the publisher's markup: its shell and hero, and the page of a publication that is out.

Never decides what is public and never reads a clock; the traps of the real pages are kept.
"""

# ruff: noqa: E501 - long lines are the publisher's own markup, one element each

from __future__ import annotations

from html import escape

from tests.publisher_site import Attachment, Collection, Notice, Release, Site
from tests.publisher_words import LONDON, date_range, edited_time, notice_time, short_day, size_tag, type_tag

LICENCE = "https://digital.nhs.uk/about-nhs-digital/terms-and-conditions"
ARROW = '<div class="nhsd-m-download-card__arrow-icon-box"></div>'


def shell(site: Site, title: str, path: str, main: str) -> str:
    """The page around an article of the new family; every link outside `main` is a trap for a careless parser."""
    words = escape(title)
    return f"""<!DOCTYPE html>
<html lang="en" class="nhsd-no-js">
<head>
  <meta charset="utf-8">
  <title>{words} - NHS England Digital</title>
  <meta name="title" content="{words}">
  <meta name="description" content="{words}">
  <meta property="og:title" content="{words}">
  <meta property="og:url" content="{site.pages_address}{escape(path)}">
</head>
<body>
<noscript><iframe src="about:blank" title="tags"></iframe></noscript>
<div class="nhsd-t-grid nhsd-t-grid--full-width nhsd-!t-no-gutters">
  <div class="nhsd-o-global-alert">NHS Digital has merged with NHS England. Publication Date: 1 Feb 2023. <a href="/about">Find out</a></div>
  <header><a href="/">Home</a> <a href="/data-and-information/publications">Publications</a></header>
  <nav class="nhsd-m-breadcrumbs" data-uipath="document.breadcrumbs">
    <a href="/data-and-information">Data</a>
    <a href="/search/document-type/publication?xmPrimaryDocType=publication&amp;sort=date">Publications</a>
  </nav>
  <main id="main-content">
{main}
  </main>
  <footer><a href="{site.files_address}/assets/privacy-notice.pdf">Privacy notice</a> <a href="/binaries/accessibility.pdf">Accessibility</a></footer>
</div>
</body>
</html>
"""


def identity_script(identity: str, title: str) -> str:
    """The inline script that carries the document's UUID."""
    words = title.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\u003c")
    return f'<script>var br_data = br_data || {{}}; br_data.item_id = "{identity}"; br_data.item_name = "{words}";</script>'


def pair(label: str, uipath: str, value: str) -> str:
    """One pair of the hero's list."""
    return f"""<div class="nhsd-o-hero__meta-data-item">
          <dt class="nhsd-o-hero__meta-data-item-title">{label}</dt>
          <dd class="nhsd-o-hero__meta-data-item-description" data-uipath="{uipath}">{value}</dd>
        </div>"""


def hero(kind: str, parent: tuple[str, str], title: str, pairs: str) -> str:
    """The hero. Its first itemprop `name` and `url` belong to the parent: a trap of the real page."""
    words, path = parent
    return f"""<div class="nhsd-o-hero nhsd-o-hero--left-align nhsd-o-hero--light-text nhsd-!t-bg-blue">
    <div class="nhsd-o-hero__content-container"><div class="nhsd-o-hero__inner-content-container">
      <p class="nhsd-t-body">{kind}, Part of
        <a class="nhsd-a-link nhsd-a-link--col-white" itemprop="url"
           href="{escape(path)}"><span itemprop="name">{escape(words)}</span></a>
      </p>
      <h1 class="nhsd-t-heading-xxl" data-uipath="document.title" itemprop="name">{escape(title)}</h1>
      <p class="nhsd-t-body" data-uipath="ps.publication.information-types">Other reports and statistics</p>
      <dl class="nhsd-o-hero__meta-data">
        {pairs}
      </dl>
      <nav class="nhsd-m-button-nav"><a class="nhsd-a-button js-print-pdf-button" href="#" onClick="print()">Download as PDF</a></nav>
    </div></div>
  </div>"""


def notice_box(notice: Notice) -> str:
    """A change notice (a.9)."""
    return f"""<div class="nhsd-m-emphasis-box">
    <div class="nhsd-a-box nhsd-a-box--border-blue"><div class="nhsd-m-emphasis-box__content-box">
      <p class="nhsd-t-heading-s nhsd-t-word-break">{escape(notice.title)}</p>
      <div class="nhsd-t-body-s nhsd-t-word-break"><p>{escape(notice.text)}</p></div>
      <p class="nhsd-t-body-s nhsd-t-word-break">{notice_time(notice.at)}</p>
    </div></div>
  </div>"""


def _card(site: Site, one: Attachment) -> str:
    """A download card. The title has a trailing blank and the link no title attribute, as on the real page."""
    return f"""<div data-uipath="ps.publication.resources-attachment"><div class="nhsd-m-download-card">
      <a class="nhsd-a-box-link" href="{site.files_address}{one.upload.href}" onClick="logGoogleAnalyticsEvent()" onKeyUp="return vjsu.onKeyUp(event)">
        <div class="nhsd-a-box nhsd-a-box--bg-light-grey">
          <div class="nhsd-m-download-card__image-box small"><span><svg></svg></span></div>
          <div class="nhsd-m-download-card__content-box small">
            <p class="nhsd-t-heading-xs nhsd-!t-margin-bottom-2">{escape(one.name)} </p>
            <div class="nhsd-m-download-card__meta-tags">
              <span class="nhsd-a-tag nhsd-a-tag--meta">{type_tag(one.upload.file_name)}</span>
              <span class="nhsd-a-tag nhsd-a-tag--meta-light">{size_tag(len(one.upload.body))}</span>
            </div>
          </div>
          {ARROW}
        </div>
      </a>
    </div></div>"""


def _link_card(words: str, href: str) -> str:
    return f"""<div data-uipath="ps.publication.resources-link"><div class="nhsd-m-download-card nhsd-!t-margin-top-3">
      <a class="nhsd-a-box-link" href="{escape(href)}">
        <div class="nhsd-a-box nhsd-a-box--bg-light-grey"><div class="nhsd-m-download-card__content-box">
          <span class="nhsd-a-tag nhsd-a-tag--bg-dark-grey">ARTICLE</span>
          <p class="nhsd-t-heading-s">{escape(words)}</p>
        </div></div>
      </a>
    </div></div>"""


def _resources(site: Site, release: Release) -> str:
    cards = "\n".join(_card(site, one) for one in release.at("resources"))
    links = [(one.name, site.files_address + one.upload.href) for one in release.at("link_card")] + release.links
    attachments = f'<div data-uipath="ps.publication.resources-attachments">\n{cards}\n</div>' if cards else ""
    if not attachments and not links:
        return ""
    return f"""<div id="resources">
          <h2 class="nhsd-t-heading-m">Resources</h2>
          {attachments}
          {"".join(_link_card(*link) for link in links)}
        </div>"""


def plain_links(site: Site, release: Release, place: str) -> str:
    """Plain links to files inside free text."""
    return "".join(
        f'<p class="nhsd-t-body">See <a class="nhsd-a-link" href="{site.files_address}{one.upload.href}">{escape(one.name)}</a></p>'
        for one in release.at(place)
    )


def _key_facts(site: Site, release: Release) -> str:
    cards = "".join(_card(site, one) for one in release.at("key_facts"))
    cards = cards.replace("ps.publication.resources-attachment", "website.contentblock.download.card")
    if not cards and not release.key_facts:
        return ""
    return f"""<div id="key-facts" class="nhsd-a-box nhsd-a-box--border-grey"><h2 class="nhsd-t-heading-m">Key Facts</h2>
          <p class="nhsd-t-body" data-uipath="ps.publication.key-facts">{escape(release.key_facts)}</p>{cards}</div>"""


def _data_sets(series: Collection, release: Release) -> str:
    if not release.at("data_set"):
        return ""
    href = f"{series.path}/{release.slug}/{release.data_set_slug}"
    return f"""<div id="data-sets">
          <h2 class="nhsd-t-heading-m">Data Sets</h2>
          <ul data-uipath="ps.publication.datasets" class="nhsd-t-list nhsd-t-list--bullet">
            <li itemprop="hasPart" itemscope itemtype="http://schema.org/Dataset">
              <span itemprop="name"><a class="nhsd-a-link" itemprop="url" href="{escape(href)}">{escape(release.title)}: data sets</a></span>
              <meta itemprop="description" content="Data sets">
            </li>
          </ul>
        </div>"""


def _supplementary(release: Release) -> str:
    cards = "".join(_link_card(one.words, one.href) for one in release.supplementary)
    if not cards:
        return ""
    return f"""<div id="supplementary-information-requests">
          <div data-uipath="ps.publication.supplementary-information-requests">{cards}</div>
        </div>"""


def chapter_index(series: Collection, release: Release) -> str:
    """The list of chapters (a.6); its first entry is the publication itself."""
    base = f"{series.path}/{release.slug}"
    entries = [("Overview", base)] + [(one.title, f"{base}/{one.slug}") for one in release.chapters]
    items = "".join(
        f'<li itemprop="hasPart" itemscope itemtype="http://schema.org/WebPage">'
        f'<span itemprop="name"><a class="nhsd-a-link" itemprop="url" href="{escape(href)}">{escape(words)}</a></span></li>'
        for words, href in entries
    )
    return f"""<div id="chapter-index"><div class="nhsd-m-publication-chapter-navigation" data-uipath="ps.publication.pages">
    <ol class="nhsd-t-list nhsd-t-list--number">{items}</ol></div></div>"""


def release_pairs(site: Site, release: Release) -> str:
    """The four pairs of a publication that is out."""
    return "\n        ".join(
        (
            pair(
                "Publication Date:", "ps.publication.publication-date", short_day(release.published_on, site.september)
            ),
            pair("Geographic Coverage:", "ps.publication.geographic-coverage", "England"),
            pair("Geographical Granularity:", "ps.publication.geographical-granularity", "GP practices, Country"),
            pair("Date Range:", "ps.publication.date-range", date_range(release.covers, site.september)),
        )
    )


def article(release: Release, inner: str) -> str:
    """The article around a publication, stub or chapter."""
    chapters = " nhsd-!t-display-chapters" if release.chapters else ""
    coverage = "/".join(on.isoformat() for on in release.covers or ())
    temporal = f'\n  <meta itemprop="temporalCoverage" content="{coverage}">' if coverage else ""
    return f"""<article class="article article--publication{chapters}" itemscope itemtype="http://schema.org/Dataset" aria-label="Document Header">
  <meta itemprop="license" content="{LICENCE}">
  <meta itemprop="keywords" content="opt-out,made-up figures">{temporal}
  {inner}
</article>"""


def publication(site: Site, series: Collection, release: Release) -> str:
    """A publication that is out (a.4), with whatever its editors put on it."""
    inner = f"""{hero("Publication", (series.title, series.path), release.title, release_pairs(site, release))}
  {identity_script(release.identity, release.title)}
  <div class="nhsd-t-grid nhsd-!t-margin-top-8">
    {"".join(notice_box(one) for one in release.notices)}
    <div class="nhsd-t-row">
      <div class="nhsd-t-col-xs-12 nhsd-t-col-s-3"><div class="nhsd-m-sticky-navigation"><a href="#summary">Summary</a> <a href="#resources">Resources</a></div></div>
      <div class="nhsd-t-col-xs-12 nhsd-t-off-s-1 nhsd-t-col-s-8 js-publication-body" data-uipath="ps.publication.body">
        <h2 id="summary" class="nhsd-t-heading-m">Summary</h2>
        <div itemprop="description"><p class="nhsd-t-body" data-uipath="ps.publication.summary">{escape(release.summary)}</p></div>
        <hr class="nhsd-a-horizontal-rule">
        <div class="article-section" id="highlights"><h2>Highlights</h2>{plain_links(site, release, "text")}
          <div class="nhsd-m-emphasis-box"><p>An ordinary box of a free section, not a change notice.</p></div></div>
        {_key_facts(site, release)}
        <div id="administrative-sources"><p itemprop="isBasedOn" data-uipath="ps.publication.administrative-sources">Made up for tests</p></div>
        {_data_sets(series, release)}
        {_resources(site, release)}
        {_supplementary(release)}
        <div id="related-links"><ul data-uipath="ps.publication.related-links"><li><a href="https://example.org/" title="Elsewhere">Elsewhere</a></li></ul></div>
        {chapter_index(series, release) if release.chapters else ""}
        <p class="nhsd-t-body" id="last-edited">Last edited: {edited_time(release.last_edited, LONDON)}</p>
      </div>
    </div>
  </div>"""
    return shell(site, release.title, f"{series.path}/{release.slug}", article(release, inner))
