"""Stories of the export to web archives: every exchange is a record that other people's tools read, check and refuse if changed.

All figures made up. The reader and checker is warcio, which had no part in the writing.
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database
from warcio.archiveiterator import ArchiveIterator

from archive.database import ArchiveError
from archive.log import entry_of
from archive.rows import Deposit
from archive.store import append, read_snapshot, record_deposit
from archive.warc import Span, warc_records
from archive.warc_records import IDENTICAL, NOT_MODIFIED
from tests.archive.made_captures import NOW, SERIES, contents, new_archive, poll, record
from tests.archive.made_packs import APRIL, FIRST, JULY, LATER, REVISED, SOFTWARE, sha256

WHOLE = Span()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv"
ASKED = b"GET /made_up.csv HTTP/1.1\r\nHost: files.example\r\n\r\n"


class Told(NamedTuple):
    """One record as warcio reads it."""

    kind: str
    fields: dict[str, str]
    status: str | None
    head: dict[str, str]
    content: bytes
    """Without transfer and content coding, as a browser would show it."""

    @property
    def uri(self) -> str:
        return self.fields.get("WARC-Target-URI", "")


def exported(db: Database, span: Span = WHOLE) -> bytes:
    return b"".join(one.compressed() for one in warc_records(db, span, SOFTWARE))


def told(content: bytes) -> list[Told]:
    """Every record, its digests checked on the way: a wrong one raises."""
    found = []
    for one in ArchiveIterator(io.BytesIO(content), check_digests="raise"):
        body = one.content_stream().read()
        status = one.http_headers.get_statuscode() if one.http_headers and one.rec_type != "request" else None
        head = dict(one.http_headers.headers) if one.http_headers else {}
        found.append(Told(one.rec_type, dict(one.rec_headers.headers), status, head, body))
    return found


def check(path: Path) -> subprocess.CompletedProcess[str]:
    """`warcio check`, as anybody would run it."""
    program = Path(sys.executable).with_name("warcio")
    return subprocess.run([str(program), "check", "-v", str(path)], check=False, capture_output=True, text=True)


def leaf_of(one: Told) -> bytes:
    """Our leaf, out of a metadata record."""
    (line,) = (line for line in one.content.split(b"\r\n") if line.startswith(b"leaf: "))
    return line.removeprefix(b"leaf: ")


# ---------------------------------------------------------------- a real archive


def test_a_whole_archive_passes_the_check_of_others_and_a_changed_byte_does_not(
    polled_evidence: Database, tmp_path: Path
) -> None:
    """Warcio finds every digest right, and says so of each; with one byte of a body changed it refuses the file."""
    path = tmp_path / "all.warc.gz"
    path.write_bytes(exported(polled_evidence))
    done = check(path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("digest pass") == len([one for one in told(path.read_bytes()) if one.kind != "revisit"])
    spoilt = gzip.decompress(path.read_bytes()).replace(b"made up, soon gone", b"made up, soon lost")
    (tmp_path / "spoilt.warc").write_bytes(spoilt)
    assert check(tmp_path / "spoilt.warc").returncode == 1


def test_every_exchange_has_its_request_its_answer_and_our_leaf(polled_evidence: Database) -> None:
    """As many requests, answers and leaves as captures; each leaf is the log's own bytes; every identity stands once."""
    records = told(exported(polled_evidence))
    (captures,) = polled_evidence.execute("SELECT count(*) FROM captures").fetchone()
    hops = [one for one in records if one.kind == "response" and one.status == "302"]
    answers = [one for one in records if one.kind in {"response", "revisit"} and one not in hops]
    metadata = [one for one in records if one.kind == "metadata"]
    assert records[0].kind == "warcinfo"
    assert len(answers) == len(metadata) == captures == sum(one.kind == "request" for one in records)
    leaves = polled_evidence.execute("SELECT leaf FROM log WHERE fact_table = 'captures' ORDER BY entry").fetchall()
    assert [leaf_of(one) for one in metadata] == [leaf.encode() for (leaf,) in leaves]
    identities = [one.fields["WARC-Record-ID"] for one in records]
    assert len(set(identities)) == len(identities)
    for one in records[1:]:
        assert one.fields["WARC-Warcinfo-ID"] == identities[0]
        assert one.fields.get("WARC-Concurrent-To", identities[0]) in identities


def test_bodies_come_out_as_they_were_captured(polled_evidence: Database) -> None:
    """Compressed unasked, sent in chunks, or plain: what a reader unpacks is the snapshot, and the record holds what was sent."""
    records = told(exported(polled_evidence))
    bodies = {one.content for one in records if one.kind == "response"}
    assert {FIRST, REVISED, LATER} <= bodies
    (compressed,) = (one for one in records if one.head.get("Content-Encoding") == "gzip")
    (wire,) = polled_evidence.execute("SELECT wire_sha256 FROM captures WHERE sha256 = ?", [sha256(LATER)]).fetchone()
    assert compressed.content == LATER
    assert compressed.fields["WARC-Payload-Digest"] == f"sha256:{wire}"
    assert read_snapshot(polled_evidence, wire).startswith(b"\x1f\x8b")
    (chunked,) = (one for one in records if "X-Archive-Orig-Transfer-Encoding" in one.head)
    assert chunked.content.endswith(b"</html>") or b"</html>" in chunked.content


