-- Looks that found a page which we understood: only these can say that a link is there, or is not. Pages are always asked for whole.
SELECT c.capture_id, c.poll_id, c.series, c.publication, c.purpose, c.address, c.sha256, c.requested_at, c.completed_at
FROM captures AS c
JOIN pages AS p ON p.sha256 = c.sha256 AND p.address = c.address
WHERE c.way = 'http' AND c.outcome IN ('new', 'changed', 'reissued', 'unchanged') AND p.unread_because IS NULL
  AND c.purpose IN ('series_page', 'publication_page', 'further_page')
