"""Stories of leaves: one spelling for each fact, everything that stands in a row found again, nothing too large."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.leaves import INLINE_TEXT, LARGEST_LEAF, canonical, leaf_of, named_outside, read_leaf, row_of, table_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=2_000)
VALUES = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), TEXTS, st.binary(max_size=6_000))
ROWS = st.dictionaries(st.from_regex(r"[a-z_]{3,12}", fullmatch=True), VALUES, max_size=8)


def outside(row: dict[str, object]) -> dict[str, bytes]:
    """Every value of a row by its SHA-256, as whoever keeps the columns can give them."""
    values = [value.encode() if isinstance(value, str) else value for value in row.values()]
    return {hashlib.sha256(value).hexdigest(): value for value in values if isinstance(value, bytes)}


@given(ROWS)
def test_a_leaf_gives_its_row_back(row: dict[str, object]) -> None:
    """What was kept can be made again from its leaf and what the leaf names; what is null is left out."""
    leaf = leaf_of("findings", row)
    content = read_leaf(leaf)
    assert row_of(content, outside(row)) == {column: value for column, value in row.items() if value is not None}
    assert set(named_outside(content)) <= outside(row).keys()
    assert leaf == canonical(content)


@given(ROWS, ROWS)
def test_two_facts_have_two_leaves(one: dict[str, object], other: dict[str, object]) -> None:
    """Different rows never give the same leaf, and the same row always does."""
    stated = [{column: value for column, value in row.items() if value is not None} for row in (one, other)]
    assert (leaf_of("polls", one) == leaf_of("polls", other)) == (stated[0] == stated[1])


def test_the_largest_capture_fits() -> None:
    """Some thirty hostile texts and two hostile header blocks stand by name, and the leaf stays within its bound."""
    hostile = '\x01\N{PILE OF POO}"\\' * 10_000
    row: dict[str, object] = {f"text_{n}": hostile[: INLINE_TEXT // (n % 9 + 1)] for n in range(32)}
    leaf = leaf_of("captures", {**row, "request_head": b"\x00" * 60_000, "response_head": b"\xff" * 4_000})
    assert len(leaf) < LARGEST_LEAF


def test_bytes_of_a_snapshot_never_stand_in_a_leaf() -> None:
    """However short a body is, its leaf only names it: what the law may ask to be removed is in one place."""
    leaf = leaf_of("snapshots", {"snapshot_id": 1, "body": b"secret"})
    assert b"secret" not in leaf
    assert hashlib.sha256(b"secret").hexdigest().encode() in leaf


def test_an_absence_is_called_one() -> None:
    """A capture that found nothing any more states an absence; both are found in the captures."""
    assert json.loads(leaf_of("captures", {"outcome": "absent"}))["kind"] == "absence"
    assert {table_of("absence"), table_of("capture")} == {"captures"}


@pytest.mark.fault("D15")
@pytest.mark.parametrize(
    "line",
    ['{"kind":"poll","v":1} ', '{"v":1,"kind":"poll"}', '{"kind":"poll","v":1,"v":1}', '{"kind":"poll","v":2}', '{"v":1}',
     "[]", "{", '{"a":1.0,"kind":"poll","v":1}', '{"a":"\\u00e9","kind":"poll","v":1}', '{"a":NaN,"kind":"poll","v":1}',
     '{"a":1e5,"kind":"poll","v":1}'],
)  # fmt: skip
def test_another_spelling_is_no_leaf(line: str) -> None:
    """Reordered or doubled keys, spaces, escapes and numbers in another form are refused, though JSON allows them."""
    with pytest.raises(ValueError, match=r"expected|Expecting"):
        read_leaf(line.encode())


def test_a_fact_that_cannot_be_a_leaf_says_so() -> None:
    """A table that is not logged and a fact that is too large are refused before anything is kept."""
    with pytest.raises(ValueError, match="expected one of genesis, polls"):
        leaf_of("made_up", {})
    with pytest.raises(ValueError, match="expected at most 65535"):
        leaf_of("polls", {f"column_{n}": "x" * 1_000 for n in range(70)})
    with pytest.raises(ValueError, match="expected one of genesis, poll"):
        table_of("made up")


def test_a_column_named_as_a_mark_is_not_lost() -> None:
    """An anchor has a kind of its own: it stands in its leaf beside the kind of fact, and comes back as it was."""
    row = {
        "anchor_id": 1,
        "got_at": "2026-11-24T00:00:00.000000Z",
        "size": 3,
        "kind": "rfc3161",
        "party": "x",
        "evidence": b"e",
    }
    assert leaf_of("anchors", row) != leaf_of("anchors", {**row, "kind": "git"})
    assert row_of(read_leaf(leaf_of("anchors", row)), {}) == row
