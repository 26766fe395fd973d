"""alarms.toml: off without it, wrong keys by name, and never a secret in an error."""

from __future__ import annotations

import pytest

from schedules.alarm_settings import Mail, Web, load_alarms
from scraper.errors import DefinitionError

HOOK = 'url = "https://hooks.example.org/s3cr3t"'
NO_ONE = 'host = "smtp.example.org"\nfrom = "a@example.org"\nto = ["b@example.org\\nBcc: c@example.org"]'
MAIL = 'host = "smtp.example.org"\nfrom = "a@example.org"\nto = ["b@example.org"]'
SECRET = "s3cr3t"


def load(tmp_path, text: str):
    """The settings that a file states."""
    (tmp_path / "alarms.toml").write_text(text, "utf-8")
    return load_alarms(tmp_path)


def test_alarms_are_off_without_the_file(tmp_path):
    """Nobody is told anything until somebody says so; a file that is named and missing is a mistake."""
    assert load_alarms(tmp_path) is None
    with pytest.raises(DefinitionError, match="no such file"):
        load_alarms(tmp_path, tmp_path / "other.toml")


def test_all_keys_are_read(tmp_path):
    """Webhooks, mail, heartbeat and how often; ports by the way of encryption."""
    text = (
        'site = "https://optouts.example.org/"\nunreachable_polls = 5\nremind_hours = 48\nquiet = ["robots"]\n'
        f'[[webhook]]\n{HOOK}\n[[webhook]]\nurl = "http://127.0.0.1:9/x"\non_this_machine = true\n'
        f'[[mail]]\n{MAIL}\nuser = "u"\npassword = "{SECRET}"\n[[mail]]\n{MAIL}\nsecurity = "tls"\n'
        '[heartbeat]\nurl = "https://beat.example.org/uuid"\n'
    )
    settings = load(tmp_path, text)
    assert (settings.site, settings.patience, settings.remind.days) == ("https://optouts.example.org", 5, 2)
    assert settings.quiet == {"robots"}
    hook, local, starttls, tls = settings.channels
    assert (hook, local) == (
        Web("https://hooks.example.org/s3cr3t"),
        Web("http://127.0.0.1:9/x", on_this_machine=True),
    )
    assert isinstance(starttls, Mail)
    assert [(one.security, one.port) for one in (starttls, tls)] == [("starttls", 587), ("tls", 465)]
    assert settings.heartbeat == Web("https://beat.example.org/uuid")


def test_what_is_shown_of_the_settings_holds_no_secret(tmp_path):
    """Not even a traceback's or a debugger's view of them; names that stay the same stand in the log instead."""
    settings = load(tmp_path, f'[[webhook]]\n{HOOK}\n[[mail]]\n{MAIL}\nuser = "u"\npassword = "{SECRET}"\n')
    shown = f"{settings!r} {[one.name for one in settings.channels]}"
    assert SECRET not in shown
    assert "webhook " in shown


@pytest.mark.parametrize(("text", "place", "expected"), [
    (f'[[webhook]]\nurl = "http://hooks.example.org/{SECRET}"', "webhook[1].url", "https://"),
    (f'[[webhook]]\nurl = "https://127.0.0.1/{SECRET}"', "webhook[1].url", "on_this_machine"),
    (f'[[webhook]]\nurl = "https://localhost/{SECRET}"', "webhook[1].url", "on_this_machine"),
    (f'[[webhook]]\nurl = "https://u:{SECRET}@hooks.example.org/"', "webhook[1].url", "absolute address"),
    (f'[[webhook]]\n{HOOK}\npasword = "{SECRET}"', "webhook[1].pasword", "only these keys"),
    (f'[[mail]]\n{MAIL}\npassword = "{SECRET}"', "mail[1].password", "user and password"),
    (f'[[mail]]\n{MAIL}\nuser = "u"\npassword = ["{SECRET}"]', "mail[1].password", "the password"),
    (f'[[mail]]\n{MAIL}\nsecurity = "none"', "mail[1].security", "starttls"),
    ('[[mail]]\nhost = "smtp.example.org"\nfrom = "A <a@example.org>"\nto = ["b@example.org"]', "mail[1].from", "mail addresses"),
    (f"[[mail]]\n{NO_ONE}", "mail[1].to", "mail"),
    ('[[mail]]\nhost = "-x"\nfrom = "a@example.org"\nto = ["b@example.org"]', "mail[1].host", "mail server's name"),
    ('quiet = ["everything"]', "quiet", "causes out of"),
    ("remind_hours = 0", "remind_hours", "from 1 to 720"),
    ('site = "optouts.example.org"', "site", "https://"),
    (f'[[webhok]]\nurl = "{SECRET}"', "webhok", "Did you mean 'webhook'"),
    (f'password = "{SECRET}', "", "TOML"),
])  # fmt: skip
def test_a_mistake_is_named_and_no_value_is_shown(tmp_path, text, place, expected):
    """File, key and what is expected there; what was found may be a secret, also under a misspelt key."""
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, text)
    told = str(caught.value)
    assert "alarms.toml" in told
    assert place in told
    assert expected in told
    assert SECRET not in told
