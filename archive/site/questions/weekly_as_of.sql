with known as materialized (
  select m.week, max(c.vintage) as vintage
  from weekly_coverage c join weeks m on m.week_id = c.week_id join vintages v on v.vintage = c.vintage
  where c.family = 'weekly'
    and (trim(:week) = '' or m.week = trim(:week))
    and (trim(:as_of) = ''
      or iif(trim(:as_of) glob '*[^0-9]*', v.stated_on <= date(trim(:as_of)), c.vintage <= cast(trim(:as_of) as integer)))
  group by m.week),
steps as (
  select week, stated_on, lag(week) over above as week_before, lag(stated_on) over above as stated_before
  from (select known.*, v.stated_on from known join vintages v on v.vintage = known.vintage)
  window above as (order by week)),
crossed as materialized (
  select s.week, (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'weekly'
      and b.from_on <= iif(b.dated_by = 'release', max(s.stated_before, s.stated_on), s.week)
      and b.to_on > iif(b.dated_by = 'release', min(s.stated_before, s.stated_on), s.week_before)
    order by b.from_on, b.break_id)) as titles
  from steps s)
select
  s.week,
  s.group_kind,
  s.code,
  s.opt_outs,
  s.population,
  s.rate,
  coalesce(s.opt_outs_reason, s.population_reason, s.rate_reason) as why_empty,
  s.since_vintage,
  v.stated_on as stated_since,
  known.vintage as as_of_vintage,
  w.withdrawn,
  crossed.titles as breaks_in_range
from known
join weekly_statements s on s.week = known.week and s.since_vintage <= known.vintage
  and coalesce(s.until_vintage, known.vintage + 1) > known.vintage
join vintages v on v.vintage = s.since_vintage
left join withdrawn_vintages w on w.vintage = known.vintage and w.family = 'weekly'
left join crossed on crossed.week = s.week
where (trim(:code) = '' or s.code collate nocase = trim(:code))
order by s.week desc, s.group_kind, s.code
