"""A time-stamp authority on loopback, with certificates made for tests alone, that can be told to misbehave.

Its tokens are real (RFC 3161, made by openssl); nobody outside the test trusts it.
"""

from __future__ import annotations

import contextlib
import http.server
import ssl
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

Fault = Callable[["TimeStamper", bytes], bytes]
"""Given the query, what is answered instead of an honest reply."""

SETTINGS = """
[tsa]
default_tsa = made_up
[made_up]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ca]
default_ca = made_up_ca
[made_up_ca]
database = index.txt
new_certs_dir = .
serial = ca-serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[extensions]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""
NEW_KEY = {
    "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    "rsa": ["-newkey", "rsa:2048"],
}


class TimeStamper:
    """An authority that answers at `url` while it is entered; `fault` changes its answers, `queries` keeps what came."""

    def __init__(self, folder: Path, kind: str = "ec", *, begins: datetime | None = None, ends: datetime | None = None):
        self.folder, self.fault, self.queries = folder, None, []
        self.fault: Fault | None
        self.queries: list[bytes]
        self.status, self.content_type = 200, "application/timestamp-reply"
        folder.mkdir(parents=True)
        if begins or ends:
            begins = begins or _yesterday()
            self._make_certificates(kind, begins, ends or begins + timedelta(days=100))
        else:
            for name, content in _certificates(kind, folder.name).items():
                (folder / name).write_bytes(content)

    def _make_certificates(self, kind: str, begins: datetime, ends: datetime) -> None:
        for name, content in {"settings": SETTINGS, "serial": "01\n", "ca-serial": "01\n", "index.txt": ""}.items():
            (self.folder / name).write_text(content)
        new = ["req", *NEW_KEY[kind], "-nodes"]
        self.openssl(*new, "-x509", "-days", "400", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=made-up root")
        self.openssl(*new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=made-up authority")
        dates = [f"{at:%y%m%d%H%M%SZ}" for at in (begins, ends)]
        self.openssl(
            "ca", "-batch", "-config", "settings", "-extensions", "extensions", "-in", "tsa.csr", "-cert", "ca.pem",
            "-keyfile", "ca.key", "-startdate", dates[0], "-enddate", dates[1], "-out", "tsa.pem", "-notext",
        )  # fmt: skip

    def openssl(self, *arguments: str) -> None:
        """Run openssl in the authority's folder."""
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    @property
    def chain(self) -> Path:
        """The root that whoever asks has to trust."""
        return self.folder / "ca.pem"

    def reply(self, query: bytes) -> bytes:
        """The honest answer to a query."""
        (self.folder / "query").write_bytes(query)
        signer = ["-signer", "tsa.pem", "-inkey", "tsa.key"]
        self.openssl("ts", "-reply", "-config", "settings", "-queryfile", "query", *signer, "-out", "reply")
        return (self.folder / "reply").read_bytes()

    def query(self, digest: str, *more: str) -> bytes:
        """A query of another's, to be answered in place of ours."""
        self.openssl("ts", "-query", "-digest", digest, "-sha256", "-cert", *more, "-out", "other")
        return (self.folder / "other").read_bytes()

    def __enter__(self) -> Self:
        stamper = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                stamper._answer(self)

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/tsr"
        self.ending = threading.Event()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def with_tls(self) -> None:
        """Speak TLS with a certificate that no machine trusts."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "ca.pem", self.folder / "ca.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")

    def _answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        query = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.queries.append(query)
        body = self.fault(self, query) if self.fault else self.reply(query)
        with contextlib.suppress(OSError):
            handler.send_response(self.status)
            handler.send_header("Content-Type", self.content_type)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

    def settings(self, name: str, **more: object) -> str:
        """This authority as a table of anchors.toml."""
        stated = {"name": name, "url": self.url, "chain": str(self.chain), **more}
        lines = [f"{key} = {value if isinstance(value, int | float) else repr(value)}" for key, value in stated.items()]
        return "\n".join(["[[authority]]", "local_authority = true", *lines, ""])


# ---------------------------------------------------------------- ways to misbehave


def _yesterday() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


@cache
def _certificates(kind: str, name: str) -> dict[str, bytes]:
    """What an authority of that name keeps in its folder before it is asked: making keys takes longer than most stories."""
    with TemporaryDirectory() as place:
        made = TimeStamper(Path(place) / name, kind, begins=_yesterday())
        return {path.name: path.read_bytes() for path in made.folder.iterdir()}


def other_digest(stamper: TimeStamper, _: bytes) -> bytes:
    """Stamps something else."""
    return stamper.reply(stamper.query("ab" * 32))


def other_nonce(digest: str) -> Fault:
    """Stamps the right digest, in answer to another query than ours: an old token played back."""
    return lambda stamper, _: stamper.reply(stamper.query(digest))


def no_nonce(digest: str) -> Fault:
    """Leaves the nonce out."""
    return lambda stamper, _: stamper.reply(stamper.query(digest, "-no_nonce"))


def refuses(stamper: TimeStamper, _: bytes) -> bytes:
    """Answers with the status `rejected`, as for a digest that it does not support."""
    stamper.openssl("ts", "-query", "-digest", "ab" * 64, "-sha512", "-out", "other")
    return stamper.reply((stamper.folder / "other").read_bytes())


def html(_: TimeStamper, __: bytes) -> bytes:
    """A page in place of a reply, with status 200."""
    return b"<!doctype html><title>Sign in</title>"


def too_large(_: TimeStamper, __: bytes) -> bytes:
    """More than a reply can be."""
    return b"x" * 100_000


def slow(stamper: TimeStamper, query: bytes) -> bytes:
    """Takes longer than anyone waits."""
    stamper.ending.wait(20)
    return stamper.reply(query)


def cut(stamper: TimeStamper, query: bytes) -> bytes:
    """Half a reply."""
    return stamper.reply(query)[:300]
