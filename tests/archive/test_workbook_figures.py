"""Stories of the reading copy's further sources: workbooks, weekly exports, archives of files; restated, renumbered, taken back."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from archive.database import open_evidence
from archive.reading_copy import digest
from schedules.poll import poll_series
from schedules.rereading import reread
from scraper.schema import Schema
from tests.archive.made_deposits import Deposits, dashboard
from tests.conftest import Archive
from tests.made_up import age_gen, months_to, summary_workbook
from tests.publisher import Publisher


def in_archive(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(zipfile.ZipInfo(name, (2021, 1, 1, 0, 0, 0)), body)
    return made.getvalue()


# ---------------------------------------------------------------- one snapshot, several families


def test_a_restated_month_of_a_workbook_is_a_restatement_and_nothing_else(shelf):
    """Two workbooks, one month changed: one restatement, eleven confirmations, in the workbook's own family."""
    shelf.hand_in("march-2022", "2022-03-31", "NDOP_sum_Mar_2022.xlsx", summary_workbook("2022-03"))
    changed = {"2021-09-01": 3_200_001}
    body = summary_workbook("2022-04", totals=changed)
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", body)
    found = shelf.rows("SELECT family, month, key, measure, old, new, old_vintage, new_vintage FROM restatements")
    assert [row for row in found if row[3] != "rate"] == [
        ("workbook_england", "2021-09-01", "England", "opt_outs", 3_180_000, 3_200_001, 1, 2)
    ]
    stated = "SELECT count(*), sum(times_stated = 2), sum(times_changed) FROM confirmations WHERE family = 'workbook_england'"
    assert shelf.rows(stated) == [(13, 11, 1)]
    assert shelf.rows("SELECT count(*) FROM age_sex_statements") == [(0,)]


def test_an_older_workbook_and_export_that_come_late_take_their_place(shelf, tmp_path):
    """Renumbering moves every family: the copy equals one that got everything in the publisher's order."""
    files = [
        ("march-2022", "2022-03-31", "NDOP_sum_Mar_2022.xlsx", summary_workbook("2022-03")),
        ("a", "2022-04-01", "dashboard.csv", dashboard(("12/05/2021", "1,000"), ("19/05/2021", "1,001"))),
        ("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04", layout="2023")),
        ("b", "2022-05-01", "dashboard.csv", dashboard(("12/05/2021", "1,000"), ("19/05/2021", "1,002"))),
    ]
    for file in reversed(files):
        shelf.hand_in(*file)
    late = digest(shelf.copy)
    assert shelf.rows("SELECT week, opt_outs, since_vintage, until_vintage FROM weekly_statements ORDER BY 1, 3") == [
        ("2021-05-12", 1000, 2, None), ("2021-05-19", 1001, 2, 4), ("2021-05-19", 1002, 4, None),
    ]  # fmt: skip
    assert shelf.rows("SELECT week, opt_outs FROM weekly_first ORDER BY 1") == [
        ("2021-05-12", 1000),
        ("2021-05-19", 1001),
    ]
    shelf.rebuild()
    assert digest(shelf.copy) == late
    with open_evidence(tmp_path / "other", create=True) as evidence:
        (tmp_path / "copies").mkdir()
        other = Deposits(evidence, tmp_path / "copies")
        for file in files:
            other.hand_in(*file)
        assert digest(other.copy) == late
        other.copy.close()


def test_a_table_that_breaks_leaves_the_others_stated(shelf):
    """A practice stated twice makes Table 3 unreadable; Tables 1, 2 and 4 are read, and the file says what is missing."""
    good = summary_workbook("2022-04")
    with zipfile.ZipFile(io.BytesIO(good)) as parts:
        members = [(name, parts.read(name).replace(b"Z90002", b"Z90001")) for name in parts.namelist()]
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_sum_Apr_2022.xlsx", in_archive(*members))
    assert shelf.rows("SELECT family FROM loads ORDER BY 1") == [
        ("workbook_age_sex",), ("workbook_areas",), ("workbook_england",),
    ]  # fmt: skip
    ((state, because),) = shelf.rows("SELECT state, unread_because FROM files")
    assert state == "read"
    assert "sheet Table 3, rows 11 and 12: found Z90001 stated twice" in because


def test_a_week_that_repeats_the_week_before_is_found(shelf):
    """To the last cell; a week with one other figure is none."""
    weeks = dashboard(("12/05/2021", "1,000"), ("19/05/2021", "1,000"), ("26/05/2021", "1,001"))
    shelf.hand_in("a", "2022-04-01", "dashboard.csv", weeks)
    assert shelf.rows("SELECT week, same_as, cells FROM repeated_weeks") == [("2021-05-19", "2021-05-12", 1)]


