"""Finds metadata.json, which describes every table, column and question, wherever this program was installed.

Never changes it, and knows nothing of the site that shows it: what only reads a description need not load a web server.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any


def metadata_path() -> Path:
    """`metadata.json`: inside the package where this was installed from a wheel, else at the top of the checkout."""
    package = Path(str(files("archive")))
    inside = package / "metadata.json"
    return inside if inside.exists() else package.parent / "metadata.json"


def metadata() -> dict[str, Any]:
    """What it says."""
    found: dict[str, Any] = json.loads(metadata_path().read_text("utf-8"))
    return found
