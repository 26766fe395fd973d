"""Random bytes of a mirror, changed one at a time: an archive made of it is refused, or is the same in every row.

The mirror is the program's own; whatever the log names is read back from it.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from archive.database import open_evidence
from archive.errors import ArchiveError
from archive.mirror_reading import Mirror
from archive.rebuild import rebuild_evidence
from tests.archive.made_evidence import kept_archive, rows_in
from tests.archive.made_mirror import write_mirror

NOT_NAMED = {"README.txt"}
"""Files that nothing in the log refers to: words for people, and keys and anchors that prove themselves elsewhere."""


def referenced(folder: Path) -> list[Path]:
    """Files that the newest checkpoint, directly or through leaves, refers to."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in NOT_NAMED)
    return [path for path in files if path.parent.name not in {"keys", "anchors"} and path.suffix != ".json"]


def passes(mirror: Path, original: dict[str, list[tuple[object, ...]]], anew: Path) -> bool:
    """Whether an archive is made of the mirror that differs from the one it was written from."""
    shutil.rmtree(anew, ignore_errors=True)
    anew.mkdir()
    try:
        rebuild_evidence(Mirror(mirror), anew)
    except ArchiveError:
        return False
    return rows_in(anew) != original


@pytest.mark.fault("F15")
@pytest.mark.parametrize("count", [60, pytest.param(600, marks=pytest.mark.slow)])
def test_no_changed_byte_of_a_mirror_passes(tmp_path: Path, count: int) -> None:
    """Leaves, bodies, long texts and notes: whichever byte changes, nothing else than the original is ever put in place."""
    kept, chance = kept_archive(tmp_path / "data"), random.Random(20210805)
    with open_evidence(kept) as evidence:
        folder = write_mirror(evidence.db, tmp_path / "mirror")
    original, files = rows_in(kept), referenced(folder)
    assert not passes(folder, original, tmp_path / "anew")
    for _ in range(count):
        path = chance.choice(files)
        whole = path.read_bytes()
        at, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        assert not passes(folder, original, tmp_path / "anew"), f"{path.name}, byte {at}"
        path.write_bytes(whole)
