"""`/changes`, and the feeds of it and of a place: the items of news.py on a page, as Atom and as JSON.

Words no item itself, and gives a page and its feed the same ones.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlencode

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import BadRequest, Request

from archive.site.area_news import area_items
from archive.site.area_pages import place_of
from archive.site.feeds import ATOM_TYPE, JSON_TYPE, Entry, Feed, answer, atom, json_feed, name_of
from archive.site.items import KINDS, Item, labelled
from archive.site.news_queries import all_items
from archive.site.page import KEPT, page
from archive.site.reading import made_up
from archive.site.statements import KINDS as PLACE_KINDS

ON_A_PAGE, IN_A_FEED = 50, 50


class Cut(NamedTuple):
    """One page of items, and where the next one begins."""

    items: list[Item]
    before: str | None


async def changes_page(datasette: Datasette, request: Request) -> Response:
    """What changed, newest first; `?kind=` picks, `?before=` goes on where a page ended, also when newer items came since."""
    kind = request.args.get("kind", "")
    if kind and kind not in KINDS:
        raise BadRequest(f"kind: found {kind[:60]!r}; expected one of {', '.join(KINDS)}, or none.")
    found = await all_items(datasette)
    of_kind = [one for one in found if not kind or one.kind == kind]
    cut = cut_at(of_kind, request.args.get("before", ""))
    asked = {"kind": kind} if kind else {}
    context = {
        "items": [one for one in cut.items if one.kind != "ours"],
        "ours": [one for one in cut.items if one.kind == "ours"],
        "kind": kind, "kinds": KINDS, "total": len(of_kind),
        "counts": {name: sum(one.kind == name for one in found) for name in KINDS},
        "next": urlencode({**asked, "before": cut.before}) if cut.before else None,
    }  # fmt: skip
    return await page(datasette, request, "changes.html", context)


def cut_at(found: list[Item], before: str, most: int = ON_A_PAGE) -> Cut:
    """The items that are older than a key, up to so many; all of the newest where none is given."""
    older = [one for one in found if not before or one.key < before]
    return Cut(older[:most], older[most - 1].key if len(older) > most else None)


async def changes_feed(datasette: Datasette, request: Request) -> Response:
    """`/feeds/changes.atom` and `.json`: the newest items of every kind."""
    items = (await all_items(datasette))[:IN_A_FEED]
    title = labelled("What changed in the opt-out figures", await made_up(datasette))
    return _feed(datasette, request, title, "changes", "/changes", items)


async def area_feed(datasette: Datasette, request: Request) -> Response:
    """`/feeds/area/<kind>/<code>.atom` and `.json`: new figures of a place and those that were restated."""
    kind, code = request.url_vars["kind"], unquote(request.url_vars["code"])
    if kind not in PLACE_KINDS:
        raise NotFound(f"There are no places of the kind {kind[:60]!r} here. Kinds: {', '.join(PLACE_KINDS)}.")
    place = await place_of(datasette, kind, code)
    is_made_up = await made_up(datasette)
    items = (await area_items(datasette, place, is_made_up=is_made_up))[:IN_A_FEED]
    title = labelled(f"National data opt-outs: {place.name}", is_made_up)
    return _feed(datasette, request, title, f"area {kind}/{code}", place.path, items)


def _feed(datasette: Datasette, request: Request, title: str, name: str, path: str, items: list[Item]) -> Response:
    def absolute(local: str) -> str:
        return str(datasette.absolute_url(request, local))

    entries = [
        Entry(
            one.item_id, one.title, one.at, absolute(one.links[0].path if one.links else path), one.text, (KINDS[one.kind],)
        )
        for one in items
    ]  # fmt: skip
    feed = Feed(title, name_of(f"feed {name}"), absolute(request.path), entries, absolute(path))
    if request.url_vars["form"] == "json":
        return answer(request, json_feed(feed), JSON_TYPE, feed.updated_at, KEPT)
    return answer(request, atom(feed), ATOM_TYPE, feed.updated_at, KEPT)
