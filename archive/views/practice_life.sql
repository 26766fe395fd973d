-- How long each practice is in the figures as stated now, and what to look at before using them; no figure is changed by it.
WITH covered AS (
  SELECT DISTINCT month_id FROM coverage WHERE family = 'practices'
),
held AS (
  SELECT place_id, min(month_id) AS first_id, max(month_id) AS last_id, count(*) AS months_held,
    sum(list_size < 1000) AS months_list_under_1000, sum(opt_outs > list_size) AS months_rate_over_100
  FROM practices_spans WHERE until IS NULL GROUP BY place_id
),
named AS (
  SELECT s.place_id, l.name, nullif(l.postcode, 'Unallocated') AS postcode FROM practices_label_spans AS s JOIN labels AS l ON l.label_id = s.label_id
  WHERE s.until IS NULL AND s.month_id = 0
),
housed AS (
  SELECT postcode, count(*) AS practices FROM named WHERE postcode IS NOT NULL GROUP BY postcode
)
SELECT
  p.practice_code,
  n.name AS practice_name,
  f.month AS first_month,
  t.month AS last_month,
  CAST(h.last_id = (SELECT max(month_id) FROM covered) AS INTEGER) AS in_newest_month,
  h.months_held,
  (SELECT count(*) FROM covered AS c WHERE c.month_id BETWEEN h.first_id AND h.last_id) - h.months_held AS months_missing,
  coalesce(h.months_list_under_1000, 0) AS months_list_under_1000,
  coalesce(h.months_rate_over_100, 0) AS months_rate_over_100,
  n.postcode,
  u.practices AS practices_at_postcode
FROM held AS h
JOIN practices_places AS p ON p.place_id = h.place_id
JOIN months AS f ON f.month_id = h.first_id
JOIN months AS t ON t.month_id = h.last_id
LEFT JOIN named AS n ON n.place_id = h.place_id
LEFT JOIN housed AS u ON u.postcode = n.postcode
