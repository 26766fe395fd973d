"""Owns one measured step of `make bench`, in a process of its own: bring a reading copy up to date, or make it anew.

Never makes the figures, and prints one line of JSON: seconds, processor seconds, peak memory in MiB, cells changed.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from schedules.desk import Conditions, opened
from schedules.reread import no_progress
from schedules.series import load_series
from scraper.model import Series


def made_up_series() -> Series:
    """The series whose files the made-up ones look like, labelled as made up."""
    found = next(one for one in load_series() if one.slug == "national-data-opt-out")
    return replace(found, made_up=True)


def conditions() -> Conditions:
    """An archive of made-up figures, with a clock that runs."""
    return Conditions((made_up_series(),), "made-up bench", lambda: datetime.now(UTC), threading.Event(), no_progress)


def peak_mib() -> float:
    """Most memory this process ever held. Where the kernel tells it by program, it is asked: getrusage also counts what the
    parent held when it started this process.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    told = next((line for line in lines if line.startswith("VmHWM:")), None)
    return int(told.split()[1]) / 1024 if told else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(directory: Path, step: str) -> None:
    """Do the step (`refresh` or `rebuild`) in this directory, and print what it took."""
    with opened(directory, conditions()) as desk:
        wall, processor = time.perf_counter(), time.process_time()
        done = desk.refresh() if step == "refresh" else desk.rebuild()
        took = {"seconds": time.perf_counter() - wall, "processor": time.process_time() - processor}
    print(json.dumps({**took, "peak_mib": peak_mib(), "vintages": done.vintages, "changed": done.cells_changed}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
