"""Delivers a message by webhook or mail within a few seconds, and pings the heartbeat.

Never raises, and never lets a failed delivery say more than a code: addresses and passwords are secrets.
"""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage

from schedules.alarm_settings import Mail, Web
from scraper.model import Manners
from scraper.post import post

DEADLINE_SECONDS = 15.0
"""All that one delivery may take: a slow receiver must not hold up the next poll."""

MOST_BYTES = 65_536
"""Of an answer that is not read."""


def send_web(
    web: Web, said: Mapping[str, object], software: str, contact: str, seconds: float = DEADLINE_SECONDS
) -> str | None:
    """POST a message as JSON, within `seconds`. None where it was taken (2xx); else why not, without a secret."""
    manners = Manners(
        contact, connect_seconds=5, read_seconds=seconds, deadline_seconds=seconds, max_bytes=MOST_BYTES, attempts=1,
        local_publisher=web.on_this_machine,
    )  # fmt: skip
    body = json.dumps(said, ensure_ascii=False).encode()
    answer = post(web.url, body, ("application/json; charset=utf-8", "*/*"), software, manners)
    if answer.status is not None:
        return None if 200 <= answer.status < 300 else f"status {answer.status}"
    # Of the trouble only its code is told: the sentence may name the address.
    return (answer.trouble or "no answer").partition(":")[0]


def send_mail(mail: Mail, message: EmailMessage) -> str | None:
    """Hand a mail to its server. None where the server took it for everybody; else why not, without a secret."""
    try:
        with _connected(mail) as server, _deadline(server):
            if mail.user:
                server.login(mail.user, mail.password)
            refused = server.send_message(message)
    except smtplib.SMTPResponseException as error:
        return f"the mail server said {error.smtp_code}"
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return type(error).__name__
    return f"the mail server refused {len(refused)} of {len(mail.to)} recipients" if refused else None


def _connected(mail: Mail) -> smtplib.SMTP:
    """A connection that is encrypted before anything is said on it, unless the server is on this machine."""
    seconds, context = DEADLINE_SECONDS / 2, ssl.create_default_context()
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=seconds, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=seconds)
    if mail.security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


class _deadline:  # noqa: N801 - reads as what it is in a with statement
    """Breaks a connection off once the deadline has passed: a server that drips its answers is never late by itself."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server
        self._timer = threading.Timer(DEADLINE_SECONDS, self._break)
        self._timer.daemon = True

    def _break(self) -> None:
        if self._server.sock is not None:
            with suppress(OSError):
                self._server.sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
