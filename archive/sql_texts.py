"""Reads the texts of SQL that lie beside the code, by the names of their files.

Never fills or changes one: what stands for a word in braces is for each_family to say.
"""

from __future__ import annotations

from importlib import resources


def sql_texts(folder: str) -> dict[str, str]:
    """Text by name without `.sql`, of every file in a folder of the package `archive`, such as `views/each`."""
    files = resources.files("archive").joinpath(folder).iterdir()
    return {f.name.removesuffix(".sql"): f.read_text(encoding="utf-8") for f in files if f.name.endswith(".sql")}
