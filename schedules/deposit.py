"""Puts hand-carried files into the archive with a note of where they came from, and has them read like any other.

Never changes a byte, and leaves nothing half done: every file is checked before the first is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from archive.database import writing
from archive.layouts import members_of
from archive.store import Deposit, Recorded, begin_poll, end_poll, newest_poll, record_deposit, record_finding
from schedules.anchoring import anchor_after
from schedules.desk import Desk
from schedules.reread import Refreshed, mirror_evidence
from schedules.room import refuse_full_disk
from schedules.series import definition_sha256
from schedules.signing import sign_after
from scraper.model import Finding, Series

_PUBLICATION = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)*", re.ASCII)


class DepositError(Exception):
    """What was handed in cannot be taken: names the thing, what was found and what was expected."""


class Deposited(NamedTuple):
    """What became of the files that were handed in."""

    poll_id: int
    files: tuple[tuple[str, Recorded], ...]
    vintages: int
    """Vintages that were read into the reading copy."""
    findings: tuple[Finding, ...]
    """Why one of these files could not be read, or what is odd about it."""


def deposits_of(
    files: Sequence[Path], series: Series, publication: str, published_on: str | None, origin: str
) -> tuple[Deposit, ...]:
    """The files as deposits, all read and checked. Raises DepositError for the first thing that is wrong.

    `published_on` is the day the publisher stated, YYYY-MM-DD, or None where it is not known; `origin` says in plain words
    where the files come from.
    """
    if not _PUBLICATION.fullmatch(publication):
        expected = "the publication's path below the series' address, such as july-2021 or october-2018/ndop-oct-18"
        raise DepositError(f"--publication: found {publication!r}; expected {expected}.")
    if not origin.strip() or not origin.isprintable():
        raise DepositError(f"--origin: found {origin!r}; expected one line that says where the files come from.")
    day = None if published_on is None else _day(published_on)
    twice = [path for path in files if [other.name for other in files].count(path.name) > 1]
    if twice:
        raise DepositError(f"{twice[0]}: found a file name that is given twice; expected each name once per deposit.")
    most = series.manners.max_bytes
    return tuple(Deposit(series.slug, publication, day, path.name, _body(path, most), origin.strip()) for path in files)


def deposit(desk: Desk, series: Series, deposits: Sequence[Deposit]) -> Deposited:
    """Keep the files as evidence, all or none, then bring the reading copy up to date.

    Raises ArchiveError where the archive does not take them, or the disk is nearly full.
    """
    refuse_full_disk(desk, series.slug)
    db, before = desk.evidence.db, newest_poll(desk.evidence.db, series.slug)
    with writing(db):
        poll_id = begin_poll(db, series.slug, "deposit", desk.now(), desk.software, definition_sha256(series))
        files = tuple((one.file_name, record_deposit(db, poll_id, one, desk.now())) for one in deposits)
    refreshed = desk.refresh()
    ours = {recorded.sha256 for _, recorded in files if recorded.sha256}
    ours |= {inside.sha256 for sha256 in ours for inside in members_of(desk.copy, sha256)}
    for finding in refreshed.findings:
        record_finding(db, finding, poll_id=poll_id, capture_id=None, series=series.slug, now=desk.now())
    summary = _summary(files, refreshed)
    end_poll(db, poll_id, "complete", desk.now(), before.next_due_at if before else None, summary)
    sign_after(desk, series.slug)
    anchor_after(desk, series.slug, poll_id)
    mirror_evidence(db, desk.copy)
    findings = tuple(finding for finding in refreshed.findings if finding.sha256 in ours)
    return Deposited(poll_id, files, refreshed.vintages, findings)


def _summary(files: Sequence[tuple[str, Recorded]], refreshed: Refreshed) -> str:
    new = sum(recorded.is_new_snapshot for _, recorded in files)
    return f"{len(files)} handed in, {new} with bytes not held before; {refreshed.files_read} read."


def _day(text: str) -> str:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass  # a day that no calendar has is refused below, with days in another form
    raise DepositError(f"--published-on: found {text!r}; expected a day as YYYY-MM-DD, such as 2021-07-30.")


def _body(path: Path, most: int) -> bytes:
    try:
        size = path.stat().st_size
        body = path.read_bytes() if 0 < size <= most else b""
    except OSError as error:
        raise DepositError(f"{path}: found no file that can be read ({error.strerror}); expected a file.") from error
    if size > most:
        raise DepositError(f"{path}: found {size:,} bytes; expected at most {most:,} (max_bytes in the series file).")
    if not body:
        raise DepositError(f"{path}: found an empty file; expected the file as the publisher served it.")
    return body
