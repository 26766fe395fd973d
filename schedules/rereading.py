"""Reads kept bytes again with today's reader and schemas, and files every difference as ours, never as the publisher's.

No network; the publisher's bytes and what was captured are never touched.
"""

from __future__ import annotations

from collections.abc import Iterator

from archive.readers import Load, Stated, loads, stated_by
from archive.store import record_finding
from schedules.desk import Desk
from schedules.filing import bytes_of, expectation_of
from schedules.page_reading import read_page_texts
from schedules.reread import Refreshed, try_again
from scraper.errors import FileChanged
from scraper.files import layouts_of, readings_of
from scraper.model import Finding, Reading, Series

DIGITS = 12
"""Digits of a fingerprint that are shown: enough to tell two readers apart."""


def reread(desk: Desk) -> Refreshed:
    """Read what could not be read, and what another reader read; a finding tells each difference that our change made."""
    stale = [load for load in loads(desk.copy) if _is_stale(desk, load)]
    for finding, series in list(_differences(desk, stale)):
        record_finding(desk.evidence.db, finding, poll_id=None, capture_id=None, series=series, now=desk.now())
    for finding, series in read_page_texts(desk.evidence.db, desk.copy, desk.progress):
        record_finding(desk.evidence.db, finding, poll_id=None, capture_id=None, series=series, now=desk.now())
    if stale:
        return desk.rebuild()
    try_again(desk.copy)
    return desk.refresh()


def _is_stale(desk: Desk, load: Load) -> bool:
    """Whether a file was read by a schema, or a reader, that is not today's."""
    return load.schema_sha256 not in {schema.sha256 for schema in desk.schemas if schema.name == load.schema}


def _differences(desk: Desk, stale: list[Load]) -> Iterator[tuple[Finding, str]]:
    by_slug = {one.slug: one for one in desk.series}
    for load in stale:
        before = stated_by(desk.copy, load)
        reading, reader = _read_again(desk, by_slug.get(load.series), load)
        after = _stated_in(reading) if reading else {}
        cells = sum(before.get(cell) != after.get(cell) for cell in before.keys() | after.keys())
        if cells:
            yield _finding(load, cells, len(before), reader), load.series


def _finding(load: Load, cells: int, of: int, reader: str) -> Finding:
    return Finding(
        "reader.changed", "info", load.file_name, load.family, f"{cells} of {of} rows that read otherwise than before",
        f"what {load.schema} {load.schema_sha256[:DIGITS]} read", f"{reader} reads it now: our change, not the publisher's.",
        load.sha256,
    )  # fmt: skip


def _read_again(desk: Desk, series: Series | None, load: Load) -> tuple[Reading | None, str]:
    """Today's reading of the same bytes, None where they cannot be read any more, and the name of who reads them."""
    expected = expectation_of(series, load.file_name)
    allowed = [schema for schema in desk.schemas if expected and schema.name in expected.schemas]
    try:
        body = bytes_of(desk.evidence.db, desk.copy, load.sha256)
        found = [one for one in layouts_of(body, load.file_name, allowed).schemas if one.family == load.family]
        reading = next(readings_of(body, load.file_name, found[:1]), None)
    except FileChanged:
        return None, "Nothing"
    return reading, f"{found[0].name} {found[0].sha256[:DIGITS]}" if found else "Nothing"


def _stated_in(reading: Reading) -> Stated:
    """What a reading states, in the form in which the reading copy gives it back."""
    reasons: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
    for missing in reading.missing:
        reasons.setdefault((missing.month, missing.key), {})[missing.measure] = missing.reason
    return {
        (block.month, key): (value, reasons.get((block.month, key), {}))
        for block in reading.blocks
        for key, value in block.values.items()
    }
