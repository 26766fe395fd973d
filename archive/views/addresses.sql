-- Every address we ever asked for: first seen, last seen, first missing, each with bounds as wide as our looking.
-- It came after seen_after_at and not later than first_seen_at; it went after last_seen_at and not later than first_missing_at.
WITH seen AS (
  SELECT series, address,
    min(capture_id) FILTER (WHERE answer = 'present') AS first_id,
    max(capture_id) FILTER (WHERE answer = 'present') AS last_id,
    max(capture_id) FILTER (WHERE answer <> 'no answer') AS answered_id,
    max(capture_id) AS newest_id, count(*) AS looks, sum(answer = 'no answer') AS looks_without_answer
  FROM looks GROUP BY series, address
)
SELECT
  s.series, s.address, n.purpose, n.publication, n.file_name,
  CASE WHEN s.answered_id IS NULL THEN 'not known' WHEN s.first_id IS NULL THEN 'never seen'
    WHEN s.last_id < s.answered_id THEN 'gone' ELSE 'present' END AS state,
  (SELECT max(l.requested_at) FROM looks AS l WHERE l.series = s.series AND l.address = s.address AND l.answer = 'absent'
    AND l.capture_id < s.first_id) AS seen_after_at,
  f.completed_at AS first_seen_at, t.requested_at AS last_seen_at,
  (SELECT min(l.completed_at) FROM looks AS l WHERE l.series = s.series AND l.address = s.address AND l.answer = 'absent'
    AND l.capture_id > s.last_id) AS first_missing_at,
  n.requested_at AS last_looked_at, s.looks, s.looks_without_answer
FROM seen AS s
JOIN captures AS n ON n.capture_id = s.newest_id
LEFT JOIN captures AS f ON f.capture_id = s.first_id
LEFT JOIN captures AS t ON t.capture_id = s.last_id
