"""The Merkle tree of RFC 9162 section 2: roots, and proofs that a leaf or an earlier tree is part of a later one.

Pure hashing: knows nothing of databases, leaves' contents, keys or signatures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of a tree without leaves (RFC 9162 2.1.1)."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one leaf. The prefix 0x00 keeps a leaf from being passed off as an inner node (RFC 9162 2.1.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node from its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class GrowingTree:
    """The root of a tree that is added to, leaf by leaf, in memory that grows with its height alone."""

    def __init__(self, hashes: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        for one in hashes:
            self.add(one)

    def add(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        self.size += 1
        peak, size = leaf, self.size
        while size % 2 == 0:
            peak, size = node_hash(self._peaks.pop(), peak), size // 2
        self._peaks.append(peak)

    def root(self) -> bytes:
        """Root over everything added so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Root over the hashes of leaves, in order."""
    return GrowingTree(hashes).root()


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Hashes that lead from leaf `index` to the root over `hashes`, the leaf's neighbour first (RFC 9162 2.1.3.1).

    Raises ValueError where there is no such leaf.
    """
    if not 0 <= index < len(hashes):
        raise ValueError(f"leaf {index}: found a tree of {len(hashes)} leaves, expected one that holds it")
    if len(hashes) == 1:
        return []
    split = _split(len(hashes))
    if index < split:
        return [*inclusion_proof(hashes[:split], index), root_of(hashes[split:])]
    return [*inclusion_proof(hashes[split:], index - split), root_of(hashes[:split])]


def consistency_proof(hashes: Sequence[bytes], earlier: int) -> list[bytes]:
    """Hashes that show the first `earlier` leaves to be the beginning of the tree over `hashes` (RFC 9162 2.1.4.1).

    Raises ValueError where the earlier tree is empty, which proves nothing, or larger than the later one.
    """
    if not 0 < earlier <= len(hashes):
        raise ValueError(f"an earlier tree of {earlier}: found {len(hashes)} leaves, expected 1 to {len(hashes)}")
    return _subproof(hashes, earlier, complete=True)


def _subproof(hashes: Sequence[bytes], earlier: int, *, complete: bool) -> list[bytes]:
    if earlier == len(hashes):
        return [] if complete else [root_of(hashes)]
    split = _split(len(hashes))
    if earlier <= split:
        return [*_subproof(hashes[:split], earlier, complete=complete), root_of(hashes[split:])]
    return [*_subproof(hashes[split:], earlier - split, complete=False), root_of(hashes[:split])]


def _split(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return int(1 << ((size - 1).bit_length() - 1))


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` leads from the hash of leaf `index` to the root of a tree of `size` leaves (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            found = node_hash(sibling, found)
            while place and place % 2 == 0:
                place, last = place // 2, last // 2
        else:
            found = node_hash(found, sibling)
        place, last = place // 2, last // 2
    return last == 0 and found == root


def is_consistent(earlier: int, later: int, earlier_root: bytes, later_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows the tree of `earlier` leaves to be the beginning of the one of `later` (RFC 9162 2.1.4.2).

    An empty earlier tree is refused: it is the beginning of everything and proves nothing.
    """
    if not 1 <= earlier <= later or not _are_hashes(earlier_root, later_root, *proof):
        return False
    if earlier == later:
        return not proof and earlier_root == later_root
    path = [earlier_root, *proof] if earlier & (earlier - 1) == 0 else list(proof)
    return bool(proof) and _both_roots(earlier, later, path) == (earlier_root, later_root)


def _both_roots(earlier: int, later: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The two roots to which a path of hashes leads; None where its length does not fit the sizes."""
    place, last = earlier - 1, later - 1
    while place % 2:
        place, last = place // 2, last // 2
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if place % 2 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while place and place % 2 == 0:
                place, last = place // 2, last // 2
        else:
            new = node_hash(new, sibling)
        place, last = place // 2, last // 2
    return (old, new) if last == 0 else None


def _are_hashes(*found: bytes) -> bool:
    return all(len(one) == HASH_BYTES for one in found)
