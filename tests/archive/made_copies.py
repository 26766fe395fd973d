"""Empty reading copies for stories that need many: made by the program once, and copied.

How one is made is the business of other stories; each of these is byte for byte what the program makes.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from archive.reading_copy import FILE_NAME, create_reading_copy, open_reading_copy

SOFTWARE = "made-up-program/1"


@cache
def _made() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        create_reading_copy(path, SOFTWARE).close()
        return path.read_bytes()


def new_copy(folder: Path) -> Database:
    """An empty reading copy in a folder that has none."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE_NAME).open("xb") as file:
        file.write(_made())
    return open_reading_copy(folder)
