"""Owns the series page, in the older family of the publisher's markup.

Never decides what is public and never reads a clock; the traps of the real page are kept.
"""

# ruff: noqa: E501 - long lines are the publisher's own markup, one element each

from __future__ import annotations

from datetime import date
from html import escape

from tests.publisher_old_pages import detail, header, notice_boxes, shell
from tests.publisher_pages import identity_script
from tests.publisher_site import Collection, Pointer, Release, Site
from tests.publisher_words import due_day, long_day, size_words, type_word


def _shortened(summary: str) -> str:
    """The first 150 characters; markup shortened as plain text and escaped again doubles its entities, as on the real page."""
    text = escape(summary, quote=False)
    return escape(text if len(text) <= 150 else text[:147] + "...", quote=False)


def _item_heading(series: Collection, release: Release) -> str:
    href = escape(f"{series.path}/{release.slug}")
    title = escape(release.title)
    return f"""<h3 itemprop="name">
                    <a class="cta__button" itemprop="url" title="{title}"
                       href="{href}">{title}</a>
                  </h3>"""


def _latest(series: Collection, release: Release) -> str:
    return f"""<div class="article-section" id="latest-statistics">
          <h2>Latest statistics</h2>
          <div class="callout-box callout-box--grey" role="complementary">
            <div class="callout-box__icon-wrapper"><svg></svg></div>
            <ul class="list list--reset cta-list" data-uipath="ps.series.publications-list.latest">
              <li><div class="callout-box__content callout-box__content--narrow">
                <div class="callout-box__content-heading">
                  {_item_heading(series, release)}
                </div>
                <div class="callout-box__content-description">
                  <div class="rich-text-content">{_shortened(release.summary)}</div>
                  <p class="callout-box__content-description-date">Published: {long_day(release.published_on)}</p>
                </div>
              </div></li>
            </ul>
          </div>
        </div>"""


def _upcoming(site: Site, series: Collection, due: list[Release], today: date) -> str:
    if not due:
        return ""
    items = "".join(
        f"""<li itemprop="hasPart" itemscope itemtype="http://schema.org/PublicationIssue">
              <article class="cta">
                <h3 itemprop="name">
                  <a class="cta__button" itemprop="url" href="{escape(f"{series.path}/{one.slug}")}" title="{escape(one.title)}">
                        {escape(one.title)}

                  </a>
                </h3>
                <p class="cta__text">{due_day(one.published_on, today, site.september)}</p>
              </article>
            </li>"""
        for one in due
    )
    return f"""<div class="article-section" id="upcoming-publications">
          <h2>Upcoming publications</h2>
          <ul class="list list--reset cta-list" data-uipath="ps.series.publications-list.upcoming">
            <!-- upcoming -->
            {items}
          </ul>
        </div>"""


def _inset(pointers: list[Pointer]) -> str:
    blocks = "".join(
        f'<li class="inset-text__block"><h4 class="inset-text__block-title">'
        f'<a href="{escape(one.href)}">{escape(one.words)}</a><span>({long_day(one.on)})</span></h4></li>'
        for one in pointers
    )
    if not blocks:
        return ""
    return f"""<div class="inset-text"><h3 class="inset-text__title">Supplementary information requests</h3>
                  <ul class="inset-text__blocks">{blocks}</ul></div>"""


def _past_item(series: Collection, release: Release) -> str:
    return f"""<li><div class="callout-box callout-box--grey" role="complementary">
              <div class="callout-box__content-heading">
                  {_item_heading(series, release)}
              </div>
              <div class="callout-box__content-description">
                <div class="rich-text-content">{_shortened(release.summary)}</div>
                <div class="clearfix"><p class="callout-box__content-description-date">{long_day(release.published_on)}</p></div>
                {_inset(release.supplementary)}
              </div>
            </div></li>"""


