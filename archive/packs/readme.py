"""The words of a pack: what is in it, what is proved and what not, and how a stranger checks it in ten minutes.

Pure. What is proved is said in the words of archive/promise.py, never in words of its own.
"""

from __future__ import annotations

from textwrap import fill

from archive.packs.facts import Facts
from archive.packs.members import Member, csv_file, made, one_line
from archive.packs.sealed import SealedLog
from archive.packs.selection import Selection
from archive.promise import DOES_NOT_PROVE, PROVES

CAPTURE_COLUMNS = (
    "capture_id", "requested_at", "completed_at", "way", "outcome", "status", "address", "final_address", "publication",
    "file_name", "link_text", "bytes", "sha256", "truncated", "complete_by", "etag", "last_modified", "server_date",
    "origin", "published_on", "error_code", "error_detail", "software",
)  # fmt: skip
"""Columns of the table of captures: the evidence's own, as their leaves state them."""

NEW_LINE = "\n"

TEXT = """\
{title}
{line}

{about}
It was drawn from the log {origin} as it was signed at {made_at}, {size} leaves.
All times in it are UTC; a Z behind a time says so.

What is in it
-------------
{folders}
verify_pack.py           checks all of this. ro-crate-metadata.json describes it for programs.
bagit.txt, manifests     make the folder a BagIt bag (RFC 8493), which libraries and archives can check.
{withheld}
Check it in ten minutes
-----------------------
You need Python 3.9 or newer and openssl 1.1.1 or newer; no network, and nothing of ours but this folder.

1. In this folder, run
       python3 -I verify_pack.py
   The last lines say SOUND, or name what is wrong with a code and the file. Whoever does not trust the copy in here
   takes verify_pack.py from the project and gives it this folder: python3 -I verify_pack.py FOLDER
2. Compare the key with one that you have from elsewhere: the archive's site, its mirror, an earlier pack. It is
{keys}
   A pack with another key may be sound in itself and still not be from this archive.
3. By hand, without our program:
       sha256sum -c manifest-sha256.txt
   checks the files. For the signature, in data/log (the text is all up to the empty line, the signature is the base64
   behind the name, without its first four bytes):
       sed '/^$/,$d' checkpoint.txt > /tmp/text
       tail -n 1 checkpoint.txt | awk '{{print $NF}}' | base64 -d | tail -c +5 > /tmp/signature
       openssl pkeyutl -verify -pubin -inkey ../keys/{last_key}.pem -rawin -in /tmp/text -sigfile /tmp/signature

What this proves
----------------
{proves}

What it does not prove
----------------------
{does_not}

To cite it
----------
{cited}
Name beside it the publisher's own release, and the SHA-256 of the file that you quote: data/captures.csv has both.

{anchored}
This page, the tables and ro-crate-metadata.json are what the archive says about the evidence; they are not in its log.
The publisher's pages and files are the publisher's, under the licence that its pages state.
Files in data/files and data/pages are exactly as they came. Do not open them in a browser or a spreadsheet that you
would not open any file from the internet in.
"""


FOLDERS = {
    "files": "the files exactly as they were captured. The names are ours: the publisher's own name, cleaned, and the first\n"
    "16 characters of the SHA-256. data/captures.csv has the publisher's names.",
    "pages": "the pages that offered them, exactly as they were captured, named like the files.",
    "answers": "what was sent in place of a file or page: refusals, errors, bodies that were cut.",
    "wire": "bytes as they came where the server compressed them unasked.",
    "heads": "the request as it was sent and the answer's head as it was received, for each capture that has them.",
    "log": "{leaves} of the log, a line of JSON each, with a proof each (C2SP tlog-proof), and the signed\n"
    "checkpoint under which all of them lie.",
    "long": "texts too long for a leaf, which names them by SHA-256.",
    "keys": "the public keys that the log announced, as text and for openssl.",
    "anchors": "checkpoints that outside parties have anchored, what they gave for them, and the proofs of leaves under these.",
    "captures.csv": "{captures}, one row each: when, from where, with what result.",
    "differences.csv": "what differs between the two vintages, one row for each cell.",
    "promise.txt": "what such a log proves and what not.",
}
"""What lies in a pack under data/, in the order of reading; a pack names those that it has."""


