"""Makes a BagIt bag (RFC 8493) of files: the declaration, the bag's own description, and the manifests.

Pure: adds no time but the one it is given, and leaves payload files as they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from archive.packs.members import Member, in_order, made, one_line

ALGORITHMS = ("sha256", "sha512")
OWN = (
    "bagit.txt",
    "bag-info.txt",
    *(f"{kind}-{name}.txt" for kind in ("manifest", "tagmanifest") for name in ALGORITHMS),
)
"""Files that a bag adds to what it holds."""


def bagged(members: Iterable[Member], about: Iterable[tuple[str, str]]) -> tuple[Member, ...]:
    """The files of a whole bag, in order. Payload lies under `data/`; all else is a tag file.

    `about` gives the labels of bag-info.txt, a line each.
    """
    held = in_order(members)
    payload = [one for one in held if one.path.startswith("data/")]
    oxum = f"{sum(one.size for one in payload)}.{len(payload)}"
    lines = [*about, ("Payload-Oxum", oxum)]
    tags = [
        *(one for one in held if not one.path.startswith("data/")),
        made("bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
        made("bag-info.txt", "".join(f"{label}: {one_line(value)}\n" for label, value in lines).encode()),
        *_manifests("manifest", payload),
    ]
    return in_order([*payload, *tags, *_manifests("tagmanifest", tags)])


def _manifests(kind: str, members: list[Member]) -> list[Member]:
    in_order_of_path = sorted(members, key=lambda one: one.path)
    return [
        made(f"{kind}-{name}.txt", "".join(f"{getattr(one, name)}  {one.path}\n" for one in in_order_of_path).encode())
        for name in ALGORITHMS
    ]
