"""From publication page to query: the main job, told with the pretend publisher and the publisher's real files."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from datetime import timedelta
from urllib.parse import quote

import pytest

from archive.serve import make_site
from archive.store import read_snapshot
from schedules.poll import poll_series
from tests.made_up import PUBLISHED, release_files
from tests.publisher import Publisher

JULY, APRIL = "NDOP_age_gen_Jul_2021.csv", "NDOP_age_gen_Apr_2022.csv"

ENGLAND = {
    "2020-08-01": (1577836, 60423015, "2.6113"), "2020-09-01": (1614137, 60417236, "2.6716"),
    "2020-10-01": (1616720, 60470172, "2.6736"), "2020-11-01": (1616791, 60528446, "2.6711"),
    "2020-12-01": (1616484, 60570367, "2.6688"), "2021-01-01": (1616213, 60606345, "2.6667"),
    "2021-02-01": (1615665, 60618754, "2.6653"), "2021-03-01": (1616294, 60650740, "2.6649"),
    "2021-04-01": (1646698, 60744002, "2.7109"), "2021-05-01": (1650335, 60798847, "2.7144"),
    "2021-06-01": (1757764, 60860759, "2.8882"), "2021-07-01": (3032917, 60970002, "4.9744"),
    "2021-08-01": (3206023, 61032314, "5.2530"), "2021-09-01": (3264327, 61063509, "5.3458"),
    "2021-10-01": (3289971, 61194033, "5.3763"), "2021-11-01": (3298457, 61300225, "5.3808"),
    "2021-12-01": (3305099, 61395839, "5.3833"), "2022-01-01": (3317212, 61469262, "5.3965"),
    "2022-02-01": (3323203, 61526961, "5.4012"), "2022-03-01": (3325686, 61573603, "5.4012"),
    "2022-04-01": (3328566, 61625745, "5.4013"),
}  # fmt: skip
"""Month to opt-outs, list size and rate in per cent, as the publisher's July 2021 and April 2022 files state them."""

DECEASED = {"2020-08-01": 74891, "2021-05-01": 87064, "2021-07-01": 89331, "2022-04-01": 104580}


def get_json(directory, path):
    """One answer of the site, as a program would get it."""
    site = make_site(directory)
    response = asyncio.run(site.client.get(path))
    assert response.status_code == 200, response.text[:500]
    return json.loads(response.text)


def rows_of(directory, table, **extra):
    query = "&".join(["_shape=objects", "_size=max", *(f"{k}={v}" for k, v in extra.items())])
    return get_json(directory, f"/optouts/{table}.json?{query}")["rows"]


@pytest.fixture
def two_releases(real):
    """The publisher with its real July 2021 and April 2022 files."""
    with Publisher() as publisher:
        publisher.publish(
            "july-2021", "National Data Opt-Out, July 2021", "2021-07-29", [("By age and gender", JULY, real(JULY))]
        )
        publisher.publish(
            "april-2022", "National Data Opt-Out, April 2022", "2022-04-28", [("By age and gender", APRIL, real(APRIL))]
        )
        yield publisher


def counts(desk):
    evidence, copy = desk.evidence.db, desk.copy
    return {
        "captures": evidence.table("captures").count,
        "snapshots": evidence.table("snapshots").count,
        "readings": copy.table("loads").count,
        "figures": copy.table("age_sex_spans").count,
        "vintages": copy.table("vintages").count,
    }


def test_two_real_releases_come_out_to_the_digit(two_releases, archive, real):
    """One poll captures pages and files; every England month is served with the release and file hash that first stated it."""
    two_releases.series_file(archive.schedules)
    with archive.open() as desk:
        polled = poll_series(desk, desk.series[0], "asked")
        assert polled.outcome == "complete", polled.summary
        assert polled.vintages == 2

    stated = rows_of(archive.directory, "england_series")
    assert {
        row["month"]: (row["opt_outs"], row["list_size"], f"{row['rate_as_published']:.4f}") for row in stated
    } == ENGLAND
    hashes = {name: hashlib.sha256(real(name)).hexdigest() for name in (JULY, APRIL)}
    for row in stated:
        first_stated_in_april = row["month"] > "2021-07-01"
        assert row["file_sha256"] == hashes[APRIL if first_stated_in_april else JULY], row
        assert ("April 2022" if first_stated_in_april else "July 2021") in row["release"], row
    deceased = rows_of(archive.directory, "deceased_latest", sex="all")
    assert {row["month"]: row["opt_outs"] for row in deceased}.items() >= DECEASED.items()


