"""How a page of ours is answered: its template, the words every page needs, and how long it may be kept.

Never asks the database for anything itself.
"""

from __future__ import annotations

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
    return Response.html(text, status=status, headers={"cache-control": kept})
