-- Releases, and files of them, that the publisher took back: gone at three looks or more over a day or more while all else was
-- there, or a page that is public no longer. What they stated stays, and stays in every answer about the time before.
-- Each part is gathered once: an archive of years has thousands of looks at an address that is gone.
WITH last_there AS MATERIALIZED (
  SELECT address, max(capture_id) AS capture_id FROM captures
  WHERE outcome IN ('new', 'changed', 'reissued', 'unchanged', 'not_modified')
  GROUP BY address
), sound AS (
  SELECT poll_id FROM captures
  WHERE purpose = 'series_page' AND outcome IN ('new', 'changed', 'unchanged', 'not_modified')
), trouble AS MATERIALIZED (
  SELECT poll_id, purpose, publication FROM captures
  WHERE purpose <> 'robots' AND outcome IN ('failed', 'blocked', 'suspect', 'soft_error')
), gone AS (
  SELECT
    c.series, c.publication, c.purpose, c.address, max(c.file_name) AS file_name,
    min(p.started_at) AS absent_since, max(p.started_at) AS absent_until, count(DISTINCT c.poll_id) AS looks
  FROM captures AS c
  CROSS JOIN polls AS p ON p.poll_id = c.poll_id
  CROSS JOIN last_there AS a ON a.address = c.address AND a.capture_id < c.capture_id
  WHERE c.outcome = 'absent' AND c.purpose IN ('publication_page', 'file') AND c.publication IS NOT NULL
    AND c.poll_id IN (SELECT poll_id FROM sound)
    AND NOT EXISTS (
      SELECT 1 FROM trouble AS t
      WHERE t.poll_id = c.poll_id AND NOT (t.purpose = 'file' AND t.publication = c.publication)
    )
  GROUP BY c.series, c.publication, c.purpose, c.address
  HAVING count(DISTINCT c.poll_id) >= 3 AND julianday(max(p.started_at)) - julianday(min(p.started_at)) >= 1
)
SELECT
  r.series, r.publication, r.title,
  CASE g.purpose WHEN 'file' THEN 'file' ELSE 'page' END AS what,
  g.file_name, g.address, g.absent_since, g.absent_until, g.looks,
  'answered as absent at every look since' AS because
FROM gone AS g
JOIN releases AS r ON r.series = g.series AND r.publication = g.publication
UNION ALL
SELECT
  r.series, r.publication, r.title, 'page', NULL, r.page_address, r.last_captured_at, r.last_captured_at, 1,
  'the page shows no figures any more, as before publication'
FROM releases AS r
WHERE r.state = 'upcoming' AND EXISTS (SELECT 1 FROM vintages AS v WHERE v.release_id = r.release_id)
