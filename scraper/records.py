"""Bytes of a file in, records of text cells out: encoding, the kind of file, the CSV dialect.

Never asks what a cell means, and never mends a byte.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import TextIO

from scraper.errors import FileChanged
from scraper.model import Finding

_BOM = b"\xef\xbb\xbf"

_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an Office workbook"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"%PDF", "a PDF document"),
    (b"<", "a web page or an XML document"),
)
"""First bytes of what the publisher may serve where a CSV was due (an error page with status 200 among them)."""

_KEEP = "The bytes are kept; look at where they came from."


def check_bytes(body: bytes, file_name: str) -> None:
    """Raise FileChanged unless the bytes can be a CSV in UTF-8: empty, another kind of file, a NUL, a foreign byte."""
    start = body[:512].removeprefix(_BOM).lstrip()
    if not start and not body.removeprefix(_BOM).strip():
        raise FileChanged("file.empty", file_name, "", f"{len(body)} bytes and no text", "a CSV file", _KEEP)
    for magic, kind in _KINDS:
        if start.startswith(magic):
            raise FileChanged("file.kind", file_name, "first bytes", kind, "a CSV file", _KEEP)
    if not body.isascii():
        _check_encoding(body, file_name)
    offset = body.find(b"\0")
    if offset >= 0:
        raise _wrong_byte("file.nul", file_name, body, offset)


def _check_encoding(body: bytes, file_name: str) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise _wrong_byte("file.encoding", file_name, body, error.start) from error


def _wrong_byte(code: str, file_name: str, body: bytes, offset: int) -> FileChanged:
    row = max(1, len(body[: offset + 1].splitlines()))
    place = f"row {row}, byte offset {offset}"
    return FileChanged(code, file_name, place, f"the byte 0x{body[offset]:02x}", "text in UTF-8", _KEEP)


def lines_of(body: bytes) -> TextIO:
    """The lines of a text in UTF-8 with their ends, decoded as they are asked for, without a byte order mark."""
    return io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline="")


def cells_in(line: str, rest: Iterator[str], file_name: str, number: int) -> list[str]:
    """The cells of the record that begins with `line`; lines are taken from `rest` where a quoted cell runs over them.

    Quoting is strict, because a quote that is never closed would swallow rows without a word: FileChanged then, naming
    row `number`. A line without a quote is its cells with commas between them: no need to ask the csv module, which
    takes twice as long.
    """
    if '"' not in line:
        return line.rstrip("\r\n").split(",")
    try:
        return next(csv.reader(chain((line,), rest), strict=True))
    except csv.Error as error:
        expected = "comma-separated cells, quotes in pairs"
        raise FileChanged("file.csv", file_name, f"row {number}", str(error), expected, _KEEP) from error


def rows_of(lines: Iterator[str], file_name: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """The records that begin with the next line, each with its number as a spreadsheet counts; the next one is `first`."""
    for number, line in enumerate(lines, first):
        yield number, cells_in(line, lines, file_name, number)


def header_of(body: bytes, file_name: str) -> tuple[str, ...]:
    """The cells of the first record, as printed, without a byte order mark.

    Raises FileChanged for the wrong encoding, a zip or HTML where a CSV was due, an empty file, broken quoting.
    """
    check_bytes(body, file_name)
    lines = lines_of(body)
    return tuple(cells_in(next(lines), lines, file_name, 1))


def remarks_on(body: bytes, file_name: str) -> list[Finding]:
    """What is worth knowing about bytes that can be read: a byte order mark, a last line that does not end."""
    remarks = []
    if body.startswith(_BOM):
        found = ("a byte order mark", "none, as in every file seen", "Read without it.")
        remarks.append(Finding("file.bom", "info", file_name, "first bytes", *found))
    if not body.endswith((b"\n", b"\r")):
        found = ("no line end after it", "one, as in every file seen", "The file may have been cut off.")
        remarks.append(Finding("file.last_line", "warning", file_name, "last row", *found))
    return remarks
