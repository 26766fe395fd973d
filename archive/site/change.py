"""What lies between two statements of a stock: net change, its share of the later total, growth; and the sentence of it.

Pure arithmetic and words on figures that were stated; nothing here is ever kept or called stated.
"""

from __future__ import annotations

from dataclasses import dataclass

from archive.site.statements import Statement
from archive.site.wording import day, number


@dataclass(frozen=True, slots=True)
class Change:
    """One place between two months. Percentages are None where a part is unknown or the base is zero."""

    first: Statement
    last: Statement

    @property
    def net(self) -> int | None:
        """People more (or fewer, below zero) at the later month; arrivals and departures are not published."""
        if self.first.opt_outs is None or self.last.opt_outs is None:
            return None
        return self.last.opt_outs - self.first.opt_outs

    @property
    def share(self) -> float | None:
        """Net change in per cent of the later total."""
        return _percent(self.net, self.last.opt_outs)

    @property
    def growth(self) -> float | None:
        """Net change in per cent of the earlier total."""
        return _percent(self.net, self.first.opt_outs)


def _percent(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else 100 * part / whole


def change_between(found: list[Statement], first: str, last: str) -> Change | None:
    """The change between two months of one place; None where it has no statement of one of them."""
    by_month = {one.month: one for one in found}
    if first not in by_month or last not in by_month:
        return None
    return Change(by_month[first], by_month[last])


def sentence(whom: str, change: Change, england: Change | None) -> str:
    """One plain sentence to copy, as a newspaper would print it."""
    last = change.last
    if last.opt_outs is None:
        return f"How many {whom} had opted out by {day(last.month)} was not stated."
    told = f"{number(last.opt_outs)} {whom} had opted out by {day(last.month)}"
    if change.net is None or change.first.month == last.month:
        return f"{told}."
    if change.net < 0:
        told += f", {number(-change.net)} fewer than on {day(change.first.month)}"
    else:
        told += f", {change.share or 0:.0f} % of them since {day(change.first.month)}"
    if england is not None and england.share is not None:
        told += f"; England {england.share:.0f} %"
    return f"{told}."
