"""Says of every finding and of every outcome of a capture whether it alarms, and why not where it does not.

A table, nothing else; whatever is missing from it alarms, and fails a test.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Cause = Literal[
    "layout", "gone", "blocked", "robots", "unreachable", "suspect", "unread", "unsigned", "disk", "stale", "canary",
    "unanchored", "unsound", "stuck", "failing", "overdue", "incomplete", "unknown", "test",
]  # fmt: skip
"""What may be wrong. One alarm lasts for one cause of one series, however many addresses share it."""


class Words(NamedTuple):
    """How a cause is told."""

    title: str
    advice: str


CAUSES: dict[Cause, Words] = {
    "layout": Words(
        "The publisher's pages have changed their layout",
        "Compare the kept page with the one before it. If it is right as it is, say so with `optout alarm accept`; if our "
        "reader has to be mended, save the page under tests/pages first. Nothing counts as gone, and the figures shown are "
        "the last good ones.",
    ),
    "gone": Words(
        "The series page is not there any more", "Look where the publisher moved it, and put the address into the series file."
    ),
    "blocked": Words(
        "The publisher refuses us",
        "Nothing is worked around. Ask the publisher, or hand files in with `optout deposit`; polls go on at their times.",
    ),
    "robots": Words(
        "robots.txt forbids what we watch",
        "It is obeyed. Ask the publisher; an exception, with its reason, is stated in the series file.",
    ),
    "unreachable": Words(
        "The publisher cannot be reached", "See whether this machine has its network and the site works in a browser."
    ),
    "suspect": Words(
        "Something came that is not what was asked for",
        "The bytes are kept and set aside; figures are not touched. Look at them; the address is asked again at every poll.",
    ),
    "unread": Words(
        "A file is kept that cannot be read",
        "Add a schema for its layout, then `optout reread`. Earlier figures stay as they were.",
    ),
    "unanchored": Words(
        "An outside party does not confirm the log",
        "See what the finding says of the authority or the mirror; recording and signing go on, and the next poll asks again.",
    ),
    "unsigned": Words("The log cannot be signed", "Put right what the finding says; recording goes on meanwhile."),
    "unsound": Words(
        "The evidence does not check",
        "Run `optout verify`, keep archive.db for inspection and compare it with a backup or a mirror (docs/verify.md). Polls go "
        "on, and readers see what they saw.",
    ),
    "disk": Words("The disk is nearly full", "Make room: below the last reserve nothing is asked for any more."),
    "stale": Words(
        "No new release for longer than expected",
        "Look at the publisher's site. If releases have become rarer, raise newest_release_days in the series file.",
    ),
    "canary": Words(
        "A canary is silent: our view of the publisher may be wrong",
        "Compare the named address with what a browser shows, from another network too.",
    ),
    "stuck": Words("A poll did not come to its end", "See which host is so slow; what was captured is kept."),
    "failing": Words("Polls break off", "Look at the program's log: it ended before its polls did, more than once."),
    "overdue": Words("A poll is overdue", "See whether `optout up` or `optout schedule` runs, and what its log says."),
    "incomplete": Words("No poll could look at everything for a while", "See `optout status` for the reason."),
    "unknown": Words("Something was found that this version has no rule for", "See `optout status`."),
    "test": Words("Alarms reach you by this way", "Nothing is to be done: this is a test."),
}  # fmt: skip


class Rule(NamedTuple):
    """Either a cause, or why there is no alarm."""

    cause: Cause | None
    because: str = ""


def _no(because: str) -> Rule:
    return Rule(None, because)


LAYOUT, CANARY = Rule("layout"), Rule("canary")
BY_OUTCOME = _no("the outcome of the capture itself decides")
UNREAD = _no("the file is then listed as unread, and that alarms")
READ = _no("read all the same, and told on the status page")
AT_START = _no("a mistake in our own files: the program refuses to start, and says so")

FINDINGS: dict[str, Rule] = {
    "page.body": LAYOUT, "page.cut": LAYOUT, "page.date": LAYOUT, "page.kind": LAYOUT, "page.list": LAYOUT, "page.main": LAYOUT,
    "page.markup": LAYOUT, "page.size": LAYOUT, "page.title": LAYOUT,
    "page.kind_changed": LAYOUT, "page.links": LAYOUT, "page.fewer_links": LAYOUT, "page.hosts": LAYOUT,
    "page.moved": _no("it is followed at every poll, and nothing is lost by it"), "page.small": LAYOUT,
    "page.list_date": _no("the publication is kept with the date as printed"),
    "page.retitled": _no("publishers reword titles: it is told, and nothing is lost by it"),
    **dict.fromkeys(
        ("gate.rows", "gate.total", "gate.month", "gate.columns"),
        _no("what is implausible is shown with a warning; spring 2021 really rose by three quarters"),
    ),
    "publication.no_files": LAYOUT, "publication.missing_file": LAYOUT, "publication.stub_with_files": LAYOUT,
    "publication.unexpected_file": _no("it is kept; a file that had to be read and is not alarms as unread"),
    "fetch.unreachable": BY_OUTCOME, "fetch.refused": BY_OUTCOME, "fetch.bad_answer": BY_OUTCOME, "fetch.absent": BY_OUTCOME,
    "canary.sitemap": CANARY, "canary.feed": CANARY, "canary.unread": CANARY, "canary.stale": CANARY, "canary.altered": CANARY,
    "canary.age": Rule("stale"), "poll.too_long": Rule("stuck"), "log.unsigned": Rule("unsigned"),
    "anchor.authority": Rule("unanchored"), "W-ANC-04": Rule("unanchored"), "mirror.unwritten": Rule("unanchored"),
    "mirror.unpushed": Rule("unanchored"),
    "anchor.ending": _no("told a quarter of a year before; stamps that were kept stay good"),
    "disk.low": Rule("disk"), "verify.unsound": Rule("unsound"),
    "file.cells": UNREAD, "file.csv": UNREAD, "file.date": UNREAD, "file.duplicate": UNREAD, "file.empty": UNREAD,
    "file.encoding": UNREAD, "file.header": UNREAD, "file.key": UNREAD, "file.kind": UNREAD, "file.nul": UNREAD,
        "file.rows": UNREAD, "file.line": UNREAD, "file.size": UNREAD, "workbook.text": UNREAD,
    "page.text": LAYOUT, "file.unexpected": UNREAD, "file.width": UNREAD,
    "file.bom": READ, "file.cell": READ, "file.columns": READ, "file.last_line": READ, "file.line_ends": READ, "file.name": READ,
    "file.repeated_week": READ,
    "workbook.broken": UNREAD, "workbook.cells": UNREAD, "workbook.doctype": UNREAD, "workbook.rows": UNREAD,
    "workbook.sheet": UNREAD, "workbook.tables": UNREAD, "workbook.title": UNREAD,
    "zip.broken": UNREAD, "zip.empty": UNREAD, "zip.locked": UNREAD, "zip.member": UNREAD, "zip.members": UNREAD,
    "zip.names": UNREAD, "zip.nested": UNREAD, "zip.ratio": UNREAD, "zip.size": UNREAD,
    "reader.changed": _no("our own reader reads otherwise than before: whoever ran `reread` was told"),
    "schema.ambiguous": AT_START, "schema.key": AT_START, "schema.none": AT_START, "schema.toml": AT_START,
    "definition.file": AT_START, "definition.key": AT_START, "definition.unknown": AT_START,
}  # fmt: skip
"""Every code of a finding. A finding for information never alarms."""

OUTCOMES: dict[str, Rule] = {
    "new": _no("good news"),
    "changed": _no("what the publisher changed is shown; a changed page is judged"),
    "reissued": _no("what the publisher replaced is shown"),
    "unchanged": _no("as before"),
    "not_modified": _no("as before"),
    "absent": Rule("gone"),
    "blocked": Rule("blocked"),
    "soft_error": Rule("suspect"),
    "suspect": Rule("suspect"),
    "failed": Rule("unreachable"),
}
"""Every outcome of an address's newest capture; alarms.py says which of them wait a few polls, and for what addresses."""
