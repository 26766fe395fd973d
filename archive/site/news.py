"""What changed, as items with a title that says what, where and how big: the same items for pages and for feeds.

Pure: rows in, items out. Never asks the database, never says why a thing was changed, and accuses nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from archive.site.feeds import name_of
from archive.site.items import (
    ONLY_MOVED,
    Item,
    Kind,
    Link,
    compare_path,
    dated,
    edition_of,
    newest_first,
    release_path,
    signed,
    titled,
)
from archive.site.reading import Row
from archive.site.wording import day, instant, number

AWAY_LOOKS, AWAY_DAYS = 3, 1.0
"""An absence that ended counts from so many looks over so many days, as the view `withdrawn` counts; shorter ones are flaps."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of the queries of news_queries.py, by what they tell of."""

    releases: list[Row] = field(default_factory=list)
    files: list[Row] = field(default_factory=list)
    pages: list[Row] = field(default_factory=list)
    absences: list[Row] = field(default_factory=list)
    withdrawn: list[Row] = field(default_factory=list)
    blind: list[Row] = field(default_factory=list)
    reader: list[Row] = field(default_factory=list)
    restated: list[Row] = field(default_factory=list)


def items_of(facts: Facts) -> list[Item]:
    """Every item, newest first; one for each true change, whatever the order of the rows and however often it recurred."""
    tellers: list[tuple[Callable[[Row], Item], list[Row]]] = [
        (_release, facts.releases),
        (_file, _once(facts.files, ("series", "publication", "file_name", "change", "old_sha256", "new_sha256"))),
        (_reworded, _once(facts.pages, ("series", "address", "old_prose_sha256", "prose_sha256"))),
        (_gone, _numbered(facts.absences, facts.withdrawn)),
        (_blind, facts.blind),
        (_reader, facts.reader),
        (restated, facts.restated),
    ]
    found = [tell(row) for tell, rows in tellers for row in rows]
    found += [_back(row) for row in _numbered(facts.absences, []) if row["not_after_at"]]
    found += [_looking_again(row) for row in facts.blind if row["until_at"]]
    return newest_first(found)


def _bounds(after: str | None, by: str) -> str:
    return f"After {instant(after)} and not later than {instant(by)}." if after else f"Not later than {instant(by)}."


def _once(rows: list[Row], names: tuple[str, ...]) -> list[Row]:
    """The first row of each change, with how often it was seen: what flaps between two states is told once each way."""
    first: dict[tuple[object, ...], Row] = {}
    for row in sorted(rows, key=lambda one: one["new_capture_id"]):
        known = first.setdefault(tuple(row[name] for name in names), {**row, "times": 0})
        known["times"] += 1
        known["last_at"] = row["not_after_at"]
    return list(first.values())


def _again(row: Row) -> tuple[str, ...]:
    return (f"Seen {row['times']} times, last by {instant(row['last_at'])}.",) if row["times"] > 1 else ()


def _release(row: Row) -> Item:
    title = f"New release: {row['title']}"
    if row["opt_outs"] is not None:
        title += f"; England {number(row['opt_outs'])} on {day(row['month'])}"
    at = dated(row["published_on"], row["first_captured_at"], row["origin"])
    if row["not_before_at"]:
        at, when = row["first_seen_at"], _bounds(row["not_before_at"], row["first_seen_at"])
    elif row["first_seen_at"]:
        when = f"There when we first looked, {instant(row['first_seen_at'])}."
    else:
        when = "Not observed by us."
    stated = f"The publisher’s date: {day(row['published_on']) or 'not stated'}."
    identity = name_of(f"release {row['series']}/{row['publication']}")
    return Item("release", identity, titled(title, row), at, f"{when} {stated}", (Link("Release", release_path(row)),))


