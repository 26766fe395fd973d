"""Brings the reading copy up to date with the evidence: pages, releases, files, figures. Makes it anew when it has to.

No network, and nothing written to the evidence but findings; the same evidence always gives the same reading copy.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from sqlite_utils import Database

from archive.catalogue import (
    PageToRead,
    forget_unread_pages,
    mirror,
    pages_to_read,
    record_page,
    record_series,
    record_unread_page,
    remake_releases,
)
from archive.checks import remake_checks_across
from archive.differences import Proved, earlier_file, prove
from archive.editions import PlannedVintage, VintageKey, plan_vintages, renumber
from archive.errors import WithheldError
from archive.held_files import statements
from archive.layouts import forget_unread_layouts, mark_unreadable, schema_of
from archive.places import places_are_due, remake_places
from archive.plausible import editions, implausible
from archive.quarantine import mirror_rulings
from archive.reading_copy import FILE_NAME, create_reading_copy, remove, settle, swap_in, transaction
from archive.registers import load_registers
from archive.store import read_snapshot
from archive.vintages import load_vintage, loaded_vintages, make_room, name_vintages
from archive.withdrawals import remake_withdrawn_vintages
from schedules.filing import Bodies, file_all
from schedules.page_reading import read_page_texts
from schedules.series import schedule_in_words
from scraper.differences import difference
from scraper.errors import FileChanged, PageChanged
from scraper.files import columns_of, readings_of
from scraper.model import Family, Finding, Reading, Series
from scraper.pages import read_publication_page, read_series_page
from scraper.schema import Schema

Progress = Callable[[str, int, int], None]
"""What is being done, how many are done, of how many."""


class RebuildNeededError(Exception):
    """The plan takes back something that is loaded, so that only a new reading copy will do."""


@dataclass(slots=True)
class Refreshed:
    """What one refresh did."""

    vintages: int = 0
    """Vintages that were put in."""
    files_read: int = 0
    by_difference: int = 0
    """Files among them of which only what differs from the file before had to be read."""
    unread: int = 0
    """Files that were kept and, for the first time, found not to be readable."""
    cells_changed: int = 0
    findings: list[Finding] = field(default_factory=list)
    """Files and pages that could not be read, unexpected columns and the like; also known ones, once per refresh."""
    rebuilt: bool = False


def no_progress(what: str, done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What a refresh works on."""

    evidence: Database
    copy: Database
    bodies: Bodies
    series: Mapping[str, Series]
    schemas: Sequence[Schema]
    progress: Progress
    result: Refreshed


def refresh(
    evidence: Database,
    copy: Database,
    series: Sequence[Series],
    schemas: Sequence[Schema],
    *,
    progress: Progress = no_progress,
) -> Refreshed:
    """Bring `copy` up to date with `evidence`. Raises RebuildNeededError where only `rebuild` will do; nothing is half done."""
    work = _Work(evidence, copy, Bodies(evidence, copy), {s.slug: s for s in series}, schemas, progress, Refreshed())
    with transaction(copy):
        record_series(copy, series, {s.slug: schedule_in_words(s) for s in series})
        load_registers(copy)
        mirror(evidence, copy)
        if mirror_rulings(evidence, copy):
            raise RebuildNeededError
    _read_pages(work)
    work.result.findings += [finding for finding, _ in read_page_texts(evidence, copy, progress)]
    with transaction(copy):
        filed = file_all(work.bodies, copy, work.series, schemas)
    work.result.findings += filed.findings
    work.result.unread += filed.unread
    with _collection_paused():
        _load_figures(work)
    with transaction(copy):
        remake_withdrawn_vintages(copy)
    if places_are_due(copy):
        with transaction(copy):
            remake_places(copy)
            remake_checks_across(copy)
        settle(copy)
    return work.result


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Loading makes tuples by the hundred thousand, none in a cycle; looking through them for cycles costs a tenth of it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def mirror_evidence(evidence: Database, copy: Database) -> None:
    """Copy what was captured since, the end of a poll and its findings among it, without reading anything."""
    with transaction(copy):
        mirror(evidence, copy)


def try_again(copy: Database) -> None:
    """Let everything that could not be read be tried again, with today's schemas and page reader."""
    with transaction(copy):
        forget_unread_pages(copy)
        forget_unread_layouts(copy)


def rebuild(
    evidence: Database,
    directory: Path,
    series: Sequence[Series],
    schemas: Sequence[Schema],
    *,
    software: str,
    progress: Progress = no_progress,
) -> Refreshed:
    """Make the reading copy anew from the evidence beside the old one, and swap it in under whoever is reading."""
    new = directory / f"{FILE_NAME}.new"
    remove(new)
    copy = create_reading_copy(new, software)
    try:
        result = refresh(evidence, copy, series, schemas, progress=progress)
    finally:
        copy.close()
    swap_in(new, directory)
    result.rebuilt = True
    return result


# ---------------------------------------------------------------- pages


def _read_pages(work: _Work) -> None:
    pages = pages_to_read(work.copy)
    for done, page in enumerate(pages):
        work.progress("reading pages", done, len(pages))
        with transaction(work.copy):
            _read_page(work, page)
    with transaction(work.copy):
        remake_releases(work.copy)


