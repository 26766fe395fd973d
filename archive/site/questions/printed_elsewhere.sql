select
  c.as_printed,
  c.unit,
  c.what,
  c.area_name as area,
  c.from_on,
  c.to_on,
  c.held as held_here,
  c.result,
  (select group_concat(title, '; ') from (
    select b.title from breaks_by_family b
    where b.family = p.family and (b.area_kind is null or b.area_kind = p.area_kind)
      and b.dated_by = 'month' and b.from_on <= c.to_on and b.to_on > c.from_on
    order by b.from_on, b.break_id)) as breaks_in_range,
  c.note,
  c.source,
  c.source_address,
  c.stated_on
from published_figures_checked c
join published_figures p on p.figure_id = c.figure_id
where (trim(:words) = '' or instr(
    lower(c.as_printed || ' ' || replace(c.as_printed, ',', '') || ' ' || c.what || ' ' || coalesce(c.area_name, '') || ' ' || c.source),
    lower(trim(:words))))
  and (trim(:result) = '' or c.result = trim(:result))
order by c.figure_id
