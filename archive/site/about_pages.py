"""`/about` and `/for-researchers`: what this is and how to check us; which table to start with and how to load it.

Holds no figure; row counts are those of the newest statement of each month.
"""

from __future__ import annotations

from typing import NamedTuple

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.promise import DOES_NOT_PROVE, PROVES
from archive.site.citation import cite_tables
from archive.site.page import page
from archive.site.reading import DATABASE, rows
from archive.site.table_pages import manifest_of, offered
from archive.table_words import snippets as table_snippets

ROWS = """
select family, sum(cells) as rows, count(*) as months, min(month) as first_month, max(month) as last_month from (
  select c.family, m.month, c.cells from coverage c join months m using (month_id)
  where c.vintage = (select max(n.vintage) from coverage n where n.family = c.family and n.month_id = c.month_id)
  union all
  select c.family, w.week, c.cells from weekly_coverage c join weeks w using (week_id)
  where c.vintage = (select max(n.vintage) from weekly_coverage n where n.family = c.family and n.week_id = c.week_id)
) group by family order by family
"""


class Grain(NamedTuple):
    """What one row of a family is."""

    family: str
    one_row: str
    counts: str
    remark: str


GRAINS = (
    Grain(
        "age_sex",
        "England, one month, one age band, one sex",
        "people registered with a practice or with none",
        "all is a row of its own",
    ),
    Grain(
        "practices",
        "one GP practice, one month",
        "people registered there",
        "`Unallocated` is a row; lists under 1,000 make odd rates",
    ),
    Grain("lsoas", "one neighbourhood (LSOA), one month", "people who live there", "no denominator is published"),
    Grain(
        "areas",
        "one area, one month",
        "local authorities by residence, all others by registration",
        "summed by the release’s own columns",
    ),
    Grain(
        "workbook_england",
        "England, one month",
        "as Table 1 of the release workbook",
        "deceased people beside the total",
    ),
    Grain("workbook_age_sex", "one age band, one sex", "as Table 2", "the newest month only"),
    Grain("workbook_practices", "one GP practice", "as Table 3", "the newest month only"),
    Grain("workbook_areas", "one CCG or sub-ICB location", "as Table 4", "the newest month only"),
    Grain(
        "weekly", "one group or area, one Wednesday", "as the dashboard export", "never merged with the monthly files"
    ),
)


async def about_page(datasette: Datasette, request: Request) -> Response:
    """What this is, what its record proves, how anybody can check it."""
    return await page(datasette, request, "about.html", {"proves": PROVES, "does_not_prove": DOES_NOT_PROVE})


async def researchers_page(datasette: Datasette, request: Request) -> Response:
    """Families, grains, how many rows there are, and snippets that work as they stand."""
    counts = {row["family"]: row for row in await rows(datasette, ROWS)}
    if areas := counts.get("practices"):
        counts["areas"] = {**areas, "family": "areas", "rows": None}
    newest = counts["age_sex"]["last_month"] if "age_sex" in counts else None
    held = "practices" if "practices" in counts else "age_sex"
    base = datasette.absolute_url(request, f"/{DATABASE}")
    manifest = await manifest_of(datasette)
    context = {
        "grains": GRAINS, "counts": counts, "newest": newest,
        "snippets": snippets(base, newest or "2022-04-01", held),
        "manifest": manifest, "offered": offered(manifest) if manifest else [],
        "of_tables": table_snippets(datasette.absolute_url(request, "/tables")) if manifest else {},
        "of_folder": table_snippets("tables"),
        "cited": cite_tables(manifest, datasette.absolute_url(request, "/tables/manifest.json")) if manifest else None,
    }  # fmt: skip
    return await page(datasette, request, "researchers.html", context)


def snippets(base: str, month: str, family: str = "practices") -> dict[str, str]:
    """Three lines each, for one month of a family that is held and for the whole England series; they need no key."""
    table = f"{base}/{family}_latest.csv?_stream=on&month={month}"
    england = f"{base}/england_series.csv"
    return {
        "Python": f'import pandas as pd\n{family} = pd.read_csv("{table}", parse_dates=["month"])\n'
        f'england = pd.read_csv("{england}", parse_dates=["month"])',
        "R": f'{family} <- read.csv("{table}")\nengland <- read.csv("{england}")\nengland$month <- as.Date(england$month)',
        "Shell and DuckDB": f"curl -s '{table}' -o {family}.csv\ncurl -s '{england}' -o england.csv\n"
        "duckdb -c \"select month, opt_outs from 'england.csv' order by month\"",
    }
