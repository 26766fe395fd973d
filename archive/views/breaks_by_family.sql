-- Each break once for every family of figures it touches, and for areas once for every kind it touches (null: all kinds).
-- The workbook's families are touched by what touches the CSV family of the same people. A comparison of A with a later B
-- crosses a break where from_on <= B and to_on > A.
WITH touched(named, family) AS (
  VALUES ('age_sex', 'age_sex'), ('age_sex', 'workbook_age_sex'), ('age_sex', 'workbook_england'),
    ('practices', 'practices'), ('practices', 'workbook_practices'), ('lsoas', 'lsoas'),
    ('areas', 'areas'), ('areas', 'workbook_areas'), ('weekly', 'weekly'),
    ('care_information_choices', 'care_information_choices')
)
SELECT
  t.family,
  k.value AS area_kind,
  b.from_on,
  coalesce(b.to_on, b.from_on) AS to_on,
  b.dated_by,
  b.title,
  b.severity,
  b.measures,
  b.break_id
FROM breaks AS b
JOIN json_each('["' || replace(b.families, ', ', '","') || '"]') AS f
JOIN touched AS t ON t.named = f.value
JOIN json_each(
  CASE WHEN f.value = 'areas' AND b.area_kinds IS NOT NULL THEN '["' || replace(b.area_kinds, ', ', '","') || '"]' ELSE '[null]' END
) AS k
