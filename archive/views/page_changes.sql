-- Every change of a page's words between two looks that followed one another. It happened after not_before_at and not later than
-- not_after_at. Markup, blanks and what stands around the main part are no words. prose_changed is 0 where only the last-edited line,
-- or the type and size that the site prints beside a file, differ.
WITH worded AS (
  SELECT l.series, l.publication, l.purpose, l.address, l.capture_id, l.sha256, l.requested_at, l.completed_at,
    w.words_sha256, w.prose_sha256
  FROM captures AS l
  JOIN page_texts AS t ON t.sha256 = l.sha256 AND t.address = l.address
  JOIN wordings AS w ON w.text_sha256 = t.text_sha256
  WHERE l.way = 'http' AND l.outcome IN ('new', 'changed', 'reissued', 'unchanged')
),
beside AS (
  SELECT *,
    lag(capture_id) OVER w AS old_capture_id, lag(sha256) OVER w AS old_sha256, lag(requested_at) OVER w AS before_at,
    lag(words_sha256) OVER w AS old_words_sha256, lag(prose_sha256) OVER w AS old_prose_sha256
  FROM worded
  WINDOW w AS (PARTITION BY series, address ORDER BY capture_id)
)
SELECT
  series, publication, address, min(before_at, requested_at) AS not_before_at, max(before_at, completed_at) AS not_after_at,
  old_prose_sha256 <> prose_sha256 AS prose_changed,
  '/page-difference?a=' || old_capture_id || '&b=' || capture_id AS difference,
  old_capture_id, capture_id AS new_capture_id, old_sha256, sha256 AS new_sha256
FROM beside
WHERE old_words_sha256 <> words_sha256
