-- Names of areas as published, by vintage; a month stands only where it differs from the newest of its file.
SELECT
  p.area_kind,
  p.area_code,
  l.name,
  l.ons_code,
  m.month AS only_for_month,
  s.since AS since_vintage,
  s.until AS until_vintage
FROM workbook_areas_label_spans AS s
JOIN workbook_areas_places AS p ON p.place_id = s.place_id
JOIN area_labels AS l ON l.label_id = s.label_id
LEFT JOIN months AS m ON m.month_id = s.month_id
