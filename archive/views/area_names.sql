-- Codes and names of areas as published: the months each name is given for, and the vintages that first and last gave it.
SELECT
  p.area_kind,
  p.area_code,
  l.name,
  l.ons_code,
  min(m.month) AS from_month,
  max(m.month) AS to_month,
  min(s.since) AS since_vintage,
  CASE WHEN count(*) = count(s.until) THEN max(s.until) END AS until_vintage
FROM areas_label_spans AS s
JOIN months AS m ON m.month_id = s.month_id
JOIN areas_places AS p ON p.place_id = s.place_id
JOIN area_labels AS l ON l.label_id = s.label_id
GROUP BY s.place_id, s.label_id
