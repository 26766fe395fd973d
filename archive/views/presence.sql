-- The history of each address in spells: one row for each run of looks that found the same there (the bytes of a
-- file, the words of a page), or found nothing there.
-- A spell began after not_before_at and not later than first_seen_at; it ended after last_seen_at and not later than not_after_at.
-- Empty not_before_at: nobody had looked before. Empty not_after_at: no look since has found otherwise. Looks without an answer
-- say nothing and widen the bounds.
WITH answered AS (
  SELECT series, address, purpose, publication, file_name, answer, sha256, content_sha256, requested_at, completed_at, capture_id,
    lag(answer) OVER w AS answer_before, lag(content_sha256) OVER w AS content_before, lag(requested_at) OVER w AS requested_before_at,
    lead(answer) OVER w AS answer_after, lead(content_sha256) OVER w AS content_after, lead(completed_at) OVER w AS completed_after_at
  FROM looks
  WHERE answer <> 'no answer'
  WINDOW w AS (PARTITION BY series, address ORDER BY capture_id)
),
numbered AS (
  SELECT *,
    answer_before IS NOT answer OR content_before IS NOT content_sha256 AS begins,
    answer_after IS NOT answer OR content_after IS NOT content_sha256 AS ends,
    sum(answer_before IS NOT answer OR content_before IS NOT content_sha256) OVER (PARTITION BY series, address ORDER BY capture_id) AS spell
  FROM answered
)
SELECT
  series, address, max(purpose) AS purpose, max(publication) AS publication, max(file_name) AS file_name, max(answer) AS state,
  max(CASE WHEN ends THEN sha256 END) AS sha256, spell,
  max(CASE WHEN begins THEN min(requested_before_at, requested_at) END) AS not_before_at,
  min(completed_at) AS first_seen_at, max(requested_at) AS last_seen_at,
  max(CASE WHEN ends THEN max(completed_after_at, completed_at) END) AS not_after_at,
  count(*) AS looks, min(capture_id) AS first_capture_id, max(capture_id) AS last_capture_id
FROM numbered
GROUP BY series, address, spell
