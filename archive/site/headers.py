"""The headers that every response carries, and the paths that are refused before anything else looks at them.

Never reads a database and never changes a body.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

from jinja2 import Environment

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def inline_scripts(environment: Environment, known: dict[str, str]) -> list[str]:
    """Texts of the scripts that stand inside the installed templates, as a browser will see them.

    `known` gives the values that scripts print, e.g. `datasette_allow_facet`. A script that prints anything else is left out,
    so that a browser refuses it, rather than allowed by mistake.
    """
    scripts = []
    for name in environment.list_templates(extensions=["html"]):
        source = environment.loader.get_source(environment, name)[0] if environment.loader else ""
        for script in INLINE_SCRIPT.findall(source):
            for word, value in known.items():
                script = script.replace("{{ %s }}" % word, value)  # noqa: PLW2901, UP031 - the braces are Jinja's
            if "{{" not in script and "{%" not in script:
                scripts.append(script)
    return sorted(set(scripts))


def content_security_policy(scripts: Iterable[str]) -> str:
    """Policy that lets a browser run our own files and exactly these inline scripts, and send nothing elsewhere.

    Styles stand inside Datasette's own pages (column names on a phone), hence `unsafe-inline` for styles alone.
    """
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'self'; script-src 'self' {allowed}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def leads_away(raw_path: bytes) -> bool:
    r"""Whether a browser could take this path, sent back in a redirect, for another host, as `//x`, `/\x` and `/%5cx`."""
    start = unquote_to_bytes(raw_path.partition(b"?")[0])[:2]
    return not start.startswith(b"/") or (len(start) == 2 and (start[1:] in b"/\\" or start[1] <= 0x20))


def guard(application: Application, policy: str) -> Application:
    """The application, with `leads_away` paths answered by 400 and the headers on every response."""
    own = {
        b"content-security-policy": policy.encode("ascii"),
        b"x-content-type-options": b"nosniff",
        b"x-frame-options": b"DENY",
        b"referrer-policy": b"no-referrer",
    }

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(key, value) for key, value in message.get("headers", []) if key.lower() not in own]
                message = {**message, "headers": kept + list(own.items())}
            await send(message)

        if scope["type"] == "http" and leads_away(scope.get("raw_path") or scope["path"].encode()):
            await _refuse(send_with_headers)
        else:
            await application(scope, receive, send_with_headers)

    return guarded


async def _refuse(send: Send) -> None:
    text = b"This address begins in a way that some browsers take for another site, so it is not answered.\n"
    start = {"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"text/plain; charset=utf-8")]}
    await send(start)
    await send({"type": "http.response.body", "body": text})
