"""`/check?q=`: where a number from a newspaper was published, or what comes nearest.

Never says that a number is wrong: only what the files held here state.
"""

from __future__ import annotations

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request
from sqlite_utils import Database

from archive.quotes import QuoteAnswer, find_quote
from archive.site.page import page
from archive.site.reading import DATABASE

LONGEST = 60
"""Characters of a number, with its words, that are looked up."""


async def check_page(datasette: Datasette, request: Request) -> Response:
    """The answer to a number; without one, the empty form."""
    asked = " ".join(request.args.get("q", "").split())[:LONGEST]
    answer, trouble = await _answer(datasette, asked) if asked else (None, "")
    context = {"q": asked, "answer": answer, "trouble": trouble}
    return await page(datasette, request, "check.html", context)


async def _answer(datasette: Datasette, asked: str) -> tuple[QuoteAnswer | None, str]:
    try:
        return await datasette.get_database(DATABASE).execute_fn(
            lambda conn: find_quote(Database(conn, execute_plugins=False, recursive_triggers=False), asked, most=20)
        ), ""
    except ValueError as surprise:
        return None, str(surprise)
