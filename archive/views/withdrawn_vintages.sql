-- Vintages whose release, or the file of it that states a family, the publisher took back: a flag for answers, never a filter.
SELECT
  l.vintage,
  l.family,
  'Taken back by the publisher: ' || group_concat(DISTINCT w.what || ' ' || w.because || ' ' || substr(w.absent_since, 1, 10))
    AS withdrawn
FROM withdrawn_releases AS w
JOIN releases AS r ON r.series = w.series AND r.publication = w.publication
JOIN vintages AS v ON v.release_id = r.release_id
JOIN loads AS l ON l.vintage = v.vintage
JOIN files AS f ON f.file_id = l.file_id
WHERE w.what = 'page' OR w.address = f.address
GROUP BY l.vintage, l.family
