"""One message to a webhook or a mail server: taken or not, within seconds, and a failure gives no secret away."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from schedules import channels
from schedules.alarm_settings import Mail, Web
from schedules.alarm_words import as_json, as_mail, as_text
from schedules.alarms import Alarm, Message
from schedules.channels import send_mail, send_web
from tests.receivers import SECRET, MailReceiver

SOFTWARE, CONTACT = "opt-out-archive/test", "tests@example.org"
ALARM = Alarm(
    "a-series", "layout", "2026-11-24T09:35:00.000000Z", ("https://x.example/p: found\r\nBcc: evil@example.org",)
)
AT = "2026-11-24T10:00:00.000000Z"


def said() -> dict[str, object]:
    """An alarm as a webhook gets it."""
    return as_json(Message("alarm", ALARM, "hook"), AT, "https://optouts.example.org", SOFTWARE)


def test_a_webhook_gets_what_since_when_what_to_do_and_where_to_look(hook):
    """One JSON object by POST, with who we are, and all of it once more as text for chat services."""
    assert send_web(Web(hook.url, on_this_machine=True), said(), SOFTWARE, CONTACT) is None
    ((path, headers, _),) = hook.requests
    assert SECRET in path
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["User-Agent"] == "opt-out-archive/test (+tests@example.org)"
    (got,) = hook.said("alarm")
    assert got["since_at"] == ALARM.since_at
    assert got["look"] == "https://optouts.example.org/status#a-series"
    assert got["details"] == ["https://x.example/p: found  Bcc: evil@example.org"]
    for part in (got["title"], got["advice"], got["since_at"], got["look"]):
        assert part in got["text"]


@pytest.mark.parametrize(
    ("status", "trouble"), [(204, None), (500, "status 500"), (404, "status 404"), (302, "status 302")]
)
def test_only_a_success_is_a_success(hook, status, trouble):
    """Two hundred and something was taken; a redirect is not followed, wherever it leads."""
    hook.status, hook.location = status, hook.url if status == 302 else ""
    assert send_web(Web(hook.url, on_this_machine=True), said(), SOFTWARE, CONTACT) == trouble
    assert len(hook.requests) == 1


def test_an_address_on_this_machine_is_asked_only_where_the_file_says_so(hook):
    """Without the word for it no byte is sent there: whoever writes such an address may not know what listens."""
    assert send_web(Web(hook.url), said(), SOFTWARE, CONTACT) == "private_address"
    assert hook.requests == []


@pytest.mark.fault("A02")
def test_a_receiver_that_does_not_answer_is_left_in_time(hook):
    """The deadline is for all of it."""
    hook.wait_seconds = 3.0
    began = time.monotonic()
    trouble = send_web(Web(hook.url, on_this_machine=True), said(), SOFTWARE, CONTACT, seconds=0.5)
    assert time.monotonic() - began < 2
    assert trouble in {"deadline", "read_timeout"}


def test_a_failed_delivery_does_not_name_the_address(caplog, capfd):
    """The address of a webhook is a password: neither what is returned nor what any library logs holds it."""
    trouble = send_web(Web(f"http://127.0.0.1:9/{SECRET}", on_this_machine=True), said(), SOFTWARE, CONTACT)
    assert trouble == "connect"
    assert SECRET not in caplog.text + "".join(capfd.readouterr())


# ---------------------------------------------------------------- mail


def mail_to(port: int, **more) -> Mail:
    """A mail server on this machine."""
    return Mail("127.0.0.1", port, "none", "a@example.org", ("b@example.org", "c@example.org"), **more)


def message(mail: Mail):
    """The alarm as a mail."""
    return as_mail(Message("alarm", ALARM, mail.name), AT, "", SOFTWARE, mail.sender, mail.to)


def test_a_mail_says_the_same_and_what_the_publisher_said_stands_in_no_header():
    """Subject, key and text; a line end in a publisher's words does not become a header."""
    with MailReceiver() as office:
        mail = mail_to(office.port)
        assert send_mail(mail, message(mail)) is None
        (got,) = office.mails
    assert got["To"] == "b@example.org, c@example.org"
    assert str(got["Subject"]).strip() == "[optout] ALARM: The publisher's pages have changed their layout: a-series"
    assert got["X-Optout-Alarm"] == "a-series/layout"
    assert got["Auto-Submitted"] == "auto-generated"
    assert "Bcc" not in got
    assert got.get_content().splitlines()[:5] == as_text(Message("alarm", ALARM, ""), "").splitlines()
    assert "`optout status`" in got.get_content()


def test_a_mail_that_is_refused_is_told_by_its_number_alone():
    """The server's own words may repeat a name or a password."""
    with MailReceiver() as office:
        office.refuse = f"550 not for {SECRET}"
        mail = mail_to(office.port)
        assert send_mail(mail, message(mail)) == "the mail server said 550"


def test_a_mail_server_out_of_reach_or_with_another_certificate_is_trouble():
    """Nobody there; and one that cannot encrypt is told nothing, least of all a password."""
    assert send_mail(mail_to(9), message(mail_to(9))) == "ConnectionRefusedError"
    with MailReceiver() as office:
        plain = Mail("127.0.0.1", office.port, "starttls", "a@example.org", ("b@example.org",), "user", SECRET)
        assert send_mail(plain, message(plain)) == "SMTPNotSupportedError"
        assert office.mails == []


def test_a_mail_server_that_drips_is_left_in_time(monkeypatch):
    """Each byte comes in time, the whole never does: the deadline ends it."""
    monkeypatch.setattr(channels, "DEADLINE_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            visitor, _ = listening.accept()
            with visitor:
                visitor.sendall(b"220 here\r\n")
                try:
                    for _ in range(200):
                        visitor.sendall(b"2")
                        time.sleep(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        mail = mail_to(listening.getsockname()[1])
        assert send_mail(mail, message(mail)) is not None
        assert time.monotonic() - began < 4
        thread.join(20)
