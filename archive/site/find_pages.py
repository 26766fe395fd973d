"""`/areas?q=`: places by name, code or postcode; for a postcode also the areas that the releases' own labels lead to.

Keeps nothing of what is asked, and never calls a candidate a match: the files tie practices, not homes, to postcodes.
"""

from __future__ import annotations

import re
import sqlite3

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from archive.site.near_names import meant
from archive.site.page import page
from archive.site.place import KIND_WORDS, KINDS_WORDS, UNALLOCATED, path_of
from archive.site.reading import DATABASE, Row, rows

FIND = """
select p.* from places_fts join places p on p.place = places_fts.rowid where places_fts match :words
order by p.kind = 'practice', rank, p.name, p.code limit 101
"""
NAMES = "select name from places"
AROUND = """
with here as materialized (
  select distinct l.geography_id from places p
  join practices_places x on x.practice_code = p.code
  join practices_label_spans s on s.month_id = 0 and s.place_id = x.place_id and s.until is null
  join labels l on l.label_id = s.label_id
  where p.kind = 'practice'
    and (p.postcode = :postcode or p.postcode >= :postcode || :further and p.postcode < :postcode || :beyond)
), around as (
  select g.* from here join geographies g using (geography_id)
), named(kind, code, candidate) as (
  select 'sub_icb', sub_icb_code, 0 from around union select 'icb', icb_code, 0 from around
  union select 'region', region_code, 0 from around union select 'ccg', ccg_ons_code, 0 from around
  union select 'local_authority', g.local_authority_code, 1 from geographies g
  where g.local_authority_code <> '' and g.sub_icb_code <> '' and g.sub_icb_code in (select sub_icb_code from around)
)
select p.kind, p.code, p.name, n.candidate from named n join places p on p.kind = n.kind and p.code = n.code
where n.code not in ('', :unallocated) order by n.candidate, p.kind, p.name
"""
POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?: ?([0-9](?:[A-Z]{2})?))?")
"""A district (NG18), a sector (NG18 1) or a whole postcode (NG18 1AA)."""


def postcode_of(words: str) -> str | None:
    """What was typed as a postcode is written, or as its beginning; None where it is none."""
    found = POSTCODE.fullmatch(words.upper())
    return " ".join(part for part in found.groups() if part) if found else None


async def areas_page(datasette: Datasette, request: Request) -> Response:
    """Places by name, code or a practice's postcode. The question is not logged and goes nowhere else."""
    words = " ".join(request.args.get("q", "").replace("\0", " ").replace('"', " ").split())[:100]
    postcode = postcode_of(words)
    found = (
        await rows(datasette, FIND, {"words": _match(postcode or words, whole=postcode is not None)}) if words else []
    )
    places = [_shown(row) for row in found]
    around = [_shown(row) for row in await _around(datasette, postcode)] if postcode else []
    context = {
        "q": words, "places": places[:100], "more": len(places) > 100, "postcode": postcode, "kinds": KINDS_WORDS,
        "around": [one for one in around if not one["candidate"]],
        "candidates": [one for one in around if one["candidate"]],
        "meant": await _meant(datasette, words) if words and not places else [],
    }  # fmt: skip
    return await page(datasette, request, "areas.html", context)


async def _meant(datasette: Datasette, words: str) -> list[str]:
    """Other spellings that find something, in a thread of their own: comparing words takes a while."""

    def looked_up(conn: sqlite3.Connection) -> list[str]:
        near = meant(words, (name for (name,) in conn.execute(NAMES)))
        return [one for one in near if conn.execute(FIND, {"words": _match(one, whole=False)}).fetchone()]

    return await datasette.get_database(DATABASE).execute_fn(looked_up)  # type: ignore[no-any-return]


async def _around(datasette: Datasette, postcode: str) -> list[Row]:
    # A district is followed by a blank (NG1 is not NG18), a sector by letters.
    further, beyond = ("", "\x7f") if " " in postcode else (" ", "!")
    asked = {"postcode": postcode, "further": further, "beyond": beyond, "unallocated": UNALLOCATED}
    return await rows(datasette, AROUND, asked)


def _shown(row: Row) -> Row:
    return {**row, "path": path_of(row["kind"], row["code"]), "kind_words": KIND_WORDS[row["kind"]]}


def _match(words: str, *, whole: bool) -> str:
    """Every word must be there, the last as the beginning of one; a district of postcodes whole, for ZZ1 is not ZZ10."""
    ended = whole and " " not in words
    return " ".join(f'"{word}"' for word in words.split()) + ("" if ended else "*")
