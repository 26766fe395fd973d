-- Each break once for every family of figures it touches, and for areas once for every kind it touches (null: all kinds).
-- A comparison of A with a later B crosses it where from_on <= B and to_on > A.
SELECT
  f.value AS family,
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
JOIN json_each(
  CASE WHEN f.value = 'areas' AND b.area_kinds IS NOT NULL THEN '["' || replace(b.area_kinds, ', ', '","') || '"]' ELSE '[null]' END
) AS k
