"""Owns what the pretend publisher holds: series, releases, uploaded files, and which of them are public at an instant.

Never renders a page and never touches a socket.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from tests.publisher_words import LONDON, media_type, release_instant

PUBLICATIONS = "/data-and-information/publications/statistical"
PART_BYTES = 5 * 1024 * 1024
"""Files are written to the object store in parts of this size."""


class Offer(NamedTuple):
    """A file that a publication offers: link words, file name, bytes, where on the page, and the claimed media type."""

    name: str
    file_name: str
    body: bytes
    place: str = "resources"
    """`resources`, `link_card`, `text`, `key_facts`, `data_set`, or `chapter:SLUG`."""
    content_type: str | None = None


class Chapter(NamedTuple):
    """A chapter of a publication; its files are offers with the place `chapter:SLUG`."""

    slug: str
    title: str
    text: str


class Notice(NamedTuple):
    """A change notice as an editor typed it; `at` is in London's wall clock."""

    title: str
    text: str
    at: datetime


class Pointer(NamedTuple):
    """A link that is not a file: words, address, day."""

    words: str
    href: str
    on: date


@dataclass(slots=True)
class Upload:
    """One object on the file host. The CMS never changes an object: a new upload gets a new path."""

    path: str
    file_name: str
    body: bytes
    content_type: str
    at: datetime
    withdrawn: bool = False

    @property
    def href(self) -> str:
        """The path with blanks and other characters percent-encoded."""
        return quote(self.path)

    @property
    def etag(self) -> str:
        """The object store's ETag of a multipart upload: MD5 over the parts' MD5s, and the number of parts."""
        parts = [self.body[i : i + PART_BYTES] for i in range(0, max(1, len(self.body)), PART_BYTES)]
        digests = b"".join(hashlib.md5(part, usedforsecurity=False).digest() for part in parts)
        return f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"'


@dataclass(slots=True)
class Attachment:
    """One upload as a page offers it."""

    name: str
    upload: Upload
    place: str


@dataclass(slots=True)
class Release:
    """One publication's page, announced or out."""

    slug: str
    title: str
    published_on: date
    public_from: datetime
    files_from: datetime
    identity: str
    summary: str
    last_edited: datetime
    covers: tuple[date, date] | None = None
    legacy: bool = False
    key_facts: str = ""
    data_set_slug: str = "datasets"
    attachments: list[Attachment] = field(default_factory=list)
    chapters: list[Chapter] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    supplementary: list[Pointer] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    withdrawn: bool = False
    unpublished: bool = False
    soft_404: bool = False

    def at(self, *places: str) -> list[Attachment]:
        """What the page offers at these places, in the editors' order."""
        return [] if self.withdrawn else [one for one in self.attachments if one.place in places]

    def is_public(self, now: datetime) -> bool:
        """Whether the page shows more than a stub."""
        return now >= self.public_from


@dataclass(slots=True)
class Collection:
    """One series: its page, its releases, and what editors put on the series page itself."""

    slug: str
    title: str
    identity: str
    summary: str
    frequency: str = "Ad hoc"
    latest_shown: bool = True
    releases: dict[str, Release] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    resources: list[Attachment] = field(default_factory=list)
    replaced: list[Pointer] = field(default_factory=list)
    plain_pages: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Path of the series page."""
        return f"{PUBLICATIONS}/{self.slug}"

    def released(self, now: datetime) -> list[Release]:
        """Public releases, newest first."""
        out = [one for one in self.releases.values() if one.is_public(now) and not one.unpublished]
        return sorted(out, key=lambda one: one.published_on, reverse=True)

    def upcoming(self, now: datetime) -> list[Release]:
        """At most four announced releases, nearest first."""
        due = [one for one in self.releases.values() if not one.is_public(now) and not one.unpublished]
        return sorted(due, key=lambda one: one.published_on)[:4]


def identity_of(*words: str) -> str:
    """A document's UUID: the same for the same words, and kept when slug or title change."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(words)))


def instants(on: date, now: datetime) -> tuple[datetime, datetime]:
    """When page and files of a release dated `on` become public, the release being made at `now`.

    Announced ahead: the page at 09:30 London time, the files a minute later. Otherwise at once.
    """
    if on <= now.astimezone(LONDON).date():
        return min(release_instant(on), now), min(release_instant(on), now)
    return release_instant(on), release_instant(on) + timedelta(minutes=1)


@dataclass(slots=True)
class Site:
    """Everything the pretend publisher holds."""

    pages_address: str
    files_address: str
    collections: dict[str, Collection] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """Path on the page host to the address it redirects to."""
    robots: dict[str, str | int] = field(default_factory=dict)
    """Text of robots.txt by host kind, or a bare status."""
    redesigned: bool = False
    september: str = "Sep"

    def upload(self, offer: Offer, now: datetime) -> Upload:
        """Put bytes on the file host, at a path that is new for every upload, also of the same bytes."""
        salt = f"{offer.file_name}:{len(self.uploads)}"
        digest = hashlib.sha256(salt.encode()).hexdigest().upper()
        path = f"/{digest[:2]}/{digest[2:8]}/{offer.file_name}"
        media = offer.content_type or media_type(offer.file_name)
        upload = Upload(path, offer.file_name, offer.body, media, now)
        self.uploads[path] = upload
        return upload

    def is_open(self, upload: Upload, now: datetime) -> bool:
        """Whether the file host gives the object out; its release decides, also after a replacement."""
        if upload.withdrawn:
            return False
        owners = [
            one for series in self.collections.values() for one in series.releases.values()
            if any(upload is attachment.upload for attachment in one.attachments)
        ]  # fmt: skip
        return all(now >= one.files_from and not one.unpublished for one in owners)

    def page_of(self, path: str) -> tuple[Collection, Release, str] | None:
        """The release at a path, with what follows its own address (`""`, a chapter's or the data set's slug)."""
        found: list[tuple[Collection, Release, str]] = []
        for series in self.collections.values():
            for release in series.releases.values():
                own = f"{series.path}/{release.slug}"
                if f"{path}/".startswith(f"{own}/"):
                    found.append((series, release, path.removeprefix(own).lstrip("/")))
        return max(found, key=lambda one: len(one[1].slug), default=None)

    def is_folder(self, path: str) -> bool:
        """Whether some page lies below the path although none is at it."""
        pages = [f"{s.path}/{r.slug}" for s in self.collections.values() for r in s.releases.values()]
        return any(page.startswith(path + "/") for page in pages)
