"""`/area/…` and `/practice/…`: how many people of a place have opted out, since when, and who says so.

Never shows a number without its date, its source and what it counts; a rate only beside its base.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.figures import month_id_of
from archive.site.age_sex import age_sex
from archive.site.beside import MOST, beside
from archive.site.change import Change, change_between, sentence
from archive.site.charts import BreakAt, Series, line_chart
from archive.site.citation import cite
from archive.site.drawing import Picture, captioned, png, svg
from archive.site.elsewhere import elsewhere
from archive.site.file_pages import disposition
from archive.site.page import page
from archive.site.place import COUNTS, ENGLAND, KIND_WORDS, KINDS_WORDS, Place
from archive.site.reading import Row, made_up, rows
from archive.site.statements import KINDS, NEWEST, Statement, breaks, crossed, pinned, statements
from archive.site.takeaway import FORMS, Table
from archive.site.wording import day, number

PLACE = "select * from places where kind = :kind and code = :code"
TYPE_1 = "select last_figure, last_figure_on, unit from not_published where gap_id = 'type-1'"
PUBLISHER = "select publisher, licence from series where series = :series"

SMALL_LIST = 1_000
"""A practice with fewer people is marked: a handful of them moves its percentages far."""


# ---------------------------------------------------------------- one place


async def area_page(datasette: Datasette, request: Request) -> Response:
    """A place's page; with an ending (`.csv`, `.json`, `.xlsx`, `.svg`, `.png`) what can be taken away of it."""
    kind, code = request.url_vars.get("kind", "practice"), request.url_vars.get("code", "england")
    if kind not in KINDS:
        raise NotFound(f"There are no places of the kind {kind!r} here. Kinds: {', '.join(KINDS)}.")
    place = await place_of(datasette, kind, code)
    view = await _view(datasette, request, place)
    ending = request.url_vars.get("ending")
    if ending in FORMS:
        return _download(place, view, ending, is_made_up=await made_up(datasette))
    if ending in {"svg", "png"}:
        return _picture(place, view, ending, is_made_up=await made_up(datasette))
    context = await _context(datasette, request, place, view)
    return await page(datasette, request, "area.html", context)


async def place_of(datasette: Datasette, kind: str, code: str) -> Place:
    """The place of a code. Raises NotFound where no file here states any of that kind."""
    if kind == "england":
        return ENGLAND
    found = await rows(datasette, PLACE, {"kind": kind, "code": code})
    if not found:
        raise NotFound(
            f"No {KIND_WORDS[kind]} with the code {code!r} stands in any file here. Look for it by name: /areas"
        )
    return Place(*(found[0][name] for name in Place._fields))


class View(NamedTuple):
    """What one address of a place's page shows."""

    found: list[Statement]
    """The place's statements as the pinned vintage has them, or the newest."""
    change: Change | None
    beside: list[Statement]
    """England's statements of the same vintage; none on England's own page."""
    england: Change | None
    breaks: list[Row]
    """Breaks in this kind of series between the first statement and the last."""
    pin: Row | None
    now: Change | None
    """The same two months as the newest vintage has them, where the page is pinned to an older one."""
    newest: Statement | None
    """The newest month as the newest vintage has it, where the page is pinned."""

    @property
    def crossed(self) -> list[Row]:
        """Breaks between the two months of the page."""
        return crossed(self.breaks, self.change.first, self.change.last) if self.change else []


async def _view(datasette: Datasette, request: Request, place: Place) -> View:
    asked = request.args.get("pin", "")
    pin = await pinned(datasette, asked) if asked else None
    if asked and pin is None:
        raise NotFound(f"There is no vintage {asked[:200]!r} here. A pin is series/publication@edition; see /releases")
    at = pin["vintage"] if pin else NEWEST
    found = await statements(datasette, place.kind, place.code, at)
    months = [one.month for one in found]
    last = _month(request.args.get("to", ""), months, -1)
    first = _month(request.args.get("from", ""), months, _year_before(months, last))
    england = await statements(datasette, "england", "england", at) if place.kind != "england" else []
    now = await statements(datasette, place.kind, place.code) if pin else []
    pair = (first or "", last or "")
    return View(
        found,
        change_between(found, *pair),
        england,
        change_between(england, *pair),
        _inside(await breaks(datasette, place.kind), found),
        pin,
        change_between(now, *pair) if pin else None,
        now[-1] if now else None,
    )


