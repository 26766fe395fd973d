-- Files and pages that the publisher took back, by one rule over facts. Either the address answered as absent in at least three polls
-- over at least 24 hours since it was last there, counting only polls in which the series page was there and understood, no page of
-- the publication was without an answer, and at least one other file of the same host was there (for a page: the series page is that
-- other). Or a page that is there and understood no longer offers the file, and no page of the publication offers it elsewhere: not while a finding doubts that page, such as lost links. What was put
-- elsewhere was moved, not withdrawn: a file by another in its place, a page by one with the publisher's same identifier. Or a page
-- that had figures shows none any more, as before publication.
-- What a release stated stays, and stays in every answer about the time before. Back again, it leaves this list.
WITH last_there AS (
  SELECT series, address, max(CASE WHEN answer = 'present' THEN capture_id END) AS last_id FROM looks GROUP BY series, address
),
missed AS (
  SELECT l.series, l.publication, l.purpose, l.address, l.host, l.file_name, l.poll_id, l.requested_at, l.completed_at, l.capture_id, t.last_id
  FROM looks AS l JOIN last_there AS t ON t.series = l.series AND t.address = l.address AND l.capture_id > t.last_id
  WHERE l.answer = 'absent' AND l.purpose IN ('file', 'publication_page', 'further_page')
),
counted AS (
  SELECT m.*, (
    SELECT min(o.address) FROM looks AS o WHERE o.poll_id = m.poll_id AND o.answer = 'present' AND o.address <> m.address
      AND (o.purpose = 'file' AND o.host = m.host OR m.purpose <> 'file' AND o.purpose = 'series_page')
  ) AS beside
  FROM missed AS m
  WHERE EXISTS (
      SELECT 1 FROM looks AS s CROSS JOIN pages AS q ON q.sha256 = s.sha256 AND q.address = s.address
      WHERE s.poll_id = m.poll_id AND s.purpose = 'series_page' AND s.answer = 'present' AND q.unread_because IS NULL)
    AND NOT EXISTS (
      SELECT 1 FROM looks AS p WHERE p.poll_id = m.poll_id AND p.purpose IN ('publication_page', 'further_page')
        AND p.publication IS m.publication AND p.address <> m.address AND p.answer <> 'absent'
        AND NOT EXISTS (SELECT 1 FROM page_looks AS r WHERE r.capture_id = p.capture_id))
),
absent AS (
  SELECT series, max(publication) AS publication, max(purpose) AS purpose, address, max(file_name) AS file_name,
    max(last_id) AS last_id, min(requested_at) AS counted_from_at, max(requested_at) AS counted_until_at,
    count(DISTINCT poll_id) AS polls, max(beside) AS beside
  FROM counted WHERE beside IS NOT NULL
  GROUP BY series, address
  HAVING count(DISTINCT poll_id) >= 3 AND julianday(max(requested_at)) - julianday(min(requested_at)) >= 1
),
doubted AS (
  SELECT DISTINCT f.series, f.subject AS address FROM findings AS f
  WHERE f.code LIKE 'page.%' AND f.severity <> 'info' AND f.finding_id = (
    SELECT max(n.finding_id) FROM findings AS n
    WHERE n.series IS f.series AND n.code = f.code AND n.subject = f.subject AND n.place = f.place)
),
unlinked AS (
  SELECT series, max(publication) AS publication, resource_address AS address, max(file_name) AS file_name,
    max(last_seen_at) AS last_seen_at, max(first_missing_at) AS first_missing_at, max(page_address) AS page_address
  FROM links WHERE publication IS NOT NULL
  GROUP BY series, resource_address
  HAVING sum(state = 'offered') = 0 AND sum(offered_instead IS NOT NULL) = 0
    AND sum(EXISTS (SELECT 1 FROM doubted AS d WHERE d.series = links.series AND d.address = links.page_address)) = 0
),
superseded AS (
  SELECT series, resource_address AS address FROM links WHERE offered_instead <> resource_address
  UNION
  SELECT k.series, p.address FROM pages AS p
  JOIN pages AS q ON q.identity = p.identity AND q.address <> p.address AND q.kind = p.kind
  JOIN page_looks AS k ON k.sha256 = q.sha256 AND k.address = q.address
  JOIN last_there AS t ON t.series = k.series AND t.address = p.address AND t.last_id < k.capture_id
)
SELECT
  a.series, a.publication, CASE a.purpose WHEN 'file' THEN 'file' ELSE 'page' END AS what, a.file_name, a.address,
  CASE WHEN u.address IS NULL THEN 'absent' ELSE 'absent and no longer offered' END AS rule,
  c.requested_at AS last_seen_at,
  (SELECT min(m.completed_at) FROM missed AS m WHERE m.series = a.series AND m.address = a.address) AS first_missing_at,
  a.polls, a.counted_from_at, a.counted_until_at, a.beside AS also_looked_at, u.page_address
FROM absent AS a
JOIN captures AS c ON c.capture_id = a.last_id
LEFT JOIN unlinked AS u ON u.series = a.series AND u.address = a.address
WHERE NOT EXISTS (SELECT 1 FROM superseded AS s WHERE s.series = a.series AND s.address = a.address)
UNION ALL
SELECT
  u.series, u.publication, 'file', u.file_name, u.address, 'no longer offered', u.last_seen_at, u.first_missing_at,
  NULL, NULL, NULL, NULL, u.page_address
FROM unlinked AS u
WHERE NOT EXISTS (SELECT 1 FROM absent AS a WHERE a.series = u.series AND a.address = u.address)
UNION ALL
SELECT
  r.series, r.publication, 'page', NULL, r.page_address, 'shows no figures any more', NULL, r.last_captured_at,
  NULL, NULL, NULL, NULL, NULL
FROM releases AS r
WHERE r.state = 'upcoming' AND EXISTS (SELECT 1 FROM vintages AS v WHERE v.release_id = r.release_id)