def test_what_was_not_modified_or_not_changed_is_a_revisit(polled_evidence: Database) -> None:
    """A 304 refers to the bytes it confirmed; a body that stands here already is not written again."""
    records = told(exported(polled_evidence))
    revisits = [one for one in records if one.kind == "revisit"]
    by_id = {one.fields["WARC-Record-ID"]: one for one in records}
    (unmodified,) = (one for one in revisits if one.fields["WARC-Profile"] == NOT_MODIFIED)
    assert unmodified.status == "304"
    assert by_id[unmodified.fields["WARC-Refers-To"]].content == REVISED
    identical = [one for one in revisits if one.fields["WARC-Profile"] == IDENTICAL]
    assert len(identical) > 4
    for one in identical:
        held = by_id[one.fields["WARC-Refers-To"]]
        assert held.kind == "response"
        assert held.fields["WARC-Payload-Digest"] == one.fields["WARC-Payload-Digest"]
        assert held.uri == one.fields["WARC-Refers-To-Target-URI"]
        assert held.fields["WARC-Date"] == one.fields["WARC-Refers-To-Date"] <= one.fields["WARC-Date"]
    whole = [
        one.fields["WARC-Payload-Digest"]
        for one in records
        if one.kind == "response" and "WARC-Truncated" not in one.fields
    ]
    assert len(whole) - len(set(whole)) <= 1  # the empty bodies of redirects


def test_a_body_that_was_cut_is_marked(polled_evidence: Database) -> None:
    """The file that broke off is a response with what came, and says why it is not whole."""
    (cut,) = (one for one in told(exported(polled_evidence)) if one.fields.get("WARC-Truncated"))
    assert cut.uri.endswith("/cut.csv")
    assert cut.fields["WARC-Truncated"] == "disconnect"
    assert cut.content == b"x" * 400


def test_a_redirect_is_a_response_of_its_own(polled_evidence: Database) -> None:
    """Of a hop its address, status and Location are kept: the record holds these, and the answer follows at its own address."""
    records = told(exported(polled_evidence))
    (hop,) = (one for one in records if one.status == "302")
    assert hop.head == {"Location": f"{hop.uri}/moved"}
    answer = records[records.index(hop) + 2]
    assert (answer.kind, answer.status, answer.uri) == ("response", "404", f"{hop.uri}/moved")


def test_the_same_log_gives_the_same_file(polled_evidence: Database) -> None:
    """To the byte, compressed or not; and writing it changes nothing in the evidence."""
    before = contents(polled_evidence)
    first, second = exported(polled_evidence), exported(polled_evidence)
    assert first == second
    assert gzip.decompress(first) == b"".join(one.encoded() for one in warc_records(polled_evidence, WHOLE, SOFTWARE))
    assert contents(polled_evidence) == before


def test_a_span_is_whole_in_itself(polled_evidence: Database) -> None:
    """Of another series, or of other days, nothing; of these days everything; and no capture at all is an error that says so."""
    (day,) = polled_evidence.execute("SELECT substr(max(requested_at), 1, 10) FROM captures").fetchone()
    whole, of_days = told(exported(polled_evidence)), told(exported(polled_evidence, Span(None, "2020-01-01", day)))
    assert [one.content for one in of_days[1:]] == [one.content for one in whole[1:]]
    for span in (Span("another-series"), Span(None, "2999-01-01"), Span(None, None, "1999-01-01")):
        with pytest.raises(ArchiveError, match="No capture in the log fits"):
            exported(polled_evidence, span)


# ---------------------------------------------------------------- made captures


def test_a_deposit_is_a_resource_with_its_origin(tmp_path: Path) -> None:
    """Nobody was asked for these bytes: no request, no answer, but where they are said to come from."""
    with new_archive(tmp_path) as evidence:
        number = poll(evidence.db, reason="deposit")
        handed_in = Deposit(SERIES, "july-2021", "2021-07-29", "a b.csv", b"1,2\r\n", "a reader\r\nleaf: {} of Ely")
        done = record_deposit(evidence.db, number, handed_in, NOW)
        _, resource, metadata = told(exported(evidence.db))
        entry = entry_of(evidence.db, "captures", done.capture_id)
    assert (resource.kind, resource.content) == ("resource", b"1,2\r\n")
    assert resource.uri == "deposit:made-up-series/july-2021/a%20b.csv"
    assert b"\r\norigin: a reader leaf: {} of Ely\r\n" in metadata.content
    assert f"\r\nlog-entry: {entry}\r\n".encode() in metadata.content
    assert json.loads(leaf_of(metadata))["origin"] == "a reader\r\nleaf: {} of Ely"


