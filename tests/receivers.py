"""Owns two receivers on loopback: one that takes webhooks and heartbeats, one that takes mail; both remember what came.

Never answers otherwise than it is told: `status` and `broken` say how.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast

SECONDS = 30.0


class WebReceiver:
    """A web server that takes what is posted. `status` is what it answers, `location` where it sends visitors."""

    def __init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                receiver.requests.append((self.path, dict(self.headers), body))
                receiver.ended.wait(receiver.wait_seconds)
                with suppress(OSError):  # whoever asked may have gone meanwhile
                    self.answer()

            def answer(self) -> None:
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.ended = threading.Event()
        self.status, self.location, self.wait_seconds = 200, "", 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False  # none is left behind when the receiver closes
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """Where it listens, with a secret in the path as such addresses have."""
        return f"http://127.0.0.1:{self._server.server_port}/hook/{SECRET}"

    def said(self, event: str | None = None) -> list[dict[str, Any]]:
        """What came, as JSON; of one kind of event where that is named."""
        found = [cast("dict[str, Any]", json.loads(body)) for _, _, body in self.requests]
        return [one for one in found if event is None or one.get("event") == event]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(SECONDS)


SECRET = "s3cr3t-path-of-the-hook"


class MailReceiver:
    """A mail server that takes every mail. `refuse` is a reply that it gives instead, such as `550 no`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = ""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def _accept(self) -> None:
        while True:
            try:
                visitor, _ = self._listening.accept()
            except OSError:
                return
            with visitor, visitor.makefile("rwb") as lines:
                self._talk(lines)

    def _talk(self, lines: Any) -> None:
        def reply(text: str) -> None:
            lines.write(text.encode() + b"\r\n")
            lines.flush()

        reply("220 loopback")
        for line in lines:
            verb = line[:4].upper().strip()
            if verb == b"DATA" and not self.refuse:
                reply("354 go on")
                self.mails.append(_mail(lines))
                reply("250 taken")
            elif verb == b"QUIT":
                reply("221 bye")
                return
            else:
                reply(self.refuse if self.refuse and verb in (b"MAIL", b"DATA") else "250 loopback")

    def subjects(self) -> list[str]:
        """Of the mails that came, in order."""
        return [str(one["Subject"]).strip() for one in self.mails]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(SECONDS)


def _mail(lines: Any) -> EmailMessage:
    body = b""
    for line in lines:
        if line == b".\r\n":
            break
        body += line.removeprefix(b".") if line.startswith(b"..") else line
    return cast("EmailMessage", message_from_bytes(body, policy=default))


def until(true: Callable[[], object], seconds: float = SECONDS) -> bool:
    """Whether something comes true within a time."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(true())


def alarms_toml(
    web: WebReceiver | None = None, mail: MailReceiver | None = None, *, heartbeat: str = "", more: str = ""
) -> str:
    """The text of an alarms.toml that tells both receivers."""
    text = f"{more}\n"
    if web:
        text += f'[[webhook]]\nurl = "{web.url}"\non_this_machine = true\n'
    if mail:
        text += (
            f'[[mail]]\nhost = "127.0.0.1"\nport = {mail.port}\nsecurity = "none"\nfrom = "archive@example.org"\n'
            'to = ["operator@example.org"]\n'
        )
    if heartbeat:
        text += f'[heartbeat]\nurl = "{heartbeat}"\non_this_machine = true\n'
    return text
