"""Owns what the pretend publisher answers to a path while all is well: pages, files, robots, sitemaps, feed.

Never misbehaves (that is publisher_trouble) and never touches a socket.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from urllib.parse import unquote

from tests import publisher_further_pages as further
from tests import publisher_old_pages as old
from tests import publisher_pages as new
from tests import publisher_series_page as series_page
from tests.publisher_site import Collection, Release, Site, Upload
from tests.publisher_wire import Asked, Reply
from tests.publisher_words import LONDON

HTML = (("Content-Type", "text/html;charset=UTF-8"), ("Server", "cloudflare"), ("CF-Cache-Status", "DYNAMIC"))
XML = (("Content-Type", "application/xml"), ("Server", "AmazonS3"))
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
SITEMAP_PARTS = ("sitemap-pages.xml", "sitemap-news.xml", "sitemap-blog.xml", "sitemap-publication.xml")
DENIED = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>MADEUP</RequestId></Error>"""


def html_reply(text: str, status: int = 200) -> Reply:
    """A page as the page host sends it."""
    return Reply(status, text.encode(), HTML)


def xml_reply(text: str, media: str = "application/xml") -> Reply:
    """A sitemap or feed."""
    return Reply(200, text.encode(), (("Content-Type", f"{media};charset=UTF-8"), ("Server", "cloudflare")))


def bare_path(target: str) -> str:
    """The path of a document: no query, no fragment, no trailing `/content` or slash, percent-decoded."""
    path = unquote(target.partition("?")[0].partition("#")[0])
    return path.removesuffix("/").removesuffix("/content") or "/"


def answer(site: Site, asked: Asked, now: datetime) -> Reply:
    """What a well-behaved publisher answers at `now`."""
    if asked.target.partition("?")[0] == "/robots.txt":
        return robots_reply(site, asked.host)
    if asked.host == "files":
        return file_reply(site, unquote(asked.target.partition("?")[0]), asked.headers, now)
    return page_reply(site, bare_path(asked.target), now)


def robots_reply(site: Site, host: str) -> Reply:
    """robots.txt: pages allow all and name the sitemap, files disallow all, unless set otherwise."""
    text = {"pages": f"User-agent: *\nDisallow:\n\nSitemap: {site.pages_address}/sitemap-combined.xml\n"}
    said = site.robots.get(host, text.get(host, "User-agent: *\nDisallow: /\n"))
    plain = (("Content-Type", "text/plain"),)
    return Reply(said, b"", plain) if isinstance(said, int) else Reply(200, said.encode(), plain)


def page_reply(site: Site, path: str, now: datetime) -> Reply:
    """A page of the page host."""
    if path in site.moved:
        return Reply(301, b"", (("Location", site.moved[path]), *HTML))
    found = site.page_of(path)
    if found is not None:
        return release_reply(site, *found, now)
    other = listing_reply(site, path.lstrip("/"), now) or series_reply(site, path, now)
    if other is not None:
        return other
    if site.is_folder(path):
        return html_reply(old.soft_folder(site, path))
    return html_reply(old.not_found(site, path), 404)


def listing_reply(site: Site, name: str, now: datetime) -> Reply | None:
    """A sitemap or the feed; None where the name is none of them."""
    if name == "feed/pubfeed.xml":
        return xml_reply(feed(site, now), "application/rss+xml")
    if name == "sitemap-combined.xml" or name in SITEMAP_PARTS:
        return xml_reply(sitemap(site, name, now))
    return None


def series_reply(site: Site, path: str, now: datetime) -> Reply | None:
    """A series page, or a plain page below one; None where the path is neither."""
    for series in site.collections.values():
        if path == series.path:
            return html_reply(series_html(site, series, now))
        slug = path.removeprefix(f"{series.path}/")
        if slug in series.plain_pages:
            return html_reply(old.plain_page(site, series, slug))
    return None


def series_html(site: Site, series: Collection, now: datetime) -> str:
    """The series page as it stands at `now`."""
    if site.redesigned:
        return redesigned(site, series.title, [(r.title, f"{series.path}/{r.slug}") for r in series.released(now)])
    return series_page.series_page(
        site, series, series.released(now), series.upcoming(now), now.astimezone(LONDON).date()
    )


