"""Owns `make demo`: the whole system run against the pretend publisher, with made-up figures that say so.

Never touches ./data, and leaves no process behind: the command it starts ends with it, and it ends with the command.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.made_up import MadeUpRelease, releases
from tests.publisher import Offer, Publisher
from tests.publisher_words import LONDON

MARKER = "MADE-UP-FIGURES.txt"
MARKER_TEXT = "Everything in this folder was made up by `make demo`, which empties it at its next start.\n"
TITLES = {
    "NDOP_age": "National Data Opt-out by age and gender",
    "NDOP_reg": "National Data Opt-out by registered geography",
    "NDOP_res": "National Data Opt-out by residence geography",
    "NDOP_sum": "National Data Opt-out summary",
}
PATIENCE_SECONDS = 10.0
"""How long the command may take to end after it was told to."""


def offers(release: MadeUpRelease) -> list[Offer]:
    """A made-up release's files as its page offers them."""
    return [Offer(f"{TITLES[name[:8]]} (made-up figures)", name, body) for name, body in release.files.items()]


def publish_all(publisher: Publisher, made: Sequence[MadeUpRelease]) -> None:
    """Publish all but the last release, and announce the last, files and all."""
    *out, due = made
    for number, one in enumerate(out):
        publisher.publish(
            one.slug, one.title, one.record.published_on, offers(one),
            key_facts="Made-up figures.", data_set_page=number == 1,
        )  # fmt: skip
    publisher.announce(due.slug, due.title, due.record.published_on, files=offers(due))


def go_on(publisher: Publisher, made: Sequence[MadeUpRelease]) -> None:
    """What a second look finds: the announced release is out, and a file of the one before was replaced."""
    *_, newest, due = made
    publisher.now = noon(due.record.published_on)
    name = next(name for name in newest.files if name.startswith("NDOP_res"))
    publisher.replace(newest.slug, name, corrected(newest.files[name]), notice="One area was counted twice (made-up).")


def noon(day: str) -> datetime:
    """Noon of a day, in UTC."""
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)


def corrected(body: bytes) -> bytes:
    """A residence file whose first row states half of what it stated."""
    header, first, rest = body.split(b"\r\n", 2)
    label, _, count = first.rpartition(b",")
    return b"\r\n".join((header, b"%b,%d" % (label, int(count) // 2), rest))


def polling_times(now: datetime) -> list[dict[str, object]]:
    """Two looks in the coming minutes, so that somebody watching sees one, and the real series' two a day."""
    soon = [(now.astimezone(LONDON) + timedelta(minutes=minutes)).strftime("%H:%M") for minutes in (2, 5)]
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    return [{"weekdays": days, "at": at} for at in sorted({*soon, "09:35", "16:30"})]


def fresh(data: Path) -> None:
    """An empty folder for the demonstration; SystemExit where the folder holds something that is not a demonstration's."""
    if data.exists() and any(data.iterdir()) and not (data / MARKER).exists():
        raise SystemExit(
            f"{data} is not empty and holds no {MARKER}: it is no demonstration's folder. Name another with --data."
        )
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    (data / MARKER).write_text(MARKER_TEXT, encoding="utf-8")


def end_group(child: subprocess.Popen[bytes]) -> None:
    """Kill the child, and what it may have left running in its group."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


@contextmanager
def passing_signals(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass SIGINT and SIGTERM on to the child while it runs; kill it if it outlasts our patience."""
    told: list[float] = []

    def pass_on(number: int, _: object) -> None:
        told.append(time.monotonic())
        child.send_signal(number if len(told) == 1 else signal.SIGKILL)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
        while child.poll() is None:
            time.sleep(0.05)
            if told and time.monotonic() - told[0] > PATIENCE_SECONDS:
                child.kill()
    finally:
        end_group(child)
        for number, handler in before.items():
            signal.signal(number, handler)


def run(command: Sequence[str], later_seconds: float, go_on: Callable[[], None]) -> int:
    """Run the command, and after a while what goes on at the publisher. The command's exit status."""
    # A group of its own: Ctrl-C in a terminal would reach it twice otherwise, from the terminal and from us.
    child = subprocess.Popen(command, start_new_session=True)
    with passing_signals(child):
        due = time.monotonic() + later_seconds
        while child.poll() is None and time.monotonic() < due:
            time.sleep(0.05)
        if child.poll() is None:
            go_on()
            print("demo: the publisher has published what it had announced, and replaced a file.", flush=True)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The command line: everything after `--` is run instead of the archive, {data} and {schedules} filled in."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.demo", description="The archive against a pretend publisher."
    )
    parser.add_argument(
        "--data", type=Path, default=Path("demo-data"), help="folder of the demonstration (emptied first)"
    )
    parser.add_argument("--later", type=float, default=75.0, help="seconds until the announced release comes out")
    parser.add_argument("--releases", type=int, default=6, help="releases, the announced one included (at least 3)")
    parser.add_argument("--lsoas", type=int, default=3_300, help="LSOAs per month in each release (real size: 32844)")
    parser.add_argument("command", nargs="*", help="run this instead of the archive")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Start the pretend publisher, run the archive against it, and end both."""
    chosen = arguments(argv)
    fresh(chosen.data)
    made = list(releases(max(3, chosen.releases), lsoas=chosen.lsoas, practices=chosen.lsoas // 5))
    with (
        Publisher(noon(made[-2].record.published_on)) as publisher,
        tempfile.TemporaryDirectory(prefix="opt-out-demo-") as schedules,
    ):
        publish_all(publisher, made)
        # Made-up releases are years old: so many recent days make every look visit all of them.
        publisher.series_file(Path(schedules), when=polling_times(datetime.now(UTC)), recent_days=3650)
        print(f"demo: ALL FIGURES ARE MADE UP. A pretend publisher serves them at {publisher.seed}", flush=True)
        print(f"demo: the archive is in {chosen.data}; one more release comes out in {chosen.later:.0f} s.", flush=True)
        plain = [sys.executable, "-m", "schedules.cli", "--data", "{data}", "--schedules", "{schedules}", "up"]
        words = {"{data}": str(chosen.data), "{schedules}": schedules}
        command = [_filled(word, words) for word in chosen.command or plain]
        return run(command, chosen.later, lambda: go_on(publisher, made))


def _filled(word: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
