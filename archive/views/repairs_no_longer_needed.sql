-- Repairs of a layout that found nothing to mend in a release newer than one in which they did.
WITH needed AS (
  SELECT l.family, x.schema, x.field, x.raw, x.repaired, max(l.vintage) AS last_needed_vintage
  FROM repairs AS x
  JOIN loads AS l ON l.file_id = x.file_id AND l.family = x.family
  WHERE x.field NOT IN ('row', 'header')
  GROUP BY l.family, x.schema, x.field, x.raw, x.repaired
)
SELECT
  n.family,
  n.schema,
  n.field,
  n.raw,
  n.repaired,
  n.last_needed_vintage,
  min(l.vintage) AS first_unneeded_vintage
FROM needed AS n
JOIN loads AS l ON l.family = n.family AND l.vintage > n.last_needed_vintage
GROUP BY n.family, n.schema, n.field, n.raw, n.repaired
