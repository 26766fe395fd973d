-- What the first vintage that covered each cell stated.
SELECT
  m.month,
  p.area_kind,
  p.area_code,
  s.since AS since_vintage,
  s.until AS until_vintage,
  s.opt_outs,
  s.list_size,
  s.rate,
  s.deceased,
  CASE WHEN s.opt_outs IS NULL THEN (
    SELECT json_extract(x.reasons, '$.opt_outs') FROM workbook_areas_missing_spans AS x
    WHERE x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS opt_outs_reason,
  CASE WHEN s.list_size IS NULL THEN (
    SELECT json_extract(x.reasons, '$.list_size') FROM workbook_areas_missing_spans AS x
    WHERE x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS list_size_reason,
  CASE WHEN s.rate IS NULL THEN (
    SELECT json_extract(x.reasons, '$.rate') FROM workbook_areas_missing_spans AS x
    WHERE x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS rate_reason,
  CASE WHEN s.deceased IS NULL THEN (
    SELECT json_extract(x.reasons, '$.deceased') FROM workbook_areas_missing_spans AS x
    WHERE x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS deceased_reason
FROM workbook_areas_spans AS s
JOIN months AS m ON m.month_id = s.month_id
JOIN workbook_areas_places AS p ON p.place_id = s.place_id
WHERE s.since = (
    SELECT min(f.since) FROM workbook_areas_spans AS f WHERE f.month_id = s.month_id AND f.place_id = s.place_id
  )
