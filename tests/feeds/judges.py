"""Judges of feeds: the RELAX NG schema of RFC 4287 and its rules, feedparser at its strictest, a schema of JSON Feed 1.1.

Never mends what it judges, and never asks a site for anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import feedparser
import jsonschema
import rnc2rng
from lxml import etree

HERE = Path(__file__).parent
ATOM = {"a": "http://www.w3.org/2005/Atom"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
"""RFC 3339 as RFC 4287, 3.3, narrows it: T and Z in capitals."""


@cache
def schema_of_atom() -> etree.RelaxNG:
    """The schema of RFC 4287, appendix B."""
    text = rnc2rng.dumps(rnc2rng.load(str(HERE / "atom.rnc")))
    # XML cannot bind a prefix to no namespace; the names in it stand written out already.
    return etree.RelaxNG(etree.fromstring(text.replace('xmlns:local=""', "").encode()))


@cache
def schema_of_json_feed() -> jsonschema.Draft202012Validator:
    """The schema of JSON Feed 1.1."""
    schema = json.loads((HERE / "json_feed.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def faults_of_atom(body: bytes) -> list[str]:
    """What is wrong with an Atom feed; nothing where nobody has anything to say."""
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        return [f"XML: {error}"]
    found = [] if schema_of_atom().validate(root) else [f"schema: {one}" for one in schema_of_atom().error_log]
    found += _rules(root)
    read = feedparser.parse(body, response_headers={"content-type": "application/atom+xml; charset=utf-8"})
    if read.bozo:
        found.append(f"feedparser: {read.bozo_exception!r}")
    if read.version != "atom10" or len(read.entries) != len(root.findall("a:entry", ATOM)):
        found.append(f"feedparser: read {len(read.entries)} entries of {read.version or 'no feed'}")
    return found


def _rules(root: etree._Element) -> Iterator[str]:
    """What the schema of RFC 4287 cannot say: its Schematron rules, dates, ids, and links that work away from their page."""
    entries = root.findall("a:entry", ATOM)
    if root.find("a:author", ATOM) is None and any(one.find("a:author", ATOM) is None for one in entries):
        yield "4.1.1: no author of the feed, and not one of every entry"
    for one in entries:
        if one.find("a:link[@rel='alternate']", ATOM) is None and one.find("a:content", ATOM) is None:
            yield "4.1.2: an entry with neither an alternate link nor content"
    ids = [one.text or "" for one in root.iterfind(".//a:id", ATOM)]
    yield from (f"4.2.6: id {one!r} stands twice" for one in set(ids) if ids.count(one) > 1)
    yield from (f"4.2.6: id {one!r} is no IRI" for one in ids if not re.match(r"[a-z][a-z0-9+.-]*:\S+$", one))
    stamps = [one.text or "" for one in root.iterfind(".//a:updated", ATOM)]
    yield from (f"3.3: {one!r} is no instant" for one in stamps if not INSTANT.fullmatch(one))
    yield from _links(root)
    if stamps and stamps[0] < max(stamps):
        yield "4.2.15: the feed is older than its newest entry"


def _links(root: etree._Element) -> Iterator[str]:
    for name in ("self", "alternate"):
        if len(root.findall(f"a:link[@rel='{name}']", ATOM)) != 1:
            yield f"4.1.1: not one link {name!r} of the feed"
    for link in root.iterfind(".//a:link", ATOM):
        if not re.match(r"https?://[^/\s]+/", link.get("href")):
            yield f"4.2.7: {link.get('href')!r} is no address outside its page"
    for one in root.iterfind(".//a:entry", ATOM):
        kinds = [(link.get("type"), link.get("hreflang")) for link in one.findall("a:link[@rel='alternate']", ATOM)]
        if len(kinds) != len(set(kinds)):
            yield "4.1.2: two alternate links of one kind"


def faults_of_json_feed(body: bytes) -> list[str]:
    """What is wrong with a JSON feed."""
    try:
        feed: dict[str, Any] = json.loads(body)
    except ValueError as error:
        return [f"JSON: {error}"]
    found = [
        f"schema: {'/'.join(map(str, one.path))}: {one.message}" for one in schema_of_json_feed().iter_errors(feed)
    ]
    ids = [one.get("id") for one in feed.get("items", [])]
    found += [f"items: id {one!r} stands twice" for one in {str(one) for one in ids} if ids.count(one) > 1]
    return found
