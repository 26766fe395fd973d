with known as (
  select m.month, max(c.vintage) as vintage
  from coverage c join months m on m.month_id = c.month_id join vintages v on v.vintage = c.vintage
  where c.family = 'workbook_age_sex'
    and (trim(:month) = '' or m.month = substr(trim(:month), 1, 7) || '-01')
    and (trim(:as_of) = ''
      or iif(trim(:as_of) glob '*[^0-9]*', v.stated_on <= date(trim(:as_of)), c.vintage <= cast(trim(:as_of) as integer)))
  group by m.month)
select
  s.month,
  s.age_band,
  s.sex,
  s.opt_outs,
  s.list_size,
  s.rate,
  s.since_vintage,
  v.stated_on as stated_since,
  known.vintage as as_of_vintage
from known
join workbook_age_sex_statements s on s.month = known.month and s.since_vintage <= known.vintage
  and coalesce(s.until_vintage, known.vintage + 1) > known.vintage
join vintages v on v.vintage = s.since_vintage
where (trim(:age_band) = '' or s.age_band = trim(:age_band))
order by s.month desc, s.age_band, s.sex
