"""The words that go with exported tables: README, data package, snippets that work as they stand.

Holds no figure, and reads nothing: what it says of the archive it is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archive.whole_tables import Whole

LICENCE = "Open Government Licence v3.0"
LICENCE_URL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
MADE_UP = "MADE-UP FIGURES: this archive watches a pretend publisher. Nothing in here is a figure of the NHS."
NULLS = "An empty value always has a reason beside it (…_reason) and is never zero."
STOCK = "Every figure is a stock on one day: never add months up."
VINTAGES = """WHICH VINTAGE
The same month is stated by up to twelve releases. One word in the name says which statement a table holds:
  …_latest      what the newest release that covers the month says
  …_first       what was said first
  …_statements  every distinct value, with the vintages from which (since_vintage) until which (until_vintage, not
                included; empty while it stands) it was stated
A vintage is one edition of a release: csv/vintages.csv has its number, day and release. As known at vintage V: the statements with
since_vintage <= V and (until_vintage is null or until_vintage > V). On the site the
questions …_as_of take the day or vintage as one parameter, as_of; the address, the rows and the name of the CSV file repeat it."""
FILES = """FILES
csv/TABLE.csv.gz (exact text) and csv/LIST.csv (for spreadsheets: text that would run as a formula has an apostrophe before it).
UTF-8; an empty field is null.
"""
PARQUET_LAYOUT = """parquet/TABLE.parquet, and parquet/TABLE_statements/month=YYYY-MM-DD/part.parquet (week= in the weekly family),
the layout of Hive, which DuckDB, Spark and Trino read from object storage as it stands. The month is then a column.
"""
PAPERS = """optouts.db: the whole reading copy, an SQLite database. datapackage.json: columns, types and what each means.
manifest.json: rows, bytes and SHA-256 of every file; `optout export tables --check FOLDER` holds the files against it."""


class Origin(NamedTuple):
    """Which state of which archive the tables were made from."""

    publisher: str
    made_up: bool
    vintage: int | None
    """Number of the newest vintage; None while there is none."""
    stated_on: str | None
    label: str | None
    checkpoint: Mapping[str, Any] | None
    """Newest signed checkpoint of the log: origin, size, root."""
    withheld: Sequence[str]
    """SHA-256 of the files whose bytes are withheld: what was made before is no longer given out."""

    def sentence(self) -> str:
        """Vintage and log in one sentence."""
        upto = f"vintages 1 to {self.vintage} (newest: {self.label})" if self.vintage else "no vintage yet"
        if self.checkpoint is None:
            return f"From {upto}; the log is not signed yet."
        said = self.checkpoint
        return f"From {upto}; log {said['origin']}, signed at size {said['size']} with root {said['root']}."


def snippets(place: str) -> dict[str, str]:
    """Three lines each that run as they stand, on the exported files at `place`: a folder, or the site's own `https://…/tables`."""
    practices = f"{place}/csv/practices_latest.csv.gz"
    opened = f'urllib.request.urlopen("{practices}")' if "://" in place else f'open("{practices}", "rb")'
    remote = "library" if "://" in place else "file"
    table = {"library": f'gzcon(url("{practices}"), text = TRUE)', "file": f'gzfile("{practices}")'}[remote]
    found = {
        "Python, nothing to install": "import csv, gzip, urllib.request\n"
        f'lines = gzip.open({opened}, "rt", encoding="utf-8", newline="")\n'
        "practices = list(csv.DictReader(lines))",
        "Python with pandas": "import pandas as pd\n"
        f'practices = pd.read_csv("{practices}", parse_dates=["month"], dtype={{"opt_outs": "Int64", "list_size": "Int64"}})\n'
        'practices["rate"] = 100 * practices["opt_outs"] / practices["list_size"]',
        "R": f'practices <- read.csv({table}, na.strings = "")\n'
        "practices$month <- as.Date(practices$month)\npractices$rate <- 100 * practices$opt_outs / practices$list_size",
    }
    if "://" not in place:
        found["DuckDB, on Parquet"] = (
            "select month, sum(opt_outs) as opt_outs, count(*) as practices\n"
            f"from read_parquet('{place}/parquet/practices_statements/*/part.parquet', hive_partitioning = true)\n"
            "where until_vintage is null group by month order by month"
        )
        found["Spark"] = (
            f'statements = spark.read.parquet("{place}/parquet/practices_statements")\n'
            'latest = statements.where("until_vintage is null")\nlatest.groupBy("month").sum("opt_outs").orderBy("month").show()'
        )
    return found


