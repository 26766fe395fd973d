"""Stories of the tree: against the published vectors, against a second way of computing it, and against every alteration.

The cases are those of the public vectors of transparency-dev/merkle (testdata, seen 2026-11-24): 196 of them, made here from
the eight leaves, their roots and the alterations that those vectors describe.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.merkle import (
    EMPTY_ROOT,
    GrowingTree,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    root_of,
)

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
SOME = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")


class Inclusion(NamedTuple):
    """One case: whether a leaf is in a tree."""

    name: str
    index: int
    size: int
    leaf: bytes
    root: bytes
    proof: list[bytes]
    good: bool = False

    def holds(self) -> bool:
        return is_included(self.leaf, self.index, self.size, self.proof, self.root)


class Consistency(NamedTuple):
    """One case: whether one tree is the beginning of another."""

    name: str
    size1: int
    size2: int
    root1: bytes
    root2: bytes
    proof: list[bytes]
    good: bool = False

    def holds(self) -> bool:
        return is_consistent(self.size1, self.size2, self.root1, self.root2, self.proof)


def flipped(proof: list[bytes], at: int, bit: int) -> list[bytes]:
    return [bytes([one[0] ^ bit]) + one[1:] if n == at else one for n, one in enumerate(proof)]


def inclusions(number: int, size: int) -> Iterator[Inclusion]:
    """A good proof that leaf `number`, counted from 1, is in the tree of `size`, and every alteration of it."""
    proof = inclusion_proof(HASHES[:size], number - 1)
    good = Inclusion(f"{number} of {size}", number - 1, size, HASHES[number - 1], ROOTS[size - 1], proof, good=True)
    yield good
    bad = good._replace(good=False)
    yield bad._replace(name="index - 1", index=(good.index - 1) % 2**64)
    yield bad._replace(name="index + 1", index=good.index + 1)
    yield bad._replace(name="index ^ 2", index=good.index ^ 2)
    yield bad._replace(name="size * 2", size=size * 2)
    yield bad._replace(name="size / 2", size=size // 2)
    yield bad._replace(name="wrong leaf", leaf=b"WrongLeaf")
    yield bad._replace(name="empty root", root=EMPTY_ROOT)
    yield bad._replace(name="random root", root=SOME)
    for garbage in (b"", good.root):
        yield bad._replace(name=f"{len(garbage)} bytes behind", proof=[*proof, garbage])
        yield bad._replace(name=f"{len(garbage)} bytes before", proof=[garbage, *proof])
    for at in range(len(proof)):
        yield bad._replace(name=f"bit 3 of hash {at}", proof=flipped(proof, at, 8))
    if proof:
        yield bad._replace(name="one hash less", proof=proof[:-1])
    if len(proof) > 1:
        yield bad._replace(name="one hash put in", proof=[proof[0], SOME, *proof[1:]])


def consistencies(size1: int, size2: int) -> Iterator[Consistency]:
    """A good proof that one tree is the beginning of another, and every alteration of it."""
    proof = consistency_proof(HASHES[:size2], size1)
    good = Consistency(f"{size1} in {size2}", size1, size2, ROOTS[size1 - 1], ROOTS[size2 - 1], proof, good=True)
    yield good
    if not proof:
        return
    bad = good._replace(good=False)
    yield bad._replace(name="size1 - 1", size1=size1 - 1)
    yield bad._replace(name="size1 + 1", size1=size1 + 1)
    yield bad._replace(name="size1 ^ 2", size1=size1 ^ 2)
    yield bad._replace(name="size2 * 2", size2=size2 * 2)
    yield bad._replace(name="size2 / 2", size2=size2 // 2)
    yield bad._replace(name="wrong root1", root1=b"WrongRoot")
    yield bad._replace(name="wrong root2", root2=b"WrongRoot")
    yield bad._replace(name="roots swapped", root1=good.root2, root2=good.root1)
    yield bad._replace(name="empty proof", proof=[])
    for garbage in (b"", good.root1, good.root2):
        yield bad._replace(name=f"{garbage[:2].hex()} behind", proof=[*proof, garbage])
        yield bad._replace(name=f"{garbage[:2].hex()} before", proof=[garbage, *proof])
    yield bad._replace(name="first hash twice", proof=[proof[0], *proof])
    yield bad._replace(name="one hash less", proof=proof[:-1])
    for at in range(len(proof)):
        yield bad._replace(name=f"bit 4 of hash {at}", proof=flipped(proof, at, 16))


def further() -> Iterator[Inclusion | Consistency]:
    """Trees of one leaf and of none, sizes that go backwards, proofs that are not needed."""
    data = leaf_hash(b"data")
    for leaf, root in ((data, data), (b"", data), (data, b""), (b"", b"")):
        yield Inclusion("single", 0, 1, leaf, root, [], good=leaf == root == data)
    for index, size in ((0, 0), (0, 1), (1, 0), (2, 1)):
        for leaf, root in ((SOME, b""), (b"", EMPTY_ROOT), (SOME, EMPTY_ROOT)):
            yield Inclusion("nothing to prove", index, size, leaf, root, [])
    one, two = b"don't care 1", b"don't care 2"
    same = leaf_hash(b"same")
    for size1, size2, root1, root2, proof in (
        (0, 0, one, two, []), (1, 1, one, two, []), (0, 0, same, same, []), (0, 1, one, two, []), (1, 0, one, two, []),
        (2, 1, one, two, []), (1, 2, one, two, []), (0, 0, EMPTY_ROOT, two, []), (1, 1, EMPTY_ROOT, two, []),
        (0, 0, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT]), (0, 1, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT]),
        (1, 1, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT]), (0, 1, same, same, []),
    ):  # fmt: skip
        yield Consistency("further", size1, size2, root1, root2, list(proof))
    yield Consistency("one and one", 1, 1, same, same, [], good=True)


CASES = [
    *chain.from_iterable(inclusions(*case) for case in ((1, 1), (1, 8), (6, 8), (3, 3), (2, 5))),
    *chain.from_iterable(consistencies(*case) for case in ((1, 1), (1, 8), (6, 8), (2, 5), (6, 7))),
    *further(),
]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    """The roots over the first one to eight published leaves are those that everybody else computes."""
    assert root_of(HASHES[:size]) == ROOTS[size - 1]
    assert root_of([]) == EMPTY_ROOT


@pytest.mark.fault("M22")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{type(case).__name__} {case.name}")
def test_the_published_cases(case: Inclusion | Consistency) -> None:
    """Each good proof holds, and each altered one is refused."""
    assert case.holds() is case.good


def test_all_the_published_cases_are_here() -> None:
    """The public set has 196; none was lost."""
    assert len(CASES) == 196


def rfc_root(leaves: list[bytes]) -> bytes:
    """The root by the words of RFC 9162 2.1.1, top down: a second way of computing it."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\x00" + leaves[0]).digest() if leaves else hashlib.sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(rfc_root(leaves[:split]), rfc_root(leaves[split:]))


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_growing_and_splitting_agree(leaves: list[bytes]) -> None:
    """Adding leaf by leaf gives the root that the standard's recursive definition gives."""
    assert GrowingTree(map(leaf_hash, leaves)).root() == rfc_root(leaves)


