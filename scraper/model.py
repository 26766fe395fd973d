"""The words that travel between the rooms: Series, Capture, Publication, Resource, Reading, Finding.

Values only, standard library only: nothing here fetches, parses, stores or reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Literal, NamedTuple

Verdict = Literal["accepted", "not_modified", "absent", "blocked", "soft_error", "suspect", "failed"]
"""What one exchange is by itself. The archive turns `accepted` into new, changed, reissued or unchanged."""

Outcome = Literal[
    "new", "changed", "reissued", "unchanged", "not_modified", "absent", "blocked", "soft_error", "suspect", "failed"
]
"""What one exchange is beside what was captured before (design section 5)."""

Purpose = Literal["robots", "series_page", "publication_page", "further_page", "file", "canary"]
"""Why an address was fetched: it decides what body is expected there; a canary's may be of any kind."""

PageKind = Literal[
    "series", "publication", "stub", "chapter", "data_set", "legacy", "archive", "soft_listing", "not_found",
    "challenge", "unknown",
]  # fmt: skip

Severity = Literal["info", "warning", "error"]
"""error: something was not understood or could not be got; warning: read, but look; info: worth knowing."""

Family = Literal[
    "age_sex", "practices", "lsoas", "workbook_england", "workbook_age_sex", "workbook_practices", "workbook_areas",
    "weekly",
]  # fmt: skip
"""Families of figures that a file states. `areas` are summed from `practices` and `lsoas`.

Sources are never merged: what the release workbook and the weekly dashboard export state are families of their own.
"""

DAILY: frozenset[Family] = frozenset({"weekly"})
"""Families whose figures are about any day; all others are about the first of a month."""

Reason = Literal["not_applicable", "unallocated", "not_published", "suppressed", "unreadable"]
"""Why a value is null. Unknown is never zero (design section 7)."""


# ---------------------------------------------------------------- series, as its TOML file states it


class At(NamedTuple):
    """One wall-clock rule: weekday names (`mon` … `sun`), hour and minute in the series' time zone."""

    weekdays: tuple[str, ...]
    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """One kind of file a publication is expected to offer."""

    pattern: str
    """Shell-style pattern matched against the file name without regard to case, e.g. `NDOP_age_gen_*.csv`."""
    schemas: tuple[str, ...]
    """Names of schemas that may read it; empty means: keep only, never read."""
    required: bool
    rows: tuple[int, int] | None
    """Plausible range of data rows, both ends included; None where no range is known."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How politely the publisher is visited (design section 10)."""

    contact: str
    """Mail or web address put in the User-Agent, so that the publisher can reach the operator."""
    pace_seconds: float = 5.0
    connect_seconds: float = 15.0
    read_seconds: float = 30.0
    deadline_seconds: float = 600.0
    """Total time one exchange may take, redirects and body included."""
    max_bytes: int = 200_000_000
    attempts: int = 3
    """Exchanges tried for one address before it is left for the next poll."""
    poll_seconds: float = 21_600.0
    """Longest time that one poll may take; then it is ended, and the rest is for the next one."""
    local_publisher: bool = False
    """True only for a publisher on loopback (tests, `make demo`): private addresses allowed, pace may fall below 5 s."""
    robots_exception: str | None = None
    """Reason for fetching files that robots.txt disallows but the series' own pages offer; None means obey."""


