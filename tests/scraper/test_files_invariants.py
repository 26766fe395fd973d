"""What holds for any file: no other error than FileChanged, no order of rows that matters, no way of reading that differs."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraper.errors import FileChanged
from scraper.files import read_file
from scraper.model import Block, Reading
from scraper.records import cells_in, lines_of
from scraper.rows import Tally, plan_of, read_full
from scraper.schema import load_schemas
from scraper.short import read_short

SCHEMAS = load_schemas()
BY_NAME = {schema.name: schema for schema in SCHEMAS}
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure."""
MONTHS = ("01/05/2021", "01/06/2021")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
LIKELY = st.sampled_from(
    (
        *MONTHS, "2021-05-01", "0-9", "Oct-19", "All", "Female", "All deceased", "Unallocated",
        "Z90001", "Z00000001", "0", "5", "-", "z", "25.0", "",
    )
)  # fmt: skip
CELLS = st.lists(st.lists(st.one_of(LIKELY, TEXTS), min_size=1, max_size=16), max_size=6)


def written(*rows: list[str] | tuple[str, ...]) -> bytes:
    """Rows as the csv module writes them, with the publisher's line ends."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def header(name: str) -> list[str]:
    """A schema's own header."""
    return [column.header for column in BY_NAME[name].columns]


def by_month(reading: Reading) -> dict[str, Block]:
    """Blocks without their order."""
    return {block.month: block for block in reading.blocks}


@UNHURRIED
@given(st.sampled_from(SCHEMAS), CELLS)
def test_any_cells_give_a_reading_or_a_named_refusal(schema, rows):
    """Whatever text stands in the cells, nobody meets another exception."""
    width = len(schema.columns)
    rows = [(row * width)[:width] for row in rows]
    with suppress(FileChanged):
        reading = read_file(written(header(schema.name), *rows), "made_up.csv", schema)
        assert reading.rows == sum(len(block.values) for block in reading.blocks)


@UNHURRIED
@given(st.sampled_from(SCHEMAS), st.binary(max_size=60))
def test_any_bytes_give_a_reading_or_a_named_refusal(schema, body):
    """Whatever bytes follow a good header, nobody meets another exception."""
    with suppress(FileChanged):
        read_file(",".join(header(schema.name)).encode() + b"\r\n" + body, "made_up.csv", schema)


COUNTS = st.integers(min_value=0, max_value=10**9)
MONTH_AND_CODE = st.tuples(st.sampled_from(MONTHS), st.text("ABCYZ0159", min_size=3, max_size=8))
PRACTICES = st.dictionaries(MONTH_AND_CODE, st.tuples(COUNTS, COUNTS), min_size=1, max_size=12)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)


def practice_rows(figures: dict[tuple[str, str], tuple[int, int]], name: str) -> list[list[str]]:
    """Rows of a practice file of 2023."""
    return [[month, code, "ZZ1 1AA", name, *["x"] * 9, str(a), str(b)] for (month, code), (a, b) in figures.items()]


@UNHURRIED
@given(PRACTICES, NAMES)
def test_what_is_written_is_read(figures, name):
    """Every figure comes back under its month and code, with its label, whatever the label's text."""
    reading = read_file(
        written(header("reg_geo_2023"), *practice_rows(figures, name)), "made_up.csv", BY_NAME["reg_geo_2023"]
    )
    months = {f"2021-{month[3:5]}-01": month for month, _ in figures}
    assert {(months[b.month], key[0]): value for b in reading.blocks for key, value in b.values.items()} == figures
    assert {label[0] for block in reading.blocks for label in block.labels.values()} == {name}
    assert reading.missing == ()
    assert all(block.printed == {} for block in reading.blocks)


