"""Owns what editors do: series and publications made, announced, replaced, reworded, withdrawn, redesigned.

Never serves anything: it changes the Site, and the next request finds it changed.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from tests.publisher_site import (
    Attachment,
    Chapter,
    Collection,
    Notice,
    Offer,
    Pointer,
    Release,
    Site,
    Upload,
    identity_of,
    instants,
)
from tests.publisher_words import LONDON, day, release_instant

MADE_UP = "(made-up figures)"
NDOP = "national-data-opt-out"


class Desk(ABC):
    """The editors' side of a publisher. `label` is put behind every title that lacks it."""

    site: Site
    _lock: threading.RLock
    _label: str

    @property
    @abstractmethod
    def now(self) -> datetime:
        """The publisher's clock, with its zone."""

    # ------------------------------------------------------------ addresses

    def address(self, slug: str | None = None, *, series: str = NDOP) -> str:
        """Absolute address of a publication, or of the series page."""
        path = self._series(series).path
        return f"{self.site.pages_address}{path}" + (f"/{slug}" if slug else "")

    def file_address(self, slug: str, file_name: str, *, series: str = NDOP) -> str:
        """Absolute address under which a publication offers a file now."""
        return self.site.files_address + self._attachment(slug, file_name, series).upload.href

    def _labelled(self, title: str) -> str:
        return title if self._label in title else f"{title} {self._label}"

    def _series(self, slug: str) -> Collection:
        if slug not in self.site.collections:
            raise KeyError(f"series {slug!r}: the publisher has {sorted(self.site.collections)}")
        return self.site.collections[slug]

    def release(self, slug: str, series: str = NDOP) -> Release:
        """The publication itself, to be looked at or set directly for what no method says."""
        releases = self._series(series).releases
        if slug not in releases:
            raise KeyError(f"publication {slug!r}: series {series!r} has {sorted(releases)}")
        return releases[slug]

    def _attachment(self, slug: str, file_name: str, series: str) -> Attachment:
        offered = self.release(slug, series).attachments
        for one in offered:
            if one.upload.file_name == file_name:
                return one
        raise KeyError(f"file {file_name!r}: {slug!r} offers {[one.upload.file_name for one in offered]}")

    # ------------------------------------------------------------ series

    def series(self, slug: str = NDOP, title: str = "[MI] National Data Opt-Out", *, summary: str | None = None) -> str:
        """Make a series, or give one another title; the address of its page."""
        with self._lock:
            old = self.site.collections.get(slug)
            if old is None:
                text = summary or f"How many people have opted out. {MADE_UP}"
                self.site.collections[slug] = Collection(slug, self._labelled(title), identity_of(slug), text)
            else:
                old.title, old.summary = self._labelled(title), summary or old.summary
            return self.address(series=slug)

    def latest_shown(self, shown: bool, *, series: str = NDOP) -> None:
        """Show the newest release under Latest statistics (and not among the past ones), or only among the past ones."""
        self._series(series).latest_shown = shown

    def offer_on_series(self, offer: Offer | tuple[str, str, bytes], *, series: str = NDOP) -> str:
        """Put a file on the series page itself; its address."""
        with self._lock:
            upload = self.site.upload(Offer(*offer), self.now)
            self._series(series).resources.append(Attachment(Offer(*offer).name, upload, "series"))
            return self.site.files_address + upload.href

    def plain_page(self, slug: str, title: str, *, series: str = NDOP) -> None:
        """Put an ordinary page below the series that is no publication, and link to it."""
        self._series(series).plain_pages[slug] = self._labelled(title)

    def replaced_series(self, words: str, href: str, on: date | str, *, series: str = NDOP) -> None:
        """Show a replaced series among the past publications, its href unquoted."""
        self._series(series).replaced.append(Pointer(words, href, day(on)))

    def series_notice(self, title: str, text: str, at: datetime, *, series: str = NDOP) -> None:
        """Put a change notice on the series page; `at` in London's wall clock."""
        self._series(series).notices.insert(0, Notice(self._labelled(title), text, at))

    # ------------------------------------------------------------ publications

    def publish(
        self, slug: str, title: str, published_on: date | str, files: Iterable[Offer | tuple[str, str, bytes]] = (), *,
        series: str = NDOP, summary: str | None = None, covers: tuple[date | str, date | str] | None = None,
        data_set_page: bool | str = False, chapters: Sequence[Chapter | tuple[str, str, str]] = (), legacy: bool = False,
        key_facts: str = "", links: Sequence[tuple[str, str]] = (), supplementary: Sequence[tuple[str, str, date | str]] = (),
    ) -> str:  # fmt: skip
        """Publish, or announce where `published_on` is still ahead; the address of the page.

        A slug may hold further path levels. `data_set_page` (True or its slug) puts the files on a page one level down.
        A stub of the same slug turns into this release. A release that is out cannot be published again: ValueError.
        """
        with self._lock:
            collection, on = self._series(series), day(published_on)
            before = collection.releases.get(slug)
            if before is not None and before.is_public(self.now) and not before.unpublished:
                raise ValueError(f"publication {slug!r} is out already; use add_file, replace, reword or edit")
            page, out = instants(on, self.now)
            release = Release(
                slug, self._labelled(title), on, page, out,
                identity=before.identity if before else identity_of(series, slug),
                summary=summary or f"{title}: how many people have opted out. {MADE_UP}",
                last_edited=release_instant(on).replace(minute=31),
                covers=(day(covers[0]), day(covers[1])) if covers else None,
                legacy=legacy, key_facts=key_facts,
                data_set_slug=data_set_page if isinstance(data_set_page, str) else "datasets",
                chapters=[Chapter(*one) for one in chapters], links=list(links),
                supplementary=[Pointer(words, href, day(at)) for words, href, at in supplementary],
            )  # fmt: skip
            collection.releases[slug] = release
            for one in files:
                offer = Offer(*one)
                moved = offer._replace(place="data_set") if data_set_page and offer.place == "resources" else offer
                release.attachments.append(Attachment(moved.name, self.site.upload(moved, page), moved.place))
            return self.address(slug, series=series)

    def announce(self, slug: str, title: str, due_on: date | str, **more: Any) -> str:
        """Announce a publication: a stub until it is published or the clock passes 09:30 in London on `due_on`.

        With files (`files=…`, and all else that `publish` takes) the clock alone turns it into the full release.
        """
        if day(due_on) <= self.now.astimezone(LONDON).date():
            raise ValueError(
                f"announce {slug!r}: due on {due_on}; expected a day after the publisher's today, {self.now}"
            )
        return self.publish(slug, title, due_on, **more)

    def postpone(self, slug: str, due_on: date | str, *, series: str = NDOP) -> None:
        """Give a stub another day."""
        with self._lock:
            release = self.release(slug, series)
            release.published_on = day(due_on)
            release.public_from, release.files_from = instants(day(due_on), self.now)

    def add_file(self, slug: str, offer: Offer | tuple[str, str, bytes], *, series: str = NDOP) -> str:
        """Offer one more file on a release that is out; its address."""
        with self._lock:
            release, one = self.release(slug, series), Offer(*offer)
            release.attachments.append(Attachment(one.name, self.site.upload(one, self.now), one.place))
            release.last_edited = self.now
            return self.file_address(slug, one.file_name, series=series)

    def replace(
        self, slug: str, file_name: str, new_bytes: bytes, *, notice: str | None = None, in_place: bool = False,
        new_name: str | None = None, old_gone: bool = False, series: str = NDOP,
    ) -> str:  # fmt: skip
        """Replace a file, as the CMS does: a new object at a new address, the old one left where it was; the address.

        `in_place` swaps the bytes under the same address (the CMS never does, a file host gone wrong might).
        `notice` tells of it in a change notice; None says nothing, but Last edited moves in either case.
        """
        with self._lock:
            release, one = self.release(slug, series), self._attachment(slug, file_name, series)
            if in_place:
                one.upload.body, one.upload.at = new_bytes, self.now
            else:
                one.upload.withdrawn = old_gone
                offer = Offer(one.name, new_name or file_name, new_bytes, one.place, one.upload.content_type)
                one.upload = self.site.upload(offer, self.now)
            if notice is not None:
                self.notify(slug, "File replaced", notice, series=series)
            release.last_edited = self.now
            return self.site.files_address + one.upload.href

    def notify(self, slug: str, title: str, text: str, at: datetime | None = None, *, series: str = NDOP) -> None:
        """Put a change notice on a publication, newest first; `at` in London's wall clock, by default now."""
        stated = at or self.now.astimezone(LONDON)
        self.release(slug, series).notices.insert(0, Notice(title, text, stated))

    def reword(self, slug: str, old: str, new: str, *, series: str = NDOP) -> None:
        """Change words of a summary or of key facts without moving Last edited; the series' own slug changes its summary."""
        with self._lock:
            if slug == series:
                collection = self._series(series)
                collection.summary = _reworded(collection.summary, old, new)
                return
            release = self.release(slug, series)
            where = "key_facts" if old in release.key_facts else "summary"
            setattr(release, where, _reworded(getattr(release, where), old, new))

    def edit(self, slug: str, last_edited: datetime, *, series: str = NDOP) -> None:
        """Set Last edited, and nothing else."""
        self.release(slug, series).last_edited = last_edited

    def rename(self, slug: str, new_slug: str, *, redirect: bool = False, series: str = NDOP) -> str:
        """Give a publication another slug; its UUID stays. The old address answers 404, or redirects."""
        with self._lock:
            collection, release = self._series(series), self.release(slug, series)
            old_path = f"{collection.path}/{slug}"
            collection.releases = {
                new_slug if one is release else key: one for key, one in collection.releases.items()
            }  # fmt: skip
            release.slug = new_slug
            if redirect:
                self.site.moved[old_path] = self.address(new_slug, series=series)
            return self.address(new_slug, series=series)

    def withdraw(self, slug: str, *, notice: str | None = None, series: str = NDOP) -> None:
        """Keep the page without its files; the files answer the object store's 403."""
        with self._lock:
            release = self.release(slug, series)
            release.withdrawn, release.last_edited = True, self.now
            for one in release.attachments:
                one.upload.withdrawn = True
            if notice is not None:
                self.notify(slug, "Withdrawn", notice, series=series)

    def unpublish(self, slug: str, *, series: str = NDOP) -> None:
        """Take the page away (404), from the lists too; the files answer 403."""
        self.release(slug, series).unpublished = True

    def upload(self, file_name: str) -> list[Upload]:
        """Every object ever uploaded under a file name, oldest first."""
        return [one for one in self.site.uploads.values() if one.file_name == file_name]

    # ------------------------------------------------------------ the whole site

    def redesign(self) -> None:
        """Show every page in a design without any known landmark."""
        self.site.redesigned = True

    def restore_design(self) -> None:
        """Show the known design again."""
        self.site.redesigned = False

    def robots(self, host: str, said: str | int | None) -> None:
        """Set a host's robots.txt: its text, or a bare status, or None for what the real hosts say."""
        with self._lock:
            for kind in ("pages", "files") if host == "both" else (host,):
                self.site.robots.pop(kind, None)
                if said is not None:
                    self.site.robots[kind] = said

    def spell_september(self, word: str) -> None:
        """Print `Sep` or `Sept` in short dates."""
        self.site.september = word


def _reworded(text: str, old: str, new: str) -> str:
    if old not in text:
        raise ValueError(f"reword: found no {old!r} in {text!r}")
    return text.replace(old, new)
