"""Which lines two texts do not share, found by comparing stretches of bytes: most of two releases of one file is the same.

Never asks what a line means, and keeps no line that both texts have.
"""

from __future__ import annotations

_STRETCH = 4096
"""Bytes compared at once. One line in two hundred is revised, so that about five stretches lie between two revisions."""

_PATIENCE = 64
"""Unlike lines in a row after which the texts are taken for shifted against each other, and the rest is compared as sets."""

_WINDOW = 65536
"""Bytes within which a line must be met again, for that to be a shift and not another text."""


def unlike_lines(new: bytes, old: bytes, first: int, at: int) -> tuple[list[bytes], list[bytes]] | None:
    """Lines of `new` that `old` does not have, and the other way round, with their ends, in their order.

    Both texts have a header of `first` bytes and end with a line feed. The line at byte `at` of `new` is where the first of
    `old` is looked for: from there on lines are compared in place, which needs neither splitting nor hashing, as long as the
    texts line up. None where one of the lines that do not line up stands twice in `new`, and where the texts part for good.
    """
    parts = _in_place(new, at, old, first)
    if parts is None:
        return None
    here, gone = _lines(new[first:at]) + parts[0], parts[1]
    kept, found = set(gone), set(here)
    if len(found) != len(here):
        return None
    return [line for line in here if line not in kept], [line for line in gone if line not in found]


def _in_place(new: bytes, at: int, old: bytes, old_at: int) -> tuple[list[bytes], list[bytes]] | None:
    """Lines that are not those at the same place; from where the texts no longer line up, all lines."""
    here: list[bytes] = []
    gone: list[bytes] = []
    last, in_a_row = -1, 0
    while (size := min(_STRETCH, len(new) - at, len(old) - old_at)) and in_a_row < _PATIENCE:
        same = _same_bytes(new, at, old, old_at, size)
        if same == size:
            at, old_at = at + same, old_at + same
            continue
        start = new.rfind(b"\n", 0, at + same) + 1
        old_start = old_at + start - at
        in_a_row = in_a_row + 1 if start == last else 0
        at, old_at = new.find(b"\n", start) + 1, old.find(b"\n", old_start) + 1
        last = at
        here.append(new[start:at])
        gone.append(old[old_start:old_at])
    if in_a_row == _PATIENCE and not (_met_again(new, at, old, old_at) or _met_again(old, old_at, new, at)):
        return None
    return here + _lines(new[at:]), gone + _lines(old[old_at:])


def _met_again(text: bytes, at: int, other: bytes, other_at: int) -> bool:
    """Whether one of the next few lines of a text stands a little further on in the other."""
    window = other[other_at : other_at + _WINDOW]
    return any(line in window for line in _lines(text[at : at + 1024])[:-1])


def _same_bytes(new: bytes, at: int, old: bytes, old_at: int, size: int) -> int:
    """How many of the next `size` bytes are the same before the first that is not; found by halving."""
    if new[at : at + size] == old[old_at : old_at + size]:
        return size
    low, high = 0, size
    while high - low > 1:
        middle = (low + high) // 2
        if new[at + low : at + middle] == old[old_at + low : old_at + middle]:
            low = middle
        else:
            high = middle
    return low


def _lines(text: bytes) -> list[bytes]:
    return text.splitlines(keepends=True)
