-- Every file of every release, by its bytes: when we saw it, and how we know. A file that was handed in, or taken from another
-- archive, is never shown as seen by us: origin says where it came from, and claimed_published_on is that origin's claim, not our
-- observation. It came after seen_after_at and not later than first_seen_at; it went after last_seen_at, not later than
-- first_missing_at.
WITH spells AS MATERIALIZED (SELECT * FROM presence WHERE purpose = 'file' AND state = 'present'),
handed AS (
  SELECT series, publication, sha256, max(origin) AS origin, min(published_on) AS published_on, min(requested_at) AS handed_in_at
  FROM captures WHERE way = 'deposit' GROUP BY series, publication, sha256
),
seen AS (
  SELECT f.file_id, r.series, r.publication, f.file_name, f.sha256, coalesce(f.member_of, f.sha256) AS held_as, f.member_of,
    min(s.first_seen_at) AS first_seen_at, max(s.last_seen_at) AS last_seen_at, count(s.address) AS spells,
    sum(s.address IS NOT NULL AND s.not_after_at IS NULL) AS still_there, max(s.not_after_at) AS not_after_at,
    sum(s.looks) AS looks
  FROM files AS f
  JOIN releases AS r ON r.release_id = f.release_id
  LEFT JOIN spells AS s ON s.series = r.series AND coalesce(s.publication, '-') = r.publication
    AND s.sha256 = coalesce(f.member_of, f.sha256) AND (f.member_of IS NOT NULL OR s.file_name = f.file_name)
  GROUP BY f.file_id
)
SELECT
  x.series, x.publication, x.file_name, x.sha256,
  CASE WHEN x.spells = 0 THEN 'not seen by us' WHEN x.still_there THEN 'present' ELSE 'gone' END AS state,
  (SELECT min(s.not_before_at) FROM spells AS s WHERE s.series = x.series AND coalesce(s.publication, '-') = x.publication
    AND s.sha256 = x.held_as AND s.first_seen_at = x.first_seen_at) AS seen_after_at,
  x.first_seen_at, x.last_seen_at, CASE WHEN NOT x.still_there THEN x.not_after_at END AS first_missing_at, x.looks,
  CASE WHEN h.sha256 IS NULL THEN 'our own captures' WHEN x.spells = 0 THEN 'handed in' ELSE 'our own captures, and handed in' END
    AS how_we_know,
  h.origin, h.published_on AS claimed_published_on, h.handed_in_at, x.member_of
FROM seen AS x
LEFT JOIN handed AS h ON h.series = x.series AND h.publication = x.publication AND h.sha256 = x.held_as
