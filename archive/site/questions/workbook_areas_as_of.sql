with known as materialized (
  select m.month, max(c.vintage) as vintage
  from coverage c join months m on m.month_id = c.month_id join vintages v on v.vintage = c.vintage
  where c.family = 'workbook_areas'
    and (trim(:month) = '' or m.month = substr(trim(:month), 1, 7) || '-01')
    and (trim(:as_of) = ''
      or iif(trim(:as_of) glob '*[^0-9]*', v.stated_on <= date(trim(:as_of)), c.vintage <= cast(trim(:as_of) as integer)))
  group by m.month),
steps as (
  select month, vintage, stated_on, lag(month) over above as month_before, lag(stated_on) over above as stated_before
  from (select known.*, v.stated_on from known join vintages v on v.vintage = known.vintage)
  window above as (order by month)),
crossed as materialized (
  select s.month, k.area_kind, (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = 'workbook_areas' and (b.area_kind is null or b.area_kind = k.area_kind)
      and b.from_on <= iif(b.dated_by = 'release', max(s.stated_before, s.stated_on), s.month)
      and b.to_on > iif(b.dated_by = 'release', min(s.stated_before, s.stated_on), s.month_before)
    order by b.from_on, b.break_id)) as titles
  from steps s join (select distinct area_kind from workbook_areas_places) k)
select
  s.month,
  s.area_kind,
  s.area_code,
  s.opt_outs,
  s.list_size,
  s.rate,
  s.deceased,
  coalesce(s.opt_outs_reason, s.list_size_reason, s.rate_reason, s.deceased_reason) as why_empty,
  s.since_vintage,
  v.stated_on as stated_since,
  known.vintage as as_of_vintage,
  w.withdrawn,
  crossed.titles as breaks_in_range
from known
join workbook_areas_statements s on s.month = known.month and s.since_vintage <= known.vintage
  and coalesce(s.until_vintage, known.vintage + 1) > known.vintage
join vintages v on v.vintage = s.since_vintage
left join withdrawn_vintages w on w.vintage = known.vintage and w.family = 'workbook_areas'
left join crossed on crossed.month = s.month and crossed.area_kind = s.area_kind
where (trim(:area_code) = '' or s.area_code = upper(trim(:area_code)))
order by s.month desc, s.area_kind, s.area_code
