"""Bytes of a file in, records of text cells out: encoding, the kind of file, the CSV dialect.

Never asks what a cell means, and never mends a byte.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple, TextIO

from scraper.errors import FileChanged
from scraper.model import Finding

_BOM = b"\xef\xbb\xbf"
_UTF8 = "utf-8-sig"
"""UTF-8 without a byte order mark, should there be one."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LATIN_LETTERS = frozenset(range(0xC0, 0x100)) - {0xD7, 0xF7}
"""Bytes that are letters in Latin-1: `café` saved by a spreadsheet. All others may be anything, and are not guessed at."""

_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an Office workbook"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"%PDF", "a PDF document"),
    (b"<", "a web page or an XML document"),
)
"""First bytes of what the publisher may serve where a CSV was due (an error page with status 200 among them)."""

MOST_LINES = 1_000_000
"""The largest file seen has 400,000; a file of ten million lines took gigabytes to read."""
MOST_LINE_BYTES = 100_000
"""The longest line seen has 400; a line of a hundred million commas took minutes and gigabytes."""
MOST_RECORD_LINES = 1_000
"""Lines over which one record may run, by cells in quotes."""
_HEAD_BYTES = 2 * MOST_LINE_BYTES
"""Bytes in which a header has to stand: the longest seen has 500."""

_UNREAD = "The bytes are kept; nothing of the file is read."
_KEEP = "The bytes are kept; look at where they came from."


class Text(NamedTuple):
    """The text of a file: what of the bytes is text, how it is to be decoded, and what is worth knowing about that."""

    body: bytes
    encoding: str
    """`utf-8-sig`, or `latin-1` or `cp1252` where the bytes are no UTF-8."""
    remarks: tuple[Finding, ...]

    @property
    def is_foreign(self) -> bool:
        """True where the bytes are no UTF-8, so that only names may hold letters beyond ASCII."""
        return self.encoding != _UTF8


def text_of(body: bytes, file_name: str, declared: str = "") -> Text:
    """The text in the bytes of a CSV file; `declared` is the encoding that its schema names where it is not UTF-8.

    Raises FileChanged for what is no CSV: nothing, another kind of file, UTF-16, a NUL among the text, a foreign byte.
    """
    text = _checked(body, file_name, declared)
    return text._replace(remarks=(*text.remarks, *_remarks_on(text.body, file_name)))


def _checked(body: bytes, file_name: str, declared: str = "") -> Text:
    """The text without remarks on its lines: counting these takes as long as all else."""
    start = body[:512].removeprefix(_BOM).lstrip()
    if not start and not body.removeprefix(_BOM).strip():
        raise FileChanged("file.empty", file_name, "", f"{len(body)} bytes and no text", "a CSV file", _KEEP)
    for magic, kind in _KINDS:
        if start.startswith(magic):
            raise FileChanged("file.kind", file_name, "first bytes", kind, "a CSV file", _KEEP)
    _refuse_utf16(body, file_name)
    _refuse_endless(body, file_name)
    text, padding = _without_padding(body, file_name)
    encoding, foreign = _encoding_of(text, file_name, declared)
    return Text(text, encoding, (*padding, *foreign))


def _refuse_endless(body: bytes, file_name: str) -> None:
    """Raise FileChanged for more lines, or a longer line, than could be read in bounded time and memory."""
    lines = max(body.count(b"\n"), body.count(b"\r"))
    if lines > MOST_LINES:
        raise FileChanged("file.size", file_name, "", f"{lines:,} lines", f"at most {MOST_LINES:,}", _UNREAD)
    start = 0
    while len(body) - start > MOST_LINE_BYTES:
        window = (start, start + MOST_LINE_BYTES)
        end = max(body.rfind(b"\n", *window), body.rfind(b"\r", *window))
        if end < 0:
            found, expected = f"a line of more than {MOST_LINE_BYTES:,} bytes", "shorter lines"
            raise FileChanged("file.line", file_name, f"byte offset {start}", found, expected, _UNREAD)
        start = end + 1


def _refuse_utf16(body: bytes, file_name: str) -> None:
    start = body[:4096].rstrip(b"\0")
    if start.startswith(_UTF16) or (len(start) > 8 and start.count(0) * 3 > len(start)):
        found = "text in UTF-16, two bytes a character, as a spreadsheet saves `Unicode text`"
        raise FileChanged("file.encoding", file_name, "first bytes", found, "text in UTF-8", _KEEP)


def _without_padding(body: bytes, file_name: str) -> tuple[bytes, tuple[Finding, ...]]:
    """The bytes without NULs that fill up the file after its last line; a NUL anywhere else is refused."""
    text = body.rstrip(b"\0")
    inner = text.find(0)
    if inner >= 0 or (len(text) < len(body) and not text.endswith((b"\n", b"\r"))):
        raise _wrong_byte("file.nul", file_name, body, inner if inner >= 0 else len(text))
    if len(text) == len(body):
        return body, ()
    found = f"{len(body) - len(text)} NUL bytes after the last line"
    place = f"byte offset {len(text)}"
    return text, (Finding("file.nul", "warning", file_name, place, found, "none", "Read without them."),)


def _encoding_of(body: bytes, file_name: str, declared: str) -> tuple[str, tuple[Finding, ...]]:
    """How the text is to be decoded. Latin-1 is taken only for letters: whether they stand in names is for the reader to see."""
    if body.isascii():
        return _UTF8, ()
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return _foreign_encoding(body, file_name, declared, error.start)
    return _UTF8, ()


