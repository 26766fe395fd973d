-- Names of practices as published, by vintage; a month stands only where it differs from the newest of its file.
SELECT
  p.practice_code,
  l.name AS practice_name,
  m.month AS only_for_month,
  s.since AS since_vintage,
  s.until AS until_vintage
FROM workbook_practices_label_spans AS s
JOIN workbook_practices_places AS p ON p.place_id = s.place_id
JOIN labels AS l ON l.label_id = s.label_id
LEFT JOIN months AS m ON m.month_id = s.month_id
