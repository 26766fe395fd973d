"""Stories of what is written down of captures, deposits, findings and polls."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.database import ArchiveError, Evidence
from archive.rows import file_name_of
from archive.store import (
    Deposit,
    Recorded,
    append,
    begin_poll,
    close_interrupted,
    end_poll,
    newest_complete_poll,
    newest_poll,
    read_snapshot,
    record_capture,
    record_deposit,
    record_finding,
)
from scraper.model import Capture, Finding, Hop, Request, names_of
from tests.archive.made_captures import (
    FILE,
    NOW,
    PAGE,
    SERIES,
    at,
    contents,
    exchange,
    new_archive,
    poll,
    record,
    row_of,
)

REAL = Path(__file__).parents[3] / "shared" / "real"


@pytest.fixture
def evidence(tmp_path: Path) -> Iterator[Evidence]:
    """An empty archive, open for writing."""
    with new_archive(tmp_path) as evidence:
        yield evidence


def finding(**fields: str) -> Finding:
    """A made-up finding about a file's header."""
    whole = {
        "code": "file.header",
        "severity": "error",
        "subject": FILE,
        "place": "row 1",
        "expected": "the known ones",
    }
    return Finding(**{**whole, "found": "a new column", **fields})


# ---------------------------------------------------------------- provenance


def test_nothing_of_an_exchange_is_forgotten(evidence: Evidence) -> None:
    """Every field of a capture and of its request has its place in the row, as it was."""
    request = Request(FILE, "file", "july-2021", PAGE, "Made-up figures", "/AB/made_up.csv", '"old"', "Mon")
    capture = Capture(
        request=request, requested_at=at(1), completed_at=at(3), duration_ms=1999, verdict="accepted",
        complete_by="length", request_head=b"GET / HTTP/1.1\r\n\xff", final_address=FILE + "?v=2",
        redirects=(Hop(FILE, 302, FILE + "?v=2"),), first_byte_at=at(2), remote_ip="192.0.2.1", http_version="1.1",
        tls_version="TLSv1.3", tls_cipher="TLS_AES_256_GCM_SHA384", tls_certificate_sha256="c" * 64, status=200,
        response_head=b"HTTP/1.1 200 OK\r\nX: \xfe", server_date="a date", etag='W/"e"', last_modified="a day",
        content_type="text/csv", content_encoding="identity", retry_after_seconds=1.5, declared_bytes=4,
        representation_digest="sha-256=:x:", wire_sha256="d" * 64, wire_bytes=4, wire=None, body=b"body",
        truncated="length", sniffed_type="text/plain", checks=(("LEN", "ok"), ("UTF", "warn")),
        robots_sha256="e" * 64, robots_rule="Disallow: /x", error_code="made_up", error_detail="made-up detail",
    )  # fmt: skip
    number = poll(evidence.db)
    page = record(evidence.db, number, b"<html>", address=PAGE, purpose="publication_page")
    kept = record_capture(evidence.db, number, SERIES, capture, at(4))
    row = row_of(evidence.db, kept.capture_id)
    for name in (*COPIED_FROM_CAPTURE, *COPIED_FROM_REQUEST):
        assert row[name] == getattr(request if name in COPIED_FROM_REQUEST else capture, name), name
    assert json.loads(str(row["redirects"])) == [{"address": FILE, "location": FILE + "?v=2", "status": 302}]
    assert json.loads(str(row["checks"])) == {"LEN": "ok", "UTF": "warn"}
    assert (row["retry_after_ms"], row["bytes"], row["file_name"]) == (1500, 4, "made_up.csv")
    assert (row["via_capture_id"], row["software"], row["recorded_at"]) == (page.capture_id, "made-up-program/1", at(4))
    assert (row["poll_id"], row["series"], row["way"], row["outcome"]) == (number, SERIES, "http", "new")


COPIED_FROM_REQUEST = ("address", "purpose", "publication", "via_address", "link_text", "link_href")
OTHERWISE_KEPT = ("request", "verdict", "body", "wire", "redirects", "checks", "retry_after_seconds")
COPIED_FROM_CAPTURE = tuple(name for name in names_of(Capture) if name not in OTHERWISE_KEPT)


@pytest.mark.fault("F11")
def test_an_exchange_nobody_could_store_is_stored(evidence: Evidence) -> None:
    """Hostile headers (half a surrogate pair, a length beyond all numbers, a NUL) do not cost us the capture."""
    kept = record(
        evidence.db, poll(evidence.db), etag="\udcff", error_detail="a\x00b", declared_bytes=10**30,
        retry_after_seconds=float("1e300"), checks=(("LEN", "fail"), ("LEN", "ok")), link_text="\ud800",
    )  # fmt: skip
    row = row_of(evidence.db, kept.capture_id)
    assert (row["etag"], row["error_detail"], row["declared_bytes"]) == ("\\udcff", "a\x00b", None)
    assert json.loads(str(row["checks"])) == {"LEN": "fail"}
    again = record(evidence.db, row["poll_id"], address=FILE.replace("AB", "CD"), link_text="\ud800")  # type: ignore[arg-type]
    assert again.outcome == "reissued"


