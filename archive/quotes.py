"""Answers where a number from a newspaper was published: as it stands, as a change, rounded, as a percentage, or not at all.

Never says that a number is wrong: only what the files held here state, and what comes nearest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlite_utils import Database

from archive import quote_search as search
from archive.quote_cells import LATEST, Cell, Source, Sources, Statement, cells_of, small_places
from archive.quote_places import SOURCE_WORDS
from archive.quote_search import Hit
from archive.quoted import Quoted, read_quoted

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_COMMON = 3
"""Found in more cells than this a number may well be there by chance, which is then said."""


@dataclass(frozen=True, slots=True)
class Agreeing:
    """Another source that states the same of the same place and days."""

    source_family: str
    files: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One way in which the number was published."""

    reading: str
    """stated, change, share of list, share of total or growth."""
    how: str
    """"" where it is this to the unit; else rounded, cut off, more than this …"""
    number: float
    place: str
    family: str
    source_family: str
    """Family of the file that states it; `family` is areas where we summed the file's rows."""
    measure: str
    from_month: str | None
    """The earlier month, or week, of a change."""
    month: str
    """The month; of the weekly dashboard the day."""
    times_stated: int
    """How many vintages state it; 0 where no one file states both months of a change."""
    last_confirmed_on: str
    sources: tuple[Source, ...]
    """The file that first states it, or for a change across files one for each month."""
    agreeing: tuple[Agreeing, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Found:
    """All matches of one kind."""

    kind: str
    matches: tuple[Match, ...]
    """The likeliest; see `total`."""
    total: int


@dataclass(frozen=True, slots=True)
class Miss:
    """A published number that comes near, and how it differs from the one asked for."""

    how: str
    match: Match


@dataclass(frozen=True, slots=True)
class QuoteAnswer:
    """Everything there is to say of one number."""

    asked: Quoted
    found: tuple[Found, ...]
    nearest: tuple[Miss, ...]

    @property
    def is_published(self) -> bool:
        """Whether the number was found in any way."""
        return bool(self.found)

    def lines(self) -> list[str]:
        """The answer in sentences."""
        if not self.found:
            return [self._missed(), *(f"  {near.match.sentence}" for near in self.nearest)]
        lines = []
        for one in self.found:
            chance = "; a number this common can be a match by chance" if one.total > _COMMON else ""
            lines.append(f"{self.asked.text}: {one.kind}, {_times(one.total)}{chance}.")
            lines += [f"  {match.sentence}" for match in one.matches]
            if one.total > len(one.matches):
                lines.append(f"  … and {one.total - len(one.matches):,} more.")
        return lines

    def _missed(self) -> str:
        asked = f"{int(self.asked.value):,}" if self.asked.is_exact else self.asked.text
        if not self.nearest:
            return f"{asked}: not published in any file held here."
        near = self.nearest[0]
        return f"{asked}: not published; nearest {abs(near.match.number):,.0f} ({_when(near.match)}), {near.how}."


def find_quote(copy: Database, number: str, *, most: int = 5) -> QuoteAnswer:
    """Where a number was published, or what comes nearest; at most `most` matches of each kind, all of them counted.

    England and the areas of every source are searched for the number itself, for changes between two months, for what it can be
    rounded from and for percentages; practices and LSOAs for the number itself; England's weeks for exact changes too. Sources
    that state the same of a place and day are one match that names them all. Raises ValueError where `number` is not one.
    """
    asked = read_quoted(number)
    cells, sources = cells_of(copy), Sources(copy)
    found = tuple(
        Found(kind, tuple(_match(hit, sources) for hit in hits[:most]), len(hits))
        for kind, hits in _searches(copy, asked, cells)
        if hits
    )
    missing = not found and asked.is_exact
    near = search.nearest(cells, int(asked.value), 3) if missing else []
    return QuoteAnswer(asked, found, tuple(Miss(one.how, _match(one.hit, sources)) for one in near))


def _searches(copy: Database, asked: Quoted, cells: list[Cell]) -> list[tuple[str, list[Hit]]]:
    """Kinds of matches and what was found of each; roundings only where the number itself is nowhere."""
    spans = asked.spans()
    if asked.kind == "percent":
        return [
            ("a percentage of the people on GP lists", search.each_once(search.shares_of_list(cells, spans))),
            ("a change in percent", search.each_once(search.percent_changes(cells, spans))),
        ]
    exact = _exact(copy, int(asked.value), cells) if asked.is_exact else []
    if any(hits for _, hits in exact):
        return exact
    return [
        ("a rounded figure", search.each_once(search.stated_within(cells, spans))),
        ("the change between two months, rounded", search.each_once(search.changes_within(cells, spans))),
    ]


def _exact(copy: Database, number: int, cells: list[Cell]) -> list[tuple[str, list[Hit]]]:
    everywhere = [*cells, *small_places(copy, number)]
    changes = search.each_once(search.changes(cells, [number]))
    return [
        ("published as it stands", search.each_once(search.stated(everywhere, [number]))),
        ("the change between two months", [hit for hit in changes if not hit.cell.is_weekly]),
        ("the change between two weeks of the dashboard", [hit for hit in changes if hit.cell.is_weekly]),
    ]


# ---------------------------------------------------------------- in words


def _match(hit: Hit, sources: Sources) -> Match:
    stating = sources.stating(hit.cell.source, _statements(hit))
    files = _files(hit, sources)
    last = sources.of(hit.cell.source, stating[-1]).published_on if stating else max(one.published_on for one in files)
    agreeing = tuple(Agreeing(one.cell.source, _files(one, sources)) for one in hit.agreeing)
    match = Match(
        hit.reading, hit.how, hit.number, hit.cell.place, hit.cell.family, hit.cell.source, hit.cell.measure,
        _iso(hit.earlier) if hit.earlier else None, _iso(hit.statement), len(stating), last, files, agreeing, "",
    )  # fmt: skip
    return _with_sentence(match, hit)


def _statements(hit: Hit) -> tuple[Statement, ...]:
    return (hit.statement,) if hit.earlier is None else (hit.earlier, hit.statement)


def _files(hit: Hit, sources: Sources) -> tuple[Source, ...]:
    """The file that first states it; where no one file states both ends of a change, one for each."""
    statements = _statements(hit)
    stating = sources.stating(hit.cell.source, statements)
    first = [stating[0]] if stating else [one.since for one in statements]
    return tuple(sources.of(hit.cell.source, vintage) for vintage in first)


def _iso(statement: Statement) -> str:
    return date.fromordinal(statement.day).isoformat()


def _with_sentence(match: Match, hit: Hit) -> Match:
    return replace(match, sentence=f"{_says(match, hit)} {_sourced(match, hit)}")


def _says(match: Match, hit: Hit) -> str:
    """What is stated, as a sentence without its source."""
    how = f" ({hit.how})" if hit.how else ""
    if hit.reading == "stated":
        return f"{hit.number:,}{how} {match.measure}, {match.place}, on {_day(match.month)}."
    if hit.reading == "share of list" and hit.list_size:
        base = f"{hit.statement.value:,} of {hit.list_size.value:,} people on GP lists"
        return f"{hit.number:.4f} %{how}: {base}, {match.place}, on {_day(match.month)}."
    earlier = hit.earlier.value if hit.earlier else 0
    between = f"{_when(match)}: {earlier:,} to {hit.statement.value:,} opt-outs, {match.place}"
    if hit.reading == "change":
        return f"{hit.number:+,}{how} from {between}."
    base = "the later total" if hit.reading == "share of total" else "the earlier total"
    return f"{hit.number:+.2f} % of {base}{how}: {hit.statement.value - earlier:+,} from {between}."


def _sourced(match: Match, hit: Hit) -> str:
    """Who states it, since when, and whether it still stands."""
    files = _named(match.source_family, match.sources)
    sums = {"areas": " (our sum of the file's rows)"}.get(match.family, "")
    agree = "".join(f" The same in {_named(one.source_family, one.files)}." for one in match.agreeing)
    last = _day(match.last_confirmed_on)
    again = f" Stated {_times(match.times_stated)}, last on {last}." if match.times_stated > 1 else ""
    parts = [hit.statement] if hit.earlier is None else [hit.earlier, hit.statement]
    later = "" if all(one.until == LATEST for one in parts) else " Restated since."
    return f"First in {files}{sums}.{again}{later}{agree}"


def _named(family: str, files: tuple[Source, ...]) -> str:
    """A source and its files: which it is, of which release, and which bytes."""
    told = "; ".join(
        f"{one.release}, published {_day(one.published_on)}, {one.file_name}, SHA-256 {one.sha256}"
        for one in dict.fromkeys(files)
    )
    return f"{SOURCE_WORDS[family]} ({told})"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _day(day: str) -> str:
    """`2021-06-01` as people write it."""
    return f"{int(day[8:10])} {_MONTHS[int(day[5:7]) - 1]} {day[:4]}"


def _when(match: Match) -> str:
    """The day, or the two days between which a change was."""
    if match.from_month is None:
        return _day(match.month)
    first = _day(match.from_month)
    return f"{first.rsplit(' ', 1)[0] if match.from_month[:4] == match.month[:4] else first} to {_day(match.month)}"
