-- Dated notices on pages, as their editors wrote and dated them, with the looks that first and last showed them. A notice came after
-- seen_after_at (empty: it stood there when the page was first looked at) and not later than first_seen_at.
WITH noted AS MATERIALIZED (
  SELECT p.sha256, p.address, n.value ->> 'title' AS title, n.value ->> 'text' AS text, n.value ->> 'date_text' AS date_text,
    n.value ->> 'noticed_on' AS noticed_on
  FROM pages AS p, json_each(p.notices) AS n
),
shown AS (
  SELECT k.series, max(k.publication) AS publication, k.address, n.title, n.text, n.date_text, n.noticed_on,
    min(k.capture_id) AS first_capture_id, max(k.capture_id) AS last_capture_id
  FROM noted AS n
  CROSS JOIN page_looks AS k ON k.sha256 = n.sha256 AND k.address = n.address
  GROUP BY k.series, k.address, n.title, n.text, n.date_text, n.noticed_on
)
SELECT
  s.series, s.publication, s.address, s.noticed_on, s.title, s.text, s.date_text,
  (SELECT max(k.requested_at) FROM page_looks AS k WHERE k.series = s.series AND k.address = s.address
    AND k.capture_id < s.first_capture_id) AS seen_after_at,
  f.completed_at AS first_seen_at, t.requested_at AS last_seen_at, s.first_capture_id, s.last_capture_id, f.sha256
FROM shown AS s
JOIN captures AS f ON f.capture_id = s.first_capture_id
JOIN captures AS t ON t.capture_id = s.last_capture_id
