"""`/areas/<kind>`: every area of one kind in one table, in the order that is asked for, with England beside them.

Never ranks practices, never ranks those whose area is not known, and shows a rate only where the same file states its base.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.site.change import Change, change_between
from archive.site.elsewhere import sources_of_kind
from archive.site.file_pages import disposition
from archive.site.page import page
from archive.site.place import COUNTS, KINDS_WORDS, UNALLOCATED, path_of
from archive.site.reading import Row, made_up, rows
from archive.site.statements import NEWEST, SOURCES, breaks, crossed, statements
from archive.site.takeaway import FORMS, Cell, Table

MONTHS = "select distinct m.month from coverage c join months m using (month_id) where c.family = :coverage order by 1"
AREAS = """
select n.code, n.name, a.opt_outs as opt_outs_before, a.list_size as list_size_before, b.opt_outs, b.list_size
from areas_places p
join places n on n.kind = p.area_kind and n.code = p.area_code
cross join months m on m.month = :last cross join months f on f.month = :first
join areas_spans b on b.month_id = m.month_id and b.place_id = p.place_id
  and b.since <= :at and (b.until is null or b.until > :at)
left join areas_spans a on a.month_id = f.month_id and a.place_id = p.place_id
  and a.since <= :at and (a.until is null or a.until > :at)
where p.area_kind = :kind order by n.name, n.code
"""
STATED_BY = """
select r.title, r.series, r.publication, v.stated_on, f.file_name, f.sha256, f.first_captured_at, f.origin
from vintages v join releases r using (release_id)
left join loads l on l.vintage = v.vintage and l.family = :coverage left join files f using (file_id)
where v.vintage = (
  select max(c.vintage) from coverage c join months m using (month_id) where c.family = :coverage and m.month = :month)
"""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One area between two months. What is unknown stays unknown, and comes last in any order."""

    code: str
    name: str
    before: int | None
    opt_outs: int | None
    list_size: int | None

    @property
    def net(self) -> int | None:
        """People more or fewer at the later month."""
        return None if self.before is None or self.opt_outs is None else self.opt_outs - self.before

    @property
    def share(self) -> float | None:
        """Net change in per cent of the later total."""
        return 100 * self.net / self.opt_outs if self.net is not None and self.opt_outs else None

    @property
    def growth(self) -> float | None:
        """Net change in per cent of the earlier total."""
        return 100 * self.net / self.before if self.net is not None and self.before else None

    @property
    def per_hundred(self) -> float | None:
        """Opt-outs per hundred people registered, where the same file states how many are."""
        return 100 * self.opt_outs / self.list_size if self.opt_outs is not None and self.list_size else None


ORDERS: dict[str, Callable[[Ranked], float | None]] = {
    "opt_outs": lambda one: one.opt_outs, "net": lambda one: one.net, "share": lambda one: one.share,
    "growth": lambda one: one.growth, "per_hundred": lambda one: one.per_hundred,
}  # fmt: skip
ORDER_WORDS = {
    "opt_outs": "opt-outs", "net": "net change", "share": "share of the total added since", "growth": "growth",
    "per_hundred": "opt-outs per 100 registered", "name": "name",
}  # fmt: skip


def in_order(found: list[Ranked], order: str) -> list[Ranked]:
    """Largest first, or by name; what is unknown last, and after that those whose area is not known."""
    measure = ORDERS.get(order)
    if measure is None:
        return sorted(found, key=lambda one: (one.code == UNALLOCATED, one.name, one.code))
    return sorted(
        found, key=lambda one: (one.code == UNALLOCATED, (value := measure(one)) is None, -(value or 0), one.name)
    )


def ranks(found: list[Ranked], order: str) -> dict[str, int]:
    """Place of each area in an order, by code: equals share one, and what is unknown or not allocated has none."""
    measure = ORDERS.get(order)
    known = [] if measure is None else [(one.code, measure(one)) for one in found if one.code != UNALLOCATED]
    values = sorted((value for _, value in known if value is not None), reverse=True)
    first = {value: at for at, value in reversed(list(enumerate(values, 1)))}
    return {code: first[value] for code, value in known if value is not None}


async def months_of(datasette: Datasette, kind: str) -> list[str]:
    """Months for which areas of this kind are stated, in order."""
    found = await rows(datasette, MONTHS, {"coverage": SOURCES[kind].coverage})
    return [row["month"] for row in found]