def release_reply(site: Site, series: Collection, release: Release, rest: str, now: datetime) -> Reply:
    """A publication's page, stub, chapter or data set page; 404 where there is none."""
    path = f"{series.path}/{release.slug}/{rest}".rstrip("/")
    if release.soft_404:
        return html_reply(old.soft_folder(site, path))
    if release.unpublished or (rest and not release.is_public(now)):
        return html_reply(old.not_found(site, path), 404)
    if not rest:
        return html_reply(release_html(site, series, release, now))
    if rest == release.data_set_slug and any(one.place == "data_set" for one in release.attachments):
        return html_reply(further.data_set(site, series, release))
    if rest in [chapter.slug for chapter in release.chapters]:
        return html_reply(further.chapter(site, series, release, rest))
    return html_reply(old.not_found(site, path), 404)


def release_html(site: Site, series: Collection, release: Release, now: datetime) -> str:
    """A publication's own page as it stands at `now`."""
    today, out = now.astimezone(LONDON).date(), release.is_public(now)
    if site.redesigned:
        files = [] if release.withdrawn or not out else release.attachments
        return redesigned(site, release.title, [(one.name, site.files_address + one.upload.href) for one in files])
    if release.legacy:
        return old.legacy(site, series, release, today, out=out)
    return new.publication(site, series, release) if out else further.stub(site, series, release, today)


def redesigned(site: Site, title: str, links: list[tuple[str, str]]) -> str:
    """Markup of a design that nobody has seen yet: no `main`, no article, no id, no data-uipath that anybody knows."""
    items = "".join(
        f'<p class="z-9"><a class="z-4" href="{escape(href)}">{escape(words)}</a></p>' for words, href in links
    )
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>
<body><div class="z-1"><div class="z-2"><p class="z-7">{escape(title)}</p>{items}</div></div></body></html>
"""


def file_reply(site: Site, path: str, headers: Message, now: datetime) -> Reply:
    """An object of the file host: 304 to its validators, XML 403 where it is not public or not there (never 404)."""
    upload = site.uploads.get(path)
    if upload is None or not site.is_open(upload, now):
        return Reply(403, DENIED, XML)
    validators = (
        ("ETag", upload.etag),
        ("Last-Modified", format_datetime(upload.at.astimezone(UTC), usegmt=True)),
        ("Server", "AmazonS3"),
    )
    if is_current(upload, headers):
        return Reply(304, b"", validators)
    return Reply(200, upload.body, (("Content-Type", upload.content_type), ("Accept-Ranges", "bytes"), *validators))


def is_current(upload: Upload, headers: Message) -> bool:
    """Whether the visitor's validators hold; If-None-Match goes before If-Modified-Since (RFC 9110, 13.2.2)."""
    tags = headers.get("If-None-Match")
    if tags is not None:
        return upload.etag in [tag.strip() for tag in tags.split(",")]
    since = headers.get("If-Modified-Since")
    try:
        return since is not None and parsedate_to_datetime(since) >= upload.at.replace(microsecond=0)
    except (TypeError, ValueError):
        return False


def sitemap(site: Site, name: str, now: datetime) -> str:
    """The sitemap index, or one of its parts; only publications and series have entries here."""
    top = '<?xml version="1.0" encoding="UTF-8"?>\n'
    if name == "sitemap-combined.xml":
        parts = "".join(f"<sitemap><loc>{site.pages_address}/{part}</loc></sitemap>" for part in SITEMAP_PARTS)
        return f'{top}<sitemapindex xmlns="{SITEMAP}">{parts}</sitemapindex>\n'
    paths = _public_paths(site, now) if name == "sitemap-publication.xml" else []
    entries = "".join(f"<url><loc>{site.pages_address}{escape(path)}</loc></url>" for path in paths)
    return f'{top}<urlset xmlns="{SITEMAP}">{entries}</urlset>\n'


def _public_paths(site: Site, now: datetime) -> list[str]:
    paths: list[str] = []
    for series in site.collections.values():
        for release in series.released(now):
            paths.append(f"{series.path}/{release.slug}")
            paths += [f"{series.path}/{release.slug}/{chapter.slug}" for chapter in release.chapters]
        paths.append(series.path)
    return paths


def feed(site: Site, now: datetime) -> str:
    """The RSS feed: `guid` is the document's UUID, `pubDate` the time of the last edit, not of the publication."""
    items = "".join(
        f"<item><title>{escape(one.title)}</title><description>{escape(one.summary)}</description>"
        f'<guid isPermaLink="false">{one.identity}</guid>'
        f"<link>{site.pages_address}{escape(series.path)}/{escape(one.slug)}</link>"
        f"<pubDate>{format_datetime(one.last_edited.astimezone(UTC), usegmt=True)}</pubDate></item>\n"
        for series in site.collections.values()
        for one in series.released(now)
    )
    top = '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
    return f"{top}<title>NHS Statistical Publications Feed (made-up figures)</title>\n{items}</channel></rss>\n"
