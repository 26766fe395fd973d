-- Weeks of the dashboard export that repeat the week before to the last cell, as the newest export has them.
WITH pairs AS (
  SELECT w.week_id, w.week, max(b.week_id) AS before_id
  FROM weeks AS w JOIN weeks AS b ON b.week_id < w.week_id
  GROUP BY w.week_id
), cells AS (
  SELECT p.week_id, p.before_id, p.week, s.place_id, s.since,
    s.opt_outs IS b.opt_outs AND s.population IS b.population AND s.rate IS b.rate AND b.place_id IS NOT NULL AS is_same
  FROM pairs AS p
  JOIN weekly_spans AS s ON s.week_id = p.week_id AND s.until IS NULL
  LEFT JOIN weekly_spans AS b ON b.week_id = p.before_id AND b.place_id = s.place_id AND b.until IS NULL
)
SELECT
  c.week,
  b.week AS same_as,
  count(*) AS cells,
  max(c.since) AS since_vintage
FROM cells AS c
JOIN weeks AS b ON b.week_id = c.before_id
GROUP BY c.week_id
HAVING min(c.is_same) = 1
