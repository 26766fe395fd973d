"""The outside anchors that belong into a pack: the first after each body, and the newest there is.

Checks no token: who opens the pack does, with verify_pack.py or by hand.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence

from archive.packs.members import Member, made, one_line
from archive.packs.sealed import Anchor, ProvenTree, SealedLog


def anchor_members(log: SealedLog, bodies: Sequence[int], others: Sequence[int]) -> Iterator[Member]:
    """Files of the anchors that say most about bodies and other facts at these entries: a folder each, data/anchors/NUMBER.

    Each holds the checkpoint that was anchored, what the party gave, and the proof, under that checkpoint, of each leaf
    that no earlier anchor of the party here covers.
    """
    for anchor, entries in _telling(log.anchors(), sorted(bodies), sorted({*bodies, *others})):
        folder = f"data/anchors/{anchor.number}"
        tree = ProvenTree(log.hashes[: anchor.size], anchor.note)
        yield made(f"{folder}/checkpoint.txt", anchor.note.encode())
        yield made(
            f"{folder}/party.txt", f"{one_line(anchor.kind)}\n{one_line(anchor.party)}\n{anchor.got_at}\n".encode()
        )
        for entry in entries:
            yield made(f"{folder}/{entry:09}.tlog-proof", tree.proof(entry).encode())
        for name, content in parts_of(anchor):
            yield made(f"{folder}/{name}", content)


def parts_of(anchor: Anchor) -> list[tuple[str, bytes]]:
    """What a party gave, as the files that a verifier needs: a time stamp is a token (DER) and the chain to its root (PEM).

    Evidence of any other form is handed on as it is.
    """
    try:
        stated = json.loads(anchor.evidence)
        if anchor.kind == "rfc3161" and stated["form"] == "rfc3161/1":
            token = base64.b64decode(stated["token"], validate=True)
            return [("token.der", token), ("chain.pem", str(stated["chain"]).encode())]
    except (ValueError, TypeError, KeyError):
        pass
    return [("evidence.bin", anchor.evidence)]


def _telling(
    anchors: Iterable[Anchor], bodies: Sequence[int], entries: Sequence[int]
) -> Iterator[tuple[Anchor, list[int]]]:
    """Of each party the first anchor after each body, and its newest, with the entries that are first covered by each."""
    by_party: dict[tuple[str, str], list[Anchor]] = {}
    for one in anchors:
        by_party.setdefault((one.kind, one.party), []).append(one)
    for of_one in by_party.values():
        first_after = [next((one for one in of_one if one.size > entry), of_one[-1]) for entry in bodies]
        covered = 0
        for anchor in sorted({*first_after, of_one[-1]}, key=lambda one: (one.size, one.number)):
            here = [entry for entry in entries if covered <= entry < anchor.size]
            covered = anchor.size
            if here:
                yield anchor, here