def _file(row: Row) -> Item:
    moved = row["change"] == "moved to a new address"
    what = "Same file at a new address" if moved else "File " + row["change"]
    title = f"{what}: {row['file_name']}, {row['release'] or row['publication'] or row['series']}"
    links = [Link("File before", f"/files/{row['old_sha256']}")]
    if not moved:
        links.append(Link("File after", f"/files/{row['new_sha256']}"))
    if row["difference"]:
        links.append(Link("What changed on the page", row["difference"]))
    if row["release"]:
        links.append(Link("Release", release_path(row)))
    notice = (f"Notice of {day(row['noticed_on'])}: “{row['notice_title']}. {row['notice_text']}”",)
    notes = (notice if row["label"] == "announced" else ()) + _again(row)
    identity = name_of(f"file {row['series']} {row['new_capture_id']} {row['old_sha256']} {row['new_sha256']}")
    when = _bounds(row["not_before_at"], row["not_after_at"])
    return Item("file", identity, titled(title, row), row["not_after_at"], when, tuple(links), row["label"], notes)


def _reworded(row: Row) -> Item:
    title = f"Page reworded: {row['release'] or row['publication'] or 'series page of ' + row['series']}"
    links = [Link("Which words changed", row["difference"])]
    if row["publication"] and row["release"]:
        links.append(Link("Release", release_path(row)))
    identity = name_of(f"reworded {row['series']} {row['new_capture_id']}")
    when = _bounds(row["not_before_at"], row["not_after_at"])
    notes = (f"Address: {row['address']}.", *_again(row))
    return Item("reworded", identity, titled(title, row), row["not_after_at"], when, tuple(links), notes=notes)


def _numbered(absences: list[Row], withdrawn: list[Row]) -> list[Row]:
    """Absences that ended and were no flaps, and what is withdrawn now, each numbered by how often its address had come back."""
    times: dict[tuple[str, str], int] = {}
    told: list[Row] = []
    for row in sorted(absences, key=lambda one: one["first_capture_id"]):
        place = (row["series"], row["address"])
        if row["not_after_at"] and row["looks"] >= AWAY_LOOKS and row["days"] >= AWAY_DAYS:
            told.append({**row, "rule": "absent", "nth": times.get(place, 0)})
            times[place] = times.get(place, 0) + 1
    now = [{**row, "nth": times.get((row["series"], row["address"]), 0), "not_after_at": None} for row in withdrawn]
    return told + now


def _gone_name(row: Row) -> str:
    if row["what"] == "file":
        return f"{row['file_name'] or row['address']}, {row['release'] or row['publication'] or row['series']}"
    return f"page of {row['release'] or row['publication'] or row['series']}"


def _gone(row: Row) -> Item:
    first = row["first_missing_at"]
    seen = f"Last seen {instant(row['last_seen_at'])}, first missing {instant(first)}." if row["last_seen_at"] else ""
    notes = (f"How we know: {row['rule']}.", f"Address: {row['address']}.")
    links = [Link("Release", release_path(row))] if row["release"] else []
    if row["sha256"]:
        links.append(Link("What was kept", f"/files/{row['sha256']}"))
    identity = name_of(f"gone {row['series']} {row['address']} {row['nth']}")
    when = seen or f"By {instant(first)}."
    return Item("gone", identity, titled(f"Gone: {_gone_name(row)}", row), first, when, tuple(links), notes=notes)


def _back(row: Row) -> Item:
    when = f"After {instant(row['last_missing_at'])} and not later than {instant(row['not_after_at'])}."
    notes = (f"It was first missing by {instant(row['first_missing_at'])}.", f"Address: {row['address']}.")
    links = (Link("Release", release_path(row)),) if row["release"] else ()
    identity = name_of(f"back {row['series']} {row['address']} {row['nth']}")
    title = titled(f"There again: {_gone_name(row)}", row)
    return Item("resolved", identity, title, row["not_after_at"], when, links, notes=notes)


