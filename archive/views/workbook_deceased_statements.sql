-- Every distinct statement, with the vintages between which it was made, of people who have died: never inside a total.
SELECT
  m.month,
  p.sex,
  s.since AS since_vintage,
  s.until AS until_vintage,
  s.opt_outs
FROM workbook_age_sex_spans AS s
JOIN months AS m ON m.month_id = s.month_id
JOIN workbook_age_sex_places AS p ON p.place_id = s.place_id
WHERE p.age_band = 'deceased'
