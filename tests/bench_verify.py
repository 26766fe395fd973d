"""Measures `optout verify` and `restore` beside `sha256sum` of the same bytes: 100,000 entries with 1 GB of snapshots.

Run by hand: `python -m tests.bench_verify [SNAPSHOTS]`. Everything in it is made up; asserts nothing.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from archive.checkpoints import sign_log
from archive.clock import utc_now
from archive.database import Evidence, open_evidence, writing
from archive.log import leaf_hashes, log_size, origin_of
from archive.merkle import GrowingTree
from archive.mirror_reading import Mirror
from archive.notes import Checkpoint, sign
from archive.rebuild import rebuild_evidence
from archive.store import begin_poll, end_poll, read_snapshot
from archive.verify import Asked, verify
from tests.archive.made_captures import SERIES
from tests.archive.made_mirror import write_mirror
from tests.archive.made_sound import captured, signing_key
from tests.bench_load import peak_mib

ENTRIES, SNAPSHOTS, BODY_BYTES = 100_000, 2_000, 500_000
CAPTURES_A_POLL, ROUNDS = 20, 5
HEAD = b"GET /AB/123456/made_up.csv HTTP/1.1\r\nHost: files.example\r\nUser-Agent: opt-out-archive/made-up\r\nAccept: */*\r\n\r\n"


def pool(chance: random.Random) -> bytes:
    """Lines like a publisher's, enough to cut bodies from."""
    lines = [f"2021-{n % 12 + 1:02d}-01,E0{chance.randrange(10**7):07d},PRACTICE {n % 6500},{chance.randrange(900)},{n % 9000}\r\n"
             for n in range(200_000)]  # fmt: skip
    return "".join(lines).encode()


def fill(evidence: Evidence, snapshots: int) -> None:
    """Polls of twenty captures, evenly many of which bring a new body, until the log has its entries."""
    chance = random.Random(20210805)
    lines, made = pool(chance), 0
    sign_log(evidence)
    polls = (ENTRIES - snapshots) // (CAPTURES_A_POLL + 2)
    sizes = []
    for number in range(polls):
        with writing(evidence.db):
            poll_id = begin_poll(evidence.db, SERIES, "due", utc_now(), "made-up-program/1", "0" * 64)
            for place in range(CAPTURES_A_POLL):
                new = place == 0 and made * polls < number * snapshots
                start = chance.randrange(len(lines) - BODY_BYTES)
                body = (
                    b"made up %d\r\n" % made + lines[start : start + BODY_BYTES] if new else b"made-up page %d" % place
                )
                made += new
                captured(evidence, poll_id, body, f"https://files.example/{place}/made_up.csv", request_head=HEAD,
                         response_head=HEAD * 3, etag='"0123456789abcdef"', content_type="text/csv", status=200)  # fmt: skip
            end_poll(evidence.db, poll_id, "complete", utc_now(), None, "Made up.")
        sizes.append(log_size(evidence.db))
    sign_each(evidence, sizes)


def sign_each(evidence: Evidence, sizes: list[int]) -> None:
    """A checkpoint after every poll, as polls leave them, but made in one pass over the log."""
    wanted, tree = set(sizes), GrowingTree()
    key, origin = signing_key(evidence.directory / "signer" / "key.pem"), origin_of(evidence.db)
    with writing(evidence.db):
        for digest in list(leaf_hashes(evidence.db)):
            tree.add(digest)
            if tree.size in wanted:
                stated = Checkpoint(origin, tree.size, tree.root())
                row = [stated.size, stated.root, sign(stated.text(), [(origin, key)]), utc_now()]
                evidence.db.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?)", row)
    print(f"{tree.size:,} entries, {len(sizes):,} checkpoints", flush=True)


def export(evidence: Evidence, folder: Path) -> list[str]:
    """The bytes of every snapshot as a file."""
    folder.mkdir()
    names = [row[0] for row in evidence.db.execute("SELECT sha256 FROM snapshots").fetchall()]
    for name in names:
        (folder / name).write_bytes(read_snapshot(evidence.db, name))
    return names


def child(directory: Path) -> None:
    """One verification, in a process of its own."""
    started = time.perf_counter()
    done = verify(Asked(directory, datetime.now(UTC)))
    took = {"seconds": time.perf_counter() - started, "processor": time.process_time(), "peak_mib": peak_mib()}
    read = done.bodies.bytes if done.bodies else 0
    print(
        json.dumps(
            {**took, "status": done.status, "counts": done.problems.counts, "entries": done.entries, "bytes": read}
        )
    )


class Took(NamedTuple):
    """What one run took."""

    seconds: float
    processor: float


def sums(folder: Path, names: list[str]) -> Took:
    """`sha256sum` of every file."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(["sha256sum", *names], cwd=folder, check=True, capture_output=True)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(directory: Path, folder: Path, names: list[str]) -> None:
    """The two in turn, since the machine is never quiet for long."""
    ratios, processor, peak = [], [], 0.0
    for _ in range(ROUNDS):
        command = [sys.executable, "-m", "tests.bench_verify", "--child", str(directory)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        theirs, peak = sums(folder, names), max(peak, told["peak_mib"])
        ratios.append(told["seconds"] / theirs.seconds)
        processor.append(told["processor"] / theirs.processor)
        print(f"  {told}; sha256sum {theirs}", flush=True)
    print(
        f"verify / sha256sum: time {median(ratios):.2f} (goal <= 3), processor time {median(processor):.2f}; peak {peak:.0f} MiB"
    )


def make_anew(directory: Path, folder: Path) -> None:
    """The archive from a mirror of it alone, the check of the whole included."""
    with open_evidence(directory) as evidence:
        mirror, entries = Mirror(write_mirror(evidence.db, folder / "mirror")), log_size(evidence.db)
    (folder / "anew").mkdir()
    started = time.perf_counter()
    rebuild_evidence(mirror, folder / "anew")
    seconds = time.perf_counter() - started
    print(
        f"{entries:,} entries made anew from a mirror in {seconds:.0f} s (goal: 100,000 a minute without their bodies)"
    )


def main(snapshots: int) -> None:
    """Make, measure, forget."""
    with TemporaryDirectory() as name:
        directory = Path(name) / "data"
        with open_evidence(directory, create=True) as evidence:
            fill(evidence, snapshots)
            names = export(evidence, Path(name) / "files")
        size = (directory / "archive.db").stat().st_size
        print(f"archive.db {size / 2**20:,.0f} MiB, {len(names):,} snapshots", flush=True)
        measure(directory, Path(name) / "files", names)
        make_anew(directory, Path(name))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else SNAPSHOTS)