def _blind(row: Row) -> Item:
    until = f"until {instant(row['until_at'])}" if row["until_at"] else "and not ended yet"
    title = f"Nobody could look: {row['title']}, from {instant(row['since_at'])}"
    notes = (
        f"{row['because'][:1].upper()}{row['because'][1:]}.",
        "Nothing is said to have stayed unchanged in that time.",
    )
    identity = name_of(f"blind {row['series']} {row['since_at']}")
    when = f"From {instant(row['since_at'])} {until}."
    return Item(
        "blind", identity, titled(title, row), row["since_at"], when, (Link("All blind periods", BLIND),), notes=notes
    )


BLIND = "/optouts/blind_periods"


def _looking_again(row: Row) -> Item:
    title = f"Looked through again: {row['title']}, after nobody could from {instant(row['since_at'])}"
    when = f"At {instant(row['until_at'])}."
    identity = name_of(f"seeing {row['series']} {row['since_at']}")
    return Item("resolved", identity, titled(title, row), row["until_at"], when, (Link("All blind periods", BLIND),))


def _reader(row: Row) -> Item:
    title = f"Our own reader reads {row['file_name']} otherwise: {row['what_changed']}"
    notes = ("The file is the same, and nothing was restated by the publisher.",)
    identity = name_of(f"reader {row['series']} {row['sha256']} {row['family']} {row['read_now_by']}")
    when = f"Read again {instant(row['changed_at'])}."
    links = (Link("File", f"/files/{row['sha256']}"), Link("All of them", "/optouts/reader_changes"))
    return Item("ours", identity, titled(title, row), row["changed_at"], when, links, notes=notes)


def restated(row: Row) -> Item:
    """One release's restatements of one family: how many cells, and the largest, or England's, by name."""
    releases = f"release of {edition_of(row, 'new')} against {edition_of(row, 'old')}"
    cells = f"{number(row['cells'])} cell{'s' if row['cells'] != 1 else ''}"
    name, size = row["name"], signed(row["new"] - row["old"]) if None not in (row["new"], row["old"]) else "not stated"
    largest = f"{name}, {day(row['month'])}, {size}"
    if row["only_moved"]:
        kind: Kind = "boundaries"
        title = f"Boundaries or rows moved: {cells} of {row['family_words']} ({releases})"
        notes: tuple[str, ...] = (
            f"The largest: {largest}.",
            ONLY_MOVED,
        )
    else:
        kind = "restated"
        more = row["cells"] - 1
        others = f", and {number(more)} more cell{'s' if more != 1 else ''} of {row['family_words']}" if more else ""
        title = f"Revised: {largest}{others} ({releases})"
        told = f"{number(row['old'])} before, {number(row['new'])} after"
        notes = (f"{told}.", f"{cells} of {row['family_words']} in all, {_months(row)}.")
    links = (
        Link("Compare the two", compare_path(row, row["table"])),
        Link("Which words changed on the page", row["difference"]) if row["difference"] else None,
        Link("History of the cell", f"/history?key={quote(row['key'])}&month={row['month'][:7]}&family={row['table']}"),
        Link("Release", release_path(row)),
        Link("File", f"/files/{row['sha256']}") if row["sha256"] else None,
    )
    identity = name_of(f"restated {row['series']}/{row['publication']}@{row['new_edition']} {row['family']}")
    at = dated(row["stated_on"], row["first_captured_at"], row["origin"])
    captured = f" First captured {instant(row['first_captured_at'])}." if row["first_captured_at"] else ""
    source = f" Handed in, origin: {row['origin']}." if row["origin"] else captured
    when = f"Stated on {day(row['stated_on'])} (the publisher’s day).{source}"
    return Item(kind, identity, titled(title, row), at, when, tuple(filter(None, links)), row["label"], notes)


def _months(row: Row) -> str:
    if row["first_month"] == row["last_month"]:
        return f"all for {day(row['first_month'])}"
    return f"for {day(row['first_month'])} to {day(row['last_month'])}"