@dataclass(frozen=True, slots=True)
class Canaries:
    """What must be so if our view of a series is sound, whatever its pages say; None where it is not looked into."""

    newest_release_days: int | None = None
    """The newest release is expected to be no older than so many days."""
    sitemap: str | None = None
    """Address of a sitemap that lists every publication of the series."""
    feed: str | None = None
    """Address of an RSS feed in which the series' releases are announced."""
    changes: str | None = None
    """Address whose body must differ from one day to the next, such as a page that carries the date."""
    stays: str | None = None
    """Address whose body must have the SHA-256 `stays_sha256`, always."""
    stays_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A run of publications that we watch, as `schedules/<slug>.toml` states it."""

    slug: str
    title: str
    publisher: str
    licence: str
    licence_url: str
    seed: str
    """Absolute address of the series page."""
    page_hosts: tuple[str, ...]
    """`host` or `host:port` of pages; anything else found on the way is recorded, not fetched."""
    file_hosts: tuple[str, ...]
    title_pattern: str
    """Regular expression that the series page's title must match (page judge)."""
    time_zone: str
    when: tuple[At, ...]
    recent_days: int
    """Publications published within so many days are fetched at every poll."""
    recheck_days: int
    """Older publications, and every address ever captured, are looked at again after so many days."""
    expects: tuple[ExpectedFile, ...]
    manners: Manners
    canaries: Canaries = Canaries()
    made_up: bool = False
    """True where the publisher is pretended: every page shown then says that the figures are made up."""
    source_file: str = ""


# ---------------------------------------------------------------- one exchange


@dataclass(frozen=True, slots=True)
class Request:
    """One address to be fetched, and where we learnt of it."""

    address: str
    purpose: Purpose
    publication: str | None = None
    """Path of the publication below its series' address, e.g. `july-2021`; None for the series page and robots."""
    via_address: str | None = None
    link_text: str | None = None
    link_href: str | None = None
    etag: str | None = None
    """Validators of the last accepted body; None asks unconditionally (always so for pages)."""
    last_modified: str | None = None


class Hop(NamedTuple):
    """One redirect that was followed by hand."""

    address: str
    status: int
    location: str


@dataclass(frozen=True, slots=True)
class Capture:
    """One HTTP exchange, good or bad: its provenance and its bytes.

    Times are ISO 8601 UTC with six decimals and `Z`; digests are lower-case hex; unknown is None.
    """

    request: Request
    requested_at: str
    completed_at: str
    duration_ms: int
    verdict: Verdict
    complete_by: Literal["length", "chunked", "digest", "codec", "unproved", "none"]
    """What proves that the body is whole; `none` where there is no body."""
    method: str = "GET"
    request_head: bytes = b""
    final_address: str | None = None
    redirects: tuple[Hop, ...] = ()
    first_byte_at: str | None = None
    remote_ip: str | None = None
    http_version: str | None = None
    tls_version: str | None = None
    tls_cipher: str | None = None
    tls_certificate_sha256: str | None = None
    status: int | None = None
    response_head: bytes = b""
    """Status line and header lines as received, joined with CRLF."""
    server_date: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    retry_after_seconds: float | None = None
    declared_bytes: int | None = None
    representation_digest: str | None = None
    wire_sha256: str | None = None
    wire_bytes: int | None = None
    """The body as the server sent it, after transfer coding and before content coding."""
    wire: bytes | None = None
    """Kept only where the server encoded the body although asked for identity; else None."""
    body: bytes | None = None
    """The bytes a person opens (after content decoding), also of refused and cut responses; None where none came."""
    truncated: Literal["length", "time", "disconnect", "unspecified"] | None = None
    sniffed_type: str | None = None
    """From the bytes: `text/html`, `application/zip`, `application/xml`, `application/pdf`, `text/plain`, …"""
    checks: tuple[tuple[str, Literal["ok", "warn", "fail"]], ...] = ()
    """Codes: LEN, CODEC, ETAG, MAGIC, HTML, …"""
    robots_sha256: str | None = None
    robots_rule: str | None = None
    error_code: str | None = None
    error_detail: str | None = None

    def headers(self, name: str) -> list[str]:
        """All values of one response header, in order, without regard to case."""
        lines = self.response_head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.split(":", 1) for line in lines if ":" in line)
        return [value.strip() for key, value in pairs if key.strip().lower() == name.lower()]


# ---------------------------------------------------------------- what a page says


@dataclass(frozen=True, slots=True)
class Notice:
    """A dated change notice or update that stands on a page, outside its body."""

    title: str
    text: str
    date_text: str | None
    noticed_on: str | None


