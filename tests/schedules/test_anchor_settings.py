"""Stories of anchors.toml: nobody is asked without it, and every mistake in it is named with its file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.promise import DOES_NOT_PROVE, PROVES
from schedules.anchor_settings import NOTHING, Anchoring, Authority, Mirror, load_anchoring
from scraper.errors import DefinitionError

PEM = "-----BEGIN CERTIFICATE-----\nMADEUP==\n-----END CERTIFICATE-----\n"
AUTHORITY = '[[authority]]\nname = "one"\nurl = "https://tsa.example.org/tsr"\nchain = "one.pem"\n'
MIRROR = '[mirror]\nfolder = "copy"\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a chain in it."""
    (tmp_path / "one.pem").write_text(f"a comment\n{PEM}another\n{PEM}")
    return tmp_path


def load(data: Path, text: str) -> Anchoring:
    """What the file states."""
    (data / "anchors.toml").write_text(text)
    return load_anchoring(data)


def test_without_a_file_nobody_is_asked(tmp_path):
    """Off until configured; a file that was named and is not there is a mistake, not a wish."""
    assert load_anchoring(tmp_path) == NOTHING == Anchoring((), None)
    with pytest.raises(DefinitionError, match="No such file"):
        load_anchoring(tmp_path, tmp_path / "named.toml")


def test_a_file_that_states_everything(data):
    """Authorities with their certificates read in, paths beside the file, a mirror with its remote."""
    text = (
        AUTHORITY
        + 'every_hours = 24\ndeadline_seconds = 5\n[[authority]]\nname = "two"\nlocal_authority = true\n'
        + 'url = "http://127.0.0.1:8318/"\nchain = "one.pem"\n'
        + MIRROR
        + 'bodies = true\nremote = "git@git.example.org:optout/log.git"\nbranch = "log/main"\ndeadline_seconds = 60\n'
    )
    found = load(data, text)
    assert found.authorities == (
        Authority("one", "https://tsa.example.org/tsr", (PEM + PEM).encode(), 24, 5.0, local=False),
        Authority("two", "http://127.0.0.1:8318/", (PEM + PEM).encode(), 4, 20.0, local=True),
    )
    remote = "git@git.example.org:optout/log.git"
    assert found.mirror == Mirror(data / "copy", True, True, remote, "log/main", 60.0)
    assert load(data, MIRROR).mirror == Mirror(data / "copy", False, False, None, "main", 120.0)


def test_the_sample_of_the_documents_loads(data):
    """What docs/anchoring.md shows can be copied as it stands, once the certificates are there."""
    page = Path(__file__).parent.parent.parent / "docs" / "anchoring.md"
    sample = page.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
    for name in ("first-authority.pem", "second-authority.pem"):
        (data / name).write_text(PEM)
    found = load(data, sample)
    assert len(found.authorities) == 2
    assert found.mirror is not None


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        (AUTHORITY + AUTHORITY, "authority", "'one' 2 times"),
        (AUTHORITY.replace('"one"', '"No Such Name"'), "authority[1].name", "No Such Name"),
        (AUTHORITY.replace("https://tsa.example.org", "http://127.0.0.1"), "authority[1].url", "127.0.0.1"),
        (AUTHORITY.replace("tsa.example.org", "10.0.0.8"), "authority[1].url", "10.0.0.8"),
        (AUTHORITY.replace("tsa.example.org", "localhost"), "authority[1].url", "localhost"),
        (AUTHORITY.replace("tsa.example.org", "127.1"), "authority[1].url", "127.1"),
        (AUTHORITY.replace("https:", "file:"), "authority[1].url", "file:"),
        (AUTHORITY.replace("tsa.ex", "user:word@tsa.ex"), "authority[1].url", "user:word"),
        (AUTHORITY + "local_authority = true\n", "authority[1].url", "tsa.example.org"),
        (AUTHORITY.replace("one.pem", "gone.pem"), "authority[1].chain", "gone.pem: No such file"),
        (AUTHORITY.replace("one.pem", "anchors.toml"), "authority[1].chain", "0 certificates"),
        (AUTHORITY.replace("one.pem", "secret.pem"), "authority[1].chain", "a private key"),
        (AUTHORITY + "every_hours = 0\n", "authority[1].every_hours", "0"),
        (AUTHORITY + "every_hour = 4\n", "authority[1].every_hour", "4"),
        ("[[authorities]]\n", "authorities", "{}"),
        ('[mirror]\nremote = "/srv/log.git"\n', "mirror.folder", "nothing"),
        (MIRROR + 'remote = "--upload-pack=touch x"\n', "mirror.remote", "--upload-pack"),
        (MIRROR + 'remote = "ext::sh -c x"\n', "mirror.remote", "ext::sh"),
        (MIRROR + 'remote = "https://user:word@git.example.org/log"\n', "mirror.remote", "user:word"),
        (MIRROR + 'remote = "/srv/log.git"\ngit = false\n', "mirror.git", "False"),
        (MIRROR + 'branch = "--force"\n', "mirror.branch", "--force"),
        (MIRROR + 'branch = "a..b"\n', "mirror.branch", "a..b"),
        ("not toml", "", "not TOML"),
    ],
)
def test_a_mistake_is_named(data, text, key, found):
    """File, key, what was found and what was expected; nothing is guessed and nothing is passed over."""
    (data / "secret.pem").write_text(f"{PEM}-----BEGIN PRIVATE KEY-----\nMADEUP\n-----END PRIVATE KEY-----\n")
    with pytest.raises(DefinitionError) as refused:
        load(data, text)
    assert str(data / "anchors.toml") in refused.value.subject
    assert refused.value.place == key
    assert found in refused.value.found
    assert refused.value.expected


@pytest.mark.fault("M25")
def test_the_documents_promise_what_the_log_promises():
    """docs/anchoring.md says in the archive's own words what is proved and what is not."""
    page = (Path(__file__).parent.parent.parent / "docs" / "anchoring.md").read_text("utf-8")
    assert all(sentence in page for sentence in (*PROVES, *DOES_NOT_PROVE))
