"""Reads anchors.toml: which outside parties are asked to confirm the log, and where its mirror lies.

Never asks anybody, and never guesses what a key was meant to say. Without such a file nobody is asked.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from schedules.toml_table import TomlTable
from scraper.errors import DefinitionError
from scraper.peers import target_of

FILE_NAME = "anchors.toml"
LARGEST_CHAIN = 65_536

_NAME = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_SSH = re.compile(r"[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:[^-\s:][^\s:]*")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamp authority (RFC 3161)."""

    name: str
    """By which its anchors are known in the log."""
    url: str
    chain: bytes
    """Certificates (PEM) that are trusted for its tokens, and no others."""
    every_hours: int
    deadline_seconds: float
    local: bool
    """True only for one on loopback: then nothing else is asked."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """A folder of plain files that is kept up to date after each checkpoint."""

    folder: Path
    bodies: bool
    """Whether the captured bodies are copied too."""
    git: bool
    remote: str | None
    """Where each commit is pushed; None for a repository that stays here."""
    branch: str
    deadline_seconds: float


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Everything that anchors.toml states."""

    authorities: tuple[Authority, ...] = ()
    mirror: Mirror | None = None


NOTHING = Anchoring()


def load_anchoring(data: Path, file: Path | None = None) -> Anchoring:
    """What `file` states, or `data`/anchors.toml where no file is named; nothing where there is none.

    Raises DefinitionError naming the file, the key, what was found and what was expected; also where a named file is missing.
    """
    path = file or data / FILE_NAME
    if file is None and not path.exists():
        return NOTHING
    try:
        values = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise _broken(path, error.strerror or "no readable file", "a TOML file, see docs/anchoring.md") from error
    except UnicodeDecodeError as error:
        raise _broken(path, f"bytes that are not UTF-8 at byte {error.start + 1}", "a TOML file in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise _broken(path, f"text that is not TOML: {error}", "a TOML file") from error
    return _anchoring(TomlTable(str(path), "", values), path.parent)


def _broken(path: Path, found: str, expected: str) -> DefinitionError:
    return DefinitionError("definition.file", str(path), "", found, expected)


def _anchoring(table: TomlTable, beside: Path) -> Anchoring:
    authorities = tuple(_authority(item, beside) for item in table.tables("authority"))
    names = Counter(one.name for one in authorities)
    for name, count in names.items():
        if count > 1:
            raise table.wrong(
                "authority", f"the name {name!r} {count} times", "each name once: it stands for one party"
            )
    mirror = table.table("mirror")
    found = Anchoring(authorities, _mirror(mirror, beside) if mirror.is_stated else None)
    table.finish()
    return found


def _authority(item: TomlTable, beside: Path) -> Authority:
    expected = "a short name in lower case, such as freetsa or tsa-of-a-university"
    name = item.text("name", expected)
    if not _NAME.fullmatch(name) or len(name) > 60:
        raise item.wrong("name", name, expected)
    local = item.flag("local_authority", False)
    authority = Authority(
        name=name,
        url=_url(item, local),
        chain=_chain(item, beside),
        every_hours=item.whole("every_hours", 4, 1, 24 * 31),
        deadline_seconds=item.seconds("deadline_seconds", 20, 0.1, 120),
        local=local,
    )
    item.finish()
    return authority


def _url(item: TomlTable, local: bool) -> str:
    # Plain http is allowed: the token itself is signed, and some authorities offer nothing else.
    here = "an address on this machine, such as http://127.0.0.1:8318/"
    public = "a public http or https address without user name, such as https://tsa.example.org/tsr"
    expected = here if local else public
    text = item.text("url", expected)
    target = target_of(text)
    if target is None or not text.isascii() or re.search(r"[\s#]", text) or not _fits(target.host, local):
        raise item.wrong("url", text, expected, "local_authority allows this machine only." if local else "")
    return text


def _fits(host: str, local: bool) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback if local else ipaddress.ip_address(host).is_global
    except ValueError:
        if local:
            return host == "localhost"
        last = host.rpartition(".")[2]
        return "." in host and last[:1].isalpha() and last not in {"local", "localhost", "internal"}


def _chain(item: TomlTable, beside: Path) -> bytes:
    expected = "the path of a file with the authority's certificates (PEM), from the one that signs up to its root"
    path = beside / item.text("chain", expected)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise item.wrong("chain", f"{path}: {error.strerror}", expected) from error
    found = _PEM.findall(content.decode("ascii", "replace"))
    if not found or len(content) > LARGEST_CHAIN:
        raise item.wrong("chain", f"{path} with {len(found)} certificates in {len(content)} bytes", expected)
    if b"PRIVATE KEY" in content:
        raise item.wrong("chain", f"{path} with a private key", expected, "It becomes public: take the key out.")
    return "".join(f"{one}\n" for one in found).encode()


def _mirror(item: TomlTable, beside: Path) -> Mirror:
    remote = item.text("remote", "where to push, or no such line", default="")
    mirror = Mirror(
        folder=beside / item.text("folder", "the folder that the mirror is written into"),
        bodies=item.flag("bodies", False),
        git=item.flag("git", bool(remote)),
        remote=_remote(item, remote) if remote else None,
        branch=_branch(item),
        deadline_seconds=item.seconds("deadline_seconds", 120, 1, 1800),
    )
    if remote and not mirror.git:
        raise item.wrong("git", False, "true, or no remote: only git pushes")
    item.finish()
    return mirror


def _remote(item: TomlTable, text: str) -> str:
    expected = "an address (https://…, ssh://… or user@host:path) or an absolute path, without password and options"
    parts = urlsplit(text)
    address = parts.scheme in {"https", "ssh"} and parts.hostname and parts.password is None and not text.endswith("@")
    address = address and not (parts.scheme == "https" and parts.username)
    safe = text.isprintable() and not text.startswith("-") and not re.search(r"\s", text)
    if not safe or not (address or _SSH.fullmatch(text) or (text.startswith("/") and "::" not in text)):
        raise item.wrong("remote", text, expected, "It is written into the public log.")
    return text


def _branch(item: TomlTable) -> str:
    expected = "the name of a branch, such as main"
    branch = item.text("branch", expected, default="main")
    if not _BRANCH.fullmatch(branch) or ".." in branch or branch.endswith(("/", ".lock", ".")) or "//" in branch:
        raise item.wrong("branch", branch, expected)
    return branch