async def areas_between(datasette: Datasette, kind: str, first: str, last: str, at: int = NEWEST) -> list[Ranked]:
    """Every area of a kind that is stated for the later month, as vintage `at` and those before it have it."""
    found = await rows(datasette, AREAS, {"kind": kind, "first": first, "last": last, "at": at})
    return [
        Ranked(row["code"], row["name"], row["opt_outs_before"], row["opt_outs"], row["list_size"]) for row in found
    ]


async def kind_page(datasette: Datasette, request: Request) -> Response:
    """The table of one kind; with an ending, the same to take away. Raises NotFound for a kind that has none."""
    kind, ending = request.url_vars["kind"], request.url_vars.get("ending")
    if kind not in KINDS_WORDS:
        raise NotFound(
            f"There is no ranked table of the kind {kind[:40]!r}. There are: {', '.join(KINDS_WORDS)}. "
            "Practices are not ranked: a handful of people moves a small one to either end. All of them: /optouts/practices_latest"
        )
    months = await months_of(datasette, kind)
    first, last = between(months, request.args.get("from", ""), request.args.get("to", ""))
    found = await areas_between(datasette, kind, first, last) if months else []
    has_rates = any(one.list_size for one in found)
    order = request.args.get("by", "")
    order = order if order in ORDER_WORDS and (has_rates or order != "per_hundred") else "opt_outs"
    england = change_between(await statements(datasette, "england", "england"), first, last) if months else None
    context: dict[str, object] = {
        "kind": kind, "title": KINDS_WORDS[kind], "kinds": KINDS_WORDS, "months": months, "first": first, "last": last,
        "areas": [(one, path_of(kind, one.code)) for one in in_order(found, order)], "order": order,
        "ranks": ranks(found, order), "has_rates": has_rates,
        "orders": {name: words for name, words in ORDER_WORDS.items() if has_rates or name != "per_hundred"},
        "england": england, "crossed": await _crossed(datasette, kind, england), "counts": COUNTS,
        "sources": await _sources(datasette, kind, first, last),
        # Places fall back to the same two months, so that the commonest links need not name them.
        "months_asked": "" if (first, last) == between(months, "", "") else f"?from={first[:7]}&to={last[:7]}",
        "elsewhere": [] if months else await sources_of_kind(datasette, kind),
        "query": urlencode({"from": first[:7], "to": last[:7], "by": order}),
    }  # fmt: skip
    if ending:
        return _download(kind, in_order(found, order), context, ending, is_made_up=await made_up(datasette))
    return await page(datasette, request, "kind.html", context)


def between(months: list[str], first: str, last: str) -> tuple[str, str]:
    """The two months that were asked for, where they are stated; else the newest, and the one twelve before it or the oldest."""
    if not months:
        return "", ""
    end = f"{last[:7]}-01" if f"{last[:7]}-01" in months else months[-1]
    start = f"{first[:7]}-01" if f"{first[:7]}-01" in months else f"{int(end[:4]) - 1}{end[4:]}"
    return start if start in months else months[0], end


async def _sources(datasette: Datasette, kind: str, *months: str) -> list[Row]:
    """The newest release that states each of the two months, each once."""
    found = [await rows(datasette, STATED_BY, {"coverage": SOURCES[kind].coverage, "month": month}) for month in months]
    return list({row["publication"]: row for one in found for row in one}.values())


async def _crossed(datasette: Datasette, kind: str, england: Change | None) -> list[Row]:
    return crossed(await breaks(datasette, kind), england.first, england.last) if england else []


def _download(kind: str, found: list[Ranked], context: dict[str, object], ending: str, *, is_made_up: bool) -> Response:
    columns = (
        "code",
        "name",
        "opt_outs_before",
        "opt_outs",
        "net_change",
        "share_per_cent",
        "growth_per_cent",
        "list_size",
    )
    lines: list[tuple[Cell, ...]] = [
        (one.code, one.name, one.before, one.opt_outs, one.net, one.share, one.growth, one.list_size) for one in found
    ]
    sources: list[Row] = context["sources"]  # type: ignore[assignment]
    about = [
        f"{KINDS_WORDS[kind]}: national data opt-outs on {context['first']} and {context['last']}, newest statements.",
        COUNTS,
        *(
            f"Source: {one['title']}, published {one['stated_on']}, {one['file_name']}, SHA-256 {one['sha256']}."
            for one in sources
        ),
        "Figures may be revised by the publisher. Open Government Licence v3.0.",
    ]
    table = Table(f"opt-outs by {kind} {context['first']} to {context['last']}", columns, lines, about, is_made_up)
    write, media_type = FORMS[ending]
    return Response(
        write(table), content_type=media_type, headers={"content-disposition": disposition(f"{table.name}.{ending}")}
    )
