"""Every snippet that the page for researchers shows is run as it stands, on the site and on an exported folder. All made up."""

from __future__ import annotations

import csv
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from html import unescape

import pytest

from archive.table_words import snippets
from tests.archive.made_site import filled_archive
from tests.archive.made_tables import exported, lines
from tests.archive.test_serve import served
from tests.archive.visitor import Visitor

SPARK = """
from pyspark.sql import SparkSession
local = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
spark = local.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
"""


def has(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


NEEDS = {
    "Python": (has("pandas"), "pandas is not installed: the snippet for pandas was not run"),
    "Python with pandas": (has("pandas"), "pandas is not installed: the snippet for pandas was not run"),
    "R": (shutil.which("Rscript"), "Rscript is not on this machine: the snippet for R was not run"),
    "Shell and DuckDB": (shutil.which("duckdb"), "the program duckdb is not on this machine: its snippet was not run"),
    "DuckDB, on Parquet": (
        has("duckdb", "pyarrow"),
        "duckdb or pyarrow is not installed (the extra `bench`): the snippet for DuckDB was not run",
    ),
    "Spark": (
        has("pyspark", "pyarrow") and shutil.which("java"),
        "pyspark, pyarrow or Java is missing (the extras `spark` and `tables`): the snippet for Spark was not run",
    ),
}


def need(name):
    there, sentence = NEEDS.get(name, (True, ""))
    if not there:
        pytest.skip(sentence)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """An archive with its tables exported beside it, as the site offers them."""
    directory = filled_archive(tmp_path_factory.mktemp("filled"))
    exported(directory, directory / "tables")
    return directory


@pytest.fixture(scope="module")
def site(data):
    """Its address on a real socket."""
    with served(data) as (_, place):
        yield f"http://{place.netloc}"


def on_page(page):
    """Snippets on the page by the headings above them."""
    found = re.findall(r'<h3>([^<]+)</h3>\s*<pre class="copy">(.*?)</pre>', page, re.DOTALL)
    return {unescape(name): unescape(text) for name, text in found}


def ran(program, directory, *arguments):
    """What a program printed. Fails where it does."""
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        [program, *arguments], check=False, capture_output=True, text=True, cwd=directory, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def answer(name, text, directory):
    """The number of rows that a snippet of Python or R holds in `practices` afterwards."""
    if name.startswith("Python"):
        return int(ran(sys.executable, directory, "-c", f"{text}\nprint(len(practices))"))
    return int(ran("Rscript", directory, "-e", f"{text}\ncat(nrow(practices))"))


def test_every_snippet_is_three_lines_and_stands_on_the_page(data, site):
    """Those of the exported folder and those of the site's own addresses."""
    with urllib.request.urlopen(f"{site}/for-researchers") as page:
        shown = on_page(page.read().decode())
    for place, said in (("tables", "from an exported folder"), (f"{site}/tables", "from this site")):
        for name, text in snippets(place).items():
            assert shown[f"{name}, {said}"] == text
    assert all(len(text.splitlines()) == 3 for text in shown.values())


@pytest.mark.parametrize("name", ["Python, nothing to install", "Python with pandas", "R"])
def test_the_exported_folder_is_read_in_three_lines(data, name):
    """As many practices and months as were exported, without the site."""
    need(name)
    assert answer(name, snippets("tables")[name], data) == len(lines(data / "tables/csv/practices_latest.csv.gz")) > 0


@pytest.mark.parametrize("name", ["Python, nothing to install", "Python with pandas", "R"])
def test_the_site_is_read_in_three_lines(data, site, name):
    """The same from the address that the page shows, over a real socket and without a key."""
    need(name)
    assert answer(name, snippets(f"{site}/tables")[name], data) == len(
        lines(data / "tables/csv/practices_latest.csv.gz")
    )


@pytest.mark.parametrize("name", ["Python", "R"])
def test_one_month_is_read_from_the_tables_of_the_site(data, site, name):
    """The first snippets on the page: the newest month of practices."""
    need(name)
    with urllib.request.urlopen(f"{site}/for-researchers") as page:
        text = on_page(page.read().decode())[name]
    newest = [line for line in lines(data / "tables/csv/practices_latest.csv.gz") if line["month"] == "2022-04-01"]
    assert answer(name, text, data) == len(newest) > 0


def test_the_shell_snippet_prints_the_series_of_england(data, site, tmp_path):
    """As pasted: fetched with curl, asked with DuckDB."""
    need("Shell and DuckDB")
    with urllib.request.urlopen(f"{site}/for-researchers") as page:
        text = on_page(page.read().decode())["Shell and DuckDB"]
    assert "3264300" in ran("sh", tmp_path, "-c", text)


def by_month(data):
    """Opt-outs of all practices by month, counted from the CSV: within a month, not across months."""
    sums = {}
    for line in lines(data / "tables/csv/practices_latest.csv.gz"):
        sums[line["month"]] = sums.get(line["month"], 0) + int(line["opt_outs"] or 0)
    return sums


def test_duckdb_reads_the_months_as_they_lie(data, monkeypatch):
    """The month out of the folder's name is a date, and the sums are those of the CSV."""
    need("DuckDB, on Parquet")
    import duckdb

    monkeypatch.chdir(data)
    found = duckdb.sql(snippets("tables")["DuckDB, on Parquet"]).fetchall()
    assert {month.isoformat(): opt_outs for month, opt_outs, _ in found} == by_month(data)


@pytest.mark.slow
def test_spark_reads_the_months_as_they_lie(data):
    """In local mode on the folder unchanged: the month is a date, and the sums are those of the CSV."""
    need("Spark")
    after = '\nprint(statements.schema["month"].dataType.simpleString())'
    told = ran(sys.executable, data, "-c", f"{SPARK}{snippets('tables')['Spark']}{after}")
    found = dict(re.findall(r"\|(\d{4}-\d\d-\d\d)\| +(\d+)\|", told))
    assert {month: int(opt_outs) for month, opt_outs in found.items()} == by_month(data)
    assert told.splitlines()[-1] == "date"


def test_a_workbook_of_an_area_opens_in_libreoffice(data, tmp_path):
    """README and figures of /area/england.xlsx, turned into CSV by somebody else's program, are those of /area/england.csv."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("soffice is not on this machine: the workbook was not opened in LibreOffice")
    with Visitor(data) as visitor:
        (tmp_path / "england.xlsx").write_bytes(visitor.get("/area/england.xlsx").content)
        asked = list(csv.DictReader(visitor.get("/area/england.csv").text.splitlines()))
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    ran(
        soffice,
        tmp_path,
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        every_sheet,
        "england.xlsx",
    )
    assert "Made-up figures" in (tmp_path / "england-README.csv").read_text("utf-8")
    found = list(csv.DictReader((tmp_path / "england-data.csv").read_text("utf-8").splitlines()))
    columns = ("month", "opt_outs", "release", "published_on", "sha256")
    assert [[row[name] for name in columns] for row in found] == [[row[name] for name in columns] for row in asked]
    assert len(found) > 12
