"""England by age and sex in one month, as one vintage has it: bars, and the same figures as a table.

Never sums: every figure is one that the publisher stated, the totals too.
"""

from __future__ import annotations

from typing import NamedTuple

from datasette.app import Datasette
from markupsafe import Markup

from archive.site.charts import bar_chart
from archive.site.drawing import svg
from archive.site.reading import rows
from archive.site.wording import day

CELLS = """
select p.age_band, p.sex, s.opt_outs, s.list_size
from months m join age_sex_spans s on s.month_id = m.month_id join age_sex_places p on p.place_id = s.place_id
where m.month = :month and s.since <= :at and (s.until is null or s.until > :at) and p.age_band <> 'deceased'
"""
SEXES = ("female", "male", "unknown", "all")


class Cell(NamedTuple):
    """People of one age and sex."""

    opt_outs: int | None
    list_size: int | None

    @property
    def per_hundred(self) -> float | None:
        """Opt-outs per hundred registered; None where either is not stated."""
        return 100 * self.opt_outs / self.list_size if self.opt_outs is not None and self.list_size else None


class AgeSex(NamedTuple):
    """One month of England."""

    bands: list[tuple[str, dict[str, Cell]]]
    """By age band, youngest first, `unknown` and `all` last: the cell of each sex that is stated."""
    by_age: Markup
    by_sex: Markup


async def age_sex(datasette: Datasette, month: str, at: int) -> AgeSex | None:
    """Ages and sexes of a month as vintage `at` has them; None where they are not stated."""
    found = await rows(datasette, CELLS, {"month": month, "at": at})
    bands: dict[str, dict[str, Cell]] = {}
    for row in found:
        bands.setdefault(row["age_band"], {})[row["sex"]] = Cell(row["opt_outs"], row["list_size"])
    if len(bands) < 2:
        return None
    ordered = sorted(bands.items(), key=lambda one: _age(one[0]))
    ages = [(name, cells["all"].opt_outs) for name, cells in ordered if name != "all" and "all" in cells]
    sexes = [(sex, bands["all"][sex].opt_outs) for sex in SEXES if sex != "all" and sex in bands.get("all", {})]
    return AgeSex(
        ordered,
        svg(bar_chart(f"Opt-outs by age, England, {day(month)}", ages), "ages"),
        svg(bar_chart(f"Opt-outs by sex, England, {day(month)}", sexes), "sexes"),
    )


def _age(band: str) -> tuple[int, int]:
    start = band.partition("-")[0].removesuffix("+")
    return (0, int(start)) if start.isdigit() else (1, band == "all")
