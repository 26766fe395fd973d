"""Stories of signed notes: the published ones, ours, and everything that only looks like one."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from archive.notes import (
    Checkpoint,
    NoteError,
    Verifier,
    checked_name,
    read_checkpoint,
    read_verifier,
    sign,
    signed_by,
    verifier_of,
)

# The example of Go's golang.org/x/mod/sumdb/note, from which C2SP signed-note was taken (seen 2026-11-24).
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PUBLISHED_NOTE = (
    PUBLISHED_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "made-up.example/log"
KNOWN = verifier_of(KEY, NAME)
CHECKPOINT = Checkpoint(NAME, 5304, bytes(32))


def test_the_published_note_is_good() -> None:
    """A note that others signed is read and found good with their key as they write it."""
    verifier = read_verifier(PUBLISHED_KEY)
    assert verifier.text() == PUBLISHED_KEY
    assert signed_by(PUBLISHED_NOTE, [verifier]) == (PUBLISHED_TEXT, {verifier})


def test_a_checkpoint_goes_round() -> None:
    """What was signed is what is read: origin, size and root."""
    text, by = signed_by(sign(CHECKPOINT.text(), [(NAME, KEY)]), [KNOWN])
    assert (read_checkpoint(text), by) == (CHECKPOINT, {KNOWN})


@pytest.mark.fault("M20")
def test_signatures_of_strangers_are_ignored_and_two_of_ours_are_both_found() -> None:
    """A note may carry more signatures than we know keys; a rotation is signed by the old and the new one."""
    stranger, second = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    note = sign(CHECKPOINT.text(), [("stranger.example", stranger), (NAME, KEY), (NAME, second)])
    assert signed_by(note, [KNOWN])[1] == {KNOWN}
    assert signed_by(note, [KNOWN, verifier_of(second, NAME)])[1] == {KNOWN, verifier_of(second, NAME)}


@given(st.data())
def test_no_altered_byte_passes(data: st.DataObject) -> None:
    """Whatever byte of a note is changed, it is no longer good, or says exactly the same signed by the same key."""
    note = sign(CHECKPOINT.text(), [(NAME, KEY)])
    raw = bytearray(note.encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        altered = raw.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteError):
        signed_by(altered, [KNOWN])


@pytest.mark.parametrize(
    "note",
    ["", "text\n", "text\n\n", "text\n\n— name\n", "text\n\n— name AAAA\n", "text\n\n- name AAAAAAAAAA==\n",
     "a\x07\n\n— n AAAAAAAA\n", "text\n\n— name !!!\n", PUBLISHED_NOTE.rstrip("\n"), "x" * 200_000],
)  # fmt: skip
def test_what_is_no_note_is_refused(note: str) -> None:
    """Cut, empty, oversized and malformed notes are told apart from good ones."""
    with pytest.raises(NoteError, match="found"):
        signed_by(note, [read_verifier(PUBLISHED_KEY)])


@pytest.mark.fault("M20")
@pytest.mark.parametrize(
    "text",
    ["", "a\n5\n", "a\n05\nAAAA\n", "a\n-1\nAAAA\n", "a\n5\nAAAA\n", f"\n5\n{'A' * 43}=\n", f"a\n5\n{'A' * 43}=",
     f"a\nx\n{'A' * 43}=\n"],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    """A signed text that is not origin, size and root does not count as one, whoever signed it."""
    with pytest.raises(NoteError, match="expected"):
        read_checkpoint(text)


@pytest.mark.parametrize(
    "key",
    ["", "name", "name+00000000+AAAA", PUBLISHED_KEY.replace("c7", "c8"), PUBLISHED_KEY.replace("+ARpc", "+BRpc")],
)
def test_what_is_no_key_is_refused(key: str) -> None:
    """A key whose ID does not fit it, or that is of another kind, is refused when it is read."""
    with pytest.raises(NoteError, match="expected"):
        read_verifier(key)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak", "bell\x07", "no\N{NO-BREAK SPACE}break"])
def test_names_that_cannot_sign_are_refused(name: str) -> None:
    """A name with a space or a plus sign would make another signature line of it."""
    with pytest.raises(NoteError, match="expected one without spaces"):
        checked_name(name)


def test_a_key_is_its_name_too() -> None:
    """The same key under another name has another key ID, so that one cannot be passed off as the other."""
    assert Verifier("a.example", KNOWN.key).key_id != Verifier("b.example", KNOWN.key).key_id
