"""Changes planted at the pretend publisher (made-up figures): each is told as what it is, and as nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive.compare import compare
from archive.site.compose import question_sql
from archive.standing_findings import standing_findings
from archive.store import settle_finding
from schedules.deposit import deposit, deposits_of
from schedules.poll import poll_series
from tests.made_up import PUBLISHED, release_files
from tests.publisher import Publisher

SEPTEMBER = ("september-2021", "National Data Opt-Out, September 2021", "2021-10-14")
OCTOBER = ("october-2021", "National Data Opt-Out, October 2021", "2021-11-11")


@pytest.fixture
def publisher(archive):
    """The publisher with one release, and its series watched."""
    with Publisher() as one:
        one.publish(*SEPTEMBER, release_files("2021-09", cells=PUBLISHED))
        one.series_file(archive.schedules)
        yield one


def polled(archive, days: float = 1) -> None:
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "asked")
    archive.now += timedelta(days=days)


def asked(archive, sql: str):
    with archive.open() as desk:
        return [tuple(row) for row in desk.copy.execute(sql)]


RESTATED = "SELECT family, month, key, old, new FROM restatements ORDER BY family, key"
WITHDRAWN = "SELECT DISTINCT publication FROM withdrawn_releases"
EDITIONS = "SELECT r.publication, v.edition FROM vintages AS v JOIN releases AS r USING (release_id) ORDER BY v.vintage"


def test_one_changed_cell_is_one_restatement(archive, publisher):
    """October states one authority of September anew: its one neighbourhood and its sum are restated, with both releases named."""
    polled(archive)
    changed = dict(PUBLISHED) | {("Mansfield", "2021-09-01"): 4098}
    publisher.publish(*OCTOBER, release_files("2021-10", cells=changed))
    polled(archive)
    found = asked(archive, RESTATED)
    assert [(row[0], row[1], row[3], row[4]) for row in found if row[0] == "areas"] == [
        ("areas", "2021-09-01", 4097, 4098)
    ]
    assert len([row for row in found if row[0] == "lsoas"]) == 1
    assert {row[0] for row in found} == {"areas", "lsoas"}
    assert asked(archive, EDITIONS) == [("september-2021", 1), ("october-2021", 1)]
    assert asked(archive, WITHDRAWN) == []


def test_a_replaced_file_is_an_edition_of_its_own_release(archive, publisher):
    """A file swapped under the same address gives the release a second edition, and nothing is gone or withdrawn."""
    polled(archive)
    changed = dict(PUBLISHED) | {("Ashfield", "2021-09-01"): 3464}
    body = next(one.body for one in release_files("2021-09", cells=changed) if "res_geo" in one.file_name)
    publisher.replace("september-2021", "NDOP_res_geo_Sep_2021.csv", body, in_place=True)
    polled(archive, days=8)
    polled(archive, days=8)
    assert asked(archive, EDITIONS) == [("september-2021", 1), ("september-2021", 2)]
    assert [(row[0], row[3], row[4]) for row in asked(archive, RESTATED) if row[0] == "areas"] == [
        ("areas", 3463, 3464)
    ]
    assert asked(archive, WITHDRAWN) == []


def accept(archive):
    """A person says, as with `optout alarm accept`, that the page without its files is right as it is."""
    with archive.open() as desk:
        db, series = desk.evidence.db, desk.series[0].slug
        for one in standing_findings(db, series):
            settle_finding(db, one.code, one.subject, one.place, series, desk.now())


@pytest.mark.fault("H18")
def test_a_withdrawn_release_is_flagged_and_its_figures_stay(archive, publisher):
    """Files that answer 403 on several days while the rest is healthy: withdrawn, no figure moved, no restatement."""
    publisher.publish(*OCTOBER, release_files("2021-10", cells=PUBLISHED))
    polled(archive)
    before = asked(archive, "SELECT count(*), sum(opt_outs) FROM areas_latest")
    publisher.withdraw("september-2021")
    polled(archive, days=8)
    accept(archive)
    for _ in range(4):
        polled(archive, days=8)
    assert asked(archive, WITHDRAWN) == [("september-2021",)]
    assert asked(archive, "SELECT count(*), sum(opt_outs) FROM areas_latest") == before
    assert asked(archive, RESTATED) == []


ANSWERS = {
    "age_sex_as_of": {"as_of": "1", "month": "", "age_band": "all"},
    "practices_as_of": {"as_of": "1", "month": "2021-09", "practice_code": ""},
    "lsoas_as_of": {"as_of": "1", "month": "2021-09", "lsoa_code": ""},
    "areas_as_of": {"as_of": "1", "month": "2021-09", "area_code": ""},
    "age_sex_nth": {"n": "1", "month": "2021-09", "age_band": "all"},
    "areas_nth": {"n": "1", "month": "2021-09", "area_code": ""},
    "releases_known_on": {"day": "2021-10-20"},
}


def test_answers_keep_what_was_taken_back_and_say_so(archive, publisher):
    """As of a day, as stated the first time, what was known: the same rows as before, each flagged; the newer release is not."""
    publisher.publish(*OCTOBER, release_files("2021-10", cells=PUBLISHED))
    polled(archive)
    before = {name: told(archive, name, values) for name, values in ANSWERS.items()}
    publisher.withdraw("september-2021")
    polled(archive, days=8)
    accept(archive)
    for _ in range(4):
        polled(archive, days=8)
    for name, values in ANSWERS.items():
        after = told(archive, name, values)
        assert {row["withdrawn"] for row in before[name]} == {None}, name
        assert all(row["withdrawn"].startswith("Taken back by the publisher: file") for row in after), name
        assert [{**row, "withdrawn": None} for row in after] == before[name], name
    newest = told(archive, "age_sex_as_of", {"as_of": "2", "month": "2021-10", "age_band": "all"})
    assert {row["withdrawn"] for row in newest} == {None}
    assert newest


def told(archive, question, values):
    """Rows of one question of the site."""
    with archive.open() as desk:
        answer = desk.copy.execute(question_sql()[question], values)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer]


def test_a_release_filled_in_later_takes_its_place_and_restates_nothing(archive, publisher, tmp_path):
    """An older release handed in after newer ones becomes vintage 1; its own months appear, and nothing counts as changed."""
    polled(archive)
    older = release_files("2021-08", cells=PUBLISHED)
    for one in older:
        (tmp_path / one.file_name).write_bytes(one.body)
    with archive.open() as desk:
        files = [tmp_path / one.file_name for one in older]
        deposit(desk, desk.series[0], deposits_of(files, desk.series[0], "august-2021", "2021-09-16", "made up"))
    assert asked(archive, EDITIONS) == [("august-2021", 1), ("september-2021", 1)]
    assert asked(archive, RESTATED) == []
    assert asked(archive, "SELECT min(month) FROM areas_latest") == [("2020-09-01",)]


def test_a_renamed_area_is_a_label_and_no_restatement(archive, publisher):
    """The same code under another name: both names are found, the comparison tells a label, no value moves."""
    polled(archive)
    files = [
        one._replace(body=one.body.replace(b",Mansfield\r\n", b",X\r\n").replace(b",Mansfield,", b",Mansfield Town,"))
        for one in release_files("2021-10", cells=PUBLISHED)
    ]
    publisher.publish(*OCTOBER, files)
    polled(archive)
    assert asked(archive, RESTATED) == []
    names = "SELECT name FROM area_names WHERE area_code = 'E07000174' ORDER BY since_vintage"
    assert asked(archive, names) == [("Mansfield",), ("Mansfield Town",)]
    with archive.open() as desk:
        found = compare(desk.copy, "lsoas", 1, 2)
    assert (found.value.rows, found.text.rows) == (0, 0)
    assert found.label.rows > 0
