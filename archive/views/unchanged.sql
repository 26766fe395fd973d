-- What may be said of "no change": stretches in which each look at an address found the same as the one before (the
-- bytes of a file, the words of a page), and no blind
-- period lay between the two. A stretch reaches from its first look to its last, and not a second further.
WITH blind AS MATERIALIZED (SELECT series, since_at, until_at FROM blind_periods),
answered AS (
  SELECT series, address, publication, file_name, answer, content_sha256, requested_at, completed_at, capture_id,
    lag(answer) OVER w AS answer_before, lag(content_sha256) OVER w AS content_before, lag(requested_at) OVER w AS requested_before_at
  FROM looks
  WHERE answer <> 'no answer'
  WINDOW w AS (PARTITION BY series, address ORDER BY capture_id)
),
numbered AS (
  SELECT *, sum(
    answer_before IS NOT answer OR content_before IS NOT content_sha256 OR EXISTS (
      SELECT 1 FROM blind AS b WHERE b.series = a.series AND b.since_at < a.completed_at
        AND (b.until_at IS NULL OR b.until_at > a.requested_before_at))
  ) OVER (PARTITION BY series, address ORDER BY capture_id) AS stretch
  FROM answered AS a
)
SELECT
  series, address, max(publication) AS publication, max(file_name) AS file_name, content_sha256,
  min(completed_at) AS unchanged_from_at, max(requested_at) AS unchanged_until_at, count(*) AS looks,
  min(capture_id) AS first_capture_id, max(capture_id) AS last_capture_id
FROM numbered
WHERE answer = 'present'
GROUP BY series, address, stretch, content_sha256
HAVING count(*) > 1
