"""Owns made-up releases of the real size: some 33,000 LSOAs, 6,600 practices, 12 months each, with revisions of known number.

Never a real figure. Deterministic by seed, and a shorter run is byte for byte the beginning of a longer one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tests.made_up_layouts import (
    AGE_COLUMNS,
    REG_COLUMNS,
    RES_COLUMNS,
    AgeCells,
    Dates,
    SubIcb,
    age_cells,
    age_rows,
    as_file,
    date_text,
    fields,
    months_to,
    period_words,
    tag,
)
from tests.made_up_workbook import Figures, release_workbook
from tests.made_up_world import WINDOW, World, made_world, next_month, revise


@dataclass(frozen=True, slots=True)
class Record:
    """What is true of one made-up release."""

    number: int
    period: str
    """YYYY-MM of the newest month."""
    published_on: str
    files: dict[str, tuple[int, int, str]]
    """File name to (bytes, data rows, SHA-256)."""
    restated: dict[tuple[str, str], int]
    """(family, month) to the number of keys stated by this release and the one before with another value."""

    def restated_in(self, family: str) -> int:
        """Keys of a family that this release restates, over all months."""
        return sum(count for (name, _), count in self.restated.items() if name == family)


@dataclass(frozen=True, slots=True)
class MadeUpRelease:
    """One made-up release: the record and the bytes, ready to be published."""

    record: Record
    slug: str
    title: str
    files: dict[str, bytes]


Stated = dict[str, dict[int, list[object]]]
"""Family to month to the figures of every key in a fixed order: what is compared between two releases."""


def _stated(world: World, months: range) -> Stated:
    # A practice that is not open in a month is no key of it; None stands in its place.
    open_ = {
        m: [v if p.born <= m < p.dies else None for v, p in zip(world.reg[m], world.practices, strict=False)]
        for m in months
    }  # fmt: skip
    ages = {m: list(_ages(world, m).values()) for m in months}
    return {
        "lsoas": {m: [*world.res[m], world.total(m) - sum(world.res[m])] for m in months},
        "practices": {m: [*open_[m], world.lost[m]] for m in months},
        "age_sex": {m: list(ages[m]) for m in months},
    }


def _restated(before: Stated, after: Stated, names: dict[int, str]) -> dict[tuple[str, str], int]:
    found = {}
    for family, months in after.items():
        for month in months.keys() & before[family].keys():
            old, new = before[family][month], months[month]
            found[family, names[month]] = sum(a != b for a, b in zip(old, new, strict=True))
    return {key: found[key] for key in sorted(found)}


def _ages(world: World, month: int) -> AgeCells:
    return age_cells(world.total(month), world.list_size(month), 90_000 + 2_000 * month)


def _age_file(world: World, months: range, names: dict[int, str], column: str) -> bytes:
    newest = months.stop - 1
    rows = (age_rows(names[m], _ages(world, m), damaged=newest - m > 3) for m in reversed(months))
    return as_file(AGE_COLUMNS + column, chain.from_iterable(rows))


def _res_file(world: World, months: range, names: dict[int, str], dates: Dates, *, old_names: bool) -> bytes:
    subs = [fields((one.code, one.ons, _sub_name(one, old=old_names))) for one in world.subs]
    las = [fields(one) for one in world.authorities]
    labels = [f",{code},{fields((name,))},{subs[sub]},{las[la]}," for code, name, la, sub in world.lsoas]
    rows: list[str] = []
    for month in reversed(months):
        when, values = date_text(names[month], dates), world.res[month]
        rows += [f"{when}{label}{value}\r\n" for label, value in zip(labels, values, strict=True)]
        rows.append(f"{when}{',Unallocated' * 7},{world.total(month) - sum(values)}\r\n")
    return as_file(RES_COLUMNS, rows)


def _sub_name(one: SubIcb, *, old: bool) -> str:
    return one.name.partition(" ICB")[0] + f" {one.code} CCG" if old else one.name


def _reg_file(world: World, months: range, names: dict[int, str], *, old_names: bool) -> bytes:
    tails = [fields((one.code, one.ons, _sub_name(one, old=old_names), *one[3:])) for one in world.subs]
    rows: list[str] = []
    for month in reversed(months):
        when = date_text(names[month], "dd/mm/yyyy")
        for one, opt_outs, size in zip(world.practices, world.reg[month], world.lists[month], strict=False):
            if one.born <= month < one.dies:
                name = one.renamed[1] if one.renamed and one.renamed[0] <= month else one.name
                labels = f"{one.code},ZZ{one.sub} {one.code[-1]}AA,{fields((name,))},{tails[one.sub]}"
                rows.append(f"{when},{labels},{opt_outs},{size}\r\n")
        rows.append(f"{when}{',Unallocated' * 12},{world.lost[month]},0\r\n")
    return as_file(REG_COLUMNS, rows)


def _workbook(world: World, months: range, names: dict[int, str], period: str, *, old: bool) -> bytes:
    """The release workbook: practices and areas of the newest month, England in all of them."""
    newest = months.stop - 1
    england = [
        (names[month], world.total(month), world.list_size(month), 90_000 + 2_000 * month) for month in reversed(months)
    ]
    surgeries, sums = [], [[0, 0] for _ in world.subs]
    for one, opt_outs, size in zip(world.practices, world.reg[newest], world.lists[newest], strict=False):
        if one.born <= newest < one.dies:
            name = one.renamed[1] if one.renamed and one.renamed[0] <= newest else one.name
            surgeries.append((one.code, name, opt_outs, size))
            sums[one.sub] = [sums[one.sub][0] + opt_outs, sums[one.sub][1] + size]
    areas = [
        (one.ons, one.code, _sub_name(one, old=old), opt_outs, size, opt_outs // 30)
        for one, (opt_outs, size) in zip(world.subs, sums, strict=True)
        if size
    ]
    figures = Figures(period, england, _ages(world, newest), surgeries, areas, world.lost[newest])
    return release_workbook(figures, "2022" if old else "2023")


def _next_day(period: str) -> str:
    year, number = map(int, period.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02d}-14"


def releases(
    count: int, *, seed: str = "made-up", lsoas: int = 32_844, practices: int = 6_600, first: str = "2021-09",
    rate: float = 0.005, renamed_from: str = "2022-07", iso_from: str = "2023-02",
) -> Iterator[MadeUpRelease]:  # fmt: skip
    """`count` monthly releases from `first` (YYYY-MM) on, one at a time, figures consistent between the three files.

    Each restates the eleven months before its newest; `rate` is the share of restated LSOA and practice cells it revises.
    From `renamed_from` on sub-ICB names replace CCG names; from `iso_from` on res_geo has ISO dates and age_gen OPT_OUT_RATE.
    """
    world = made_world(seed, rate, lsoas, practices)
    year, number = map(int, first.split("-"))
    before: Stated = {}
    for index in range(count):
        months = range(index, index + WINDOW)
        if index:
            revise(world, months[:-1])
            next_month(world, months[-1])
        ends = year * 12 + number - 1 + index
        period = f"{ends // 12}-{ends % 12 + 1:02d}"
        names = dict(zip(reversed(months), months_to(period, WINDOW), strict=True))
        stated = _stated(world, months)
        files = _files(world, months, names, period, old_names=period < renamed_from, iso=period >= iso_from)
        record = Record(
            index + 1, period, _next_day(period),
            {name: (len(body), body.count(b"\n") - 1, hashlib.sha256(body).hexdigest()) for name, body in files.items()},
            _restated(before, stated, names) if before else {},
        )  # fmt: skip
        words = period_words(period)
        yield MadeUpRelease(
            record, words.lower().replace(" ", "-"), f"National Data Opt-out, {words} (made-up figures)", files
        )  # fmt: skip
        before = stated
        for figures in (world.res, world.reg, world.lists, world.lost):
            figures.pop(index)


def _files(
    world: World, months: range, names: dict[int, str], period: str, *, old_names: bool, iso: bool
) -> dict[str, bytes]:
    name = tag(period)
    return {
        f"NDOP_age_gen_{name}.csv": _age_file(world, months, names, "OPT_OUT_RATE" if iso else "RATE"),
        f"NDOP_reg_geo_{name}.csv": _reg_file(world, months, names, old_names=old_names),
        f"NDOP_res_geo_{name}.csv": _res_file(
            world, months, names, "iso" if iso else "dd/mm/yyyy", old_names=old_names
        ),
        f"NDOP_sum_{name}.xlsx": _workbook(world, months, names, period, old=old_names),
    }


def full_size(directory: Path, count: int, **options: object) -> tuple[Record, ...]:
    """Write `count` releases, each into a folder named by its period, and give the true record of each."""
    records = []
    for one in releases(count, **options):  # type: ignore[arg-type]  # the options are those of `releases`
        folder = directory / one.record.period
        folder.mkdir(parents=True, exist_ok=True)
        for name, body in one.files.items():
            (folder / name).write_bytes(body)
        records.append(one.record)
    return tuple(records)
