"""Stories of two files of one layout: only what differs is read, and the whole is known all the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_lines import RES, SCHEMAS, area

from scraper.differences import difference
from scraper.files import read_file
from scraper.model import Block, Reading
from scraper.unlike_lines import unlike_lines

SCHEMA = SCHEMAS["res_geo_2023"]
NAME = "NDOP_res_geo_made_up.csv"
MONTHS = ("01/03/2021", "01/02/2021", "01/01/2021")


def lines_of(changes: dict[tuple[str, str], str] | None = None, months: tuple[str, ...] = MONTHS) -> list[str]:
    """Twelve made-up areas a month; `changes` is another count, or a whole line, by (month, code)."""
    found = []
    for month in months:
        for number in range(12):
            code = f"Z{number:08d}"
            other = (changes or {}).get((month, code), str(number + 5))
            found.append(other if "," in other else area(code, other, month))
    return found


def body_of(lines: list[str], end: str = "\r\n") -> bytes:
    return "".join(line + end for line in (RES, *lines)).encode()


def compared(new: bytes, old: bytes, name: str = NAME):
    """What `difference` says of a new file beside an old one that was read whole."""
    cells = {block.month: len(block.values) for block in read_file(old, NAME, SCHEMA).blocks}
    return difference(new, name, SCHEMA, old, NAME, cells)


def put_together(old: Reading, found) -> dict[str, Block]:
    """The old reading without what the new file does not state, and with what it states otherwise."""
    months = {b.month: Block(b.month, dict(b.values), dict(b.labels), dict(b.printed)) for b in old.blocks}
    for month in found.dropped:
        del months[month]
    for block in found.unstated.blocks if found.unstated else ():
        for key in block.values:
            for part in (months[block.month].values, months[block.month].labels, months[block.month].printed):
                part.pop(key, None)
    for block in found.stated.blocks:
        month = months.setdefault(block.month, Block(block.month, {}, {}, {}))
        assert not month.values.keys() & block.values.keys()
        month.values.update(block.values)
        month.labels.update(block.labels)
        month.printed.update(block.printed)
    return months


def test_a_window_that_moves_on_is_read_by_its_new_month_and_its_revisions():
    """Of 36 rows the twelve of the new month and the two revised ones are read, and the dropped month is only named."""
    old = body_of(lines_of(months=("01/02/2021", "01/01/2021", "01/12/2020")))
    revised = {("01/02/2021", "Z00000003"): "99", ("01/01/2021", "Z00000011"): "1000"}
    new = body_of(lines_of(revised))
    found = compared(new, old)
    assert {block.month: len(block.values) for block in found.stated.blocks} == {
        "2021-03-01": 12, "2021-02-01": 1, "2021-01-01": 1,
    }  # fmt: skip
    assert found.dropped == {"2020-12-01"}
    assert sum(len(block.values) for block in found.unstated.blocks) == 2
    whole = read_file(new, NAME, SCHEMA)
    assert replace(found.stated, blocks=whole.blocks) == whole
    assert put_together(read_file(old, NAME, SCHEMA), found) == {block.month: block for block in whole.blocks}


LINE = area("Z00000003", "7", MONTHS[1])


@pytest.mark.parametrize(
    "new",
    [
        body_of([*lines_of(), LINE.replace(",7", ",x")]),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE.replace(",7", ",x")})),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE.replace("Made-up 001A", '"Made-up 001A')})),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE.replace("Made-up 001A", '"Made-up\r\n001A"')})),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE.replace(MONTHS[1], "2021-02-01")})),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE + "\r\n" + LINE})),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE + "\r\n" + "," * 8})),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE}), end="\n"),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE})).removesuffix(b"\r\n"),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE})).replace(b",7\r\n", b",7\n"),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE})) + b"\0",
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE})).replace(b"Made-up 001A", b"Mad\xe9-up 001A"),
        body_of(lines_of({(MONTHS[1], "Z00000003"): LINE})).replace(b"ACH_DATE", b"ach_date"),
        body_of([area(f"Z{n:08d}", "1", month) for n in range(12) for month in MONTHS]),
        body_of(lines_of()),
    ],
    ids=[
        "a row too many that cannot be read", "unreadable", "an open quote", "a record over two lines", "another date form",
        "a line twice", "a blank row", "other line ends", "no last line end", "one other line end", "a NUL", "no UTF-8",
        "another header", "most lines differ", "nothing differs",
    ],
)  # fmt: skip
def test_whatever_is_odd_asks_for_the_whole_file(new):
    """A line that is odd in any way, or a file with too little in common: no difference is offered."""
    assert compared(new, body_of(lines_of())) is None


def test_a_strange_file_name_is_told_as_the_whole_reading_tells_it():
    """Findings about the file as a whole are the same by either way."""
    new = body_of(lines_of({(MONTHS[0], "Z00000001"): "3"}))
    found = compared(new, body_of(lines_of()), "residence.csv")
    assert found.stated.findings == read_file(new, "residence.csv", SCHEMA).findings
    assert [finding.code for finding in found.stated.findings] == ["file.name"]


def test_a_line_put_in_shifts_the_others_and_is_the_only_one_found():
    """Two hundred lines after one more at the top: they are met again, and only the new one is told."""
    head, common = b"head\r\n", [b"common %d\r\n" % n for n in range(200)]
    found = unlike_lines(b"".join([head, b"more\r\n", *common]), b"".join([head, *common]), 6, 6)
    assert found == ([b"more\r\n"], [])


def test_texts_that_part_for_good_are_not_compared_to_the_end():
    """Two hundred other lines after ten common ones: no difference is offered."""
    head, common = b"head\r\n", [b"common %d\r\n" % n for n in range(10)]
    mine, theirs = ([*common, *(b"%s %d\r\n" % (word, n) for n in range(200))] for word in (b"mine", b"theirs"))
    assert unlike_lines(head + b"".join(mine), head + b"".join(theirs), 6, 6) is None


LINES = st.lists(st.sampled_from([b"%d,%s\r\n" % (n, b"x" * (n % 5)) for n in range(30)]), max_size=40)


@settings(max_examples=200, deadline=None)
@given(LINES, LINES, LINES, st.integers(0, 40))
def test_comparing_in_place_finds_what_sets_find(top, new, old, repeat):
    """Whatever was put in, taken out or changed, the lines found are those that the other text has not, each once."""
    head, common = b"head\r\n", [b"common %d\r\n" % n * (n % 7) for n in range(repeat)]
    mine, theirs = [*top, *common, *new], [*common, *old]
    at = len(head) + len(b"".join(top))
    found = unlike_lines(head + b"".join(mine), head + b"".join(theirs), len(head), at)
    lines = b"".join(mine).splitlines(keepends=True)
    others = b"".join(theirs).splitlines(keepends=True)
    if max(Counter([*lines, *others]).values(), default=0) > 2 or len(set(others)) < len(others):
        return  # a file that was read has no line twice
    twice = {line for line, times in Counter(lines).items() if times > 1}
    if found is None:
        assert twice
        return
    assert Counter(found[1]) == Counter(others) - Counter(lines)
    assert Counter(found[0]) == Counter(lines) - Counter(others)
