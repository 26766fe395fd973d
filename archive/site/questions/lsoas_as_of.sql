with known as (
  select m.month, c.family, max(c.vintage) as vintage
  from coverage c join months m on m.month_id = c.month_id join vintages v on v.vintage = c.vintage
  where c.family = 'lsoas'
    and (trim(:month) = '' or m.month = substr(trim(:month), 1, 7) || '-01')
    and (trim(:as_of) = ''
      or iif(trim(:as_of) glob '*[^0-9]*', v.stated_on <= date(trim(:as_of)), c.vintage <= cast(trim(:as_of) as integer)))
  group by m.month, c.family)
select
  s.month,
  s.lsoa_code,
  s.opt_outs,
  s.opt_outs_reason as why_empty,
  s.since_vintage,
  v.stated_on as stated_since,
  known.vintage as as_of_vintage
from known
join lsoas_statements s on s.month = known.month and s.since_vintage <= known.vintage
  and coalesce(s.until_vintage, known.vintage + 1) > known.vintage
join vintages v on v.vintage = s.since_vintage
where (trim(:lsoa_code) = '' or s.lsoa_code = upper(trim(:lsoa_code)))
order by s.month desc, s.lsoa_code
