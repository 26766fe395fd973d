"""What a person typed from a newspaper: a count or a percentage, how exactly it was printed, and which numbers it can stand for.

Pure text and arithmetic; it never looks a number up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

Bound = Literal["", "about", "over", "under"]

_BOUNDS: dict[str, Bound] = {
    "about": "about", "around": "about", "roughly": "about", "some": "about", "approximately": "about", "circa": "about",
    "over": "over", "more than": "over", "above": "over", "at least": "over", "just over": "over",
    "under": "under", "less than": "under", "fewer than": "under", "nearly": "under", "almost": "under", "just under": "under",
}  # fmt: skip
_UNITS = {"million": 6, "m": 6, "mn": 6, "thousand": 3, "k": 3}
_PERCENT = ("%", "per cent", "percent")
_FORM = re.compile(
    rf"(?P<bound>{'|'.join(sorted(_BOUNDS, key=len, reverse=True))})?(?:\s*[-+−])?\s*"
    r"(?P<whole>[0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]{1,15})(?:\.(?P<decimals>[0-9]{1,9}))?\s*"
    rf"(?P<unit>{'|'.join([*_UNITS, *map(re.escape, _PERCENT)])})?"
)
_ROUND_FROM = 3
"""Zeros at the end from which on a plain number is taken for a rounded one: 100,000 is, 1,250 is not."""


class Span(NamedTuple):
    """Numbers that a printed one can stand for: `low` belongs to them, `high` does not."""

    how: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quoted:
    """One number as printed."""

    text: str
    value: float
    kind: Literal["count", "percent"]
    step: float
    """What one more in the last printed digit stands for: 1 where the number is printed in full."""
    bound: Bound
    is_exact: bool
    """Whether it can be a count printed in full, to the last digit."""

    def spans(self) -> tuple[Span, ...]:
        """What it can stand for besides itself, most likely first; none for a count printed in full."""
        if self.bound == "over":
            return (Span("more than this", self.value, self.value + self.step),)
        if self.bound == "under":
            return (Span("a little less than this", self.value - self.step, self.value),)
        if self.step == 1 and self.kind == "count":
            return ()
        half = self.step / 2
        rounded = Span("rounded", self.value - half, self.value + half)
        return (rounded, Span("cut off", self.value + half, self.value + self.step))


def read_quoted(text: str) -> Quoted:
    """The number in a phrase such as `1,275,153`, `3.3 million`, `over 3 million` or `43 %`.

    Raises ValueError, in words for the person who typed it, for anything else.
    """
    match = _FORM.fullmatch(" ".join(text.lower().replace("\u00a0", " ").split()))
    if match is None:
        raise ValueError(
            f"found {text!r}; expected one number such as 1275153, 107,429, 3.3 million, over 3 million, or 5.4%"
        )
    unit, decimals = match["unit"], match["decimals"] or ""
    whole = re.sub("[, ]", "", match["whole"])
    zeros = _UNITS.get(unit or "", 0)
    # A fraction without a unit can only be a percentage: people are counted whole.
    percent = unit in _PERCENT or (unit is None and bool(decimals))
    bound = _BOUNDS[match["bound"]] if match["bound"] else ""
    value = round(float(f"{whole}.{decimals or 0}") * 10**zeros, 9)
    kind: Literal["count", "percent"] = "percent" if percent else "count"
    is_exact = not (percent or zeros or bound)
    return Quoted(text.strip(), value, kind, _step(whole, decimals, zeros, percent), bound, is_exact)


def _step(whole: str, decimals: str, zeros: int, percent: bool) -> float:
    if decimals or percent or zeros:
        return float(10 ** (zeros - len(decimals)))
    trailing = len(whole) - len(whole.rstrip("0")) if int(whole) else 0
    return float(10**trailing) if trailing >= _ROUND_FROM else 1.0


def swapped(number: int) -> list[int]:
    """The number with each two neighbouring digits swapped: the commonest slip of a copied number."""
    digits = str(number)
    turned = [digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :] for at in range(len(digits) - 1)]
    return sorted({int(one) for one in turned if one != digits and one[0] != "0"})


def mistyped(number: int) -> list[int]:
    """The number with any one digit replaced by another."""
    digits = str(number)
    found = {int(digits[:at] + new + digits[at + 1 :]) for at in range(len(digits)) for new in "0123456789"}
    return sorted(one for one in found if one != number and len(str(one)) == len(digits))
