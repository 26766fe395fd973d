"""Stories of time stamps kept in the log: they hold offline and for ever, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.anchors import (
    Newest,
    Stamp,
    accept,
    check_token,
    clock_differs,
    digest_of,
    evidence_of,
    is_time,
    new_query,
    read_stamp,
)
from archive.errors import ArchiveError
from archive.timestamps import TokenError
from tests.time_stamper import TimeStamper, cut, html, no_nonce, other_digest, other_nonce, refuses, too_large

NOTE = "made-up.example/log\n7\nAAAA\n\n\N{EM DASH} made-up.example/log AAAA\n"


@pytest.fixture(scope="module", params=["ec", "rsa"])
def stamper(request, tmp_path_factory):
    """An authority with a key of each kind that is in use."""
    return TimeStamper(tmp_path_factory.mktemp("authority") / request.param, request.param)


def stamped(stamper: TimeStamper, note: str = NOTE) -> tuple[bytes, str]:
    """Evidence of an honest stamp, and its time."""
    query = new_query(note)
    return accept(stamper.reply(query), query, note, stamper.chain.read_bytes())


def test_a_time_stamp_is_kept_with_all_that_it_takes_to_check_it(stamper):
    """Token and chain come out of the evidence as they went in, the time is the authority's, and nothing is asked."""
    evidence, stated = stamped(stamper)
    checked = check_token(evidence, NOTE)
    assert checked == (stated, None)
    assert abs(datetime.fromisoformat(stated) - datetime.now(UTC)) < timedelta(minutes=1)
    assert evidence_of(read_stamp(evidence)) == evidence
    assert set(json.loads(evidence)) == {"form", "token", "chain"}


def test_openssl_alone_checks_what_is_kept(stamper, tmp_path):
    """The command that the documents give, on the files of the evidence, says OK; a stranger needs nothing of ours."""
    stamp = read_stamp(stamped(stamper)[0])
    for name, content in {"note": NOTE.encode(), "token.der": stamp.token, "chain.pem": stamp.chain}.items():
        (tmp_path / name).write_bytes(content)
    command = "openssl ts -verify -data note -in token.der -token_in -CAfile chain.pem"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout


def test_a_time_stamp_of_another_note_proves_nothing(stamper):
    """One character of the note changed: the token is over another text."""
    evidence, _ = stamped(stamper)
    assert check_token(evidence, NOTE.replace("7", "8")) == (None, "it is over another text than this checkpoint")


@pytest.mark.fault("K10")
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (other_digest, "another text"),
        (other_nonce(digest_of(NOTE)), "another query than ours"),
        (no_nonce(digest_of(NOTE)), "another query than ours"),
        (refuses, "it refused: Rejected"),
        (html, "no time-stamp answer"),
        (too_large, "100000 bytes"),
        (cut, "no time-stamp answer"),
        (lambda *_: b"", "no time-stamp answer"),
    ],
)
def test_what_is_not_an_answer_to_our_query_is_refused_in_words(stamper, fault, said):
    """Another digest, an old token played back, a refusal, a page, half a reply: none becomes evidence."""
    query = new_query(NOTE)
    with pytest.raises(TokenError, match=said):
        accept(fault(stamper, query), query, NOTE, stamper.chain.read_bytes())


def test_only_the_certificates_that_are_named_are_trusted(stamper, tmp_path):
    """A token of an authority whose root was not given is refused, however good it is."""
    other = TimeStamper(tmp_path / "other")
    query = new_query(NOTE)
    with pytest.raises(TokenError, match="certificate"):
        accept(stamper.reply(query), query, NOTE, other.chain.read_bytes())