def readme(
    origin: Origin, tables: Sequence[Whole], breaks: Sequence[Mapping[str, Any]], caveats: Sequence[Mapping[str, Any]],
    *, parquet: bool,
) -> str:  # fmt: skip
    """README.txt: what this is, how to read and cite it, and what must be known before it is used."""
    layout = PARQUET_LAYOUT if parquet else "No Parquet here: it was exported where pyarrow is not installed.\n"
    parts = [
        "The opt-out archive: whole tables to take away",
        MADE_UP if origin.made_up else "",
        origin.sentence(),
        f"{STOCK} {NULLS}",
        VINTAGES,
        f"{FILES}{layout}{PAPERS}\n\n{_listed(tables)}",
        "BREAKS IN THE SERIES (csv/breaks.csv, with sources)\n" + _lines(breaks, "from_on", "title"),
        "CAVEATS (csv/caveats.csv, with sources)\n" + _lines(caveats, "stated", "in_plain_words"),
        _cited(origin),
        "READING THEM (beside this folder, called tables)\n"
        + "\n\n".join(f"{name}:\n{text}" for name, text in snippets("tables").items()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def data_package(origin: Origin, tables: Sequence[Whole], files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A Frictionless data package of the CSV files; `files` gives bytes and SHA-256 by path."""
    licence = {"name": "OGL-UK-3.0", "path": LICENCE_URL, "title": LICENCE}
    label = "Made-up figures: " if origin.made_up else ""
    return {
        "profile": "data-package",
        "name": "opt-out-archive-tables",
        "title": f"{label}The opt-out archive: whole tables",
        "description": f"{MADE_UP + ' ' if origin.made_up else ''}{origin.sentence()} {STOCK} {NULLS}",
        "licenses": [licence],
        "sources": [{"title": f"{origin.publisher}: National Data Opt-out"}],
        "resources": [_resource(table, path, files[path]) for table in tables if (path := csv_path(table)) in files],
    }


def csv_path(table: Whole) -> str:
    """Where a table's CSV lies in the folder."""
    return f"csv/{table.name}.csv" if table.small else f"csv/{table.name}.csv.gz"


def _resource(table: Whole, path: str, file: Mapping[str, Any]) -> dict[str, Any]:
    fields = [{"name": one.name, "type": one.kind, "description": one.description} for one in table.columns]
    packed = {} if table.small else {"compression": "gz"}
    return {
        "profile": "tabular-data-resource", "name": table.name.replace("_", "-"), "title": table.title,
        "description": table.description, "path": path, "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
        **packed, "bytes": file["bytes"], "hash": f"sha256:{file['sha256']}",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "header": True},
        "schema": {"fields": fields, "missingValues": [""]},
    }  # fmt: skip


def _listed(tables: Sequence[Whole]) -> str:
    wide = max(len(table.name) for table in tables)
    return "\n".join(f"  {table.name:<{wide}}  {table.title}" for table in tables)


def _lines(rows: Sequence[Mapping[str, Any]], first: str, then: str) -> str:
    return "\n".join(f"  {row[first]}: {row[then]}" for row in rows) or "  none"


def _cited(origin: Origin) -> str:
    who, upto = origin.publisher, f"vintages 1 to {origin.vintage}" if origin.vintage else "no vintage"
    root = f", log root {origin.checkpoint['root']}" if origin.checkpoint else ""
    year = (origin.stated_on or "")[:4]
    plain = f"{who}, National Data Opt-out, as kept by the Opt-out archive: whole tables, {upto}{root}. {LICENCE}."
    key, author = f"optouts-tables-{origin.vintage or 0}", re.sub(r"([&%$#_{}])", r"\\\1", who)
    bibtex = (
        f"@misc{{{key},\n  author = {{{{{author}}}}},\n  title = {{National Data Opt-out: whole tables, {upto}}},\n"
        f"  year = {{{year}}},\n  note = {{kept by the Opt-out archive{root}; {LICENCE}}}\n}}"
    )  # fmt: skip
    return (
        f"LICENCE AND CITATION\nContains public sector information of {who}, licensed under the {LICENCE}:\n{LICENCE_URL}\n"
        f"Cite the SHA-256 of the file that you used (manifest.json) with it.\n\n{plain}\n\n{bibtex}"
    )
