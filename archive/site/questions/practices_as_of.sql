with known as materialized (
  select m.month, c.family, max(c.vintage) as vintage
  from coverage c join months m on m.month_id = c.month_id join vintages v on v.vintage = c.vintage
  where c.family = 'practices'
    and (trim(:month) = '' or m.month = substr(trim(:month), 1, 7) || '-01')
    and (trim(:as_of) = ''
      or iif(trim(:as_of) glob '*[^0-9]*', v.stated_on <= date(trim(:as_of)), c.vintage <= cast(trim(:as_of) as integer)))
  group by m.month, c.family),
steps as (
  select month, vintage, stated_on, lag(month) over above as month_before, lag(stated_on) over above as stated_before
  from (select known.*, v.stated_on from known join vintages v on v.vintage = known.vintage)
  window above as (order by month)),
crossed as materialized (
  select s.month, (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'practices'
      and b.from_on <= iif(b.dated_by = 'release', max(s.stated_before, s.stated_on), s.month)
      and b.to_on > iif(b.dated_by = 'release', min(s.stated_before, s.stated_on), s.month_before)
    order by b.from_on, b.break_id)) as titles
  from steps s)
select
  s.month,
  s.practice_code,
  s.opt_outs,
  s.list_size,
  coalesce(s.opt_outs_reason, s.list_size_reason) as why_empty,
  s.since_vintage,
  v.stated_on as stated_since,
  known.vintage as as_of_vintage,
  w.withdrawn,
  crossed.titles as breaks_in_range
from known
join practices_statements s on s.month = known.month and s.since_vintage <= known.vintage
  and coalesce(s.until_vintage, known.vintage + 1) > known.vintage
join vintages v on v.vintage = s.since_vintage
left join withdrawn_vintages w on w.vintage = known.vintage and w.family = 'practices'
left join crossed on crossed.month = s.month
where (trim(:practice_code) = '' or s.practice_code = upper(trim(:practice_code)))
order by s.month desc, s.practice_code
