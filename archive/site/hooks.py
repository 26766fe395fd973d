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
    answer_names,
    area_pages,
    as_it_was,
    busy,
    cells,
    check_pages,
    compare_pages,
    file_pages,
    find_pages,
    headers,
    health,
    history_pages,
    home,
    kind_pages,
    limits,
    linking,
    log_pages,
    news_pages,
    pack_pages,
    page_difference,
    register_pages,
    release_pages,
    status_pages,
    table_pages,
    trouble,
    wording,
)
from archive.site.reading import DATABASE, made_up


@hookimpl  # type: ignore[untyped-decorator]
def prepare_connection(conn: sqlite3.Connection, database: str) -> None:
    """Every connection to the reading copy is bounded before a stranger's SQL reaches it. Nobody reaches Datasette's own."""
    if database == DATABASE:
        limits.bind(conn)


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Datasette) -> Callable[[headers.Application], headers.Application]:
    """Headers on every response, also on errors and on files of Datasette's own."""
    printed = {"datasette_allow_facet": "true" if datasette.setting("allow_facet") else "false"}
    policy = headers.content_security_policy(headers.inline_scripts(datasette.jinja_env, printed))
    queries = datasette.metadata("queries", database=DATABASE) or {}
    questions = {name: query.get("params", []) for name, query in queries.items()}
    return lambda application: headers.guard(answer_names.named(application, DATABASE, questions), policy)


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Callable[..., Awaitable[object]]]]:
    """Our own pages, looked at before Datasette's."""
    pages: list[tuple[str, busy.View]] = [
        (r"^/$", home.home_page),
        (r"^/-/healthz$", health.healthz),
        (r"^/about$", about_pages.about_page),
        (r"^/for-researchers$", about_pages.researchers_page),
        (r"^/status$", status_pages.status_page),
        (r"^/-/databases(\.json)?$", health.databases),
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
        (r"^/changes$", news_pages.changes_page),
        (r"^/feeds/changes\.(?P<form>atom|json)$", news_pages.changes_feed),
        (r"^/feeds/area/(?P<kind>[a-z_]+)/(?P<code>[^/]+)\.(?P<form>atom|json)$", news_pages.area_feed),
        (r"^/history$", history_pages.history_page),
        (r"^/as-it-was$", as_it_was.as_it_was_page),
        (r"^/pack/file/(?P<sha256>[0-9a-f]{64})\.zip$", pack_pages.file_pack),
        (r"^/pack/difference\.zip$", pack_pages.difference_pack),
        (r"^/pack/day/(?P<day>[^/]+)\.zip$", pack_pages.day_pack),
        (r"^/pack/release/(?P<series>[^/]+)/(?P<publication>.+)\.zip$", pack_pages.release_pack),
        (r"^/files/(?P<sha256>[0-9a-f]{64})$", file_pages.file_page),
        (r"^/files/(?P<sha256>[0-9a-f]{64})/(?P<name>[^/]+)$", file_pages.file_bytes),
        (r"^/tables/(?P<path>.+)$", table_pages.table_file),
        (r"^/page-difference(?P<form>\.json|\.txt)?$", page_difference.page_difference),
    ]
    return [(pattern, busy.or_busy(view)) for pattern, view in pages]


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment, datasette: Datasette) -> None:
    """Words for templates. A global, not a template variable, because Datasette's error page is given no variables."""

    async def figures_are_made_up() -> bool:
        return await made_up(datasette)

    async def series_in_trouble() -> list[trouble.SeriesTrouble]:
        return await trouble.series_in_trouble(datasette)

    env.globals["figures_are_made_up"] = figures_are_made_up
    env.globals["series_in_trouble"] = series_in_trouble
    env.filters["linked"] = linking.linked
    for written in (
        wording.day,
        wording.days,
        wording.instant,
        wording.both_times,
        wording.number,
        wording.size,
        wording.short_hash,
    ):
        env.filters[written.__name__] = written


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(value: object, column: str) -> Markup | str | None:
    """Cells as people read them; None leaves a cell to Datasette."""
    return cells.shown(value, column)
