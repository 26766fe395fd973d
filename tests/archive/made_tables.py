"""Exported tables of made-up archives, for the stories of what is taken away.

Every figure is made up but those that `tests.made_up.PUBLISHED` names.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

from archive.metadata import metadata
from archive.table_export import Asked, Exported, export_tables
from archive.whole_tables import FAMILIES, SAYINGS

DESCRIBED = metadata()["databases"]["optouts"]["tables"]


def exported(
    directory: Path, to: Path, *, families: tuple[str, ...] = tuple(FAMILIES), sayings: tuple[str, ...] = SAYINGS,
    now: str = "2022-05-01T09:00:00.000000Z",
) -> Exported:  # fmt: skip
    """Export as the command does, at a time of its own."""
    return export_tables(directory, to, Asked(families, sayings, DESCRIBED, "made-up-program/1", now))


def lines(path: Path) -> list[dict[str, str]]:
    """Rows of an exported CSV, plain or compressed."""
    body = path.read_bytes()
    text = (gzip.decompress(body) if path.suffix == ".gz" else body).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def manifest(folder: Path) -> dict[str, Any]:
    """Its manifest."""
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return found
