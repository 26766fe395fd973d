-- Numbers printed in the text of pages, each with its sentence and the looks that first and last showed it. Figures of an earlier
-- wording stay: a page that became a pointer still says here what it said.
WITH shown AS MATERIALIZED (
  SELECT c.series, max(c.publication) AS publication, c.address, t.text_sha256, min(c.completed_at) AS first_seen_at,
    max(c.requested_at) AS last_seen_at, min(c.capture_id) AS first_capture_id, max(c.capture_id) AS last_capture_id
  FROM captures AS c
  JOIN page_texts AS t ON t.sha256 = c.sha256 AND t.address = c.address
  WHERE c.way = 'http' AND c.outcome IN ('new', 'changed', 'reissued', 'unchanged')
  GROUP BY c.series, c.address, t.text_sha256
)
SELECT
  s.series, max(s.publication) AS publication, s.address, f.as_printed, f.number, f.kind, f.sentence,
  min(s.first_seen_at) AS first_seen_at, max(s.last_seen_at) AS last_seen_at,
  min(s.first_capture_id) AS first_capture_id, max(s.last_capture_id) AS last_capture_id
FROM shown AS s
JOIN prose_figures AS f ON f.text_sha256 = s.text_sha256
GROUP BY s.series, s.address, f.as_printed, f.number, f.kind, f.sentence