def test_a_repair_that_mends_nothing_any_more_is_told(shelf):
    """Two releases needed it, the third does not: it is named with both vintages."""
    for number, damaged in ((1, True), (2, True), (3, False)):
        months = months_to(f"2022-0{number}", 2)
        body = age_gen(months, damaged=months[1:] if damaged else ())
        shelf.hand_in(f"release-{number}", f"2022-0{number}-28", f"NDOP_age_gen_{number}.csv", body)
    told = "SELECT raw, repaired, last_needed_vintage, first_unneeded_vintage FROM repairs_no_longer_needed"
    assert shelf.rows(told) == [("Oct-19", "10-19", 2, 3)]


# ---------------------------------------------------------------- files inside an archive


def test_files_in_an_archive_are_read_as_if_they_came_alone(shelf):
    """The archive is the evidence; each file in it has its own digest, its own row, and its figures."""
    months = months_to("2022-04", 3)
    body = in_archive(
        ("made up/NDOP_age_gen_Apr_2022.csv", age_gen(months)), ("NDOP_sum_Apr_2022.xlsx", summary_workbook("2022-04")),
        ("readme.txt", b"made up"),
    )  # fmt: skip
    shelf.hand_in("april-2022", "2022-04-28", "everything.zip", body)
    assert shelf.rows("SELECT file_name, state, member_of IS NOT NULL FROM files ORDER BY 1") == [
        ("NDOP_sum_Apr_2022.xlsx", "read", 1), ("everything.zip", "kept", 0),
        ("made up/NDOP_age_gen_Apr_2022.csv", "read", 1), ("readme.txt", "unread", 1),
    ]  # fmt: skip
    assert shelf.rows("SELECT count(*) FROM loads") == [(5,)]
    assert shelf.rows("SELECT count(*) FROM snapshots") == [(1,)]
    assert shelf.rows("SELECT count(DISTINCT month) FROM age_sex_latest") == [(3,)]
    before = digest(shelf.copy)
    shelf.read()
    shelf.rebuild()
    assert digest(shelf.copy) == before


def test_the_same_file_alone_and_in_an_archive_is_one_edition(shelf):
    """Bytes decide: what is stated twice by the same bytes is stated once."""
    body = age_gen(months_to("2022-04", 3))
    shelf.hand_in("april-2022", "2022-04-28", "NDOP_age_gen_Apr_2022.csv", body)
    archive = in_archive(("NDOP_age_gen_Apr_2022.csv", body))
    shelf.hand_in("april-2022", "2022-04-28", "everything.zip", archive)
    assert shelf.rows("SELECT count(*) FROM vintages") == [(1,)]


@pytest.mark.parametrize("body", [in_archive(("a.zip", in_archive(("b", b"x")))), b"PK\x03\x04 damaged"])
def test_an_archive_that_is_refused_is_kept_and_told(shelf, body):
    """Nothing of it is read, its bytes stay, and the list of unread files says why."""
    shelf.hand_in("april-2022", "2022-04-28", "everything.zip", body)
    ((state, because),) = shelf.rows("SELECT state, unread_because FROM unread_files")
    assert state == "unread"
    assert "everything.zip" in because


# ---------------------------------------------------------------- our own changes


def test_what_our_own_change_reads_otherwise_is_told_as_ours(tmp_path):
    """Another meaning of one marker: the same bytes, 2 rows read otherwise, no restatement, and no second report."""
    (tmp_path / "schedules").mkdir()
    archive = Archive(tmp_path / "data", tmp_path / "schedules")
    with Publisher() as publisher:
        body = summary_workbook("2022-04")
        publisher.publish("april-2022", "April 2022", "2022-04-28", [("Sum", "NDOP_sum_Apr_2022.xlsx", body)])
        publisher.series_file(archive.schedules)
        with archive.open() as desk:
            poll_series(desk, desk.series[0], "asked")
            before = digest(desk.copy)
            changed = tuple(_with_other_marker(schema) for schema in desk.schemas)
            other = replace(desk, schemas=changed)
            assert reread(other).rebuilt
    with archive.open() as desk:
        told = desk.copy.execute("SELECT family, cells, what_changed, read_before_by, read_now_by FROM reader_changes")
        ((family, cells, found, old, new),) = told.fetchall()
        assert (family, cells) == ("workbook_age_sex", 4)
        assert found == "4 of 24 rows that read otherwise than before"
        assert old.startswith("what workbook_age_sex_2022 ")
        assert new.startswith("workbook_age_sex_2022 made-up read")
        assert desk.copy.execute("SELECT count(*) FROM restatements").fetchone()[0] == 0
        reasons = "SELECT DISTINCT rate_reason FROM workbook_age_sex_latest WHERE sex = 'unknown'"
        assert desk.copy.execute(reasons).fetchall() == [("suppressed",)]
        assert reread(desk).rebuilt
        assert digest(desk.copy) == before


def _with_other_marker(schema: Schema) -> Schema:
    """The schema of Table 2 as if we had read its `z` for a rate otherwise; any other as it is."""
    if schema.family != "workbook_age_sex":
        return schema
    markers = [replace(one, means="suppressed") if one.measure == "rate" else one for one in schema.markers]
    return replace(schema, markers=tuple(markers), sha256="made-up reader")
