"""The manifest of exported tables: what each file holds, how large it is and its SHA-256; read, and held against the files.

Never writes one, and takes no path from it that leads out of its folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path, PurePosixPath
from typing import Any

from archive.errors import ArchiveError

NAME = "manifest.json"
FOLDER = "tables"
"""Where the site looks for them in the data folder."""
FORM = "opt-out-archive tables 1"
PIECE = 1 << 20

Manifest = dict[str, Any]


def read_manifest(text: bytes) -> Manifest:
    """A manifest out of its JSON. Raises ValueError where it is none of ours or names a path that leads out of its folder."""
    manifest = json.loads(text)
    if not isinstance(manifest, dict) or manifest.get("form") != FORM:
        raise ValueError(f"found no manifest of the form {FORM!r}")
    for file in manifest["files"]:
        parts = PurePosixPath(file["path"]).parts
        if not parts or parts[0] == "/" or ".." in parts or "\\" in file["path"]:
            raise ValueError(f"found the path {file['path']!r}, expected one inside the folder")
    return manifest


def is_export(folder: Path) -> bool:
    """Whether the folder holds tables that this program exported."""
    try:
        read_manifest((folder / NAME).read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def faults(folder: Path) -> list[str]:
    """One line for every file that is gone, is another one than the manifest says, or is not in it; none where all is as made.

    Raises ArchiveError where the folder holds no export.
    """
    try:
        manifest = read_manifest((folder / NAME).read_bytes())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError(f"{folder / NAME}: {error}; expected a folder that `optout export tables` made.") from error
    found = [f"{file['path']}: {said}" for file in manifest["files"] if (said := _fault(folder, file))]
    known = {NAME, *(file["path"] for file in manifest["files"])}
    here = {
        (Path(place) / name).relative_to(folder).as_posix() for place, _, names in os.walk(folder) for name in names
    }
    return found + [f"{name}: is not in {NAME}" for name in sorted(here - known)]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fault(folder: Path, file: dict[str, Any]) -> str | None:
    try:
        found = sha256_of(folder / file["path"])
    except OSError as error:
        return error.strerror or str(error)
    return None if found == file["sha256"] else f"found SHA-256 {found}, expected {file['sha256']}"
