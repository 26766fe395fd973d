"""Owns `python -m tests.bench_serving DIRECTORY`: how pages are served while strangers send hostile SQL, with and without nginx.

Never asserts anything and is run by hand over a made-up archive; needs `wrk` and `nginx`, whose limit of requests is left out.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from archive.serve import listen
from tests.archive.hostile_sql import ENDLESS, FORBIDDEN, TOO_DEEP, TOO_LARGE
from tests.archive.test_hostile_sql import resident
from tests.archive.test_serve import asked, served

PAGES = ("/", "/compare", "/area/england", "/practice/Z10007", "/optouts/areas_latest", "/optouts.json?sql=select+1")
SECONDS, READERS = 6, 8
NGINX = Path(__file__).parent.parent / "deploy" / "nginx.conf"


@contextmanager
def hostile(place: Any) -> Iterator[None]:
    """Two strangers who send one hostile statement after the other, for as long as this lasts."""
    ended = threading.Event()

    def send(statements: Iterator[str]) -> None:
        while not ended.is_set():
            with suppress(OSError):
                asked(place, f"/optouts.json?sql={quote(next(statements))}", patience=30)

    everything = (*ENDLESS, *TOO_LARGE, *TOO_DEEP, *FORBIDDEN)
    strangers = [threading.Thread(target=send, args=(itertools.cycle(everything[half::2]),)) for half in (0, 1)]
    for one in strangers:
        one.start()
    try:
        yield
    finally:
        ended.set()
        for one in strangers:
            one.join()


@contextmanager
def proxied(ports: list[int], folder: Path) -> Iterator[int]:
    """The proxy as it is delivered, in front of these servers, on a port of its own."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    text = re.sub(r"(?m)^\s*limit_req.*\n", "", NGINX.read_text()).replace("listen 8080", f"listen 127.0.0.1:{port}")
    for given, taken in zip((8001, 8002), ports, strict=True):
        text = text.replace(f"127.0.0.1:{given}", f"127.0.0.1:{taken}")
    text = text.replace("/var/cache/nginx/optout", str(folder / "cache"))
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid;\nerror_log {folder}/errors;\nevents {{}}\nhttp {{ access_log off;\n{text}}}\n"
    )
    with subprocess.Popen(["nginx", "-g", "daemon off;", "-c", str(folder / "nginx.conf")]) as nginx:
        time.sleep(1)
        try:
            yield port
        finally:
            nginx.terminate()


def measured(address: str) -> str:
    """What wrk says of one page: requests a second, the median, the slowest in a hundred, and answers that are errors."""
    wrk = ["wrk", "-t1", f"-c{READERS}", f"-d{SECONDS}s", "--latency", "--timeout", "20s", address]
    said = subprocess.run(wrk, capture_output=True, text=True, check=True).stdout
    found = [
        re.search(rf"{word}:?\s+([\d.]+\w*)", said)
        for word in ("Requests/sec", "50%", "99%", "Non-2xx or 3xx responses")
    ]
    rate, half, most, errors = (one[1] if one else "0" for one in found)
    return f"{rate:>9}/s  p50 {half:>9}  p99 {most:>9}  errors {errors}"


def main(directory: Path) -> None:
    """Print a line for each page: quiet, with hostile readers, and with both of these through nginx."""
    with ExitStack() as stack:
        servers = [stack.enter_context(served(directory)) for _ in range(2)]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opt-out-bench-nginx-")))
        folder.chmod(0o755)
        proxy = stack.enter_context(proxied([place.port for _, place in servers], folder))
        for name, port in (("one server", servers[0][1].port), ("nginx, two servers", proxy)):
            for disturbed in (False, True):
                with hostile(servers[0][1]) if disturbed else ExitStack():
                    for path in PAGES:
                        line = measured(f"http://127.0.0.1:{port}{path}")
                        print(f"{name:18} {'hostile' if disturbed else 'quiet':8} {path:28} {line}", flush=True)
        held = [f"{resident(process) / 1e6:.0f} MB" for process, _ in servers]
        print(f"held at most: {', '.join(held)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
