select
  p.name,
  case
    when p.held_in like '%"practices"%' then '/optouts/practice_series?practice='
    when p.held_in like '%"areas"%' then '/optouts/area_series?area='
    else '/optouts/cell_history?month=&key=' end || p.code as month_by_month,
  iif(p.held_in like '%"areas"%', '/optouts/area_change?area=' || p.code, null) as change_between_two_months,
  replace(p.kind, '_', ' ') as kind,
  p.code,
  p.ons_code,
  p.postcode,
  p.other_names,
  p.other_codes,
  p.first_month,
  p.last_month,
  p.held_in
from places_fts
join places p on p.place = places_fts.rowid
where places_fts match iif(instr(:q, char(0)), '""', '"' || replace(trim(replace(:q, '"', ' ')), ' ', '" "') || '"*')
order by p.kind = 'practice', rank, p.name, p.code
