"""What a poll, a deposit and a rereading work with: both databases opened together, the schemas, the clock, the stop.

Knows how they are opened and closed, and nothing of what is done with them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from archive.catalogue import mirror, record_series
from archive.database import ArchiveError, Evidence, open_evidence
from archive.reading_copy import FILE_NAME, create_reading_copy, open_reading_copy, transaction
from archive.space import Space, space_of
from archive.store import close_interrupted
from schedules.anchor_settings import NOTHING, Anchoring
from schedules.due import text_of
from schedules.reread import Progress, RebuildNeededError, Refreshed, rebuild, refresh
from schedules.series import schedule_in_words
from schedules.stopping import until_stopped
from scraper.model import Series
from scraper.schema import Schema, load_schemas


@dataclass(frozen=True)
class Conditions:
    """What stays the same whichever archive is opened."""

    series: tuple[Series, ...]
    software: str
    """Name and version, as the User-Agent and every poll state it."""
    clock: Callable[[], datetime]
    """Gives the time, in UTC."""
    stop: threading.Event
    """Set when the program is asked to end."""
    progress: Progress
    origin: str | None = None
    """Name that the log of a new archive gets; None for a random one."""
    anchoring: Anchoring = NOTHING
    """Which outside parties are asked to confirm the log."""
    space: Callable[[Path], Space] = space_of
    """Gives the space of the disk that holds a folder."""


@dataclass(frozen=True)
class Desk(Conditions):
    """An archive opened by its one writer, and what it takes to work on it."""

    evidence: Evidence = field(kw_only=True)
    copy: Database = field(kw_only=True)
    schemas: Sequence[Schema] = field(kw_only=True)

    def now(self) -> str:
        """The time as the archive writes it."""
        return text_of(self.clock())

    def refresh(self) -> Refreshed:
        """Bring the reading copy up to date with the evidence; make it anew where nothing less will do.

        Raises StoppedError once the program is asked to end; what was read by then stays, the rest is read next time.
        """
        try:
            return refresh(self.evidence.db, self.copy, self.series, self.schemas, progress=_progress(self))
        except RebuildNeededError:
            return self.rebuild()

    def rebuild(self) -> Refreshed:
        """Make the reading copy anew from the evidence and swap it in under whoever is reading."""
        return _rebuild(self.evidence, self.schemas, self)


def _progress(conditions: Conditions) -> Progress:
    return until_stopped(conditions.stop, conditions.progress)


def _rebuild(evidence: Evidence, schemas: Sequence[Schema], conditions: Conditions) -> Refreshed:
    return rebuild(
        evidence.db,
        evidence.directory,
        conditions.series,
        schemas,
        software=conditions.software,
        progress=_progress(conditions),
    )


@contextmanager
def opened(directory: Path, conditions: Conditions, *, create: bool = False) -> Iterator[Desk]:
    """Open the archive in `directory` as its one writer, close what a crash left open, and have a reading copy ready.

    Raises ArchiveError as open_evidence does, among others where another program is writing there or, without `create`,
    where there is no archive; DefinitionError where a schema file is broken.
    """
    schemas = load_schemas()
    with open_evidence(directory, create=create, origin=conditions.origin) as evidence:
        close_interrupted(evidence.db, text_of(conditions.clock()))
        copy = _reading_copy(evidence, schemas, conditions)
        try:
            introduce(evidence.db, copy, conditions.series)
            yield Desk(**vars(conditions), evidence=evidence, copy=copy, schemas=schemas)
        finally:
            copy.close()


def introduce(evidence: Database, copy: Database, series: Sequence[Series]) -> None:
    """Let the reading copy say what is watched, and what was captured by now, before anything is read.

    An archive that has nothing yet can so explain itself, and made-up figures are labelled before the first one comes.
    """
    with transaction(copy):
        record_series(copy, series, {one.slug: schedule_in_words(one) for one in series})
        mirror(evidence, copy)


def _reading_copy(evidence: Evidence, schemas: Sequence[Schema], conditions: Conditions) -> Database:
    path = evidence.directory / FILE_NAME
    if not path.exists():
        return create_reading_copy(path, conditions.software)
    try:
        return open_reading_copy(evidence.directory)
    except ArchiveError:  # made with other tables, or by nobody that we know: it is made anew
        _rebuild(evidence, schemas, conditions)
    return open_reading_copy(evidence.directory)
