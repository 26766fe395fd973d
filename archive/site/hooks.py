"""Where Datasette calls us: routes, headers, bounds, links in cells, words for templates.

Never decides anything itself: each hook hands over to the module that owns the matter.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Awaitable, Callable

from datasette import hookimpl
from datasette.app import Datasette
from jinja2 import Environment
from markupsafe import Markup

from archive.site import (
    about_pages,
    area_pages,
    cells,
    check_pages,
    compare_pages,
    file_pages,
    find_pages,
    headers,
    health,
    home,
    kind_pages,
    limits,
    log_pages,
    page_difference,
    register_pages,
    release_pages,
    wording,
)
from archive.site.reading import made_up


@hookimpl  # type: ignore[untyped-decorator]
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Every connection is bounded before a stranger's SQL reaches it."""
    limits.bind(conn)


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Datasette) -> Callable[[headers.Application], headers.Application]:
    """Headers on every response, also on errors and on files of Datasette's own."""
    printed = {"datasette_allow_facet": "true" if datasette.setting("allow_facet") else "false"}
    policy = headers.content_security_policy(headers.inline_scripts(datasette.jinja_env, printed))
    return lambda application: headers.guard(application, policy)


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Callable[..., Awaitable[object]]]]:
    """Our own pages, looked at before Datasette's."""
    return [
        (r"^/$", home.home_page),
        (r"^/-/healthz$", health.healthz),
        (r"^/about$", about_pages.about_page),
        (r"^/for-researchers$", about_pages.researchers_page),
        (r"^/releases$", release_pages.releases_page),
        (r"^/release/(?P<series>[^/]+)/(?P<publication>.+)$", release_pages.release_page),
        (r"^/compare$", compare_pages.compare_page),
        (r"^/check$", check_pages.check_page),
        (r"^/(?P<register>breaks|glossary|caveats|known-problems|not-published)$", register_pages.register_page),
        (r"^/areas$", find_pages.areas_page),
        (r"^/areas/(?P<kind>[a-z_]+)(\.(?P<ending>csv|json|xlsx))?$", kind_pages.kind_page),
        (r"^/area/(?P<kind>england)(\.(?P<ending>csv|json|xlsx|svg|png))?$", area_pages.area_page),
        (r"^/area/(?P<kind>[a-z_]+)/(?P<code>[^/.]+)(\.(?P<ending>csv|json|xlsx|svg|png))?$", area_pages.area_page),
        (r"^/practice/(?P<code>[^/.]+)(\.(?P<ending>csv|json|xlsx|svg|png))?$", area_pages.area_page),
        (rf"^{re.escape(log_pages.NEWEST)}$", log_pages.checkpoint),
        (rf"^{re.escape(log_pages.FEED)}$", log_pages.checkpoint_feed),
        (r"^/files/(?P<sha256>[0-9a-f]{64})$", file_pages.file_page),
        (r"^/files/(?P<sha256>[0-9a-f]{64})/(?P<name>[^/]+)$", file_pages.file_bytes),
        (r"^/page-difference(?P<form>\.json|\.txt)?$", page_difference.page_difference),
    ]


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment, datasette: Datasette) -> None:
    """Words for templates. A global, not a template variable, because Datasette's error page is given no variables."""

    async def figures_are_made_up() -> bool:
        return await made_up(datasette)

    env.globals["figures_are_made_up"] = figures_are_made_up
    for written in (wording.day, wording.instant, wording.number, wording.size, wording.short_hash):
        env.filters[written.__name__] = written


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(value: object, column: str) -> Markup | str | None:
    """Cells as people read them; None leaves a cell to Datasette."""
    return cells.shown(value, column)
