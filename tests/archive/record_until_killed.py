"""A program that records made-up captures as fast as it can and says each one that is kept, until it is killed.

Ends by itself after a bounded number of captures; fetches nothing.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from archive.database import open_evidence
from archive.store import close_interrupted
from tests.archive.made_captures import NOW, poll, record

LARGEST = 120_000
MOST = 2_000


def main(directory: Path, seed: int) -> None:
    """Close what the last one left open, then record; a line on standard output is an acknowledgement."""
    chance = random.Random(seed)
    with open_evidence(directory) as evidence:
        close_interrupted(evidence.db, NOW)
        number = poll(evidence.db)
        print("poll", number, flush=True)
        for index in range(MOST):
            body = chance.randbytes(chance.randrange(LARGEST)) if chance.random() < 0.8 else b"the same again"
            kept = record(evidence.db, number, body, address=f"https://files.example/{index % 7}/made_up.csv")
            print("kept", kept.capture_id, kept.sha256, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
