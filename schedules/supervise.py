"""Runs the two halves, polling and serving, as child processes, and ends both together.

Never polls or serves itself, and never starts a half again in silence.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from types import FrameType

GRACE_SECONDS = 4.0
"""A half that is told to end and has not after so long is killed: both are gone within five seconds."""

_LOOK_SECONDS = 0.1


def run_halves(commands: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> int:
    """Start each command as a child and wait. Returns 0 after SIGINT or SIGTERM, 1 after a half ended by itself.

    Each child's standard input is a pipe that nobody writes to: it closes when this process goes, however that happens,
    and a child that was started with `--until-stdin-closes` then ends too.
    """
    asked = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    halves: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            halves[name] = _start(command)
        ended = _wait(halves, asked)
    finally:
        _end(halves.values())
        for number, handler in before.items():
            signal.signal(number, handler)
    if ended is None:
        return 0
    say(f"The half that was {ended} ended by itself (exit status {halves[ended].returncode}); the other is ended too.")
    return 1


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    # In a process group of its own, so that Ctrl-C reaches this process alone, which then ends the halves in order.
    return subprocess.Popen(list(command), stdin=subprocess.PIPE, process_group=0)  # noqa: S603 - our own command


def _wait(halves: Mapping[str, subprocess.Popen[bytes]], asked: threading.Event) -> str | None:
    """The name of the half that ended by itself; None where this process was asked to end."""
    while not asked.wait(_LOOK_SECONDS):
        for name, half in halves.items():
            if half.poll() is not None:
                return name
    return None


def _end(running: Collection[subprocess.Popen[bytes]]) -> None:
    """Ask all to end, kill what has not in time: when this returns no child is left."""
    until = time.monotonic() + GRACE_SECONDS
    for half in running:
        half.terminate()
    for half in running:
        try:
            half.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            half.kill()
            half.wait()
        if half.stdin:
            half.stdin.close()


def end_when_stdin_closes() -> None:
    """Ask this process to end as soon as its standard input closes, that is when the process that started it is gone."""
    threading.Thread(target=_watch_stdin, name="watch the parent", daemon=True).start()


def _watch_stdin() -> None:
    while os.read(0, 1024):
        pass  # nothing is ever written to it
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def half_command(options: Sequence[str], command: str, *more: str) -> list[str]:
    """How this program starts itself as one of the halves, with the same group options."""
    return [sys.executable, "-m", "schedules.cli", *options, command, *more, "--until-stdin-closes"]
