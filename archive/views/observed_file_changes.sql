-- What we saw happen to files, before anybody asks why: other bytes at the same address, a file of the same name and words at a new
-- address, an address that is gone. Each happened after not_before_at and not later than not_after_at.
WITH here AS (
  SELECT c.*, (
    SELECT max(b.capture_id) FROM captures AS b WHERE b.address = c.address AND b.capture_id < c.capture_id AND b.series = c.series
      AND b.way = 'http' AND b.outcome IN ('new', 'changed', 'reissued', 'unchanged', 'not_modified', 'absent')
  ) AS answered_id, (
    SELECT max(b.capture_id) FROM captures AS b WHERE b.address = c.address AND b.capture_id < c.capture_id AND b.series = c.series
      AND b.way = 'http' AND b.outcome IN ('new', 'changed', 'reissued', 'unchanged', 'not_modified')
  ) AS there_id
  FROM captures AS c
  WHERE c.outcome IN ('changed', 'reissued', 'absent') AND c.purpose = 'file' AND c.way = 'http'
)
SELECT 'replaced in place' AS change, h.series, h.publication, h.file_name, h.address AS old_address, h.address AS new_address,
  o.sha256 AS old_sha256, h.sha256 AS new_sha256, min(t.requested_at, h.requested_at) AS not_before_at,
  max(t.requested_at, h.completed_at) AS not_after_at, o.capture_id AS old_capture_id, h.capture_id AS new_capture_id,
  NULL AS back_at
FROM here AS h
JOIN captures AS t ON t.capture_id = h.there_id
JOIN captures AS o ON o.capture_id = h.previous_capture_id
WHERE h.outcome = 'changed'
UNION ALL
SELECT CASE WHEN o.sha256 = h.sha256 THEN 'moved to a new address' ELSE 'reissued at a new address' END,
  h.series, h.publication, h.file_name, o.address, h.address, o.sha256, h.sha256,
  coalesce((
    SELECT max(k.requested_at) FROM captures AS v
    JOIN page_looks AS k ON k.address = v.address AND k.capture_id < v.capture_id AND k.series = v.series
    WHERE v.capture_id = h.via_capture_id
  ), o.requested_at), h.completed_at, o.capture_id, h.capture_id, NULL
FROM here AS h
JOIN captures AS o ON o.capture_id = h.previous_capture_id
WHERE h.outcome = 'reissued'
UNION ALL
SELECT 'gone', h.series, h.publication, h.file_name, h.address, NULL, coalesce(t.sha256, b.sha256), NULL,
  min(t.requested_at, h.requested_at), max(t.requested_at, h.completed_at), t.capture_id, h.capture_id, (
    SELECT min(n.completed_at) FROM captures AS n WHERE n.address = h.address AND n.capture_id > h.capture_id AND n.series = h.series
      AND n.way = 'http' AND n.outcome IN ('new', 'changed', 'reissued', 'unchanged', 'not_modified'))
FROM here AS h
JOIN captures AS t ON t.capture_id = h.there_id
LEFT JOIN captures AS b ON b.capture_id = t.previous_capture_id
WHERE h.outcome = 'absent' AND h.answered_id = h.there_id
