"""What the publisher's own files must come out as: the two held in ../shared/real, to the digit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scraper.files import header_of, read_file
from scraper.model import Block, Key, Reading
from scraper.schema import load_schemas, schema_for

JULY, APRIL = "NDOP_age_gen_Jul_2021.csv", "NDOP_age_gen_Apr_2022.csv"
BANDS = ("0-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80-89", "90+")

# month: opt-outs, list size, rate as usually quoted, opted-out people who have died
ENGLAND_JULY = {
    "2020-08-01": (1577836, 60423015, 2.6113, 74891),
    "2020-09-01": (1614137, 60417236, 2.6716, 75835),
    "2020-10-01": (1616720, 60470172, 2.6736, 76793),
    "2020-11-01": (1616791, 60528446, 2.6711, 78154),
    "2020-12-01": (1616484, 60570367, 2.6688, 79476),
    "2021-01-01": (1616213, 60606345, 2.6667, 80997),
    "2021-02-01": (1615665, 60618754, 2.6653, 83076),
    "2021-03-01": (1616294, 60650740, 2.6649, 84671),
    "2021-04-01": (1646698, 60744002, 2.7109, 85905),
    "2021-05-01": (1650335, 60798847, 2.7144, 87064),
    "2021-06-01": (1757764, 60860759, 2.8882, 88127),
    "2021-07-01": (3032917, 60970002, 4.9744, 89331),
}
ENGLAND_APRIL = {month: ENGLAND_JULY[month] for month in ("2021-05-01", "2021-06-01", "2021-07-01")} | {
    "2021-08-01": (3206023, 61032314, 5.2530, 90726),
    "2021-09-01": (3264327, 61063509, 5.3458, 92144),
    "2021-10-01": (3289971, 61194033, 5.3763, 93582),
    "2021-11-01": (3298457, 61300225, 5.3808, 95341),
    "2021-12-01": (3305099, 61395839, 5.3833, 97225),
    "2022-01-01": (3317212, 61469262, 5.3965, 98815),
    "2022-02-01": (3323203, 61526961, 5.4012, 101042),
    "2022-03-01": (3325686, 61573603, 5.4012, 102708),
    "2022-04-01": (3328566, 61625745, 5.4013, 104580),
}

Real = Callable[[str], bytes]


def reading_of(body: bytes, name: str) -> Reading:
    """One of the real files, read by the schema that its header fits."""
    return read_file(body, name, schema_for(header_of(body, name), name, load_schemas()))


@pytest.mark.parametrize(("name", "england"), [(JULY, ENGLAND_JULY), (APRIL, ENGLAND_APRIL)])
def test_england_comes_out_to_the_digit(real: Real, name, england):
    """Opt-outs, list size, rate and deceased people of every month are those the publisher printed."""
    blocks = {block.month: block.values for block in reading_of(real(name), name).blocks}
    assert list(blocks) == sorted(england, reverse=True)
    for month, (opt_outs, list_size, rate, deceased) in england.items():
        assert blocks[month]["all", "all"] == (opt_outs, list_size, 100 * opt_outs / list_size)
        assert round(100 * opt_outs / list_size, 4) == rate
        assert blocks[month]["deceased", "all"] == (deceased, None, None)


@pytest.mark.parametrize(("name", "rows", "repaired"), [(JULY, 464, 33), (APRIL, 468, 24)])
def test_the_damaged_band_is_repaired_as_often_as_it_was_damaged(real: Real, name, rows, repaired):
    """Excel turned 10-19 into Oct-19 in the older months; after repair every month has all ten bands."""
    reading = reading_of(real(name), name)
    assert (reading.schema, reading.rows, reading.blank_rows, reading.findings) == ("age_gen_2021", rows, 0, ())
    assert [(r.field, r.raw, r.repaired, r.count) for r in reading.repairs] == [
        ("age_band", "Oct-19", "10-19", repaired)
    ]
    assert all(("10-19", sex) in block.values for block in reading.blocks for sex in ("all", "female", "male"))
    raw = [texts[0] for block in reading.blocks for texts in block.printed.values()]
    assert raw.count("Oct-19") == repaired


@pytest.mark.parametrize("name", [JULY, APRIL])
def test_the_identities_of_every_month_hold(real: Real, name):
    """Ages sum to all, sexes sum to all, each sex's ages to its all, deceased sexes to all deceased; lists likewise."""
    for block in reading_of(real(name), name).blocks:
        bands = [(band, "all") for band in BANDS]
        assert total(block, *bands, ("unknown", "all")) == total(block, ("all", "all"))
        assert total(block, ("all", "female"), ("all", "male"), ("all", "unknown")) == total(block, ("all", "all"))
        for sex in ("female", "male"):
            assert total(block, *((band, sex) for band in BANDS)) == total(block, ("all", sex))
        dead = [key for key in block.values if key[0] == "deceased" and key[1] != "all"]
        assert total(block, *dead) == total(block, ("deceased", "all"))


def total(block: Block, *keys: Key) -> tuple[float, float]:
    """Opt-outs and list sizes of some keys, summed; a list size that does not apply adds nothing."""
    return tuple(sum(block.values[key][i] or 0 for key in keys) for i in (0, 1))


@pytest.mark.parametrize("name", [JULY, APRIL])
def test_a_month_has_39_rows_since_december_2020_and_38_before(real: Real, name):
    """Before, nobody who had died was counted with an unknown sex."""
    for block in reading_of(real(name), name).blocks:
        assert len(block.values) == (39 if block.month >= "2020-12-01" else 38)
        assert (("deceased", "unknown") in block.values) == (block.month >= "2020-12-01")


def test_what_two_releases_state_alike_reads_alike(real: Real):
    """The three months that both files state differ in printed rates and not in one value: no false restatement."""
    july, april = ({b.month: b for b in reading_of(real(name), name).blocks} for name in (JULY, APRIL))
    both = july.keys() & april.keys()
    assert both == {"2021-05-01", "2021-06-01", "2021-07-01"}
    assert all(july[month].values == april[month].values for month in both)
    printed = sum(july[m].printed[key] != april[m].printed[key] for m in both for key in july[m].printed)
    assert printed > 0


@pytest.mark.parametrize("name", [JULY, APRIL])
def test_every_null_of_the_real_files_has_the_reason_that_it_does_not_apply(real: Real, name):
    """List sizes and rates of unknown and deceased people are null, nothing else is, and nothing is unreadable."""
    reading = reading_of(real(name), name)
    assert {missing.reason for missing in reading.missing} == {"not_applicable"}
    assert all("unknown" in missing.key or "deceased" in missing.key for missing in reading.missing)
    nulls = sum(value is None for block in reading.blocks for values in block.values.values() for value in values)
    assert nulls == len(reading.missing)
