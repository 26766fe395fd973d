-- What the first vintage that covered each cell stated.
SELECT
  m.week,
  p.group_kind,
  p.code,
  s.since AS since_vintage,
  s.until AS until_vintage,
  s.opt_outs,
  s.population,
  s.rate,
  CASE WHEN s.opt_outs IS NULL THEN (
    SELECT json_extract(x.reasons, '$.opt_outs') FROM weekly_missing_spans AS x
    WHERE x.week_id = s.week_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS opt_outs_reason,
  CASE WHEN s.population IS NULL THEN (
    SELECT json_extract(x.reasons, '$.population') FROM weekly_missing_spans AS x
    WHERE x.week_id = s.week_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS population_reason,
  CASE WHEN s.rate IS NULL THEN (
    SELECT json_extract(x.reasons, '$.rate') FROM weekly_missing_spans AS x
    WHERE x.week_id = s.week_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS rate_reason
FROM weekly_spans AS s
JOIN weeks AS m ON m.week_id = s.week_id
JOIN weekly_places AS p ON p.place_id = s.place_id
WHERE s.since = (
    SELECT min(f.since) FROM weekly_spans AS f WHERE f.week_id = s.week_id AND f.place_id = s.place_id
  )
