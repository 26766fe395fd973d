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
UNION ALL
SELECT 'workbook_england', m.month, 'England', 'opt_outs', o.opt_outs, n.opt_outs, o.since, n.since
FROM workbook_england_spans AS o
JOIN workbook_england_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
WHERE o.until IS NOT NULL AND o.opt_outs IS NOT n.opt_outs
UNION ALL
SELECT 'workbook_england', m.month, 'England', 'list_size', o.list_size, n.list_size, o.since, n.since
FROM workbook_england_spans AS o
JOIN workbook_england_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
WHERE o.until IS NOT NULL AND o.list_size IS NOT n.list_size
UNION ALL
SELECT 'workbook_england', m.month, 'England', 'rate', o.rate, n.rate, o.since, n.since
FROM workbook_england_spans AS o
JOIN workbook_england_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
WHERE o.until IS NOT NULL AND o.rate IS NOT n.rate
UNION ALL
SELECT 'workbook_england', m.month, 'England', 'deceased', o.deceased, n.deceased, o.since, n.since
FROM workbook_england_spans AS o
JOIN workbook_england_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
WHERE o.until IS NOT NULL AND o.deceased IS NOT n.deceased
UNION ALL
SELECT 'workbook_age_sex', m.month, p.age_band || ', ' || p.sex, 'opt_outs', o.opt_outs, n.opt_outs, o.since, n.since
FROM workbook_age_sex_spans AS o
JOIN workbook_age_sex_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN workbook_age_sex_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.opt_outs IS NOT n.opt_outs
UNION ALL
SELECT 'workbook_age_sex', m.month, p.age_band || ', ' || p.sex, 'list_size', o.list_size, n.list_size, o.since, n.since
FROM workbook_age_sex_spans AS o
JOIN workbook_age_sex_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN workbook_age_sex_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.list_size IS NOT n.list_size
UNION ALL
SELECT 'workbook_age_sex', m.month, p.age_band || ', ' || p.sex, 'rate', o.rate, n.rate, o.since, n.since
FROM workbook_age_sex_spans AS o
JOIN workbook_age_sex_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN workbook_age_sex_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.rate IS NOT n.rate
UNION ALL
SELECT 'workbook_practices', m.month, p.practice_code, 'opt_outs', o.opt_outs, n.opt_outs, o.since, n.since
FROM workbook_practices_spans AS o
JOIN workbook_practices_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN workbook_practices_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.opt_outs IS NOT n.opt_outs
UNION ALL
SELECT 'workbook_practices', m.month, p.practice_code, 'list_size', o.list_size, n.list_size, o.since, n.since
FROM workbook_practices_spans AS o
JOIN workbook_practices_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN workbook_practices_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.list_size IS NOT n.list_size
UNION ALL
SELECT 'workbook_practices', m.month, p.practice_code, 'rate', o.rate, n.rate, o.since, n.since
FROM workbook_practices_spans AS o
JOIN workbook_practices_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN workbook_practices_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.rate IS NOT n.rate
UNION ALL
SELECT 'workbook_areas', m.month, p.area_kind || ' ' || p.area_code, 'opt_outs', o.opt_outs, n.opt_outs, o.since, n.since
FROM workbook_areas_spans AS o
JOIN workbook_areas_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN workbook_areas_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.opt_outs IS NOT n.opt_outs
UNION ALL
SELECT 'workbook_areas', m.month, p.area_kind || ' ' || p.area_code, 'list_size', o.list_size, n.list_size, o.since, n.since
FROM workbook_areas_spans AS o
JOIN workbook_areas_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN workbook_areas_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.list_size IS NOT n.list_size
UNION ALL
SELECT 'workbook_areas', m.month, p.area_kind || ' ' || p.area_code, 'rate', o.rate, n.rate, o.since, n.since
FROM workbook_areas_spans AS o
JOIN workbook_areas_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN workbook_areas_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.rate IS NOT n.rate
UNION ALL
SELECT 'workbook_areas', m.month, p.area_kind || ' ' || p.area_code, 'deceased', o.deceased, n.deceased, o.since, n.since
FROM workbook_areas_spans AS o
JOIN workbook_areas_spans AS n ON n.month_id = o.month_id AND n.place_id = o.place_id AND n.since = o.until
JOIN months AS m ON m.month_id = o.month_id
JOIN workbook_areas_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.deceased IS NOT n.deceased
UNION ALL
SELECT 'weekly', m.week, p.group_kind || ' ' || p.code, 'opt_outs', o.opt_outs, n.opt_outs, o.since, n.since
FROM weekly_spans AS o
JOIN weekly_spans AS n ON n.week_id = o.week_id AND n.place_id = o.place_id AND n.since = o.until
JOIN weeks AS m ON m.week_id = o.week_id
JOIN weekly_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.opt_outs IS NOT n.opt_outs
UNION ALL
SELECT 'weekly', m.week, p.group_kind || ' ' || p.code, 'population', o.population, n.population, o.since, n.since
FROM weekly_spans AS o
JOIN weekly_spans AS n ON n.week_id = o.week_id AND n.place_id = o.place_id AND n.since = o.until
JOIN weeks AS m ON m.week_id = o.week_id
JOIN weekly_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.population IS NOT n.population
UNION ALL
SELECT 'weekly', m.week, p.group_kind || ' ' || p.code, 'rate', o.rate, n.rate, o.since, n.since
FROM weekly_spans AS o
JOIN weekly_spans AS n ON n.week_id = o.week_id AND n.place_id = o.place_id AND n.since = o.until
JOIN weeks AS m ON m.week_id = o.week_id
JOIN weekly_places AS p ON p.place_id = o.place_id
WHERE o.until IS NOT NULL AND o.rate IS NOT n.rate
