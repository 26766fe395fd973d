"""What a file states otherwise than an earlier file of the same layout, found by comparing their lines, which is fast.

Never guesses: wherever lines alone cannot prove it the answer is None, and the file has to be read whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from scraper.cells import day_of
from scraper.errors import FileChanged
from scraper.files import read_file
from scraper.layout import Schema, fit_of
from scraper.model import Difference, Reading
from scraper.unlike_lines import unlike_lines

LABELLED = ("practices", "lsoas")
"""Families of large files: a row is a code, its labels and counts."""

_OF_THE_WHOLE = frozenset({"file.bom", "file.columns", "file.name"})
"""Findings that header and name alone give, so that a part of a file has them exactly when the whole has."""


def difference(
    body: bytes, file_name: str, schema: Schema, earlier: bytes, earlier_name: str, earlier_cells: Mapping[str, int]
) -> Difference | None:
    """What `body` states otherwise than `earlier`, which this schema read before, without repairs or blank rows.

    `earlier_cells` is how many keys it stated by month (YYYY-MM-DD). None where only a whole reading will do: words for keys,
    another header or line end, more than half of the lines new, lines that stand twice, records over several lines, and
    whatever is odd in a line that differs. Where it is not None, the whole reading of `body` states what that of `earlier`
    does, without `unstated` and dropped months and with `stated`. One thing is left to whoever knows all that is stated: a key
    of `stated` may stand in a line of both files too, for which the whole reading raises FileChanged.
    """
    header = _header_of(body)
    if schema.family not in LABELLED or schema.worded or header is None or not earlier.startswith(header):
        return None
    unlike = _unlike(body, earlier, header, sum(earlier_cells.values()))
    if unlike is None or not _one_date_form(header, unlike.stated[0], earlier, schema):
        return None
    months = _months_of(unlike.unstated)
    dropped = _dropped(Counter(months), unlike.stated, earlier_cells, schema)
    remaining = [line for line, month in zip(unlike.unstated, months, strict=True) if month not in dropped]
    before = _read_part(header, remaining, earlier_name, schema) if remaining else None
    after = _read_part(header, unlike.stated, file_name, schema)
    if after is None or (remaining and before is None):
        return None
    return Difference(replace(after, rows=unlike.rows), before, frozenset(dropped.values()))


class _Unlike(NamedTuple):
    """Lines, with their ends, that one of two files has and the other has not."""

    stated: list[bytes]
    unstated: list[bytes]
    rows: int
    """Lines of the new file below its header, each of them a row."""


def _unlike(body: bytes, earlier: bytes, header: bytes, earlier_rows: int) -> _Unlike | None:
    """None where nothing differs or too much does, and where a line of either file may not be one row."""
    if not _is_text(body) or earlier.count(b"\n") - 1 != earlier_rows:
        return None
    stated, unstated = unlike_lines(body, earlier, len(header), _start_of(earlier, header, body)) or ([], [])
    rows = earlier_rows - len(unstated) + len(stated)
    # A carriage return inside a line parts rows too, and could hide that others of the file run over several lines.
    gone = b"".join(unstated)
    is_odd = gone.count(b"\r") != gone.count(b"\r\n")
    if not stated or 2 * len(stated) > rows or is_odd or not _ends_alike(body, header, stated, rows):
        return None
    return _Unlike(stated, unstated, rows)


def _dropped(
    gone: Mapping[bytes, int], stated: list[bytes], earlier_cells: Mapping[str, int], schema: Schema
) -> dict[bytes, str]:
    """Months as printed -> YYYY-MM-DD, of which the new file has no line any more; `gone` is lines by printed month."""
    texts = gone.keys() - set(_months_of(stated))
    forms = [(text, text.decode(errors="replace"), form) for text in texts for form in schema.dates]
    days = {text: day.isoformat() for text, printed, form in forms if (day := day_of(printed, form))}
    return {text: day for text, day in days.items() if earlier_cells.get(day) == gone[text]}


def _months_of(lines: Sequence[bytes]) -> list[bytes]:
    """The first cell of each line, as printed."""
    return [line.partition(b",")[0] for line in lines]


def _header_of(body: bytes) -> bytes | None:
    """The first line with its end; None where it has none, or may run over several lines."""
    header = body[: body.find(b"\n") + 1]
    return header if header and b'"' not in header else None


def _is_text(body: bytes) -> bool:
    """Whether it is text in UTF-8 that ends with a line."""
    if not body.endswith(b"\n") or b"\0" in body:
        return False
    if body.isascii():
        return True
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ends_alike(body: bytes, header: bytes, lines: Sequence[bytes], rows: int) -> bool:
    """Whether all lines of a file end as the header does, where all but these are an earlier file's, which is so read."""
    end = b"\r\n" if header.endswith(b"\r\n") else b"\n"
    returns = rows + 1 if end == b"\r\n" else 0
    return body.count(b"\r") == returns and b"".join(lines).count(end) == len(lines)


def _start_of(earlier: bytes, header: bytes, body: bytes) -> int:
    """Where in `body` the first month of `earlier` begins: below the months that are new; else the first line."""
    month = earlier[len(header) : earlier.find(b",", len(header)) + 1]
    return max(len(header), body.find(b"\n" + month, len(header) - 1) + 1)


def _one_date_form(header: bytes, line: bytes, earlier: bytes, schema: Schema) -> bool:
    """Whether both files state their months, which must stand first, in one form; each part of a file keeps to one anyway."""
    fit = fit_of(schema, header.decode("utf-8-sig").rstrip("\r\n").split(","))
    if fit is None or fit.at["month"] != 0:
        return False
    months = [month.decode(errors="replace") for month in _months_of((line, earlier[len(header) : len(header) + 100]))]
    return any(all(day_of(month, form) for month in months) for form in schema.dates)


def _read_part(header: bytes, lines: Sequence[bytes], file_name: str, schema: Schema) -> Reading | None:
    """The reading of these lines alone; None where a line is not one record, or anything about them needs telling."""
    try:
        part = read_file(header + b"".join(lines), file_name, schema)
    except FileChanged:
        return None
    odd = part.repairs or any(missing.reason == "unreadable" for missing in part.missing)
    odd = odd or any(finding.code not in _OF_THE_WHOLE for finding in part.findings)
    return None if odd or part.rows != len(lines) else part
