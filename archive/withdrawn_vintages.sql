SELECT
  l.vintage,
  l.family,
  'Taken back by the publisher: '
    || group_concat(DISTINCT w.what || ' ' || w.rule || coalesce(', first missing ' || substr(w.first_missing_at, 1, 10), ''))
FROM withdrawn AS w
JOIN releases AS r ON r.series = w.series AND r.publication = w.publication
JOIN vintages AS v ON v.release_id = r.release_id
JOIN loads AS l ON l.vintage = v.vintage
JOIN files AS f ON f.file_id = l.file_id
WHERE w.what = 'page' OR w.address = f.address
GROUP BY l.vintage, l.family
ORDER BY l.vintage, l.family