@dataclass(frozen=True, slots=True)
class PublicationLink:
    """A publication that a series page lists."""

    address: str
    """Absolute, normalised: no query, no fragment, no trailing `/content` or slash."""
    publication: str
    """Path below the series' address, e.g. `october-2018/ndop-oct-18`; the last path part where it lies elsewhere."""
    href: str
    title: str
    listed: Literal["latest", "previous", "upcoming"]
    date_text: str | None
    dated_on: str | None
    """The day as YYYY-MM-DD; None where the page states none, or only a month."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One link to a file that a page offers."""

    address: str
    href: str
    name: str
    """The link's words, e.g. `National Data Opt-Out by age and gender`."""
    file_name: str
    """Last part of the path, percent-decoded. Untrusted: never a path of ours."""
    claimed_type: str | None
    claimed_size: str | None
    section: str
    """Nearest landmark above the link: an id or data-uipath, e.g. `resources`, `ps.publication.resources-attachment`."""


@dataclass(frozen=True, slots=True)
class FurtherPage:
    """A chapter or data set page that a publication links to."""

    address: str
    href: str
    title: str
    kind: Literal["chapter", "data_set"]


BlockKind = Literal["heading", "text", "item", "label", "value", "cell", "notice", "edited", "file"]
"""`label` and `value`: a field of the page's head; `edited`: the last-edited line; `file`: type and size beside a link."""


class TextBlock(NamedTuple):
    """One run of a page's words, as a browser shows it in one block: blanks folded, never empty."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """What a series (or older archive) page says."""

    kind: PageKind
    identity: str | None
    """The document's UUID: it survives changes of slug and title."""
    title: str
    frequency: str | None
    publications: tuple[PublicationLink, ...]
    """`latest` first, then `previous` in page order, then `upcoming`; each address once."""
    notices: tuple[Notice, ...]
    resources: tuple[Resource, ...]
    landmarks: tuple[str, ...]
    """The data-uipath values by which the page was recognised."""


@dataclass(frozen=True, slots=True)
class PublicationPage:
    """What one publication's page says, or a stub, a chapter, a data set page, a legacy publication."""

    kind: PageKind
    identity: str | None
    title: str
    part_of_title: str | None
    part_of_address: str | None
    date_text: str | None
    """The publication date as printed."""
    published_on: str | None
    """The same as YYYY-MM-DD; None where it is not a full date."""
    date_range_text: str | None
    period_from: str | None
    period_to: str | None
    last_edited_text: str | None
    last_edited_at: str | None
    """As stated, in the page's own clock (London or GMT): `YYYY-MM-DDTHH:MM`, no zone."""
    summary: str
    notices: tuple[Notice, ...]
    resources: tuple[Resource, ...]
    further: tuple[FurtherPage, ...]
    landmarks: tuple[str, ...]


# ---------------------------------------------------------------- what a file states

Key = tuple[str, ...]
"""(age_band, sex) for `age_sex`, (practice_code,) for `practices`, (lsoa_code,) for `lsoas`.

In the workbook: () for England, (age_band, sex), (practice_code,), (area_kind, area_code). In the weekly export:
(group_kind, code), where the kind is `england`, `age_band`, `sex`, `region`, `ccg`, `sub_icb` or `unallocated`.

age_band is `0-9` … `90+`, `all`, `unknown`, or `deceased` for rows about people who have died (never inside a total);
sex is `all`, `female`, `male`, `unknown`. A row of people without a place has the code `Unallocated`.
"""

Value = tuple[int | float | None, ...]
"""The family's measures in the order of MEASURES."""

MEASURES: dict[Family, tuple[str, ...]] = {
    "age_sex": ("opt_outs", "list_size", "rate"),
    "practices": ("opt_outs", "list_size"),
    "lsoas": ("opt_outs",),
    "workbook_england": ("opt_outs", "list_size", "rate", "deceased"),
    "workbook_age_sex": ("opt_outs", "list_size", "rate"),
    "workbook_practices": ("opt_outs", "list_size", "rate"),
    "workbook_areas": ("opt_outs", "list_size", "rate", "deceased"),
    "weekly": ("opt_outs", "population", "rate"),
}

