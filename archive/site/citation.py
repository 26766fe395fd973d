"""How to cite a figure: the publisher's release and this archive's copy of it, in plain words and as BibTeX.

Never cites what moves: vintage and file hash are part of each citation.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from archive.site.statements import Statement
from archive.site.wording import day, short_hash


class Citation(NamedTuple):
    """One thing to cite, in the forms people ask for."""

    plain: str
    bibtex: str


def cite(what: str, statement: Statement, publisher: str, address: str) -> Citation:
    """Citation of one place's figure as one release states it; `address` is the pinned page of this archive."""
    digest = f", SHA-256 {short_hash(statement.sha256)}…" if statement.sha256 else ""
    plain = (
        f"{publisher}, {statement.release} (edition {statement.edition}), published {day(statement.stated_on)}, "
        f"{statement.file_name or 'file'}{digest}: {what}. Opt-out archive, {address}. Open Government Licence v3.0."
    )
    key = re.sub(r"[^a-z0-9]+", "-", f"optouts-{statement.publication}-{statement.edition}".lower()).strip("-")
    note = f"{statement.file_name or 'file'}{digest}; kept by the Opt-out archive; Open Government Licence v3.0"
    fields = {
        "author": "{" + _tex(publisher) + "}",
        "title": "{" + _tex(f"{statement.release}: {what}") + "}",
        "year": statement.stated_on[:4],
        "howpublished": "\\url{" + _tex(address) + "}",
        "note": "{" + _tex(note) + "}",
    }
    body = ",\n".join(
        f"  {name} = {value if value.startswith('{') else '{' + value + '}'}" for name, value in fields.items()
    )
    return Citation(plain, f"@misc{{{key},\n{body}\n}}\n")


def _tex(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", text.replace("\\", "/"))
