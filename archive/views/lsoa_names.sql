-- Names and areas of LSOAs as published, by vintage; a month stands only where it differs from the newest.
SELECT
  p.lsoa_code,
  l.name AS lsoa_name,
  g.sub_icb_code, g.sub_icb_ons_code, g.sub_icb_name, g.local_authority_code, g.local_authority_name,
  m.month AS only_for_month,
  s.since AS since_vintage,
  s.until AS until_vintage
FROM lsoas_label_spans AS s
JOIN lsoas_places AS p ON p.place_id = s.place_id
JOIN labels AS l ON l.label_id = s.label_id
JOIN geographies AS g ON g.geography_id = l.geography_id
LEFT JOIN months AS m ON m.month_id = s.month_id