LABELS: dict[Family, tuple[str, ...]] = {
    "age_sex": (),
    "practices": (
        "practice_name", "postcode", "ccg_ons_code", "ccg_name", "sub_icb_code", "sub_icb_ons_code", "sub_icb_name",
        "icb_code", "icb_ons_code", "icb_name", "region_code", "region_ons_code", "region_name",
    ),
    "lsoas": (
        "lsoa_name", "sub_icb_code", "sub_icb_ons_code", "sub_icb_name", "local_authority_code", "local_authority_name",
    ),
    "workbook_england": (),
    "workbook_age_sex": (),
    "workbook_practices": ("practice_name",),
    "workbook_areas": ("name", "ons_code"),
    "weekly": ("name", "ons_code"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Repair:
    """One kind of repair made while reading a file, with how often it was made."""

    field: str
    raw: str
    repaired: str
    reason: str
    count: int


class Missing(NamedTuple):
    """One measure that has no value, why, and what the file printed there."""

    month: str
    key: Key
    measure: str
    reason: Reason
    printed: str


@dataclass(frozen=True, slots=True)
class Block:
    """Everything that one file states about one month."""

    month: str
    """First of the month, YYYY-MM-DD; in families of DAILY the day itself."""
    values: dict[Key, Value]
    labels: dict[Key, tuple[str, ...]]
    """In the order of LABELS; "" where the layout has no such column. Empty where a family has no labels."""
    printed: dict[Key, tuple[str, ...]]
    """The file's own text of key cells and measures: of all rows where the key is words, else where it is not plain."""


class Fact(NamedTuple):
    """A text that a file states beside its figures: its period, a title, a note, the licence."""

    sheet: str
    place: str
    """The cell, e.g. `A9`."""
    name: str
    """What it is: `period`, `published`, `licence`, `title`, `source`, `copyright`, `note`."""
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One parse of one snapshot by one schema."""

    schema: str
    family: Family
    blocks: tuple[Block, ...]
    """In the file's order of months."""
    missing: tuple[Missing, ...]
    repairs: tuple[Repair, ...]
    rows: int
    """Data rows read, blank ones not counted."""
    blank_rows: int
    findings: tuple[Finding, ...] = ()
    facts: tuple[Fact, ...] = ()
    schema_sha256: str = ""
    """Fingerprint of the schema file and of the reader that used it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one file states otherwise than an earlier file of the same layout: all that has to be read of it."""

    stated: Reading
    """Blocks hold only keys whose lines the earlier file does not have, whole new months among them; all else is of the file."""
    unstated: Reading | None
    """Keys as the earlier file stated them, in lines that this one does not have; None where there are none."""
    dropped: frozenset[str]
    """Months, YYYY-MM-DD, that the earlier file states and this one does not; left out of `unstated`."""


# ---------------------------------------------------------------- something to look at


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should look at: where it is, what was found, what was expected, what to do."""

    code: str
    """Permanent, dotted, e.g. `page.landmarks`, `file.header`, `fetch.robots`."""
    severity: Severity
    subject: str
    """The address, or the file name, that it is about."""
    place: str
    """Row, column, element or series-file key; "" where it is the whole."""
    found: str
    expected: str
    advice: str = ""
    sha256: str | None = field(default=None)
    """Snapshot that it is about, where there is one."""

    def sentence(self) -> str:
        """The finding in one line of plain words."""
        place = f", {self.place}" if self.place else ""
        advice = f" {self.advice}" if self.advice else ""
        return f"{self.subject}{place}: found {self.found}; expected {self.expected}.{advice}"


def names_of(kind: type) -> tuple[str, ...]:
    """Field names of one of these dataclasses, in order."""
    return tuple(f.name for f in fields(kind))
