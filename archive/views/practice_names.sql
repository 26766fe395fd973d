-- Names, postcodes and areas of practices as published, by vintage; a month stands only where it differs from the newest.
SELECT
  p.practice_code,
  l.name AS practice_name,
  l.postcode,
  g.ccg_ons_code, g.ccg_name, g.sub_icb_code, g.sub_icb_ons_code, g.sub_icb_name,
  g.icb_code, g.icb_ons_code, g.icb_name, g.region_code, g.region_ons_code, g.region_name,
  m.month AS only_for_month,
  s.since AS since_vintage,
  s.until AS until_vintage
FROM practices_label_spans AS s
JOIN practices_places AS p ON p.place_id = s.place_id
JOIN labels AS l ON l.label_id = s.label_id
JOIN geographies AS g ON g.geography_id = l.geography_id
LEFT JOIN months AS m ON m.month_id = s.month_id
