"""How to cite a figure (the publisher's release and this archive's copy of it) and whole tables, in plain words and as BibTeX.

Never cites what moves: vintage and file hash are part of each citation.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from archive.site.statements import Statement
from archive.site.wording import day, short_hash
from archive.table_manifest import Manifest


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
    return Citation(plain, _entry(key, fields))


def _tex(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", text.replace("\\", "/"))


def cite_tables(manifest: Manifest, address: str) -> Citation:
    """Citation of the exported tables as a whole: when they were made, of which vintages, and the hash of the database."""
    whole = next((one["sha256"] for one in manifest["files"] if one["path"] == "optouts.db"), None)
    digest = f", optouts.db SHA-256 {whole}" if whole else ""
    label = " (made-up figures)" if manifest["made_up"] else ""
    what = f"tables of vintages 1 to {manifest['vintage'] or 0}, newest {manifest['label'] or 'none'}{label}"
    data = f"Data: {manifest['publisher']}, {manifest['licence']}."
    plain = f"Opt-out archive, {what}, made {manifest['made_at']}{digest}. {address}. {data}"
    fields = {
        "author": "{Opt-out archive}", "title": "{" + _tex(f"Opt-out archive: {what}") + "}", "year": manifest["made_at"][:4],
        "howpublished": "\\url{" + _tex(address) + "}", "note": "{" + _tex(f"made {manifest['made_at']}{digest}") + "}",
    }  # fmt: skip
    return Citation(plain, _entry(f"optouts-tables-{manifest['vintage'] or 0}", fields))


def _entry(key: str, fields: dict[str, str]) -> str:
    body = ",\n".join(
        f"  {name} = {value if value.startswith('{') else '{' + value + '}'}" for name, value in fields.items()
    )
    return f"@misc{{{key},\n{body}\n}}\n"