def readme(log: SealedLog, chosen: Selection, facts: Facts) -> Member:
    """README.txt of a pack."""
    is_anchored = any(one.path.endswith("/token.der") for one in facts.members)
    text = TEXT.format(
        title=chosen.title,
        line="=" * len(chosen.title),
        about=fill(f"This is an evidence pack of the opt-out archive. It holds {chosen.about}.", 110),
        origin=log.origin,
        made_at=log.made_at,
        size=log.size,
        folders=_folders(facts),
        withheld=_withheld(facts),
        keys="\n".join(f"       {key.text()}" for key in log.keys),
        last_key=log.keys[-1].key_id.hex(),
        proves="\n".join(f"- {line}" for line in PROVES),
        does_not="\n".join(f"- {line}" for line in DOES_NOT_PROVE),
        cited=_cited(log, chosen),
        anchored=_when(is_anchored),
    )
    return made("README.txt", text.encode())


def captures_table(facts: Facts) -> Member:
    """data/captures.csv: every capture of the pack, where its leaf is, and where its body is."""
    paths = {body.sha256: body.path or "" for body in facts.bodies}
    rows = [
        [
            *(fact.row[column] for column in CAPTURE_COLUMNS),
            f"data/log/{fact.entry:09}.json",
            paths.get(str(fact.row["sha256"]), ""),
        ]
        for fact in facts.captures
    ]
    return csv_file("data/captures.csv", (*CAPTURE_COLUMNS, "leaf", "body"), rows)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _folders(facts: Facts) -> str:
    """A line or two for each folder and table that the pack has."""
    held = {one.path.split("/")[1] for one in facts.members} | {"captures.csv"}
    counts = {
        "leaves": _counted(len(facts.entries), "leaf", "leaves"),
        "captures": _counted(len(facts.captures), "capture", "captures"),
    }
    told = {f"data/{name}": words.format(**counts) for name, words in FOLDERS.items() if name in held}
    others = sorted(held - set(FOLDERS))
    told |= {f"data/{name}": "what is known of each address on that day, and how we know it." for name in others}
    return "\n".join(f"{name:<24} {words.replace(NEW_LINE, NEW_LINE + ' ' * 25)}" for name, words in told.items())


def _withheld(facts: Facts) -> str:
    """What is in the pack by its hash alone, and why."""
    lines = [f"{body.sha256}  withheld: {one_line(body.withheld)}" for body in facts.bodies if body.withheld]
    others = sum(body.path is None and not body.withheld for body in facts.bodies)
    if others:
        lines.append(
            f"{_counted(others, 'body', 'bodies')}: `optout pack file SHA256` of the archive makes a pack with the bytes"
        )
    return (
        "\nIn this pack by SHA-256 alone, without the bytes:\n" + "".join(f"    {line}\n" for line in lines)
        if lines
        else ""
    )


def _cited(log: SealedLog, chosen: Selection) -> str:
    """One citation of the pack, pinned to what was signed."""
    text = (
        f"Opt-out archive, evidence pack “{chosen.title}”, drawn from the log {log.origin}, {log.size} leaves, "
        f"root {log.tree.root.hex()}, signed at {log.made_at}."
    )
    return fill(text, 118, break_on_hyphens=False, break_long_words=False)


def _when(is_anchored: bool) -> str:
    if is_anchored:
        return "The time stamps in data/anchors say when, at the latest, each leaf proved beside them was in the log.\n"
    return (
        "This pack holds no time stamp of an outside party: it shows what was recorded and that it was not changed since\n"
        "the checkpoint was signed, but when that was rests on the archive's own clock.\n"
    )
