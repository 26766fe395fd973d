"""Puts the facts that a pack concerns into files: leaves with their proofs, heads, bodies, keys, anchors.

Reads the evidence; decides neither which facts those are nor what is said of them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from sqlite_utils import Database

from archive.catalogue import IS_ACCEPTED
from archive.leaves import named_outside, read_leaf
from archive.log import stored_row
from archive.migrations import NUMBERS
from archive.notes import Verifier
from archive.outcomes import ACCEPTED
from archive.packs.anchored import anchor_members
from archive.packs.members import Member, made, safe_name
from archive.packs.sealed import SealedLog
from archive.packs.selection import Selection
from archive.promise import PROMISE
from archive.store import copy_snapshot
from archive.withheld_forms import withheld_forms

ED25519_DER = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410)."""

Row = dict[str, object]


class Fact(NamedTuple):
    """One fact of the pack: where it stands in the log, and its row."""

    entry: int
    table: str
    number: int
    row: Row


class Body(NamedTuple):
    """The bytes of one snapshot, and where they are in the pack; `path` is None where they are not."""

    sha256: str
    size: int
    original_name: str | None
    path: str | None
    withheld: str | None
    """Why the bytes are withheld, as the takedown states it; None where they are not."""


class Facts(NamedTuple):
    """Everything that a pack holds but its own labels."""

    captures: tuple[Fact, ...]
    bodies: tuple[Body, ...]
    entries: tuple[Fact, ...]
    """Every fact whose leaf is in the pack, captures included."""
    members: tuple[Member, ...]


def facts_of(db: Database, log: SealedLog, chosen: Selection) -> Facts:
    """The facts that a selection concerns, as files."""
    facts = tuple(sorted(_logged(db, log, _concerned(db, log, chosen)), key=lambda fact: fact.entry))
    captures = tuple(fact for fact in facts if fact.table == "captures")
    reasons = withheld_forms(db)
    bodies = (
        *(_body(db, sha256, reasons.get(sha256)) for sha256 in chosen.bodies),
        *(_body(db, sha256, reasons.get(sha256))._replace(path=None) for sha256 in chosen.named),
    )
    members = (
        *(member for fact in facts for member in _leaf_members(log, fact)),
        *(member for fact in captures for member in _head_members(fact)),
        *(_body_member(db, body) for body in bodies if body.path),
        *(member for key in log.known if _is_logged(facts, key) for member in _key_members(key)),
        *anchor_members(log, *([fact.entry for fact in facts if fact.table == of] for of in ("snapshots", "captures"))),
        made("data/log/checkpoint.txt", log.note.encode()),
        made("data/promise.txt", f"{PROMISE}\n".encode()),
        *chosen.tables,
    )
    return Facts(captures, bodies, facts, members)


def _is_logged(facts: Iterable[Fact], key: Verifier) -> bool:
    """Whether the signed log announces a key: one that was announced after the checkpoint has no leaf to show."""
    return any(fact.table == "keys" and fact.row["verifier"] == key.text() for fact in facts)


def _concerned(db: Database, log: SealedLog, chosen: Selection) -> Iterator[tuple[str, int]]:
    """Table and number of every fact: captures, their polls, snapshots, what was said of them, the log's beginning, its keys."""
    yield "genesis", 1
    yield from _numbered(db, "keys", "verifier IN (SELECT value FROM json_each(?))", [key.text() for key in log.known])
    polls = "poll_id IN (SELECT poll_id FROM captures WHERE capture_id IN (SELECT value FROM json_each(?)))"
    yield from _numbered(db, "polls", polls, list(chosen.captures))
    yield from _numbered(db, "poll_ends", polls, list(chosen.captures))
    yield from (("captures", number) for number in chosen.captures)
    hashes = [*chosen.bodies, *chosen.named]
    yield from _numbered(db, "snapshots", "sha256 IN (SELECT value FROM json_each(?))", hashes)
    yield from _numbered(db, "takedowns", "sha256 IN (SELECT value FROM json_each(?))", hashes)
    yield from _numbered(db, "findings", "sha256 IN (SELECT value FROM json_each(?))", hashes)
    yield from _numbered(db, "findings", "capture_id IN (SELECT value FROM json_each(?))", list(chosen.captures))
    yield from _numbered(
        db,
        "annotations",
        "entry IN (SELECT entry FROM log WHERE fact_table = 'captures' AND fact_number IN (SELECT value FROM json_each(?)))",
        list(chosen.captures),
    )