def _inside(found: list[Row], all_statements: list[Statement]) -> list[Row]:
    return crossed(found, all_statements[0], all_statements[-1]) if all_statements else []


def _month(asked: str, months: list[str], otherwise: int) -> str | None:
    """The month that was asked for, if it is one of those stated; another one where none was asked or it is not."""
    wanted = f"{asked[:7]}-01"
    if wanted in months:
        return wanted
    return months[otherwise] if months else None


def _year_before(months: list[str], last: str | None) -> int:
    """Place in the list of the month twelve before the last, or of the oldest."""
    if last is None:
        return 0
    wanted = f"{int(last[:4]) - 1}{last[4:]}"
    return months.index(wanted) if wanted in months else 0


async def _context(datasette: Datasette, request: Request, place: Place, view: View) -> dict[str, object]:
    chart = _chart(place, view)
    change = view.change
    address = datasette.absolute_url(request, _pinned_address(place, change) if change else place.path)
    at = view.pin["vintage"] if view.pin else NEWEST
    asked = request.args.get("beside", "")
    others = await beside(datasette, place, change, at, asked) if change and place.kind != "england" else None
    ages = await age_sex(datasette, change.last.month, at) if change and place.kind == "england" else None
    publisher = await rows(datasette, PUBLISHER, {"series": change.last.series}) if change else []
    told = sentence(place.whom, change, view.england) if change else ""
    return {
        "place": place, "kind_words": KIND_WORDS[place.kind], "change": change, "england": view.england, "pin": view.pin,
        "now": view.now, "newest": view.newest, "moved": _moved(view), "statements": list(reversed(view.found)), "sentence": told,
        "chart": svg(chart, "months"), "index": svg(index, "index") if (index := _index(place, view)) else None,
        "months": [one.month for one in view.found], "breaks": view.breaks, "crossed": view.crossed, "counts": COUNTS,
        "query": _query(change, view.pin), "pinned": address, "small": _is_small(place, change),
        "type_1": next(iter(await rows(datasette, TYPE_1)), None),
        "citation": cite(told.rstrip("."), change.last, publisher[0]["publisher"], address) if change and publisher else None,
        "previous": _previous(view.found), "others": others, "most": MOST, "ages": ages, "kinds": KINDS_WORDS,
        "elsewhere": [] if change else await elsewhere(datasette, place.kind, place.code),
    }  # fmt: skip


def _previous(found: list[Statement]) -> dict[str, int | None]:
    """Change since the statement before, by month; None where a month between is not stated, or a figure is unknown."""
    changes: dict[str, int | None] = {}
    for before, one in zip([None, *found], found, strict=False):
        change = Change(before, one) if before and month_id_of(one.month) == month_id_of(before.month) + 1 else None
        changes[one.month] = change.net if change else None
    return changes


def _moved(view: View) -> bool:
    """Whether the figures of a pinned page were stated otherwise since."""
    if view.now is None or view.change is None:
        return False
    then, now = view.change, view.now
    return (then.first.opt_outs, then.last.opt_outs) != (now.first.opt_outs, now.last.opt_outs)


def _is_small(place: Place, change: Change | None) -> bool:
    size = change.last.list_size if change else None
    return place.kind == "practice" and size is not None and size < SMALL_LIST


def _query(change: Change | None, pin: Row | None) -> str:
    asked = {"from": change.first.month[:7], "to": change.last.month[:7]} if change else {}
    if pin:
        asked["pin"] = f"{pin['series']}/{pin['publication']}@{pin['edition']}"
    return urlencode(asked, safe="/@")


def _pinned_address(place: Place, change: Change) -> str:
    """The address that shows the same figures for ever: both months as the newer of the two vintages has them."""
    pin = max(change.first, change.last, key=lambda one: one.vintage).pin
    return f"{place.path}?{urlencode({'from': change.first.month[:7], 'to': change.last.month[:7], 'pin': pin}, safe='/@')}"


# ---------------------------------------------------------------- pictures and tables


def _chart(place: Place, view: View) -> Picture:
    points = {one.month: float(one.opt_outs) for one in view.found if one.opt_outs is not None}
    title = f"National data opt-outs, {place.whom}"
    return line_chart(title, [Series(place.name, points, "area")], _breaks_at(view))


