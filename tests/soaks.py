"""Parts a long list of cases into those that `make test` tells and those that the soak tells as well.

Never drops one: `make test` and `make soak` together tell them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet


def in_part(cases: Iterable[Any], every: int) -> list[ParameterSet]:
    """The cases for `parametrize`, as values or `pytest.param`; all but each `every`th, from the first on, are marked slow."""
    given = [one if isinstance(one, ParameterSet) else pytest.param(one) for one in cases]
    return [
        one if at % every == 0 else pytest.param(*one.values, marks=[*one.marks, pytest.mark.slow], id=one.id)
        for at, one in enumerate(given)
    ]
