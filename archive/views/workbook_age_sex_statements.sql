-- Every distinct statement, with the vintages between which it was made.
SELECT
  m.month,
  p.age_band,
  p.sex,
  s.since AS since_vintage,
  s.until AS until_vintage,
  s.opt_outs,
  s.list_size,
  s.rate,
  CASE WHEN s.opt_outs IS NULL THEN (
    SELECT json_extract(x.reasons, '$.opt_outs') FROM workbook_age_sex_missing_spans AS x
    WHERE x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS opt_outs_reason,
  CASE WHEN s.list_size IS NULL THEN (
    SELECT json_extract(x.reasons, '$.list_size') FROM workbook_age_sex_missing_spans AS x
    WHERE x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS list_size_reason,
  CASE WHEN s.rate IS NULL THEN (
    SELECT json_extract(x.reasons, '$.rate') FROM workbook_age_sex_missing_spans AS x
    WHERE x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS rate_reason
FROM workbook_age_sex_spans AS s
JOIN months AS m ON m.month_id = s.month_id
JOIN workbook_age_sex_places AS p ON p.place_id = s.place_id
WHERE p.age_band <> 'deceased'
