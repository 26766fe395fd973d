-- Releases of which the publisher took back files or the page, counted from `withdrawn`, where the rule and the facts stand.
SELECT
  r.series, r.publication, r.title,
  CASE WHEN sum(w.what = 'file') >= (
    SELECT count(DISTINCT a.address) FROM addresses AS a
    WHERE a.series = r.series AND a.publication = r.publication AND a.purpose = 'file' AND a.first_seen_at IS NOT NULL
  ) THEN 'whole' ELSE 'in part' END AS extent,
  sum(w.what = 'file') AS files_withdrawn, max(w.what = 'page') AS page_withdrawn,
  max(w.last_seen_at) AS last_seen_at, min(w.first_missing_at) AS first_missing_at
FROM withdrawn AS w
JOIN releases AS r ON r.series = w.series AND r.publication = w.publication
GROUP BY r.series, r.publication, r.title
