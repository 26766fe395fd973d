"""Reads the table [canaries] of a series file.

Never looks at anything: what the keys are for is in schedules/canaries.py.
"""

from __future__ import annotations

import re

from schedules.toml_table import TomlTable
from scraper.model import Canaries
from scraper.peers import listed, target_of

ADDRESSES = ("sitemap", "feed", "changes", "stays")


def canaries_of(table: TomlTable, hosts: tuple[str, ...], seed: str) -> Canaries:
    """The canaries that a series file states. Raises DefinitionError for an address on other hosts than the series' own."""
    stated = table.table("canaries")
    addresses = {name: _address(stated, name, hosts, seed) for name in ADDRESSES}
    given = [one for one in addresses.values() if one]
    if len(set(given)) < len(given):
        raise stated.wrong("sitemap", given, "each address once")
    sha256 = stated.text("stays_sha256", "the SHA-256 of `stays` as 64 lower-case digits", default="") or None
    if (sha256 is None) != (addresses["stays"] is None) or (sha256 and not re.fullmatch("[0-9a-f]{64}", sha256)):
        raise stated.wrong("stays_sha256", sha256 or "nothing", "64 lower-case digits, together with `stays`")
    days = stated.whole("newest_release_days", 0, 0, 3650) or None
    stated.finish()
    return Canaries(days, **addresses, stays_sha256=sha256)


def _address(stated: TomlTable, name: str, hosts: tuple[str, ...], seed: str) -> str | None:
    expected = f"an address on one of the series' hosts ({', '.join(hosts)}), other than the series page"
    text = stated.text(name, expected, default="")
    if not text:
        return None
    target = target_of(text)
    if target is None or not listed(target, hosts) or text == seed:
        raise stated.wrong(name, text, expected)
    return text