def _index(place: Place, view: View) -> Picture | None:
    """Place and England as an index of the first month of the page; None where there is no England to set beside it."""
    if view.change is None or view.england is None or view.change.growth is None or view.england.growth is None:
        return None
    pair = (view.change.first.month, view.change.last.month)
    series = [
        Series(place.name, _indexed(view.found, *pair), "area"),
        Series("England", _indexed(view.beside, *pair), "england"),
    ]
    return line_chart(f"Index: {day(pair[0])} = 100", series)


def _indexed(found: list[Statement], first: str, last: str) -> dict[str, float]:
    """Opt-outs by month between two months, the first of them being 100."""
    base = next((one.opt_outs for one in found if one.month == first), None)
    within = [one for one in found if min(first, last) <= one.month <= max(first, last)]
    return {one.month: 100 * one.opt_outs / base for one in within if base and one.opt_outs is not None}


def _breaks_at(view: View) -> list[BreakAt]:
    return [BreakAt(one["from_on"][:7] + "-01", one["title"]) for one in view.breaks if one["dated_by"] == "month"]


def _source(one: Statement) -> str:
    digest = f", SHA-256 {one.sha256}" if one.sha256 else ""
    return f"{one.release}, published {one.stated_on}, {one.file_name}{digest}"


def _picture(place: Place, view: View, ending: str, *, is_made_up: bool) -> Response:
    captions = ["Made-up figures: this archive watches a pretend publisher."] if is_made_up else []
    captions.append(f"{COUNTS.split('. ', maxsplit=1)[0]}. The scale does not begin at zero.")
    captions += [f"Break {at}, {day(one.month)}: {one.title}." for at, one in enumerate(_breaks_at(view), 1)]
    if view.found:
        newest = view.found[-1]
        captions.append(f"Newest: {number(newest.opt_outs)} on {day(newest.month)}. Source: {_source(newest)}.")
    captions.append("Open Government Licence v3.0. Kept by the Opt-out archive.")
    chart = captioned(_chart(place, view), captions)
    headers = {"content-disposition": disposition(f"opt-outs {place.name}.{ending}")}
    if ending == "svg":
        return Response(str(svg(chart, "months")), content_type="image/svg+xml", headers=headers)
    return Response(png(chart), content_type="image/png", headers=headers)


def table_of(place: Place, view: View, *, is_made_up: bool) -> Table:
    """A place's statements as a table to take away."""
    about = [
        f"National data opt-outs: {place.whom} ({KIND_WORDS[place.kind]}, code {place.code}).",
        COUNTS,
        "Each row is a stock on the first day of the month. Rows must not be added up.",
        "list_size is the number of people registered with a GP practice as the same file states it; empty where it states none.",
        "change_since_row_above is the net change in people since the month before; empty where either is not stated.",
        "vintage_n of vintages_of_month: which of the editions that state the month said this first, and how many state it.",
        *(f"Break in {one['from_on']}: {one['title']}." for one in view.breaks),
        f"Source: {_source(view.found[-1])}." if view.found else "No release states anything of this place.",
        "Figures may be revised by the publisher. Open Government Licence v3.0.",
    ]
    changes = _previous(view.found)
    columns = ("month", "opt_outs", "list_size", "change_since_row_above", "reasons_for_empty", "release", "published_on",
               "edition", "file_name", "sha256", "first_captured_at", "vintage_n", "vintages_of_month", "last_confirmed_on",
               "place_kind", "place_code", "place_name")  # fmt: skip
    lines = [
        (one.month, one.opt_outs, one.list_size, changes[one.month], one.reasons, one.release, one.stated_on, one.edition,
         one.file_name, one.sha256, one.first_captured_at, one.nth, one.covering, one.last_confirmed_on,
         place.kind, place.code, place.name)
        for one in view.found
    ]  # fmt: skip
    pin = f" as stated by {view.pin['publication']}" if view.pin else ""
    code = "" if place.kind == "england" else f" {place.code}"
    return Table(f"opt-outs {place.name}{code}{pin}", columns, lines, about, is_made_up)


def _download(place: Place, view: View, ending: str, *, is_made_up: bool) -> Response:
    table = table_of(place, view, is_made_up=is_made_up)
    write, media_type = FORMS[ending]
    headers = {"content-disposition": disposition(f"{table.name}.{ending}")}
    return Response(write(table), content_type=media_type, headers=headers)