@pytest.mark.fault("K09")
def test_a_token_holds_after_its_certificate_has_expired(tmp_path):
    """Good when it was stamped is good for ever; checked as of today, openssl itself would refuse it."""
    ends = datetime.now(UTC) + timedelta(seconds=3)
    short = TimeStamper(tmp_path / "authority", ends=ends)
    evidence, stated = stamped(short)
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()) + 1.1)
    stamp = read_stamp(evidence)
    (tmp_path / "token").write_bytes(stamp.token)
    today = [
        "openssl",
        "ts",
        "-verify",
        "-digest",
        digest_of(NOTE),
        "-in",
        "token",
        "-token_in",
        "-CAfile",
        short.chain,
    ]
    done = subprocess.run(today, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "certificate has expired" in done.stderr
    assert check_token(evidence, NOTE) == (stated, None)


@pytest.mark.fault("K09")
def test_a_token_stamped_after_its_certificate_expired_is_refused(tmp_path):
    """An authority that goes on with an old certificate proves nothing."""
    now = datetime.now(UTC)
    late = TimeStamper(tmp_path / "authority", begins=now - timedelta(days=9), ends=now - timedelta(days=1))
    with pytest.raises(TokenError, match="certificate has expired"):
        stamped(late)


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """One good piece of evidence."""
    return stamped(TimeStamper(tmp_path_factory.mktemp("one") / "authority"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_altered_token_states_another_time_or_note(honest, data):
    """Any byte of the token changed: it is refused, or what it proves is the very same."""
    evidence, stated = honest
    stamp = read_stamp(evidence)
    place = data.draw(st.integers(0, len(stamp.token) - 1))
    changed = bytearray(stamp.token)
    changed[place] ^= data.draw(st.integers(1, 255))
    checked = check_token(evidence_of(Stamp(bytes(changed), stamp.chain)), NOTE)
    assert checked.time in (None, stated)
    assert (checked.time is None) == (checked.problem is not None)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda text: json.dumps({"form": text}).encode())))
def test_whatever_is_handed_in_as_evidence_is_judged_not_raised(content):
    """Garbage, other JSON, nothing: a problem in words, never an exception."""
    checked = check_token(content, NOTE)
    assert checked.time is None
    assert "another form" in (checked.problem or "")


def test_evidence_has_one_spelling(honest):
    """Another key, other spaces or another form beside a good token is not the evidence that was kept."""
    evidence, _ = honest
    stated = json.loads(evidence)
    for other in (
        json.dumps(stated).encode(),
        json.dumps({**stated, "more": 1}, separators=(",", ":"), sort_keys=True).encode(),
        evidence.replace(b"rfc3161/1", b"rfc3161/2"),
        evidence.replace(base64.b64encode(read_stamp(evidence).token), b"%%%"),
        b"[" * 100_000,
        b" " * 500_000,
    ):
        assert check_token(other, NOTE).problem is not None


def test_without_openssl_nothing_is_said_of_a_token(honest, monkeypatch):
    """A machine that cannot check says so, instead of calling good evidence bad."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ArchiveError, match="openssl"):
        check_token(honest[0], NOTE)


@pytest.mark.parametrize(
    ("newest", "pressing", "expected"),
    [
        (None, False, True),
        (Newest(7, "2026-11-24T09:00:00.000000Z"), True, False),
        (Newest(6, "2026-11-24T09:00:00.000000Z"), False, False),
        (Newest(6, "2026-11-24T09:00:00.000000Z"), True, True),
        (Newest(6, "2026-11-24T06:00:00.000000Z"), False, True),
        (Newest(6, "2031-01-01T00:00:00.000000Z"), False, True),
    ],
)
def test_a_party_is_asked_when_its_last_word_is_old_or_something_presses(newest, pressing, expected):
    """Never twice about the same checkpoint, at once for news, and a clock that once ran ahead does not silence us."""
    assert is_time(newest, 7, "2026-11-24T10:00:00.000000Z", 4, pressing=pressing) is expected


@pytest.mark.fault("K08")
def test_clocks_may_differ_by_ten_minutes():
    """Beyond that one of the two is wrong."""
    ours = "2026-11-24T10:00:00.000000Z"
    assert clock_differs("2026-11-24T10:10:00.000000Z", ours) is None
    assert clock_differs("2026-11-24T09:49:59.000000Z", ours) == "about 10 minutes behind the clock here"
    assert clock_differs("2026-11-25T10:00:01.000000Z", ours) == "about 1,440 minutes ahead of the clock here"


def test_a_stamp_takes_no_configuration_of_the_machine(stamper, tmp_path, monkeypatch):
    """A broken or hostile OPENSSL_CONF changes nothing in what is asked and accepted."""
    wrong = Path(tmp_path / "openssl.cnf")
    wrong.write_text("openssl_conf = missing\n[missing\n")
    monkeypatch.setenv("OPENSSL_CONF", str(wrong))
    query = new_query(NOTE)
    monkeypatch.delenv("OPENSSL_CONF")
    answer = stamper.reply(query)
    monkeypatch.setenv("OPENSSL_CONF", str(wrong))
    assert check_token(accept(answer, query, NOTE, stamper.chain.read_bytes())[0], NOTE).problem is None
