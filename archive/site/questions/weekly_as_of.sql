with known as (
  select m.week, max(c.vintage) as vintage
  from weekly_coverage c join weeks m on m.week_id = c.week_id join vintages v on v.vintage = c.vintage
  where c.family = 'weekly'
    and (trim(:week) = '' or m.week = trim(:week))
    and (trim(:as_of) = ''
      or iif(trim(:as_of) glob '*[^0-9]*', v.stated_on <= date(trim(:as_of)), c.vintage <= cast(trim(:as_of) as integer)))
  group by m.week)
select
  s.week,
  s.group_kind,
  s.code,
  s.opt_outs,
  s.population,
  s.rate,
  s.since_vintage,
  v.stated_on as stated_since,
  known.vintage as as_of_vintage
from known
join weekly_statements s on s.week = known.week and s.since_vintage <= known.vintage
  and coalesce(s.until_vintage, known.vintage + 1) > known.vintage
join vintages v on v.vintage = s.since_vintage
where (trim(:code) = '' or s.code collate nocase = trim(:code))
order by s.week desc, s.group_kind, s.code
