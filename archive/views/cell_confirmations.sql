-- The same cell, a later vintage, the same value: each statement with the releases that first and last made it. Vintages between
-- them that do not cover the month (or week) are not counted. Ask for a month and a key: all of them are millions of rows.
-- for each family:
SELECT '{family}' AS family, m.{day} AS month, {key} AS key, s.opt_outs, s.since AS since_vintage, s.until AS until_vintage,
  (SELECT count(*) FROM {coverage} AS c WHERE c.family = {source} AND c.{period} = s.{period} AND c.vintage >= s.since
    AND (s.until IS NULL OR c.vintage < s.until)) AS times_stated,
  (SELECT label FROM vintages WHERE vintage = s.since) AS first_release,
  (SELECT v.label FROM {coverage} AS c JOIN vintages AS v ON v.vintage = c.vintage WHERE c.family = {source}
    AND c.{period} = s.{period} AND c.vintage >= s.since AND (s.until IS NULL OR c.vintage < s.until)
    ORDER BY c.vintage DESC LIMIT 1) AS last_release,
  (SELECT v.stated_on FROM {coverage} AS c JOIN vintages AS v ON v.vintage = c.vintage WHERE c.family = {source}
    AND c.{period} = s.{period} AND c.vintage >= s.since AND (s.until IS NULL OR c.vintage < s.until)
    ORDER BY c.vintage DESC LIMIT 1) AS last_confirmed_on
FROM {family}_spans AS s
JOIN {periods} AS m ON m.{period} = s.{period}
JOIN {family}_places AS p ON p.place_id = s.place_id
-- end
