"""The list of everything a person may look for by name or code, and its full-text index.

Made anew from the labels after each load; it holds nothing that the labels do not, and no figure.
"""

from __future__ import annotations

from sqlite_utils import Database

from archive.stated_places import add_stated_places

# CROSS JOIN fixes the order of joins: with the statistics of a grown copy the planner once joined every practice with every
# other (3.5 s instead of 0.2 s). Month numbers are in the order of months, and cheaper to group than their texts.
_AREAS = """
INSERT INTO places (kind, code, ons_code, name, other_names, postcode, first_month, last_month)
WITH named AS (
  SELECT s.place_id, s.label_id, m.month, coalesce(s.until, 1000000000) AS until, s.since,
    row_number() OVER (
      PARTITION BY s.place_id ORDER BY m.month DESC, coalesce(s.until, 1000000000) DESC, s.since DESC
    ) AS newest
  FROM areas_label_spans AS s JOIN months AS m ON m.month_id = s.month_id
), present AS (
  SELECT place_id, min(month) AS first_month, max(month) AS last_month FROM named GROUP BY place_id
), names AS (
  SELECT DISTINCT n.place_id, l.name FROM named AS n JOIN area_labels AS l ON l.label_id = n.label_id
), current AS (
  SELECT n.place_id, l.name, l.ons_code FROM named AS n JOIN area_labels AS l ON l.label_id = n.label_id WHERE n.newest = 1
), others AS (
  SELECT place_id, group_concat(name, '; ') AS names FROM (
    SELECT n.place_id, n.name FROM names AS n JOIN current AS c ON c.place_id = n.place_id AND c.name <> n.name
    ORDER BY n.place_id, n.name
  ) GROUP BY place_id
)
SELECT p.area_kind, p.area_code, c.ons_code, c.name, coalesce(o.names, ''), '', x.first_month, x.last_month
FROM areas_places AS p
CROSS JOIN current AS c ON c.place_id = p.place_id
CROSS JOIN present AS x ON x.place_id = p.place_id
LEFT JOIN others AS o ON o.place_id = p.place_id
ORDER BY p.area_kind, p.area_code
"""

_PRACTICES = """
INSERT INTO places (kind, code, ons_code, name, other_names, postcode, first_month, last_month)
WITH named AS (
  SELECT s.place_id, l.name, l.postcode,
    row_number() OVER (
      PARTITION BY s.place_id ORDER BY s.month_id > 0, coalesce(s.until, 1000000000) DESC, s.since DESC
    ) AS newest
  FROM practices_label_spans AS s JOIN labels AS l ON l.label_id = s.label_id
), present AS (
  SELECT y.place_id, f.month AS first_month, t.month AS last_month
  FROM (SELECT place_id, min(month_id) AS first_id, max(month_id) AS last_id FROM practices_spans GROUP BY place_id) AS y
  CROSS JOIN months AS f ON f.month_id = y.first_id CROSS JOIN months AS t ON t.month_id = y.last_id
), current AS (
  SELECT place_id, name, postcode FROM named WHERE newest = 1
), others AS (
  SELECT place_id, group_concat(name, '; ') AS names FROM (
    SELECT DISTINCT n.place_id, n.name FROM named AS n JOIN current AS c ON c.place_id = n.place_id AND c.name <> n.name
    ORDER BY n.place_id, n.name
  ) GROUP BY place_id
)
SELECT 'practice', p.practice_code, '', c.name, coalesce(o.names, ''), c.postcode, x.first_month, x.last_month
FROM practices_places AS p
CROSS JOIN current AS c ON c.place_id = p.place_id
CROSS JOIN present AS x ON x.place_id = p.place_id
LEFT JOIN others AS o ON o.place_id = p.place_id
ORDER BY p.practice_code
"""


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
    copy.execute(_AREAS)
    copy.execute(_PRACTICES)
    add_stated_places(copy)
    copy.execute("INSERT INTO places_fts (places_fts) VALUES ('rebuild')")
