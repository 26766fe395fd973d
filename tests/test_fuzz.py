"""The fuzzed readers on the suite's own samples, whole and with tags moved about: they read, or refuse by name.

A short stretch of what `tests/fuzz/fuzz_readers.py` does for hours, so that its targets are not forgotten.
"""

from __future__ import annotations

import random

import pytest

from tests.fuzz.targets import TARGETS, samples, with_tags_moved

EACH = 4
"""Pages made of one sample."""


@pytest.mark.parametrize("name", TARGETS)
def test_every_sample_is_read_or_refused_by_name(name):
    """Nothing else is raised, whatever the sample is a sample of."""
    found = samples(name)
    assert found
    for sample in found:
        TARGETS[name](sample.read_bytes())


def test_pages_with_tags_moved_about_are_read_or_refused_by_name():
    """Tags gone, doubled, or put where nobody expects them: no other error, in every sample."""
    chance, made = random.Random(20261125), set()
    for sample in samples("pages"):
        for _ in range(EACH):
            body = with_tags_moved(sample.read_bytes(), chance)
            TARGETS["pages"](body)
            made.add(body)
    assert len(made) > EACH * 10, "hardly a page was changed"
