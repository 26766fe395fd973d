"""Stories of TLS: what was negotiated is kept, and a certificate that does not hold stops everything.

Certificates are made for each run; nothing here is trusted outside it.
"""

from __future__ import annotations

import hashlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import requests.adapters
from raw_server import CSV, RawServer, answer

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="making a certificate needs the openssl program"
)


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Makes a self-signed certificate and its key."""

    def make(name: str = "IP:127.0.0.1") -> tuple[Path, Path]:
        made, key = tmp_path / "made-up.pem", tmp_path / "made-up.key"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += [
            "-keyout",
            key,
            "-out",
            made,
            "-days",
            "2",
            "-subj",
            "/CN=made-up",
            "-addext",
            f"subjectAltName={name}",
        ]
        subprocess.run(command, check=True, capture_output=True)
        return made, key

    return make


def server_with(certificate: Path, key: Path) -> RawServer:
    """A server that speaks TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return RawServer(tls=context)


@pytest.mark.fault("N15")
def test_what_was_negotiated_is_kept(
    certificate: Callable[..., tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version, cipher and the certificate's hash stand beside the bytes."""
    made, key = certificate()
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(made))
    with server_with(made, key) as server:
        server.answers["/a.csv"] = [answer(body=CSV)]
        capture = server.ask("/a.csv")[-1]
    assert (capture.verdict, capture.body) == ("accepted", CSV)
    assert (capture.tls_version, (capture.tls_cipher or "")[:4]) == ("TLSv1.3", "TLS_")
    der = ssl.PEM_cert_to_DER_cert(made.read_text(encoding="ascii"))
    assert capture.tls_certificate_sha256 == hashlib.sha256(der).hexdigest()


def test_a_redirect_from_https_to_http_is_followed_only_at_home(
    certificate: Callable[..., tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A local publisher may do it; the rule for everybody else is in the story of peers."""
    made, key = certificate()
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(made))
    with RawServer() as plain, server_with(made, key) as server:
        plain.answers["/a.csv"] = [answer(body=CSV)]
        server.answers["/a.csv"] = [answer("302 Found", b"", f"Location: {plain.root}/a.csv")]
        capture = server.ask("/a.csv", series=server.series(hosts=(plain.host,)))[-1]
    assert (capture.verdict, capture.tls_version) == ("accepted", None)


@pytest.mark.fault("N07")
def test_an_unknown_issuer_is_not_trusted(certificate: Callable[..., tuple[Path, Path]]) -> None:
    """No request is sent, and there is no second, careless try."""
    with server_with(*certificate()) as server:
        captures = server.ask("/robots.txt", "robots", series=server.series(attempts=3))
        assert [(c.verdict, c.error_code, c.request_head) for c in captures] == [("failed", "tls_issuer", b"")]
        assert server.seen == []


@pytest.mark.fault("N06")
def test_a_certificate_for_another_name_is_not_trusted(
    certificate: Callable[..., tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trusted issuer does not help where the name is wrong."""
    made, key = certificate("DNS:elsewhere.example")
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(made))
    with server_with(made, key) as server:
        captures = server.ask("/robots.txt", "robots")
        assert [(c.verdict, c.error_code) for c in captures] == [("failed", "tls_name")]
        assert server.seen == []


@pytest.mark.fault("N08")
def test_a_server_that_does_not_speak_tls_fails_by_name() -> None:
    """Plain HTTP on a TLS address is not asked in the clear."""

    def speak_plainly(listener: socket.socket) -> None:
        sock, _ = listener.accept()
        with sock:
            heard.append(sock.recv(65_536))
            sock.sendall(answer("400 Bad Request"))

    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener, RawServer() as other:
        thread = threading.Thread(target=speak_plainly, args=(listener,))
        thread.start()
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        captures = other.ask(f"https://{host}/robots.txt", "robots", series=other.series(hosts=(host,)))
        thread.join(5)
    assert [(c.verdict, c.error_code) for c in captures] == [("failed", "tls")]
    assert b"GET" not in heard[0]