def test_what_never_came_is_told_by_request_and_metadata_alone(tmp_path: Path) -> None:
    """A connection that failed has no answer; what robots.txt forbade was not even asked for."""
    with new_archive(tmp_path) as evidence:
        number = poll(evidence.db)
        record(evidence.db, number, None, verdict="failed", error_code="connect", request_head=ASKED)
        record(evidence.db, number, None, verdict="blocked", error_code="robots")
        records = told(exported(evidence.db))
    assert [one.kind for one in records] == ["warcinfo", "request", "metadata", "metadata"]
    assert b"outcome: failed\r\n" in records[2].content
    assert b"outcome: blocked\r\n" in records[3].content


@pytest.mark.fault("S16")
def test_withheld_bytes_are_told_by_hash_and_reason(tmp_path: Path) -> None:
    """After a takedown the body is in no record, nor is its compressed form; the request, the leaf and the reason are."""
    with new_archive(tmp_path) as evidence:
        wire = gzip.compress(b"personal, made up", mtime=0)
        fields = {"wire": wire, "wire_sha256": sha256(wire), "content_encoding": "gzip", "status": 200}
        kept = record(
            evidence.db, poll(evidence.db), b"personal, made up", request_head=ASKED, response_head=HEAD, **fields
        )
        why = {"reason": "made-up\r\nreason", "asked_by": "x", "legal_ground": "x", "reviewed_by": "x"}
        append(evidence.db, "takedowns", {"made_at": NOW, "sha256": kept.sha256, **why})
        records = told(exported(evidence.db))
    assert [one.kind for one in records] == ["warcinfo", "request", "metadata"]
    assert b"withheld: made-up reason\r\n" in records[2].content
    assert kept.sha256 is not None
    assert kept.sha256.encode() in leaf_of(records[2])


def test_a_304_refers_outside_where_the_bytes_lie_outside(tmp_path: Path) -> None:
    """A month's file need not hold the month before: address and date of the earlier capture say where to look."""
    with new_archive(tmp_path) as evidence:
        number = poll(evidence.db)
        record(evidence.db, number, b"1,2", status=200, response_head=HEAD, requested_at="2021-07-31T09:00:00.000000Z")
        head = b"HTTP/1.1 304 Not Modified"
        record(evidence.db, number, None, status=304, verdict="not_modified", response_head=head, request_head=ASKED)
        revisit = told(exported(evidence.db, Span(None, "2021-08-01")))[2]
    assert (revisit.kind, revisit.status) == ("revisit", "304")
    assert revisit.fields["WARC-Refers-To-Date"] == "2021-07-31T09:00:00.000000Z"
    assert revisit.fields["WARC-Refers-To-Target-URI"] == revisit.uri
    assert "WARC-Refers-To" not in revisit.fields


LINES = st.lists(st.binary(max_size=30).map(lambda one: one.replace(b"\r", b"").replace(b"\n", b"")), max_size=5)
ADDRESSES = st.text(max_size=40).map(lambda text: f"https://files.example/{text}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(ADDRESSES, LINES, st.binary(max_size=60), st.sampled_from([None, "chunked", "chunked, x"])),
        max_size=5,
    )
)
def test_whatever_a_publisher_sends_the_file_stays_readable(
    tmp_path_factory: pytest.TempPathFactory, exchanges: list[tuple[str, list[bytes], bytes, str | None]]
) -> None:
    """Hostile addresses, heads and bodies: as many answers as exchanges, every digest right, every body as it was."""
    with new_archive(tmp_path_factory.mktemp("hostile")) as evidence:
        number = poll(evidence.db)
        record(evidence.db, number, b"first", status=200, response_head=HEAD, request_head=ASKED)
        for address, lines, body, coding in exchanges:
            named = [b"x-made-up: " + line for line in lines]
            coded = [b"transfer-ENCODING : " + coding.encode()] if coding else []
            more: dict[str, Any] = {"status": 200, "request_head": ASKED}
            record(
                evidence.db, number, body, address=address, response_head=b"\r\n".join([HEAD, *named, *coded]), **more
            )
        records = told(exported(evidence.db))
    answers = [one for one in records if one.kind in {"response", "revisit"}]
    assert len(answers) == len(exchanges) + 1
    expected = {b"first", *(body for _, _, body, _ in exchanges)}
    assert {one.content for one in answers if one.kind == "response"} == expected


def test_names_of_files_are_in_addresses_alone(polled_evidence: Database) -> None:
    """Nothing of the publisher's becomes a field of a record but its addresses, spelt in ASCII."""
    for one in told(exported(polled_evidence)):
        for name, value in one.fields.items():
            assert value.isascii()
            assert (JULY in value or APRIL in value) <= name.endswith("Target-URI")