def _foreign_encoding(body: bytes, file_name: str, declared: str, first: int) -> tuple[str, tuple[Finding, ...]]:
    foreign = [byte for byte in body if byte > 0x7F]
    if not declared and not _LATIN_LETTERS.issuperset(foreign):
        raise _wrong_byte("file.encoding", file_name, body, first)
    encoding = declared or "latin-1"
    try:
        body.decode(encoding)
    except UnicodeDecodeError as error:
        raise _wrong_byte("file.encoding", file_name, body, error.start) from error
    found = f"{len(foreign)} bytes that are no UTF-8, the first 0x{body[first]:02x}"
    advice = f"Read as {encoding}, in names only."
    return encoding, (
        Finding("file.encoding", "warning", file_name, _place_of(body, first), found, "text in UTF-8", advice),
    )


def _wrong_byte(code: str, file_name: str, body: bytes, offset: int) -> FileChanged:
    place = _place_of(body, offset)
    return FileChanged(code, file_name, place, f"the byte 0x{body[offset]:02x}", "text in UTF-8", _KEEP)


def _place_of(body: bytes, offset: int) -> str:
    return f"row {max(1, len(body[: offset + 1].splitlines()))}, byte offset {offset}"


def lines_of(body: bytes, encoding: str = _UTF8) -> TextIO:
    """The lines of a text with their ends, decoded as they are asked for, without a byte order mark."""
    return io.TextIOWrapper(io.BytesIO(body), encoding=encoding, newline="")


def cells_in(line: str, rest: Iterator[str], file_name: str, number: int) -> list[str]:
    """The cells of the record that begins with `line`; lines are taken from `rest` where a quoted cell runs over them.

    Quoting is strict, because a quote that is never closed would swallow rows without a word: FileChanged then, naming
    row `number`. A line without a quote is its cells with commas between them: no need to ask the csv module, which
    takes twice as long.
    """
    if '"' not in line:
        return line.rstrip("\r\n").split(",")
    try:
        return next(csv.reader(chain((line,), islice(rest, MOST_RECORD_LINES)), strict=True))
    except csv.Error as error:
        expected = "comma-separated cells, quotes in pairs"
        raise FileChanged("file.csv", file_name, f"row {number}", str(error), expected, _KEEP) from error


def rows_of(lines: Iterator[str], file_name: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """The records that begin with the next line, each with its number as a spreadsheet counts; the next one is `first`."""
    for number, line in enumerate(lines, first):
        yield number, cells_in(line, lines, file_name, number)


def header_of(body: bytes, file_name: str) -> tuple[str, ...]:
    """The cells of the first record, as printed, without a byte order mark.

    Only the first lines are looked at: whether the whole is text is for its reader to say, and takes a fifth of a second at
    full size. Raises FileChanged for the wrong encoding there, a zip or HTML where a CSV was due, an empty file, broken
    quoting.
    """
    return first_row(_checked(_first_lines(body), file_name), file_name)


def _first_lines(body: bytes) -> bytes:
    """Whole lines from the start, more than a header can be; what has no line end there is left for the checks to refuse."""
    head = body[:_HEAD_BYTES]
    end = max(head.rfind(b"\n"), head.rfind(b"\r")) + 1
    return head[:end] if end and len(head) < len(body) else head


def first_row(text: Text, file_name: str) -> tuple[str, ...]:
    """The cells of the first record. Raises FileChanged for broken quoting, or letters that are no UTF-8."""
    lines = lines_of(text.body, text.encoding)
    header = tuple(cells_in(next(lines), lines, file_name, 1))
    if text.is_foreign:
        refuse_foreign(header, frozenset(), file_name, 1)
    return header


def refuse_foreign(row: Sequence[str], names_at: frozenset[int], file_name: str, number: int) -> None:
    """Raise FileChanged where a cell that is no name holds a byte that is no UTF-8: a guess there could change a figure."""
    for at, cell in enumerate(row):
        if at not in names_at and not cell.isascii():
            found = f"{cell[:80]!r}, which is no UTF-8"
            place = f"row {number}, cell {at + 1}"
            raise FileChanged("file.encoding", file_name, place, found, "text in UTF-8 outside of names", _KEEP)


def _remarks_on(body: bytes, file_name: str) -> list[Finding]:
    """What is worth knowing of a text: a byte order mark, lines that end in several ways, a last line that does not end."""
    remarks = []
    if body.startswith(_BOM):
        found = ("a byte order mark", "none, as in every file seen", "Read without it.")
        remarks.append(Finding("file.bom", "info", file_name, "first bytes", *found))
    both = body.count(b"\r\n")
    ends = {"CR LF": both, "LF": body.count(b"\n") - both, "CR": body.count(b"\r") - both}
    told = ", ".join(f"{times:,} with {name}" for name, times in ends.items() if times)
    if sum(times > 0 for times in ends.values()) > 1:
        found = (f"lines that end {told}", "one way in a file", "Each was taken for the end of a line.")
        remarks.append(Finding("file.line_ends", "info", file_name, "the whole file", *found))
    if not body.endswith((b"\n", b"\r")):
        found = ("no line end after it", "one, as in every file seen", "The file may have been cut off.")
        remarks.append(Finding("file.last_line", "warning", file_name, "last row", *found))
    return remarks
