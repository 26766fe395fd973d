-- The panel of practices: every statement with name and areas as the stating release has them, who stated it, and what to look at.
SELECT
  m.month,
  p.practice_code,
  l.name AS practice_name,
  s.opt_outs,
  s.list_size,
  CASE WHEN s.opt_outs IS NULL OR s.list_size IS NULL THEN (
    SELECT x.reasons FROM practices_missing_spans AS x
    WHERE x.month_id = s.month_id AND x.place_id = s.place_id AND x.since <= s.since
      AND (x.until IS NULL OR x.until > s.since)
  ) END AS reasons,
  g.ccg_ons_code, g.sub_icb_code, g.icb_code, g.region_code,
  r.title AS release,
  v.stated_on,
  s.since AS since_vintage,
  s.until AS until_vintage,
  -- Cast, so that ?is_latest=1 finds them: an expression alone compares with no text.
  CAST(s.until IS NULL AS INTEGER) AS is_latest,
  CAST(NOT EXISTS (
    SELECT 1 FROM practices_spans AS f WHERE f.month_id = s.month_id AND f.place_id = s.place_id AND f.since < s.since
  ) AS INTEGER) AS is_first,
  nullif(ltrim(
    iif(p.practice_code = 'Unallocated', ' no_practice', '') || iif(s.list_size < 1000, ' list_under_1000', '')
    || iif(s.opt_outs > s.list_size, ' rate_over_100', '')
  ), '') AS flags
FROM practices_spans AS s
JOIN months AS m ON m.month_id = s.month_id
JOIN practices_places AS p ON p.place_id = s.place_id
JOIN vintages AS v ON v.vintage = s.since
JOIN releases AS r ON r.release_id = v.release_id
LEFT JOIN labels AS l ON l.label_id = coalesce(
  (SELECT a.label_id FROM practices_label_spans AS a WHERE a.month_id = s.month_id AND a.place_id = s.place_id
    AND a.since <= s.since AND (a.until IS NULL OR a.until > s.since)),
  (SELECT b.label_id FROM practices_label_spans AS b WHERE b.month_id = 0 AND b.place_id = s.place_id
    AND b.since <= s.since AND (b.until IS NULL OR b.until > s.since))
)
LEFT JOIN geographies AS g ON g.geography_id = l.geography_id
