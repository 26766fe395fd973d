-- The same cell, a later vintage, another value. Only the value counts: other spelling or labels are no restatement.
SELECT 'age_sex' AS family, m.month, p.age_band || ', ' || p.sex AS key, 'opt_outs' AS measure,
  o.opt_outs AS old, n.opt_outs AS new, o.since AS old_vintage, n.since AS new_vintage
FROM age_sex_spans AS o
JOIN age_sex_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN age_sex_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.opt_outs IS NOT n.opt_outs
UNION ALL
SELECT 'age_sex', m.month, p.age_band || ', ' || p.sex, 'list_size', o.list_size, n.list_size, o.since, n.since
FROM age_sex_spans AS o
JOIN age_sex_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN age_sex_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.list_size IS NOT n.list_size
UNION ALL
SELECT 'age_sex', m.month, p.age_band || ', ' || p.sex, 'rate', o.rate, n.rate, o.since, n.since
FROM age_sex_spans AS o
JOIN age_sex_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN age_sex_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.rate IS NOT n.rate
UNION ALL
SELECT 'practices', m.month, p.practice_code, 'opt_outs', o.opt_outs, n.opt_outs, o.since, n.since
FROM practices_spans AS o
JOIN practices_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN practices_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.opt_outs IS NOT n.opt_outs
UNION ALL
SELECT 'practices', m.month, p.practice_code, 'list_size', o.list_size, n.list_size, o.since, n.since
FROM practices_spans AS o
JOIN practices_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN practices_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.list_size IS NOT n.list_size
UNION ALL
SELECT 'lsoas', m.month, p.lsoa_code, 'opt_outs', o.opt_outs, n.opt_outs, o.since, n.since
FROM lsoas_spans AS o
JOIN lsoas_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN lsoas_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.opt_outs IS NOT n.opt_outs
UNION ALL
SELECT 'areas', m.month, p.area_kind || ' ' || p.area_code, 'opt_outs', o.opt_outs, n.opt_outs, o.since, n.since
FROM areas_spans AS o
JOIN areas_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN areas_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.opt_outs IS NOT n.opt_outs
UNION ALL
SELECT 'areas', m.month, p.area_kind || ' ' || p.area_code, 'list_size', o.list_size, n.list_size, o.since, n.since
FROM areas_spans AS o
JOIN areas_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN areas_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.list_size IS NOT n.list_size
