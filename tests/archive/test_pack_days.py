"""Stories of a day: what we can say of an address on it, and that no look is never taken for an absence. All made up."""

from __future__ import annotations

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.outcomes import CONFIRMING
from archive.packs.build import pack_day
from archive.packs.on_a_day import Look, standing_on
from tests.archive.made_packs import FIRST, LATER, REVISED, SOFTWARE, files_of, sha256

DAY = "2021-10-15"


def look(number: int, at: str, outcome: str = "unchanged", sha: str | None = "a", **more: Any) -> Look:
    """One look at an address, in October 2021."""
    fields = {"way": "http", "published_on": None, "origin": None, **more}
    return Look(
        "made-up-series", "https://files.example/a.csv", number, f"2021-10-{at}:00.000000Z", fields["way"], outcome, sha,
        "file", "september-2021", "a.csv", fields["published_on"], fields["origin"],
    )  # fmt: skip


def test_a_file_is_present_between_two_looks_and_the_bounds_are_told() -> None:
    """Seen on the 14th and on the 16th with the same bytes, and not looked at on the 15th: all of that is said."""
    found, around = standing_on(
        DAY, [look(1, "01T06:00", "new"), look(2, "14T06:00"), look(3, "16T06:00"), look(4, "17T06:00")]
    )
    assert found is not None
    assert (found.state, found.sha256) == ("present", "a")
    assert (found.first_seen_at, found.last_seen_at) == ("2021-10-01T06:00:00.000000Z", "2021-10-14T06:00:00.000000Z")
    assert (found.next_look_at, found.next_look_outcome) == ("2021-10-16T06:00:00.000000Z", "unchanged")
    assert found.how_we_know == (
        "our own captures: there at our last look up to the end of the day, 2021-10-14T06:00:00.000000Z; "
        "at the next look, 2021-10-16T06:00:00.000000Z: the same bytes"
    )
    assert [one.capture_id for one in around] == [1, 2, 3]


def test_a_replaced_file_is_told_with_the_bytes_of_the_day() -> None:
    """On the day the older bytes stood; the next look found others."""
    found, _ = standing_on(DAY, [look(1, "01T06:00", "new"), look(2, "15T23:59"), look(3, "16T00:00", "changed", "b")])
    assert found is not None
    assert (found.sha256, found.last_look_at) == ("a", "2021-10-15T23:59:00.000000Z")
    assert found.how_we_know.endswith(": other bytes")


def test_a_failed_look_is_no_absence_and_an_absence_is_none_of_a_failure() -> None:
    """A refusal leaves the question open; a 404 answers it; both keep what was seen before."""
    seen = look(1, "01T06:00", "new")
    refused, _ = standing_on(DAY, [seen, look(2, "15T06:00", "blocked", "x")])
    gone, _ = standing_on(DAY, [seen, look(2, "15T06:00", "absent", "x")])
    assert refused is not None
    assert gone is not None
    assert (refused.state, refused.sha256, refused.last_look_outcome) == ("no_answer", "a", "blocked")
    assert (gone.state, gone.sha256, gone.last_seen_at) == ("absent", "a", "2021-10-01T06:00:00.000000Z")
    assert "no look after the day yet" in gone.how_we_know


def test_before_our_first_look_nothing_was_observed() -> None:
    """An address first seen later is told as not observed, with the first look."""
    found, around = standing_on(DAY, [look(7, "16T06:00", "new")])
    assert found is not None
    assert (found.state, found.sha256, found.first_seen_at) == ("not_looked_at_yet", None, None)
    assert "not observed by us: our first look was on 2021-10-16" in found.how_we_know
    assert [one.capture_id for one in around] == [7]


def test_a_deposit_brings_the_publishers_date_and_never_a_sighting() -> None:
    """The day as the publisher stated it stands apart from the days on which we saw something."""
    handed_in = look(1, "20T06:00", "new", way="deposit", published_on="2021-09-30", origin="a reader")
    found, _ = standing_on(DAY, [handed_in])
    assert found is not None
    assert (found.state, found.published_on, found.first_seen_at, found.last_seen_at) == (
        "stated_by_deposit",
        "2021-09-30",
        None,
        None,
    )
    assert "not observed by us: the publisher's date only, 2021-09-30" in found.how_we_know
    assert standing_on("2021-09-29", [handed_in]) == (None, [])


@given(
    st.lists(
        st.tuples(
            st.integers(1, 28), st.sampled_from([*CONFIRMING, "absent", "blocked", "failed"]), st.sampled_from("ab")
        ),
        min_size=1,
    )
)
def test_bounds_always_hold_the_day(told: list[tuple[int, str, str]]) -> None:
    """Whatever the looks: seen and looked at up to the day, next look after it, present only if the last look says so."""
    looks = [look(number, f"{day:02}T06:00", outcome, sha) for number, (day, outcome, sha) in enumerate(sorted(told))]
    found, around = standing_on(DAY, looks)
    assert found is not None
    assert set(around) <= set(looks)
    assert all(at is None or at[:10] <= DAY for at in (found.first_seen_at, found.last_seen_at, found.last_look_at))
    assert found.next_look_at is None or found.next_look_at[:10] > DAY
    last = [one for one in looks if one.requested_at[:10] <= DAY][-1:]
    assert (found.state == "present") == bool(last and last[0].outcome in CONFIRMING)
    assert found.state != "present" or found.sha256 == last[0].sha256


def test_a_days_pack_names_every_address_and_holds_no_bytes(polled_evidence: Database) -> None:
    """Files of the day by hash, those gone as gone; leaves of the looks around it, bodies of none."""
    (day,) = polled_evidence.execute("SELECT substr(requested_at, 1, 10) FROM captures WHERE capture_id = 1").fetchone()
    files = files_of(pack_day(polled_evidence, day, SOFTWARE))
    assert not {path.split("/")[1] for path in files if "/" in path} & {"files", "pages", "answers", "wire"}
    rows = {
        row["file_name"]: row
        for row in csv.DictReader(io.StringIO(files[f"data/public-on-{day}.csv"].decode(), newline=""))
    }
    assert rows["NDOP_age_gen_Jul_2021.csv"]["state"] == "present"
    assert rows["NDOP_age_gen_Jul_2021.csv"]["sha256"] == sha256(REVISED) != sha256(FIRST)
    assert (rows["NDOP_age_gen_Apr_2022.csv"]["state"], rows["NDOP_age_gen_Apr_2022.csv"]["sha256"]) == (
        "absent",
        sha256(LATER),
    )
    assert rows["cut.csv"]["sha256"] == ""
    assert "bodies: `optout pack file SHA256`" in files["README.txt"].decode()
