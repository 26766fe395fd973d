-- Per month and family: how many vintages state it, in how many of them any cell differed from the one before.
SELECT
  m.month,
  c.family,
  count(*) AS times_stated,
  sum(c.changed > 0) AS times_changed,
  sum(c.changed) AS cells_changed,
  min(v.stated_on) AS first_stated_on,
  max(v.stated_on) AS last_confirmed_on
FROM coverage AS c
JOIN months AS m ON m.month_id = c.month_id
JOIN vintages AS v ON v.vintage = c.vintage
GROUP BY c.family, c.month_id
UNION ALL
SELECT
  m.week,
  c.family,
  count(*),
  sum(c.changed > 0),
  sum(c.changed),
  min(v.stated_on),
  max(v.stated_on)
FROM weekly_coverage AS c
JOIN weeks AS m ON m.week_id = c.week_id
JOIN vintages AS v ON v.vintage = c.vintage
GROUP BY c.family, c.week_id
