-- The same cell, a later vintage, another value. Only the value counts: other spelling or labels are no restatement.
-- for each measure:
SELECT '{family}' AS family, m.{day} AS month, {key} AS key, '{measure}' AS measure,
  o.{measure} AS old, n.{measure} AS new, o.since AS old_vintage, n.since AS new_vintage,
  (SELECT label FROM vintages WHERE vintage = o.since) AS old_release,
  (SELECT label FROM vintages WHERE vintage = n.since) AS new_release
FROM {family}_spans AS o
JOIN {family}_spans AS n ON n.{period} = o.{period} AND n.place_id = o.place_id AND n.since = o.until
JOIN {periods} AS m ON m.{period} = o.{period}
JOIN {family}_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.{measure} IS NOT n.{measure}
-- end
