"""Gives the CSV of a question a file name that says what was asked, such as `practices_as_of as_of 2022-04-28 month 2021-09.csv`.

Never changes a body, an address or whether a browser saves or shows the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from archive.site.file_pages import disposition
from archive.site.headers import Application, Message, Receive, Scope, Send

NEWEST = "newest"
"""What an empty `as_of` means, in every question that has one."""


def file_name(question: str, parameters: Sequence[str], asked: Mapping[str, str]) -> str:
    """Question and every parameter that was given, in the question's own order; where there is an `as_of`, always that one."""
    given = {name: asked.get(name, "").strip() or (NEWEST if name == "as_of" else "") for name in parameters}
    return " ".join([question, *(f"{name} {value}" for name, value in given.items() if value)]) + ".csv"


def named(application: Application, database: str, questions: Mapping[str, Sequence[str]]) -> Application:
    """The application, with the name on every CSV of these questions; `questions` gives the parameters of each."""
    path = re.compile(rf"/{re.escape(database)}/({'|'.join(map(re.escape, questions)) or '(?!)'})\.csv")

    async def naming(scope: Scope, receive: Receive, send: Send) -> None:
        found = path.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        if found is None:
            await application(scope, receive, send)
            return
        asked = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        name = disposition(file_name(found[1], questions[found[1]], asked))

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                kept = [(key, value) for key, value in message["headers"] if key.lower() != b"content-disposition"]
                # Shown in the browser as before, unless the answer was to be saved: the name serves both.
                way = name if len(kept) < len(message["headers"]) else name.replace("attachment", "inline", 1)
                message = {**message, "headers": [*kept, (b"content-disposition", way.encode("ascii"))]}
            await send(message)

        await application(scope, receive, send_named)

    return naming
