"""The mirror's layout: which file holds what, in the words of its README; one place for its writer and its readers.

Touches no file and no database.
"""

from __future__ import annotations

CHECKPOINT, README = "checkpoint", "README.txt"
CHECKPOINTS, LEAVES, KEYS, ANCHORS, BLOBS = "checkpoints", "leaves", "keys", "anchors", "blobs"
LEAVES_PER_FILE = 1_000


def checkpoint_file(size: int) -> str:
    """Where the note of the checkpoint over `size` leaves lies."""
    return f"{CHECKPOINTS}/{size}"


def checkpoint_time_file(size: int) -> str:
    """Where it says when that checkpoint was made: a JSON object with `made_at`."""
    return f"{CHECKPOINTS}/{size}.json"


def leaves_file(entry: int) -> str:
    """Where the leaf of an entry lies: a thousand a file, named by the first."""
    return f"{LEAVES}/{entry // LEAVES_PER_FILE * LEAVES_PER_FILE:08d}.jsonl"


def key_file(key_id: str) -> str:
    """Where a key's verifier text lies; `key_id` is eight hex digits."""
    return f"{KEYS}/{key_id}.txt"


def anchor_file(number: int, part: str) -> str:
    """Where a part of an anchor lies: `json`, and for a time stamp `token.der` and `chain.pem`."""
    return f"{ANCHORS}/{number:08d}.{part}"


def blob_file(sha256: str) -> str:
    """Where bytes named by their SHA-256 lie, compressed: unpacked with zstd and hashed they give their name."""
    return f"{BLOBS}/{sha256[:2]}/{sha256}.zst"


def withheld_file(sha256: str) -> str:
    """Where it says why bytes are not here."""
    return f"{BLOBS}/{sha256[:2]}/{sha256}.withheld.json"


README_TEXT = """\
A mirror of the opt-out archive's log: plain files, to be copied, cloned and checked by anyone.

checkpoint             the newest signed statement about the log (C2SP signed note): its name, how many leaves, the root over them
checkpoints/SIZE       every such statement, by its number of leaves
checkpoints/SIZE.json  when it was made
leaves/FIRST.jsonl     the log: one leaf a line, {per_file} a file, named by its first entry; only the last file grows
keys/ID.txt            the public keys that have signed, as name+ID+key (C2SP signed-note)
anchors/NUMBER.json    what an outside party said about a checkpoint
anchors/NUMBER.token.der, anchors/NUMBER.chain.pem   where that is a time stamp (RFC 3161): the token and its certificates
blobs/AA/SHA256.zst    bytes that a leaf names but does not hold, packed with zstd; unpack, hash, and you have the name
blobs/AA/SHA256.withheld.json   why bytes had to be removed; their hashes stay in the log

A leaf is one line without its line end. Its hash is SHA-256 over a zero byte and the line; the root is that of RFC 9162, section 2.
A snapshot's leaf names its bytes twice: `sha256` is that of the bytes as captured, and names the blob; `body` is that of the packed
blob, byte for byte as it is here. Blobs of captured bodies are here only where the operator chose so; long texts and heads always.

What to keep: the file `checkpoint`, from time to time. With it anyone can show that this log was, or was not, only added to since.
To check a time stamp on checkpoint SIZE:
  openssl ts -verify -data checkpoints/SIZE -in anchors/NUMBER.token.der -token_in -CAfile anchors/NUMBER.chain.pem
After the authority's certificate has expired, add -attime with the time that the token states, in seconds since 1970.

{promise}
"""
