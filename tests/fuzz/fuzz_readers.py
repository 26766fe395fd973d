"""Fuzzes the readers under the guidance of coverage, by hand: `python -m tests.fuzz.fuzz_readers pages RUNS` (or `files`).

Owns how it is driven; never part of the suite (atheris is installed for the purpose). Any error but a named refusal ends the run.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile

import atheris

with atheris.instrument_imports(include=["scraper"]):
    from tests.fuzz.targets import TARGETS, samples, with_tags_moved

LONGEST = {"pages": 5_000, "files": 60_000}
"""Bytes of an input. All sample pages but two are smaller; a page takes as long as it has tags."""


def changed(body: bytes, most: int, seed: int) -> bytes:
    """Now and then tags are moved about, since bytes changed at random hardly ever make one; else libFuzzer changes bytes."""
    chance = random.Random(seed)
    if chance.random() < 0.5:
        return with_tags_moved(body, chance)[:most]
    return bytes(atheris.Mutate(body, most))


def main() -> None:
    """Runs one target for a number of runs, from the samples of the suite and what this run finds beside them."""
    name, runs = sys.argv[1], sys.argv[2]
    found = tempfile.mkdtemp(prefix=f"fuzz-{name}-")
    for sample in samples(name):
        shutil.copy(sample, found)
    options = [
        f"-runs={runs}",
        "-timeout=20",
        "-rss_limit_mb=1500",
        f"-max_len={LONGEST[name]}",
        f"-artifact_prefix={found}/",
    ]
    how = {"custom_mutator": changed} if name == "pages" else {}
    atheris.Setup([sys.argv[0], *options, found], TARGETS[name], **how)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
