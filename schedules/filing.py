"""Finds out which layouts the captured files have, what lies inside zip archives, and files both in the reading copy.

Never reads a figure, and never touches the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch

from sqlite_utils import Database

from archive.held_files import FileSighting, file_sightings, read_files, record_file
from archive.layouts import (
    Known,
    Layout,
    container_of,
    containers,
    known_layouts,
    members_of,
    record_layout,
    record_members,
)
from archive.store import read_snapshot
from archive.withheld import Member, all_withheld, withheld_members
from scraper.errors import FileChanged
from scraper.files import Layouts, layouts_of
from scraper.model import ExpectedFile, Finding, Series
from scraper.schema import Schema
from scraper.zips import is_workbook, is_zip, member_body
from scraper.zips import members_of as members_in

KEPT_BYTES = 128_000_000
"""Room for two releases of full size, some 60 MB each."""

KEPT = "kept as it is: the series file asks for no reading"
UNPACKED = "a zip archive: the files in it are listed by themselves"


@dataclass(slots=True)
class Filed:
    """What was found out about files that nobody had looked into before."""

    unread: int = 0
    """Files that are kept and were found not to be readable, wholly or in part."""
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Filing:
    """What filing works with, and what is known so far."""

    bodies: Bodies
    copy: Database
    series: Mapping[str, Series]
    schemas: Sequence[Schema]
    layouts: dict[str, Known]
    opened: set[str]
    """SHA-256 of zip archives whose members are known."""
    read: set[tuple[str, str]]
    withheld: Mapping[str, str]
    """SHA-256 of bytes that are withheld, to since when and why."""
    result: Filed


def file_all(bodies: Bodies, copy: Database, series: Mapping[str, Series], schemas: Sequence[Schema]) -> Filed:
    """File every captured file, those inside zip archives too, withheld ones as such; the caller holds the transaction."""
    opened, withheld = containers(copy), bodies.withheld()
    for sha256, members in bodies.withheld_members().items():
        if sha256 not in opened:
            record_members(copy, sha256, members)
    filing = Filing(bodies, copy, series, schemas, known_layouts(copy), opened, read_files(copy), withheld, Filed())
    for seen in file_sightings(copy):
        _file(filing, seen)
    return filing.result


def expectation_of(series: Series | None, file_name: str) -> ExpectedFile | None:
    """The first rule of the series file that a file name matches, without regard to case or folders in an archive."""
    rules = series.expects if series else ()
    name = re.split(r"[/\\]", file_name)[-1].lower()
    return next((rule for rule in rules if fnmatch(name, rule.pattern.lower())), None)


class Bodies:
    """Bytes of captured files, each proved by its hash when it is taken out of the evidence, and kept at hand for a while.

    A new file is wanted twice, for its layout and for its figures, and once more beside the next release: taking 50 MB out and
    hashing them again costs a tenth of reading a release.
    """

    def __init__(self, evidence: Database, copy: Database) -> None:
        self._evidence, self._copy = evidence, copy
        self._kept: dict[str, bytes] = {}

    def withheld(self) -> dict[str, str]:
        """SHA-256 of bytes that are kept no more after a takedown, to since when and why."""
        return all_withheld(self._evidence)

    def withheld_members(self) -> dict[str, list[Member]]:
        """SHA-256 of withheld zip archives, to the files that lay inside them."""
        return withheld_members(self._evidence)

    def of(self, sha256: str) -> bytes:
        """The bytes of a captured file, or of one inside a zip archive. Raises ArchiveError, or FileChanged for the archive."""
        body = self._kept.pop(sha256, None)
        if body is None:
            body = bytes_of(self._evidence, self._copy, sha256)
        self._kept[sha256] = body
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > KEPT_BYTES:
            del self._kept[next(iter(self._kept))]
        return body


def bytes_of(evidence: Database, copy: Database, sha256: str) -> bytes:
    """The bytes of a captured file, or of one inside a zip archive. Raises ArchiveError, or FileChanged for the archive."""
    place = container_of(copy, sha256)
    if place is None:
        return read_snapshot(evidence, sha256)
    container, name = place
    return member_body(read_snapshot(evidence, container), container, name)


def _file(filing: Filing, seen: FileSighting) -> None:
    if because := filing.withheld.get(seen.sha256):
        record_file(filing.copy, seen, "withheld", because)
        for inside in _inside(filing, seen):
            record_file(filing.copy, inside, "withheld", because)
        return
    expected = expectation_of(filing.series.get(seen.series), seen.file_name)
    if expected is not None and not expected.schemas:
        record_file(filing.copy, seen, "kept", KEPT)
        return
    if seen.sha256 not in filing.layouts and seen.sha256 not in filing.opened:
        _look_into(filing, seen, expected)
    if seen.sha256 in filing.opened:
        record_file(filing.copy, seen, "kept", UNPACKED)
        for inside in _inside(filing, seen):
            _file(filing, inside)
        return
    known = filing.layouts[seen.sha256]
    state = "read" if (seen.sha256, seen.file_name) in filing.read and known.is_readable else "unread"
    record_file(filing.copy, seen, state, known.unread_because)


def _inside(filing: Filing, seen: FileSighting) -> Iterator[FileSighting]:
    for name, sha256, size in members_of(filing.copy, seen.sha256):
        inside = seen._replace(file_name=name, name=f"{name} in {seen.name}", sha256=sha256, bytes=size)
        yield inside._replace(member_of=seen.sha256)


def _look_into(filing: Filing, seen: FileSighting, expected: ExpectedFile | None) -> None:
    """Write down what is in a file that nobody has looked into: members of an archive, tables of known layouts."""
    body = filing.bodies.of(seen.sha256)
    try:
        if is_zip(body) and not is_workbook(body):
            record_members(filing.copy, seen.sha256, members_in(body, seen.file_name))
            filing.opened.add(seen.sha256)
            return
        found = _layouts_in(filing, body, seen, expected)
    except FileChanged as surprise:
        found = Layouts((), (surprise,))
    filing.layouts[seen.sha256] = _note_layouts(filing, seen.sha256, found)


def _layouts_in(filing: Filing, body: bytes, seen: FileSighting, expected: ExpectedFile | None) -> Layouts:
    if expected is None:
        raise FileChanged(
            "file.unexpected", seen.address or seen.file_name, "file name", repr(seen.file_name),
            f"a name that a rule under [[expects]] in {seen.series}.toml matches",
            "The file is kept. Add a rule, then run `optout reread`.",
        )  # fmt: skip
    return layouts_of(body, seen.file_name, [one for one in filing.schemas if one.name in expected.schemas])


def _note_layouts(filing: Filing, sha256: str, found: Layouts) -> Known:
    for schema in found.schemas:
        part = schema.sheet.name.pattern if schema.sheet else ""
        record_layout(filing.copy, Layout(sha256, part, schema.family, schema.name, None))
    for surprise in found.surprises:
        filing.result.findings.append(surprise.finding(sha256))
        part = surprise.place if found.schemas else ""
        record_layout(filing.copy, Layout(sha256, part, None, None, str(surprise)))
    filing.result.unread += bool(found.surprises)
    return Known(bool(found.schemas), " ".join(map(str, found.surprises)) or None)
