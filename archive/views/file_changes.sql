-- Each observed change of a file, with what the publication's own pages say of it. `announced`: a notice dated on a day within our
-- bounds or up to seven days after, or one that came while the file changed. `page edited the same day`: the page's last-edited line
-- names a time within our bounds, or later on their last day, or its text changed within them. Else `no explanation found`: found by
-- us, on these pages. Days are London's, taken so that the bounds are never narrower than our looks.
WITH changes AS (
  SELECT *, date(not_before_at) AS from_on, date(not_after_at, '+1 hour') AS to_on FROM observed_file_changes
),
notices AS MATERIALIZED (SELECT *, row_number() OVER (ORDER BY first_capture_id, noticed_on, title, text) AS number FROM change_notices),
edits AS MATERIALIZED (SELECT * FROM page_changes WHERE prose_changed),
stamps AS MATERIALIZED (
  SELECT k.series, k.publication, k.address, p.last_edited_at, p.last_edited_text, min(k.capture_id) AS capture_id
  FROM page_looks AS k JOIN pages AS p ON p.sha256 = k.sha256 AND p.address = k.address
  WHERE p.last_edited_at IS NOT NULL
  GROUP BY k.series, k.publication, k.address, p.last_edited_at, p.last_edited_text
),
explained AS (
  SELECT c.*,
    (SELECT coalesce(min(CASE WHEN n.noticed_on BETWEEN c.from_on AND c.to_on THEN n.number END), min(n.number))
      FROM notices AS n WHERE n.series = c.series AND n.publication IS c.publication
      AND (n.noticed_on BETWEEN c.from_on AND date(c.to_on, '+7 days')
        OR (n.noticed_on <= c.to_on AND n.seen_after_at < c.not_after_at AND n.first_seen_at > c.not_before_at))
    ) AS notice,
    (SELECT s.capture_id FROM stamps AS s WHERE s.series = c.series AND s.publication IS c.publication
      AND s.last_edited_at >= substr(c.not_before_at, 1, 16) AND substr(s.last_edited_at, 1, 10) <= c.to_on
      ORDER BY s.last_edited_at LIMIT 1) AS stamp_capture_id,
    (SELECT e.new_capture_id FROM edits AS e WHERE e.series = c.series AND e.publication IS c.publication
      AND e.not_before_at < c.not_after_at AND e.not_after_at > c.not_before_at
      ORDER BY e.new_capture_id LIMIT 1) AS edit_capture_id
  FROM changes AS c
)
SELECT
  x.series, x.publication, x.file_name, x.change,
  CASE WHEN x.notice IS NOT NULL THEN 'announced'
    WHEN x.stamp_capture_id IS NOT NULL OR x.edit_capture_id IS NOT NULL THEN 'page edited the same day'
    ELSE 'no explanation found' END AS label,
  x.not_before_at, x.not_after_at, x.old_sha256, x.new_sha256, x.old_address, x.new_address,
  n.noticed_on, n.title AS notice_title, n.text AS notice_text,
  (SELECT s.last_edited_text FROM stamps AS s WHERE s.capture_id = x.stamp_capture_id) AS last_edited_text,
  (SELECT e.difference FROM edits AS e WHERE e.new_capture_id = x.edit_capture_id) AS difference,
  coalesce(n.first_capture_id, x.stamp_capture_id, x.edit_capture_id) AS page_capture_id,
  x.old_capture_id, x.new_capture_id, x.back_at
FROM explained AS x
LEFT JOIN notices AS n ON n.number = x.notice