def _numbered(db: Database, table: str, condition: str, values: Iterable[object]) -> list[tuple[str, int]]:
    rows = db.execute(f"SELECT {NUMBERS[table]} FROM {table} WHERE {condition}", [json.dumps(list(values))])
    return [(table, number) for (number,) in rows.fetchall()]


def _logged(db: Database, log: SealedLog, concerned: Iterable[tuple[str, int]]) -> Iterator[Fact]:
    for table, number in dict.fromkeys(concerned):
        entry = log.entry(table, number)
        if entry is not None:
            yield Fact(entry, table, number, _small_row(db, table, number))


def _small_row(db: Database, table: str, number: int) -> Row:
    """A fact's row without the bytes of a snapshot, which are not held while a pack is put together."""
    if table != "snapshots":
        return stored_row(db, table, number)
    return stored_row(db, table, number, ", ".join(one.name for one in db["snapshots"].columns if one.name != "body"))


# ---------------------------------------------------------------- files


def _leaf_members(log: SealedLog, fact: Fact) -> Iterator[Member]:
    """The leaf, its proof, and the texts that it names but does not hold; heads and bodies have files of their own."""
    leaf = log.leaf(fact.entry)
    yield made(f"data/log/{fact.entry:09}.json", leaf)
    yield made(f"data/log/{fact.entry:09}.tlog-proof", log.tree.proof(fact.entry).encode())
    outside = set(named_outside(read_leaf(leaf)))
    for column, value in fact.row.items():
        if isinstance(value, str) and outside:
            text = made(f"data/long/{fact.entry:09}-{column.replace('_', '-')}.txt", value.encode())
            if text.sha256 in outside:
                yield text


def _head_members(fact: Fact) -> Iterator[Member]:
    for column, name in (("request_head", "request"), ("response_head", "response")):
        head = fact.row[column]
        if isinstance(head, bytes) and head:
            yield made(f"data/heads/{fact.entry:09}-{name}.txt", head)


def _body(db: Database, sha256: str, reason: str | None) -> Body:
    """Where the bytes of a snapshot go; nowhere where they are withheld, for the reason that is given."""
    # Of the captures that brought it, one that was taken for what was asked says what it is.
    found = db.execute(
        f"SELECT file_name, purpose, outcome FROM captures WHERE sha256 = ? ORDER BY {IS_ACCEPTED} DESC, capture_id LIMIT 1",
        [sha256],
    ).fetchone()
    (size,) = db.execute("SELECT bytes FROM snapshots WHERE sha256 = ?", [sha256]).fetchone()
    name, purpose, outcome = found or (None, "wire", "wire")
    path = _place(name, purpose, outcome, sha256)
    return Body(sha256, size, name, None if reason else path, reason)


def _place(name: str | None, purpose: str, outcome: str, sha256: str) -> str:
    """Where a body lies in a pack: what was answered instead of a file or page never lies among those."""
    if purpose == "wire":
        return f"data/wire/{safe_name('compressed.wire', sha256)}"
    if outcome not in ACCEPTED:
        return f"data/answers/{safe_name(f'{outcome}.bin', sha256)}"
    if purpose == "file":
        return f"data/files/{safe_name(name, sha256)}"
    return f"data/pages/{safe_name(f'{purpose}.txt' if purpose == 'robots' else f'{purpose}.html', sha256)}"


def _body_member(db: Database, body: Body) -> Member:
    (sha512,) = db.execute("SELECT sha512 FROM snapshots WHERE sha256 = ?", [body.sha256]).fetchone()
    return Member(body.path or "", body.size, body.sha256, sha512, partial(copy_snapshot, db, body.sha256))


def _key_members(key: Verifier) -> Iterator[Member]:
    """The key as the log announced it, and as openssl reads it."""
    yield made(f"data/keys/{key.key_id.hex()}.txt", f"{key.text()}\n".encode())
    encoded = base64.b64encode(ED25519_DER + key.key).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n"
    yield made(f"data/keys/{key.key_id.hex()}.pem", pem.encode())
