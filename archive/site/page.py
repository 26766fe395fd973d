"""How a page of ours is answered: its template, the words every page needs, and how long it may be kept.

Never asks the database for anything itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

KEPT = "public, max-age=300"
"""A page may be up to five minutes old, as Datasette's own may: polls are hours apart."""


async def page(
    datasette: Datasette,
    request: Request,
    template: str,
    context: Mapping[str, object],
    *,
    kept: str = KEPT,
    status: int = 200,
) -> Response:
    """The page of a template, as HTML."""
    whole = {**context, "metadata": datasette.metadata(), "query_string": request.query_string}
    text = await datasette.render_template(template, whole, request=request)
    # The tag is of the text itself: whoever holds the same page is told so, whatever was looked at since.
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"cache-control": kept, "etag": tag}
    if status == 200 and tag in request.headers.get("if-none-match", ""):
        return Response("", status=304, headers=headers)
    return Response.html(text, status=status, headers=headers)