@UNHURRIED
@given(PRACTICES, NAMES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(figures, name, random):
    """A file sorted another way states the same."""
    rows = practice_rows(figures, name)
    shuffled = random.sample(rows, len(rows))
    schema = BY_NAME["reg_geo_2023"]
    one = read_file(written(header("reg_geo_2023"), *rows), "made_up.csv", schema)
    other = read_file(written(header("reg_geo_2023"), *shuffled), "made_up.csv", schema)
    assert by_month(one) == by_month(other)


AGE_ROWS = st.dictionaries(
    st.tuples(st.sampled_from(MONTHS), st.sampled_from(("0-9", "Oct-19", "All")), st.sampled_from(("All", "Male"))),
    st.tuples(COUNTS, st.integers(min_value=1, max_value=10**8), st.booleans()),
    min_size=1,
)


@UNHURRIED
@given(AGE_ROWS)
def test_rates_in_full_and_cut_to_nine_decimals_read_alike(figures):
    """Cutting a rate as a spreadsheet does never looks like a restatement."""

    def rows(*, cut: bool) -> list[list[str]]:
        return [
            [
                *key,
                str(opt_outs),
                str(size),
                repr(round(100 * opt_outs / size, 9) if cut and some else 100 * opt_outs / size),
            ]
            for key, (opt_outs, size, some) in figures.items()
        ]

    whole, cut = (
        read_file(written(header("age_gen_2021"), *rows(cut=cut)), "made_up.csv", BY_NAME["age_gen_2021"])
        for cut in (False, True)
    )
    assert [block.values for block in whole.blocks] == [block.values for block in cut.blocks]


PIECES = st.sampled_from(
    (
        "01/05/2021,", "01/06/2021,", "Z00000001,", "Z00000002,", "Unallocated,", "n,99A,E,s,L,", "a,", ",", "7", "8",
        "\r\n", "\n", "\r", '"', '""', '"n",99A,E,s,L,', '"n\r\n",99A,E,s,L,', "01/06/2021,Z00000001,n,99A,E,s,L,l,",
        "01/05/2021,Z00000001,n,99A,E,s,L,l,7\r\n", '01/05/2021,Z00000002,"n,9",99A,E,s,L,l,7\r\n',
        '01/06/2021,Z00000002,"n,9",99A,E,s,L,l,8\r\n', '01/06/2021,Z00000002,"n,9",99A,E,s,L,l,', ',Z00000001,n,99A,E,s,L,l,7\r\n',
    )
)  # fmt: skip


def outcome_of(way, body: bytes, schema) -> object:
    """Everything that one way of reading makes of a file, or what it says of it."""
    lines = lines_of(body)
    tally = Tally(plan_of(schema, "made_up.csv", tuple(cells_in(next(lines), lines, "made_up.csv", 1))))
    try:
        last = way(lines, tally)
    except FileChanged as refusal:
        return str(refusal)
    return last, tally.blocks, tally.missing, tally.blank_rows, tally.unreadable


@UNHURRIED
@given(st.lists(PIECES, max_size=14))
def test_the_short_way_reads_what_the_full_way_reads(pieces):
    """Looking parts of a line up gives what parsing it gives, however quotes, commas and line ends are strewn about."""
    schema = BY_NAME["res_geo_2023"]
    body = (",".join(header("res_geo_2023")) + "\r\n" + "".join(pieces)).encode()
    assert outcome_of(read_short, body, schema) == outcome_of(read_full, body, schema)


@UNHURRIED
@given(PRACTICES, st.lists(st.sampled_from(("Unallocated", "Z90001")), max_size=4), st.sampled_from(("0", "5", "x")))
def test_the_short_way_minds_markers_as_the_full_way_does(figures, codes, size):
    """A 0 beside `Unallocated` is no list size in any month, also where the row was met before."""
    rows = practice_rows(figures, "n")
    rows += [[month, code, *["u"] * 11, "5", size] for month in MONTHS for code in codes]
    body, schema = written(header("reg_geo_2023"), *rows), BY_NAME["reg_geo_2023"]
    assert outcome_of(read_short, body, schema) == outcome_of(read_full, body, schema)
