-- Every link from a page to a file: first seen, last seen, first missing, with bounds. Only looks that found the page, and found
-- it as we know it, count: a page that was blocked, broken or redesigned says nothing of its links.
-- offered_instead: where a link is gone, the address under which the same publication offers a file of the same name or words now,
-- or offered one when the link was first missing.
WITH offered AS (
  SELECT k.series, k.publication, k.purpose, k.address AS page_address, x.resource_address, k.capture_id, k.requested_at,
    k.completed_at, o.sha256 IS NOT NULL AS is_there, o.file_name, o.name
  FROM page_looks AS k
  JOIN (SELECT DISTINCT address, resource_address FROM page_links) AS x ON x.address = k.address
  LEFT JOIN page_links AS o ON o.sha256 = k.sha256 AND o.address = k.address AND o.resource_address = x.resource_address
),
bounded AS (
  SELECT *,
    min(CASE WHEN is_there THEN capture_id END) OVER w AS first_id, max(CASE WHEN is_there THEN capture_id END) OVER w AS last_id
  FROM offered
  WINDOW w AS (PARTITION BY series, page_address, resource_address)
),
found AS (
  SELECT
    series, max(publication) AS publication, page_address, resource_address,
    max(CASE WHEN capture_id = last_id THEN file_name END) AS file_name, max(CASE WHEN capture_id = last_id THEN name END) AS name,
    max(CASE WHEN capture_id < first_id THEN requested_at END) AS seen_after_at,
    min(CASE WHEN is_there THEN completed_at END) AS first_seen_at, max(CASE WHEN is_there THEN requested_at END) AS last_seen_at,
    min(CASE WHEN capture_id > last_id THEN completed_at END) AS first_missing_at,
    max(completed_at) AS page_last_seen_at, first_id AS first_capture_id, last_id AS last_capture_id,
    min(CASE WHEN capture_id > last_id THEN capture_id END) AS first_missing_capture_id
  FROM bounded
  WHERE first_id IS NOT NULL
  GROUP BY series, page_address, resource_address
),
newest AS (
  SELECT series, publication, address, sha256, max(capture_id) AS capture_id FROM page_looks GROUP BY series, publication, address
)
SELECT
  f.series, f.publication, f.page_address, f.resource_address, f.file_name, f.name,
  CASE WHEN f.first_missing_at IS NULL THEN 'offered' ELSE 'no longer offered' END AS state,
  f.seen_after_at, f.first_seen_at, f.last_seen_at, f.first_missing_at, f.page_last_seen_at,
  CASE WHEN f.first_missing_at IS NOT NULL THEN (
    SELECT coalesce(
      max(CASE WHEN k.resource_address = f.resource_address THEN k.resource_address END),
      max(CASE WHEN k.file_name = f.file_name THEN k.resource_address END),
      max(CASE WHEN k.name = f.name THEN k.resource_address END))
    FROM (
      SELECT sha256, address FROM newest AS n WHERE n.series = f.series AND n.publication IS f.publication
      UNION SELECT c.sha256, c.address FROM captures AS c WHERE c.capture_id = f.first_missing_capture_id
    ) AS n
    JOIN page_links AS k ON k.sha256 = n.sha256 AND k.address = n.address
  ) END AS offered_instead,
  f.first_capture_id, f.last_capture_id, f.first_missing_capture_id
FROM found AS f
