"""The table of faults is what the tests say, and a guard that is taken out is missed."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults import GROUPS, TABLE, current, load_matrix, marks, unexplained, unknown
from tests.mutations import TOP, copied, load_mutations, load_results, outcome, without

SAMPLE = 5
SIZES = {"N": 16, "H": 40, "C": 25, "F": 17, "P": 16, "D": 23, "K": 10, "M": 27, "S": 19, "A": 7}


def test_the_matrix_has_its_two_hundred_rows():
    """Numbered without gaps in every group, each with words of its own."""
    rows = load_matrix().rows
    assert list(rows) == [f"{letter}{number:02d}" for letter in GROUPS for number in range(1, SIZES[letter] + 1)]
    assert len(rows) == 200
    assert max(Counter(rows.values()).values()) == 1


def test_every_mark_names_a_row_and_every_row_has_a_test_or_a_reason():
    """A test that proves what is not in the matrix, and a fault that nobody thought about, are both mistakes."""
    found, matrix = marks(), load_matrix()
    assert unknown(found, matrix) == []
    assert unexplained(found, matrix) == []
    assert matrix.gaps.keys() <= matrix.rows.keys()


def test_the_table_is_up_to_date():
    """Run `python -m tests.faults` where it is not."""
    assert TABLE.read_text(encoding="utf-8") == current()


def test_every_mutation_still_fits_the_program():
    """Each guard stands in its file once, each test it names is there, and the last run noticed that it was gone."""
    results = load_results()
    mutations = load_mutations()
    assert len({one.key for one in mutations}) == len(mutations) >= 60
    for one in mutations:
        assert without((TOP / one.file).read_text(encoding="utf-8"), one)
        assert one.fault in load_matrix().rows
        for test in one.tests:
            path, _, name = test.partition("::")
            assert f"def {name.partition('[')[0]}(" in (TOP / path).read_text(encoding="utf-8"), test
        assert results.get(one.key) == "failed", one.guard


@pytest.mark.slow
def test_guards_taken_out_are_missed():
    """A few of the mutations, run anew: their tests fail without the guard. All of them: `python -m tests.mutations`."""
    mutations = load_mutations()
    with copied() as copy:
        for one in mutations[:: len(mutations) // SAMPLE][:SAMPLE]:
            assert outcome(copy, one) == "failed", one.guard
