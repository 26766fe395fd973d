"""Brings the reading copy up to date with the evidence: pages, releases, files, figures. Makes it anew when it has to.

No network, and nothing written to the evidence but findings; the same evidence always gives the same reading copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from sqlite_utils import Database

from archive.catalogue import (
    FileSighting,
    PageToRead,
    file_sightings,
    forget_unread,
    known_layouts,
    mark_unreadable,
    mirror,
    pages_to_read,
    read_files,
    record_file,
    record_layout,
    record_page,
    record_series,
    record_unread_page,
    remake_releases,
    schema_of,
    statements,
)
from archive.editions import PlannedVintage, VintageKey, plan_vintages, renumber
from archive.places import remake_places
from archive.reading_copy import FILE_NAME, create_reading_copy, remove, settle, swap_in, transaction
from archive.store import read_snapshot
from archive.vintages import load_vintage, loaded_vintages, make_room, name_vintages
from schedules.series import schedule_in_words
from scraper.errors import FileChanged, PageChanged
from scraper.files import read_file
from scraper.model import ExpectedFile, Finding, Reading, Series
from scraper.pages import read_publication_page, read_series_page
from scraper.records import header_of
from scraper.schema import Schema, schema_for

Progress = Callable[[str, int, int], None]
"""What is being done, how many are done, of how many."""

KEPT = "kept as it is: the series file asks for no reading"


class RebuildNeededError(Exception):
    """The plan takes back something that is loaded, so that only a new reading copy will do."""


@dataclass(slots=True)
class Refreshed:
    """What one refresh did."""

    vintages: int = 0
    """Vintages that were put in."""
    files_read: int = 0
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
    work = _Work(evidence, copy, {s.slug: s for s in series}, schemas, progress, Refreshed())
    with transaction(copy):
        record_series(copy, series, {s.slug: schedule_in_words(s) for s in series})
        mirror(evidence, copy)
    _read_pages(work)
    _catalogue_files(work)
    _load_figures(work)
    if work.result.vintages or work.result.files_read:
        with transaction(copy):
            remake_places(copy)
        settle(copy)
    return work.result


def mirror_evidence(evidence: Database, copy: Database) -> None:
    """Copy what was captured since, the end of a poll and its findings among it, without reading anything."""
    with transaction(copy):
        mirror(evidence, copy)


def try_again(copy: Database) -> None:
    """Let everything that could not be read be tried again, with today's schemas and page reader."""
    with transaction(copy):
        forget_unread(copy)


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
    body = read_snapshot(work.evidence, page.sha256)
    read = read_series_page if page.purpose == "series_page" else read_publication_page
    try:
        record_page(work.copy, page, read(body, page.final_address, series))
    except PageChanged as surprise:
        work.result.findings.append(surprise.finding(page.sha256))
        record_unread_page(work.copy, page, str(surprise))


# ---------------------------------------------------------------- files


def expectation_of(series: Series | None, file_name: str) -> ExpectedFile | None:
    """The first rule of the series file that a file name matches, without regard to case."""
    rules = series.expects if series else ()
    return next((rule for rule in rules if fnmatch(file_name.lower(), rule.pattern.lower())), None)


def _catalogue_files(work: _Work) -> None:
    unread_because = known_layouts(work.copy)
    read = read_files(work.copy)
    with transaction(work.copy):
        for seen in file_sightings(work.copy):
            expected = expectation_of(work.series.get(seen.series), seen.file_name)
            if expected is not None and not expected.schemas:
                record_file(work.copy, seen, "kept", KEPT)
                continue
            if seen.sha256 not in unread_because:
                unread_because[seen.sha256] = _find_layout(work, seen, expected)
            because = unread_because[seen.sha256]
            state = "read" if (seen.sha256, seen.file_name) in read and because is None else "unread"
            record_file(work.copy, seen, state, because)


def _find_layout(work: _Work, seen: FileSighting, expected: ExpectedFile | None) -> str | None:
    """Write down which layout a snapshot has; returns why it is unread, None where its layout is known."""
    try:
        schema = _schema_of(work, seen, expected)
    except FileChanged as surprise:
        work.result.findings.append(surprise.finding(seen.sha256))
        work.result.unread += 1
        record_layout(work.copy, seen.sha256, None, None, str(surprise))
        return str(surprise)
    record_layout(work.copy, seen.sha256, schema.family, schema.name, None)
    return None


def _schema_of(work: _Work, seen: FileSighting, expected: ExpectedFile | None) -> Schema:
    if expected is None:
        raise FileChanged(
            "file.unexpected", seen.address or seen.file_name, "file name", repr(seen.file_name),
            f"a name that a rule under [[expects]] in {seen.series}.toml matches",
            "The file is kept. Add a rule, then run `optout reread`.",
        )  # fmt: skip
    schemas = [schema for schema in work.schemas if schema.name in expected.schemas]
    body = read_snapshot(work.evidence, seen.sha256)
    return schema_for(header_of(body, seen.file_name), seen.file_name, schemas)


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
    try:
        changed = load_vintage(work.copy, number, planned, _readings(work, wanted))
    except FileChanged as surprise:
        _mark_unreadable(work, wanted, surprise)
        return False
    work.result.cells_changed += changed
    work.result.vintages += 1
    work.result.files_read += len(wanted)
    return True


def _readings(work: _Work, wanted: Mapping[str, tuple[str, str]]) -> Iterator[Reading]:
    """One file after the other, so that only one full-size reading is in memory at a time."""
    for _, (sha256, file_name) in sorted(wanted.items()):
        name = schema_of(work.copy, sha256)
        schema = next(schema for schema in work.schemas if schema.name == name)
        reading = read_file(read_snapshot(work.evidence, sha256), file_name, schema)
        work.result.findings.extend(reading.findings)
        yield reading


def _mark_unreadable(work: _Work, wanted: Mapping[str, tuple[str, str]], surprise: FileChanged) -> None:
    """The file that raised is the one its error names; the others of the release are loaded when the plan is made again."""
    sha256 = next(sha256 for sha256, file_name in wanted.values() if file_name == surprise.subject)
    work.result.findings.append(surprise.finding(sha256))
    work.result.unread += 1
    with transaction(work.copy):
        mark_unreadable(work.copy, sha256, str(surprise))
