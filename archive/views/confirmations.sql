-- Per month and family: how many vintages state it, in how many of them any cell differed from the one before, and that in words.
WITH told AS (
  SELECT
    m.month,
    c.family,
    count(*) AS times_stated,
    count(DISTINCT v.release_id) AS releases,
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
    count(DISTINCT v.release_id),
    sum(c.changed > 0),
    sum(c.changed),
    min(v.stated_on),
    max(v.stated_on)
  FROM weekly_coverage AS c
  JOIN weeks AS m ON m.week_id = c.week_id
  JOIN vintages AS v ON v.vintage = c.vintage
  GROUP BY c.family, c.week_id
)
SELECT
  month,
  family,
  times_stated,
  releases,
  times_changed,
  cells_changed,
  first_stated_on,
  last_confirmed_on,
  'Stated in ' || iif(times_stated > releases, times_stated || ' editions of ', '') || releases
    || iif(releases = 1, ' release', ' releases')
    || CASE times_changed
      WHEN 0 THEN ', never changed' WHEN 1 THEN ', changed once'
      ELSE ', changed ' || times_changed || ' times' END
    || iif(times_stated > 1 AND times_changed = 0, ', last confirmed ', ', last stated ')
    || ltrim(strftime('%d', last_confirmed_on), '0') || ' ' || rtrim(substr(
      'January  February March    April    May      June     July     August   SeptemberOctober  November December ',
      strftime('%m', last_confirmed_on) * 9 - 8, 9)) || ' ' || strftime('%Y', last_confirmed_on) || '.' AS in_words
FROM told