def test_a_second_poll_adds_captures_and_nothing_else(two_releases, archive):
    """Polling again what has not changed records that we looked, and adds no snapshot, reading or figure."""
    two_releases.series_file(archive.schedules)
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "asked")
        first = counts(desk)
        archive.now += timedelta(days=1)
        second_poll = poll_series(desk, desk.series[0], "asked")
        second = counts(desk)
    assert second_poll.outcome == "complete", second_poll.summary
    assert second.pop("captures") > first.pop("captures")
    assert second == first


def test_nothing_was_restated_between_the_two_releases(two_releases, archive):
    """The three months that both releases state agree in every value, although labels and number formats differ."""
    two_releases.series_file(archive.schedules)
    with archive.open() as desk:
        poll_series(desk, desk.series[0], "asked")
    assert rows_of(archive.directory, "restatements") == []
    shared = [row for row in rows_of(archive.directory, "confirmations") if row["times_stated"] == 2]
    assert [row["month"] for row in shared] == ["2021-05-01", "2021-06-01", "2021-07-01"]
    assert {row["times_changed"] for row in shared} == {0}


def test_both_orders_of_arrival_have_one_content(real, archive, tmp_path):
    """April 2022 first and July 2021 later, polled, gives the same content as the other way round."""
    from archive.reading_copy import digest
    from tests.conftest import Archive

    releases = [
        ("july-2021", "National Data Opt-Out, July 2021", "2021-07-29", [("By age and gender", JULY, real(JULY))]),
        ("april-2022", "National Data Opt-Out, April 2022", "2022-04-28", [("By age and gender", APRIL, real(APRIL))]),
    ]
    digests = []
    for name, order in (("forwards", releases), ("backwards", releases[::-1])):
        (tmp_path / name).mkdir()
        one = Archive(tmp_path / name / "data", tmp_path / name)
        with Publisher(ports=(0, 0)) as publisher:
            publisher.series_file(one.schedules)
            for release in order:
                publisher.publish(*release)
                one.now += timedelta(days=1)
                with one.open() as desk:
                    poll_series(desk, desk.series[0], "asked")
                    found = digest(desk.copy)
        digests.append(found)
    assert digests[0] == digests[1]


SEED_STORY = {
    "Mansfield": (4097, 1757, 43), "Ashfield": (3463, 2213, 64), "Newark and Sherwood": (6898, 2001, 29),
    "Bournemouth, Christchurch and Poole": (27144, 9056, 33),
}  # fmt: skip
"""Area to stock on 1 September 2021, rise since 1 May 2021, and the rise in per cent of the stock, as newspapers had it."""


def test_the_seed_story_comes_out_with_england_beside_it(archive):
    """A made-up residence file with the published sums gives the newspapers' figures, and what they left out: England."""
    england = {"2021-05-01": 1650335, "2021-09-01": 3264327}
    with Publisher() as publisher:
        files = release_files("2021-09", cells=PUBLISHED, totals=england)
        publisher.publish("september-2021", "National Data Opt-Out, September 2021", "2021-10-14", files)
        publisher.series_file(archive.schedules)
        with archive.open() as desk:
            polled = poll_series(desk, desk.series[0], "asked")
            assert polled.outcome == "complete", polled.summary
    for name, expected in SEED_STORY.items():
        found = rows_of(archive.directory, "area_change", area=quote(name), from_month="2021-05", to_month="2021-09")
        assert len(found) == 1, found
        row = found[0]
        assert (row["opt_outs_at_end"], row["net_change"], row["share_of_total_percent"]) == expected
        assert row["counted"] == "people who live there"
        assert (row["england_at_end"], row["england_net_change"], row["england_share_of_total_percent"]) == (
            3264327,
            1613992,
            49,
        )
        assert "September 2021" in row["release_for_end"]
        assert row["published_for_end"] == "2021-10-14"
        assert row["file_sha256_for_end"]


