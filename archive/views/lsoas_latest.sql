-- What the newest vintage that covers each month states.
SELECT
  m.month,
  p.lsoa_code,
  s.since AS since_vintage,
  s.until AS until_vintage,
  s.opt_outs,
  CASE WHEN s.opt_outs IS NULL THEN (
    SELECT json_extract(x.reasons, '$.opt_outs') FROM lsoas_missing_spans AS x
    WHERE x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS opt_outs_reason
FROM lsoas_spans AS s
JOIN months AS m ON m.month_id = s.month_id
JOIN lsoas_places AS p ON p.place_id = s.place_id
WHERE s.until IS NULL