def _read_page(work: _Work, page: PageToRead) -> None:
    series = work.series.get(page.series)
    if series is None:
        record_unread_page(work.copy, page, f"there is no series file {page.series}.toml any more")
        return
    try:
        body = read_snapshot(work.evidence, page.sha256)
    except WithheldError as withheld:
        record_unread_page(work.copy, page, str(withheld))
        return
    read = read_series_page if page.purpose == "series_page" else read_publication_page
    try:
        record_page(work.copy, page, read(body, page.final_address, series))
    except PageChanged as surprise:
        work.result.findings.append(surprise.finding(page.sha256))
        record_unread_page(work.copy, page, str(surprise))


# ---------------------------------------------------------------- figures


def _load_figures(work: _Work) -> None:
    """Load what the plan has and the copy has not. A file that turns out unreadable leaves the plan, which is made again."""
    while True:
        planned = plan_vintages(statements(work.copy))
        loaded = loaded_vintages(work.copy)
        renumbering = renumber(loaded, planned)
        if renumbering is None:
            raise RebuildNeededError
        make_room(work.copy, renumbering)
        done = {vintage.key: vintage.loads for vintage in loaded.values()}
        todo = [vintage for vintage in planned if vintage.loads.keys() != done.get(vintage.key, {}).keys()]
        if all(_load_one(work, n, todo, done, renumbering.numbers[v.key]) for n, v in enumerate(todo)):
            break
    with transaction(work.copy):
        name_vintages(work.copy)


def _load_one(
    work: _Work,
    at: int,
    todo: list[PlannedVintage],
    done: Mapping[VintageKey, Mapping[str, tuple[str, str]]],
    number: int,
) -> bool:
    """Read and load one planned vintage; False where one of its files proved unreadable, so that the plan changes."""
    planned = todo[at]
    work.progress(f"reading {planned.key.publication}", at, len(todo))
    wanted = {f: load for f, load in planned.loads.items() if f not in done.get(planned.key, {})}
    reader = _Reader(work, number, wanted)
    try:
        changed = load_vintage(work.copy, number, planned, reader.readings())
    except FileChanged as surprise:
        work.result.findings.append(surprise.finding(wanted[reader.family][0]))
        work.result.unread += 1
        with transaction(work.copy):
            mark_unreadable(work.copy, wanted[reader.family][0], reader.family, str(surprise))
        return False
    work.result.findings += _implausible_in(work, number, wanted)
    work.result.cells_changed += changed
    work.result.vintages += 1
    work.result.files_read += len(wanted)
    return True


def _implausible_in(work: _Work, number: int, wanted: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
    """What is not plausible in a vintage that was just put in, beside the one before it in the publisher's order."""
    for family in sorted(wanted):
        pair = editions(work.copy, cast("Family", family), number)
        if pair is not None:
            before, now = (one._replace(columns=columns_of(work.bodies.of(one.sha256))) for one in pair)
            yield from implausible(cast("Family", family), before, now)


class _Reader:
    """Reads what a vintage is still to state; knows which family it is at, should that prove unreadable."""

    def __init__(self, work: _Work, number: int, wanted: Mapping[str, tuple[str, str]]) -> None:
        self._work = work
        self._number = number
        self._wanted = wanted
        self.family = ""

    def readings(self) -> Iterator[Reading | Proved]:
        """One table after the other, so that only one full-size reading is in memory; a workbook is opened once."""
        for (sha256, file_name), families in self._by_file().items():
            self.family = families[0]
            schemas = [self._schema(sha256, family) for family in families]
            body = self._work.bodies.of(sha256)
            proved = self._by_difference(body, file_name, schemas[0]) if len(schemas) == 1 else None
            if proved is not None:
                self._work.result.findings.extend(proved.reading.findings)
                self._work.result.by_difference += 1
                yield proved
                continue
            found = readings_of(body, file_name, schemas)
            for family in families:
                self.family = family
                reading = next(found)
                self._work.result.findings.extend(reading.findings)
                yield reading

    def _by_difference(self, body: bytes, file_name: str, schema: Schema) -> Proved | None:
        """The file read by what differs from the newest that is loaded of its family; None where it has to be read whole."""
        earlier = earlier_file(self._work.copy, schema.family, self._number)
        if earlier is None or earlier.schema_sha256 != schema.sha256:
            return None
        before = self._work.bodies.of(earlier.sha256)
        found = difference(body, file_name, schema, before, earlier.file_name, earlier.cells)
        return prove(self._work.copy, earlier.vintage, found) if found is not None else None

    def _by_file(self) -> dict[tuple[str, str], list[str]]:
        files: dict[tuple[str, str], list[str]] = {}
        for family, load in sorted(self._wanted.items()):
            files.setdefault(load, []).append(family)
        return files

    def _schema(self, sha256: str, family: str) -> Schema:
        name = schema_of(self._work.copy, sha256, family)
        return next(schema for schema in self._work.schemas if schema.name == name)
