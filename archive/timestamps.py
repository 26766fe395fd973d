"""Makes RFC 3161 queries and checks what authorities answer, with the `openssl` program on files of its own.

Never opens a connection, never trusts the machine's own certificates, and keeps nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.errors import ArchiveError

LONGEST_SECONDS = 30
"""openssl takes some twenty milliseconds; a machine so busy that it takes this long can try again."""

LARGEST_ANSWER = 65_536
"""Bytes of an answer that is still looked at; real ones take two to eight thousand."""

CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?")

IN_WORDS = {
    "message imprint mismatch": "it is over another text than this checkpoint",
    "nonce mismatch": "it answers another query than ours (nonce)",
    "nonce not returned": "it answers another query than ours (no nonce)",
}
"""What openssl says where its own words would help nobody."""


class TokenError(ValueError):
    """What came is no time-stamp token, or one that does not hold. The message says why."""


def query_of(sha256: str) -> bytes:
    """A query (DER) for a digest in hex: with a fresh nonce, and asking for the authority's certificate."""
    made = _openssl(["ts", "-query", "-digest", sha256, "-sha256", "-cert", "-out", "made"], {})
    if made.content is None:
        raise ArchiveError(f"openssl made no time-stamp query: {made.trouble}. Check the installed openssl.")
    return made.content


def token_of(answer: bytes) -> bytes:
    """The token (DER) in an authority's answer. Raises TokenError where it was refused, or the answer is something else."""
    if len(answer) > LARGEST_ANSWER:
        raise TokenError(f"found {len(answer)} bytes, expected at most {LARGEST_ANSWER}")
    taken = _openssl(["ts", "-reply", "-in", "answer", "-token_out", "-out", "made"], {"answer": answer})
    if taken.content:
        return taken.content
    said = _openssl(["ts", "-reply", "-in", "answer", "-text", "-out", "made"], {"answer": answer}).content or b""
    raise TokenError(_refusal(said.decode("utf-8", "replace")) or "found something that is no time-stamp answer")


def time_of(token: bytes) -> datetime:
    """The instant that a token states, in UTC; not yet proved. Raises TokenError where it is no token."""
    said = _openssl(["ts", "-reply", "-in", "token", "-token_in", "-text", "-out", "made"], {"token": token})
    text = (said.content or b"").decode("utf-8", "replace")
    found = re.search(r"^Time stamp: (\w{3}) +(\d+) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", text, re.MULTILINE)
    if found is None:
        raise TokenError("found something that is no time-stamp token")
    try:
        return datetime.strptime(" ".join(found.groups()), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError as error:
        raise TokenError(f"found the time {found[0][:60]!r}, expected one of the calendar") from error


def refuse_unproved(token: bytes, chain: bytes, at: datetime, *, sha256: str = "", query: bytes = b"") -> None:
    """Raise TokenError unless the token is over this digest, or answers this query, and its chain held at `at`.

    `chain` is the certificates (PEM) that are trusted, and no others are. With `query` the nonce is checked too.
    """
    what = ["-queryfile", "query"] if query else ["-digest", sha256]
    files = {"token": token, "chain": chain, "query": query}
    trusted = ["-CAfile", "chain", "-attime", str(int(at.timestamp()))]
    done = _openssl(["ts", "-verify", *what, "-in", "token", "-token_in", *trusted], files)
    if done.status != 0 or "Verification: OK" not in done.said:
        raise TokenError(done.trouble)


def first_end(token: bytes, chain: bytes) -> datetime | None:
    """When the first of the certificates of a token and its chain ends, in UTC; None where none can be read."""
    inside = _openssl(["pkcs7", "-inform", "DER", "-in", "token", "-print_certs", "-out", "made"], {"token": token})
    ends = [_end_of(one) for one in CERTIFICATE.findall((inside.content or b"") + chain)]
    return min((end for end in ends if end is not None), default=None)


def _end_of(certificate: bytes) -> datetime | None:
    said = _openssl(["x509", "-in", "one", "-noout", "-enddate"], {"one": certificate}).said
    try:
        return datetime.strptime(said.strip(), "notAfter=%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    except ValueError:
        return None


class _Done:
    """What one run of openssl left."""

    def __init__(self, status: int, said: str, errors: str, content: bytes | None) -> None:
        self.status, self.said, self.content = status, said, content
        self.trouble = _in_words(errors)


def _openssl(arguments: list[str], files: Mapping[str, bytes]) -> _Done:
    """Run openssl in a folder of its own with these files; `content` is what it wrote into the file `made`.

    Raises ArchiveError where there is no openssl, or it does not end.
    """
    program = shutil.which("openssl")
    if program is None:
        raise ArchiveError("Time stamps need the program `openssl`: found none, expected one on the path. Install it.")
    # Its own language, and no configuration of the machine: a file of policies could change what is accepted.
    surroundings = {**os.environ, "LC_ALL": "C", "OPENSSL_CONF": os.devnull}
    surroundings.pop("SSL_CERT_FILE", None)
    surroundings.pop("SSL_CERT_DIR", None)
    with TemporaryDirectory(prefix="optout-ts-") as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program, no shell; what is given is hex and names of ours
                [program, *arguments], cwd=folder, env=surroundings, capture_output=True, check=False,
                stdin=subprocess.DEVNULL, timeout=LONGEST_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ArchiveError(f"openssl did not do its work: {error}. Try again.") from error
        made = folder / "made"
        content_made = made.read_bytes() if done.returncode == 0 and made.exists() else None
    return _Done(
        done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), content_made
    )


def _refusal(text: str) -> str | None:
    """Why an authority refused, in its own words, made printable; None where the text states no refusal."""
    said = dict(re.findall(r"^(Status|Status description|Failure info): (.*)$", text, re.MULTILINE))
    if "Status" not in said:
        return None
    words = ", ".join(word.strip(" .") for word in said.values() if word != "unspecified")
    return "it refused: " + "".join(sign if sign.isprintable() else " " for sign in words)[:200]


def _in_words(errors: str) -> str:
    """The reasons in openssl's error lines (`id:error:code:library:function:reason:file:line:more`)."""
    reasons = []
    for line in errors.splitlines():
        parts = line.split(":")
        if len(parts) > 5 and parts[1] == "error":
            reason, more = parts[5], parts[-1] if len(parts) > 8 else ""
            reasons.append(IN_WORDS.get(reason, f"{reason} ({more})" if more else reason))
    return "; ".join(dict.fromkeys(reasons)) or "openssl refused it without a reason"
