"""Stories of one message sent and one answer taken: bounded, never redirected, and trouble is part of the answer."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable

import pytest
from raw_server import SOFTWARE, RawServer, answer, closed_port, dripping, reset_after

from scraper.model import Manners
from scraper.post import Answer, post

KINDS = ("application/timestamp-query", "application/timestamp-reply")
REPLY = b"\x30\x03made up"


def manners(*, local: bool = True, seconds: float = 2.0, most: int = 1_000) -> Manners:
    """Of somebody who waits two seconds for a thousand bytes."""
    return Manners("operator@example.org", 0.0, seconds, seconds, seconds, most, 1, local_publisher=local)


def after_message(then: bytes | Callable[[socket.socket], None], taken: list[bytes]) -> Callable[[socket.socket], None]:
    """Takes the whole message, then answers."""

    def handle(sock: socket.socket) -> None:
        sock.settimeout(0.2)
        message = b""
        with contextlib.suppress(TimeoutError):
            while more := sock.recv(65_536):
                message += more
        taken.append(message)
        sock.settimeout(5)
        then(sock) if callable(then) else sock.sendall(then)

    return handle


def ask(
    server: RawServer, then: bytes | Callable[[socket.socket], None], **given: object
) -> tuple[Answer, list[bytes]]:
    """One message to the server, which answers so."""
    taken: list[bytes] = []
    server.answers["/tsr"] = [after_message(then, taken)]
    return post(f"{server.root}/tsr", b"a query\x00", KINDS, SOFTWARE, manners(**given)), taken


def test_the_message_arrives_as_it_is_and_so_does_the_answer():
    """Bytes and media types both ways, who we are, and one connection for it."""
    with RawServer() as server:
        done, taken = ask(server, answer("200 OK", REPLY, f"Content-Type: {KINDS[1]}"))
        assert done == Answer(REPLY, 200, KINDS[1], None)
        head = server.seen[0].head
    for expected in (
        "POST /tsr HTTP/1.1",
        "Content-Type: application/timestamp-query",
        "Content-Length: 8",
        "Accept: application/timestamp-reply",
        "User-Agent: opt-out-archive/0.1.0 (+operator@example.org)",
    ):
        assert expected in head
    assert b"a query\x00" in head.encode("latin-1") + b"".join(taken)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (answer("302 Found", b"", "Location: /elsewhere"), "status 302"),
        (answer("500 Oh", b"sorry"), "status 500"),
        (answer("200 OK", b"x" * 2_000), "too_large"),
        (answer("200 OK", b"x" * 2_000, length=False), "too_large"),
        (answer("200 OK", b"", "Content-Length: 100", length=False) + b"cut", "short"),
        (b"not HTTP at all\r\n\r\n", "protocol"),
        (reset_after(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx"), "disconnect"),
    ],
)
def test_trouble_is_part_of_the_answer(then, said):
    """Redirects, errors, too much, too little, resets: a code and a sentence, no body, no exception, no second request."""
    with RawServer() as server:
        done, _ = ask(server, then)
        assert done.body is None
        assert said in done.trouble
        assert server.paths() == ["/tsr"]


def test_a_server_that_drips_is_left_at_the_deadline():
    """A byte a moment for ever: the whole exchange ends in time."""
    with RawServer() as server:
        head = answer("200 OK", b"", "Content-Length: 500", length=False)
        began = time.monotonic()
        done, _ = ask(server, dripping(b"x" * 500, 0.1, server.ending, at_once=head), seconds=1.0)
        assert time.monotonic() - began < 3
    assert done.body is None
    assert "deadline" in done.trouble


def test_a_machine_that_may_not_be_asked_gets_no_byte():
    """Loopback is refused unless it was declared, before anything is sent; so is whatever is not http or https."""
    with RawServer() as server:
        done, _ = ask(server, answer("200 OK", REPLY), local=False)
        assert "private_address" in done.trouble
        assert server.seen == []
    for odd in ("file:///etc/passwd", "ftp://127.0.0.1/", "http://user@127.0.0.1/"):
        assert "address" in post(odd, b"", KINDS, SOFTWARE, manners()).trouble


def test_a_port_where_nobody_listens_is_told():
    """Connection refused is an answer too."""
    with closed_port() as host:
        assert "connect" in post(f"http://{host}/", b"", KINDS, SOFTWARE, manners()).trouble


def test_a_certificate_that_nobody_vouches_for_stops_it(tmp_path):
    """TLS trouble has its name, and the message is not sent."""
    import subprocess

    made, key = tmp_path / "made.pem", tmp_path / "made.key"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=made-up"
    subprocess.run([*command.split(), "-keyout", key, "-out", made], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    with RawServer(tls=context) as server:
        done, _ = ask(server, answer("200 OK", REPLY))
        assert "tls" in done.trouble
        assert server.seen == []
