"""Describes a pack for research data systems: ro-crate-metadata.json, with a CreateAction for each capture.

Pure. The fields are mapped as research on provenance has them (RO-Crate 1.2; a capture is an action, its body the result).
Source: https://www.researchobject.org/ro-crate/specification/1.2/, seen 2026-11-24.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import quote

from archive.outcomes import CONFIRMING
from archive.packs.bag import OWN
from archive.packs.facts import Body, Fact, Facts
from archive.packs.members import Member, made
from archive.packs.sealed import SealedLog
from archive.packs.selection import Selection

NAME = "ro-crate-metadata.json"
Entity = dict[str, object]

FORMATS = {
    "json": "application/json", "csv": "text/csv", "txt": "text/plain", "html": "text/html", "py": "text/x-python",
    "pem": "application/x-pem-file", "der": "application/pkcs7-mime", "tlog-proof": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "zip": "application/zip",
}  # fmt: skip
"""Endings to types: what the name of a file in the pack claims, not what was found in it."""

LICENCE = (
    "The publisher's pages and files stand under the licence that the publisher states on its own pages. The archive adds no "
    "terms of its own."
)


def crate(log: SealedLog, chosen: Selection, facts: Facts, others: Iterable[Member], software: str) -> Member:
    """The description of everything in the pack. `others` are files of the pack beyond those of `facts`."""
    files = sorted((*facts.members, *others), key=lambda one: one.path)
    names = {body.path: body for body in facts.bodies if body.path}
    described = [_file(one, names.get(one.path)) for one in files]
    tags: list[Entity] = [{"@id": path, "@type": "File", "name": path, "encodingFormat": "text/plain"} for path in OWN]
    actions = [_action(fact, facts, software) for fact in facts.captures]
    addresses = dict.fromkeys(str(fact.row["address"]) for fact in facts.captures)
    graph = [
        {
            "@id": NAME,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.2"},
        },
        _root(log, chosen, [*described, *tags], actions),
        *described,
        *tags,
        *actions,
        *({"@id": _uri(address), "@type": "CreativeWork", "name": address} for address in addresses),
        {
            "@id": _software_id(software),
            "@type": "SoftwareApplication",
            "name": software,
            "version": software.partition("/")[2],
        },
        *_captors(facts, software),
    ]
    content = {"@context": "https://w3id.org/ro/crate/1.2/context", "@graph": graph}
    return made(NAME, (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())


def _root(log: SealedLog, chosen: Selection, files: list[Entity], actions: list[Entity]) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": chosen.title,
        "description": f"Evidence pack of the opt-out archive: {chosen.about}. From the log {log.origin}, {log.size} leaves.",
        "datePublished": log.made_at,
        "license": LICENCE,
        "identifier": f"{log.origin}#{log.size}/{chosen.name}",
        "hasPart": [{"@id": one["@id"]} for one in files],
        "mentions": [{"@id": one["@id"]} for one in actions],
    }


def _file(one: Member, body: Body | None) -> Entity:
    entity: Entity = {
        "@id": quote(one.path),
        "@type": "File",
        "name": one.path.rpartition("/")[2],
        "contentSize": str(one.size),
        "sha256": one.sha256,
        "encodingFormat": FORMATS.get(one.path.rpartition(".")[2], "application/octet-stream"),
    }
    if body is not None and body.original_name:
        entity["alternateName"] = body.original_name
    return entity


def _action(fact: Fact, facts: Facts, software: str) -> Entity:
    row = fact.row
    good = row["outcome"] in CONFIRMING
    status = "CompletedActionStatus" if good else "FailedActionStatus"
    results = [body.path for body in facts.bodies if body.path and body.sha256 in (row["sha256"], row["wire_sha256"])]
    action: Entity = {
        "@id": f"#capture-{fact.number}",
        "@type": "CreateAction",
        "name": f"Capture {fact.number}: {row['outcome']}",
        "description": f"{row['method']} {row['address']}: status {row['status']}, outcome {row['outcome']}",
        "startTime": row["requested_at"],
        "endTime": row["completed_at"],
        "actionStatus": {"@id": f"http://schema.org/{status}"},
        "instrument": {"@id": _software_id(str(row["software"] or software))},
        "object": {"@id": _uri(str(row["address"]))},
        "result": [{"@id": path} for path in results],
        "subjectOf": {"@id": f"data/log/{fact.entry:09}.json"},
    }
    if row["error_code"] or not good:
        action["error"] = f"{row['error_code'] or row['outcome']}: {row['error_detail'] or ''}".rstrip(": ")
    return action


def _captors(facts: Facts, software: str) -> list[Entity]:
    """The programs that captured, where they were other versions than the one that made the pack."""
    names = dict.fromkeys(str(fact.row["software"]) for fact in facts.captures)
    return [
        {"@id": _software_id(name), "@type": "SoftwareApplication", "name": name, "version": name.partition("/")[2]}
        for name in names
        if name != software
    ]


def _software_id(software: str) -> str:
    return f"#software-{quote(software, safe='')}"


def _uri(address: str) -> str:
    """An address as a URI reference, whatever the publisher put into it."""
    return quote(address, safe=":/?#[]@!$&'()*+,;=%~")
