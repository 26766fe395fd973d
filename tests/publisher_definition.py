"""Owns the series file that lets a poller watch the pretend publisher.

Never touches the publisher: text from values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.publisher_wire import LOOPBACK

EXPECTS: tuple[dict[str, Any], ...] = (
    {"files": "NDOP_age_gen_*.csv", "schemas": ["age_gen_2021", "age_gen_2023"], "required": False},
    {"files": "NDOP_reg_geo*.csv", "schemas": ["reg_geo_2021", "reg_geo_2023"], "required": False},
    {"files": "NDOP_res_geo*.csv", "schemas": ["res_geo_2023"], "required": False},
    {
        "files": "NDOP_sum_*.xlsx",
        "schemas": [f"workbook_{table}_2022" for table in ("england", "age_sex", "practices", "areas")],
        "required": False,
    },
    {"files": "*dashboard*.csv", "schemas": ["dashboard_2021"], "required": False},
)
MANNERS = (
    "contact",
    "pace_seconds",
    "connect_seconds",
    "read_seconds",
    "deadline_seconds",
    "max_bytes",
    "attempts",
    "poll_seconds",
    "local_publisher",
)
REVISIT = ("recent_days", "recheck_days")
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def definition(title: str, seed: str, ports: tuple[int, int]) -> dict[str, Any]:
    """The series file as a value: pretend publisher on loopback, no pace, made-up figures."""
    return {
        "title": title,
        "publisher": "A pretend publisher (made-up figures)",
        "licence": "Open Government Licence v3.0",
        "licence_url": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        "seed": seed,
        "page_hosts": [f"{LOOPBACK}:{ports[0]}"],
        "file_hosts": [f"{LOOPBACK}:{ports[1]}"],
        "title_pattern": "(?i)opt.?out|care information choices",
        "time_zone": "Europe/London",
        "made_up": True,
        "when": [{"weekdays": EVERY_DAY, "at": "09:35"}, {"weekdays": EVERY_DAY, "at": "16:30"}],
        "revisit": {"recent_days": 60, "recheck_days": 7},
        "expects": [dict(one) for one in EXPECTS],
        "manners": {
            "contact": "tests@example.org", "pace_seconds": 0, "connect_seconds": 5, "read_seconds": 5, "deadline_seconds": 60,
            "max_bytes": 200_000_000, "attempts": 2, "local_publisher": True,
        },
        "robots": {"exception": "The pretend publisher's own pages offer these files for download."},
    }  # fmt: skip


def overridden(base: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with some keys replaced; None takes a key away, a dict is merged into its table.

    Keys of [manners] and [revisit] may be given by themselves, `robots_exception` stands for [robots] exception.
    """
    result = dict(base)
    for key, value in overrides.items():
        table = "manners" if key in MANNERS else "revisit" if key in REVISIT else None
        if key == "robots_exception":
            table, key = "robots", "exception"  # noqa: PLW2901 - the shorthand's real name
        new = value if table is None else {key: value}
        where = table or key
        result[where] = {**result.get(where, {}), **new} if isinstance(new, dict) else new
    return {key: value for key, value in result.items() if value is not None and not _is_empty(value)}


def _is_empty(table: Any) -> bool:
    return isinstance(table, dict) and all(value is None for value in table.values())


def as_toml(value: Mapping[str, Any]) -> str:
    """TOML text of a definition: plain keys first, then tables and lists of tables."""
    lines = [f"{key} = {_scalar(one)}" for key, one in value.items() if not _is_table(one)]
    for key, one in value.items():
        if isinstance(one, dict):
            lines += ["", f"[{key}]", *_pairs(one)]
        elif _is_table(one):
            lines += [line for each in one for line in ("", f"[[{key}]]", *_pairs(each))]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_scalar(one)}" for key, one in table.items() if one is not None]


def _scalar(value: Any) -> str:
    # JSON text is TOML text for strings, numbers, booleans and lists of them; only DEL needs an escape of its own.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
