"""The list of everything a person may look for by name or code, and its full-text index.

Made anew from the labels after each load; it holds nothing that the labels do not, and no figure.
"""

from __future__ import annotations

from sqlite_utils import Database

from archive.stated_places import add_stated_places

# Both lists look each place up in the months, from their either end: the first it is met in is the one, so that it costs the
# same however many months are held. CROSS JOIN fixes the order of joins: with the statistics of a grown copy the planner once
# joined every practice with every other (3.5 s instead of 0.2 s).
_AREAS = """
INSERT INTO places (kind, code, ons_code, name, other_names, postcode, first_month, last_month)
WITH present AS MATERIALIZED (
  SELECT p.place_id, {first} AS first_id, {last} AS last_id FROM areas_places AS p
), current AS MATERIALIZED (
  SELECT x.place_id, x.first_id, x.last_id, (
    SELECT s.label_id FROM areas_label_spans AS s WHERE s.month_id = x.last_id AND s.place_id = x.place_id
    ORDER BY s.since DESC LIMIT 1
  ) AS label_id
  FROM present AS x WHERE x.last_id IS NOT NULL
), others AS (
  SELECT place_id, group_concat(name, '; ') AS names FROM (
    SELECT DISTINCT s.place_id, l.name
    FROM (SELECT DISTINCT place_id, label_id FROM areas_label_spans) AS s
    CROSS JOIN current AS c ON c.place_id = s.place_id AND c.label_id <> s.label_id
    CROSS JOIN area_labels AS l ON l.label_id = s.label_id
    CROSS JOIN area_labels AS n ON n.label_id = c.label_id AND n.name <> l.name
    ORDER BY s.place_id, l.name
  ) GROUP BY place_id
)
SELECT p.area_kind, p.area_code, l.ons_code, l.name, coalesce(o.names, ''), '', f.month, t.month
FROM areas_places AS p
CROSS JOIN current AS c ON c.place_id = p.place_id
CROSS JOIN area_labels AS l ON l.label_id = c.label_id
CROSS JOIN months AS f ON f.month_id = c.first_id CROSS JOIN months AS t ON t.month_id = c.last_id
LEFT JOIN others AS o ON o.place_id = p.place_id
ORDER BY p.area_kind, p.area_code
"""

# A place's newest label stands under month_id 0, whatever months its file had.
_PRACTICES = """
INSERT INTO places (kind, code, ons_code, name, other_names, postcode, first_month, last_month)
WITH current AS MATERIALIZED (
  SELECT s.place_id, max(s.since), s.label_id, l.name, l.postcode
  FROM practices_label_spans AS s JOIN labels AS l ON l.label_id = s.label_id WHERE s.month_id = 0 GROUP BY s.place_id
), others AS (
  SELECT place_id, group_concat(name, '; ') AS names FROM (
    SELECT DISTINCT s.place_id, l.name
    FROM practices_label_spans AS s
    CROSS JOIN current AS c ON c.place_id = s.place_id AND c.label_id <> s.label_id
    CROSS JOIN labels AS l ON l.label_id = s.label_id AND l.name <> c.name
    ORDER BY s.place_id, l.name
  ) GROUP BY place_id
), present AS (
  SELECT p.place_id, p.practice_code, {first} AS first_id, {last} AS last_id FROM practices_places AS p
)
SELECT 'practice', x.practice_code, '', c.name, coalesce(o.names, ''), c.postcode, f.month, t.month
FROM present AS x
CROSS JOIN current AS c ON c.place_id = x.place_id
CROSS JOIN months AS f ON f.month_id = x.first_id CROSS JOIN months AS t ON t.month_id = x.last_id
LEFT JOIN others AS o ON o.place_id = x.place_id
ORDER BY x.practice_code
"""


def _with_ends(sql: str, table: str) -> str:
    """The statement, with the subqueries for the first and last month in which a span table has the place `p`."""
    found = (
        f"(SELECT m.month_id FROM months AS m CROSS JOIN {table} AS s ON s.month_id = m.month_id"
        " AND s.place_id = p.place_id ORDER BY m.month_id {order} LIMIT 1)"
    )
    return sql.format(first=found.format(order="ASC"), last=found.format(order="DESC"))


def note_places_due(copy: Database) -> None:
    """Note, in the transaction of a load, that `places` no longer holds all that is loaded."""
    copy.execute("INSERT INTO unfinished (what) VALUES ('places') ON CONFLICT DO NOTHING")


def places_are_due(copy: Database) -> bool:
    """Whether something was loaded since `places` was made."""
    return copy.execute("SELECT 1 FROM unfinished WHERE what = 'places'").fetchone() is not None


def remake_places(copy: Database) -> None:
    """Make `places` and its index anew; the caller holds the transaction."""
    copy.execute("DELETE FROM unfinished WHERE what = 'places'")
    copy.execute("DELETE FROM places")
    copy.execute(_with_ends(_AREAS, "areas_label_spans"))
    copy.execute(_with_ends(_PRACTICES, "practices_spans"))
    add_stated_places(copy)
    copy.execute("INSERT INTO places_fts (places_fts) VALUES ('rebuild')")