@pytest.mark.fault("F11", "M18")
@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://files.example/AB/12/NDOP%20made%20up.csv?key=1#x", "NDOP made up.csv"),
        ("https://files.example/AB/..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"),
        ("https://files.example/AB/12/", None),
        ("https://files.example", None),
    ],
)
def test_a_file_name_is_the_last_part_of_its_path(address: str, name: str | None) -> None:
    """Decoded and kept as text, whatever it says: it is never a path of ours."""
    assert file_name_of(address) == name


def test_a_capture_belongs_to_its_series_open_poll(evidence: Evidence) -> None:
    """An unknown poll, another series' poll and a closed poll take no capture."""
    number = poll(evidence.db)
    with pytest.raises(ArchiveError, match="Poll 9: found no such poll"):
        record(evidence.db, 9)
    with pytest.raises(ArchiveError, match="found a poll of made-up-series, expected one of another"):
        record(evidence.db, number, series="another")
    end_poll(evidence.db, number, "complete", NOW, None, "Made up.")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        record(evidence.db, number)
    assert contents(evidence.db)["captures"] == []
    assert contents(evidence.db)["snapshots"] == []


# ---------------------------------------------------------------- deposits


def test_a_deposit_says_where_it_comes_from(evidence: Evidence) -> None:
    """Its way, origin and stated day are kept; nothing claims that the publisher served it to us."""
    number = poll(evidence.db, reason="deposit")
    body = b"handed in"
    kept = record_deposit(
        evidence.db,
        number,
        Deposit(SERIES, "july-2021", "2021-07-15", "made up.csv", body, "another archive's copy"),
        NOW,
    )
    row = row_of(evidence.db, kept.capture_id)
    assert (row["way"], row["origin"], row["published_on"]) == ("deposit", "another archive's copy", "2021-07-15")
    assert (row["address"], row["file_name"]) == ("deposit:made-up-series/july-2021/made%20up.csv", "made up.csv")
    assert (row["status"], row["complete_by"], row["requested_at"]) == (None, "unproved", NOW)
    assert kept.sha256 is not None
    assert read_snapshot(evidence.db, kept.sha256) == body


def test_deposits_are_compared_with_deposits(evidence: Evidence) -> None:
    """Handed in twice it is unchanged, with other bytes changed; a later fetch of the same bytes is new all the same."""
    number = poll(evidence.db, reason="deposit")
    told = [
        record_deposit(evidence.db, number, Deposit(SERIES, "july-2021", None, "made_up.csv", body, "by hand"), NOW)
        for body in (b"one", b"one", b"two")
    ]
    assert [one.outcome for one in told] == ["new", "unchanged", "changed"]
    fetched = record(evidence.db, number, b"two")
    assert (fetched.outcome, fetched.is_new_snapshot) == ("new", False)


def test_a_deposit_with_a_day_in_another_form_is_not_kept(evidence: Evidence) -> None:
    """The tables themselves hold days to YYYY-MM-DD; nothing half-done is left."""
    number = poll(evidence.db, reason="deposit")
    with pytest.raises(sqlite3.IntegrityError, match="published_on"):
        record_deposit(evidence.db, number, Deposit(SERIES, "july-2021", "15/07/2021", "x.csv", b"one", "by hand"), NOW)
    assert contents(evidence.db)["snapshots"] == []


# ---------------------------------------------------------------- findings and polls


@pytest.mark.fault("A04")
def test_a_standing_fault_is_told_once(evidence: Evidence) -> None:
    """Said again it is not kept again; said otherwise, elsewhere, or of other bytes, it is."""
    number = poll(evidence.db)

    def tell(one: Finding, series: str = SERIES) -> int | None:
        return record_finding(evidence.db, one, poll_id=number, capture_id=None, series=series, now=NOW)

    assert [tell(finding()), tell(finding())] == [1, None]
    assert tell(finding(place="row 2")) == 2
    assert tell(finding(found="two new columns")) == 3
    assert tell(finding(found="a new column")) == 4
    assert tell(finding(sha256="a" * 64)) == 5
    assert tell(finding(sha256="a" * 64)) is None
    assert tell(finding(), series="another") == 6
    row = evidence.db["findings"].get(1)
    assert (row["found_at"], row["poll_id"], row["severity"], row["expected"]) == (NOW, 1, "error", "the known ones")


