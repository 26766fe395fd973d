with
found as materialized (
  select x.*, iif(x.family in ('areas', 'workbook_areas'), substr(x.key, 1, instr(x.key, ' ') - 1), '') as area_kind
  from restatements x
  where (trim(:month) = '' or substr(x.month, 1, 7) = substr(trim(:month), 1, 7))
    and (trim(:family) = '' or x.family = trim(:family))
    and (trim(:key) = '' or instr(lower(x.key), lower(trim(:key))))),
dated_breaks as materialized (select * from breaks_by_family),
pairs as materialized (
  select family, area_kind, old_vintage, new_vintage, case when family = 'areas' then
      iif(area_kind = 'local_authority', 'lsoas', 'practices') else family end as source
  from (select distinct family, area_kind, old_vintage, new_vintage from found)),
spans as materialized (
  select p.*, min(m.month) as first_month, max(m.month) as last_month
  from pairs p
  join (select family, vintage, month from coverage join months using (month_id)
    union all select family, vintage, week from weekly_coverage join weeks using (week_id)) m
    on m.family = p.source and m.vintage = p.old_vintage
  where exists (select 1 from coverage n join months using (month_id)
      where n.family = p.source and n.vintage = p.new_vintage and months.month = m.month)
    or exists (select 1 from weekly_coverage n join weeks using (week_id)
      where n.family = p.source and n.vintage = p.new_vintage and weeks.week = m.month)
  group by p.family, p.area_kind, p.old_vintage, p.new_vintage),
crossed as materialized (
  select s.family, s.area_kind, s.old_vintage, s.new_vintage, (select group_concat(title, '; ') from (
    select b.title from dated_breaks b
    where b.family = s.family and (b.area_kind is null or b.area_kind = s.area_kind)
      and b.from_on <= iif(b.dated_by = 'release', vn.stated_on, s.last_month)
      and b.to_on > iif(b.dated_by = 'release', vo.stated_on, s.first_month)
    order by b.from_on, b.break_id)) as titles
  from spans s join vintages vo on vo.vintage = s.old_vintage join vintages vn on vn.vintage = s.new_vintage)
select
  x.month,
  x.family,
  x.key,
  x.measure,
  x.old as stated_before,
  x.new as stated_after,
  x.new - x.old as difference,
  ro.title as release_before,
  vo.stated_on as published_before,
  rn.title as release_after,
  vn.stated_on as published_after,
  b.titles as breaks_in_range
from found x
join vintages vo on vo.vintage = x.old_vintage
join releases ro on ro.release_id = vo.release_id
join vintages vn on vn.vintage = x.new_vintage
join releases rn on rn.release_id = vn.release_id
left join crossed b on b.family = x.family and b.area_kind = x.area_kind
  and b.old_vintage = x.old_vintage and b.new_vintage = x.new_vintage
order by x.new_vintage desc, x.month desc, x.family, x.key, x.measure
