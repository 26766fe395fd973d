-- Suspect files: kept, and their figures left out until a person releases them. One row for each file's bytes.
WITH newest AS (
  SELECT max(capture_id) AS capture_id FROM captures
  WHERE outcome = 'suspect' AND purpose = 'file' AND sha256 IS NOT NULL GROUP BY sha256
)
SELECT
  c.capture_id, c.sha256, c.series, c.publication, c.file_name, c.address, c.bytes, c.requested_at, c.error_code, c.error_detail,
  coalesce(q.ruling, 'held') AS state, q.reason, q.ruled_at, q.ruled_by
FROM newest
JOIN captures AS c ON c.capture_id = newest.capture_id
LEFT JOIN quarantine_rulings AS q ON q.sha256 = c.sha256
