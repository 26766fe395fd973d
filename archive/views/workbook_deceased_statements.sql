-- Every distinct statement, with the vintages between which it was made, of people who have died: never inside a total.
SELECT
  m.month,
  p.sex,
  s.since AS since_vintage,
  s.until AS until_vintage,
  s.opt_outs,
  CASE WHEN s.opt_outs IS NULL THEN (
    SELECT json_extract(x.reasons, '$.opt_outs') FROM workbook_age_sex_missing_spans AS x
    WHERE x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS opt_outs_reason
FROM workbook_age_sex_spans AS s
JOIN months AS m ON m.month_id = s.month_id
JOIN workbook_age_sex_places AS p ON p.place_id = s.place_id
WHERE p.age_band = 'deceased'
