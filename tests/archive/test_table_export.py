"""Stories of whole tables to take away: the rows of the reading copy, in exact types, whole or not at all. All made up."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from archive.errors import ArchiveError
from archive.site.takeaway import harmless
from archive.table_manifest import faults, is_export, read_manifest, sha256_of
from archive.whole_tables import BATCH, FAMILIES, SAYINGS, batches, whole_tables
from schedules.cli import run
from tests.archive.made_site import filled_archive
from tests.archive.made_tables import DESCRIBED, exported, lines, manifest
from tests.archive.visitor import Visitor

NO_PYARROW = "pyarrow is not installed (the extra `tables`): Parquet cannot be written or read here"
HAS_PYARROW = importlib.util.find_spec("pyarrow") is not None
EXPORT = """
import sys
if sys.argv[3] == "without pyarrow":
    sys.modules["pyarrow"] = None
if sys.argv[3].isdecimal():
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
from schedules.cli import run
sys.exit(run(["--data", sys.argv[1], "export", "tables", "--to", sys.argv[2]]))
"""
TOP = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """An archive of two releases, one of which restates England."""
    return filled_archive(tmp_path_factory.mktemp("filled"))


@pytest.fixture(scope="module")
def folder(data, tmp_path_factory):
    """Its tables, exported. Nobody writes to it."""
    to = tmp_path_factory.mktemp("taken") / "tables"
    exported(data, to)
    return to


@pytest.fixture
def copy(folder):
    """The reading copy that lies in the folder."""
    db = sqlite3.connect(f"{(folder / 'optouts.db').as_uri()}?mode=ro", uri=True)
    yield db
    db.close()


def command(data, to, how=""):
    """The command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    return subprocess.Popen(
        [sys.executable, "-c", EXPORT, str(data), str(to), how], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def as_text(row, table):
    """A row as CSV states it; in the lists for spreadsheets what would run as a formula has an apostrophe before it."""
    return ["" if value is None else str(harmless(value) if table.small else value) for value in row]


# ---------------------------------------------------------------- what is in it


def test_every_table_has_the_rows_of_the_reading_copy(folder, copy):
    """CSV holds every row of every table and view, value for value; null is empty, and the manifest's counts are true."""
    counts = {file["path"]: file["rows"] for file in manifest(folder)["files"]}
    for table in whole_tables(copy, DESCRIBED, list(FAMILIES), SAYINGS):
        path = f"csv/{table.name}.csv{'' if table.small else '.gz'}"
        names = [column.name for column in table.columns]
        held = copy.execute(f"select {', '.join(names)} from {table.name}").fetchall()
        found = [[line[name] for name in names] for line in lines(folder / path)]
        assert sorted(found) == sorted(as_text(row, table) for row in held), table.name
        assert counts[path] == len(held), table.name


def test_an_empty_figure_has_its_reason_beside_it(folder):
    """No count is empty without a reason, and none has a reason that is there."""
    seen = 0
    for family in ("age_sex", "practices", "areas", "weekly", "workbook_practices"):
        for line in lines(folder / f"csv/{family}_statements.csv.gz"):
            assert (line["opt_outs"] == "") == (line["opt_outs_reason"] != ""), line
            seen += line["opt_outs"] == "" or "" in {line.get("list_size"), line.get("population")}
    assert seen


@pytest.mark.skipif(not HAS_PYARROW, reason=NO_PYARROW)
def test_parquet_has_exact_types_and_the_same_rows(folder, copy):
    """Days, whole numbers that may be null, doubles, text; the month of a statement is in the folder's name."""
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    types = {"date": pa.date32(), "integer": pa.int64(), "number": pa.float64(), "string": pa.string()}
    for table in whole_tables(copy, DESCRIBED, list(FAMILIES), SAYINGS):
        if table.period is None:
            continue
        day, names = table.period.name, [column.name for column in table.columns]
        if table.statements:
            laid_out = ds.partitioning(pa.schema([(day, pa.date32())]), flavor="hive")
            root = folder / "parquet" / table.name
            if not root.exists():
                assert copy.execute(f"select count(*) from {table.name}").fetchone() == (0,)
                continue
            found = ds.dataset(root, partitioning=laid_out).to_table().select(names)
            assert day not in pq.read_schema(next(root.rglob("*.parquet"))).names
        else:
            found = pq.read_table(folder / f"parquet/{table.name}.parquet")
        assert [found.schema.field(one.name).type for one in table.columns] == [
            types[one.kind] for one in table.columns
        ]
        rows = [
            [row[n].isoformat() if isinstance(row[n], date) else row[n] for n in names] for row in found.to_pylist()
        ]
        held = [list(row) for row in copy.execute(f"select {', '.join(names)} from {table.name}")]
        assert sorted(rows, key=repr) == sorted(held, key=repr), table.name


def test_statements_give_what_was_known_at_a_vintage(data, folder):
    """The rule in the README, since_vintage <= V < until_vintage, gives for each V what the question practices_as_of answers."""
    statements = lines(folder / "csv/practices_statements.csv.gz")
    with Visitor(data) as visitor:
        for vintage in (1, 2):
            asked = visitor.rows(f"/optouts/practices_as_of.json?as_of={vintage}&month=2021-09&_shape=array")
            known = {
                line["practice_code"]: line["opt_outs"] for line in statements
                if line["month"] == "2021-09-01" and int(line["since_vintage"]) <= vintage
                and (line["until_vintage"] == "" or int(line["until_vintage"]) > vintage)
            }  # fmt: skip
            assert known == {row["practice_code"]: str(row["opt_outs"] or "") for row in asked}
            assert known


def test_rows_come_in_batches(tmp_path):
    """However long a list is, no more than a batch of it is held at a time."""
    db = sqlite3.connect(tmp_path / "long.db")
    db.execute("create table series (series text, made_up integer)")
    db.executemany("insert into series values (?, 1)", ((str(n),) for n in range(BATCH + 5)))
    table = next(t for t in whole_tables_of(db) if t.name == "series")
    assert [len(rows) for _, rows in batches(db, table)] == [BATCH, 5]
    db.close()


def whole_tables_of(db):
    """Lists of a database that holds `series` alone."""
    described = {name: {**table, "columns": {"series": "name", "made_up": "flag"}} for name, table in DESCRIBED.items()}
    return whole_tables(db, described, [], [])


def test_only_what_is_asked_for(data, tmp_path):
    """A family and a saying: those tables, and the lists that explain them."""
    exported(data, tmp_path / "t", families=("practices",), sayings=("latest",))
    tables = {file["table"] for file in manifest(tmp_path / "t")["files"]}
    assert {"practices_latest", "breaks", "vintages", "practice_life"} <= tables
    assert not any(name.endswith(("_first", "_statements", "lsoas_latest")) for name in tables if name)


# ---------------------------------------------------------------- papers


def test_papers_say_made_up_where_figures_are(data, folder, tmp_path):
    """README, manifest and data package of made-up figures say so first; those of real ones do not."""
    assert "MADE-UP FIGURES" in (folder / "README.txt").read_text("utf-8").partition("\n\n")[2][:20]
    assert manifest(folder)["made_up"] is True
    assert json.loads((folder / "datapackage.json").read_text("utf-8"))["title"].startswith("Made-up figures")
    real = filled_archive(tmp_path, made_up=False)
    exported(real, tmp_path / "tables", families=(), sayings=())
    for name in ("README.txt", "datapackage.json"):
        assert "made-up figures" not in (tmp_path / "tables" / name).read_text("utf-8").lower()


def test_the_readme_has_all_that_must_travel_with_figures(folder):
    """Licence, citation with BibTeX, every break and caveat, and which vintages it was made from."""
    text = (folder / "README.txt").read_text("utf-8")
    for words in (
        "Open Government Licence v3.0",
        "@misc{optouts-tables-2,",
        "vintages 1 to 2",
        "never zero",
        "never add months",
    ):
        assert words in text
    for line in lines(folder / "csv/breaks.csv"):
        assert line["title"].removeprefix("'") in text
    for line in lines(folder / "csv/caveats.csv"):
        assert line["in_plain_words"].removeprefix("'") in text


def test_the_data_package_keeps_the_rules_of_frictionless(folder):
    """The rules of the published profiles: names, paths inside, licences, hashes, and a schema whose fields are the header."""
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    files = {file["path"]: file for file in manifest(folder)["files"]}
    assert package["profile"] == "data-package"
    assert all({"name", "path"} & set(one) for one in package["licenses"])
    names = [resource["name"] for resource in package["resources"]]
    assert len(names) == len(set(names)) > 30
    for resource in package["resources"]:
        assert set(resource["name"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._/")
        file = files[resource["path"]]
        assert (resource["bytes"], resource["hash"]) == (file["bytes"], f"sha256:{file['sha256']}")
        body = (folder / resource["path"]).read_bytes()
        body = gzip.decompress(body) if resource.get("compression") == "gz" else body
        fields = resource["schema"]["fields"]
        assert body.decode(resource["encoding"]).partition("\r\n")[0] == ",".join(field["name"] for field in fields)
        assert all(field["type"] in {"date", "integer", "number", "string"} for field in fields)
        assert all(field["description"] for field in fields)


@pytest.mark.slow
def test_frictionless_itself_finds_every_resource_valid(folder):
    """The makers' own program, where somebody installed it: it has forty packages and is no part of ours."""
    if importlib.util.find_spec("frictionless") is None:
        pytest.skip("frictionless is not installed: the data package was judged by our own reading of its rules alone")
    done = subprocess.run(
        [sys.executable, "-m", "frictionless", "validate", "datapackage.json", "--json"],
        cwd=folder, check=False, capture_output=True, text=True,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["valid"], report["stats"]
    assert report["stats"]["tasks"] > 30


def test_values_are_of_the_type_that_the_schema_names(folder):
    """Every cell of every CSV can be read as its field's type."""
    read = {"date": date.fromisoformat, "integer": int, "number": float, "string": str}
    for resource in json.loads((folder / "datapackage.json").read_text("utf-8"))["resources"]:
        for line in lines(folder / resource["path"]):
            for field in resource["schema"]["fields"]:
                if line[field["name"]] != "":
                    read[field["type"]](line[field["name"]])


# ---------------------------------------------------------------- hashes


def test_the_same_reading_copy_gives_the_same_bytes(data, folder, tmp_path):
    """Exported again on another day, every file has the hash it had; only the manifest says when."""
    exported(data, tmp_path / "t", now="2030-01-01T00:00:00.000000Z")
    assert manifest(tmp_path / "t")["files"] == manifest(folder)["files"]
    assert manifest(tmp_path / "t")["made_at"] != manifest(folder)["made_at"]


def test_the_manifest_has_the_hash_of_every_file(folder):
    """Each file that is there, and nothing else, under its SHA-256 and size."""
    listed = {file["path"]: (file["bytes"], file["sha256"]) for file in manifest(folder)["files"]}
    there = {
        p.relative_to(folder).as_posix(): (p.stat().st_size, sha256_of(p)) for p in folder.rglob("*") if p.is_file()
    }
    del there["manifest.json"]
    assert listed == there


@pytest.mark.fault("S14")
def test_a_changed_byte_is_named(data, tmp_path, capsys):
    """One byte altered, one file gone, one put in: each is a line, and the exit status is 1."""
    to = tmp_path / "tables"
    exported(data, to, families=("practices",))
    assert run(["export", "tables", "--check", str(to)]) == 0
    changed = to / "csv/practices_latest.csv.gz"
    body = bytearray(changed.read_bytes())
    body[30] ^= 1
    changed.write_bytes(body)
    (to / "README.txt").unlink()
    (to / "extra").write_text("x")
    capsys.readouterr()
    assert run(["export", "tables", "--check", str(to)]) == 1
    said = capsys.readouterr().out
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "csv/practices_latest.csv.gz",
        "README.txt",
        "extra",
        str(to),
    ]


def test_a_folder_without_manifest_is_not_checked(tmp_path):
    """It says what was expected."""
    with pytest.raises(ArchiveError, match="optout export tables"):
        faults(tmp_path)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "csv/../../x", "a\\b", ""])
def test_a_manifest_that_leads_out_of_its_folder_is_refused(path):
    """Nobody follows a path out of the folder, whoever wrote the manifest."""
    with pytest.raises(ValueError, match="inside the folder"):
        read_manifest(json.dumps({"form": "opt-out-archive tables 1", "files": [{"path": path}]}).encode())


# ---------------------------------------------------------------- whole or not at all


def test_a_disk_that_takes_no_more_leaves_the_old_folder(data, tmp_path):
    """Files may not grow beyond 100 kB: the command says so, the earlier export is whole and nothing half made lies about."""
    to = tmp_path / "tables"
    exported(data, to, families=("practices",))
    before = manifest(to)
    with command(data, to, "100000") as process:
        _, said = process.communicate()
    assert (process.returncode, "Traceback" in said) == (1, False), said
    assert "cannot be written" in said
    assert (manifest(to), faults(to)) == (before, [])
    assert [one.name for one in tmp_path.iterdir()] == ["tables"]


@pytest.mark.parametrize("patience", [0.0, 0.01, 0.03, 0.08, 0.15, 0.3])
def test_killed_at_any_moment_the_old_folder_stands_or_the_new_one(data, tmp_path, patience):
    """A process that is killed while it writes or swaps: what is at the name is whole, and the next export sweeps the rest."""
    to = tmp_path / "tables"
    exported(data, to, families=("practices",))
    with command(data, to) as process:
        until = time.monotonic() + 30
        while not (tmp_path / ".tables.making").exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(patience)
        process.send_signal(signal.SIGKILL)
    assert faults(to) == []
    exported(data, to, families=("lsoas",))
    assert faults(to) == []
    assert [one.name for one in tmp_path.iterdir()] == ["tables"]


@pytest.mark.fault("F10")
def test_a_folder_of_somebody_else_is_never_replaced(data, tmp_path):
    """Neither a folder with other things in it, nor a link, nor a file: it is named, and stays as it is."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    (tmp_path / "file").write_text("x")
    for name in ("mine", "link", "file"):
        with pytest.raises(ArchiveError, match="did not make"):
            exported(data, tmp_path / name)
    assert (tmp_path / "mine/letter.txt").read_text() == "dear"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "link", "mine"]


def test_without_pyarrow_there_is_csv_and_a_line_that_says_so(data, tmp_path):
    """The command does what it can, and says what it left out and why."""
    with command(data, tmp_path / "t", "without pyarrow") as process:
        said, told = process.communicate()
    assert process.returncode == 0, told
    assert "Parquet is left out: pyarrow is not installed" in said.splitlines()[0]
    assert (faults(tmp_path / "t"), manifest(tmp_path / "t")["parquet"]) == ([], False)
    assert not list((tmp_path / "t").rglob("*.parquet"))
    assert "No Parquet here" in (tmp_path / "t/README.txt").read_text("utf-8")


def test_usage_is_said_in_plain_words(tmp_path, capsys):
    """Neither --to nor --check, both, or an archive without a reading copy: exit status and words."""
    assert run(["export", "tables"]) == 2
    assert run(["export", "tables", "--to", "x", "--check", "y"]) == 2
    assert run(["--data", str(tmp_path), "export", "tables", "--to", str(tmp_path / "t")]) == 1
    assert "optout rebuild" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert not is_export(tmp_path)