BROKEN = {
    "an unknown header": (b"A,B\r\n1,2\r\n", "file.header"),
    "a zip where a CSV was due": (b"PK\x03\x04" + bytes(200), None),
    "a byte that is no UTF-8": (
        b"ACH_DATE,AGE_BAND,GENDER,OPT_OUT,LIST_SIZE,RATE\r\n01/09/2021,\xe9,All,1,2,50.0\r\n",
        None,
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_cannot_be_read_is_kept_and_leaves_earlier_figures(what, archive):
    """Each kind of broken file is kept byte for byte, told as a finding that names it, and no earlier figure moves."""
    body, code = BROKEN[what]
    with Publisher() as publisher:
        publisher.publish(
            "september-2021", "National Data Opt-Out, September 2021", "2021-10-14", release_files("2021-09")
        )
        publisher.series_file(archive.schedules)
        with archive.open() as desk:
            poll_series(desk, desk.series[0], "asked")
            before = counts(desk)
            publisher.publish(
                "october-2021",
                "National Data Opt-Out, October 2021",
                "2021-11-11",
                [("By age", "NDOP_age_gen_Oct_2021.csv", body)],
            )
            archive.now += timedelta(days=1)
            polled = poll_series(desk, desk.series[0], "asked")
            after = counts(desk)
            kept = read_snapshot(desk.evidence.db, hashlib.sha256(body).hexdigest())
            findings = desk.evidence.db.execute(
                "SELECT code, subject, found, expected FROM findings WHERE poll_id = ?", [polled.poll_id]
            ).fetchall()
    # A zip behind a .csv may be a fault of the moment, to be asked for again; the others would not read any better.
    assert polled.outcome == ("incomplete" if what.startswith("a zip") else "complete")
    assert "NDOP_age_gen_Oct_2021.csv" in polled.summary or "could not be read" in polled.summary
    assert kept == body
    assert {k: after[k] for k in ("readings", "figures", "vintages")} == {
        k: before[k] for k in ("readings", "figures", "vintages")
    }
    told = [finding for finding in findings if "NDOP_age_gen_Oct_2021.csv" in finding[1]]
    assert told, findings
    assert all(found and expected for _, _, found, expected in told)
    assert code is None or code in {finding[0] for finding in told}


def test_a_replaced_file_is_a_second_edition_and_an_older_release_comes_in_before(archive):
    """A file replaced in place restates as a new vintage; a release deposited late takes its place before the newer ones."""
    with Publisher() as publisher:
        publisher.publish(
            "september-2021",
            "National Data Opt-Out, September 2021",
            "2021-10-14",
            release_files("2021-09", cells=PUBLISHED),
        )
        publisher.series_file(archive.schedules)
        with archive.open() as desk:
            poll_series(desk, desk.series[0], "asked")
            changed = dict(PUBLISHED) | {("Mansfield", "2021-09-01"): 4100}
            new_bytes = next(f.body for f in release_files("2021-09", cells=changed) if "res_geo" in f.file_name)
            publisher.replace("september-2021", "NDOP_res_geo_Sep_2021.csv", new_bytes)
            archive.now += timedelta(days=8)
            poll_series(desk, desk.series[0], "asked")
    found = [row for row in rows_of(archive.directory, "restatements") if row["key"] == "local_authority E07000174"]
    assert [(row["month"], row["old"], row["new"]) for row in found] == [("2021-09-01", 4097, 4100)]
    labels = [row["label"] for row in rows_of(archive.directory, "vintages")]
    assert len(labels) == 2
    assert "edition 2" in labels[1]


def test_a_cut_between_figures_and_search_is_made_good_at_the_next_look(archive):
    """The list of places fails after the figures are in; the next refresh makes it although nothing new is to be read."""
    with Publisher() as publisher:
        publisher.publish(
            "september-2021", "National Data Opt-Out, September 2021", "2021-10-14", release_files("2021-09")
        )
        publisher.series_file(archive.schedules)
        with archive.open() as desk:
            desk.copy.execute(
                "CREATE TEMP TRIGGER cut BEFORE INSERT ON main.places BEGIN SELECT RAISE(ABORT, 'cut'); END"
            )
            with pytest.raises(sqlite3.IntegrityError, match="cut"):
                poll_series(desk, desk.series[0], "asked")
            desk.copy.execute("DROP TRIGGER temp.cut")
            assert desk.copy.table("places").count == 0
            assert desk.copy.table("loads").count > 0
            desk.refresh()
            assert desk.copy.table("places").count > 0
            assert desk.copy.table("checks").count > 0