def test_every_proof_of_every_small_tree_holds() -> None:
    """All leaves and all earlier trees of every tree of up to 64 leaves can be proved, and never for another size."""
    hashes = [leaf_hash(bytes([n])) for n in range(64)]
    roots = [GrowingTree(hashes[:n]).root() for n in range(65)]
    for size in range(1, 65):
        for index in range(size):
            proof = inclusion_proof(hashes[:size], index)
            assert is_included(hashes[index], index, size, proof, roots[size])
            assert not is_included(hashes[index], index + 1, size, proof, roots[size])
        for earlier in range(1, size + 1):
            proof = consistency_proof(hashes[:size], earlier)
            assert is_consistent(earlier, size, roots[earlier], roots[size], proof)
            assert earlier == size or not is_consistent(earlier, size, roots[earlier], roots[size - 1], proof)


@pytest.mark.fault("M21")
def test_a_leaf_that_looks_like_a_node_is_no_node() -> None:
    """Two children's hashes given as a leaf do not get their parent's hash: the prefixes differ."""
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("index", [-1, 3])
def test_what_is_not_in_a_tree_has_no_proof(index: int) -> None:
    """Asking for a leaf or an earlier tree that there is not says so."""
    with pytest.raises(ValueError, match="expected one that holds it"):
        inclusion_proof(HASHES[:3], index)
    with pytest.raises(ValueError, match="expected 1 to 3"):
        consistency_proof(HASHES[:3], 0 if index < 0 else 4)