@pytest.mark.fault("A04", "C01")
def test_a_fault_that_was_over_in_between_is_told_again(evidence: Evidence) -> None:
    """The same refusal after a good answer is news; so is the same broken page after another one; without, neither is."""
    number = poll(evidence.db)

    def tell(capture: Recorded, sha256: str | None = None) -> int | None:
        one, where = finding(sha256=sha256), {"poll_id": number, "capture_id": capture.capture_id}
        return record_finding(evidence.db, one, series=SERIES, now=NOW, **where)

    refused = record(evidence.db, number, None, verdict="blocked")
    assert tell(refused) == 1
    assert tell(record(evidence.db, number, None, verdict="blocked")) is None
    record(evidence.db, number, b"good")
    assert tell(record(evidence.db, number, None, verdict="blocked")) == 2
    broken = record(evidence.db, number, b"broken")
    assert tell(broken, broken.sha256) == 3
    assert tell(record(evidence.db, number, b"broken"), broken.sha256) is None
    record(evidence.db, number, b"good")
    assert tell(record(evidence.db, number, b"broken"), broken.sha256) == 4


def test_a_poll_counts_what_it_brought(evidence: Evidence) -> None:
    """Captures, new snapshots and findings of this poll, not of the one before."""
    first = poll(evidence.db)
    record(evidence.db, first, b"one")
    end_poll(evidence.db, first, "complete", at(5), at(50), "One new file.")
    second = poll(evidence.db)
    record(evidence.db, second, b"one")
    record(evidence.db, second, b"two")
    record_finding(evidence.db, finding(), poll_id=second, capture_id=3, series=SERIES, now=NOW)
    end_poll(evidence.db, second, "incomplete", at(9), None, "Something was not understood.")
    newest, complete = newest_poll(evidence.db, SERIES), newest_complete_poll(evidence.db, SERIES)
    assert newest is not None
    assert complete is not None
    assert (newest.poll_id, newest.captures, newest.new_snapshots, newest.findings) == (2, 2, 1, 1)
    assert (newest.outcome, newest.next_due_at, newest.summary) == ("incomplete", None, "Something was not understood.")
    assert (complete.poll_id, complete.captures, complete.next_due_at) == (1, 1, at(50))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        end_poll(evidence.db, second, "complete", at(10), None, "Said twice.")


@pytest.mark.fault("P12")
def test_a_poll_that_never_came_back_is_closed_at_the_next_start(evidence: Evidence) -> None:
    """It is called interrupted, with what it had brought; polls that ended are left alone."""
    end_poll(evidence.db, poll(evidence.db), "complete", at(1), None, "Made up.")
    record(evidence.db, poll(evidence.db), b"one")
    poll(evidence.db, "another")
    assert close_interrupted(evidence.db, at(9)) == [2, 3]
    assert close_interrupted(evidence.db, at(9)) == []
    newest = newest_poll(evidence.db, SERIES)
    assert newest is not None
    assert (newest.outcome, newest.captures, newest.ended_at) == ("interrupted", 1, at(9))


def test_deposits_are_no_looks_at_the_publisher(evidence: Evidence) -> None:
    """The newest poll decides when to look again; handing in a file must not put that off."""
    assert newest_poll(evidence.db, SERIES) is None
    looked = poll(evidence.db)
    deposit = poll(evidence.db, reason="deposit")
    end_poll(evidence.db, deposit, "complete", NOW, None, "Made up.")
    newest = newest_poll(evidence.db, SERIES)
    assert newest is not None
    assert (newest.poll_id, newest.ended_at, newest.outcome) == (looked, None, None)
    assert newest_complete_poll(evidence.db, SERIES) is None


# ---------------------------------------------------------------- the one function


def test_only_facts_of_known_tables_and_plain_values_are_appended(evidence: Evidence) -> None:
    """A float has several spellings and could not be hashed the same way twice; a table must be one of ours."""
    with pytest.raises(ValueError, match="'_sqlite_migrations'"):
        append(evidence.db, "_sqlite_migrations", {})
    with pytest.raises(TypeError, match="column summary: found float"):
        append(evidence.db, "poll_ends", {"summary": 0.5})


def test_instants_have_one_form(evidence: Evidence) -> None:
    """UTC with six decimals and Z, or the row is refused."""
    with pytest.raises(sqlite3.IntegrityError, match="started_at"):
        begin_poll(evidence.db, SERIES, "due", "2021-08-05T09:35:00Z", "made-up-program/1", "0" * 64)


def test_numbers_follow_on_without_gaps(evidence: Evidence) -> None:
    """A failed attempt leaves no hole: the numbers alone show that no row is missing."""
    first = poll(evidence.db)
    with pytest.raises(sqlite3.IntegrityError):
        record_capture(evidence.db, first, SERIES, exchange(requested_at="yesterday"), NOW)
    assert record(evidence.db, first).capture_id == 1
    assert poll(evidence.db) == 2
