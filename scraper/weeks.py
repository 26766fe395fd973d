"""Weeks of the dashboard export that repeat the week before to the last cell: most likely it was not brought up to date.

Never leaves a week out: both stand as stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from scraper.model import DAILY, Block, Family, Finding


def repeated_weeks(family: Family, blocks: Sequence[Block], file_name: str) -> Iterator[Finding]:
    """One finding for each day whose every cell is that of the day before it in the file; none for monthly families."""
    if family not in DAILY:
        return
    for before, after in pairwise(sorted(blocks, key=lambda block: block.month)):
        if before.values == after.values:
            found = f"all {len(after.values)} rows as on {before.month}"
            advice = "Both are kept as stated; take neither for a week without change."
            yield Finding("file.repeated_week", "warning", file_name, after.month, found, "other figures", advice)
