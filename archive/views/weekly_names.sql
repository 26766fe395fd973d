-- Names of groups and areas as published, by vintage; a week stands only where it differs from the newest of its file.
SELECT
  p.group_kind,
  p.code,
  l.name,
  l.ons_code,
  m.week AS only_for_week,
  s.since AS since_vintage,
  s.until AS until_vintage
FROM weekly_label_spans AS s
JOIN weekly_places AS p ON p.place_id = s.place_id
JOIN area_labels AS l ON l.label_id = s.label_id
LEFT JOIN weeks AS m ON m.week_id = s.week_id