def _replaced(one: Pointer) -> str:
    """A replaced series: directly in the list, its href unquoted (still so on the real page in May 2026)."""
    return f"""<div class="callout-box callout-box--information" role="complementary">
              <h2 class="callout-box__content-heading"><a class="cta__button" itemprop="url" href={one.href}>{escape(one.words)}</a></h2>
              <p class="callout-box__content-description-date">{long_day(one.on)}</p>
            </div>"""


def _past(series: Collection, past: list[Release]) -> str:
    if not past and not series.replaced:
        return ""
    items = "".join(_past_item(series, one) for one in past)
    return f"""<div class="article-section" id="past-publications">
          <h2>Past publications</h2>
          <ul class="list list--reset cta-list" data-uipath="ps.series.publications-list.previous">
            {items}
            {"".join(_replaced(one) for one in series.replaced)}
          </ul>
        </div>"""


def _own_resources(site: Site, series: Collection) -> str:
    files = "".join(
        f"""<li class="attachment" itemprop="hasPart" itemscope itemtype="http://schema.org/MediaObject">
              <a itemprop="contentUrl" title="{escape(one.name)}" href="{site.files_address}{one.upload.href}"><span itemprop="name">{escape(one.name)}</span></a>
              <meta itemprop="encodingFormat" content="{escape(one.upload.content_type)}">
              <span class="nhsd-t-body">[{type_word(one.upload.content_type)}, size: <span itemprop="contentSize">{size_words(len(one.upload.body))}</span>]</span>
            </li>"""
        for one in series.resources
    )
    pages = "".join(
        f'<li><a href="{series.path}/{slug}" title="{escape(words)}">{escape(words)}</a></li>'
        for slug, words in series.plain_pages.items()
    )
    if not files and not pages:
        return ""
    return f"""<div class="article-section" id="resources"><h2>Resources</h2>
          <ul data-uipath="ps.series.resources">{files}{pages}</ul></div>"""


def series_page(site: Site, series: Collection, released: list[Release], due: list[Release], today: date) -> str:
    """The series page (a.3); the latest release is left out of the past list where it is shown as latest."""
    latest = released[:1] if series.latest_shown else []
    details = "".join(
        (
            detail("Frequency", escape(series.frequency), 'itemprop="frequency" data-uipath="ps.series.frequency"'),
            detail("Geographic Coverage", "England", 'itemprop="spatialCoverage" data-uipath="ps.series.geographic-coverage"'),
            detail("Geographical Granularity", "GP practices, Country", 'data-uipath="ps.series.granularity"'),
        )
    )  # fmt: skip
    main = f"""<article class="article article--legacy-series" itemscope itemtype="http://schema.org/Series">
  {identity_script(series.identity, series.title)}
  {header("Series / Collection", series.title, "ps.series.information-types", details)}
  <div class="grid-wrapper grid-wrapper--article" aria-label="Document Content">
    {notice_boxes(series.notices)}
    <div class="grid-row">
      <div class="column column--one-third"><div id="sticky-nav"><a href="#summary">Summary</a> <a href="#past-publications">Past publications</a></div></div>
      <div class="column column--two-thirds page-block page-block--main"><div class="grid-row">
        <div class="article-section article-section--summary" id="summary">
          <h2>Summary</h2>
          <div class="rich-text-content" itemprop="description"><p data-uipath="ps.series.summary">{escape(series.summary)}</p></div>
        </div>
        {"".join(_latest(series, one) for one in latest)}
        <div class="article-section" id="about-this-publication"><h2>About this publication</h2><p>Responsible team: made up</p></div>
        {_upcoming(site, series, due, today)}
        {_past(series, released[len(latest) :])}
        {_own_resources(site, series)}
        <div class="article-section" id="administrative-sources"><h2>Administrative Sources</h2>
          <p itemprop="isBasedOn" data-uipath="ps.series.administrative-sources">Made up for tests</p></div>
      </div></div>
    </div>
  </div>
</article>"""
    return shell(site, series.title, series.path, main)
