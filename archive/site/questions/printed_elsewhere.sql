select
  c.as_printed,
  c.unit,
  c.what,
  c.area_name as area,
  c.from_on,
  c.to_on,
  c.held as held_here,
  c.result,
  c.note,
  c.source,
  c.source_address,
  c.stated_on
from published_figures_checked c
where (trim(:words) = '' or instr(
    lower(c.as_printed || ' ' || replace(c.as_printed, ',', '') || ' ' || c.what || ' ' || coalesce(c.area_name, '') || ' ' || c.source),
    lower(trim(:words))))
  and (trim(:result) = '' or c.result = trim(:result))
order by c.figure_id
