"""Owns the other pages of the new family: stub, chapter and data set.

Never decides what is public and never reads a clock.
"""

# ruff: noqa: E501 - long lines are the publisher's own markup, one element each

from __future__ import annotations

from datetime import UTC, date
from html import escape

from tests.publisher_pages import (
    LICENCE,
    article,
    chapter_index,
    hero,
    identity_script,
    notice_box,
    pair,
    plain_links,
    release_pairs,
    shell,
)
from tests.publisher_site import Collection, Release, Site
from tests.publisher_words import LONDON, date_range, due_day, edited_time, short_day, size_words, type_word


def stub(site: Site, series: Collection, release: Release, today: date) -> str:
    """An announced publication (a.5): title, date, and a `div` too few, as on the real page."""
    date_pair = pair(
        "Publication Date:", "ps.publication.publication-date", due_day(release.published_on, today, site.september)
    )
    inner = f"""{hero("Publication", (series.title, series.path), release.title, date_pair)}
  {identity_script(release.identity, release.title)}
  <div class="nhsd-t-grid nhsd-!t-margin-top-8">
    {"".join(notice_box(one) for one in release.notices)}
    <div class="nhsd-t-row">
    <div class="nhsd-t-col-12"><p class="nhsd-t-heading-xs">(Upcoming, not yet published)</p></div>
  </div>"""
    return shell(site, release.title, f"{series.path}/{release.slug}", article(release, inner))


def chapter(site: Site, series: Collection, release: Release, slug: str) -> str:
    """A chapter (a.6): the publication's `h1`, its own `h2`, and files that free text links to."""
    one = next(chapter for chapter in release.chapters if chapter.slug == slug)
    pairs = release_pairs(site, release)
    top = hero("Publication", (series.title, series.path), release.title, pairs)
    top = top[: top.index("<nav")] + top[top.index("</nav>") + len("</nav>") :]  # chapters have no PDF button
    inner = f"""{top}
  {identity_script(release.identity, release.title)}
  <div class="nhsd-o-chapter-navigation"><div class="nhsd-o-chapter-navigation__current-chapter"><p>Current Chapter</p><p>{escape(one.title)}</p></div></div>
  <div class="nhsd-t-grid"><div class="js-publication-body">
    <h2 class="nhsd-t-heading-xl" data-uipath="ps.publication.page-title">{escape(one.title)}</h2>
    <div data-uipath="ps.publication.sections"><p class="nhsd-t-body">{escape(one.text)}</p>{plain_links(site, release, f"chapter:{slug}")}</div>
    <p class="nhsd-t-body" id="last-edited">Last edited: {edited_time(release.last_edited, LONDON)}</p>
  </div></div>
  {chapter_index(series, release)}"""
    return shell(
        site, f"{one.title} - {release.title}", f"{series.path}/{release.slug}/{slug}", article(release, inner)
    )


def data_set(site: Site, series: Collection, release: Release) -> str:
    """A data set page (a.7): files with microdata, the type word taken from the media type."""
    parent = f"{series.path}/{release.slug}"
    title = f"{release.title}: data sets"
    rows = "".join(
        f"""<li itemprop="distribution" itemscope itemtype="http://schema.org/DataDownload">
      <a class="nhsd-a-link" itemprop="contentUrl" href="{site.files_address}{one.upload.href}"><span itemprop="name">{escape(one.name)}</span></a>
      <meta itemprop="encodingFormat" content="{escape(one.upload.content_type)}">
      <div><span class="nhsd-t-body">[{type_word(one.upload.content_type)}, size: <span itemprop="contentSize">{size_words(len(one.upload.body))}</span>]</span></div>
    </li>"""
        for one in release.at("data_set")
    )
    pairs = pair("Date Range:", "ps.dataset.date-range", date_range(release.covers, site.september)) + pair(
        "Publication Date:", "ps.dataset.nominal-date",
        f'<span itemprop="datePublished">{short_day(release.published_on, site.september)}</span>',
    )  # fmt: skip
    main = f"""<article aria-label="Document Content" itemscope itemtype="http://schema.org/Dataset">
  <meta itemprop="keywords" content="opt-out,made-up figures">
  <meta itemprop="url" content="{site.pages_address}{escape(parent)}/{release.data_set_slug}">
  <meta itemprop="license" content="{LICENCE}">
  {hero("Data set", (release.title, parent), title, pairs)}
  {identity_script(release.identity[:-4] + "da7a", title)}
  <h2 class="nhsd-t-heading-xl">Summary</h2>
  <div class="rich-text-content" itemprop="description"><p data-uipath="ps.dataset.summary">{escape(release.summary)}</p></div>
  <h2 class="nhsd-t-heading-xl">Resources</h2>
  <ul data-uipath="ps.dataset.resources" class="nhsd-t-list nhsd-t-list--bullet">
    {rows}
    <li><a class="nhsd-a-link" href="{escape(parent)}">Back to the publication</a></li>
  </ul>
  <div class="article-section" id="last-edited">Last edited: {edited_time(release.last_edited, UTC)}</div>
</article>"""
    return shell(site, title, f"{parent}/{release.data_set_slug}", main)
