"""Owns the publisher's marks by which a page and its parts are recognised: one tuple each, oldest spelling last.

Data only: nothing here reads a page. `data-uipath` is the mark the publisher keeps for its own tests; it outlived
three redesigns, so it is selected without a tag name and comes before ids, and ids before classes.
"""

from __future__ import annotations

from scraper.model import PageKind

MAIN = ("main#main-content", "main")
ERA_2018 = "section.document-content"
"""Pages of December 2017 to April 2018 had two sections instead of `main`."""
CLOSED = "main, section.document-content"
"""What a page that came whole has closed."""
FURNITURE = "header, footer, nav"

# First match wins. Class of the article, then hooks: the hooks alone tell the kind of a copy of 2018 to 2021.
KINDS: tuple[tuple[PageKind, str], ...] = (
    ("not_found", "article.article--404"),
    ("series", 'article.article--legacy-series, [data-uipath^="ps.series."]'),
    ("archive", '[data-uipath="ps.archive.publications-list"]'),
    ("data_set", '[data-uipath^="ps.dataset."]'),
    ("stub", '[data-uipath="ps.publication.upcoming-disclaimer"]'),
    ("chapter", '[data-uipath="ps.publication.page-title"], article.article--chaptered-publication'),
    ("legacy", "article.article--legacy-publication"),
    ("publication", 'article.article--publication, [data-uipath^="ps.publication."]'),
)
SERIES_KINDS: tuple[PageKind, ...] = ("series", "archive")
PUBLICATION_KINDS: tuple[PageKind, ...] = ("publication", "stub", "chapter", "data_set", "legacy")

STUB_WORDS = "upcoming, not yet published"
SOFT_LISTING_WORDS = "did find some other content"
NOT_FOUND_WORDS = ("page not found", "error code 404")
CHALLENGE_TITLES = ("just a moment", "attention required! | cloudflare")
CHALLENGE_MARKS = ("/cdn-cgi/challenge-platform/", "_cf_chl_opt", "cf-challenge")

TITLE = ('[data-uipath="document.title"]', '[data-uipath="ps.document.title"]', "h1")
CHAPTER_TITLE = (
    '[data-uipath="ps.publication.page-title"]',
    ".nhsd-o-chapter-navigation__current-chapter p:last-of-type",
)
PART_OF = (
    '.nhsd-o-hero a[itemprop="url"]',
    ".article-header__label a[href]",
    '.local-header a[itemprop="url"]',
    "a.label--parent-document",
)
OVERVIEW = '[data-uipath="ps.publication.pages"] a[href]'

NEW_DESIGN = ".nhsd-o-hero"
NEW_BODY = '[data-uipath="ps.publication.body"], .js-publication-body'
OLD_BODY = (
    '[data-uipath="ps.publication.summary"], [data-uipath^="ps.publication.resources"], '
    "#summary, #section-summary, #resources, #Resources, section.document-content"
)
BODY_OF: dict[PageKind, str] = {
    "chapter": '[data-uipath="ps.publication.page-title"], [data-uipath="ps.publication.body"]',
    "data_set": '[data-uipath="ps.dataset.summary"], [data-uipath="ps.dataset.resources"]',
}

# (data-uipath values, labels, selector of the last resort)
FREQUENCY = (("ps.series.frequency",), ("frequency",), '[itemprop="frequency"]')
PUBLICATION_DATE = (
    ("ps.publication.publication-date", "ps.publication.nominal-publication-date", "ps.dataset.nominal-date"),
    ("publication date",),
    '[itemprop="datePublished"]',
)
DATE_RANGE = (("ps.publication.date-range", "ps.dataset.date-range"), ("date range",), None)
TEMPORAL_COVERAGE = 'meta[itemprop="temporalCoverage"]'
LAST_EDITED = "#last-edited"
DATE_LABELS = ("published:", "publication date:", "last edited:")
SUMMARY = (
    'div[itemprop="description"]',
    *(f'[data-uipath="ps.{kind}.summary"]' for kind in ("publication", "dataset", "series", "archive")),
    "#summary, #section-summary",
)

LISTS = {
    "ps.series.publications-list.latest": "latest",
    "ps.series.publications-list.previous": "previous",
    "ps.series.publications-list.upcoming": "upcoming",
    # Until March 2021, where no latest release was shown.
    "ps.series.publications-list": "previous",
    "ps.archive.publications-list": "previous",
}
LIST_MARKS = '[data-uipath^="ps.series.publications-list"], [data-uipath^="ps.archive.publications-list"]'
LIST_IDS = {"latest-statistics": "latest", "past-publications": "previous", "upcoming-publications": "upcoming"}
ITEM_BUTTON = 'a.cta__button[href], a[itemprop="url"][href]'
ITEM_TRAPS = ".inset-text a, .rich-text-content a"
ITEM_DATE = ".callout-box__content-description-date"
ITEM_TEXT = ".cta__text"
REPLACED = ".callout-box--information"
NOT_PUBLICATIONS = (
    ".inset-text a, .callout-box--information a, #upcoming-publications a, #sticky-nav a, #resources a, .local-header a"
)

CARD = "nhsd-m-download-card"
ATTACHMENT_MARK = "ps.publication.resources-attachment"
ATTACHMENT_CLASS = "attachment"
CARD_NAME = ".nhsd-t-heading-xs, .nhsd-t-heading-s"
CARD_TYPE = ".nhsd-a-tag--meta"
CLAIMED_SIZE = (".nhsd-a-tag--meta-light", '[itemprop="contentSize"]', ".fileSize")
DATA_SETS = '[data-uipath="ps.publication.datasets"] a[href], [itemprop="hasPart"][itemtype$="/Dataset"] a[href]'
CHAPTERS = '[data-uipath="ps.publication.pages"] a[href]'

NOTICES = ".nhsd-m-emphasis-box, .callout-box"
NOTICE_TITLE = ".nhsd-t-heading-s, .callout-box__content-heading"
NOTICE_BODIES = (
    '[data-uipath="ps.publication.body"]', '[data-uipath="ps.publication.sections"]', ".js-publication-body",
    ".page-block--main", ".article-section", "li", "ul",
)  # fmt: skip
"""Boxes of the same look inside these are ordinary text."""

NOT_READ = (
    "script, style, template, noscript, iframe, nav, button, select, .nhsd-m-sticky-navigation, #sticky-nav, "
    ".js-print-pdf-button, .nhsd-m-breadcrumbs, .breadcrumb"
)
"""What stands in a page's main part and is no text of it: ways about, buttons, machinery."""
FILE_TAGS = ".nhsd-m-download-card__meta-tags, .fileSize, [itemprop='contentSize']"
"""Type and size of a file as the site prints them by itself beside its link: they change with the file, not with an edit."""

OUTLINE_LINKS = (
    '[data-uipath^="ps.series.publications-list"] a[href], [data-uipath^="ps.archive.publications-list"] a[href], '
    ".nhsd-m-download-card a[href], li.attachment a[href], [data-uipath^='ps.publication.resources'] a[href], "
    '[data-uipath="ps.dataset.resources"] a[href], ' + DATA_SETS
)
"""Links whose number the page judge compares: to publications, files and data sets."""
