"""Puts results and progress into words and JSON for whoever runs the command.

Never decides anything; writes to standard output what was asked for, to standard error how far it has come.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, is_dataclass
from typing import TextIO
from urllib.parse import unquote, urlsplit

from schedules.deposit import Deposited
from schedules.filing import expectation_of
from schedules.poll import Polled
from schedules.reread import Progress, Refreshed
from scraper.look import Look
from scraper.model import PublicationPage, Reading, Series, SeriesPage

_LINE_SECONDS = 5.0
"""Where nobody looks on, counted progress is told at most so often."""


def progress_on(stream: TextIO, *, quiet: bool) -> Progress:
    """Progress as one moving line on a terminal, as plain lines elsewhere, and not at all where `quiet`.

    What has no end known (`of` 0) is an event of its own, one line each.
    """
    if quiet:
        return _silent
    return _moving(stream) if stream.isatty() else _plain(stream)


def _silent(what: str, done: int, of: int) -> None:
    """Tell nobody."""


def _moving(stream: TextIO) -> Progress:
    def tell(what: str, done: int, of: int) -> None:
        if of == 0:
            stream.write(f"\r\x1b[K{done:>5}  {what}\n")
        else:
            filled = min(20, 20 * done // of)
            stream.write(f"\r\x1b[K[{'#' * filled}{'.' * (20 - filled)}] {done}/{of} {what[:60]}")
            if done >= of - 1:
                stream.write("\r\x1b[K")
        stream.flush()

    return tell


def _plain(stream: TextIO) -> Progress:
    told: dict[str, float] = {}

    def tell(what: str, done: int, of: int) -> None:
        now = time.monotonic()
        if of == 0 or now - told.get("last", -_LINE_SECONDS) >= _LINE_SECONDS:
            told["last"] = now if of else told.get("last", -_LINE_SECONDS)
            stream.write(f"{done:>5}  {what}\n" if of == 0 else f"{what}: {done} of {of}\n")
            stream.flush()

    return tell


def as_json(value: object) -> str:
    """JSON for programs, readable for people too."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plainer)


def _plainer(value: object) -> object:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def deposited_lines(done: Deposited) -> list[str]:
    """What became of a deposit, in words."""
    lines = [f"{name}: {recorded.outcome}, SHA-256 {recorded.sha256}" for name, recorded in done.files]
    return [*lines, *(f"  {finding.severity}: {finding.sentence()}" for finding in done.findings)]


def deposited_json(done: Deposited) -> dict[str, object]:
    """The same for programs."""
    files = [{"file_name": name, **recorded._asdict()} for name, recorded in done.files]
    return {"poll_id": done.poll_id, "files": files, "vintages": done.vintages, "findings": done.findings}


def refreshed_lines(done: Refreshed) -> list[str]:
    """What a rereading or rebuilding did, in words."""
    way = "Made the reading copy anew" if done.rebuilt else "Brought the reading copy up to date"
    counts = f"{done.files_read} files read into {done.vintages} vintages, {done.cells_changed:,} figures changed"
    return [f"{way}: {counts}.", *(f"  {finding.severity}: {finding.sentence()}" for finding in done.findings)]


def refreshed_json(done: Refreshed, digest: str) -> dict[str, object]:
    """The same for programs, with the content digest of the reading copy."""
    return {**asdict(done), "digest": digest}


def polled_json(done: Polled) -> dict[str, object]:
    """One poll for programs."""
    return {**done._asdict(), "next_due_at": done.next_due_at.isoformat()}


# ---------------------------------------------------------------- look


def look_lines(seen: Look, series: Series | None = None) -> list[str]:
    """What one address answered and what we understand of it, in words; for each file, by which rule it would be read."""
    lines = [
        f"{capture.request.purpose}: {capture.verdict}{f' ({capture.status})' if capture.status else ''}"
        f" {capture.final_address or capture.request.address}{f': {capture.error_detail}' if capture.error_detail else ''}"
        for capture in seen.captures
    ]
    lines.append(f"kind: {seen.kind}")
    if seen.understood is not None:
        lines += _understood_lines(seen.understood, series)
    if seen.surprise is not None:
        lines.append(f"not understood: {seen.surprise.sentence()}")
    return lines


def _reading_lines(reading: Reading) -> list[str]:
    lines = [
        f"schema: {reading.schema}",
        f"family: {reading.family}",
        f"rows: {reading.rows}",
        f"months: {', '.join(block.month for block in reading.blocks)}",
    ]
    return lines + [f"  {finding.severity}: {finding.sentence()}" for finding in reading.findings]


def _understood_lines(what: SeriesPage | PublicationPage | tuple[Reading, ...], series: Series | None) -> list[str]:
    if isinstance(what, tuple):
        return [line for reading in what for line in _reading_lines(reading)]
    lines = [f"title: {what.title}"]
    if isinstance(what, PublicationPage):
        lines.append(f"published: {what.published_on or what.date_text or 'not stated'}")
        lines += [f"further page: {page.title} {page.address}" for page in what.further]
    else:
        lines += [
            f"{one.listed}: {one.dated_on or one.date_text or ''} {one.title} {one.address}"
            for one in what.publications
        ]
    lines += [f"file: {one.name} {one.address}{_matched(series, one.address)}" for one in what.resources]
    return lines + [f"notice: {one.date_text or ''} {one.title}" for one in what.notices]


def _matched(series: Series | None, address: str) -> str:
    """By which layouts a file of that name would be read, as the series file has it."""
    if series is None:
        return ""
    rule = expectation_of(series, unquote(urlsplit(address).path))
    if rule is None:
        return ": no rule under [[expects]] matches its name; it would be kept, unread"
    return f": {rule.pattern}, read by {' or '.join(rule.schemas)}" if rule.schemas else f": {rule.pattern}, kept only"


def look_json(seen: Look) -> dict[str, object]:
    """The same for programs: heads and bodies left out, a reading by its months and counts."""
    wanted = (
        "requested_at",
        "verdict",
        "status",
        "final_address",
        "content_type",
        "sniffed_type",
        "error_code",
        "error_detail",
    )
    captures = [
        {
            "purpose": one.request.purpose,
            "address": one.request.address,
            **{name: getattr(one, name) for name in wanted},
        }
        for one in seen.captures
    ]
    understood: object = seen.understood
    if isinstance(seen.understood, tuple):
        understood = [_reading_json(reading) for reading in seen.understood]
    return {"captures": captures, "kind": seen.kind, "understood": understood, "surprise": seen.surprise}


def _reading_json(reading: Reading) -> dict[str, object]:
    return {
        "schema": reading.schema,
        "family": reading.family,
        "months": [block.month for block in reading.blocks],
        "rows": reading.rows,
        "blank_rows": reading.blank_rows,
        "repairs": reading.repairs,
        "findings": reading.findings,
    }
